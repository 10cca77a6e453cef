"""Users and roles, scope (who sees what), rights (who may do what), accounts in the admin.

Rooms: models/, audit/ (trail and security log), login/, jobs/ (long work), bodies/, tokens/. Imports
danvan.units and danvan.common.
"""
