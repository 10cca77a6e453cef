"""Workbooks as offices send them, built cell by cell for the tests of what must never be misread."""

from __future__ import annotations

import datetime
import io
import zipfile

import openpyxl
from openpyxl.workbook import Workbook

from tests.imports.tools import saved

D = datetime.date
STUDY = "study-conference"
HEADS = ("Ngày bắt đầu", "Văn bản được quán triệt", "Hình thức", "Số người dự")


def book(*rows, title: str = "Sheet1", merged: tuple[str, ...] = ()) -> Workbook:
    """Return a workbook of `rows` as they stand."""
    made = openpyxl.Workbook()
    made.active.title = title
    add_rows(made.active, rows, merged)
    return made


def add_rows(sheet, rows, merged: tuple[str, ...] = ()) -> None:
    """Append `rows` to a sheet of openpyxl and merge the areas."""
    for row in rows:
        sheet.append(list(row))
    for area in merged:
        sheet.merge_cells(area)


def study(number: int, title: str = "", people: int = 10) -> tuple:
    """Return a good row below HEADS."""
    return D(2024, 3, number), title or f"Nghị quyết {number}", "Trực tiếp", people


def as_bytes(made: Workbook) -> bytes:
    """Return a workbook as it is uploaded."""
    return saved(made)


def rewritten(data: bytes, old: str, new: str, part: str = "xl/worksheets/sheet1.xml") -> bytes:
    """Return a workbook with `old` in the XML of `part` replaced: what openpyxl cannot write."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(target, "w") as archive:
        for name in source.namelist():
            content = source.read(name)
            if name == part:
                assert old.encode() in content
                content = content.replace(old.encode(), new.encode())
            archive.writestr(name, content)
    return target.getvalue()
