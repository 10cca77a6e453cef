"""Who issues a document of a unit on a day: the head of the page, the symbol, who signs, who receives it.

An office's own letterhead (models/letterhead.py) holds from its day until the next, or until the office
becomes another one (a rename, the merger of boards): then the default table holds again, so that no
document goes out under an outdated name. Source: domain reference, "Document conventions".
"""

import datetime
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from danvan.common.data import csv_rows
from danvan.units.models import AdministrativeUnit, UnitKind
from danvan.units.organisations import committee_name
from reports.documents.layout import Layout, layout_from, layout_on
from reports.models.letterhead import Authority, DocumentStyle, OfficeLetterhead, Spelling

DATA = Path(__file__).parent / "data"
# What the short name of a committee ends in: BDVTU (tỉnh, thị, thành ủy), BDVHU, BDVQU.
_COMMITTEE_LETTERS = {UnitKind.HUYEN: "HU", UnitKind.QUAN: "QU"}
# What the head of a body is called, and the letters of its documents.
_HEADS = {
    UnitKind.DANG_UY: ("BÍ THƯ", "-BC/ĐU"),
    UnitKind.MTTQ: ("CHỦ TỊCH", "/BC-MTTQ"),
    UnitKind.BAN: ("TRƯỞNG BAN", "-BC/B"),
    UnitKind.VAN_PHONG: ("CHÁNH VĂN PHÒNG", "-BC/VP"),
    UnitKind.CO_QUAN: ("THỦ TRƯỞNG", "-BC/CQ"),
}
PLACE_LINE = 3  # of the right block, whichever heading stands above


@dataclass(frozen=True)
class Letterhead:
    """The fixed texts of one document with its layout; workbook and Word draft render this same object."""

    superior: str
    issuer: str
    symbol: str
    place: str
    date: datetime.date
    authority: str
    authority_of: str
    post: str
    signer: str
    recipients: tuple[str, ...]
    term: str
    spelling: str
    layout: Layout
    number: int | None = None

    @property
    def place_and_date(self) -> str:
        """The line of place and date: "Hà Nam, ngày 31 tháng 12 năm 2022"."""
        return f"{self.place}, {date_in_words(self.date)}"

    @property
    def number_line(self) -> str:
        """The line of number and symbol, with room for a number that is not given yet; below 10 with a 0."""
        number = "        " if self.number is None else f" {self.number:02d}"
        return f"{self.layout.number_word}{number}{self.symbol}"

    @property
    def left(self) -> tuple[tuple[str, str], ...]:
        """The lines of the issuing body as (text, name of its text style), from the top."""
        lines = [(self.superior, "superior"), (self.issuer, "issuer")]
        lines += [(self.layout.below_issuer, "number"), (self.number_line, "number")]
        return tuple((self.styled(text, style), style) for text, style in lines if text)

    @property
    def right(self) -> tuple[tuple[str, str], ...]:
        """The national heading, on the line below its rule place and date: as `left`."""
        first, *motto = self.layout.national
        lines = [(first, "national"), *((text, "motto") for text in motto)]
        lines += [("", "place")] * (PLACE_LINE - 1 - len(lines)) + [(self.place_and_date, "place")]
        return tuple((self.styled(text, style), style) for text, style in lines)

    def styled(self, text: str, style: str) -> str:
        """Return `text` as its style sets it: in capitals or as it is."""
        return self.layout.texts[style].text(text)

    @property
    def signing(self) -> tuple[tuple[str, str], ...]:
        """The lines above the signature as (text, name of its text style)."""
        lines = [(self.post, "authority")]
        if self.authority:
            by = f"{self.layout.authorities[self.authority]} {self.authority_of}"
            lines = [(by, "authority"), (self.post, "post")]
        return tuple((self.styled(text, style), style) for text, style in lines)

    @property
    def recipient_lines(self) -> tuple[str, ...]:
        """The recipients as they stand below "Nơi nhận:", each with its dash and its sign at the end."""
        each, last = self.layout.recipients["each"], self.layout.recipients["last"]
        ends = [*([each] * (len(self.recipients) - 1)), last]
        return tuple(f"- {text}{end}" for text, end in zip(self.recipients, ends, strict=False))

    @property
    def register(self) -> str:
        """In which its number runs: Party documents in a term of the committee, state ones in a year."""
        return self.term if self.layout.style == DocumentStyle.PARTY else str(self.date.year)

    def as_json(self) -> dict[str, Any]:
        """Return the letterhead as an issue keeps it: `letterhead_from` takes it back."""
        kept = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return kept | {
            "date": self.date.isoformat(),
            "recipients": list(self.recipients),
            "layout": self.layout.as_json(),
        }


def letterhead_from(data: Mapping[str, Any]) -> Letterhead:
    """Return the letterhead that `Letterhead.as_json` wrote."""
    changed = {
        "date": datetime.date.fromisoformat(data["date"]),
        "recipients": tuple(data["recipients"]),
        "layout": layout_from(data["layout"]),
    }
    return Letterhead(**{**data, **changed})


def date_in_words(date: datetime.date) -> str:
    """Return "ngày 05 tháng 02 năm 2022": days below 10 and January, February take a zero."""
    month = f"{date.month:02d}" if date.month < 3 else str(date.month)
    return f"ngày {date.day:02d} tháng {month} năm {date.year}"


def document_date(unit: AdministrativeUnit, last_year: int, today: datetime.date) -> datetime.date:
    """Return the date a report up to `last_year` bears: its last day, or today while the year runs.

    Never a day on which the unit did not exist: restated figures go back before its beginning.
    """
    date = min(today, datetime.date(last_year, 12, 31))
    if unit.valid_to is not None and date >= unit.valid_to:
        return unit.valid_to - datetime.timedelta(days=1)
    return max(date, unit.valid_from)


def letterhead_on(unit: AdministrativeUnit, date: datetime.date) -> Letterhead:
    """Return the letterhead of `unit`'s office for a document of `date`: its own, else the default."""
    return letterhead_of(own_row(unit, date) or default_row(unit, date), date)


def own_row(unit: AdministrativeUnit, date: datetime.date) -> OfficeLetterhead | None:
    """Return the letterhead that `unit`'s office wrote and that holds on `date`, None for none."""
    unit = unit.version_on(date) or unit
    since = default_since(unit, date)
    rows = OfficeLetterhead.objects.filter(
        unit__in=unit.version_keys(), valid_from__range=(since, date)
    )
    return rows.order_by("-valid_from", "-pk").first()


def letterhead_of(row: OfficeLetterhead, date: datetime.date) -> Letterhead:
    """Return the letterhead that `row`, stored or not, gives a document of `date`."""
    names = ("superior", "issuer", "symbol", "place", "authority", "authority_of", "post", "signer")
    return Letterhead(
        **{name: getattr(row, name) for name in names},
        date=date,
        recipients=row.recipient_lines,
        term=row.term,
        spelling=row.spelling,
        layout=layout_on(row.style, date),
    )


def default_row(
    unit: AdministrativeUnit,
    date: datetime.date,
    style: str = DocumentStyle.PARTY,
    spelling: str = Spelling.NEW,
) -> OfficeLetterhead:
    """Return what the default table says for `unit` on `date`, as a row that is not stored."""
    unit = unit.version_on(date) or unit
    line = _line_of(style, unit.level, date)
    above = unit.parent_on(date)
    words = _words(unit, above)
    filled = {
        name: spelled(_fill(line[name], words), spelling)
        for name in ("superior", "issuer", "symbol", "authority_of", "post")
    }
    recipients = (spelled(_fill(text, words), spelling) for text in line["recipients"].split("|"))
    return OfficeLetterhead(
        **filled,
        unit=unit,
        valid_from=default_since(unit, date),
        style=style,
        spelling=spelling,
        place=above.name if above and unit.is_body else unit.name,
        authority=Authority(line["authority"]),
        recipients="\n".join(filter(None, recipients)),
        term=_held(csv_rows(DATA / "terms.csv"), unit.level, date)["term"],
    )


def default_since(unit: AdministrativeUnit, date: datetime.date) -> datetime.date:
    """Return since when `unit`'s office has been what it is on `date`: own letterheads from before are over."""
    line = _line_of(DocumentStyle.PARTY, unit.level, date)
    since = datetime.date.fromisoformat(line["from"] or "2000-01-01")
    return max(since, unit.valid_from)


def spelled(text: str, spelling: str) -> str:
    """Return `text` with the word “ủy” spelled as `spelling` says; names such as Thuỷ stay as they are."""
    wrong = Spelling.NEW if spelling == Spelling.OLD else Spelling.OLD
    for case in (str.lower, str.upper, str.capitalize):
        text = re.sub(rf"(?<!\w){case(str(wrong))}(?!\w)", case(str(spelling)), text)
    return text


def _words(unit: AdministrativeUnit, above: AdministrativeUnit | None) -> dict[str, str]:
    """Return what the names in the default table stand for."""
    words = {
        "committee": committee_name(unit),
        "unit": unit.full_name,
        "name": unit.name,
        "letters": _COMMITTEE_LETTERS.get(UnitKind(unit.kind), "TU"),
    }
    if unit.is_body:
        words["post"], words["symbol"] = _HEADS[UnitKind(unit.kind)]
        words["kind"] = unit.get_kind_display()
    if above:
        words |= {"above_committee": committee_name(above), "above": above.full_name_in_text}
    return words | {name.upper(): text.upper() for name, text in words.items()}


def _fill(text: str, words: Mapping[str, str]) -> str:
    """Return `text` with its names filled in; "" where one is unknown (a root has nobody above)."""
    try:
        return text.format(**words)
    except KeyError:
        return ""


def _line_of(style: str, level: str, date: datetime.date) -> dict[str, str]:
    rows = csv_rows(DATA / "letterheads.csv")
    return _held([row for row in rows if row["style"] == style], level, date)


def _held(rows: Any, level: str, date: datetime.date) -> dict[str, str]:
    """Return the last row of `level` that had begun on `date`; the first for a day before all."""
    ours = [row for row in rows if row["level"] == level]
    begun = [row for row in ours if row["from"] <= date.isoformat()]
    return (begun or ours)[-1 if begun else 0]
