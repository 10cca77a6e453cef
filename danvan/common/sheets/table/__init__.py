"""From the cells of a sheet to a table: headings, lines, what is asked and what was left out.

Imports the cells of danvan.common.sheets; the reading child shares nothing of it but the headings.
"""
