"""The page where a board makes the words of its report from those of the units below."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from danvan.accounts.requests import PersonRequest
from danvan.common.handbook.why import Why, kind_of_error
from danvan.common.numbers import read_id
from danvan.common.paging import nearest_page
from reports.consolidation.filters import ConsolidationFilter
from reports.consolidation.words import years_text
from reports.models import GatheredText, Value
from reports.texts import taking
from reports.texts.forms import TextFilterForm, choices_in, ticked_in
from reports.texts.sources import (
    SOURCE_STATES,
    TextScope,
    counts_by_heading,
    listed,
    split_sentences,
    stamp,
)

TEXTS_A_PAGE = 20
SHOWN_AT_ONCE = 6  # sentences of one text; more of them fold
PIECE_MOVES: dict[str, Callable[..., None]] = {
    "leave_out": lambda row, **asked: taking.place_in_draft(row, in_draft=False, **asked),
    "put_in": lambda row, **asked: taking.place_in_draft(row, in_draft=True, **asked),
    "forget": taking.drop_piece,
    "up": lambda row, **asked: taking.shift(row, up=True, **asked),
    "down": lambda row, **asked: taking.shift(row, up=False, **asked),
    "seen": lambda row, **asked: taking.accept_source(row, renew=False, **asked),
    "renew": lambda row, **asked: taking.accept_source(row, renew=True, **asked),
}


DONE = {
    "leave_out": "Đã bỏ khỏi dự thảo, lời văn vẫn được ghi là đã dùng.",
    "put_in": "Đã đưa vào dự thảo.",
    "forget": "Đã chuyển về chưa dùng.",
}
REPLACING = ("renew", "forget")  # what is typed beside these buttons is meant to go


@dataclass(frozen=True)
class RefusedPiece:
    """What was typed for a piece that could not be stored, the reason and of what kind it is."""

    pk: int
    text: str
    reason: str
    why: Why | None


@require_http_methods(["GET", "HEAD", "POST"])
def gathered_texts(request: PersonRequest) -> HttpResponse:
    """Show the texts of the units below beside the draft; a post takes over what was chosen.

    Ticks of which nothing was taken stay: the page answers the post itself.
    """
    wanted = ConsolidationFilter(request.GET, request.user).wanted
    if wanted is None:
        raise Http404
    scope = TextScope(wanted.unit, wanted.first, wanted.last)
    if not taking.may_gather(request.user, scope.unit):
        raise PermissionDenied(taking.NO_GATHERING)
    if request.method != "POST":
        return _page(request, scope)
    heading = _heading(request, scope.headings())
    chosen, ticked = choices_in(request.POST), ticked_in(request.POST)
    if not chosen:
        messages.warning(request, "Chưa chọn câu nào. Vui lòng đánh dấu câu cần lấy rồi bấm lại.")
        return _page(request, scope, ticked=ticked, status=422)
    done, changed = taking.take(scope, heading, chosen, user=request.user)
    if done and "used" in request.POST:
        messages.success(request, "Đã đánh dấu là đã dùng.")
    elif done:
        messages.success(request, f"Đã lấy lời văn của {len(done)} báo cáo vào dự thảo.")
        ticked = {one: marks for one, marks in ticked.items() if one not in done}
    if changed:
        messages.warning(
            request,
            f"Chưa lấy của {', '.join(changed)}: lời văn vừa được sửa, vui lòng xem lại rồi lấy.",
            extra_tags=Why.CONFLICT,
        )
    if missing := len(chosen) - len(done) - len(changed):
        messages.warning(
            request, f"{missing} báo cáo đã chọn không còn lời văn hoặc ngoài phạm vi nên bỏ qua."
        )
    if ticked:
        return _page(request, scope, ticked=ticked, status=200 if done else 422)
    return redirect(_address(request))


@require_http_methods(["GET", "HEAD", "POST"])
def piece(request: PersonRequest, pk: int) -> HttpResponse:
    """Edit, order or drop one piece; a refusal shows the page again with what was typed."""
    rows = GatheredText.objects.visible_to(request.user).select_related("unit")
    row = get_object_or_404(rows, pk=pk)
    if not taking.may_gather(request.user, row.unit):
        raise PermissionDenied(taking.NO_GATHERING)
    if request.method != "POST":  # a refused page that was loaded again
        return redirect(_address(request))
    typed, version = request.POST.get("text", ""), read_id(request.POST.get("version", ""))
    move = PIECE_MOVES.get(request.POST.get("move", ""))
    asked: dict[str, Any] = {"version": -1 if version is None else version, "user": request.user}
    try:
        if move is None or (typed and request.POST["move"] not in REPLACING):
            asked["version"] = taking.edit(row, typed, **asked)
        if move:
            move(row, **asked)
    except taking.TextRefused as refusal:
        refused = RefusedPiece(pk, typed, str(refusal), Why.CONFLICT)
    except ValidationError as error:
        refused = RefusedPiece(pk, typed, " ".join(error.messages), kind_of_error(error))
    else:
        messages.success(request, DONE.get(request.POST.get("move", ""), "Đã lưu lời văn."))
        return redirect(_address(request) + "#du-thao")
    scope = TextScope(row.unit, row.first_year, row.last_year)
    return _page(request, scope, refused=refused, heading=row.heading, status=422)


def _page(
    request: PersonRequest,
    scope: TextScope,
    *,
    refused: RefusedPiece | None = None,
    heading: str = "",
    ticked: Mapping[int, set[str]] | None = None,
    status: int = 200,
) -> HttpResponse:
    """Show the page, with the sentences `ticked` (marks by report) still so."""
    form = TextFilterForm(request.GET)
    chosen, headings = form.chosen, scope.headings()
    sources = scope.sources(request.user, SOURCE_STATES[chosen["status"]])
    counts = counts_by_heading(sources)
    heading = heading or _heading(request, headings)
    pieces = list(scope.pieces(request.user).filter(heading=heading).with_source())
    rows = listed(sources, heading, chosen["q"], unused=bool(chosen["use"]))
    page = nearest_page(rows, TEXTS_A_PAGE, request.GET.get("page"))
    context = {
        "scope": scope,
        "years": years_text(scope.first_year, scope.last_year),
        "several": scope.first_year != scope.last_year,
        "form": form,
        "base": reverse("reports:texts"),
        "tabs": [(code, label, *counts.get(code, (0, 0))) for code, label in headings.items()],
        "heading": heading,
        "label": headings.get(heading, ""),
        "page_obj": page,
        "lines": [_line(row, (ticked or {}).get(row.report_id, ())) for row in page.object_list],
        "kept": {"heading": heading, **_scope_asked(request)},
        "asked": urlencode(_scope_asked(request)),
        "pieces": [row for row in pieces if row.in_draft],
        "marked": [row for row in pieces if not row.in_draft],
        "refused": refused,
        "gone": refused and refused.pk not in {row.pk for row in pieces},
    }
    return render(request, "reports/texts/page.html", context, status=status)


def _line(value: Value, ticked: Collection[str]) -> dict[str, Any]:
    """Return a text of the page in sentences, the first ones shown, the others folded until one is ticked."""
    found = [(stamp(text), text) for text in split_sentences(value.text)]
    return {
        "value": value,
        "report": value.report,
        "stamp": stamp(value.text),
        "ticked": ticked,
        "first": found[:SHOWN_AT_ONCE],
        "more": found[SHOWN_AT_ONCE:],
        "opens": any(mark in ticked for mark, _text in found[SHOWN_AT_ONCE:]),
    }


def _heading(request: PersonRequest, headings: dict[str, str]) -> str:
    """Return the code of the heading asked for, else of the first; "" where no texts are asked at all."""
    asked = request.GET.get("heading", "")
    return asked if asked in headings else next(iter(headings), "")


def _scope_asked(request: PersonRequest) -> dict[str, str]:
    return {name: request.GET[name] for name in ("unit", "first", "last") if name in request.GET}


def _address(request: PersonRequest) -> str:
    """Return the address of the page with everything that was asked for."""
    return f"{reverse('reports:texts')}?{urlencode(list(request.GET.items()))}"
