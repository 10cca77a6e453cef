"""Workbooks that people send: checks, a reader in a child process, tables, cells, columns.

What child.py imports must stay importable without Django: it runs alone with the file.
"""
