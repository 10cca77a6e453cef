"""What is asked: expressions of formulas and rules, the shipped catalogue (data/), loading, its pages.

Imports reports.models; the models import expressions from here. No other room of reports.
"""
