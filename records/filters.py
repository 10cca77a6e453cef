"""The filter of each kind's list: the same base, with the choices and the number its kind declares."""

import datetime
from typing import Any

import django_filters
from django import forms
from django.db.models import QuerySet
from django.utils.functional import cached_property

from danvan.accounts.requests import PersonRequest
from danvan.accounts.scope import units_visible_to
from danvan.common.filters import (
    BoundFilter,
    BoxFilter,
    ChoicesFilter,
    DayFilter,
    ListFilter,
    TextFilter,
)
from danvan.common.forms import DayField
from danvan.common.numbers import read_id
from danvan.units.forms import UnitSelect
from danvan.units.kinds import AREA_CHOICES
from danvan.units.models import AdministrativeUnit, Level
from records.kinds import KINDS, RecordKind
from records.models import DialogueConference
from records.models.mobilisation_model import counted_recognitions
from records.years import days_logged, span_of, year_spans


class UnitField(forms.ModelChoiceField):
    """One unit, by the name that tells same-named ones apart, with the day it ended."""

    widget = UnitSelect

    def label_from_instance(self, unit: AdministrativeUnit) -> str:
        last = unit.valid_to - datetime.timedelta(days=1) if unit.valid_to else None
        ended = f" (đến {last:%d/%m/%Y})" if last else ""
        return f"{unit.place_name}{ended}"


class UnitFilter(django_filters.ModelChoiceFilter):
    """A unit among those the person sees."""

    field_class = UnitField


class UnitsField(UnitField, forms.ModelMultipleChoiceField):
    """Several units."""

    widget = forms.ModelMultipleChoiceField.widget

    def clean(self, value: Any) -> Any:
        """Return the chosen units; what is too long for any key is no choice, as other nonsense is."""
        return super().clean([key if read_id(str(key)) is not None else "0" for key in value or ()])


class UnitsFilter(django_filters.ModelMultipleChoiceFilter):
    """Several units among those the person sees."""

    field_class = UnitsField


def visible_units(request: PersonRequest) -> Any:
    """Return the units the person sees, those of today first."""
    return units_visible_to(request.user).select_related("parent").in_menu_order()


class RecordFilter(ListFilter):
    """Unit with those below it, year, days, words: what all kinds are filtered by."""

    @cached_property
    def one_unit(self) -> bool:
        """Return whether the person reads one unit only, and no link asked for another version of it."""
        user = self.request.user
        low = user.unit_id is not None and user.unit.level in (Level.COMMUNE, Level.BODY)
        return low and not self.form.data.get("unit") and len(visible_units(self.request)) == 1

    @property
    def main(self) -> tuple[str, ...]:
        """A person of one unit is not asked which."""
        return ("q", "nam") if self.one_unit else ("q", "unit", "duoi", "nam")

    @property
    def linked(self) -> tuple[str, ...]:
        """Fields that only links fill."""
        return (*self.from_links, *(("unit", "duoi") if self.one_unit else ()))

    from_links: tuple[str, ...] = ("gom",)

    q = TextFilter(label="Tìm trong nội dung", method="search")
    unit = UnitFilter(
        label="Đơn vị", queryset=visible_units, method="of_unit", empty_label="Tất cả"
    )
    duoi = BoxFilter(label="Toàn bộ đơn vị cấp dưới", method="ignore")
    gom = UnitsFilter(label="Gồm cả đơn vị cũ", queryset=visible_units, method="ignore")
    nam = BoundFilter(label="Báo cáo năm", method="of_year")
    tu = DayFilter(label="Từ ngày", field_name="start_date", lookup_expr="gte")
    den = DayFilter(label="Đến ngày", field_name="start_date", lookup_expr="lte")

    @property
    def form(self) -> Any:
        """The bound form; a day without its year is one of the year people log for."""
        form, inside = super().form, days_logged(self.spans)
        for field in form.fields.values():
            if isinstance(field, DayField):
                field.widget.inside = inside
        return form

    def ignore(self, rows: Any, name: str, value: Any) -> Any:
        """The box only widens the unit, see of_unit."""
        return rows

    def search(self, rows: Any, name: str, text: str) -> QuerySet:
        """Rows with every word, with or without marks."""
        return rows.search(text)

    def of_unit(self, rows: Any, name: str, unit: AdministrativeUnit) -> QuerySet:
        """Rows of the unit and of those it is asked together with; with the box of all it ever covered."""
        if not self.form.cleaned_data.get("duoi"):
            return rows.filter(unit__in=self.together(unit))
        below = AdministrativeUnit.objects.covered_by(unit.with_predecessors())
        return rows.filter(unit__in=below.values("pk"))

    def together(self, unit: AdministrativeUnit) -> list[AdministrativeUnit]:
        """Return the unit with those whose work its report answers for, as the link says."""
        return [unit, *self.form.cleaned_data["gom"]]

    def of_year(self, rows: Any, name: str, year: int) -> QuerySet:
        """Rows that count in the reporting year."""
        if not 2000 <= year <= 2100:
            return rows.none()
        return rows.between(*span_of(year, self.spans))

    @property
    def spans(self) -> Any:
        """The opened years, read once per request."""
        if not hasattr(self.request, "year_spans"):
            self.request.year_spans = year_spans()
        return self.request.year_spans


class DialogueFilter(RecordFilter):
    """Dialogues: by leader (several are alternatives), and those with a conclusion."""

    from_links = (*RecordFilter.from_links, "ket_luan")
    ket_luan = ChoicesFilter(
        label="Thông báo kết luận", choices=[("1", "Đã ban hành")], method="concluded"
    )
    led_by = ChoicesFilter(
        label="Chủ trì, tham dự",
        choices=[(n.removeprefix("led_by_"), who) for n, who in DialogueConference.LEADERS.items()],
        method="of_leaders",
    )

    def of_leaders(self, rows: Any, name: str, leaders: list[str]) -> QuerySet:
        return rows.filter(DialogueConference.led_by(leaders))

    def concluded(self, rows: Any, name: str, value: Any) -> QuerySet:
        return rows.exclude(conclusion_number="")


class ModelFilter(RecordFilter):
    """Models: also as the figures count recognitions (cn_…) and replications (nr_…)."""

    from_links = (*RecordFilter.from_links, "cn_boi", "cn_tu", "cn_den", "nr_tu", "nr_den")
    cn_cap = ChoicesFilter(label="Cấp công nhận cao nhất", choices=AREA_CHOICES, method="ignore")
    cn_boi = UnitFilter(label="Công nhận tính cho", queryset=visible_units, method="ignore")
    cn_tu = DayFilter(label="Công nhận từ ngày", method="ignore")
    cn_den = DayFilter(label="Công nhận đến ngày", method="ignore")
    nr_tu = DayFilter(label="Nhân rộng từ ngày", field_name="replicated_date", lookup_expr="gte")
    nr_den = DayFilter(label="Nhân rộng đến ngày", field_name="replicated_date", lookup_expr="lte")

    def filter_queryset(self, queryset: QuerySet) -> QuerySet:
        """Also by recognition: the rows are those the figures count."""
        rows = super().filter_queryset(queryset)
        asked = self.form.cleaned_data
        if not any(asked[name] for name in ("cn_cap", "cn_boi", "cn_tu", "cn_den")):
            return rows
        found = counted_recognitions(asked["cn_tu"], asked["cn_den"])
        if asked["cn_cap"]:
            found = found.filter(level__in=asked["cn_cap"])
        if asked["cn_boi"]:
            found = found.filter(recogniser__in=self.together(asked["cn_boi"]))
        return rows.filter(pk__in=found.values("model"))


class IssueFilter(RecordFilter):
    """Issues: where they stand now, or stood at the end of a day (tinh_den)."""

    from_links = (*RecordFilter.from_links, "tinh_den")
    tinh_den = DayFilter(label="Tình trạng tính đến ngày", method="ignore")

    def filter_queryset(self, queryset: QuerySet) -> QuerySet:
        """A day turns the choice of status to that day."""
        day, status = self.form.cleaned_data.get("tinh_den"), self.form.cleaned_data.get("status")
        if not day or not status:
            return super().filter_queryset(queryset)
        asked = {**self.form.cleaned_data, "status": []}
        self.form.cleaned_data = asked
        try:
            rows = super().filter_queryset(queryset)
        finally:
            self.form.cleaned_data = {**asked, "status": status}
        return rows.with_status_on(day).filter(status_on__in=status)


_BASES = {
    "dialogue-conference": DialogueFilter,
    "mobilisation-model": ModelFilter,
    "emerging-issue": IssueFilter,
}


def filter_for(kind: RecordKind) -> type[RecordFilter]:
    """Return the filter of `kind`'s list, made from its declaration."""
    declared: dict = {}
    for name in kind.filters:
        declared[name] = ChoicesFilter(
            field_name=name, label=kind.label_of(name), choices=kind.column(name).flatchoices
        )
    label = kind.label_of(kind.number)
    places = getattr(kind.column(kind.number), "decimal_places", 0)
    for suffix, lookup, words in (("tu", "gte", "từ"), ("den", "lte", "đến")):
        declared[f"so_{suffix}"] = BoundFilter(
            field_name=kind.number, lookup_expr=lookup, label=f"{label} {words}", places=places
        )
    base = _BASES.get(kind.slug, RecordFilter)
    return type(f"{kind.model.__name__}Filter", (base,), declared)


FILTERS: dict[str, type[RecordFilter]] = {kind.slug: filter_for(kind) for kind in KINDS}
