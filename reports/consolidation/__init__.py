"""Figures of many units and years as one object: scope, facts, rules of figures, views by unit, pages.

Imports models, catalogue and counting; documents import it, never the reverse (the page of exports excepted:
views hand the object to documents).
"""
