"""Changes of units: what a resolution merges, splits, renames or ends, and all that hangs on it.

Foreseen, written in one transaction, undone while nothing newer stands on it; the pages of it. Imports
models, answering and holding of workflow; nobody but settings and addresses imports it.
"""
