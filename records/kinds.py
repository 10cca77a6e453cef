"""The nine kinds of record, each declared once in kinds.toml: names, form, list, filters, totals.

The generic pages, forms and filters read these declarations; docs/adding-a-record-kind.md lists what a
tenth kind needs. Nothing here asks the database.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import models
from django.utils.text import capfirst

from danvan.common.data import toml_data
from danvan.common.text import search_key
from danvan.common.words import column_named
from records import models as record_models
from records.models import DialogueConference, EventRecord


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
        return capfirst(self.label_in_text)

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
        return capfirst(str(self.column(name).verbose_name))

    def __str__(self) -> str:
        return self.slug


def _read(slug: str, said: dict[str, Any]) -> RecordKind:
    """Return the kind that the table `slug` of the file declares."""
    layout = tuple((legend, tuple(names)) for legend, names in said.pop("layout").items())
    model = getattr(record_models, said.pop("model"))
    given: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in said.items()}
    return RecordKind(slug=slug, model=model, layout=layout, **given)


KINDS = tuple(
    _read(slug, said) for slug, said in toml_data(Path(__file__).with_name("kinds.toml")).items()
)

BY_SLUG = {kind.slug: kind for kind in KINDS}
BY_MODEL = {kind.model: kind for kind in KINDS}


def kind_of(record: EventRecord | type[EventRecord]) -> RecordKind:
    """Return the kind of a record or of its model."""
    return BY_MODEL[record if isinstance(record, type) else type(record)]
