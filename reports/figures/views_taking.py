"""Taking figures from the records: first the old and the new ones with ticks, and the way back."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from danvan.accounts.requests import PersonRequest
from danvan.common.handbook.why import Why
from danvan.common.numbers import read_id
from reports.figures.form import EntrySheet
from reports.figures.taking import give_back, offers_of
from reports.figures.views_entry import PART, EnteringView, taken_url
from reports.figures.writing import ReportLocked, StaleFigures, write_figures
from reports.models import Source
from reports.workflow.moves import lock_reason
from reports.workflow.views_queue import carried

UNDO = "undo"


class TakeView(EnteringView):
    """GET shows what would change; POST writes the ticked figures, or gives back what was taken ("undo")."""

    @property
    def part(self) -> str:
        """What is taken: a code, a section or all."""
        return (self.request.POST or self.request.GET).get(PART, "all")[:12]

    def get(self, request: PersonRequest, pk: int) -> HttpResponse:
        if lock_reason(self.report):
            return self.shown()
        sheet = EntrySheet(self.report)
        offers = offers_of(sheet, self.part)
        if not offers:
            known = sheet.proposals(self.part)
            none = "Hồ sơ chưa cho số nào ở phần này."
            messages.info(request, "Số liệu đã khớp với hồ sơ." if known else none)
            return redirect(self.form_at(self.part))
        context = {
            "report": self.report,
            "offers": offers,
            "same": len(sheet.proposals(self.part)) - len(offers),
            "part": self.part,
            "version": sheet.version,
            "back": self.form_at(self.part),
            "carried": carried(request),
        }
        return render(request, "reports/take.html", context)

    def post(self, request: PersonRequest, pk: int) -> HttpResponse:
        try:
            if UNDO in request.POST:
                return self.undo(request)
            return self.take(request)
        except StaleFigures as stale:
            codes = ", ".join(stale.conflicts)
            told = f"Chưa thay đổi: {codes} vừa được sửa, vui lòng xem lại."
            messages.error(request, told, extra_tags=Why.CONFLICT)
        except ReportLocked as locked:
            messages.error(request, str(locked), extra_tags=Why.LOCKED)
        return redirect(self.form_at(self.part))

    def take(self, request: PersonRequest) -> HttpResponse:
        """Write the ticked figures as the records give them now."""
        sheet = EntrySheet(self.report)
        ticked = set(request.POST.getlist("code"))
        figures = {c: f for c, f in sheet.proposals(self.part).items() if c in ticked}
        if missing := len(ticked) - len(figures):
            messages.warning(
                request,
                f"{missing} số đã chọn không còn gì để lấy: hồ sơ hoặc số liệu vừa thay đổi.",
            )
        if not figures:
            messages.info(request, "Không có gì thay đổi." if ticked else "Chưa chọn số nào.")
            return redirect(self.form_at(self.part))
        result = write_figures(
            self.report,
            figures,
            actor=request.user,
            source=Source.RECORDS,
            version=read_id(request.POST.get("version", "")) or 0,
        )
        messages.success(request, f"Đã lấy {result.total} số từ hồ sơ và lưu.")
        return redirect(taken_url(request, self.report, self.part))

    def undo(self, request: PersonRequest) -> HttpResponse:
        version = read_id(request.POST[UNDO]) or 0
        count = give_back(self.report, version, request.user)
        if count:
            messages.success(request, f"Đã dùng lại {count} số cũ, như trước khi lấy từ hồ sơ.")
        else:
            messages.info(request, "Không có số cũ nào để dùng lại.")
        return redirect(self.form_at(self.part))

    def form_at(self, part: str) -> str:
        """Return the address of the form at a figure or section."""
        url = f"{reverse('reports:entry', args=[self.report.pk])}{carried(self.request)}"
        return url if part == "all" else f"{url}#{part}"
