"""Units and their succession in Django's admin: by date in force, without rewriting history."""

import datetime
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from django.contrib import admin
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from danvan.common.stale import STAMP, StaleFormMixin
from danvan.common.web.admin import OwnListAdmin
from danvan.units.forms import UnitChoice
from danvan.units.life import is_used, resolution_of
from danvan.units.models import AdministrativeUnit, UnitSuccession
from danvan.units.sources import source_in_words

IDENTITY = ("code", "kind", "name", "level", "parent", "valid_from")


class InForceFilter(admin.SimpleListFilter):
    """The units in force on a day: today, or a day on which the structure changed."""

    title = "hiệu lực tại ngày"
    parameter_name = "ngay"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        """Offer today and every first day of a structure."""
        days = AdministrativeUnit.objects.order_by("-valid_from").values_list(
            "valid_from", flat=True
        )
        changes = [(day.isoformat(), f"{day:%d/%m/%Y}") for day in days.distinct()]
        return [("today", "Hôm nay"), *changes[:20]]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet | None:
        if not self.value():
            return queryset
        try:
            today = self.value() == "today"
            day = timezone.localdate() if today else datetime.date.fromisoformat(self.value() or "")
        except ValueError:
            return queryset.none()
        return queryset.on(day)


class UnitForm(StaleFormMixin):
    """A unit as superusers edit it; the source stands there in words and, left alone, stays as it is."""

    class Meta:
        model = AdministrativeUnit
        fields = (*IDENTITY, "valid_to", "source")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["source"] = source_in_words(self.instance.source)

    def clean_source(self) -> str:
        typed = self.cleaned_data["source"]
        return self.instance.source if typed == self.initial["source"] else typed


class SuccessionForm(StaleFormMixin):
    """A succession as superusers add it."""

    class Meta:
        model = UnitSuccession
        fields = ("predecessor", "successor", "date", "share")


class UnitChoicesAdmin(OwnListAdmin):
    """A list searched by folded words, with a form that offers units as plain lists: `unit_choices`.

    A plain list needs no script and leads to no other form.
    """

    unit_choices: Mapping[str, Callable[[], UnitChoice]]

    def get_search_results(
        self, request: HttpRequest, queryset: Any, search_term: str
    ) -> tuple[QuerySet, bool]:
        return queryset.search(search_term), False

    def formfield_for_dbfield(
        self, db_field: models.Field, request: HttpRequest, **kwargs: Any
    ) -> Any:
        if choice := self.unit_choices.get(db_field.name):
            return choice()
        return super().formfield_for_dbfield(db_field, request, **kwargs)


@admin.register(AdministrativeUnit)
class AdministrativeUnitAdmin(UnitChoicesAdmin):
    """Units. A unit that data hangs on keeps code, name, kind, parent and first day: a change is a new unit."""

    form = UnitForm
    list_display = ("named", "code", "level", "parent", "valid_from", "valid_to", "basis")
    list_more = ("kind", "told_source")
    list_filter = (InForceFilter, "level", "kind")
    list_select_related = ("parent",)
    list_per_page = 100
    ordering = ("path", "valid_from")
    search_fields = ("name_search", "code")
    search_help_text = "Tên (có dấu hay không dấu) hoặc mã đơn vị."
    fields = (*IDENTITY, "valid_to", "source", STAMP)
    unit_choices = {"parent": partial(UnitChoice, "Đơn vị cấp trên", required=False, ever=True)}

    @admin.display(description="đơn vị", ordering="name_sort")
    def named(self, unit: AdministrativeUnit) -> Any:
        return unit.full_name

    @admin.display(description="nguồn dữ liệu")
    def told_source(self, unit: AdministrativeUnit) -> str:
        return source_in_words(unit.source) or "—"

    @admin.display(description="nghị quyết")
    def basis(self, unit: AdministrativeUnit) -> str:
        """The resolution by which the unit began; where the line was found is no legal basis."""
        return resolution_of(unit) or "—"

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Close the identity of a used unit, and its end once it is written."""
        if obj is None or not is_used(obj):
            return ()
        return (*IDENTITY, "valid_to") if obj.valid_to else IDENTITY

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only a unit nothing refers to can be deleted, one at a time."""
        return obj is not None and super().has_delete_permission(request, obj) and not is_used(obj)


@admin.register(UnitSuccession)
class UnitSuccessionAdmin(UnitChoicesAdmin):
    """Mergers, splits and renames. Once both units have reports behind them an arrow stays as it is."""

    form = SuccessionForm
    list_display = ("date", "predecessor", "successor", "share")
    list_filter = ("date",)
    list_select_related = ("predecessor__parent", "successor__parent")
    list_per_page = 100
    search_fields = ("predecessor__name_search",)
    search_help_text = "Tên đơn vị cũ hoặc mới."
    fields = ("predecessor", "successor", "date", "share")
    unit_choices = {
        "predecessor": partial(UnitChoice, "Đơn vị cũ", ever=True),
        "successor": partial(UnitChoice, "Đơn vị mới", ever=True),
    }

    def get_search_results(
        self, request: HttpRequest, queryset: Any, search_term: str
    ) -> tuple[QuerySet, bool]:
        units = AdministrativeUnit.objects.search(search_term).values("pk")
        found = queryset.filter(predecessor__in=units) | queryset.filter(successor__in=units)
        return (found if search_term else queryset), False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """An arrow is never bent: it is what decides who reads the data of the old unit."""
        return super().has_change_permission(request, obj) and obj is None

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Superusers read all of them."""
        return self.admin_site.has_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """An arrow between units with data stays."""
        if obj is None or not super().has_delete_permission(request, obj):
            return False
        return not any(is_used(u, by_data=True) for u in (obj.predecessor, obj.successor))
