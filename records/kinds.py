"""The nine kinds of record, each declared once: names, form, list, filters, totals.

The generic pages, forms and filters read these declarations; docs/adding-a-record-kind.md lists what a
tenth kind needs. Nothing here asks the database.
"""

from dataclasses import dataclass

from django.db import models

from danvan.common.text import search_key
from danvan.common.words import column_named
from records.models import (
    CitizenReception,
    DemocracyConference,
    DialogueConference,
    EmergingIssue,
    EventRecord,
    FriendlyGovAssessment,
    Oversight,
    SkilledMobilisationModel,
    StudyConference,
    TrainingCourse,
)

WHERE = ("Nơi tổ chức", ("location", "host", "note"))
_PETITIONS = ("complaints", "denunciations", "petitions", "within_competence", "resolved")


@dataclass(frozen=True)
class RecordKind:
    """One kind. `layout` is (legend, fields) in the order a clerk thinks; `noun` is what a count counts.

    `columns` stand in the list between date, title and unit; `filters` are choice columns to filter by;
    `number` is the column that is sorted by (indexed) and bounded in the filter; `totals` are summed.
    `key` tells one record of a unit from another in a sheet, beside the unit; never a database id.
    """

    slug: str
    model: type[EventRecord]
    plural: str
    menu: str
    noun: str
    layout: tuple[tuple[str, tuple[str, ...]], ...]
    columns: tuple[str, ...]
    filters: tuple[str, ...]
    number: str
    totals: tuple[str, ...] = ()
    key: tuple[str, ...] = ("start_date", "title")
    dated: bool = True  # shown and entered by day; else by year

    @property
    def path(self) -> str:
        """The part of the address: the Vietnamese name, "hoi-nghi-doi-thoai"."""
        return search_key(self.menu).replace(" ", "-")

    @property
    def label_in_text(self) -> str:
        """What one is called inside a sentence: "mô hình “Dân vận khéo”"."""
        return str(self.model._meta.verbose_name)

    @property
    def label(self) -> str:
        """What one is called: "Mô hình “Dân vận khéo”"."""
        return self.label_in_text[:1].upper() + self.label_in_text[1:]

    @property
    def fields(self) -> tuple[str, ...]:
        """All entered fields in order; "led_by" stands for its three columns."""
        return tuple(name for _, names in self.layout for name in names)

    @property
    def field_names(self) -> tuple[str, ...]:
        """The model's entered columns in order, as sheets and history show them."""
        leaders = tuple(DialogueConference.LEADERS)
        spread = ((leaders if name == "led_by" else (name,)) for name in self.fields)
        return tuple(name for names in spread for name in names)

    @property
    def sorts(self) -> dict[str, str]:
        """The whitelist of orders: address value → column, each served by an index with the key."""
        columns = {"ngay": "start_date", "so": self.number}
        return {
            f"{sign}{n}": f"{sign}{column}" for n, column in columns.items() for sign in ("", "-")
        }

    def column(self, name: str) -> models.Field:
        return column_named(self.model, name)

    def label_of(self, name: str) -> str:
        """Return the Vietnamese label of the column `name`, as sentences begin."""
        label = str(self.column(name).verbose_name)
        return label[:1].upper() + label[1:]

    def __str__(self) -> str:
        return self.slug


KINDS: tuple[RecordKind, ...] = (
    RecordKind(
        slug="study-conference",
        model=StudyConference,
        plural="Hội nghị quán triệt, triển khai văn bản",
        menu="Hội nghị quán triệt",
        noun="hội nghị",
        layout=(
            ("Hội nghị", ("unit", "start_date", "end_date", "title", "form")),
            ("Số người", ("attendees", "party_members")),
            WHERE,
        ),
        columns=("form", "attendees", "party_members"),
        filters=("form",),
        number="attendees",
        totals=("attendees", "party_members"),
    ),
    RecordKind(
        slug="dialogue-conference",
        model=DialogueConference,
        plural="Hội nghị đối thoại của người đứng đầu",
        menu="Hội nghị đối thoại",
        noun="hội nghị",
        layout=(
            ("Hội nghị", ("unit", "start_date", "end_date", "title", "led_by", "kind")),
            ("Kết quả", ("attendees", "opinions", "answered", "resolved_later", "pending")),
            ("Thông báo kết luận", ("conclusion_number", "conclusion_date")),
            ("Chi tiết", ("audience", "form", "notice_date", "result_date")),
            WHERE,
        ),
        columns=("led_by", "kind", "attendees", "opinions"),
        filters=("kind", "audience", "form"),
        number="attendees",
        totals=("attendees", "opinions", "answered", "resolved_later", "pending"),
    ),
    RecordKind(
        slug="citizen-reception",
        model=CitizenReception,
        plural="Tiếp công dân",
        menu="Tiếp công dân",
        noun="buổi",
        layout=(
            ("Buổi tiếp", ("unit", "start_date", "receiver", "kind", "people", "groups")),
            ("Đơn, vụ việc", _PETITIONS),
            ("Chi tiết", ("title", "end_date", "location", "host", "note")),
        ),
        columns=("receiver", "kind", "people", "resolved"),
        filters=("receiver", "kind"),
        number="people",
        totals=("people", *_PETITIONS),
        key=("start_date", "receiver", "kind", "title"),
    ),
    RecordKind(
        slug="mobilisation-model",
        model=SkilledMobilisationModel,
        plural="Mô hình “Dân vận khéo”",
        menu="Mô hình Dân vận khéo",
        noun="mô hình",
        layout=(
            (
                "Đăng ký",
                ("unit", "start_date", "registered_year", "title", "type", "field", "owner"),
            ),
            ("Thực hiện", ("status", "replicated_date", "content", "results")),
            ("Chi tiết", ("end_date", "location", "host", "note")),
        ),
        columns=("type", "field", "status", "registered_year"),
        filters=("type", "field", "status"),
        number="registered_year",
    ),
    RecordKind(
        slug="friendly-government",
        model=FriendlyGovAssessment,
        plural="Chính quyền thân thiện, vì nhân dân phục vụ",
        menu="Chính quyền thân thiện",
        noun="đánh giá",
        layout=(
            ("Đánh giá", ("unit", "year", "rating", "score", "assessor")),
            ("Khảo sát sự hài lòng", ("surveys", "satisfied")),
            ("Quyết định", ("decision", "decision_date")),
            ("Chi tiết", ("title", "location", "host", "note")),
        ),
        columns=("rating", "score", "surveys", "satisfied"),
        filters=("rating", "assessor"),
        number="score",
        totals=("surveys", "satisfied"),
        dated=False,
        key=("year",),
    ),
    RecordKind(
        slug="democracy-conference",
        model=DemocracyConference,
        plural="Hội nghị thực hiện dân chủ ở cơ sở",
        menu="Hội nghị dân chủ cơ sở",
        noun="hội nghị",
        layout=(
            ("Hội nghị", ("unit", "start_date", "end_date", "kind", "title")),
            ("Kết quả", ("attendees", "resolutions")),
            WHERE,
        ),
        columns=("kind", "attendees", "resolutions"),
        filters=("kind",),
        number="attendees",
        totals=("attendees", "resolutions"),
        key=("start_date", "kind", "title"),
    ),
    RecordKind(
        slug="oversight",
        model=Oversight,
        plural="Giám sát, phản biện xã hội",
        menu="Giám sát, phản biện",
        noun="cuộc",
        layout=(
            ("Giám sát, phản biện", ("unit", "start_date", "end_date", "kind", "lead", "title")),
            ("Kết quả", ("drafts", "recommendations", "accepted", "violations", "amount")),
            ("Chi tiết", ("form", "location", "host", "note")),
        ),
        columns=("kind", "lead", "recommendations", "accepted"),
        filters=("kind", "lead", "form"),
        number="recommendations",
        totals=("drafts", "recommendations", "accepted", "violations", "amount"),
        key=("start_date", "kind", "lead", "title"),
    ),
    RecordKind(
        slug="training-course",
        model=TrainingCourse,
        plural="Lớp, hội nghị tập huấn",
        menu="Lớp tập huấn",
        noun="lớp",
        layout=(
            (
                "Lớp tập huấn",
                ("unit", "start_date", "end_date", "title", "organiser", "topic")
                + ("participants", "days"),
            ),
            WHERE,
        ),
        columns=("organiser", "topic", "participants", "days"),
        filters=("organiser", "topic"),
        number="participants",
        totals=("participants", "days"),
        key=("start_date", "organiser", "title"),
    ),
    RecordKind(
        slug="emerging-issue",
        model=EmergingIssue,
        plural="Vấn đề phát sinh từ cơ sở",
        menu="Vấn đề phát sinh",
        noun="vấn đề",
        layout=(
            ("Vấn đề", ("unit", "start_date", "title", "field", "severity", "people")),
            (
                "Giải quyết",
                ("status", "status_date", "handler", "due_date", "resolved_date", "outcome"),
            ),
            ("Chi tiết", ("location", "host", "end_date", "note")),
        ),
        columns=("field", "severity", "status"),
        filters=("field", "severity", "status"),
        number="people",
        totals=("people",),
    ),
)

BY_SLUG = {kind.slug: kind for kind in KINDS}
BY_MODEL = {kind.model: kind for kind in KINDS}


def kind_of(record: EventRecord | type[EventRecord]) -> RecordKind:
    """Return the kind of a record or of its model."""
    return BY_MODEL[record if isinstance(record, type) else type(record)]
