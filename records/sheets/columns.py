"""Sheets of the nine kinds, declared as import-export Resources: columns, how a cell is read and shown, keys.

records/sheets/records.py carries them in bulk; nothing else may say how a column of a record is headed.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import cache

from django.db import models
from import_export import fields, resources, widgets

from danvan.common import excel
from danvan.common.sheets import cells
from danvan.common.text import search_key
from records.kinds import KINDS, RecordKind
from records.models import Recognition, SkilledMobilisationModel

UNIT_HEADING, UNIT_NAME_HEADING = "Mã đơn vị", "Tên đơn vị"

# On the guide sheet of a kind whose child rows stand in no column.
CHILDREN_STAY = (
    "Quyết định công nhận được nhập trong biểu của từng mô hình, hoặc bằng tệp riêng ở trang "
    "“Nhập từ Excel”. Tệp này không làm thay đổi các quyết định đã có."
)
# Filled from other columns where blank (fill_blanks), so a sheet may leave them out.
FILLED = {"registered_year", "status_date", "pending", "answered", "resolved_later"}

SYNONYMS: dict[str, tuple[str, ...]] = {
    "unit": ("Mã ĐVHC", "Mã xã", "Mã xã, phường", "Mã đơn vị hành chính", "Mã"),
    "unit_name": ("Đơn vị", "Xã, phường", "Tên xã", "Xã/phường/thị trấn"),
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


class CellWidget(widgets.Widget):
    """Reads a cell the Vietnamese way for one model column, and shows its value as a cell.

    `reader()` returns the reading function: cell → value, None or "" for a blank; it raises
    CellProblem. `choices` are the labels of a drop-down list.
    """

    fmt = ""
    width = 16.0

    def __init__(self, field: models.Field):
        super().__init__()
        self.field = field
        self.labels = {value: str(label) for value, label in field.flatchoices}
        self.choices = tuple(self.labels.values())

    def reader(self) -> Callable:
        """Return the function that reads a cell."""
        raise NotImplementedError

    def clean(self, value, row=None, **kwargs):
        """Return the value of a cell, as import-export asks for it."""
        return self.reader()(value)

    def render(self, value, obj=None, **kwargs):
        """Return what the sheet shows for a stored value."""
        return value


class TextWidget(CellWidget):
    """Free text."""

    def __init__(self, field):
        super().__init__(field)
        self.lines = field.max_length > 300
        self.width = 40.0 if field.max_length >= 300 else 18.0

    def reader(self):
        lines = self.lines
        return lambda cell: cells.as_text(cell, lines=lines)


class ChoiceWidget(CellWidget):
    """One of the choices, by its label (any case, with or without marks) or its stored value."""

    width = 22.0

    def reader(self):
        known = {search_key(str(value)): value for value in self.labels}
        known |= {search_key(label): value for value, label in self.labels.items()}
        return lambda cell: cells.as_choice(cell, known, self.choices)

    def render(self, value, obj=None, **kwargs):
        return self.labels.get(value, "")


class DateWidget(CellWidget):
    """A day."""

    fmt, width = excel.DATE, 13.0

    def reader(self):
        return cells.as_date


class WholeWidget(CellWidget):
    """A whole number."""

    fmt, width = excel.WHOLE, 12.0

    def reader(self):
        return lambda cell: _whole(cells.as_number(cell, whole=True))


class FractionWidget(CellWidget):
    """A number with decimals."""

    fmt = excel.FRACTION

    def __init__(self, field):
        super().__init__(field)
        places = field.decimal_places
        largest = Decimal(10) ** (field.max_digits - places) - 1
        self.width = max(14.0, excel.width_of(largest, f"{excel.WHOLE}.{'0' * places}"))

    def reader(self):
        places = self.field.decimal_places
        return lambda cell: cells.as_number(cell, whole=False, places=places)


class YearWidget(WholeWidget):
    """A year: 2024, never 2.024."""

    fmt = "0"


class YesNoWidget(CellWidget):
    """Yes or no."""

    width = 14.0

    def __init__(self, field):
        super().__init__(field)
        self.choices = ("Có", "Không")

    def reader(self):
        return cells.as_yes_no

    def render(self, value, obj=None, **kwargs):
        return "Có" if value else "Không"


def _whole(number):
    return None if number is None else int(number)


def widget_for(field: models.Field) -> CellWidget:
    """Return the widget of a record's column."""
    if field.choices:
        return ChoiceWidget(field)
    if isinstance(field, models.BooleanField):
        return YesNoWidget(field)
    if isinstance(field, models.DateField):
        return DateWidget(field)
    if isinstance(field, models.DecimalField):
        return FractionWidget(field)
    if isinstance(field, models.IntegerField):
        return YearWidget(field) if field.name.endswith("year") else WholeWidget(field)
    return TextWidget(field)


class RecordResource(resources.ModelResource):
    """Base of the nine; `kind` is the declaration of records/kinds.py."""

    kind: RecordKind


@cache
def resource_of(kind: RecordKind) -> type[RecordResource]:
    """Return the Resource class of `kind`, its columns in the order of the form."""
    declared = {}
    for name in kind.field_names:
        if name == "unit":
            continue
        field = kind.model._meta.get_field(name)
        declared[name] = fields.Field(
            attribute=name, column_name=kind.label_of(name), widget=widget_for(field)
        )
    unit = fields.Field(attribute="unit__code", column_name=UNIT_HEADING, readonly=True)
    unit_name = fields.Field(attribute="unit__name", column_name=UNIT_NAME_HEADING, readonly=True)
    meta = type(
        "Meta",
        (),
        {
            "model": kind.model,
            "fields": ("unit", "unit_name", *declared),
            "import_id_fields": ("unit", *kind.key),
            "clean_model_instances": True,
            "use_transactions": True,
        },
    )
    namespace = {"kind": kind, "unit": unit, "unit_name": unit_name, **declared, "Meta": meta}
    return type(f"{kind.model.__name__}Resource", (RecordResource,), namespace)


RESOURCES = {kind.slug: resource_of(kind) for kind in KINDS}

# The sheet of decisions: how the model is named, and what the decision says.
MODEL_COLUMNS = ("start_date", "title")
DECISION_COLUMNS = ("level", "decision", "date", "body")


def decision_field(name: str) -> models.Field:
    """Return the model column behind the column `name` of the sheet of decisions."""
    model = SkilledMobilisationModel if name in MODEL_COLUMNS else Recognition
    return model._meta.get_field(name)


def _recognition_resource() -> type[resources.Resource]:
    declared = {
        "unit": fields.Field(column_name=UNIT_HEADING, readonly=True),
        "unit_name": fields.Field(column_name=UNIT_NAME_HEADING, readonly=True),
    }
    for name in (*MODEL_COLUMNS, *DECISION_COLUMNS):
        column = decision_field(name)
        label = str(column.verbose_name)
        heading = label[:1].upper() + label[1:]
        declared[name] = fields.Field(
            attribute=name, column_name=heading, widget=widget_for(column)
        )
    options = {
        "fields": tuple(declared),
        "import_id_fields": ("unit", *MODEL_COLUMNS, "level", "date"),
    }
    meta = type("Meta", (), options)
    return type("RecognitionResource", (resources.Resource,), {**declared, "Meta": meta})


RecognitionResource = _recognition_resource()
