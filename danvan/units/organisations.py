"""What the offices of a unit are called on a day (domain reference: reform, document conventions)."""

import datetime

from danvan.units.models import AdministrativeUnit, Level, UnitKind

# Boards of propaganda and of mass mobilisation became one in February and March 2025.
BOARDS_MERGED = datetime.date(2025, 3, 1)
_COMMITTEE = {
    UnitKind.HUYEN: "Huyện ủy",
    UnitKind.QUAN: "Quận ủy",
    UnitKind.THI_XA: "Thị ủy",
    UnitKind.THANH_PHO: "Thành ủy",
    UnitKind.TINH: "Tỉnh ủy",
    UnitKind.THANH_PHO_TW: "Thành ủy",
}


def committee_name(unit: AdministrativeUnit) -> str:
    """Return the Party committee of `unit`: "Thị ủy Duy Tiên", "Đảng ủy xã Tiên Sơn"."""
    if unit.is_body:
        return unit.full_name
    if unit.level == Level.COMMUNE:
        return f"Đảng ủy {unit.full_name_in_text}"
    return f"{_COMMITTEE[UnitKind(unit.kind)]} {unit.name}"


def board_name(unit: AdministrativeUnit, on: datetime.date) -> str:
    """Return the office in charge of mass mobilisation of `unit` on a day.

    "Ban Dân vận Thị ủy Duy Tiên"; from March 2025 "Ban Tuyên giáo và Dân vận …"; a commune has no board
    of its own, there the committee answers; a body answers itself.
    """
    if unit.level in (Level.COMMUNE, Level.BODY):
        return committee_name(unit)
    board = "Ban Dân vận" if on < BOARDS_MERGED else "Ban Tuyên giáo và Dân vận"
    return f"{board} {committee_name(unit)}"


def office_name(unit: AdministrativeUnit | None, on: datetime.date) -> str:
    """Return how an office signs in logs and remarks: the board, or for a commune its place name."""
    if unit is None:
        return ""
    low = unit.level in (Level.COMMUNE, Level.BODY)
    return unit.place_name if low else board_name(unit, on)
