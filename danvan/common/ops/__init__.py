"""Running the site: backup and restore, health, logs."""
