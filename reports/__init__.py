"""What a unit must say each year: catalogue, periods, reports, workflow, consolidation and what comes out.

Each folder is a room that says what it may import of the others. Imports records and the apps of danvan.
"""
