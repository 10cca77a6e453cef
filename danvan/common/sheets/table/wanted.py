"""What a caller looks for in a sheet."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from danvan.common.sheets.table.headings import Headings


def _no_place(heading: str) -> None:
    """The headings of most callers name no unit."""


@dataclass(frozen=True)
class WantedTable:
    """What a caller looks for. `keys` identify a row, the unit first; `instead`: what may stand for what.

    `turns`: a sheet may list its columns downwards; `naming` then tells the code of the unit a heading
    names, "" for one the person may not write for, None when it names none.
    """

    headings: Headings
    names: Mapping[str, str]
    required: Mapping[str, str]
    keys: tuple[str, ...] = ()
    instead: Mapping[str, str] = field(default_factory=dict)
    turns: bool = False
    naming: Callable[[str], str | None] = _no_place
