"""Reading workbooks that people send: checks, a reader in a child process, tables, cells.

This package must stay importable without Django: the child process imports parts of it.
"""
