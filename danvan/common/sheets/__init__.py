"""Workbooks that people send: checks, a reader in a child process, tables, cells, columns.

Imports danvan.common; no app. What child.py imports must stay importable without Django: it runs alone
with the file.
"""
