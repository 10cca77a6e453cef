"""User, roles, scope (who sees what), rights (who may do what), login."""
