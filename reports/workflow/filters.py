"""Filters of the report lists. The period is a choice among those opened; without one, the current."""

from typing import Any

import django_filters
from django.db.models import Case, F, Q, QuerySet, When

from danvan.accounts.scope import own_units
from danvan.common.db.search import with_words
from danvan.common.filters import ListFilter
from danvan.units.kinds import Level, strip_kind
from danvan.units.queries import tree_order
from reports.models import ReportingPeriod, State
from reports.workflow.periods import current_among, periods_for
from reports.workflow.progress import AREA, TO_SEND, areas_of


class ReportFilter(ListFilter):
    """Reports of one period: by state, level and unit name (with or without marks)."""

    period_choice = django_filters.ChoiceFilter(
        label="Kỳ báo cáo", method="of_period", empty_label=None
    )
    state = django_filters.ChoiceFilter(
        label="Trạng thái",
        choices=[*State.choices, ("to_send", "Chưa gửi"), ("overdue", "Quá hạn chưa gửi")],
        method="in_state",
        empty_label="Tất cả",
    )
    area = django_filters.ChoiceFilter(label="Địa bàn", method="in_area", empty_label="Tất cả")
    level = django_filters.ChoiceFilter(label="Cấp", choices=Level.choices, empty_label="Tất cả")
    deviation = django_filters.ChoiceFilter(
        label="Chỉ tiêu lệch",
        choices=[
            ("any", "Có chỉ tiêu lệch"),
            ("explained", "Có giải trình"),
            ("unexplained", "Còn chỉ tiêu chưa giải trình"),
        ],
        method="that_deviate",
        empty_label="Tất cả",
    )
    q = django_filters.CharFilter(label="Tên đơn vị", method="named", max_length=100)

    order: tuple[Any, ...] = (Level.ranked().desc(), tree_order("unit"))

    def __init__(self, data: Any = None, *args: Any, **kwargs: Any) -> None:
        user = kwargs["request"].user
        # The periods are read once: for the default, the choices and the one chosen.
        self.periods = {str(period.pk): period for period in periods_for(user)}
        data = data.copy() if data else {}
        if not data.get("period_choice"):
            current = current_among(self.periods.values(), user)
            data["period_choice"] = str(current.pk) if current else ""
        super().__init__(data, *args, **kwargs)
        choices = [(key, str(period)) for key, period in self.periods.items()]
        self.form.fields["period_choice"].choices = choices
        self._offer_areas()
        if period := self.periods.get(data["period_choice"]):
            levels = [(level.value, level.label) for level in period.tiers]
            self.form.fields["level"].choices = levels

    @property
    def period(self) -> ReportingPeriod | None:
        """The chosen period, None while none is open or the choice is wrong."""
        if not self.is_valid():
            return None
        return self.periods.get(self.form.cleaned_data["period_choice"])

    def _offer_areas(self) -> None:
        """Let a reader of several districts choose one of them; to others nothing is offered."""
        period = self.periods.get(self.data["period_choice"])
        areas = areas_of(self.queryset.filter(period=period)) if period else ()
        choices = [(str(unit.pk), unit.full_name) for unit in areas]
        if len(choices) > 1:
            self.form.fields["area"].choices = choices
        else:
            del self.form.fields["area"]

    def scoped(self) -> Any:
        """Return the reports the counts are made of: those listed were no state, level or name chosen."""
        area = self.is_valid() and self.form.cleaned_data.get("area")
        return self.in_area(self.queryset, "area", area) if area else self.queryset

    def of_period(self, reports: Any, name: str, period: ReportingPeriod) -> QuerySet:
        return reports.filter(period=period)

    def in_area(self, reports: Any, name: str, area: Any) -> QuerySet:
        return reports.alias(area=AREA).filter(area=area)

    def in_state(self, reports: Any, name: str, state: Any) -> Any:
        if state == "overdue":
            return reports.overdue()
        return reports.filter(state__in=TO_SEND if state == "to_send" else [state])

    def that_deviate(self, reports: Any, name: str, how: str) -> QuerySet:
        """Keep what deviated when it was last sent: explained in part at least, or not wholly."""
        narrower = {
            "explained": Q(explained__gt=0),
            "unexplained": Q(explained__lt=F("deviating")),
        }
        return reports.filter(narrower.get(how, Q()), deviating__gt=0)

    def named(self, reports: Any, name: str, text: str) -> Any:
        return with_words(reports, strip_kind(text), "unit__name_search__contains", "unit__code")

    def filter_queryset(self, queryset: QuerySet) -> QuerySet:
        return super().filter_queryset(queryset).with_names().with_due_dates().order_by(*self.order)


class ReviewFilter(ReportFilter):
    """The same for a reviewer: by default those that this very unit reviews."""

    who = django_filters.ChoiceFilter(
        label="Phạm vi",
        choices=[("all", "Tất cả đơn vị cấp dưới")],
        empty_label="Đơn vị tôi duyệt",
        method="ignored",
    )

    # What waits for this reader comes first.
    order = (
        Case(When(state=State.SUBMITTED, then=0), default=1),
        *ReportFilter.order,
    )

    def ignored(self, reports: Any, name: str, value: Any) -> Any:
        return reports

    def scoped(self) -> Any:
        user, reports = self.request.user, super().scoped()
        everything = self.is_valid() and self.form.cleaned_data.get("who") == "all"
        if everything or user.is_superuser:
            return reports
        return reports.filter(reviewer__in=own_units(user))

    def filter_queryset(self, queryset: QuerySet) -> QuerySet:
        return super().filter_queryset(self.scoped())
