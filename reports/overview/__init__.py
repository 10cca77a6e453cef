"""Toàn cảnh: what a board and its leaders look at first, as one object and as shapes to draw.

Headline figures over the years, the communes beside one another, who rose and fell, how far the reports
are, what needs a look. Imports models, consolidation, the rule of jumps of figures/ and the states of
workflow/.
"""
