"""Word documents by the rules of a layout: page, styles, head and foot, letters, filling of templates.

Imports layouts and letterheads; knows nothing of figures.
"""
