"""Who moves a report on, and when: moves, submission, remarks, periods, deadlines, locks, their pages.

Imports models and catalogue; submission alone asks figures and counting as well.
"""
