"""An issue as the objects it was made of: what its page, its workbook and its differences are drawn from."""

import datetime
from dataclasses import dataclass
from functools import cached_property

from reports.consolidation.figures import Definition
from reports.consolidation.parts import Facts
from reports.consolidation.scope import Scope
from reports.consolidation.summary import (
    MOST_NAMED,
    Consolidation,
    SectionLines,
    YearProgress,
)
from reports.consolidation.units import Breakdown, unit_rows
from reports.consolidation.words import DEMO_NOTE
from reports.documents.issues.plain import (
    Frozen,
    definition_from,
    facts_of,
    line_from,
    node_from,
    submission_from,
    unit_from,
)
from reports.documents.letterhead import Letterhead, letterhead_from
from reports.documents.narrative.drafting import Draft
from reports.documents.narrative.names import Title
from reports.documents.narrative.telling import is_several, tell
from reports.documents.workbook.build import Content
from reports.documents.workbook.tables import PlainTable
from reports.models import PublishedIssue, WordTemplate

DIFFERENCE = ("code", "label", "level", "unit", "year", "old", "new", "why")


@dataclass(frozen=True)
class Thawed:
    """An issue as the objects it was made of. What stands unit by unit is read when it is asked for."""

    issue: PublishedIssue

    @cached_property
    def head(self) -> Letterhead:
        """The letterhead of the document."""
        return letterhead_from(self.issue.frozen["letterhead"])

    @cached_property
    def definitions(self) -> dict[str, Definition]:
        """The definitions by code, as they were."""
        rows = (definition_from(row) for row in self.issue.frozen["definitions"])
        return {row.code: row for row in rows}

    @cached_property
    def scope(self) -> Scope:
        """What was asked for."""
        data = self.issue.frozen["scope"]
        return Scope(**{**data, "unit": unit_from(data["unit"])})

    @cached_property
    def consolidation(self) -> Consolidation:
        """The figures by level."""
        data = self.issue.frozen
        prior = data["prior_years"]
        return Consolidation(
            scope=self.scope,
            levels=tuple(data["levels"]),
            sections=tuple(self._section(section) for section in data["sections"]),
            years=tuple(
                YearProgress(**{**year, "end": datetime.date.fromisoformat(year["end"])})
                for year in data["years"]
            ),
            missing=tuple(map(submission_from, data["missing"][:MOST_NAMED])),
            prior_years=tuple(prior) if prior else None,
        )

    @property
    def years(self) -> dict[int, int]:
        """The year of each period, in order of time.

        Older issues kept them by id as text, so in the order of digits: "10" before "9".
        """
        kept = self.issue.frozen_units
        if "periods" in kept:
            return dict(kept["periods"])
        told = ((year, int(period)) for period, year in kept["years"].items())
        return {period: year for year, period in sorted(told)}

    @cached_property
    def facts(self) -> dict[int, Facts]:
        """The facts by unit id."""
        return facts_of(self.issue.frozen_units, self.definitions)

    @cached_property
    def breakdown(self) -> Breakdown:
        """The figures unit by unit, evaluated from the kept facts and definitions."""
        codes = self.issue.frozen_units["codes"]
        tree = node_from(self.issue.frozen_units["tree"])
        return Breakdown(
            scope=self.scope,
            columns=tuple(self.definitions[code] for code in codes),
            section_number=self.consolidation.sections[0].number if codes else 0,
            total=unit_rows(self, tree, self.facts, codes),
            years=self.consolidation.years,
        )

    def workbook_content(self) -> Content:
        """Return what the official workbook of the issue shows."""
        return Content(
            consolidation=self.consolidation,
            breakdown=self.breakdown,
            submissions=tuple(map(submission_from, self.issue.frozen_units["submissions"])),
            head=self.head,
            abstract=self.issue.title,
            notes=tuple(self.notes),
            tables=(self._differences, self._texts),
        )

    def draft(self, *, shipped: bool = False) -> Draft:
        """Return what the Word document of the issue shows; older issues have no texts of their own.

        It is made by the template in force then, or by the shipped one.
        """
        found, kept = self.consolidation, self.issue.frozen.get("template")
        template = WordTemplate.objects.filter(pk=kept).first() if kept and not shipped else None
        units = self.breakdown if template and template.asks_units else None
        texts = self.issue.frozen_units.get("written", {})
        narrative = tell(
            found,
            texts,
            several=is_several(found),
            breakdown=units,
            spelling=self.head.spelling,
        )
        title = Title(self.issue.get_kind_display(), self.issue.title)
        demo = [DEMO_NOTE] if found.is_demo else []
        return Draft(narrative, self.head, title, (*demo, *self.notes), template)

    @property
    def notes(self) -> list[str]:
        """What must be said below the title: the edition, and why reports are missing."""
        issue, notes = self.issue, []
        if issue.replaces:
            name = str(issue.replaces)
            before = f"{name[:1].lower()}{name[1:]} ngày {issue.replaces.date:%d/%m/%Y}"
            notes.append(f"Lần {issue.edition}, thay thế {before}.")
        if issue.missing_reason:
            missing = issue.expected - issue.included
            notes.append(f"Còn thiếu {missing}/{issue.expected} báo cáo: {issue.missing_reason}")
        return notes

    @property
    def _differences(self) -> PlainTable:
        rows = self.issue.frozen.get("differences", [])
        return PlainTable(
            "Khác biệt",
            f"KHÁC BIỆT SO VỚI LẦN {self.issue.edition - 1}",
            (
                *(("Mã", 9), ("Chỉ tiêu", 44), ("Cấp", 12), ("Đơn vị", 30), ("Năm", 8)),
                *(("Số cũ", 16), ("Số mới", 16), ("Lý do", 50)),
            ),
            [[row[name] for name in DIFFERENCE] for row in rows],
        )

    @property
    def _texts(self) -> PlainTable:
        columns = (("Đơn vị", 34), ("Kỳ báo cáo", 14), ("Nội dung", 34), ("Lời văn", 90))
        return PlainTable(
            "Lời văn", "LỜI VĂN CỦA CÁC ĐƠN VỊ", columns, self.issue.frozen_units["texts"]
        )

    def _section(self, data: Frozen) -> SectionLines:
        lines = tuple(line_from(line, self.definitions) for line in data["lines"])
        return SectionLines(data["code"], data["label"], data["number"], lines)
