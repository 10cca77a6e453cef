"""A draft in Word: figures, letterhead, texts and template put together."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from danvan.common.excel import safe_file_name
from danvan.units.models import AdministrativeUnit
from reports.consolidation.scope import ReadBefore, Scope, ScopeData
from reports.consolidation.summary import Consolidation, consolidate
from reports.consolidation.units import break_down
from reports.consolidation.words import DEMO_NOTE, inclusion_text, title_text
from reports.documents.letterhead import Letterhead, document_date, letterhead_on, spelled
from reports.documents.narrative.names import Title, names_of
from reports.documents.narrative.shipped import shipped
from reports.documents.narrative.telling import Narrative, is_several, tell
from reports.documents.narrative.texts import written_texts
from reports.documents.word.filling import fill
from reports.documents.word.paper import ENDING
from reports.documents.word.rendering import fill_foreign
from reports.documents.word.styles import dressed
from reports.models import DocumentKind, PeriodKind, Report, TemplateUse, WordTemplate


@dataclass(frozen=True)
class Draft:
    """All that a draft shows, computed beforehand."""

    narrative: Narrative
    head: Letterhead
    title: Title
    notes: tuple[str, ...] = ()
    template: WordTemplate | None = None

    @property
    def names(self) -> dict[str, Any]:
        """The names a template may use, with what stands for them."""
        return names_of(self.narrative, self.head, self.title, self.notes)


def collect_draft(
    scope: Scope, *, rank: bool = False, units: bool = False, template: WordTemplate | None = None
) -> Draft:
    """Return the content of the draft of `scope`, to be made by `template` (None for the shipped one).

    `rank` names the best and the last units in the sentences, `units` leaves that to the template.
    """
    units = units or rank or bool(template and template.asks_units)
    data = ScopeData(scope)
    found = consolidate(data, named=0)
    head = letterhead_on(scope.unit, _date(scope))
    narrative = tell(
        found,
        written_texts(data),
        several=is_several(found),
        breakdown=break_down(data, scope.section) if units else None,
        rank=rank,
        spelling=head.spelling,
    )
    span = narrative.span if scope.interim else title_text(found)
    title = Title(str(DocumentKind.REPORT.label), f"kết quả công tác dân vận {span}")
    return Draft(narrative, head, title, tuple(_notes(found)), template)


def write_draft(draft: Draft) -> bytes:
    """Return a draft as a file for Word. Raises FileRefused where an own template cannot be filled."""
    if draft.template:
        return fill_foreign(draft.template.read(), draft.names).document
    scope = draft.narrative.found.scope
    return fill(shipped_for(scope.unit.level, draft.head, scope.section), draft.names)


def shipped_for(level: str, head: Letterhead, section: str | None = None) -> bytes:
    """Return the shipped template laid out and spelled as an office writes on a day."""

    def reworded(text: str) -> str:
        return spelled(text, head.spelling)

    return dressed(shipped(level, section), head.layout, reworded)


def own_template(scope: Scope) -> WordTemplate | None:
    """Return the template that the office of a scope uses for its draft; None where it is the shipped one."""
    return None if scope.section else template_on(scope.unit, _date(scope))


def template_on(unit: AdministrativeUnit, date: datetime.date) -> WordTemplate | None:
    """Return the template of its own by which `unit`'s office makes documents of a day, None for none."""
    uses = TemplateUse.objects.filter(unit__in=unit.version_keys(), valid_from__lte=date)
    use = uses.select_related("template").order_by("-valid_from", "-pk").first()
    return use.template if use else None


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
        known=ReadBefore(family=[report.unit]),  # its predecessors' reports are not asked for
        interim=None if period.kind == PeriodKind.YEAR else period,
        any_state=True,
    )


def _notes(found: Consolidation) -> Iterator[str]:
    """Yield what must be said above a draft: that figures are invented, that reports are missing."""
    if found.is_demo:
        yield DEMO_NOTE
    if not found.is_complete and not found.scope.any_state:
        yield f"Dự thảo theo {inclusion_text(found)}."


def _date(scope: Scope) -> datetime.date:
    """Return the date a draft bears: today, or the last day of what it is about."""
    today = timezone.localdate()
    if scope.interim and scope.interim.end < today:
        return document_date(scope.unit, scope.last_year, scope.interim.end)
    return document_date(scope.unit, scope.last_year, today)
