"""Imports as jobs: upload, check, preview, confirm, undo. Knows no kind of data: targets register.

Imports danvan.accounts, danvan.units and danvan.common; the apps above hand their targets over by settings.
"""
