"""The project package and what every app stands on: common, units, accounts, imports.

Imports run one way: common <- units <- accounts <- imports <- records <- reports.
"""
