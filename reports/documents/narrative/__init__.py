"""The draft of a report in words: sentences from the figures of a consolidation, and the names templates use.

Imports the consolidation and the documents; shows no figure that the page does not show.
"""
