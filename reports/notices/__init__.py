"""What people are told of their own report: notices inside the site, and the same by mail where that is set.

Nothing is stored but what was seen and what was mailed: the notices are read from the moves, the periods
and the due dates themselves. Imports models.
"""
