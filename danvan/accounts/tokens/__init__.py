"""Keys for other programs: given to and taken from accounts, and whose a key is that comes with a request.

Imports accounts.models and audit/; the interface that takes them (reports/api) stands above.
"""
