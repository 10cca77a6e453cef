"""Reading the default catalogue from the CSV files in data/; nothing here touches the database.

indicators.csv holds the 120 indicators of the domain reference unchanged; details.csv adds what it
only says in words (formula, "trong đó", stock, rating scale, what changed with the year);
components.csv the six organisations of GS01 and GS02; rules.csv the checks with their messages.
An empty year cell means "always".
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from danvan.common.text import clean_line
from reports.catalogue.expressions import ExpressionError, names_in, parse
from reports.models.catalogue import Aggregation, Severity, ValueType, indicator_levels

DATA = Path(__file__).parent / "data"
# The district tier ended on 1/7/2025: catalogues from the year after know no district level.
LAST_DISTRICT_YEAR = 2025
COLUMNS = {
    "indicators.csv": (
        "code", "section_code", "section_vi", "label_vi", "unit", "value_type", "entry_levels",
        "aggregation", "event_type", "rule",
    ),
    "details.csv": (
        "code", "from_year", "until_year", "parent", "formula", "is_stock", "scale", "entry_levels",
    ),
    "components.csv": ("code", "parent", "label"),
    "rules.csv": (
        "indicator", "expression", "levels", "severity", "from_year", "until_year", "message",
    ),
}  # fmt: skip
_NOTHING = "—"
_LEVELS = {letters for letters, _ in indicator_levels()}
_CODE = re.compile(r"[A-Z]{1,6}\d{1,3}(\.[A-Z]{1,4})?")


class CatalogueFileError(Exception):
    """The files cannot be loaded; `problems` are sentences naming file, line and column."""

    def __init__(self, problems: list[str]):
        self.problems = problems
        super().__init__("\n".join(problems))


@dataclass
class IndicatorRow:
    """One indicator as the files describe it for one year; the names are those of the model."""

    line: int
    section: str
    code: str
    label: str
    unit_of_measure: str
    value_type: str
    entry_levels: str
    aggregation: str
    measure: str = ""
    parent: str = ""
    formula: str = ""
    scale: list[str] = field(default_factory=list)
    is_stock: bool = False
    is_component: bool = False


@dataclass
class RuleRow:
    """One check as rules.csv describes it for one year."""

    line: int
    indicator: str
    expression: str
    levels: str
    severity: str
    message: str


@dataclass
class CatalogueData:
    """A whole catalogue: section code → title in order, indicators in order, rules."""

    sections: dict[str, str] = field(default_factory=dict)
    indicators: dict[str, IndicatorRow] = field(default_factory=dict)
    rules: list[RuleRow] = field(default_factory=list)


def without_district(letters: str, year: int) -> str:
    """Return the levels `letters` as they stand in `year`: without H once districts are gone."""
    return letters if year <= LAST_DISTRICT_YEAR else letters.replace("H", "")


def read_catalogue(year: int, folder: Path = DATA) -> CatalogueData:
    """Return the default catalogue of `year` from the files in `folder`.

    Raises CatalogueFileError with every problem found; OSError when a file cannot be opened.
    """
    return _Reading(year, folder).run()


class _Reading:
    """One pass over the four files, gathering rows and problems."""

    def __init__(self, year: int, folder: Path):
        self.year, self.folder = year, folder
        self.data, self.problems = CatalogueData(), []
        self.file, self.line = "", 0

    def run(self) -> CatalogueData:
        details, retired = self.details()
        components = self.components()
        self.indicators(details, retired, components)
        self.rules(retired)
        self.check_indicators()
        if self.problems:
            raise CatalogueFileError(self.problems)
        return self.data

    def problem(self, column: str, message: str) -> None:
        self.problems.append(f"{self.file}, line {self.line}, column {column}: {message}")

    def one_of(self, row: dict[str, str], column: str, allowed) -> None:
        if row[column] not in allowed:
            self.problem(column, f"“{row[column]}” is none of {', '.join(sorted(allowed))}")

    def rows(self, name: str) -> Iterator[dict[str, str]]:
        """Yield the cleaned cells of each row of the file `name`."""
        self.file, self.line = name, 1
        with (self.folder / name).open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            try:
                missing = [c for c in COLUMNS[name] if c not in (reader.fieldnames or [])]
                if missing:
                    problem = f"{name}, line 1: missing column {', '.join(missing)}"
                    raise CatalogueFileError([problem])
                for row in reader:
                    self.line = reader.line_num
                    yield {column: clean_line(row[column] or "") for column in COLUMNS[name]}
            except UnicodeDecodeError as error:
                problem = f"{name}: not UTF-8 text (byte {error.start})"
                raise CatalogueFileError([problem]) from error
            except csv.Error as error:
                raise CatalogueFileError([f"{name}, line {reader.line_num}: {error}"]) from error

    def in_year(self, row: dict[str, str]) -> bool:
        """Tell whether the row counts in the year asked for."""
        limits = []
        for column, default in (("from_year", 0), ("until_year", 9999)):
            text = row[column]
            if text and not re.fullmatch(r"20\d\d", text):
                self.problem(column, f"“{text}” is not a year")
                return False
            limits.append(int(text or default))
        return limits[0] <= self.year <= limits[1]

    def details(self) -> tuple[dict[str, tuple[int, dict]], set[str]]:
        """Return line and cells of details.csv per code, and the codes the year does not know."""
        found, named = {}, set()
        for row in self.rows("details.csv"):
            named.add(row["code"])
            if not self.in_year(row):
                continue
            if row["code"] in found:
                self.problem("code", f"{row['code']} stands on two rows for {self.year}")
            found[row["code"]] = self.line, row
        return found, named - found.keys()

    def components(self) -> dict[str, list[tuple[int, dict]]]:
        """Return line and cells of components.csv per parent code."""
        found: dict[str, list] = {}
        for row in self.rows("components.csv"):
            if not re.fullmatch(re.escape(row["parent"]) + r"\.[A-Z]{1,4}", row["code"]):
                self.problem("code", f"“{row['code']}” is not a code like {row['parent']}.MT")
                continue
            found.setdefault(row["parent"], []).append((self.line, row))
        return found

    def indicators(self, details: dict, retired: set[str], components: dict) -> None:
        """Read indicators.csv, each row completed by its details and followed by its components."""
        known = set()
        for row in self.rows("indicators.csv"):
            known.add(row["code"])
            if row["code"] in retired:
                continue
            self.section(row)
            indicator = self.indicator(row, *details.get(row["code"], (0, {})))
            self.add(indicator)
            for line, component in components.get(row["code"], []):
                self.add(_component(indicator, line, component))
        for name, lines in (
            ("details.csv", ((line, code) for code, (line, _) in details.items())),
            ("components.csv", ((rows[0][0], code) for code, rows in components.items())),
        ):
            for line, code in lines:
                if code not in known:
                    self.file, self.line = name, line
                    self.problem("code", f"indicators.csv has no indicator “{code}”")

    def section(self, row: dict[str, str]) -> None:
        code, label = row["section_code"], row["section_vi"]
        if not label:
            self.problem("section_vi", "is empty")
        elif self.data.sections.setdefault(code, label) != label:
            self.problem("section_vi", f"section {code} has two titles")

    def indicator(self, row: dict[str, str], _line: int, detail: dict[str, str]) -> IndicatorRow:
        self.one_of(row, "value_type", ValueType.values)
        self.one_of(row, "aggregation", Aggregation.values)
        self.one_of(row, "entry_levels", _LEVELS - {""} | {_NOTHING})
        letters = row["entry_levels"].replace(_NOTHING, "")
        letters = without_district(detail.get("entry_levels") or letters, self.year)
        typed = letters and row["value_type"] not in (ValueType.PERCENT, ValueType.TEXT)
        return IndicatorRow(
            line=self.line,
            section=row["section_code"],
            code=row["code"],
            label=row["label_vi"],
            unit_of_measure=row["unit"].replace(_NOTHING, ""),
            value_type=row["value_type"],
            entry_levels=letters,
            aggregation=row["aggregation"],
            measure=row["code"] if typed and row["event_type"] else "",
            parent=detail.get("parent", ""),
            formula=detail.get("formula", ""),
            scale=[step for step in detail.get("scale", "").split("|") if step],
            is_stock=detail.get("is_stock") == "1",
        )

    def add(self, indicator: IndicatorRow) -> None:
        if not _CODE.fullmatch(indicator.code):
            self.problem("code", f"“{indicator.code}” is not a code like DT01 or GS01.MT")
        elif indicator.code in self.data.indicators:
            self.problem("code", f"{indicator.code} stands on two lines")
        elif not indicator.label:
            self.problem("label_vi", "is empty")
        self.data.indicators[indicator.code] = indicator

    def check_indicators(self) -> None:
        """Check what needs the whole list: formulas, parents, scales."""
        for indicator in self.data.indicators.values():
            self.file, self.line = "indicators.csv", indicator.line
            if indicator.value_type == ValueType.PERCENT and not indicator.formula:
                self.problem("code", f"ratio {indicator.code} has no formula in details.csv")
            if indicator.value_type == ValueType.RATING and not indicator.scale:
                self.problem("code", f"rating {indicator.code} has no scale in details.csv")
            if indicator.parent and indicator.parent not in self.data.indicators:
                self.problem("code", f"parent “{indicator.parent}” of {indicator.code} is unknown")
            if indicator.formula:
                self.expression("code", indicator.formula)

    def expression(self, column: str, text: str) -> None:
        try:
            unknown = names_in(parse(text)) - self.data.indicators.keys()
        except ExpressionError as error:
            self.problem(column, str(error))
            return
        if unknown:
            self.problem(column, f"“{text}” names unknown {', '.join(sorted(unknown))}")

    def rules(self, retired: set[str]) -> None:
        for row in self.rows("rules.csv"):
            if not self.in_year(row) or row["indicator"] in retired:
                continue
            levels = without_district(row["levels"], self.year)
            if row["levels"] and not levels:
                continue
            if row["indicator"] not in self.data.indicators:
                self.problem("indicator", f"indicator “{row['indicator']}” is unknown")
            self.one_of(row, "levels", _LEVELS)
            self.one_of(row, "severity", Severity.values)
            if not row["message"].endswith("."):
                self.problem("message", "does not end as a sentence")
            self.expression("expression", row["expression"])
            words = {name: row[name] for name in ("indicator", "expression", "severity", "message")}
            self.data.rules.append(RuleRow(line=self.line, levels=levels, **words))


def _component(whole: IndicatorRow, line: int, row: dict[str, str]) -> IndicatorRow:
    """Return one organisation's part of `whole`: entered and counted like it."""
    return IndicatorRow(
        line=line,
        section=whole.section,
        code=row["code"],
        label=row["label"],
        unit_of_measure=whole.unit_of_measure,
        value_type=whole.value_type,
        entry_levels=whole.entry_levels,
        aggregation=whole.aggregation,
        measure=row["code"] if whole.measure else "",
        parent=whole.code,
        is_component=True,
    )
