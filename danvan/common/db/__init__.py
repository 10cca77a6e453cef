"""What both engines need beyond the ORM: row locks in one order, many rows at once, words in any column.

Imports danvan.common; no app.
"""
