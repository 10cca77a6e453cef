"""One sentence on each field of a record: shipped (guidance.csv), edited by the board, shown on demand.

Imports models and kinds.
"""
