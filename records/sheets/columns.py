"""Sheets of the nine kinds, and of the decisions, declared as import-export Resources of Columns.

A Resource made for a person imports and exports as django-import-export does, one row after the other
through the service; records/sheets/records.py carries the same Columns in bulk.
"""

import datetime
from collections import defaultdict
from functools import cache, cached_property
from typing import Any, cast

from django.core.exceptions import ValidationError
from django.db import models
from import_export.resources import ModelResource

from danvan.accounts.models import User
from danvan.accounts.scope import units_editable_by
from danvan.common import excel
from danvan.common.sheets import cells
from danvan.common.sheets.columns import (
    Cell,
    Column,
    Problem,
    column_of,
    unit_code_column,
    unit_name_column,
)
from danvan.imports.identity import known_code
from danvan.units.models import AdministrativeUnit
from records.answering import answered_by, refusal
from records.kinds import RecordKind, kind_of
from records.models import EventRecord, Recognition, SkilledMobilisationModel
from records.services import save_record

# Filled from other columns where blank (fill_blanks), so a sheet may leave them out.
FILLED = {"registered_year", "status_date", "pending", "answered", "resolved_later"}

SYNONYMS: dict[str, tuple[str, ...]] = {
    "start_date": ("Ngày", "Ngày tổ chức", "Thời gian", "Ngày tháng", "Ngày, tháng, năm"),
    "end_date": ("Đến ngày", "Kết thúc"),
    "title": ("Nội dung", "Tên", "Tên hội nghị", "Trích yếu"),
    "attendees": ("Số người tham dự", "Số đại biểu", "Số lượt người dự"),
    "participants": ("Số học viên", "Số người dự"),
    "opinions": ("Số ý kiến", "Ý kiến, kiến nghị", "Số kiến nghị"),
    "people": ("Số người", "Số công dân"),
    "note": ("Ghi chú khác",),
    "location": ("Nơi tổ chức", "Tại"),
    "host": ("Đơn vị chủ trì", "Chủ trì"),
}


class Units:
    """The units a person may write for, found by code and day; unknown and foreign codes read the same."""

    def __init__(self, user: User | None) -> None:
        if user is None:
            raise ValueError("only what a person imports is looked for among that person's units")
        self.user = user
        self.by_code: dict[str, list[AdministrativeUnit]] = defaultdict(list)
        own = list(units_editable_by(user).select_related("parent"))
        codes = {unit.code for unit in own}
        self.only = codes.pop() if len(codes) == 1 else None
        # Units that are written of only on the days the own unit answers for.
        ids = {one.unit_id for one in answered_by(user)} - {unit.pk for unit in own}
        self.answered = AdministrativeUnit.objects.select_related("parent").in_bulk(ids)
        for unit in sorted([*own, *self.answered.values()], key=lambda unit: unit.valid_from):
            self.by_code[unit.code].append(unit)

    def all(self) -> list[AdministrativeUnit]:
        """Return the units in all their versions, the latest of each last."""
        return [unit for versions in self.by_code.values() for unit in versions]

    def code(self, cell: Any) -> str | Problem:
        """Return the code a cell says; where there is one unit only a blank says that."""
        return known_code(cell, self.by_code, self.only)

    def is_sole(self, unit: AdministrativeUnit | Problem) -> bool:
        """Return whether the day makes no difference: the code has one version, which is written of always."""
        if isinstance(unit, Problem):
            return False
        return len(self.by_code[unit.code]) == 1 and unit.pk not in self.answered

    def find(self, cell: Any, day: datetime.date | None) -> AdministrativeUnit | Problem:
        """Return the unit a cell names as it was on `day`, its latest version where none was."""
        code = self.code(cell)
        if isinstance(code, Problem):
            return code
        versions = self.by_code[code]
        unit = ([unit for unit in versions if day and unit.in_force(day)] or versions)[-1]
        if unit.pk in self.answered and day and (refused := refusal(self.user, unit, day)):
            return Problem("start_date", refused)
        return unit


class PlaceCell(Cell):
    """The name of a unit with its district, shown for its key; never read."""

    @cached_property
    def places(self) -> dict[int, str]:
        """Names by key, read once for a Resource."""
        units = AdministrativeUnit.objects.select_related("parent")
        return {unit.pk: unit.place_name for unit in units}

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        return self.places.get(value, "")


class SheetResource(ModelResource):
    """Rows of a unit as a sheet for one person, who need not be known where rows only go out."""

    def __init__(self, user: User | None = None) -> None:
        super().__init__()
        self.user = user
        codes = units_editable_by(user).values("code").distinct()[:2] if user else ()
        # A code that can only be the own one may be left out.
        self.fields["unit"].required = len(codes) > 1

    @cached_property
    def units(self) -> Units:
        """The units the person may write for."""
        return Units(cast(User, self.user))

    @property
    def columns(self) -> list[Column]:
        """The columns in the order of the sheet."""
        return self.get_export_fields()

    @property
    def entered(self) -> list[Column]:
        """The columns a row is read from, the unit's left out."""
        return [column for column in self.columns if not column.readonly]


def unit_columns(path: str, whose: str) -> tuple[Column, Column]:
    """Return code and name of `whose` unit a row is; `path` leads from the row to what has the unit."""
    hint = f"Mã đơn vị hành chính (GSO) của {whose}."
    code = unit_code_column(attribute=f"{path}unit__code", readonly=True, hint=hint)
    hint = "Không cần khi có mã; nếu ghi thì phải khớp với mã."
    cell = PlaceCell(width=26)
    name = unit_name_column(attribute=f"{path}unit_id", cell=cell, readonly=True, hint=hint)
    return code, name


class RecordResource(SheetResource):
    """Base of the nine."""

    def get_queryset(self) -> models.QuerySet:
        return self._meta.model.objects.editable_by(self.user)

    def get_instance(self, instance_loader: Any, row: dict) -> EventRecord | None:
        """Return the stored row of this name; where the name cannot be read the cells are told."""
        try:
            return super().get_instance(instance_loader, row)
        except cells.CellProblem:
            return None

    def after_init_instance(
        self, instance: EventRecord, new: bool, row: Any, **kwargs: Any
    ) -> None:
        """Say whose a new record is. Raises ValidationError."""
        if not new:
            return
        unit = self.units.find(row.get(self.fields["unit"].heading), self._day(row))
        if isinstance(unit, Problem):
            raise ValidationError({"unit": unit.message})
        instance.unit = unit

    def _day(self, row: dict) -> datetime.date | None:
        try:
            if kind_of(self._meta.model).dated:
                return self.fields["start_date"].clean(row)
            return datetime.date(self.fields["year"].clean(row), 6, 30)
        except (ValueError, TypeError):
            return None

    def do_instance_save(self, instance: EventRecord, is_create: bool) -> None:
        """Save as everything is saved: scope, locks and history included."""
        save_record(instance, actor=self.units.user)


@cache
def resource_of(kind: RecordKind) -> type[RecordResource]:
    """Return the Resource class of `kind`, its columns in the order of the form."""
    code, unit_name = unit_columns("", "đơn vị thực hiện")
    declared = {"unit": code, "unit_name": unit_name}
    for name in kind.field_names:
        if name != "unit":
            declared[name] = _record_column(kind, name)
    options = {
        "model": kind.model,
        "fields": tuple(declared),
        "import_id_fields": ("unit", *kind.key),
        "clean_model_instances": True,
        "skip_unchanged": True,
        "skip_html_diff": True,  # no page of ours shows it
    }
    namespace = {**declared, "Meta": type("Meta", (), options)}
    return type(f"{kind.model.__name__}Resource", (RecordResource,), namespace)


def _record_column(kind: RecordKind, name: str) -> Column:
    column = column_of(kind.model, name, synonyms=SYNONYMS.get(name, ()))
    column.required &= name not in FILLED
    column.hint = str(kind.column(name).help_text)
    if column.fmt == excel.DATE:
        column.hint = f"Ngày/tháng/năm, ví dụ 31/12/2024. {column.hint}".strip()
    if name in kind.key:  # a blank names the row as well: it is looked for as it is stored
        column.default = column.empty
    return column


class RecognitionResource(SheetResource):
    """The sheet of decisions: how the model is named, and what the decision says."""

    class Meta:
        model = Recognition
        fields = ("unit", "unit_name", "start_date", "title", "level", "decision", "date", "body")

    unit, unit_name = unit_columns("model__", "đơn vị có mô hình")
    start_date = column_of(
        SkilledMobilisationModel,
        "start_date",
        attribute="model__start_date",
        required=False,
        synonyms=("Ngày đăng ký mô hình",),
        hint="Chỉ cần khi đơn vị có nhiều mô hình cùng tên.",
    )
    title = column_of(
        SkilledMobilisationModel,
        "title",
        attribute="model__title",
        synonyms=("Mô hình", "Tên mô hình Dân vận khéo", "Tên mô hình, điển hình"),
        hint="Như tên mô hình đã ghi trong hệ thống.",
    )
    level = column_of(Recognition, "level", synonyms=("Cấp", "Cấp quyết định", "Công nhận cấp"))
    decision = column_of(
        Recognition,
        "decision",
        synonyms=("Số QĐ", "Quyết định", "Số quyết định công nhận", "Quyết định công nhận"),
    )
    date = column_of(
        Recognition,
        "date",
        synonyms=("Ngày QĐ", "Ngày quyết định công nhận", "Ngày công nhận", "Ngày ký"),
    )
    body = column_of(
        Recognition, "body", synonyms=("Cơ quan ban hành", "Cơ quan quyết định", "Nơi công nhận")
    )
