"""A change out of a file in the register's form (danvan/units/data/README.md has its columns)."""

import datetime
from dataclasses import dataclass, field

from danvan.units.loader import UnitFileError, read_lines


@dataclass
class FromFile:
    """What a file says of a day, as a change keeps it, and how many lines are about other days."""

    units: list[dict] = field(default_factory=list)
    moves: list[dict] = field(default_factory=list)
    others: int = 0


def read_change(data: bytes, day: datetime.date) -> FromFile:
    """Return what begins and ends on `day` in an uploaded file. Raises UnitFileError with sentences."""
    found = FromFile()
    for line in read_lines(data):
        unit = line.unit
        if unit.valid_from == day:
            found.units.append(
                {
                    "code": unit.code,
                    "kind": unit.kind,
                    "name": unit.name,
                    "parent": line.parent_code,
                }
            )
        if unit.valid_to == day:
            shares = [str(share) for share in line.shares] or [""] * len(line.successors)
            found.moves += [
                {"old": unit.code, "new": new, "share": share}
                for new, share in zip(line.successors or [""], shares or [""], strict=True)
            ]
        found.others += day not in (unit.valid_from, unit.valid_to)
    if not found.moves:
        raise UnitFileError(
            [
                f"Tệp không có đơn vị nào hết hiệu lực ngày {day:%d/%m/%Y}. Vui lòng xem lại cột valid_to."
            ]
        )
    return found
