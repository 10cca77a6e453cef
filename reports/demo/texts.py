"""The written part (NX01–NX05) of demonstration reports: paragraphs put together from texts.csv."""

import csv
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from reports.demo.board import DemoUnit
from reports.demo.chance import pick

FILE = Path(__file__).with_name("texts.csv")


@cache
def sentences(letter: str) -> dict[tuple[str, int], list[str]]:
    """Return the sentences units of a level may use, by indicator code and place in the text."""
    found: dict[tuple[str, int], list[str]] = {}
    with FILE.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if letter in row["levels"]:
                found.setdefault((row["code"], int(row["place"])), []).append(row["sentence"])
    return dict(sorted(found.items()))


def paragraphs(unit: DemoUnit, year: int, row: Mapping) -> dict[str, str]:
    """Return the texts of one report by indicator code: one sentence for each place."""
    words = {"place": unit.name, "next": year + 1, "DT03": f"{row['DT03']:02d}"}
    texts: dict[str, str] = {}
    for (code, place), choices in sentences(unit.letter).items():
        sentence = pick(choices, code, place, unit.code, year).format(**words)
        texts[code] = f"{texts.get(code, '')} {sentence}".strip()
    return texts
