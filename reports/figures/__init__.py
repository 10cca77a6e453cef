"""What a unit typed: a figure and what it may be, the one writer with its ledger, reading, rules, the form.

Imports models, the expressions of catalogue/, counting and the moves of workflow; not consolidation,
documents or sheets.
"""
