"""What is sent out: letterheads, charts, the official workbook.

Renders objects of consolidation, counts nothing itself.
"""
