"""The handbook: whole, found by words, led to from pages and refusals; its pictures are those it shows."""

import gzip
import re

import pytest
from django.test import TestCase
from django.urls import reverse

from danvan.common.handbook.chapters import (
    PICTURE_WIDTH,
    PICTURES,
    SLUGS,
    book,
    chapter_of,
    found,
    passage_of,
    table,
)
from danvan.common.handbook.first_steps import FIRST_STEPS
from danvan.common.handbook.why import Why
from tests import words
from tests.cast import build_cast, build_world
from tests.matrix import MATRIX
from tests.source import APP_FILES, ROOT, TEMPLATES

MOST_PICTURE = 25_000
NAMED = re.compile(r'{%\s*why "([^"]*)"| why="([^"]*)"')
WITHOUT_PASSAGE = ("handbook:", "admin:", "api-v1:", "api-unknown")  # the last two answer programs


def test_every_passage_can_be_read_and_every_link_in_it_leads_somewhere():
    assert len(book()) == sum(
        len(chapter_of(slug).passages) for slug in SLUGS
    )  # anchors are unique
    for passage in book().values():
        assert len(passage.text) > 80, passage.anchor
        assert "](" not in passage.html, passage.anchor
        assert "style=" not in passage.html
        assert passage.begin


def test_every_kind_of_refusal_has_its_passage_and_every_such_passage_its_kind():
    assert {one.anchor for one in chapter_of("vi-sao").passages} == set(Why)


def test_every_kind_is_named_by_a_template_or_by_code_and_no_other_is():
    told = {a or b for path in TEMPLATES for a, b in NAMED.findall(path.read_text())}
    assert told <= set(Why)
    code = "\n".join(path.read_text() for path in APP_FILES)
    used = told | {kind for kind in Why if f"Why.{kind.name}" in code}
    assert used == set(Why)


def test_every_button_and_page_that_the_handbook_names_is_on_a_page():
    """What stands bold is what is read on the screen, letter by letter."""
    files = [*TEMPLATES, *APP_FILES, *(ROOT / "static").glob("*.js")]
    written = " ".join(path.read_text() for path in files)
    bare = re.sub(r"{%.*?%}|{{.*?}}|<[^>]*>", "", written, flags=re.DOTALL)
    shown = " ".join((*written.split(), *bare.split()))
    named = {word for one in book().values() for word in re.findall(r"\*\*([^*]+)\*\*", one.text)}
    assert {word for word in named if word not in shown} == set()
    assert len(named) > 40


def test_every_page_for_people_has_its_passage_and_every_row_its_page():
    passages = table("pages")
    assert set(passages.values()) <= book().keys()
    names = {name for name in MATRIX if not name.startswith(WITHOUT_PASSAGE)}
    shown = {name for name in names if any(r.method == "GET" for r in MATRIX[name])}
    open_ones = {"favicon", "healthz", "worker", "accounts:login", "accounts:code"}
    assert {name for name in shown - open_ones if passage_of(name) is None} == set()
    parts = {name.partition(":")[0] for name in names}
    assert passages.keys() <= names | parts
    assert passage_of("handbook:index") is None


def test_the_pictures_are_those_that_the_chapters_show_small_and_of_the_size_that_is_told():
    text = "".join(passage.text for passage in book().values())
    shown = re.findall(r"!\[([^\]]+)\]\(([^)]+)\)", text)
    assert sorted(name for _, name in shown) == sorted(PICTURES)
    assert all(len(words) > 20 for words, _ in shown)  # for those who cannot see it
    files = {path.stem: path.read_bytes() for path in (ROOT / "static/handbook").iterdir()}
    assert files.keys() == PICTURES.keys()
    for name, content in files.items():
        assert len(content) <= MOST_PICTURE, name
        assert content[8:16] == b"WEBPVP8X"
        width, height = (int.from_bytes(content[at : at + 3], "little") + 1 for at in (24, 27))
        assert (width, height) == (PICTURE_WIDTH, PICTURES[name]), name


def test_passages_are_found_with_and_without_marks_titles_first():
    assert found("gia hạn")[0].anchor == "gia-han"
    assert found("gia han") == found("gia hạn")
    assert found("khong co tu nay zz") == []


@pytest.mark.parametrize("chapter", FIRST_STEPS)
def test_each_role_has_three_steps_that_lead_to_pages_and_passages(chapter):
    assert len(FIRST_STEPS[chapter]) == 3
    for step in FIRST_STEPS[chapter]:
        assert reverse(step.page)
        assert step.passage.title
        assert words.wrong_words(f"{step.title}. {step.text}") == ()


class HandbookTest(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.cast = build_cast()
        cls.world = build_world(cls.cast)

    def test_each_reader_is_offered_the_own_chapter_first(self):
        for name, slug in (
            ("xa-13369", "can-bo"), ("huyen-349", "ban-dan-van"), ("tinh", "ban-dan-van"),
            ("lanhdao", "lanh-dao"), ("quantri", "quan-tri"),
        ):  # fmt: skip
            self.client.force_login(self.cast[name])
            page = self.client.get(reverse("handbook:index"))
            assert page.context["chapters"][0].slug == slug
            assert len(page.context["chapters"]) == len(SLUGS)
            steps = self.client.get(reverse("handbook:welcome"))
            assert steps.context["steps"] == FIRST_STEPS[slug]
            for step in FIRST_STEPS[slug]:  # nobody is led to a page that is closed to him
                assert self.client.get(reverse(step.page)).status_code == 200, step.page

    def test_chapters_are_small_and_ask_little(self):
        self.client.force_login(self.cast["xa-13369"])
        for slug in SLUGS:
            url = reverse("handbook:chapter", args=[slug])
            with self.subTest(slug):
                page = self.client.get(url)
                assert len(gzip.compress(page.content)) < 15_000
                for passage in chapter_of(slug).passages:
                    self.assertContains(page, f'id="{passage.anchor}"', count=1)

    def test_search_leads_to_the_passage(self):
        self.client.force_login(self.cast["xa-13369"])
        page = self.client.get(reverse("handbook:index"), {"q": "mat khau"})
        self.assertContains(page, 'href="/huong-dan/can-bo/#dang-nhap"')
        none = self.client.get(reverse("handbook:index"), {"q": "xyzt"})
        self.assertContains(none, "không có đoạn nào")
        now = self.client.get(reverse("reports:guidance_now"), {"q": "bi thu"})
        self.assertRedirects(now, reverse("reports:guidance", args=[2024]) + "?q=bi+thu")

    def test_the_title_of_a_page_stands_beside_its_passage(self):
        self.client.force_login(self.cast["tinh"])
        for name, anchor in (("reports:review", "xet-duyet"), ("reports:periods", "mo-ky")):
            self.assertContains(self.client.get(reverse(name)), f'{book()[anchor].url}">Hướng dẫn')
