"""Users and roles, scope (who sees what), rights (who may do what), accounts in the admin.

Rooms: models/, audit/ (trail and security log), login/. Imports danvan.units and danvan.common.
"""
