"""Yearly figures as sheets, in and out: columns, checking a row, the page of the export.

Imports figures, workflow and danvan.imports; nothing of reports imports it but the URLs.
"""
