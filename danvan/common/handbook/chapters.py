"""The chapters as they stand in chapters/*.md, cut into passages.

A chapter begins with "# Title" and a line of what it is for; a passage with "## Title {#anchor}". Anchors
are unique in the whole book. In the text `[words](anchor)` leads to a passage, `[words](trang:view-name)`
to a page, `![what is seen](name)` shows one of PICTURES. The tables beside them name pages and anchors.
"""

import re
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

from django.templatetags.static import static
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from markdown import Markdown
from markdown.extensions import Extension
from markdown.treeprocessors import Treeprocessor

from danvan.common.data import toml_data
from danvan.common.outline import has_words

FOLDER = Path(__file__).parent / "chapters"
SLUGS = ("can-bo", "ban-dan-van", "lanh-dao", "quan-tri", "vi-sao")  # in the order they are offered
# Name → height of the files static/handbook/<name>.webp (tests/handbook_pictures.py makes them).
PICTURES = {
    "ban-lam-viec": 420,
    "ghi-ho-so": 440,
    "nhap-bao-cao": 330,
    "nhap-tu-excel": 380,
    "xet-duyet": 330,
    "tong-hop": 400,
    "ky-bao-cao": 300,
}
PICTURE_WIDTH = 760
_PASSAGE = re.compile(r"^## (?P<title>.+?) \{#(?P<anchor>[a-z0-9-]+)\}\n", re.MULTILINE)
_PAGE = "trang:"
_MARKUP = re.compile(r"!\[[^\]]*\]\([^)]*\)|\]\([^)]*\)|[*\[#]")


@dataclass(frozen=True)
class Passage:
    """A piece of a chapter that other pages lead to. `text` is as written, in Markdown."""

    chapter: str
    anchor: str
    title: str
    text: str

    @property
    def url(self) -> str:
        return f"{reverse('handbook:chapter', args=[self.chapter])}#{self.anchor}"

    @cached_property
    def html(self) -> SafeString:
        """The passage as HTML. The text is ours and comes with the program."""
        made = Markdown(extensions=[_Leading()], output_format="html").convert(self.text)
        return mark_safe(made)  # noqa: S308 - a file of the repository, nothing that anybody typed

    @property
    def begin(self) -> str:
        """Return its first words without marks of Markdown, for a list of what was found."""
        plain = " ".join(_MARKUP.sub("", self.text).split())
        return plain if len(plain) <= 160 else plain[:160].rsplit(" ", 1)[0] + "…"


@dataclass(frozen=True)
class Chapter:
    """One chapter: for whom, about what, its passages in order."""

    slug: str
    title: str
    lead: str
    passages: tuple[Passage, ...]


@cache
def chapter_of(slug: str) -> Chapter:
    """Return the chapter of an address. Raises KeyError for an unknown one."""
    if slug not in SLUGS:
        raise KeyError(slug)
    head, *pieces = _PASSAGE.split((FOLDER / f"{slug}.md").read_text(encoding="utf-8"))
    title, lead = head.removeprefix("# ").split("\n", 1)
    passages = tuple(
        Passage(slug, anchor, name, text.strip())
        for name, anchor, text in zip(pieces[::3], pieces[1::3], pieces[2::3], strict=True)
    )
    return Chapter(slug, title.strip(), lead.strip(), passages)


@cache
def book() -> dict[str, Passage]:
    """Return all passages by anchor, in the order of the book."""
    return {one.anchor: one for slug in SLUGS for one in chapter_of(slug).passages}


@cache
def table(name: str) -> dict[str, Any]:
    """Return the table chapters/<name>.toml."""
    return toml_data(FOLDER / f"{name}.toml")


def passage_of(view_name: str) -> Passage | None:
    """Return the passage about a page, None where there is none (the handbook itself, Django's admin)."""
    anchors = table("pages")
    anchor = anchors.get(view_name) or anchors.get(view_name.partition(":")[0])
    return book()[anchor] if anchor else None


def found(words: str) -> list[Passage]:
    """Return the passages that hold all `words`, with or without marks; those that are called so first."""
    held = [one for one in book().values() if has_words(words, one.title, one.text)]
    return sorted(held, key=lambda one: not has_words(words, one.title))


class _Leading(Extension):
    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802 - the library's name
        md.treeprocessors.register(_Links(md), "links", 1)


class _Links(Treeprocessor):
    """Leads links to passages and pages, and pictures to their files. Raises KeyError on an unknown one."""

    def run(self, root: Element) -> None:
        for link in root.iter("a"):
            wanted = link.get("href", "")
            page = wanted.startswith(_PAGE)
            link.set("href", reverse(wanted.removeprefix(_PAGE)) if page else book()[wanted].url)
        for image in root.iter("img"):
            name = image.get("src", "")
            image.set("src", static(f"handbook/{name}.webp"))
            image.set("width", str(PICTURE_WIDTH))
            image.set("height", str(PICTURES[name]))
            image.set("loading", "lazy")
