"""Imports as jobs: upload, check, preview, confirm, undo. Knows no kind of data: targets register."""
