"""Login and session: forms and pages of the login, passwords, second factor, lock-out, sessions.

Imports accounts.models, audit/ and rights; knows nothing of the apps above.
"""
