"""One figure and one section of a report as its page shows them: plain data, filled by form.py."""

from __future__ import annotations

from dataclasses import dataclass, field

from danvan.common.outline import OutlineLine, has_words, notes_of
from reports.figures.rules import Finding
from reports.figures.writing import Conflict
from reports.models import Indicator, Remark, Section, ValueType


@dataclass
class Entry:
    """One figure on the page: what is typed, what stands beside it and what is said about it.

    `changed` tells that it is not what it was (`was`) when the report was last returned or reopened.
    """

    indicator: Indicator
    typed: str = ""
    qualifier: str = ""
    note: str = ""
    shown: str = ""
    prior: str = ""
    counted: str = ""
    records_url: str = ""
    error: str = ""
    problems: list[Finding] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)
    conflict: Conflict | None = None
    conflict_shown: str = ""
    changed: bool = False
    was: str = ""
    change: str = ""

    @property
    def code(self) -> str:
        return self.indicator.code

    @property
    def unit_of_measure(self) -> str:
        """The unit that stands behind the label; words and ranks have none."""
        has_unit = self.indicator.value_type not in (ValueType.TEXT, ValueType.RATING)
        return self.indicator.unit_of_measure if has_unit else ""

    @property
    def classes(self) -> str:
        """The CSS classes of the line: what kind of figure, and whether it needs a look."""
        kinds = {
            "entry-text": self.indicator.value_type == ValueType.TEXT,
            "sub": self.indicator.parent_id,
            "bad": self.is_bad,
            "remarked": self.is_open,
        }
        return " ".join(name for name, holds in kinds.items() if holds)

    @property
    def needs_note(self) -> bool:
        """Return whether a warning waits for an explanation."""
        return any(problem.severity == "warning" and problem.stops for problem in self.problems)

    @property
    def has_extras(self) -> bool:
        """Return whether note and qualifier should stand open."""
        return bool(self.note or self.needs_note or self.qualifier not in ("", "exact"))

    @property
    def deviates(self) -> bool:
        """Return whether a rule has something to say of the figure, or the unit explained it."""
        return bool(self.problems or self.note)

    @property
    def is_open(self) -> bool:
        """Return whether the reviewer asked for a look and the figure is still as it was."""
        return bool(self.remarks) and not self.changed

    @property
    def is_bad(self) -> bool:
        """Return whether something must be done here before sending."""
        return bool(self.error or self.conflict or any(problem.stops for problem in self.problems))


@dataclass
class EntrySection:
    """The figures of one theme, with how many of them are filled."""

    number: int
    section: Section
    entries: list[Entry] = field(default_factory=list)

    @property
    def required(self) -> list[Entry]:
        """The entries that count for the progress: typed here and no part by organisation."""
        return [
            e for e in self.entries if not e.indicator.is_computed and not e.indicator.is_component
        ]

    @property
    def filled(self) -> int:
        """How many of them hold something."""
        return sum(bool(entry.typed) for entry in self.required)

    @property
    def bad(self) -> int:
        """How many figures need a look."""
        return sum(entry.is_bad for entry in self.entries)

    @property
    def has_counted(self) -> bool:
        """Return whether the records give a figure here."""
        return any(entry.counted for entry in self.entries)

    def narrowed(self, words: str, *, deviating: bool = False) -> EntrySection:
        """Return the section with the entries that hold `words` alone, or of them those that deviate."""
        kept = [
            entry
            for entry in self.entries
            if has_words(words, entry.code, entry.indicator.label)
            and (entry.deviates or not deviating)
        ]
        return EntrySection(self.number, self.section, kept)

    @property
    def outline(self) -> OutlineLine:
        """The section's line in the index: filled, remarked, changed."""
        remarked = sum(bool(entry.remarks) for entry in self.entries)
        changed = sum(entry.changed for entry in self.entries)
        return OutlineLine(
            self.section.code,
            str(self.number),
            self.section.label,
            filled=self.filled,
            total=len(self.required),
            notes=notes_of((remarked, "có nhận xét"), (changed, "đã sửa")),
            is_bad=bool(self.bad),
        )
