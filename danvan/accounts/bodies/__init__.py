"""Bodies that are no area (Party committees right below the province, the Front of a ward): begun and ended.

Imports scope and rights. What a body reports, and where it stands in tables, follows from its unit.
"""
