"""Figures for other programs: a read-only interface with keys of accounts, JSON and CSV.

operations.py are its addresses, rows.py what each answers, access.py who comes in, problems.py every refusal,
output.py the two formats. Imports the rooms of reports and records; nothing imports it but the URLs.
"""
