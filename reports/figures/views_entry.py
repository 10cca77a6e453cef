"""Typing the yearly report: the form, its saves (by button or by script) and its submission."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views import View

from danvan.accounts.models import User
from danvan.accounts.models.trail import stand_ins
from danvan.accounts.preferences import CHOICE, keep_density
from danvan.accounts.requests import PersonRequest, person
from danvan.common.numbers import read_id
from danvan.common.web import shell
from danvan.units.models import Level
from reports.figures.figure import BLANK
from reports.figures.form import BlankSheet, EntrySheet
from reports.figures.stored import figures_of
from reports.figures.taking import Taken, taken_at
from reports.figures.writing import ReportLocked, StaleFigures, write_figures
from reports.models import Qualifier, Report, ReportUnit, Source
from reports.workflow.answering import shares_of
from reports.workflow.moves import MoveRefused, last_made_by, lock_reason, may_enter
from reports.workflow.submission import NotReady, submit
from reports.workflow.views_queue import carried, list_of, queue_of

PART, TAKEN = "phan", "lay"  # of which part figures were taken from records, and in which version


def visible_report(user: User, pk: int) -> Report:
    """Return a report of the user's area with its names, or raise Http404.

    `has_others` says whether it answers for other units at all, which few do.
    """
    rows = Report.objects.visible_to(user).with_names().with_due_dates()
    others = ReportUnit.objects.of_others().filter(report=OuterRef("pk"))
    rows = rows.select_related("period__closed_by", "period__catalogue")
    return get_object_or_404(rows.annotate(has_others=Exists(others)), pk=pk)


class EnteringView(View):
    """A page for those who enter the figures of a report of their area."""

    report: Report

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.report = visible_report(request.user, kwargs["pk"])
        if not may_enter(self.report, request.user):
            raise PermissionDenied("Anh/chị chỉ được xem báo cáo này, không được nhập số liệu.")
        return super().dispatch(request, *args, **kwargs)

    def shown(self) -> HttpResponse:
        """Return the redirect to the report as it is read, which knows the list it was opened from."""
        url = reverse("reports:detail", args=[self.report.pk])
        return redirect(f"{url}{carried(self.request)}")


class EntryView(EnteringView):
    """The form of one report. GET shows it; POST saves ("save"), takes figures from records or sends."""

    def get(self, request: PersonRequest, pk: int) -> HttpResponse:
        if lock_reason(self.report):
            return self.shown()
        if shell.is_asked(request):
            return shell.keepable(self.page(BlankSheet(self.report)), request)
        return self.page(EntrySheet(self.report), words=request.GET.get("q", "")[:100])

    def post(self, request: PersonRequest, pk: int) -> HttpResponse:
        sheet = EntrySheet(self.report)
        self.typed_against = self.posted_version()
        figures = sheet.read(request.POST)
        if self.save(sheet, figures):
            return self.saved(sheet)
        if self.was_sent(sheet, figures):
            return self.sent()
        return self.answer(sheet, status=409)

    def save(self, sheet: EntrySheet, figures: Mapping[str, Any]) -> bool:
        """Write what could be read; on a conflict or a lock keep everything typed and say so."""
        try:
            result = write_figures(
                self.report,
                figures,
                actor=person(self.request),
                source=Source.FORM,
                version=self.typed_against,
            )
        except StaleFigures as stale:
            sheet.reload()
            self.overtaken = sheet.catch_up(self.typed_against, clashing=stale.conflicts)
            return False
        except ReportLocked as locked:
            sheet.locked = str(locked)
            return False
        self.changed = result.total
        sheet.reload()
        sheet.forget(figures)
        written = result.changed.get(self.report.pk, ())
        self.overtaken = sheet.catch_up(self.typed_against, written=written)
        return True

    def posted_version(self) -> int:
        """Return the version the page was typed against; an unreadable or future one counts as the oldest."""
        version = read_id(self.request.POST.get("version", "")) or 0
        return version if version <= self.report.version else 0

    def saved(self, sheet: EntrySheet) -> Any:
        """Go on after a save: show what could not be read, send, or return to where the person was."""
        if self.wants_json:
            return self.answer(sheet)
        if sheet.errors:
            return self.page(sheet, status=422)
        if self.request.POST.get("action", "").startswith("submit"):
            return self.send(sheet)
        if take := self.request.POST.get("take", "")[:12]:
            return self.take(sheet, take)
        messages.success(self.request, "Đã lưu nháp.")
        keep_density(person(self.request), self.request.POST.get(CHOICE, ""))
        anchor = self.request.POST.get("at", "")
        words = self.request.POST.get("q", "")[:100]
        url = f"{reverse('reports:entry', args=[self.report.pk])}{carried(self.request, q=words)}"
        known = {code for row in sheet.editable() for code in (row.code, row.section.code)}
        return redirect(f"{url}#{anchor}" if anchor in known else url)

    def take(self, sheet: EntrySheet, wanted: str) -> HttpResponse:
        """Show what the records give for a section or the whole; one figure, which stands there, is taken."""
        offered = sheet.proposals(wanted) if wanted in sheet.book.indicators else {}
        figures = {c: f for c, f in offered.items() if f != sheet.stored.get(c, BLANK)}
        if not figures:
            url = reverse("reports:take", args=[self.report.pk])
            return redirect(f"{url}{carried(self.request, **{PART: wanted})}")
        write_figures(
            self.report,
            figures,
            actor=person(self.request),
            source=Source.RECORDS,
            version=self.report.version,
        )
        return redirect(taken_url(self.request, self.report, wanted))

    def send(self, sheet: EntrySheet) -> Any:
        confirmed = self.request.POST["action"] == "submit_blanks"
        try:
            user, version = person(self.request), self.report.version
            submit(self.report, user=user, version=version, blanks_confirmed=confirmed)
        except NotReady as refusal:
            return self.page(sheet, status=422, refusal=refusal)
        except MoveRefused as refusal:
            messages.error(self.request, str(refusal), extra_tags=refusal.why)
            return self.shown()
        return self.sent()

    def was_sent(self, sheet: EntrySheet, figures: Mapping[str, Any]) -> bool:
        """Tell whether this press on “Gửi” is the second of two: nothing in it differs from what was sent."""
        pressed = self.request.POST.get("action", "").startswith("submit")
        if not pressed or sheet.errors:
            return False
        if not last_made_by(self.report, "submit", person(self.request)):
            return False
        stored = figures_of(self.report)
        return all(stored.get(code, BLANK) == figure for code, figure in figures.items())

    def sent(self) -> HttpResponse:
        told = "Đã gửi báo cáo. Anh/chị sẽ thấy kết quả duyệt ở Bàn làm việc."
        messages.success(self.request, told)
        return self.shown()

    def just_taken(self) -> Taken | None:
        """Return what the address says was just taken from the records, as long as it still stands so."""
        version = read_id(self.request.GET.get(TAKEN, ""))
        return taken_at(self.report, version, person(self.request)) if version else None

    @property
    def wants_json(self) -> bool:
        return self.request.headers.get("Accept") == "application/json"

    def answer(self, sheet: EntrySheet, status: int = 200) -> Any:
        if self.wants_json:
            data = _as_json(sheet, getattr(self, "changed", 0))
            data["others"] = sheet.fields_of(getattr(self, "overtaken", ()))
            return JsonResponse(data, status=status)
        return self.page(sheet, status=status)

    def page(
        self, sheet: EntrySheet, status: int = 200, refusal: NotReady | None = None, words: str = ""
    ) -> HttpResponse:
        """Show the form, of it the figures that hold `words`; what is told counts all of them."""
        sections = sheet.sections()
        bad = [entry for section in sections for entry in section.entries if entry.is_bad]
        open_ones = [e.code for section in sections for e in section.entries if e.is_open]
        blanks = sheet.blanks()
        shown = [section.narrowed(words) for section in sections]
        unit_id = self.report.unit_id
        blank = isinstance(sheet, BlankSheet)
        context = {
            **(shell.frame() if blank else {}),
            "report": self.report,
            "sheet": sheet,
            "sections": [section for section in shown if section.entries],
            "outline": [section.outline for section in sections],
            "words": words,
            "bad": bad,
            "blanks": blanks,
            "taken": self.just_taken(),
            "part": self.request.GET.get(PART, "all")[:12],
            "next_place": next(iter([*(e.code for e in bad), *open_ones, *blanks]), ""),
            "refusal": refusal,
            "locked": getattr(sheet, "locked", ""),
            "qualifiers": Qualifier.choices,
            "total": sum(len(section.required) for section in sections),
            "own_figures": self.report.level not in (Level.COMMUNE, Level.BODY),
            "shares": () if blank else shares_of(self.report, sheet.answers),
            "on_behalf": stand_ins(person(self.request), [unit_id])[unit_id],
            "guide": reverse("reports:guidance", args=[self.report.period.catalogue.slug]),
            "report_remarks": [r for r in sheet.remarks if not r.indicator_id],
            "queue": queue_of(self.request),
            "list": list_of(self.request),
            "carried": carried(self.request),
        }
        return render(self.request, "reports/entry.html", context, status=status)


def taken_url(request: HttpRequest, report: Report, part: str) -> str:
    """Return the address of the form that tells what was taken just now, where the person is."""
    place = "da-lay" if part == "all" else part
    query = carried(request, **{TAKEN: report.version, PART: part})
    return f"{reverse('reports:entry', args=[report.pk])}{query}#{place}"


def _as_json(sheet: EntrySheet, changed: int) -> dict:
    """Return what the autosave script shows beside the fields; remarks, moves and records are not among it."""
    sheet.all_remarks, sheet.before_return, sheet.links = [], {}, {}
    sections = sheet.sections()
    entries = [entry for section in sections for entry in section.entries]
    return {
        "version": sheet.version,
        "changed": changed,
        "saved": f"{timezone.localtime():%H:%M}",
        "locked": getattr(sheet, "locked", ""),
        "errors": sheet.errors,
        "problems": {
            entry.code: [
                {"message": p.message, "severity": p.severity, "settled": p.settled}
                for p in entry.problems
            ]
            for entry in entries
            if entry.problems
        },
        "conflicts": {
            entry.code: f"{entry.conflict.actor} đã lưu: {entry.conflict_shown}"
            for entry in entries
            if entry.conflict
        },
        "computed": {entry.code: entry.shown for entry in entries if entry.indicator.is_computed},
        "sections": {
            page.section.code: {"filled": page.filled, "total": len(page.required), "bad": page.bad}
            for page in sections
        },
        "bad": sum(page.bad for page in sections),
        "blanks": len(sheet.blanks()),
    }
