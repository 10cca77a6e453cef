"""Figures of many units and years as one object: scope, facts, rules of figures, rows by unit, words.

Imports models and the expressions of catalogue/; documents import it, never the reverse. Its pages hand
the object to documents and link to the records behind a figure (counting).
"""
