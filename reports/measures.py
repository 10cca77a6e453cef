"""Figures counted from the records. Filled by the records part."""


def counted_for(report):
    return {}
