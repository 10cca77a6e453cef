"""The words people read: which are not Vietnamese, and which docs/words.md has rejected.

Read are the texts of a page, what is told to who cannot see it, and the texts of workbooks and documents:
charts, comments, headers, footers and properties too. What a browser would say by itself, in its own
language, about a field of ours counts as foreign: a form with such a field says novalidate.
Code, and what stands on a button of another program, is marked as such (<code>, lang="en") and left out.
"""

import io
import re
import zipfile
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from django.test import Client
from lxml import etree, html

from danvan.common.sheets.syllables import is_syllable
from danvan.common.text import clean_line

DOCS = Path(__file__).parent.parent / "docs/words.md"
UNREAD = {"script", "style", "template", "code", "pre", "kbd"}
SPOKEN = ("title", "aria-label", "aria-description", "placeholder", "alt", "label")
# Attributes and elements of workbooks and documents that are shown.
SHOWN = {"promptTitle", "prompt", "errorTitle", "error", "name"}
TOLD = {
    "t",
    "v",
    "title",
    "subject",
    "creator",
    "description",
    "keywords",
    "lastModifiedBy",
    "author",
}
TOLD |= {"category", "Company", "Manager", "oddHeader", "oddFooter", "evenHeader", "evenFooter"}
PARTS = re.compile(
    r"(sharedStrings|sheet\d+|workbook|comment\w*|chart\d+|document|header\d|footer\d|core|app|custom)\.xml"
)
PRINTED = re.compile(
    r'&[LCRPNDTAFG]|&"[^"]*"|&\d+'
)  # codes of a header: &P is the number of the page
# What lets a browser judge a field itself.
JUDGED = (
    ".//*[@required or @pattern or @min or @max or @type='number' or @type='email' or @type='url']"
)
# Names, and what has no other name.
NAMES = {
    *(
        "Excel",
        "Word",
        "Power",
        "Menu",
        "menu",
        "Unicode",
        "ActiveX",
        "cookie",
        "OpenAPI",
        "web",
        "Web",
        "macro",
    ),
    *("LibreOffice", "byte", "xlsx", "docx", "csv", "Chrome", "Edge", "Firefox", "Safari", "Times"),
    *("New", "Roman", "VnTime", "Ctrl", "Shift", "Enter", "m²", "km", "km²", "Đắk", "Lắk"),
}
# English words that look like Vietnamese syllables nobody uses.
ENGLISH = {"the", "them", "then", "on", "by", "go", "my", "be"}
# xa-13369, DT01, %(days)d, .docx, an address of the net
CODE = re.compile(r"[\d@_{}=\\%]|^\W*https?:|\w/\w+/|\.\w+\.|^\W*\.\w+\W*$|V/v")
WORD = re.compile(r"[^\W\d_]+")
CAPITALS = re.compile(r"[A-ZĐ]{1,5}")  # shortened words: MTTQ, CT-XH
CUT = re.compile(r"\w*…|{[{%].*?[}%]}")  # and what a template of Word asks for


def texts_of_page(page: str) -> Iterator[str]:
    """Yield every text of a page that is read or told."""
    yield from _texts(html.document_fromstring(page))


def _texts(node: html.HtmlElement) -> Iterator[str]:
    if isinstance(node.tag, str) and node.tag not in UNREAD and node.get("lang") != "en":
        yield node.text or ""
        yield from (node.get(name, "") for name in SPOKEN)
        if node.tag == "input" and node.get("type") in {"submit", "button", "reset"}:
            yield node.get("value", "")
        for child in node:
            yield from _texts(child)
    yield node.tail or ""


def texts_of_file(content: bytes) -> Iterator[str]:
    """Yield every text of a workbook or Word document."""
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        for name in parts.namelist():
            if PARTS.search(name):
                yield from _texts_of_part(name, parts.read(name))


def _texts_of_part(name: str, content: bytes) -> Iterator[str]:
    for node in etree.fromstring(content).iter():
        tag = etree.QName(node).localname
        if tag in TOLD:
            yield PRINTED.sub(" ", node.text or "")
        if tag in {"sheet", "dataValidation"}:
            yield from (value for key, value in node.attrib.items() if key in SHOWN)


# What shows words of the browser itself: its own button, or how its own language writes a day.
SPEAKING = """.//input[@type='date' or @type='month' or @type='week' or @type='time'
    or @type='datetime-local' or (@type='file' and not(parent::span[@class='dv-file']))]"""


def left_to_the_browser(page: str) -> Iterator[str]:
    """Yield the names of fields that speak the browser's own language, or of which it would complain in it."""
    tree = html.document_fromstring(page)
    for field in tree.xpath(SPEAKING):
        yield f"{field.get('type')}: {field.get('name')}"
    for form in tree.iter("form"):
        if form.get("novalidate") is None:
            for field in form.xpath(JUDGED):
                if field.get("type") != "hidden":
                    yield f"novalidate: {field.get('name', field.tag)}"


@lru_cache(100_000)
def foreign(text: str) -> tuple[str, ...]:
    """Return the words of `text` that are not Vietnamese; codes, addresses and what is cut off say nothing."""
    return tuple(
        word
        for part in CUT.sub(" ", clean_line(text)).split()
        if not CODE.search(part)
        for word in WORD.findall(part)
        if word.isalpha() and word not in NAMES and not CAPITALS.fullmatch(word)
        if word.lower() in ENGLISH or not is_syllable(word)
    )


def without_marks(text: str) -> bool:
    """Return whether `text` is words, none of which has a mark: no Vietnamese of several words is so."""
    words = [word for part in text.split() if not CODE.search(part) for word in WORD.findall(part)]
    words = [word for word in words if word not in NAMES and not CAPITALS.fullmatch(word)]
    return len(words) > 3 and all(map(str.isascii, words))


def rejected_words() -> dict[str, re.Pattern]:
    """Return the rejected words of docs/words.md, each with what finds it."""
    found = {}
    for line in DOCS.read_text().splitlines():
        cells = [cell.strip() for cell in line.split("|")[1:-1]]
        if len(cells) != 3 or cells[0] == "word" or set(cells[0]) == {"-"}:
            continue
        for word in filter(None, cells[2].split("; ")):
            word, _, kept = word.removesuffix(")").partition(" (ngoài: ")
            found[word] = _finder(word, [one for one in kept.split(", ") if one])
    return found


def _finder(word: str, kept: list[str]) -> re.Pattern:
    """Return a pattern that finds `word` as whole words, outside the longer phrases `kept`."""
    spared = "".join(
        f"(?<!{re.escape(phrase.partition(word)[0])})" if phrase.partition(word)[0] else
        f"(?!{re.escape(phrase)})"
        for phrase in kept
    )  # fmt: skip
    return re.compile(rf"(?<![^\W\d_]){spared}{re.escape(word)}(?![^\W\d_])", re.IGNORECASE)


REJECTED = rejected_words()


@lru_cache(100_000)
def wrong_words(text: str) -> tuple[str, ...]:
    """Return what is wrong with the words of `text`: English, or rejected ones."""
    found = foreign(text) or ((clean_line(text)[:40],) if without_marks(text) else ())
    return (*found, *(word for word, finder in REJECTED.items() if finder.search(text)))


def wrong_words_of(answer: bytes) -> set[str]:
    """Return what is wrong with the words of an answer: a page, a workbook, a document; nothing of others."""
    if answer.lstrip()[:9].lower() == b"<!doctype":
        page = answer.decode()
        texts, own = texts_of_page(page), left_to_the_browser(page)
    elif answer.startswith(b"PK"):
        texts, own = texts_of_file(answer), iter(())
    else:
        return set()
    return {*own, *(word for text in texts for word in wrong_words(text))}


class Reading(Client):
    """A browser of the tests that reads every page and file it gets; names of accounts are no words."""

    spared = frozenset({"quantri", "lanhdao"})

    def request(self, **request):
        answer = super().request(**request)
        if not answer.streaming:
            wrong = wrong_words_of(answer.content) - self.spared
            assert wrong == set(), (request.get("PATH_INFO"), wrong)
        return answer
