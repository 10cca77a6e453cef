"""A whole document of an office in Word: its letterhead, text and tables, who signs, who receives it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from reports.documents.letterhead import Letterhead
from reports.documents.word.paper import Paper, StyledLine
from reports.documents.word.styles import RULE, SUBJECT

HEAD_SPLIT, FOOT_SPLIT = 40, 50  # percent of the page for the left block


@dataclass(frozen=True)
class WordHeading:
    """A heading within the text; 1 is the highest."""

    text: str
    depth: int = 1


@dataclass(frozen=True)
class WordTable:
    """A table within the text; `shares` are the widths of its columns relative to each other."""

    heads: Sequence[str]
    rows: Sequence[Sequence[Any]]
    shares: Sequence[float]


LetterBlock = str | WordHeading | WordTable


def letter(head: Letterhead, kind: str, abstract: str, blocks: Iterable[LetterBlock]) -> bytes:
    """Return a .docx of an office: the whole letterhead, `blocks` (a str is a paragraph), the signature.

    `kind` is the kind of document ("Báo cáo"); "" makes an official letter (công văn), whose abstract
    stands below its number. The caller gives `head` the number and the symbol of that kind.
    """
    paper = Paper(head.layout, abstract)
    left = list(left_lines(head))
    if not kind:
        left.append((abstract, SUBJECT))
    paper.beside(left, head.right, HEAD_SPLIT)
    if kind:
        write_title(paper, head.styled(kind, "kind"), abstract)
    else:
        paper.add("", SUBJECT)
    for block in blocks:
        match block:
            case str():
                paper.add(block)
            case WordHeading():
                paper.heading(block.text, block.depth)
            case WordTable():
                paper.table(block.heads, block.rows, block.shares)
    write_signing(paper, head.recipient_lines, (*head.signing, (head.signer, "signer")))
    return paper.data()


def left_lines(head: Letterhead) -> Iterable[StyledLine]:
    """Yield the lines of the issuing body; where no sign stands below it, its rule does."""
    for text, style in head.left:
        yield text, style
        if style == "issuer" and not head.layout.below_issuer:
            yield "", RULE


def write_title(paper: Paper, kind: str, abstract: str) -> None:
    """Write what the document is, what it is about, and the sign below it."""
    paper.add(kind, "kind")
    paper.add(abstract, "abstract")
    paper.add(paper.layout.rule, "number")


def write_signing(paper: Paper, recipients: Iterable[str], signing: Iterable[StyledLine]) -> None:
    """Write who receives the document and, beside it, who signs."""
    paper.add("", "recipients")
    left = [(text, "recipients") for text in recipients]
    if left:
        left.insert(0, ("Nơi nhận:", "recipients_head"))
    paper.beside(left, signing, FOOT_SPLIT)
