"""Records as sheets, in and out: columns, reading a cell, checking a row, writing records, exporting.

Imports records (models, kinds, services, locks, days, who answers for them) and danvan.imports; nothing of
records imports it but the URLs.
"""
