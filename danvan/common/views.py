"""What pages over scoped rows share: the right they ask for and the row of the address. They know no app.

A model's default manager offers visible_to(user) and editable_by(user); user.require(action) asks the
rights table. Outside the area 404, inside without the right 403, wrong method 405.
"""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404
from django.utils.functional import cached_property
from django.views.generic import TemplateView, View
from django.views.generic.base import ContextMixin

READ_ONLY = "Anh/chị chỉ có quyền xem trang này, không có quyền sửa."


class ScopedView(ContextMixin, View):
    """Base of all: `model`, and the right `action` that the page asks for."""

    model: Any = None
    action: Any = "view"
    request: Any  # its user is known behind the login

    def require_right(self) -> None:
        """Raise PermissionDenied (403) without the page's right."""
        self.request.user.require(self.action, READ_ONLY)

    def rows(self) -> Any:
        """Return the rows the person may read, with their names."""
        return self.model._default_manager.visible_to(self.request.user).with_names()

    @cached_property
    def object(self) -> Any:
        """The row of the address. 404 outside the area, 403 inside without the right to change it."""
        found = get_object_or_404(self.rows(), pk=self.kwargs["pk"])
        self.require_right()
        if self.action != "view" and not self.may_edit(found):
            raise PermissionDenied(READ_ONLY)
        return found

    def may_edit(self, row: Any) -> bool:
        """Return whether the unit tree lets the person write `row`."""
        return self.model._default_manager.editable_by(self.request.user).filter(pk=row.pk).exists()


class ScopedDetailView(ScopedView, TemplateView):
    """One row."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(object=self.object, **kwargs)
