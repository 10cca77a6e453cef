"""The project package and what every app stands on: common, units, accounts.

Imports run one way: common <- units <- accounts <- records <- reports.
"""
