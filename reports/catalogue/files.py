"""The default catalogue as it is shipped: the CSV files in data/. Nothing here touches the database.

indicators.csv holds the 120 indicators of the domain reference unchanged; details.csv adds what it
only says in words (formula, "trong đó", stock, rating scale, what changed with the year);
components.csv the six organisations of GS01 and GS02; rules.csv the checks with their messages;
bodies.csv what bodies that are no area are asked, where there are any; guidance.csv one sentence on each
indicator: what counts, what does not, an example.
An empty year cell means "always". tests/reports/test_catalogue_loader.py checks the files.
"""

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from danvan.common.data import csv_rows
from reports.models.choices import ValueType

DATA = Path(__file__).parent / "data"
# The district tier ended on 1/7/2025: catalogues from the year after know no district level.
LAST_DISTRICT_YEAR = 2025
CsvRow = dict[str, str]
RuleRow = dict[str, Any]


@dataclass(frozen=True)
class ShippedCatalogue:
    """A whole catalogue: section code → title, indicator by code, both in order; rules as in the file.

    An indicator is a dict of the model's columns; section and parent are codes.
    """

    sections: dict[str, str]
    indicators: dict[str, dict[str, Any]]
    rules: list[RuleRow]


def without_district(letters: str, year: int) -> str:
    """Return the levels `letters` as they stand in `year`: without H once districts are gone."""
    return letters if year <= LAST_DISTRICT_YEAR else letters.replace("H", "")


def read_catalogue(year: int) -> ShippedCatalogue:
    """Return the default catalogue of `year`."""
    dated = read_rows("details.csv")
    details = {row["code"]: row for row in dated if counts_in(row, year)}
    retired = {row["code"] for row in dated} - details.keys()
    told = {r["code"]: r["guidance"] for r in read_rows("guidance.csv") if counts_in(r, year)}
    components = defaultdict(list)
    for row in read_rows("components.csv"):
        components[row["parent"]].append(row)
    sections: dict[str, str] = {}
    indicators: dict[str, dict[str, Any]] = {}
    for row in read_rows("indicators.csv"):
        if row["code"] not in retired:
            sections.setdefault(row["section_code"], row["section_vi"])
            whole = _indicator(row, details.get(row["code"], {}), year)
            parts = [_component(whole, part) for part in components[row["code"]]]
            for indicator in (whole, *parts):
                code = indicator["code"]
                indicators[code] = indicator | {"guidance": told.get(code, "")}
    rules = [
        rule
        | {
            "levels": without_district(rule["levels"], year),
            "whole_year": rule["whole_year"] == "1",
        }
        for rule in read_rows("rules.csv")
        if counts_in(rule, year) and rule["indicator"] not in retired
    ]
    return ShippedCatalogue(sections, indicators, rules)


def read_rows(name: str) -> tuple[CsvRow, ...]:
    """Return the lines of the file `name`."""
    return csv_rows(DATA / name)


def counts_in(row: CsvRow, year: int) -> bool:
    """Return whether a line with from_year and until_year counts in `year`."""
    return int(row["from_year"] or 0) <= year <= int(row["until_year"] or 9999)


def _indicator(row: CsvRow, detail: CsvRow, year: int) -> dict[str, Any]:
    """Return the indicator of a line of indicators.csv, completed by what details.csv says of it."""
    letters = detail.get("entry_levels") or row["entry_levels"].strip("—")
    letters = without_district(letters, year)
    typed = letters and row["value_type"] not in (ValueType.PERCENT, ValueType.TEXT)
    return {
        "section": row["section_code"],
        "code": row["code"],
        "label": row["label_vi"],
        "unit_of_measure": row["unit"].strip("—"),
        "value_type": row["value_type"],
        "entry_levels": letters,
        "aggregation": row["aggregation"],
        "measure": row["code"] if typed and row["event_type"] else "",
        "parent": detail.get("parent", ""),
        "formula": detail.get("formula", ""),
        "scale": [step for step in detail.get("scale", "").split("|") if step],
        "is_stock": detail.get("is_stock") == "1",
        "is_component": False,
    }


def _component(whole: dict[str, Any], row: CsvRow) -> dict[str, Any]:
    """Return one organisation's part of `whole`: entered and counted like it."""
    code, label = row["code"], row["label"]
    own = {"code": code, "label": label, "measure": code if whole["measure"] else ""}
    return whole | own | {"parent": whole["code"], "formula": "", "is_component": True}
