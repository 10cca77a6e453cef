"""The figures that a catalogue asks for, and the rules they must keep."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Self

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from danvan.common.handbook.why import Why
from danvan.common.text import clean_line, clean_text
from danvan.common.words import column_named
from danvan.units.models import Level
from reports.catalogue.expressions import ExpressionError, is_condition, names_in, parse
from reports.models.catalogue import CatalogueRow, Section, indicator_levels
from reports.models.choices import Aggregation, Severity, ValueType

# What makes an indicator the one that was asked for when the year was opened.
DEFINING = (
    "code", "value_type", "entry_levels", "aggregation", "is_stock", "is_component", "formula", "scale",
)  # fmt: skip
OPENED = "Năm {year} đã mở kỳ báo cáo nên không {what} được nữa; chỉ sửa được lời văn và quy tắc."


class IndicatorQuerySet(models.QuerySet["Indicator"]):
    """Indicators of all years."""

    def of(self, catalogues: Iterable[int]) -> Self:
        """Return all of some catalogues with their sections and parents, as they stand on the form."""
        rows = self.filter(catalogue__in=list(catalogues)).select_related("section", "parent")
        return rows.order_by("section__order", "order")

    def of_year(self, year: int) -> Self:
        """Return those of `year`, as its last catalogue that has them says."""
        later = self.model.objects.filter(catalogue__year=year, catalogue__two_tiers=True)
        twins = Q(catalogue__two_tiers=False, code__in=later.values("code"))
        return self.filter(catalogue__year=year).exclude(twins)


class Indicator(CatalogueRow):
    """One figure of the yearly report.

    `entry_levels` are the letters of the levels that enter it (X, H, T, K bodies); none means computed.
    `formula` is what a computed one is computed from: "QT07 / QT08", "DV09 + DV10 + DV11", for COUNT the
    test a unit must meet ("DT03 >= 1"). A stock ("số cuối kỳ") adds over units but never over years.
    `parent` makes it a "trong đó" of another; a component is one of the six organisations of GS01, GS02.
    """

    section = models.ForeignKey(
        Section, verbose_name="mục", on_delete=models.CASCADE, related_name="indicators"
    )
    code = models.CharField("mã chỉ tiêu", max_length=12)
    label = models.CharField("tên chỉ tiêu", max_length=300)
    unit_of_measure = models.CharField("đơn vị tính", max_length=30, blank=True)
    value_type = models.CharField("kiểu", max_length=6, choices=ValueType)
    entry_levels = models.CharField("cấp nhập", max_length=4, blank=True, choices=indicator_levels)
    aggregation = models.CharField("cách tổng hợp", max_length=5, choices=Aggregation)
    is_stock = models.BooleanField(
        "số cuối kỳ", default=False, help_text="Cộng theo đơn vị, không cộng qua các năm."
    )
    is_component = models.BooleanField("thành phần theo tổ chức", default=False)
    formula = models.CharField("công thức", max_length=200, blank=True)
    parent = models.ForeignKey(
        "self",
        verbose_name="trong đó của",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="parts",
    )
    measure = models.CharField(
        "cách đếm từ hồ sơ", max_length=12, blank=True,
        help_text="Mã phép đếm; để trống nếu nhập tay.",
    )  # fmt: skip
    scale = models.JSONField(
        "thang xếp loại", default=list, blank=True,
        help_text="Từ thấp đến cao; hạng thấp nhất là 1.",
    )  # fmt: skip
    guidance = models.CharField(
        "câu hướng dẫn", max_length=250, blank=True, default="",
        help_text="Một câu: tính gì, không tính gì, một ví dụ. Vẫn sửa được khi đã có báo cáo gửi lên.",
    )  # fmt: skip
    order = models.PositiveSmallIntegerField("thứ tự", default=0)

    MENDABLE = frozenset({"guidance"})
    objects = IndicatorQuerySet.as_manager()

    class Meta:
        verbose_name = "chỉ tiêu"
        verbose_name_plural = "chỉ tiêu"
        ordering = ["catalogue", "order"]
        constraints = [
            models.UniqueConstraint(
                fields=["catalogue", "code"],
                name="indicator_code_in_catalogue",
                violation_error_message="Danh mục đã có chỉ tiêu mang mã này.",
            ),
            models.CheckConstraint(
                condition=~Q(value_type="PCT") | ~Q(formula=""),
                name="percent_has_formula",
                violation_error_message="Chỉ tiêu tỷ lệ phải có công thức tử số / mẫu số.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.label}"

    def clean(self) -> None:
        super().clean()
        self.code, self.label = clean_line(self.code).upper(), clean_line(self.label)
        self.formula, self.guidance = clean_line(self.formula), clean_line(self.guidance)
        if not re.fullmatch(r"[A-Z]{1,6}\d{1,3}(\.[A-Z]{1,4})?", self.code):
            raise ValidationError({"code": "Mã chỉ tiêu gồm chữ in hoa và số, ví dụ DT01."})
        if self.formula:
            count = self.aggregation == Aggregation.COUNT
            _check_expression(self, "formula", self.formula, condition=count)
            self._refuse_circle()
        if self.value_type == ValueType.RATING and not self.scale:
            raise ValidationError({"scale": "Chỉ tiêu xếp loại phải có thang xếp loại."})
        old = Indicator.objects.get(pk=self.pk) if self.pk else None
        self._refuse_redefinition(old)
        if old:
            self._refuse_orphans(old)

    def check_deletion(self) -> None:
        super().check_deletion()
        if self.catalogue.is_opened:
            raise _opened(self.catalogue.year, "xóa chỉ tiêu")
        if users := self.named_by():
            raise ValidationError(
                f"Không xóa được {self.code}: đang dùng trong {', '.join(users)}."
            )

    def _refuse_redefinition(self, old: Indicator | None) -> None:
        """Refuse another set of indicators, or another meaning of one, once the year is open."""
        if not self.catalogue.is_opened:
            return
        if old is None:
            raise _opened(self.catalogue.year, "thêm chỉ tiêu")
        for name in DEFINING:
            if getattr(self, name) != getattr(old, name):
                what = f"đổi {column_named(self, name).verbose_name}"
                raise ValidationError({name: _opened(self.catalogue.year, what)})

    def _refuse_circle(self) -> None:
        """Refuse a formula that asks for its own figure, directly or through others: it has no answer."""
        rows = Indicator.objects.filter(catalogue_id=self.catalogue_id).exclude(pk=self.pk)
        formulas = {row.code: row for row in rows.exclude(formula="") if row.is_computed}
        seen, ahead = set(), self.reads
        while ahead:
            if self.code in ahead:
                raise ValidationError({"formula": f"Công thức tự gọi lại chính {self.code}."})
            seen |= ahead
            ahead = {c for code in ahead & formulas.keys() for c in formulas[code].reads} - seen

    def _refuse_orphans(self, old: Indicator) -> None:
        """Refuse what leaves formulas and rules without the figure they name."""
        if self.code != old.code and (users := old.named_by()):
            raise ValidationError(
                {"code": f"Không đổi được mã: đang dùng trong {', '.join(users)}."}
            )
        if self.parent_id == self.pk:
            raise ValidationError({"parent": "Chỉ tiêu không thể là phần của chính nó."})

    def named_by(self) -> list[str]:
        """Return the codes of the indicators and the rules of the year whose expression names this one."""
        others = Indicator.objects.filter(catalogue_id=self.catalogue_id).exclude(pk=self.pk)
        formulas = [row.code for row in others.exclude(formula="") if self.code in row.reads]
        rules = Rule.objects.filter(catalogue_id=self.catalogue_id)
        return formulas + [f"quy tắc “{row}”" for row in rules if self.code in row.reads]

    @property
    def reads(self) -> set[str]:
        return names_in(parse(self.formula)) if self.formula else set()

    @property
    def is_computed(self) -> bool:
        """Return whether nobody types it."""
        return not self.entry_levels or self.value_type == ValueType.PERCENT

    @property
    def is_number(self) -> bool:
        return self.value_type in (ValueType.INTEGER, ValueType.DECIMAL)

    def entered_by(self, level: str) -> bool:
        """Return whether units of `level` type it."""
        return not self.is_computed and Level(level).letter in self.entry_levels

    def shown_to(self, level: str) -> bool:
        """Return whether it stands on the form of `level`: typed there, or a ratio of what is typed there."""
        return bool(self.entry_levels) and Level(level).letter in self.entry_levels


class Rule(CatalogueRow):
    """A check of one report's figures: a stored expression over indicator codes, and what to tell the clerk.

    `indicator` is the figure at which the message stands. `levels` narrows the rule to some levels;
    one of the `whole_year` holds a figure against what a year must have, so shorter periods are not asked.
    """

    indicator = models.ForeignKey(
        Indicator, verbose_name="chỉ tiêu", on_delete=models.CASCADE, related_name="rules"
    )
    expression = models.CharField("điều kiện", max_length=200)
    levels = models.CharField("cấp", max_length=4, blank=True, choices=indicator_levels)
    whole_year = models.BooleanField(
        "định mức của cả năm", default=False,
        help_text="Chỉ kiểm tra ở kỳ cả năm, không kiểm tra ở kỳ một phần năm, sáu tháng, quý.",
    )  # fmt: skip
    severity = models.CharField("mức", max_length=7, choices=Severity, default=Severity.ERROR)
    message = models.CharField("thông báo", max_length=300)

    class Meta:
        verbose_name = "quy tắc kiểm tra"
        verbose_name_plural = "quy tắc kiểm tra"
        ordering = ["indicator__order", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["catalogue", "indicator", "expression", "levels"],
                name="rule_once",
                violation_error_message="Quy tắc này đã có.",
            )
        ]

    def __str__(self) -> str:
        return self.expression

    @property
    def reads(self) -> set[str]:
        return names_in(parse(self.expression))

    def clean(self) -> None:
        super().clean()
        self.expression, self.message = clean_line(self.expression), clean_text(self.message)
        _check_expression(self, "expression", self.expression, condition=True)


def _opened(year: int, what: str) -> ValidationError:
    return ValidationError(OPENED.format(year=year, what=what), code=Why.CATALOGUE)


def _check_expression(row: CatalogueRow, field: str, text: str, *, condition: bool) -> None:
    """Raise ValidationError on `field` when `text` cannot be parsed or names an unknown indicator.

    `condition` tells whether it must be a condition or a number: the other kind could not be evaluated.
    """
    try:
        node = parse(text)
    except ExpressionError as error:
        raise ValidationError({field: str(error)}) from error
    if is_condition(node) != condition:
        what = "một điều kiện, ví dụ DT01 <= DT03" if condition else "một số, ví dụ QT07 / QT08"
        raise ValidationError({field: f"Biểu thức này phải là {what}."})
    names = names_in(node)
    known = set(
        Indicator.objects.filter(catalogue_id=row.catalogue_id).values_list("code", flat=True)
    )
    unknown = sorted(names - known - {getattr(row, "code", None)})
    if unknown:
        raise ValidationError({field: f"Danh mục không có chỉ tiêu {', '.join(unknown)}."})
