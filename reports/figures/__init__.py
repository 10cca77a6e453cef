"""What a unit typed: the one writer of figures with its ledger, reading, checking, rules, the form.

Imports models, catalogue, counting and the moves of workflow; not consolidation, documents or sheets.
"""
