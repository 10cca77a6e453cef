"""How a document looks, as data: margins, sizes, spacing, page number. Workbook and Word render it."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from danvan.common.data import toml_data

FILE = Path(__file__).parent / "data" / "layouts.toml"


@dataclass(frozen=True)
class TextStyle:
    """How one kind of text is set. `marks`: b bold, i italic, u underlined, U in capitals."""

    size: float
    marks: str = ""

    @property
    def bold(self) -> bool:
        return "b" in self.marks

    @property
    def italic(self) -> bool:
        return "i" in self.marks

    @property
    def underlined(self) -> bool:
        return "u" in self.marks

    def text(self, text: str) -> str:
        """Return `text` as it is set: in capitals where the style says so."""
        return text.upper() if "U" in self.marks else text


@dataclass(frozen=True)
class Layout:
    """One layout. Lengths in millimetres, sizes and spacing in points; `texts` by what they are.

    `texts` has: national, motto, superior, issuer, number, place, kind, abstract, body, authority, post,
    signer, recipients_head, recipients. `line` is the least and the greatest exact line spacing, `rule`
    stands below the abstract, `ending` closes the text.
    """

    code: str
    label: str
    style: str
    margins: Mapping[str, float]
    page_number_size: float
    page_number_top: float
    line: tuple[float, float]
    first_line: float
    between: float
    national: tuple[str, ...]
    below_issuer: str
    number_word: str
    rule: str
    ending: str
    authorities: Mapping[str, str]
    recipients: Mapping[str, str]
    texts: Mapping[str, TextStyle] = field(default_factory=dict)
    font: str = "Times New Roman"

    @property
    def landscape_margins(self) -> dict[str, float]:
        """The margins of a wide table: the sheet is turned, so the edge that is bound lies on top."""
        turn = {"top": "left", "right": "top", "bottom": "right", "left": "bottom"}
        return {side: self.margins[was] for side, was in turn.items()}

    def as_json(self) -> dict[str, Any]:
        """Return the layout as an issue keeps it: `layout_from` takes it back."""
        kept = {name: getattr(self, name) for name in self.__dataclass_fields__}
        texts = {name: [style.size, style.marks] for name, style in self.texts.items()}
        lists = {name: list(kept[name]) for name in ("line", "national")}
        return {**kept, **lists, "texts": texts}


def layout_from(data: Mapping[str, Any]) -> Layout:
    """Return the layout that `Layout.as_json` wrote."""
    texts = {name: TextStyle(*style) for name, style in data["texts"].items()}
    lists = {name: tuple(data[name]) for name in ("line", "national")}
    return Layout(**{**data, **lists, "texts": texts})


@cache
def layouts() -> tuple[tuple[datetime.date, Layout], ...]:
    """Return the layouts of the data file with the day from which each holds, oldest of a style first."""
    found = []
    for code, row in toml_data(FILE).items():
        since, number, body = row.pop("since"), row.pop("page_number"), row.pop("body")
        measures = {"page_number_size": number["size"], "page_number_top": number["top"]}
        found.append((since, layout_from({"code": code, **row, **measures, **body})))
    return tuple(found)


def layout_on(style: str, date: datetime.date) -> Layout:
    """Return the layout of `style` for a document of `date`; the oldest one for a day before all.

    Raises KeyError for an unknown style.
    """
    ours = [(since, layout) for since, layout in layouts() if layout.style == style]
    if not ours:
        raise KeyError(style)
    held = [layout for since, layout in ours if since <= date]
    return held[-1] if held else ours[0][1]
