"""Who issues a document of a unit on a day: the head of the page, the symbol, the signer.

Party documents, HD 36-HD/VPTW (domain reference, "Document conventions"). Pure defaults from the unit
and the date; boards edit them in the file before signing.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from danvan.units.models import AdministrativeUnit, Level, UnitKind
from danvan.units.organisations import BOARDS_MERGED, committee_name

PARTY = "ĐẢNG CỘNG SẢN VIỆT NAM"
# What the short name of a committee ends in: BDVTU (tỉnh, thị, thành ủy), BDVHU, BDVQU.
_COMMITTEE_LETTERS = {UnitKind.HUYEN: "HU", UnitKind.QUAN: "QU"}


@dataclass(frozen=True)
class Letterhead:
    """The fixed texts of a document. `signer` are the lines above the signature."""

    superior: str
    issuer: str
    symbol: str
    place: str
    date: datetime.date
    signer: tuple[str, ...]

    @property
    def place_and_date(self) -> str:
        """The line below the Party's name: "Hà Nam, ngày 31 tháng 12 năm 2022"."""
        return f"{self.place}, {date_in_words(self.date)}"

    @property
    def number_line(self) -> str:
        """The line of number and symbol with room for the number: no colon, as Party offices write."""
        return f"Số        {self.symbol}"


def date_in_words(date: datetime.date) -> str:
    """Return "ngày 05 tháng 02 năm 2022": days below 10 and January, February take a zero."""
    month = f"{date.month:02d}" if date.month < 3 else str(date.month)
    return f"ngày {date.day:02d} tháng {month} năm {date.year}"


def document_date(unit: AdministrativeUnit, last_year: int, today: datetime.date) -> datetime.date:
    """Return the date a report up to `last_year` bears: its last day, or today while the year runs.

    Never a day on which the unit no longer existed.
    """
    date = min(today, datetime.date(last_year, 12, 31))
    if unit.valid_to is not None and date >= unit.valid_to:
        return unit.valid_to - datetime.timedelta(days=1)
    return date


def letterhead(
    unit: AdministrativeUnit, date: datetime.date, above: AdministrativeUnit | None = None
) -> Letterhead:
    """Return the letterhead of `unit` on `date`; `above` is the unit above it on that day."""
    if unit.level == Level.COMMUNE:
        committee = f"ĐẢNG BỘ {above.full_name.upper()}" if above else ""
        return Letterhead(
            superior=committee,
            issuer=committee_name(unit).upper(),
            symbol="-BC/ĐU",
            place=unit.name,
            date=date,
            signer=("T/M ĐẢNG ỦY", "BÍ THƯ"),
        )
    merged = date >= BOARDS_MERGED
    letters = _COMMITTEE_LETTERS.get(UnitKind(unit.kind), "TU")
    return Letterhead(
        superior=committee_name(unit).upper(),
        issuer="BAN TUYÊN GIÁO VÀ DÂN VẬN" if merged else "BAN DÂN VẬN",
        symbol=f"-BC/{'BTGDV' if merged else 'BDV'}{letters}",
        place=unit.name,
        date=date,
        signer=("TRƯỞNG BAN",),
    )
