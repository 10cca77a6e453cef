"""Base of the lists of Django's admin: filtered by what they offer and nothing else, shown as one likes."""

import datetime
from typing import Any, cast

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import display_for_field, label_for_field, lookup_field
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import FileResponse, HttpRequest
from django.shortcuts import redirect
from django.utils.text import capfirst

from danvan.common import excel
from danvan.common.own_lists import COLUMN, SEEN, own_list
from danvan.common.sheets.columns import Column

# What the links of Django's filters append to the name of a field.
_ASKED_BY_LINKS = ("", "__exact", "__isnull", "__gte", "__lt")


class ListedLookupsAdmin(admin.ModelAdmin):
    """A ModelAdmin whose address takes the lookups of `list_filter` only.

    Django lets anybody who sees a list filter it by every column of its own: with `?password__regex=` a
    hash is read letter by letter.
    """

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Return whether the list may be filtered by `lookup`."""
        for offered in self.get_list_filter(request):
            if isinstance(offered, type) and issubclass(offered, admin.SimpleListFilter):
                if lookup == offered.parameter_name:
                    return True
            else:
                name = offered if isinstance(offered, str) else str(cast(Any, offered)[0])
                if lookup.startswith(name) and lookup[len(name) :] in _ASKED_BY_LINKS:
                    return True
        return False


class OwnChangeList(ChangeList):
    """A list whose links keep the columns that its address names."""

    def __init__(self, request: Any, *args: Any) -> None:
        self.named_columns = "".join(f"&{COLUMN}={name}" for name in request.own_list.asked)
        super().__init__(request, *args)

    def get_query_string(self, new_params: Any = None, remove: Any = None) -> str:
        """Return the address with other parameters, the columns behind them."""
        return f"{super().get_query_string(new_params, remove)}{self.named_columns}"


class OwnListAdmin(ListedLookupsAdmin):
    """A ModelAdmin whose list its reader sees in columns of their own, and takes along as a workbook.

    The first column of `list_display` always stands there, the others can be chosen, those of `list_more`
    as well.
    """

    list_more: tuple[str, ...] = ()

    def changelist_view(self, request: Any, extra_context: dict[str, Any] | None = None) -> Any:
        """Show the list, or with `bang` in the address the workbook of what it shows on all its pages."""
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        first, *usual = map(str, self.list_display)
        choices = [(name, self.head_of(name)) for name in (*usual, *self.list_more)]
        request.own_list = own = own_list(request, f"admin-{self.opts.model_name}", choices, usual)
        asked = request.GET.copy()
        seen = asked.pop(SEEN, None)
        asked.pop(COLUMN, None)
        request.GET = asked  # Django takes what it does not know for a filter
        if seen:
            try:
                return self.seen(self.get_changelist_instance(request))
            except IncorrectLookupParameters:
                return redirect(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")
        told = {"own": own, "beside": self.head_of(first).lower()}
        return super().changelist_view(request, {**told, **(extra_context or {})})

    def get_list_display(self, request: HttpRequest) -> Any:
        own = getattr(request, "own_list", None)
        return (self.list_display[0], *own.columns) if own else self.list_display

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return OwnChangeList

    def head_of(self, name: str) -> str:
        """Return what stands above the column `name`."""
        return capfirst(str(label_for_field(name, self.model, self)))

    def seen(self, changes: ChangeList) -> FileResponse:
        """Return the rows and columns of `changes` as a workbook."""
        names = [str(name) for name in changes.list_display if name != "action_checkbox"]
        cells = [[self._cell(name, row) for name in names] for row in changes.queryset]
        days = [
            any(isinstance(line[at], datetime.date) for line in cells) for at in range(len(names))
        ]
        heads = [
            Column(self.head_of(name), 24, excel.DATE if is_day else "")
            for name, is_day in zip(names, days, strict=True)
        ]
        sheet = excel.Sheet(str(self.opts.verbose_name_plural), heads, cells)
        title = f"{capfirst(self.opts.verbose_name_plural)}, bảng đang xem"
        return excel.download(title, lambda file: excel.stream_rows(file, sheet))

    def _cell(self, name: str, row: Model) -> Any:
        """Return the value of one cell: a day, or the text the list shows."""
        field, _attribute, value = lookup_field(name, row, self)
        if value is None or isinstance(value, datetime.date):
            return value
        return str(display_for_field(value, field, "") if field and field.flatchoices else value)
