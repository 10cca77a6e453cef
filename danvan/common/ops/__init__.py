"""Running the site: backup and restore, health, logs, what commands are told.

Imports danvan.common; no app.
"""
