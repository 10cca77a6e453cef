"""Loading administrative units from CSV: all rows or none, and the same file twice changes nothing.

Columns: code,name,level,parent_code,valid_from,valid_to,successor_codes,source. `valid_to` is
exclusive; successors are parted by `|`, and so are their `shares` where the file has that column; names
include the kind. data/ha_nam_units.csv is the default;
data/vietnam_units.csv is the register of the country, of which one province can be loaded with all that
became it (data/README.md: sources and gaps).
"""

import csv
import datetime
import io
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from danvan.common.text import clean_line
from danvan.common.words import column_named
from danvan.units.kinds import AREA_LEVELS, split_kind
from danvan.units.models import AdministrativeUnit, UnitSuccession

DEFAULT_FILE = Path(__file__).parent / "data" / "ha_nam_units.csv"
CSV_COLUMNS = (
    "code", "name", "level", "parent_code", "valid_from", "valid_to", "successor_codes", "source",
)  # fmt: skip
MAX_BYTES = 5_000_000  # of an uploaded file; the whole country has 1.9 million
SHARES = "shares"  # a column more, where the parts of a split are known
# The column in which a field of the model stands, where the names differ.
COLUMN_OF = {"parent": "parent_code", "kind": "name", "__all__": "code"}
WRITTEN = (
    "kind", "name", "level", "parent", "path", "valid_to", "source", "name_search", "name_sort",
)  # fmt: skip


Key = tuple[str, datetime.date]


class UnitFileError(Exception):
    """The file cannot be loaded; `problems` are sentences naming line and column."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


@dataclass
class UnitLine:
    """One line of the file, read but not yet placed in the tree."""

    line: int
    unit: AdministrativeUnit
    parent_code: str
    successors: list[str]
    # Of the successors, where the file has them.
    shares: list[Decimal] = field(default_factory=list)

    @property
    def key(self) -> Key:
        """The natural key of its unit."""
        return self.unit.code, self.unit.valid_from


@dataclass
class LoadResult:
    """How many unit rows were created, changed or left as they were, and successions written."""

    created: int = 0
    changed: int = 0
    unchanged: int = 0
    successions: int = 0
    problems: list[str] = field(default_factory=list)


class Writer:
    """How rows get into the database. The layer above has one that writes the audit trail as well."""

    def create(self, rows: list) -> None:
        """Create `rows` of one model; they have keys afterwards."""
        if rows:
            type(rows[0]).objects.bulk_create(rows, batch_size=500)

    def update(self, rows: list, fields: tuple[str, ...]) -> None:
        """Write `fields` of `rows` of one model."""
        if rows:
            type(rows[0]).objects.bulk_update(rows, fields, batch_size=500)


def load_units(
    path: Path | bytes,
    writer: Writer | None = None,
    select: Callable[[list[UnitLine]], list[UnitLine]] = list,
) -> LoadResult:
    """Load the CSV file at `path`, or what was uploaded, in one transaction.

    By `writer`, without one past the audit trail. `select` returns the rows of the file that are wanted
    (register.py has one for a province). Raises UnitFileError with every problem found, and then nothing
    is written; OSError when the file cannot be opened.
    """
    rows = select(read_lines(path))
    writer, result = writer or Writer(), LoadResult()
    with transaction.atomic():
        by_code = _by_code(rows)
        for level in AREA_LEVELS:  # so that a parent has its key before its children
            placed = [row for row in rows if row.unit.level == level]
            _write_level(placed, by_code, result, writer)
        _write_successions(rows, by_code, result, writer)
        if result.problems:
            raise UnitFileError(result.problems)
    return result


def read_lines(file: Path | bytes) -> list[UnitLine]:
    """Return the lines of a file, or of what was uploaded; Excel's CSV with semicolons is read as well.

    Raises UnitFileError, OSError.
    """
    problems: list[str] = []
    seen: dict[tuple, int] = {}
    rows = []
    if isinstance(file, bytes) and len(file) > MAX_BYTES:
        raise UnitFileError(["Tệp quá lớn (tối đa 5 MB). Vui lòng chỉ gửi các đơn vị cần nạp."])
    try:
        text = (file if isinstance(file, bytes) else file.read_bytes()).decode("utf-8-sig")
        first = text.partition("\n")[0]
        delimiter = ";" if first.count(";") > first.count(",") else ","
        reader = csv.DictReader(io.StringIO(text, newline=""), strict=True, delimiter=delimiter)
        missing = [name for name in CSV_COLUMNS if name not in (reader.fieldnames or [])]
        if missing:
            raise UnitFileError([f"Dòng 1: thiếu cột {', '.join(missing)}."])
        for record in reader:
            row = _read_row(reader.line_num, record, problems)
            if row is None:
                continue
            if (first_line := seen.setdefault(row.key, row.line)) != row.line:
                code, day = row.key
                problems.append(
                    f"Dòng {row.line}, cột code: {code} từ {day} đã có ở dòng {first_line}."
                )
            rows.append(row)
    except UnicodeDecodeError as error:
        raise UnitFileError(
            [f"Tệp không phải văn bản UTF-8 (byte {error.start}). Trong Excel, chọn “CSV UTF-8”."]
        ) from error
    except csv.Error as error:
        raise UnitFileError([f"Dòng {reader.line_num}: {error}"]) from error
    if not rows and not problems:
        problems.append("Tệp không có đơn vị nào.")
    if problems:
        raise UnitFileError(problems)
    return rows


def _read_row(line: int, record: dict, problems: list[str]) -> UnitLine | None:
    """Return the row of one CSV record, or None after adding to `problems`."""
    cells = {name: clean_line(record.get(name) or "") for name in (*CSV_COLUMNS, SHARES)}
    bad = len(problems)

    def problem(column: str, message: str) -> Any:
        problems.append(f"Dòng {line}, cột {column}: {message}.")

    if not cells["code"].isdigit() or len(cells["code"]) > 10:
        problem("code", f"“{cells['code']}” không phải mã gồm 1 đến 10 chữ số")
    kind = name = ""
    if cells["level"] not in AREA_LEVELS:
        problem("level", f"“{cells['level']}” không phải một trong {', '.join(AREA_LEVELS)}")
    else:
        try:
            kind, name = split_kind(cells["name"], cells["level"])
        except ValueError:
            problem(
                "name", f"“{cells['name']}” không bắt đầu bằng loại đơn vị của cấp {cells['level']}"
            )
        if not name and kind:
            problem("name", "chỉ có loại, thiếu tên riêng")
    dates = _read_dates(cells, problem)
    successors = [code for code in cells["successor_codes"].split("|") if code]
    shares = _read_shares(cells[SHARES], len(successors), problem)
    if len(problems) > bad:
        return None
    unit = AdministrativeUnit(
        code=cells["code"],
        kind=kind,
        name=name,
        level=cells["level"],
        source=cells["source"],
        **dates,
    )
    return UnitLine(line, unit, cells["parent_code"], successors, shares)


def _read_shares(text: str, successors: int, problem: Any) -> list[Decimal]:
    """Return the parts of a split: "0.6|0.4", as many as successors; call `problem` for what is wrong."""
    if not text:
        return []
    try:
        shares = [Decimal(part.replace(",", ".")) for part in text.split("|")]
    except InvalidOperation:
        shares = []
    if len(shares) != successors or not all(0 < share <= 1 for share in shares):
        problem(SHARES, f"“{text}” không phải các phần như 0.6|0.4, mỗi đơn vị kế thừa một phần")
    return shares


def _read_dates(cells: dict[str, str], problem: Any) -> dict[str, datetime.date | None]:
    """Return valid_from and valid_to of a record; call `problem(column, message)` for what is wrong."""
    dates = {}
    for column in ("valid_from", "valid_to"):
        try:
            dates[column] = datetime.date.fromisoformat(cells[column]) if cells[column] else None
        except ValueError:
            problem(column, f"“{cells[column]}” không phải ngày như 2020-01-31")
            dates[column] = None
    if not cells["valid_from"]:
        problem("valid_from", "để trống")
    elif dates["valid_to"] and dates["valid_from"] and dates["valid_to"] <= dates["valid_from"]:
        problem("valid_to", "không sau valid_from")
    return dates


def _by_code(rows: list[UnitLine]) -> dict[str, list[AdministrativeUnit]]:
    """Return the units there will be, by code; those of `rows` get the keys of their stored ones."""
    known = {(unit.code, unit.valid_from): unit for unit in AdministrativeUnit.objects.all()}
    by_code: dict[str, list[AdministrativeUnit]] = {}
    for row in rows:
        stored = known.get((row.unit.code, row.unit.valid_from))
        row.unit.pk = stored.pk if stored else None
        known[row.unit.code, row.unit.valid_from] = row.unit
    for unit in known.values():
        by_code.setdefault(unit.code, []).append(unit)
    return by_code


def _write_level(rows: list[UnitLine], by_code: dict, result: LoadResult, writer: Writer) -> None:
    placed = []
    for row in rows:
        unit = row.unit
        unit.parent = _in_force(by_code, row.parent_code, unit.valid_from)
        if row.parent_code and unit.parent is None:
            result.problems.append(
                f"Dòng {row.line}, cột parent_code: không có đơn vị {row.parent_code} có hiệu lực ngày "
                f"{unit.valid_from}."
            )
            continue
        unit.derive()
        try:
            unit.clean_fields(exclude=["parent"])
            unit.clean()
        except ValidationError as error:
            name, messages = next(iter(error.message_dict.items()))
            column = COLUMN_OF.get(name, name)
            result.problems.append(f"Dòng {row.line}, cột {column}: {messages[0]}")
            continue
        placed.append(unit)
    stored = AdministrativeUnit.objects.in_bulk([unit.pk for unit in placed if unit.pk])
    new = [unit for unit in placed if not unit.pk]
    differing = [unit for unit in placed if unit.pk and _differs(unit, stored[unit.pk])]
    if result.problems:
        return
    writer.create(new)
    writer.update(differing, WRITTEN)
    result.created += len(new)
    result.changed += len(differing)
    result.unchanged += len(placed) - len(new) - len(differing)


def _differs(unit: AdministrativeUnit, stored: AdministrativeUnit) -> bool:
    fields = [column_named(AdministrativeUnit, name).attname for name in WRITTEN]
    return any(getattr(unit, name) != getattr(stored, name) for name in fields)


def _in_force(by_code: dict, code: str, date: datetime.date) -> AdministrativeUnit | None:
    return next((unit for unit in by_code.get(code, []) if unit.in_force(date)), None)


def _write_successions(
    rows: list[UnitLine], by_code: dict, result: LoadResult, writer: Writer
) -> None:
    """Write the arrows of the file's rows: each successor code is the unit in force on the day of change."""
    if result.problems:
        return
    wanted = {}
    for row in rows:
        day = row.unit.valid_to
        if day is None:
            if not row.successors:
                continue
            result.problems.append(
                f"Dòng {row.line}, cột successor_codes: đơn vị còn hiệu lực không có đơn vị kế thừa."
            )
            continue
        for at, code in enumerate(row.successors):
            successor = _in_force(by_code, code, day)
            if successor is None:
                result.problems.append(
                    f"Dòng {row.line}, cột successor_codes: không có đơn vị {code} có hiệu lực ngày "
                    f"{row.unit.valid_to}."
                )
                continue
            wanted[row.unit.pk, successor.pk] = UnitSuccession(
                predecessor=row.unit,
                successor=successor,
                date=day,
                share=row.shares[at] if row.shares else None,
            )
    known = set(UnitSuccession.objects.values_list("predecessor", "successor"))
    new = [arrow for key, arrow in wanted.items() if key not in known]
    writer.create(new)
    result.successions = len(new)
