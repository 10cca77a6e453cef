"""What all nine kinds of record share: whose it is, when it was, who wrote it, and how it is kept clean."""

import datetime
from collections.abc import Collection
from functools import cache
from typing import Any, Self

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.text import capfirst

from danvan.accounts.models.fields import person_field, unit_field
from danvan.accounts.scope import M, ScopedQuerySet
from danvan.common.db.search import with_words
from danvan.common.handbook.why import Why
from danvan.common.text import clean_line, clean_text, search_key
from danvan.units.models import AdministrativeUnit
from records.answering import answered_rows
from records.models.rules import at_least, rules_of, within

FIRST_DAY, LAST_DAY = datetime.date(2000, 1, 1), datetime.date(2100, 12, 31)
WRONG_DAY = "Ngày phải từ 01/01/2000 đến 31/12/2100."
TO_COME = "Ngày này chưa đến, vui lòng kiểm tra lại."


def text_field(label: str, *, lines: int = 1, **options: Any) -> models.CharField:
    """Return an optional text column with the usual limits; `lines` > 1 is shown as a text box."""
    options.setdefault("blank", True)
    options.setdefault("max_length", 300 if lines == 1 else 2000)
    return models.CharField(label, **options)


class RecordQuerySet(ScopedQuerySet[M]):
    """Records, scoped by the unit that holds them."""

    def rows_of(self, user: Any, units: models.QuerySet[AdministrativeUnit]) -> Q:
        """As the base; who may do anything here may so on the days of other units answered for, too."""
        rows = super().rows_of(user, units)
        return rows if units.query.is_empty() else rows | answered_rows(user)

    def with_names(self) -> Self:
        """Return the rows with what a line about them shows."""
        return self.select_related("unit__parent", "created_by")

    def between(self, start: datetime.date, end: datetime.date) -> Self:
        """Return the rows that count from `start` to `end`: the start date decides (domain 5.4)."""
        return self.filter(start_date__gte=start, start_date__lte=end)

    def search(self, text: str) -> Self:
        """Return rows whose text has every word of `text`, with or without marks."""
        return with_words(self, clean_line(text), "search__contains")

    def exact_marks_first(self, text: str) -> Self:
        """Order rows that have `text` with its very marks before the others, newest first in each."""
        marked = clean_line(text).lower()
        exact = models.Case(models.When(search__contains=marked, then=0), default=1)
        return self.order_by(exact, "-start_date", "-pk")


class EventRecord(models.Model):
    """One thing a unit did. It counts in the period that contains `start_date`.

    Written through records/services.py, which knows scope, locks and versions. `version` grows with
    every save; a form that carries an older one is stale. `stand_in` is the office that wrote the row in
    place of its unit, as it was called then. `token` is the form's: posted twice it still makes one row.
    `search` holds the folded text and, after it, the text as written in lower case.
    """

    # What may change although the record's own period is locked.
    LATER_FIELDS: frozenset[str] = frozenset()
    DAYS: tuple[str, ...] = ("start_date",)  # the columns on whose days a new row counts
    may_be_future = False
    judged_on: datetime.date | None = None  # today, where that was asked once for many rows

    unit = unit_field(related_name="%(class)ss", db_index=False)
    start_date = models.DateField("ngày bắt đầu")
    end_date = models.DateField("ngày kết thúc", null=True, blank=True)
    title = models.CharField("tên", max_length=300)
    location = text_field("địa điểm")
    host = text_field("cơ quan chủ trì")
    note = text_field("ghi chú", lines=3)
    created_by = person_field("người ghi", null=True, editable=False, db_index=False)
    stand_in = models.CharField(
        "nhập thay bởi", max_length=150, blank=True, default="", db_default="", editable=False
    )
    created_at = models.DateTimeField("ghi lúc", default=timezone.now, editable=False)
    updated_at = models.DateTimeField("sửa lúc", default=timezone.now, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    token = models.UUIDField(null=True, unique=True, editable=False)
    search = models.TextField(editable=False, blank=True)

    objects = RecordQuerySet.as_manager()

    class Meta:
        abstract = True
        ordering = ["-start_date", "-pk"]
        constraints = [
            *within("start_date", low=FIRST_DAY, top=LAST_DAY, message=WRONG_DAY),
            at_least("end_date", "start_date", "Ngày kết thúc không được trước ngày bắt đầu."),
        ]
        indexes = [
            models.Index(fields=["unit", "start_date"], name="%(class)s_ud"),
            models.Index(fields=["start_date", "id"], name="%(class)s_d"),
        ]

    def __str__(self) -> str:
        kind = capfirst(self._meta.verbose_name)
        return self.title or f"{kind} ngày {self.start_date:%d/%m/%Y}"

    def save(self, **kwargs: Any) -> None:
        self.derive()
        super().save(**kwargs)

    def get_absolute_url(self) -> str:
        return reverse("records:detail", args=[type(self), self.pk])

    @property
    def on_behalf(self) -> bool:
        """Return whether somebody of another unit wrote it ("nhập thay"), whatever becomes of the account."""
        return bool(self.stand_in)

    def clean_fields(self, exclude: Any = None) -> None:
        """Bring every text into its one form (NFC, no invisible characters) before looking at it."""
        self.clean_texts()
        self.fill_blanks()
        super().clean_fields(exclude=exclude)

    def clean_texts(self) -> None:
        """Clean all declared texts in place; texts longer than a line keep their line breaks."""
        for field in text_fields(type(self)):
            text = getattr(self, field.name)
            if isinstance(text, str) and text:
                clean = clean_text if (field.max_length or 0) > 300 else clean_line
                setattr(self, field.name, clean(text))

    def fill_blanks(self) -> None:
        """Fill what follows from the other fields. Kinds override it; it never overwrites what was typed."""

    def clean(self) -> None:
        """Refuse a day on which the unit did not exist, and a day to come."""
        super().clean()
        if not isinstance(self.start_date, datetime.date):
            return
        if not self.may_be_future and self.start_date > (self.judged_on or timezone.localdate()):
            raise ValidationError({"start_date": TO_COME})
        if self.unit_id and not self.unit.in_force(self.start_date):
            missing = ValidationError(self.unit.absence_on(self.start_date), code=Why.UNIT_ENDED)
            raise ValidationError({"start_date": missing})

    def validate_constraints(self, exclude: Any = None) -> None:
        """Put every broken rule at the field it is about."""
        try:
            super().validate_constraints(exclude=exclude)
        except ValidationError as error:
            errors = [one for found in error.error_dict.values() for one in found]
            raise ValidationError(self._by_field(errors)) from error

    def _by_field(self, errors: list[ValidationError]) -> dict:
        names = {field.name for field in self._meta.fields}
        placed: dict = {}
        for one in errors:
            placed.setdefault(one.code if one.code in names else NON_FIELD_ERRORS, []).append(one)
        return placed

    def check_row(self, broken: Collection[str] = ()) -> None:
        """Judge everything that needs no query: fields, clean(), rules. Raises ValidationError.

        For many rows at once; the caller has resolved the unit and asks uniqueness set-based. `broken`
        are fields whose cell could not be read: nothing is said of them, nor of rules that read them.
        """
        errors: dict = {}
        keys = {f.name for f in self._meta.fields if f.is_relation}
        for check in (lambda: self.clean_fields(exclude=keys | set(broken)), self.clean):
            try:
                check()
            except ValidationError as error:
                errors = error.update_error_dict(errors)
        try:  # as full_clean() does: a field already found wrong is not judged by rules as well
            self._check_rules(errors.keys() | set(broken))
        except ValidationError as error:
            errors = error.update_error_dict(errors)
        errors = {name: found for name, found in errors.items() if name not in broken}
        if errors:
            raise ValidationError(errors)

    def _check_rules(self, exclude: Collection[str]) -> None:
        errors = []
        for rule in rules_of(type(self)):
            try:
                rule.validate(type(self), self, exclude=exclude)
            except (ValidationError, TypeError) as error:
                errors += error.error_list if isinstance(error, ValidationError) else []
        if errors:
            raise ValidationError(self._by_field(errors))

    def derive(self) -> None:
        """Fill the stored keys. save() and every bulk path call it."""
        texts = [getattr(self, field.name) for field in text_fields(type(self))]
        text = " ".join(filter(None, texts))
        self.search = f"{search_key(text)}\n{text.lower()}"

    def facts(self) -> dict[tuple, object]:
        """Return what counts, by (unit id, day it counts at, …): locks compare it before and after.

        A locked period refuses any change of what counts in it, whichever way it is made; what happened
        later (LATER_FIELDS, dated children) may still be written.
        """
        kept = {"created_by", "created_at", "stand_in", "updated_at", "version", "token", "search"}
        kept |= self.LATER_FIELDS
        values = tuple(
            (f.attname, getattr(self, f.attname)) for f in self._meta.fields if f.name not in kept
        )
        return {(self.unit_id, self.start_date): values}


def sorted_by(field: str) -> list[models.Index]:
    """Return the indexes of a kind whose lists are also sorted by the number `field`."""
    index = models.Index(fields=[field, "id"], name="%(class)s_n")
    return [*EventRecord.Meta.indexes, index]


@cache
def text_fields(model: type[EventRecord]) -> list[models.CharField]:
    """Return the declared free texts of `model`: what is cleaned and searched."""
    return [
        field
        for field in model._meta.fields
        if isinstance(field, models.CharField) and not field.choices and field.editable
    ]
