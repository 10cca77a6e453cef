"""Administrative units as of a date, and what became of them (domain reference, "Administrative units")."""

from __future__ import annotations

import datetime
import re

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Case, F, Q, When

from danvan.common.text import clean_line, search_key, sort_key


class Level(models.TextChoices):
    """The tiers of government. Which of them exist is a matter of the date, never of this list."""

    PROVINCE = "province", "Cấp tỉnh"
    DISTRICT = "district", "Cấp huyện"
    COMMUNE = "commune", "Cấp xã"

    @property
    def letter(self) -> str:
        """The letter the indicator catalogue uses: T (tỉnh), H (huyện), X (xã)."""
        return {"province": "T", "district": "H", "commune": "X"}[self.value]

    @classmethod
    def from_letter(cls, letter: str) -> Level:
        """Return the level of a catalogue letter; raises KeyError for any other letter."""
        return {"T": cls.PROVINCE, "H": cls.DISTRICT, "X": cls.COMMUNE}[letter]

    @property
    def rank(self) -> int:
        """How high the tier lies: 1 for communes to 3 for provinces."""
        return {"province": 3, "district": 2, "commune": 1}[self.value]

    @classmethod
    def ranked(cls, column: str = "level") -> Case:
        """Return the rank of `column` as an expression: lists are ordered by it, never by the word."""
        tiers = (When(**{column: level.value}, then=level.rank) for level in cls)
        return Case(*tiers, output_field=models.SmallIntegerField())


class UnitKind(models.TextChoices):
    """What a unit is called in law; the label is the prefix of its full name."""

    TINH = "tinh", "Tỉnh"
    THANH_PHO_TW = "thanh_pho_tw", "Thành phố"
    QUAN = "quan", "Quận"
    HUYEN = "huyen", "Huyện"
    THI_XA = "thi_xa", "Thị xã"
    THANH_PHO = "thanh_pho", "Thành phố"
    XA = "xa", "Xã"
    PHUONG = "phuong", "Phường"
    THI_TRAN = "thi_tran", "Thị trấn"
    DAC_KHU = "dac_khu", "Đặc khu"


KINDS_OF_LEVEL = {
    Level.PROVINCE: (UnitKind.TINH, UnitKind.THANH_PHO_TW),
    Level.DISTRICT: (UnitKind.QUAN, UnitKind.HUYEN, UnitKind.THI_XA, UnitKind.THANH_PHO),
    Level.COMMUNE: (UnitKind.XA, UnitKind.PHUONG, UnitKind.THI_TRAN, UnitKind.DAC_KHU),
}


class AdministrativeUnitQuerySet(models.QuerySet):
    """The one place that knows how the tree is stored; all its methods are set-based."""

    def on(self, date: datetime.date):
        """Return the units in force on `date`."""
        return self.filter(Q(valid_to=None) | Q(valid_to__gt=date), valid_from__lte=date)

    def covered_by(self, units, *, below_only: bool = False):
        """Return what `units` (an iterable of rows) ever covered: themselves and all that lay below them.

        A unit lies below another while its path begins with the other's path and both are in force.
        With `below_only` the units themselves are left out. An empty iterable gives an empty queryset.
        """
        coverage = Q(pk__in=[])
        for unit in units:
            below = Q(path__startswith=unit.path) & ~Q(path=unit.path)
            below &= Q(valid_to=None) | Q(valid_to__gt=unit.valid_from)
            if unit.valid_to is not None:
                below &= Q(valid_from__lt=unit.valid_to)
            coverage |= below if below_only else below | Q(pk=unit.pk)
        return self.filter(coverage)

    def find(self, code: str, on: datetime.date | None = None):
        """Return the unit of `code` in force on `on`, else its latest version.

        Codes are reused, so a code alone names several rows. Raises DoesNotExist for an unknown code.
        """
        rows = list(self.filter(code=code).order_by("-valid_from"))
        if not rows:
            raise self.model.DoesNotExist(f"Không có đơn vị nào mang mã {code}.")
        in_force = [unit for unit in rows if on and unit.in_force(on)]
        return (in_force or rows)[0]

    def search(self, text: str):
        """Return units whose name has every word of `text`, with or without marks, or whose code is it."""
        query = self
        for word in search_key(strip_kind(clean_line(text))).split():
            query = query.filter(Q(name_search__contains=word) | Q(code=word))
        return query


class AdministrativeUnit(models.Model):
    """A province, district or commune during the time its code, name, kind and parent stayed the same.

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
    source = models.CharField("căn cứ", max_length=200, blank=True)
    name_search = models.CharField(max_length=100, editable=False, db_index=True)
    name_sort = models.CharField(max_length=250, editable=False, db_index=True)

    objects = AdministrativeUnitQuerySet.as_manager()

    class Meta:
        verbose_name = "đơn vị hành chính"
        verbose_name_plural = "đơn vị hành chính"
        ordering = ["code", "valid_from"]
        constraints = [
            models.UniqueConstraint(
                fields=["code", "valid_from"],
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

    def save(self, **kwargs):
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

    def clean(self):
        """Check what SQL cannot say: kind fits level, parent is a higher level and in force at the start."""
        self.code, self.name = clean_line(self.code), clean_line(self.name)
        if not re.fullmatch(r"\d{1,10}", self.code):
            raise ValidationError({"code": "Mã đơn vị chỉ gồm chữ số."})
        if self.level and self.kind and self.kind not in KINDS_OF_LEVEL[Level(self.level)]:
            raise ValidationError({"kind": "Loại đơn vị không đúng với cấp."})
        if self.parent and not self.parent.in_force(self.valid_from):
            raise ValidationError(
                {"parent": f"{self.parent} không có hiệu lực ngày {self.valid_from:%d/%m/%Y}."}
            )
        order = list(Level.values)
        if self.parent and order.index(self.parent.level) >= order.index(self.level):
            raise ValidationError({"parent": "Đơn vị cấp trên phải ở cấp cao hơn."})

    def derive(self):
        """Fill path, search and sort keys from code, name and parent. Bulk loading calls it as well."""
        self.path = f"{self.parent.path if self.parent else ''}{self.code}/"
        self.name_search = search_key(self.name)
        self.name_sort = sort_key(self.name)

    @property
    def full_name(self) -> str:
        """Kind and name: "Xã Tiên Sơn"."""
        return f"{self.get_kind_display()} {self.name}"

    @property
    def full_name_in_text(self) -> str:
        """The full name inside a sentence: "xã Tiên Sơn"."""
        return f"{self.get_kind_display().lower()} {self.name}"

    @property
    def place_name(self) -> str:
        """The name that tells same-named communes apart: "Xã Tiên Sơn, thị xã Duy Tiên".

        Reads `parent`; lists select it along.
        """
        if self.level == Level.COMMUNE and self.parent:
            return f"{self.full_name}, {self.parent.full_name_in_text}"
        return self.full_name

    def in_force(self, date: datetime.date) -> bool:
        """Tell whether the unit exists on `date`."""
        return self.valid_from <= date and (self.valid_to is None or date < self.valid_to)

    def parent_on(self, date: datetime.date) -> AdministrativeUnit | None:
        """Return the version of the unit above that is in force on `date`, None for a root."""
        above = self.path.removesuffix(f"{self.code}/")
        return AdministrativeUnit.objects.on(date).filter(path=above).first() if above else None

    def with_predecessors(self) -> list[AdministrativeUnit]:
        """Return the unit and all that were merged, split or renamed into it, nearest first."""
        family, nearest = {self.pk: self}, [self.pk]
        while nearest:
            query = AdministrativeUnit.objects.filter(successions__successor__in=nearest)
            found = [unit for unit in query.distinct() if unit.pk not in family]
            family.update({unit.pk: unit for unit in found})
            nearest = [unit.pk for unit in found]
        return list(family.values())


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


_PREFIXES = sorted(
    set(UnitKind.labels) | {"TT.", "TX.", "TP.", "P.", "X.", "H.", "Q."},
    key=len,
    reverse=True,
)


def split_kind(full_name: str, level: str) -> tuple[str, str]:
    """Return (kind, bare name) of a full name such as "Thị trấn Quế" at `level`.

    Marks count: "Xa Dung" is a name, "Xã Dung" a kind and a name. Raises ValueError when the name does
    not begin with a kind of that level.
    """
    for kind in KINDS_OF_LEVEL[Level(level)]:
        prefix = f"{UnitKind(kind).label} "
        if full_name.casefold().startswith(prefix.casefold()):
            return kind, full_name[len(prefix) :].strip()
    raise ValueError(full_name)


def strip_kind(text: str) -> str:
    """Return `text` without one leading kind or its abbreviation ("tx. Duy Tiên" → "Duy Tiên")."""
    for prefix in _PREFIXES:
        glue = "" if prefix.endswith(".") else " "
        if text.casefold().startswith((prefix + glue).casefold()):
            return text[len(prefix + glue) :].strip() or text
    return text
