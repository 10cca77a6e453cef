"""Figures counted from records: the table of measures and the queries that count them.

Imports models and records; no other room of reports.
"""
