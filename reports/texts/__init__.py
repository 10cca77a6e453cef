"""Texts gathered: what the units below wrote, heading by heading, and what their board made of it.

Imports models.
"""
