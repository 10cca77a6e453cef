"""Shared layer without models: text, numbers, spreadsheets, generic views. Imports no other app."""
