"""What was sent out, kept for good: freezing a consolidation, numbering it, telling what differs later.

Imports the consolidation and the documents; reads figures through them, counts nothing itself.
"""
