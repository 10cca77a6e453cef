"""Who works at a job: a process of its own for each, how it is known for dead, the commands that import.

Imports the models, checking and confirming of danvan.imports.
"""
