"""Which sentence stands beside which field: the board's, else the one that is shipped."""

from functools import cache
from pathlib import Path

from danvan.common.data import csv_rows
from danvan.common.words import column_named
from records.kinds import RecordKind
from records.models import FieldGuidance, Recognition

FILE = Path(__file__).parent / "guidance.csv"
ALL_KINDS = "*"  # in the file: of every kind that has no sentence of its own
CHILD_FIELDS = {"mobilisation-model": Recognition.ENTERED}


@cache
def shipped_sentences() -> dict[tuple[str, str], str]:
    """Return the sentences of the file by kind and field."""
    return {(row["kind"], row["field"]): row["guidance"] for row in csv_rows(FILE)}


def guided_fields(kind: RecordKind) -> tuple[str, ...]:
    """Return the names of all fields a person fills for a record of `kind`, its child rows' included."""
    return (*kind.fields, *CHILD_FIELDS.get(kind.slug, ()))


def shipped_sentence(kind: RecordKind, field: str) -> str:
    """Return the sentence of the file, "" where it has none."""
    return shipped_sentences().get((kind.slug, field)) or shipped_sentences().get(
        (ALL_KINDS, field), ""
    )


def sentences_of(*kinds: RecordKind) -> list[dict[str, str]]:
    """Return the sentences of each of `kinds` by field, one query."""
    rows = FieldGuidance.objects.filter(kind__in=[kind.slug for kind in kinds])
    edited = {(row.kind, row.field): row.text for row in rows}
    return [
        {
            name: edited.get((kind.slug, name)) or shipped_sentence(kind, name)
            for name in guided_fields(kind)
        }
        for kind in kinds
    ]


def field_label(kind: RecordKind, field: str) -> str:
    """Return what the form calls `field`, as sentences begin."""
    if field in CHILD_FIELDS.get(kind.slug, ()):
        label = str(column_named(Recognition, field).verbose_name)
        return f"Công nhận: {label}"
    return "Người chủ trì, tham dự" if field == "led_by" else kind.label_of(field)
