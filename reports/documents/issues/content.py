"""A consolidation as plain data: what an issue keeps, and what its pages and files are drawn from again.

`frozen_content` is what every page shows (the evaluated figures by level, definitions, letterhead);
`frozen_units` are the facts unit by unit, with texts (those of the document itself: `written`) and where
each report stood. Both are read back into
the very objects that page, workbook and Word draft render. FORMAT grows when the shape changes.
"""

from collections.abc import Iterable
from typing import cast

from reports.consolidation.facts import read_facts
from reports.consolidation.figures import Definition
from reports.consolidation.parts import Facts
from reports.consolidation.scope import ScopeData
from reports.consolidation.summary import Consolidation, section_codes, submissions
from reports.consolidation.units import unit_tree
from reports.documents.issues.plain import (
    Frozen,
    cells_of,
    plain_definition,
    plain_line,
    plain_node,
    plain_submission,
    plain_unit,
)
from reports.documents.letterhead import Letterhead
from reports.documents.narrative.drafting import template_on
from reports.documents.narrative.texts import written_texts
from reports.models import Indicator, Value, ValueType

FORMAT = 1


def frozen_content(
    found: Consolidation, definitions: Iterable[Definition], head: Letterhead
) -> Frozen:
    """Return what every page of an issue shows of `found`."""
    scope = found.scope
    template = None if scope.section else template_on(scope.unit, head.date)
    return {
        "format": FORMAT,
        "scope": {
            "unit": plain_unit(scope.unit),
            "first_year": scope.first_year,
            "last_year": scope.last_year,
            "section": scope.section,
            "include_submitted": scope.include_submitted,
        },
        "letterhead": head.as_json(),
        "template": template.pk if template else None,
        "definitions": [plain_definition(definition) for definition in definitions],
        "levels": list(found.levels),
        "prior_years": found.prior_years,
        "years": [{**vars(year), "end": year.end.isoformat()} for year in found.years],
        "sections": [
            {
                "code": section.code,
                "label": section.label,
                "number": section.number,
                "lines": [plain_line(line) for line in section.lines],
            }
            for section in found.sections
        ],
        "missing": [plain_submission(one) for one in found.missing],
    }


def frozen_units(data: ScopeData) -> Frozen:
    """Return the facts of the scope of `data` unit by unit, its tree, its reports and its texts."""
    codes = section_codes(data, data.scope.section)
    read = sorted(data.codes_of(codes))
    facts = cast(dict[int, Facts], read_facts(data, data.years, read, by_unit=True))
    return {
        "codes": codes,
        "read": read,
        "periods": list(data.years.items()),
        "tree": plain_node(unit_tree(data)),
        "facts": [row for unit, mine in facts.items() for row in cells_of(unit, mine, read)],
        "submissions": [plain_submission(one) for one in submissions(data)],
        "texts": _texts(data),
        "written": written_texts(data),
    }


def _texts(data: ScopeData) -> list[list[str]]:
    """Return the texts of the included reports: [place, year, heading, text], in the order of the tree."""
    texts = Indicator.objects.filter(pk__in=data.indicator_codes, value_type=ValueType.TEXT).values(
        "pk"
    )
    values = Value.objects.filter(
        report__in=data.reports().filter(state__in=data.scope.states).values("pk"),
        indicator__in=texts,
    ).exclude(text="")
    values = values.select_related("report__unit__parent", "report__period", "indicator")
    return [
        [value.report.unit.place_name, str(value.report.period), value.indicator.label, value.text]
        for value in values.order_by("indicator__order", "report__unit__code", "report__period")
    ]
