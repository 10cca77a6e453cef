"""A draft in Word: figures, letterhead, texts and template put together."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from django.utils import timezone

from danvan.common.excel import safe_file_name
from danvan.units.models import AdministrativeUnit
from reports.consolidation.scope import Scope, ScopeData
from reports.consolidation.summary import consolidate
from reports.consolidation.units import break_down
from reports.consolidation.words import title_text
from reports.documents.letterhead import Letterhead, document_date, letterhead_on
from reports.documents.narrative.names import Title, names_of
from reports.documents.narrative.shipped import shipped
from reports.documents.narrative.telling import Narrative, is_several, tell
from reports.documents.narrative.texts import written_texts
from reports.documents.word.filling import fill
from reports.documents.word.paper import ENDING
from reports.documents.word.styles import dressed
from reports.models import PeriodKind, Report

KIND = "Báo cáo"


@dataclass(frozen=True)
class Draft:
    """All that a draft shows, computed beforehand."""

    narrative: Narrative
    head: Letterhead
    title: Title


def collect_draft(scope: Scope, *, rank: bool = False) -> Draft:
    """Return the content of the draft of `scope`; `rank` names the best and the last units."""
    data = ScopeData(scope)
    found = consolidate(data)
    narrative = tell(
        found,
        written_texts(data),
        several=is_several(found),
        breakdown=break_down(data, scope.section) if rank else None,
        rank=rank,
    )
    span = narrative.span if scope.interim else title_text(found)
    title = Title(KIND, f"kết quả công tác dân vận {span}")
    return Draft(narrative, letterhead_on(scope.unit, _date(scope)), title)


def write_draft(draft: Draft) -> bytes:
    """Return a draft as a file for Word."""
    names = names_of(draft.narrative, draft.head, draft.title)
    template = shipped(draft.narrative.found.scope.unit.level)
    return fill(dressed(template, draft.head.layout), names)


def draft_name(scope: Scope, span: str) -> str:
    """Return the name of the file a browser is given."""
    return safe_file_name(f"Báo cáo công tác dân vận {scope.unit.full_name} {span}", ENDING)


def scope_of_report(report: Report) -> Scope:
    """Return what the draft of one office's own report asks for: that report, whatever its state."""
    period = report.period
    return Scope(
        report.unit,
        period.year,
        period.year,
        within=AdministrativeUnit.objects.filter(pk=report.unit_id),
        interim=None if period.kind == PeriodKind.YEAR else period,
        any_state=True,
    )


def _date(scope: Scope) -> datetime.date:
    """Return the date a draft bears: today, or the last day of what it is about."""
    today = timezone.localdate()
    if scope.interim and scope.interim.end < today:
        return document_date(scope.unit, scope.last_year, scope.interim.end)
    return document_date(scope.unit, scope.last_year, today)
