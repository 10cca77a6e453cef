"""The draft of a report as a Word file: of a consolidation, of one office's own report."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.views.decorators.http import require_safe

from danvan.accounts.requests import PersonRequest
from danvan.accounts.rights import NO_UNIT, Action
from danvan.accounts.scope import units_visible_to
from danvan.common.db.replica import may_lag
from danvan.common.sheets.precheck import FileRefused
from danvan.common.web.downloads import attachment
from reports.consolidation.filters import ConsolidationFilter
from reports.consolidation.scope import Scope
from reports.documents.narrative.drafting import (
    collect_draft,
    draft_name,
    own_template,
    scope_of_report,
    write_draft,
)
from reports.documents.narrative.views_templates import SHIPPED, by_shipped, refused
from reports.documents.word.paper import DOCX_TYPE
from reports.figures.views_entry import visible_report

RANK = "xep_hang"  # also names the units with the highest and the lowest figures


@require_safe
@may_lag
def export_consolidation(request: PersonRequest) -> HttpResponse:
    """Send the draft of what the consolidation shows. A wrong choice is 404.

    Figures in the units of another day are a view, no document: 404 as well.
    """
    request.user.require(Action.VIEW, NO_UNIT)
    wanted = ConsolidationFilter(request.GET, request.user).wanted
    if wanted is None or wanted.as_of:
        raise Http404
    scope = wanted.scope(units_visible_to(request.user), section=wanted.section)
    return _sent(request, scope, rank=RANK in request.GET)


@require_safe
@may_lag
def export_report(request: PersonRequest, pk: int) -> HttpResponse:
    """Send the draft of one office's own report, sent or not."""
    return _sent(request, scope_of_report(visible_report(request.user, pk)))


def _sent(request: PersonRequest, scope: Scope, *, rank: bool = False) -> HttpResponse:
    shipped = SHIPPED in request.GET
    draft = collect_draft(scope, rank=rank, template=None if shipped else own_template(scope))
    try:
        data = write_draft(draft)
    except FileRefused as refusal:
        return refused(request, str(refusal), by_shipped(request))
    return attachment(draft_name(scope, draft.narrative.span), data, DOCX_TYPE)
