"""The menu: label, URL name, and the right it needs. The only place that lists pages for people."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse

from danvan.accounts.rights import Action


@dataclass(frozen=True)
class Entry:
    """One line of the menu. `prefixes` are the URL names (without namespace dots) that mark it current."""

    label: str
    url_name: str
    action: Action = Action.VIEW
    group: str = ""

    def link(self, request) -> dict:
        """Return what the template shows of this line for `request`."""
        url = reverse(self.url_name)
        return {
            "label": self.label,
            "url": url,
            "group": self.group,
            "current": request.path == url or (url != "/" and request.path.startswith(url)),
        }


MENU = (
    Entry("Bàn làm việc", "home"),
    Entry("Báo cáo năm", "reports:list"),
    Entry("Xét duyệt", "reports:review", Action.REVIEW),
    Entry("Tổng hợp", "reports:consolidation"),
    Entry("Kỳ báo cáo", "reports:periods", Action.MANAGE_PERIOD, group="Quản lý"),
    Entry("Danh mục chỉ tiêu", "reports:catalogues", Action.MANAGE_CATALOGUE, group="Quản lý"),
    Entry("Quản trị hệ thống", "admin:index", Action.MANAGE_SITE, group="Quản lý"),
)


def navigation(request) -> dict:
    """Context processor: the menu lines this user may follow, grouped."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {"menu": []}
    return {"menu": [entry.link(request) for entry in MENU if user.can(entry.action)]}
