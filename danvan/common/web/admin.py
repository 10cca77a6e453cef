"""Base of every page of Django's admin: a list is filtered by what it offers, and by nothing else."""

from typing import Any, cast

from django.contrib import admin
from django.http import HttpRequest

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
