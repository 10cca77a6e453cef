"""The outline of a long page: its sections with how much of each is there, and the lines looked for."""

from dataclasses import dataclass

from danvan.common.text import search_key


@dataclass(frozen=True)
class OutlineLine:
    """One section in the index beside a table: `filled` of `total` lines hold something.

    `notes` say what else is there ("3 nhận xét"); `url` leads to the section (default: its place on the
    page, `#CODE`).
    """

    code: str
    number: str
    label: str
    filled: int
    total: int
    notes: tuple[str, ...] = ()
    is_bad: bool = False
    is_current: bool = False
    url: str = ""

    @property
    def mark(self) -> str:
        """The CSS class of the line: something needs a look, all is there, or neither."""
        return "problem" if self.is_bad else "done" if self.filled == self.total else ""

    @property
    def address(self) -> str:
        """Where the line leads."""
        return self.url or f"#{self.code}"


def notes_of(*pairs: tuple[int, str]) -> tuple[str, ...]:
    """Return the notes for (count, word) pairs, those of nothing left out: (3, "nhận xét") → "3 nhận xét"."""
    return tuple(f"{count} {word}" for count, word in pairs if count)


def has_words(words: str, *texts: str) -> bool:
    """Return whether every word of `words` stands in `texts`, with or without marks; nothing is held by all."""
    wanted = search_key(words).split()
    if not wanted:
        return True
    key = search_key(" ".join(texts))
    return all(word in key for word in wanted)
