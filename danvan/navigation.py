"""The menu: label, URL name, and the right it needs. The only place that lists pages for people."""

from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils import timezone

from danvan.accounts.requests import PersonRequest, person
from danvan.accounts.rights import Action
from danvan.common.handbook.chapters import passage_of
from danvan.units.organisations import office_name
from records.menu import record_lines, year_counts
from records.years import span_of


@dataclass(frozen=True)
class MenuEntry:
    """One line of the menu."""

    label: str
    url_name: str
    action: Action = Action.VIEW
    group: str = ""


NOTICES = "notices:list"
MENU = (
    MenuEntry("Bàn làm việc", "home"),
    MenuEntry("Toàn cảnh", "reports:overview"),
    MenuEntry("Thông báo", NOTICES, Action.ENTER_REPORT),
    MenuEntry("Báo cáo năm", "reports:list"),
    MenuEntry("Xét duyệt", "reports:review", Action.REVIEW),
    MenuEntry("Tổng hợp", "reports:consolidation"),
    MenuEntry("Văn bản ban hành", "issues:list"),
    MenuEntry("Nhập từ Excel", "imports:list", Action.IMPORT),
    MenuEntry("Hướng dẫn", "handbook:index"),
    MenuEntry("Thể thức văn bản", "documents:letterheads", Action.EDIT_LETTERHEAD, group="Quản lý"),
    MenuEntry("Kỳ báo cáo", "reports:periods", Action.MANAGE_PERIOD, group="Quản lý"),
    MenuEntry("Khối trực thuộc", "accounts:bodies", Action.MANAGE_BODIES, group="Quản lý"),
    MenuEntry("Sắp xếp đơn vị", "restructuring:list", Action.CHANGE_UNITS, group="Quản lý"),
    MenuEntry("Danh mục chỉ tiêu", "reports:catalogues", Action.MANAGE_CATALOGUE, group="Quản lý"),
    MenuEntry("Nhật ký", "accounts:audit", Action.VIEW_AUDIT, group="Quản lý"),
    MenuEntry("Quản trị hệ thống", "admin:index", Action.MANAGE_SITE, group="Quản lý"),
)


def navigation(request: PersonRequest) -> dict:
    """Context processor: the menu lines this user may follow, grouped, and the office worked for."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {"menu": []}
    lines: list[dict[str, Any]] = [
        {"label": entry.label, "url": reverse(entry.url_name), "group": entry.group}
        for entry in MENU
        if user.can(entry.action)
    ]
    # The records stand between the daily pages and the management.
    at = next((i for i, line in enumerate(lines) if line["group"]), len(lines))
    lines[at:at] = record_lines(request)
    # The line with the longest address that begins the page's own is where the person is.
    above = [line for line in lines if _leads_to(line["url"], request.path)]
    if above:
        max(above, key=lambda line: len(line["url"]))["current"] = True
    office = _office(request)
    unread = sum(getattr(request, "unread", ()))
    for line in lines:
        if unread and line["url"] == reverse(NOTICES):
            line["count"] = unread
    jobs = {name: getattr(request, name, 0) for name in ("jobs_done", "jobs_open")}
    passage = passage_of(getattr(request.resolver_match, "view_name", ""))
    return {"menu": lines, "office": office, "unread": unread, "passage": passage, **jobs}


def _office(request: PersonRequest) -> str:
    """Return what the user's office was called at the end of the year people work on, as remarks sign."""
    day = timezone.localdate()
    if person(request).can(Action.VIEW):
        year, _counts = year_counts(request)
        day = min(day, span_of(year, request.year_spans)[1])
    return office_name(person(request).unit, day)


def _leads_to(url: str, path: str) -> bool:
    place = url.partition("?")[0]
    return path == place or (place != "/" and path.startswith(place))
