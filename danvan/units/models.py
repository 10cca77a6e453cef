"""Administrative units as of a date, and what became of them (domain reference, "Administrative units")."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.db.models.expressions import RawSQL
from django.utils.functional import cached_property

from danvan.common.text import clean_line, search_key, sort_key
from danvan.units.kinds import KINDS_OF_LEVEL, LABEL_OF_KIND, Level, UnitKind
from danvan.units.queries import AdministrativeUnitQuerySet, UnitSuccessionQuerySet, paths_above
from danvan.units.sources import source_in_words


class _Units(models.Manager.from_queryset(AdministrativeUnitQuerySet)):  # type: ignore[misc]
    """The units that stand or stood: not those of an undone change."""

    def get_queryset(self) -> AdministrativeUnitQuerySet:
        return super().get_queryset().filter(undone_at=None)


class AdministrativeUnit(models.Model):
    """A province, district or commune during the time its code, name, kind and parent stayed the same.

    Or a body below one of them, which is no area: it is in no register, so its code is the letter K and
    the code of the unit above with a number, and it has no part in successions.

    (code, valid_from) is the natural key: codes are reused after mergers. A rename or a new kind is a
    new row with the same code. `path` joins the codes from the root ("35/349/13369/"), so it does not
    change when an ancestor only changes its name or kind; together with the dates it tells what lay
    below what, and when.
    """

    code = models.CharField("mã đơn vị", max_length=10)
    kind = models.CharField("loại", max_length=12, choices=UnitKind)
    name = models.CharField("tên riêng", max_length=100, help_text="Không kèm “Xã”, “Phường”…")
    level = models.CharField("cấp", max_length=8, choices=Level)
    parent = models.ForeignKey(
        "self",
        verbose_name="đơn vị cấp trên",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        help_text="Đơn vị cấp trên tại ngày bắt đầu hiệu lực.",
    )
    path = models.CharField("đường dẫn", max_length=60, editable=False, db_index=True)
    valid_from = models.DateField("hiệu lực từ ngày")
    valid_to = models.DateField("hết hiệu lực từ ngày", null=True, blank=True)
    source = models.CharField("nguồn dữ liệu", max_length=200, blank=True)
    name_search = models.CharField(max_length=100, editable=False, db_index=True)
    name_sort = models.CharField(max_length=250, editable=False, db_index=True)
    # A change that was undone leaves its new units behind for the logs that name them; nobody else
    # finds them: `objects` passes them over.
    undone_at = models.DateTimeField("hoàn tác lúc", null=True, editable=False)

    #: column → how logs tell it (danvan/accounts/audit/writing.py)
    SPOKEN = {"source": source_in_words}
    objects = _Units()
    #: of what with_predecessors() gives: whether it is the unit asked about, perhaps under an earlier name
    is_version = True

    class Meta:
        verbose_name = "đơn vị hành chính"
        verbose_name_plural = "đơn vị hành chính"
        ordering = ["code", "valid_from"]
        constraints = [
            models.UniqueConstraint(
                fields=["code", "valid_from"],
                condition=Q(undone_at=None),
                name="unit_code_valid_from",
                violation_error_message="Đã có đơn vị mang mã này với cùng ngày bắt đầu hiệu lực.",
            ),
            models.CheckConstraint(
                condition=Q(valid_to=None) | Q(valid_to__gt=F("valid_from")),
                name="unit_valid_to_after_valid_from",
                violation_error_message="Ngày hết hiệu lực phải sau ngày bắt đầu hiệu lực.",
            ),
        ]

    def __str__(self) -> str:
        return self.full_name

    def save(self, **kwargs: Any) -> None:
        """Save with the derived columns; a changed path is carried down to the units below."""
        old_path = self.path
        self.derive()
        if kwargs.get("update_fields") is not None:
            kwargs["update_fields"] = {*kwargs["update_fields"], "path", "name_search", "name_sort"}
        super().save(**kwargs)
        if old_path and old_path != self.path:
            for child in self.children.all():
                child.parent = self
                child.save()

    def clean(self) -> None:
        """Check what SQL cannot say: kind fits level, parent is a higher level and in force at the start."""
        self.code, self.name = clean_line(self.code), clean_line(self.name)
        self._clean_code()
        if self.level and self.kind and self.kind not in KINDS_OF_LEVEL[Level(self.level)]:
            raise ValidationError({"kind": "Loại đơn vị không đúng với cấp."})
        if self.parent and not self.parent.in_force(self.valid_from):
            raise ValidationError(
                {"parent": f"{self.parent} không có hiệu lực ngày {self.valid_from:%d/%m/%Y}."}
            )
        below_board = self.parent and self.parent.level in (Level.PROVINCE, Level.COMMUNE)
        if self.level == Level.BODY and not below_board:
            raise ValidationError({"parent": "Khối trực thuộc phải ở dưới một tỉnh hoặc một xã."})
        order = list(Level.values)
        if self.parent and order.index(self.parent.level) >= order.index(self.level):
            raise ValidationError({"parent": "Đơn vị cấp trên phải ở cấp cao hơn."})

    def _clean_code(self) -> None:
        if self.is_body and not re.fullmatch(r"K\d{1,9}", self.code):
            raise ValidationError({"code": "Mã khối trực thuộc gồm chữ K và các chữ số."})
        if not self.is_body and not re.fullmatch(r"\d{1,10}", self.code):
            raise ValidationError({"code": "Mã đơn vị chỉ gồm chữ số."})

    def derive(self) -> None:
        """Fill path, search and sort keys from code, name and parent. Bulk loading calls it as well."""
        self.path = f"{self.parent.path if self.parent else ''}{self.code}/"
        self.name_search = search_key(self.name)
        self.name_sort = sort_key(self.name)

    @property
    def is_body(self) -> bool:
        """Whether the unit is a body and no area."""
        return self.level == Level.BODY

    @property
    def kind_label(self) -> str:
        """What the kind is called. Names stand by the thousand, and get_kind_display goes through all kinds."""
        return LABEL_OF_KIND.get(self.kind, self.kind)

    @property
    def full_name(self) -> str:
        """Kind and name: "Xã Tiên Sơn"."""
        return f"{self.kind_label} {self.name}"

    @property
    def full_name_in_text(self) -> str:
        """The full name inside a sentence: "xã Tiên Sơn"."""
        kind = self.kind_label
        return f"{kind[0].lower()}{kind[1:]} {self.name}"

    @property
    def place_name(self) -> str:
        """The name that tells same-named communes apart: "Xã Tiên Sơn, thị xã Duy Tiên".

        A commune right below its province needs none. Reads `parent`; lists select it along.
        """
        if self.level == Level.COMMUNE and self.parent and self.parent.level == Level.DISTRICT:
            return f"{self.full_name}, {self.parent.full_name_in_text}"
        return self.full_name

    def in_force(self, date: datetime.date) -> bool:
        """Return whether the unit exists on `date`."""
        return self.valid_from <= date and (self.valid_to is None or date < self.valid_to)

    def absence_on(self, day: datetime.date) -> str:
        """Return the sentence that says the unit does not exist on `day`, and who is there instead."""
        told = f"{self} không có hiệu lực vào ngày {day:%d/%m/%Y}."
        if day < self.valid_from:
            return f"{told} Đơn vị này bắt đầu từ ngày {self.valid_from:%d/%m/%Y}."
        there = f" {self.became} Vui lòng ghi cho đơn vị đó." if self.became else ""
        return told + there

    @cached_property
    def became(self) -> str:
        """What the unit became, as a sentence: "Từ ngày 01/07/2025 là phường Tiên Sơn."; "" for nothing."""
        arrows = self.successions.select_related("successor").order_by("successor__code")
        heirs = [arrow.successor for arrow in arrows]
        if not heirs or not self.valid_to:
            return ""
        verb = "chia về" if len(heirs) > 1 else "là" if self.same_unit_as(heirs[0]) else "nhập về"
        names = " và ".join(heir.full_name_in_text for heir in heirs)
        return f"Từ ngày {self.valid_to:%d/%m/%Y} đơn vị này {verb} {names}."

    @property
    def path_above(self) -> str:
        """The path of the unit above, "" for a root."""
        return self.path.removesuffix(f"{self.code}/")

    @property
    def root_code(self) -> str:
        """The code of the province the unit lies in, its own for a province."""
        return self.path.partition("/")[0]

    @property
    def tree_key(self) -> tuple[str, datetime.date]:
        """What in_tree_order() orders by, for units already read."""
        return self.path, self.valid_from

    def parent_on(self, date: datetime.date) -> AdministrativeUnit | None:
        """Return the version of the unit above that is in force on `date`, None for a root."""
        above = self.path_above
        known = self._state.fields_cache.get("parent")
        if known and known.path == above and known.in_force(date):
            return known
        return AdministrativeUnit.objects.on(date).filter(path=above).first() if above else None

    def versions(self) -> list[AdministrativeUnit]:
        """Return all versions of this unit, oldest first: under its earlier and later names. One query."""
        rows = AdministrativeUnit._base_manager.filter(pk__in=self.version_keys())
        return list(rows.order_by("valid_from"))

    def version_keys(self) -> RawSQL:
        """Return the keys of all versions of this unit, to be filtered by within another query."""
        return UnitSuccession.objects.versions_of(self)

    def with_predecessors(self) -> list[AdministrativeUnit]:
        """Return the unit and all that were merged, split or renamed into it, the latest first. One query."""
        arrows = UnitSuccession.objects
        rows = AdministrativeUnit.objects.filter(pk__in=arrows.sources_of(self)).exclude(pk=self.pk)
        same = Q(pk__in=self.version_keys())
        return [self, *rows.annotate(is_version=same).order_by("-valid_from", "code")]

    def is_covered_by(self, units: Iterable[AdministrativeUnit]) -> bool:
        """Return whether `units` ever covered this one: what covered_by() finds, told of a row at hand."""
        return self.undone_at is None and any(
            self == above or self._below(above) for above in units
        )

    def _below(self, above: AdministrativeUnit) -> bool:
        begun = above.valid_to is None or self.valid_from < above.valid_to
        standing = self.valid_to is None or self.valid_to > above.valid_from
        return self.path.startswith(above.path) and self.path != above.path and begun and standing

    def same_unit_as(self, other: AdministrativeUnit) -> bool:
        """Return whether `other` is this unit, perhaps under another name or kind.

        A merged, split or re-coded unit is another one, whatever its code.
        """
        return self == other or (self.code == other.code and other in self.versions())

    def version_on(self, day: datetime.date) -> AdministrativeUnit | None:
        """Return this same unit as it stands on `day`, None where it does not exist then."""
        if self.in_force(day):
            return self
        return next((unit for unit in self.versions() if unit.in_force(day)), None)

    def heirs_on(self, day: datetime.date) -> list[AdministrativeUnit]:
        """Return the units in force on `day` that this one became, or came from; itself while it exists."""
        if self.in_force(day):
            return [self]
        ends = ("predecessor", "successor")
        here, there = ends if self.valid_from <= day else ends[::-1]
        found, nearest, walked = [], {self.pk}, {self.pk}
        while nearest:
            arrows = UnitSuccession.objects.filter(**{f"{here}__in": nearest}).select_related(there)
            reached = {unit.pk: unit for unit in (getattr(arrow, there) for arrow in arrows)}
            nearest = reached.keys() - walked
            walked |= nearest
            found += [reached[pk] for pk in nearest if reached[pk].in_force(day)]
            nearest -= {unit.pk for unit in found}
        return found

    def ancestor_on(self, level: str, day: datetime.date) -> AdministrativeUnit | None:
        """Return the unit of `level` that this unit's area lies in on `day`, itself at its own level.

        Where this unit does not exist that day, what it became (or came from) is asked; a unit that
        ended without heir, as the districts of 2025, is asked through the one above it. None where there
        is no such unit or the area lies in several.
        """
        if level == self.level:
            return self.version_on(day)
        unit = self
        while not (heirs := unit.heirs_on(day)) and unit.parent:
            unit = unit.parent
        paths = {path for heir in heirs for path in (*paths_above(heir.path), heir.path)}
        found = AdministrativeUnit.objects.on(day).filter(path__in=paths, level=level)[:2]
        return found[0] if len(found) == 1 else None


class UnitSuccession(models.Model):
    """One arrow of a merger, split, rename or change of kind: `predecessor` went (in part) into `successor`.

    Two or more rows with the same predecessor are a split; `share` is then the part that went each way,
    where somebody knows it.
    """

    predecessor = models.ForeignKey(
        AdministrativeUnit,
        verbose_name="đơn vị cũ",
        on_delete=models.PROTECT,
        related_name="successions",
    )
    successor = models.ForeignKey(
        AdministrativeUnit,
        verbose_name="đơn vị mới",
        on_delete=models.PROTECT,
        related_name="precessions",
    )
    date = models.DateField("ngày hiệu lực")
    share = models.DecimalField(
        "tỷ lệ chuyển", max_digits=5, decimal_places=4, null=True, blank=True
    )

    objects = UnitSuccessionQuerySet.as_manager()

    class Meta:
        verbose_name = "kế thừa đơn vị"
        verbose_name_plural = "kế thừa đơn vị"
        ordering = ["date", "predecessor"]
        constraints = [
            models.UniqueConstraint(
                fields=["predecessor", "successor"],
                name="succession_once",
                violation_error_message="Quan hệ kế thừa này đã có.",
            ),
            models.CheckConstraint(
                condition=~Q(predecessor=F("successor")),
                name="succession_not_itself",
                violation_error_message="Đơn vị không thể kế thừa chính nó.",
            ),
            models.CheckConstraint(
                condition=Q(share=None) | Q(share__gt=0, share__lte=1),
                name="succession_share_range",
                violation_error_message="Tỷ lệ chuyển phải lớn hơn 0 và không quá 1.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.predecessor} → {self.successor}"

    def clean(self) -> None:
        """Refuse bodies: they end and begin, nothing of an area goes over."""
        known = self.predecessor_id and self.successor_id
        if known and (self.predecessor.is_body or self.successor.is_body):
            raise ValidationError("Khối trực thuộc không có quan hệ kế thừa.")
