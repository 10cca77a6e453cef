"""Running the site: backup and restore, health, logs, what commands are told, ratios measured.

Imports danvan.common; no app.
"""
