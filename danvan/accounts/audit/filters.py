"""Filters of the audit pages."""

from typing import Any

import django_filters as filters
from django.contrib.contenttypes.models import ContentType
from django.db.models import QuerySet
from django.utils.text import capfirst

from danvan.accounts.audit.writing import ACTION_LABELS, SOURCE_LABELS, audited_models
from danvan.accounts.models.trail import SecurityKind
from danvan.common.db.search import with_words
from danvan.common.filters import ChoicesFilter, DayFilter, ListFilter
from danvan.common.text import search_key


def _model_choices() -> list[Any]:
    """Return the kinds of row that are in the trail, by their Vietnamese name."""
    types = ContentType.objects.get_for_models(*audited_models())
    names = [(kind.pk, capfirst(model._meta.verbose_name)) for model, kind in types.items()]
    return sorted(names, key=lambda choice: search_key(choice[1]))


class AuditFilter(ListFilter):
    """Search in the trail: by words (with or without marks), kind of row, action, source, days."""

    q = filters.CharFilter(label="Tìm", method="by_words")
    kind = filters.ChoiceFilter(
        label="Loại dữ liệu",
        field_name="content_type",
        choices=_model_choices,
        empty_label="Tất cả",
    )
    action = ChoicesFilter(label="Việc", choices=ACTION_LABELS.items())
    source = ChoicesFilter(label="Nguồn", choices=SOURCE_LABELS.items())
    after = DayFilter(label="Từ ngày", field_name="timestamp", lookup_expr="date__gte")
    before = DayFilter(label="Đến ngày", field_name="timestamp", lookup_expr="date__lte")

    def by_words(self, queryset: QuerySet, name: str, value: Any) -> Any:
        """Keep entries with every word in object, person or unit."""
        return with_words(queryset, value, "search__contains")


class SecurityFilter(ListFilter):
    """Search in the security log: by login name or address, kind, days."""

    q = filters.CharFilter(label="Tên đăng nhập", field_name="username", lookup_expr="icontains")
    kind = ChoicesFilter(label="Việc", choices=SecurityKind.choices)
    after = DayFilter(label="Từ ngày", field_name="at", lookup_expr="date__gte")
    before = DayFilter(label="Đến ngày", field_name="at", lookup_expr="date__lte")
