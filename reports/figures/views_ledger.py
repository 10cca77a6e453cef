"""The ledger of figures as a log: who entered or changed which figure, when and how."""

from typing import Any

import django_filters as filters
from django.db.models import QuerySet

from danvan.accounts.audit.views import AuditorView
from danvan.accounts.models.trail import role_in_words
from danvan.common.db.search import with_words
from danvan.common.filters import ChoicesFilter, DayFilter, ListFilter
from danvan.common.text import clean_line
from danvan.units.kinds import strip_kind
from reports.figures.figure import Figure, describe
from reports.models import FigureChange
from reports.models.report import Source


class LedgerFilter(ListFilter):
    """Search in the ledger: by unit or indicator, person, year, source, days."""

    q = filters.CharFilter(label="Đơn vị hoặc mã chỉ tiêu", method="by_words", max_length=100)
    person = filters.CharFilter(label="Tên đăng nhập", method="by_person", max_length=150)
    year = filters.NumberFilter(
        label="Năm", field_name="report__period__year", min_value=1900, max_value=2999
    )
    source = ChoicesFilter(label="Nguồn", choices=Source.choices)
    after = DayFilter(label="Từ ngày", field_name="at", lookup_expr="date__gte")
    before = DayFilter(label="Đến ngày", field_name="at", lookup_expr="date__lte")

    def by_words(self, changes: QuerySet, name: str, text: str) -> Any:
        """Keep the changes with every word in the unit's name, or as its code or the indicator's."""
        unit = "report__unit__name_search__contains", "report__unit__code"
        return with_words(changes, strip_kind(text), *unit, "indicator__code__iexact")

    def by_person(self, changes: QuerySet, name: str, text: str) -> QuerySet:
        """Keep what the account of this login name entered."""
        return changes.filter(actor__username__iexact=clean_line(text))


def change_line(change: FigureChange) -> dict:
    """Return one line of the ledger as people read it."""
    old, new = Figure.from_json(change.old), Figure.from_json(change.new)
    return {
        "change": change,
        "old": describe(change.indicator, old),
        "new": describe(change.indicator, new),
        "old_note": old.note,
        "new_note": new.note,
    }


class LedgerView(AuditorView):
    """Changes of figures, newest first."""

    model = FigureChange
    template_name = "reports/ledger.html"
    filterset_class = LedgerFilter
    described = staticmethod(change_line)
    title = "Nhật ký số liệu"
    place = "log-figures"
    columns = (
        ("Lúc", 18, lambda line: line["change"].at),
        ("Người nhập", 24, lambda line: str(line["change"].actor or "Hệ thống")),
        ("Đơn vị khi đó", 28, lambda line: line["change"].actor_unit),
        ("Vai trò khi đó", 20, lambda line: role_in_words(line["change"].actor_role)),
        ("Báo cáo của", 28, lambda line: line["change"].report.unit.place_name),
        ("Năm", 8, lambda line: line["change"].report.period.year),
        ("Mã chỉ tiêu", 12, lambda line: line["change"].indicator.code),
        ("Chỉ tiêu", 48, lambda line: line["change"].indicator.label),
        *(("Cũ", 16, "old"), ("Mới", 16, "new"), ("Giải trình", 30, "new_note")),
        ("Lý do", 30, lambda line: line["change"].reason),
        ("Nguồn", 16, lambda line: line["change"].get_source_display()),
        ("Nhập thay", 10, lambda line: line["change"].on_behalf),
        ("Mã yêu cầu", 34, lambda line: line["change"].request_id),
    )
    shown = {
        "who": ("Người nhập", "Đơn vị khi đó", "Vai trò khi đó", "Nguồn", "Nhập thay"),
        "report": ("Báo cáo của", "Năm"),
        "figure": ("Chỉ tiêu", "Mã chỉ tiêu"),
        "old": ("Cũ",),
        "new": ("Mới",),
        "note": ("Lý do", "Giải trình"),
        "request": ("Mã yêu cầu",),
    }
    plain = ("request",)
