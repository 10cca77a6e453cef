"""What is said of which indicator, read from the data file: no sentence stands in the code."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from danvan.common.data import toml_data

FILE = Path(__file__).parent / "data" / "sentences.toml"
# {DT01} or {DT01|noun|what follows the noun}
FIGURE = re.compile(r"\{(?P<code>[A-Z]+\d+(?:\.[A-Z]+)?)(?P<noun>\|[^{}]*)?\}")


@dataclass(frozen=True)
class Sentence:
    """One sentence of the draft as the data file has it; the file says what each part means."""

    place: str
    text: str
    also: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    zero: str = ""
    rank: bool = False

    @cached_property
    def main(self) -> str:
        """The code of the figure that the sentence is about; "" where it only introduces its parts."""
        found = FIGURE.search(self.text)
        return found["code"] if found else ""

    @cached_property
    def noun(self) -> str:
        """What the figure that it is about counts: "hội nghị"."""
        found = FIGURE.search(self.text)
        return (found["noun"] or "").strip("|").partition("|")[0] if found else ""

    @cached_property
    def codes(self) -> tuple[str, ...]:
        """The codes of all figures it may show, that it is about first."""
        return codes_in((self.text, *self.also, *self.parts))

    @cached_property
    def part_codes(self) -> tuple[str, ...]:
        """The codes of its parts."""
        return codes_in(self.parts)


def codes_in(texts: Iterable[str]) -> tuple[str, ...]:
    """Return the codes of the figures in `texts`, in order."""
    return tuple(found["code"] for text in texts for found in FIGURE.finditer(text))


@dataclass(frozen=True)
class Phrases:
    """The data file: headings by name, sentences in order, what has no sentence."""

    places: dict[str, str]
    texts: dict[str, str]
    sections: dict[str, str]
    silent: frozenset[str]
    sentences: tuple[Sentence, ...]

    @cached_property
    def told(self) -> frozenset[str]:
        """The codes that some sentence shows."""
        return frozenset(code for sentence in self.sentences for code in sentence.codes)

    @cached_property
    def known(self) -> frozenset[str]:
        """The codes that stand in the file: one that a year does not have is blank, no unknown name."""
        return self.told | self.silent


@cache
def phrases() -> Phrases:
    """Return what the data file says."""
    data = toml_data(FILE)
    rows = (
        Sentence(also=tuple(row.pop("also", ())), parts=tuple(row.pop("parts", ())), **row)
        for row in data["sentence"]
    )
    return Phrases(
        data["places"],
        data["texts"],
        data["sections"],
        frozenset(data["silent"]["codes"]),
        tuple(rows),
    )
