"""What both engines need beyond the ORM: row locks in one order, many rows at once.

Imports danvan.common; no app.
"""
