"""Looking for words, with or without marks."""

from typing import TypeVar

from django.db.models import Q, QuerySet

from danvan.common.text import search_key

Found = TypeVar("Found", bound=QuerySet)


def with_words(rows: Found, text: str, *lookups: str) -> Found:
    """Return the rows in which every word of `text`, folded, meets one of `lookups`."""
    for word in search_key(text).split():
        rows = rows.filter(Q(*((lookup, word) for lookup in lookups), _connector=Q.OR))
    return rows
