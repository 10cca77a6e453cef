"""Demonstration figures: invented, deterministic, exact on every total the seed article publishes.

figures.py makes them (pure functions, no database), scenario.py says how far each report of the
open year has come, writer.py and accounts.py put them into the database for `manage.py load_demo`.
Imports models, catalogue, counting, workflow and figures; nobody but the command imports it.
"""
