"""The handbook inside the site: chapters as text (chapters/), passages found by words, what leads to them.

Imports danvan.common only; the people who read it are known to whoever asks.
"""
