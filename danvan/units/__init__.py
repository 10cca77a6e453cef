"""Administrative units as of a date, their succession (merge, split, rename) and their loading.

With accounts/scope.py the only code that knows how the tree is stored. Imports danvan.common; no other app.
"""
