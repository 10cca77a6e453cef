"""A list as its reader likes it: columns, filters and order, kept on the account under names.

What is kept are the reader's `saved_lists`; danvan/accounts/preferences.py writes them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict

COLUMN = "cot"  # of the address: one column to show
SEEN = "bang"  # of the address of an export: what the list shows, not all there is


@dataclass(frozen=True)
class OwnList:
    """The list at `place`: the columns it shows, which the address named, what its reader keeps of it."""

    place: str
    choices: Sequence[tuple[str, str]]
    columns: tuple[str, ...]
    asked: tuple[str, ...]
    named: list
    query: str

    @property
    def offered(self) -> list[tuple[str, str, bool]]:
        """Return (name, label, whether it is shown) of every column there is to choose."""
        return [(name, label, name in self.columns) for name, label in self.choices]

    def shows(self, name: str) -> bool:
        return name in self.columns


def own_list(
    request: Any, place: str, choices: Sequence[tuple[str, str]], usual: Iterable[str]
) -> OwnList:
    """Return the list at `place` as the reader of `request` sees it.

    Shown are the columns of `choices` that the address names, else those the reader chose once, else the
    `usual` ones.
    """
    kept = list(request.user.saved_lists.filter(place=place))
    asked = request.GET.getlist(COLUMN)
    chosen = next((one.query for one in kept if not one.name), "")
    wanted = set(asked or QueryDict(chosen).getlist(COLUMN))
    return OwnList(
        place,
        choices,
        tuple(name for name, _ in choices if name in wanted) or tuple(usual),
        tuple(asked),
        [one for one in kept if one.name],
        request.GET.urlencode(),
    )
