"""Making the catalogue of a year: from the shipped files, or as a copy of an earlier year's."""

from collections.abc import Iterable

from django.db import transaction

from danvan.accounts.audit.writing import audited_bulk_create, audited_bulk_update
from danvan.units.kinds import Level
from reports.catalogue.expressions import names_in, parse
from reports.catalogue.files import (
    LAST_DISTRICT_YEAR,
    read_catalogue,
    read_rows,
    without_district,
)
from reports.models import Catalogue, Indicator, Rule, Section

_INDICATOR_COLUMNS = (
    "code", "label", "unit_of_measure", "value_type", "entry_levels", "aggregation", "measure",
    "formula", "scale", "is_stock", "is_component", "guidance",
)  # fmt: skip
_BODY = Level.BODY.letter
_RULE_COLUMNS = ("expression", "levels", "whole_year", "severity", "message")


def catalogue_for(year: int, *, districts: bool = True, bodies: bool = False) -> Catalogue:
    """Return the catalogue of `year`; where there is none, the latest earlier one is copied.

    The very first catalogue comes from the shipped files. Without `districts` no unit of that level
    reports in the year: the level is taken off, also of a catalogue that no period asks for yet. With
    `bodies` they are asked what the files say, unless the catalogue asks them something already.
    """
    catalogue = _catalogue_of(year, districts)
    if bodies and not catalogue.indicators.filter(entry_levels__contains=_BODY).exists():
        _ask_bodies(catalogue)
    return catalogue


def _ask_bodies(catalogue: Catalogue) -> None:
    """Let bodies enter what bodies.csv names, of it what the catalogue has; nobody else's report changes."""
    codes = {row["code"] for row in read_rows("bodies.csv")}
    rows = catalogue.indicators.exclude(entry_levels="").select_related("parent")
    asked = [
        row
        for row in rows
        if (row.parent.code if row.is_component and row.parent else row.code) in codes
    ]
    for row in asked:
        row.entry_levels += _BODY
    audited_bulk_update(asked, ["entry_levels"])


def _catalogue_of(year: int, districts: bool) -> Catalogue:
    existing = Catalogue.objects.filter(indicators__isnull=False)
    of_the_tiers = "two_tiers" if districts else "-two_tiers"
    latest = existing.filter(year__lte=year).order_by("-year", of_the_tiers).first()
    if latest is None:
        return load_default_catalogue(year, districts=districts)
    if latest.year != year:
        return copy_catalogue(latest, year, districts=districts)
    if not districts and not latest.is_opened:
        _take_districts_off(latest)
    elif not districts and latest.has_districts:  # the first part of the year was asked with them
        return copy_catalogue(latest, year, districts=False, two_tiers=True)
    return latest


@transaction.atomic
def load_default_catalogue(year: int, *, districts: bool = True) -> Catalogue:
    """Return the catalogue of `year`, made from the files in data/ unless the year has one already.

    A catalogue with contents is returned as it is: the board may have edited it.
    """
    catalogue, _ = Catalogue.objects.get_or_create(year=year, two_tiers=False)
    if catalogue.indicators.exists():
        return catalogue
    data = read_catalogue(_law_of(year, districts))
    return _fill(catalogue, data.sections.items(), data.indicators.values(), data.rules)


@transaction.atomic
def copy_catalogue(
    source: Catalogue, year: int, *, districts: bool = True, two_tiers: bool = False
) -> Catalogue:
    """Return the catalogue of `year`, made as a copy of `source` unless the year has one already.

    Across the end of the district tier (2025 → 2026) the district level is taken off, and what only
    districts entered is left out together with the rules and ratios that name it. With `two_tiers` it
    stands beside the one of the parts of the year that had districts.
    """
    catalogue, _ = Catalogue.objects.get_or_create(year=year, two_tiers=two_tiers)
    if catalogue.indicators.exists():
        return catalogue
    rows, rules = _rows_of(source), _rules_of(source)
    if source.year <= LAST_DISTRICT_YEAR < _law_of(year, districts):
        rows, rules = _without_district(rows, rules, source.year)
    return _fill(catalogue, _sections_of(source), rows, rules)


def _law_of(year: int, districts: bool) -> int:
    """Return the year whose shipped catalogue fits: 2025 told on the units of its end is like 2026."""
    return year if districts else max(year, LAST_DISTRICT_YEAR + 1)


@transaction.atomic
def _take_districts_off(catalogue: Catalogue) -> None:
    """Make a catalogue anew without the district level, where it has it."""
    if catalogue.year > LAST_DISTRICT_YEAR:
        return
    sections = _sections_of(catalogue)
    rows, rules = _without_district(_rows_of(catalogue), _rules_of(catalogue), catalogue.year)
    for row in [*catalogue.rules.all(), *catalogue.indicators.all(), *catalogue.sections.all()]:
        row.delete()
    _fill(catalogue, sections, rows, rules)


def _sections_of(source: Catalogue) -> list[tuple[str, str]]:
    return list(source.sections.order_by("order", "pk").values_list("code", "label"))


def _rules_of(source: Catalogue) -> list[dict]:
    return [
        {name: getattr(rule, name) for name in _RULE_COLUMNS} | {"indicator": rule.indicator.code}
        for rule in source.rules.select_related("indicator").order_by("pk")
    ]


def _rows_of(source: Catalogue) -> list[dict]:
    """Return the indicators of `source` in order, section and parent given by their codes."""
    return [
        {name: getattr(indicator, name) for name in _INDICATOR_COLUMNS}
        | {
            "section": indicator.section.code,
            "parent": indicator.parent.code if indicator.parent else "",
        }
        for indicator in source.indicators.order_by("order", "pk").select_related(
            "section", "parent"
        )
    ]


def _without_district(
    rows: list[dict], rules: list[dict], old: int
) -> tuple[list[dict], list[dict]]:
    """Return copies of `rows` and `rules` as they must stand once there is no district level.

    A row or rule still as shipped takes what the files say for the new law; others only lose the H.
    """
    law = LAST_DISTRICT_YEAR + 1
    shipped_before, shipped_after = read_catalogue(old), read_catalogue(law)
    before, after = shipped_before.indicators, shipped_after.indicators
    kept: dict[str, dict] = {}
    for row in rows:
        shipped = before.get(row["code"])
        row = dict(row)
        letters = without_district(row["entry_levels"], law)
        if shipped and row["code"] in after:
            for name in ("formula", "guidance"):
                if row[name] == shipped[name]:
                    row[name] = after[row["code"]][name]
            if row["entry_levels"] == shipped["entry_levels"]:
                letters = after[row["code"]]["entry_levels"]
        only_district = row["entry_levels"] and not letters
        if not only_district and not (shipped and row["code"] not in after):
            kept[row["code"]] = row | {"entry_levels": letters}
    for row in kept.values():
        row["parent"] = row["parent"] if row["parent"] in kept else ""
    # A shipped rule that speaks of districts: the new law has another in its place, or none.
    old_words = {*map(_words, shipped_before.rules)} - {*map(_words, shipped_after.rules)}
    instead = {(rule["indicator"], rule["expression"]): rule for rule in shipped_after.rules}
    rules = [
        instead.get((rule["indicator"], rule["expression"]), {"levels": "H"})
        if _words(rule) in old_words
        else rule
        for rule in rules
    ]
    return list(kept.values()), [
        rule | {"levels": without_district(rule["levels"], law)}
        for rule in rules
        if rule["levels"] != "H"
        and rule["indicator"] in kept
        and names_in(parse(rule["expression"])) <= kept.keys()
    ]


def _words(rule: dict) -> tuple[str, str, str]:
    """Return what makes a rule the one that was shipped."""
    return rule["indicator"], rule["expression"], rule["message"]


def _fill(
    catalogue: Catalogue,
    sections: Iterable[tuple[str, str]],
    rows: Iterable[dict],
    rules: Iterable[dict],
) -> Catalogue:
    """Create what hangs on `catalogue`, in order; rows name their section, parent and indicator by code."""
    made = [
        Section(catalogue=catalogue, code=code, label=label, order=order)
        for order, (code, label) in enumerate(sections, start=1)
    ]
    audited_bulk_create(made)
    by_section, rows = {section.code: section for section in made}, list(rows)
    indicators = [
        Indicator(
            catalogue=catalogue,
            section=by_section[row["section"]],
            order=order,
            **{name: row[name] for name in _INDICATOR_COLUMNS},
        )
        for order, row in enumerate(rows, start=1)
    ]
    audited_bulk_create(indicators)
    by_code = {indicator.code: indicator for indicator in indicators}
    parts = [row for row in rows if row["parent"]]
    for row in parts:
        by_code[row["code"]].parent = by_code[row["parent"]]
    Indicator.objects.bulk_update([by_code[row["code"]] for row in parts], ["parent"])
    audited_bulk_create(
        [
            Rule(
                catalogue=catalogue,
                indicator=by_code[rule["indicator"]],
                **{name: rule[name] for name in _RULE_COLUMNS},
            )
            for rule in rules
        ]
    )
    return catalogue
