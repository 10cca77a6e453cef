"""What is asked: expressions of formulas and rules, the shipped catalogue (data/), loading, its pages.

Imports models, which take the expressions from here; no other room of reports.
"""
