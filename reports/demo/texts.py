"""The words of the demonstration: titles and names (words.csv), the written part of reports (texts.csv)."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from danvan.common.data import csv_rows
from reports.demo.board import DemoUnit
from reports.demo.chance import pick

TEXTS, WORDS = (Path(__file__).with_name(name) for name in ("texts.csv", "words.csv"))


@cache
def words(kind: str) -> list[str]:
    """Return the words of a kind: titles of records, parts of names, explanations."""
    return [row["words"] for row in csv_rows(WORDS) if row["kind"] == kind]


@cache
def sentences(letter: str) -> dict[tuple[str, int], list[str]]:
    """Return the sentences units of a level may use, by indicator code and place in the text."""
    found: dict[tuple[str, int], list[str]] = {}
    for row in csv_rows(TEXTS):
        if letter in row["levels"]:
            found.setdefault((row["code"], int(row["place"])), []).append(row["sentence"])
    return dict(sorted(found.items()))


def paragraphs(unit: DemoUnit, year: int, row: Mapping) -> dict[str, str]:
    """Return the texts (NX01–NX05) of one report by indicator code: one sentence for each place."""
    filled = {"place": unit.name, "next": year + 1, "DT03": f"{row['DT03']:02d}"}
    texts: dict[str, str] = {}
    for (code, place), choices in sentences(unit.letter).items():
        sentence = pick(choices, code, place, unit.code, year).format(**filled)
        texts[code] = f"{texts.get(code, '')} {sentence}".strip()
    return texts
