"""Who changed what: the context of an act, the lines of the audit trail and the security log, their pages.

Imports accounts.models and scope; knows nothing of login/ and of the apps above.
"""
