"""What is sent out: letterheads, charts, the official workbook, Word documents. Counts nothing itself.

Imports models and consolidation, whose objects it renders; pages and commands import it.
"""
