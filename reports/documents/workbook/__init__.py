"""The official workbook in Excel: build puts the sheets together, units, charts and cells draw them.

Imports the consolidation, layouts and letterheads; counts nothing itself.
"""
