"""What a later issue says otherwise than the one it replaces: figure by figure, with the ledger's reason."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.utils import timezone

from danvan.common.numbers import format_number
from danvan.common.words import EMPTY
from danvan.units.models import Level
from reports.consolidation.figures import Definition
from reports.consolidation.words import figure_text
from reports.documents.issues.thawed import DIFFERENCE, Thawed
from reports.models import FigureChange, Qualifier, Report, Transition, ValueType

Difference = dict[str, Any]
UnitPeriod = tuple[int, int]  # unit id, period id
NAMED = 3  # units that a total's reason names
_MARKS = Qualifier.AT_LEAST, Qualifier.ABOUT  # as facts count them


def differences(old: Thawed, new: Thawed) -> list[Difference]:
    """Return the rows of the difference sheet: totals by level first, then the figures of each unit.

    A row has the names of DIFFERENCE.
    """
    changed = _changed_figures(old, new)
    reports = _reports(changed)
    reasons = _Reasons(old.issue.issued_at, reports.values(), changed)
    units: list[Difference] = []
    behind: dict[str, list[str]] = defaultdict(list)
    for key, codes in sorted(changed.items(), key=lambda item: _order(reports.get(item[0]))):
        report = reports.get(key)
        if report is None:
            continue
        for code, (before, after, was_in, is_in) in codes.items():
            definition = new.definitions.get(code) or old.definitions[code]
            behind[code].append(report.unit.full_name)
            level, unit, year = (
                Level(report.level).label,
                report.unit.place_name,
                report.period.year,
            )
            why = reasons.why(report, code, was_in=was_in, is_in=is_in)
            units.append(_difference(definition, level, unit, year, before, after, why))
    return [*_totals(old, new, behind), *units]


def _difference(definition: Definition, *rest: Any) -> Difference:
    row = (definition.code, definition.label, *rest)
    return dict(zip(DIFFERENCE, row, strict=True))


def _totals(old: Thawed, new: Thawed, behind: dict[str, list[str]]) -> Iterable[Difference]:
    """Yield the figures by level that read otherwise."""
    before = old.consolidation.lines
    for code, line in new.consolidation.lines.items():
        was = before.get(code)
        for level in (*new.consolidation.levels, ""):
            figures = [
                (one.by_level.get(level) if level else one.total) if one else None
                for one in (was, line)
            ]
            texts = [figure_text(figure, line.definition) or EMPTY for figure in figures]
            if texts[0] != texts[1]:
                name = Level(level).label if level else "Tổng"
                why = _why_total(line.definition, behind)
                yield _difference(line.definition, name, "", "", *texts, why)


def _why_total(definition: Definition, behind: dict[str, list[str]]) -> str:
    units = list(dict.fromkeys(behind.get(definition.code, ())))
    if not units:
        return f"Tính lại theo công thức {definition.formula_text}" if definition.formula else ""
    more = f" và {len(units) - NAMED} đơn vị khác" if len(units) > NAMED else ""
    return f"Do số liệu của {', '.join(units[:NAMED])}{more}"


def _changed_figures(old: Thawed, new: Thawed) -> dict[UnitPeriod, dict[str, tuple]]:
    """Return by unit and period, by code: (text before, text after, was in, is in) of what differs."""
    sides = [_by_cell(thawed) for thawed in (old, new)]
    found: dict[UnitPeriod, dict[str, tuple]] = {}
    for key in sides[0].keys() | sides[1].keys():
        before, after = (side.get(key) for side in sides)
        if before == after:
            continue
        texts = [_texts(thawed, row) for thawed, row in ((old, before), (new, after))]
        was_in, is_in = (bool(row and row[0]) for row in (before, after))
        codes = {
            code: (texts[0].get(code, EMPTY), texts[1].get(code, EMPTY), was_in, is_in)
            for code in dict.fromkeys((*texts[0], *texts[1]))
            if texts[0].get(code) != texts[1].get(code)
        }
        if codes:
            found[key] = codes
    return found


def _by_cell(thawed: Thawed) -> dict[UnitPeriod, list]:
    rows = thawed.issue.frozen_units["facts"]
    return {(unit, period): rest for unit, period, _level, *rest in rows}


def _texts(thawed: Thawed, row: list | None) -> dict[str, str]:
    """Return what was entered in one report, as people read it, by code."""
    if row is None:
        return {}
    _included, numbers, inexact = row
    texts = {}
    for place, code in enumerate(thawed.issue.frozen_units["read"]):
        definition = thawed.definitions[code]
        if numbers[place] is not None and _is_entered(definition):
            texts[code] = _entered(definition, numbers[place], inexact.get(str(place)))
    return texts


def _is_entered(definition: Definition) -> bool:
    """Tell whether somebody types it: what is counted or computed follows from what is."""
    return bool(definition.entry_levels) and not definition.is_computed


def _entered(definition: Definition, number: Any, inexact: list[int] | None) -> str:
    if definition.value_type == ValueType.RATING:
        return definition.scale[number - 1]
    if definition.value_type == ValueType.BOOLEAN:
        return "Có" if number else "Không"
    marks = (mark for mark, parts in zip(_MARKS, inexact or (0, 0), strict=True) if parts)
    return next(marks, Qualifier.EXACT).prefix + format_number(number)


def _reports(changed: dict[UnitPeriod, dict]) -> dict[UnitPeriod, Report]:
    """Return the reports that the changed figures stand in."""
    units, periods = {unit for unit, _ in changed}, {period for _, period in changed}
    rows = Report.objects.filter(unit__in=units, period__in=periods)
    rows = rows.select_related("unit__parent", "period")
    return {(row.unit_id, row.period_id): row for row in rows}


def _order(report: Report | None) -> tuple:
    return (report.period.year, report.unit.tree_key) if report else (0, ("", None))


class _Reasons:
    """Why figures of some reports changed since a moment: the lines of ledger and workflow. Two queries."""

    def __init__(self, since: datetime, reports: Iterable[Report], changed: dict[UnitPeriod, dict]):
        reports = list(reports)
        codes = {code for figures in changed.values() for code in figures}
        lines = FigureChange.objects.filter(
            report__in=reports, indicator__code__in=codes, at__gt=since
        )
        self.lines: dict[tuple[int, str], list[FigureChange]] = defaultdict(list)
        for line in lines.select_related("actor", "indicator").order_by("pk"):
            self.lines[line.report_id, line.indicator.code].append(line)
        self.moves: dict[int, Transition] = {}
        for move in Transition.objects.filter(report__in=reports, at__gt=since).order_by("pk"):
            self.moves[move.report_id] = move

    def why(self, report: Report, code: str, *, was_in: bool, is_in: bool) -> str:
        """Return the reason of one changed figure; "" where neither log says one."""
        parts = []
        move = self.moves.get(report.pk)
        if was_in != is_in and move:
            said = f": {move.reason}" if move.reason else ""
            what = "lần trước chưa có trong số liệu" if is_in else "nay không còn trong số liệu"
            state = move.get_to_state_display().lower()
            parts.append(f"Báo cáo {state} ngày {_day(move.at)}{said}; {what}")
        lines = self.lines.get((report.pk, code))
        if lines:
            last = lines[-1]
            who = f"{last.actor or 'Hệ thống'}" + (
                f" ({last.actor_unit})" if last.actor_unit else ""
            )
            often = f", {len(lines)} lần" if len(lines) > 1 else ""
            note = last.reason or (last.new or {}).get("note", "")
            parts.append(f"{who} sửa ngày {_day(last.at)}{often}" + (f": {note}" if note else ""))
        return ". ".join(parts)


def _day(moment: datetime) -> str:
    return f"{timezone.localdate(moment):%d/%m/%Y}"
