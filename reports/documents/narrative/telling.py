"""A consolidation in sentences: what is known is said, what is unknown is not, 0 only where it is the news."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from danvan.units.models import Level
from danvan.units.organisations import BOARDS_MERGED
from reports.consolidation.summary import Consolidation, Line
from reports.consolidation.units import Breakdown
from reports.documents.letterhead import spelled
from reports.documents.narrative.figures import ToldFigures, is_zero
from reports.documents.narrative.sentences import FIGURE, Phrases, Sentence, phrases
from reports.documents.narrative.spans import span_text
from reports.models import Spelling

Texts = Mapping[str, Sequence[str]]  # paragraphs by the code of their heading (NX01)
_SEVERAL = re.compile(r"\[([^\]]*)\]")
_OTHER = "ban_dan_van"  # where an indicator of a section unknown to the data file goes


@dataclass(frozen=True)
class Paragraph:
    """Sentences that belong together: those of one section of the catalogue below one heading."""

    place: str
    section: str
    sentences: tuple[str, ...]

    @property
    def text(self) -> str:
        return " ".join(self.sentences)


@dataclass(frozen=True)
class Narrative:
    """A report in words. `sentences` are those about each indicator, by code; `texts` what people wrote."""

    told: ToldFigures
    span: str
    paragraphs: tuple[Paragraph, ...]
    sentences: dict[str, str]
    texts: Texts

    @property
    def found(self) -> Consolidation:
        """The figures it tells."""
        return self.told.found

    def below(self, place: str) -> list[str]:
        """Return the paragraphs below a heading of the outline: sentences first, then written texts."""
        written = (
            text
            for code, heading in phrases().texts.items()
            if heading == place
            for text in self.texts.get(code, ())
        )
        return [*(p.text for p in self.paragraphs if p.place == place), *written]


def tell(
    found: Consolidation,
    texts: Texts | None = None,
    *,
    several: bool,
    breakdown: Breakdown | None = None,
    rank: bool = False,
    spelling: str = Spelling.NEW,
) -> Narrative:
    """Return `found` in words.

    `several` tells that many units report, `rank` that the best and the last of `breakdown` are named,
    `texts` are the written paragraphs by heading, which keep the `spelling` of those who wrote them.
    """
    told = ToldFigures(found, several, breakdown)
    teller = _Teller(told, rank=rank)
    said = [(sentence, spelled(text, spelling)) for sentence, text in teller.all(phrases())]
    return Narrative(
        told=told,
        span=span_text(found),
        paragraphs=tuple(_with_span(_paragraphs(said, found), span_text(found))),
        sentences={sentence.main: text for sentence, text in said if sentence.main},
        texts=texts or {},
    )


def is_several(found: Consolidation) -> bool:
    """Tell whether the reports of many units are in the scope: a board's, not those of one office."""
    return not found.scope.any_state and found.scope.unit.level in (Level.PROVINCE, Level.DISTRICT)


class _Teller:
    """Says one sentence after the other."""

    def __init__(self, told: ToldFigures, *, rank: bool) -> None:
        self.told, self.rank = told, rank
        end = max((year.end for year in told.found.years), default=BOARDS_MERGED)
        self.board = "Ban dân vận" if end < BOARDS_MERGED else "Ban tuyên giáo và dân vận"

    def all(self, known: Phrases) -> Iterator[tuple[Sentence, str]]:
        """Yield the sentences with what they say; those of indicators the file does not know come last."""
        unknown = (
            Sentence(known.sections.get(line.definition.section_code, _OTHER), _usual(line))
            for code, line in self.told.found.lines.items()
            if code not in known.known
        )
        for sentence in (*known.sentences, *unknown):
            if text := self.said(sentence):
                yield sentence, f"{text}."

    def said(self, sentence: Sentence) -> str:
        """Return what a sentence says, "" where it says nothing."""
        line = self.told.line(sentence.main)
        if line is not None and is_zero(line.total):
            return sentence.zero if self._is_news(line) else ""
        text = self.clause(sentence.text)
        parts = [part for part in map(self.clause, sentence.parts) if part]
        if not text or (not sentence.main and not parts):
            return ""
        also = "".join(self.clause(more) for more in sentence.also)
        change = self.told.change(line, sentence.noun) if line is not None else ""
        change = f", {change}" if change else ""
        # What begins with a comma comes after the change, what goes on with the noun before it.
        text += change + also if also.startswith(",") else also + change
        if parts and not (line is not None and self._is_whole(sentence, line, len(parts))):
            text += f"{', trong đó:' if sentence.main else ':'} {'; '.join(parts)}"
        return text + (self._ranked(sentence.main) if sentence.rank and self.rank else "")

    def _is_whole(self, sentence: Sentence, line: Line, parts: int) -> bool:
        """Tell whether the only part that is known is all of it: then it is not said again."""
        known = filter(None, (self.told.line(code) for code in sentence.part_codes))
        return parts == 1 and line.total.number in {part.total.number for part in known}

    def clause(self, text: str) -> str:
        """Return a clause with its figures, "" where one of them is unknown or 0."""
        lines = {found["code"]: self.told.line(found["code"]) for found in FIGURE.finditer(text)}
        if any(line is None or is_zero(line.total) for line in lines.values()):
            return ""

        def figure(found: re.Match[str]) -> str:
            line = lines[found["code"]]
            if line is None or found["noun"] is None:
                return self.told.plain(line) if line else ""
            noun, _bar, rest = found["noun"].removeprefix("|").partition("|")
            return self.told.full(line, noun, rest)

        text = text.replace("<ban>", self.board)
        text = _SEVERAL.sub(r"\1" if self.told.several else "", text)
        return FIGURE.sub(figure, text)

    def _is_news(self, line: Line) -> bool:
        """Tell whether 0 can be said to be so: all reports are in, and each of them says it."""
        found = self.told.found
        letters = {Level(level).letter for level in found.levels}
        asked = letters <= set(line.definition.entry_levels)
        return found.is_complete and (not asked or line.total.reports >= found.expected)

    def _ranked(self, code: str) -> str:
        best, last = self.told.best(code), self.told.last(code)
        return (
            f". Đơn vị có số liệu cao nhất là {best}; thấp nhất là {last}" if best and last else ""
        )


def _usual(line: Line) -> str:
    """Return the sentence of an indicator for which the data file has none."""
    unit = "" if line.definition.is_ratio else line.definition.unit_of_measure
    label = line.definition.label.replace("{", "(").replace("}", ")")
    return f"{label}: {{{line.code}|{unit}}}"


def _paragraphs(said: list[tuple[Sentence, str]], found: Consolidation) -> list[Paragraph]:
    """Put together what belongs to one heading and one section, in the order of the headings."""
    groups: dict[tuple[str, str], list[str]] = {}
    for sentence, text in said:
        section = found.lines[sentence.codes[0]].definition.section_code
        groups.setdefault((sentence.place, section), []).append(text)
    order = list(phrases().places)
    rows = [Paragraph(place, section, tuple(s)) for (place, section), s in groups.items()]
    return sorted(rows, key=lambda paragraph: order.index(paragraph.place))


def _with_span(rows: list[Paragraph], span: str) -> Iterator[Paragraph]:
    """Let the first sentence below each heading say which span it is about."""
    seen: set[str] = set()
    for row in rows:
        if row.place not in seen:
            seen.add(row.place)
            first, *others = row.sentences
            row = replace(row, sentences=(f"{_capital(span)}, {_lowered(first)}", *others))
        yield row


def _capital(span: str) -> str:
    """Return a span at the head of a sentence: "Năm 2022", "Trong 2 năm 2021–2022"."""
    return f"Trong {span}" if span[:1].isdigit() else f"{span[:1].upper()}{span[1:]}"


def _lowered(sentence: str) -> str:
    """Return a sentence to go on within another; abbreviations keep their capitals."""
    return sentence if sentence[1:2].isupper() else f"{sentence[:1].lower()}{sentence[1:]}"
