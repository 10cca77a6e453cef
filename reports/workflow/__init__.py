"""Who moves a report on, and when: moves, submission, remarks, periods, deadlines, locks, their pages.

The moves and periods import models and catalogue; submission and the pages import figures as well.
"""
