"""What people read is Vietnamese, and one thing has one name (docs/words.md): in the source.

Pages, refusals, workbooks and documents are read by tests/test_permission_matrix.py, which asks for all.
"""

import ast
import csv
import re
from collections.abc import Iterator
from pathlib import Path

import polib
import pytest
from django.conf import settings

from tests import words
from tests.source import APP_FILES, TREES, relative
from tests.test_templates import COMMENT, TEMPLATES, name
from tests.test_translations import CATALOGUES, is_vietnamese

# What reads the words of others, is written for programs or whoever runs the site, or makes letters.
ELSEWHERE = (
    *("common/sheets/", "common/text.py", "reports/demo/", "sheets/columns.py", "sheets/years.py"),
    *(
        "units/loader.py",
        "reports/api/",
        "management/commands/",
        "word/filling.py",
    ),
)
SAID = {
    "ValidationError",
    "PermissionDenied",
    "Http404",
    "EntryProblem",
    "FileRefused",
    "ApiProblem",
}
SHOWN = {"label", "help_text", "verbose_name", "verbose_name_plural", "empty_label", "hint"}


def said(node: ast.AST) -> Iterator[str]:
    """Yield the texts of a call that shows them, whatever their language."""
    if isinstance(node, ast.Call):
        called = (
            node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        )
        shown = [part.value for part in node.keywords if part.arg in SHOWN]
        for part in [*(node.args if called in SAID else []), *shown]:
            if isinstance(part, ast.Constant) and isinstance(part.value, str):
                yield part.value


def is_text(value: object) -> bool:
    """Return whether a constant is Vietnamese text; patterns of the module re are none."""
    return isinstance(value, str) and is_vietnamese(value) and not re.search(r"\(\?|\\", value)


def texts_of(path: Path) -> Iterator[str]:
    """Yield the texts of a Python file that people read: Vietnamese ones, and those of calls that show."""
    docs = {
        id(node.body[0].value)
        for node in ast.walk(TREES[path])
        if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(TREES[path]):
        if isinstance(node, ast.Constant) and id(node) not in docs and is_text(node.value):
            yield node.value
        yield from said(node)


def test_every_text_of_python_is_vietnamese_and_says_one_thing_by_one_word():
    found, read = {}, 0
    for path in APP_FILES:
        if "migrations" in path.parts or any(part in relative(path) for part in ELSEWHERE):
            continue
        for text in texts_of(path):
            read += 1
            if wrong := words.wrong_words(text):
                found[f"{relative(path)}: {text[:60]}"] = wrong
    assert found == {}
    assert read > 1500


def test_what_is_told_of_a_refused_file_is_vietnamese():
    (path,) = [path for path in APP_FILES if relative(path).endswith("sheets/precheck.py")]
    told = list(texts_of(path))
    assert {text: wrong for text in told if (wrong := words.wrong_words(text))} == {}
    assert len(told) > 10


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_every_text_of_a_template_is_vietnamese_and_says_one_thing_by_one_word(path):
    """Pages nobody can be sent to (of faults, of refused posts) as well; what is given to a partial too."""
    text = COMMENT.sub("", path.read_text())
    given = re.findall(r"{%\s*include[^%]*%}|{%\s*meter[^%]*%}", text)
    given = [
        part for tag in given for part in re.findall(r"\"([^\"]*)\"", tag) if is_vietnamese(part)
    ]
    text = re.sub(r"{% block main_class %}.*?{% endblock %}|{{.*?}}", "", text, flags=re.DOTALL)
    bare = re.sub(r"{%.*?%}", " ", text, flags=re.DOTALL)
    assert words.wrong_words_of(f"<!doctype html><p>{bare} {' '.join(given)}".encode()) == set()


@pytest.mark.parametrize("path", sorted((Path(settings.BASE_DIR) / "static").glob("*.js")), ids=str)
def test_every_text_of_a_script_is_vietnamese(path):
    texts = re.findall(
        r"[\"`]([^\"`\n]*)[\"`]", re.sub(r"^\s*//.*$", "", path.read_text(), flags=re.M)
    )
    texts = [re.sub(r"\$\{[^}]*\}", " ", text) for text in texts if is_vietnamese(text)]
    assert [wrong for text in texts if (wrong := words.wrong_words(text))] == []


@pytest.mark.parametrize(
    "path", sorted((Path(settings.BASE_DIR) / "static").glob("*.css")), ids=str
)
def test_what_a_style_sheet_writes_is_vietnamese(path):
    """Marks before figures on a phone or on paper are words people read."""
    texts = re.findall(r"content:\s*\"([^\"]*)\"", path.read_text())
    assert [wrong for text in texts if (wrong := words.wrong_words(text))] == []


def test_english_and_rejected_words_are_found_wherever_they_are_read():
    page = """<!DOCTYPE html><title>Báo cáo search</title><p title="Please wait">Số liệu<img alt="Logo here">
        <input type="submit" value="Submit"><input placeholder="Username"><option>None</option>
        <code>for</code> <b lang="en">Refresh</b> xa-13369 DT01 Excel, MTTQ <a>on to the men</a> Nhấn nút"""
    found = words.wrong_words_of(page.encode())
    assert found == {
        *("search", "Please", "wait", "Logo", "here", "Submit", "Username", "None", "on", "the"),
        *("nhấn",),
    }


def test_a_field_that_a_browser_would_complain_of_in_its_own_language_is_found():
    field = '<!DOCTYPE html><form {}><input name="a" {}></form>'
    for judged in ("required", 'type="email"', 'min="1"', "pattern='x'"):
        assert words.wrong_words_of(field.format("", judged).encode()) == {"novalidate: a"}
        assert words.wrong_words_of(field.format("novalidate", judged).encode()) == set()
    assert words.wrong_words_of(field.format("", 'type="hidden" required').encode()) == set()


def test_a_field_whose_button_or_sample_is_the_browsers_own_is_found():
    page = '<!DOCTYPE html><form novalidate><span class="dv-file">{}</span>{}</form>'
    for kind in ("file", "date", "month", "time"):
        own = f'<input type="{kind}" name="a">'
        assert words.wrong_words_of(page.format("", own).encode()) == {f"{kind}: a"}
    chosen = '<input type="file" name="a"><span>Chọn tệp…</span>'
    assert words.wrong_words_of(page.format(chosen, "").encode()) == set()


def test_the_list_of_words_is_read_whole():
    assert words.REJECTED.keys() >= {"phê duyệt", "mục lục", "hạn gửi", "bản ghi"}
    assert words.wrong_words("Văn bản ghi ngày 5") == ()
    assert words.wrong_words("Các bản ghi đã phê duyệt") == ("bản ghi", "phê duyệt")


@pytest.mark.parametrize("name", ["django", "djangojs"])
def test_what_translations_say_is_vietnamese_and_in_our_words(name):
    """Of Django and the packages too: most of it stands on no page of the tests."""
    wrong = {}
    for entry in polib.pofile(str(CATALOGUES / f"{name}.po")):
        for text in (entry.msgstr, *entry.msgstr_plural.values()):
            bare = re.sub(r"<[^>]+>|%\(\w+\)[srd]|%[sd]|{[^}]*}", " ", text)
            if found := words.wrong_words(bare):
                wrong[text] = found
    assert wrong == {}


TOLD_BY_FILES = (
    "reports/catalogue/data/*.csv",
    "records/guidance/*.csv",
    "danvan/common/handbook/chapters/*.md",
)


@pytest.mark.parametrize(
    "path", [path for told in TOLD_BY_FILES for path in Path(settings.BASE_DIR).glob(told)], ids=str
)
def test_what_the_shipped_texts_say_is_vietnamese(path):
    """Labels and sentences of guidance of all years, chapters: most stand on no page of the tests."""
    text = path.read_text(encoding="utf-8-sig")
    if path.suffix == ".csv":
        cells = [cell for row in csv.reader(text.splitlines()) for cell in row]
        texts = [cell for cell in cells if is_vietnamese(cell)]
    else:
        texts = re.sub(r"`[^`]*`|\]\([^)]*\)|{#[^}]*}", " ", text).splitlines()
    assert {text: wrong for text in texts if (wrong := words.wrong_words(text))} == {}
