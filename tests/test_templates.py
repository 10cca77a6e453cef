"""Rules every template keeps: it compiles, carries nothing inline, and asks no other host."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.template.loader import get_template

ROOT = Path(settings.BASE_DIR)
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
STATIC = sorted(path for path in (ROOT / "static").rglob("*") if path.suffix in {".css", ".js"})
COMMENT = re.compile(r"{% comment %}.*?{% endcomment %}|{#.*?#}", re.DOTALL)
# Names of XML languages, not addresses anything is fetched from.
NAMESPACES = ("http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink")


def name(path: Path) -> str:
    return str(path.relative_to(ROOT / "templates"))


def found(pattern: str, text: str) -> list[str]:
    return [match.group(0)[:80] for match in re.finditer(pattern, text, re.IGNORECASE | re.DOTALL)]


@pytest.fixture(params=TEMPLATES, ids=name)
def template(request) -> Path:
    return request.param


def test_template_compiles(template):
    get_template(name(template))


def test_template_carries_nothing_inline(template):
    """The content security policy allows neither inline scripts nor inline styles."""
    text = COMMENT.sub("", template.read_text())
    inline = found(r"<script(?![^>]*\bsrc=)[^>]*>|<style\b", text)
    inline += found(r"<[a-z][^>]*\s(?:style|on[a-z]+)\s*=\s*[\"'{]", text)
    inline += found(r"javascript:", text)
    assert inline == []


def test_template_marks_nothing_safe(template):
    assert found(r"\|\s*safe\b|autoescape\s+off", COMMENT.sub("", template.read_text())) == []


def test_every_post_form_carries_a_token(template):
    text = template.read_text()
    for form in re.finditer(r"<form\b[^>]*method=[\"']?post.*?</form>", text, re.I | re.S):
        assert "csrf_token" in form.group(0) or "{% crispy" in form.group(0), form.group(0)[:80]


def test_every_day_that_is_typed_has_a_calendar_beside(template):
    fields = re.findall(r"<input\b[^>]*>", template.read_text())
    days = [field for field in fields if re.search(r'ngày/tháng/năm|maxlength="10"', field)]
    assert [field for field in days if "data-day" not in field] == []


def test_page_says_which_blocks_and_context_it_has(template):
    """Partials name their context, pages their blocks and context, in a comment at the top."""
    assert "{% comment %}" in template.read_text()[:400]


def test_template_can_be_read(template):
    """Lines ≤ 110 characters, ≤ 120 of them, ≤ 5 KB: what is longer belongs into a partial or the view."""
    text = template.read_text()
    assert [line for line in text.splitlines() if len(line) > 110] == []
    assert len(text.splitlines()) <= 120
    assert len(text.encode()) <= 5 * 1024


def test_no_line_breaks_inside_what_keeps_white_space(template):
    """The loader takes line breaks out of a template's own text; inside these two elements they are shown."""
    kept = found(r"<(pre|textarea)\b[^>]*>[^<]*?\n.*?</\1>", template.read_text())
    assert [text for text in kept if "\n" in text.partition(">")[2]] == []


@pytest.mark.parametrize("path", [*TEMPLATES, *STATIC], ids=lambda path: path.name)
def test_no_request_leaves_the_server(path):
    text = path.read_text()
    for namespace in NAMESPACES:
        text = text.replace(namespace, "")
    text = re.sub(r"/\*!.*?\*/", "", text, flags=re.DOTALL)  # the licence note names its home
    assert found(r"(?:https?:)?//(?:[a-z0-9-]+\.)+[a-z]{2,}[^\s\"')]*", text) == []


def test_every_static_file_that_is_named_exists():
    named = {
        match
        for path in TEMPLATES
        for match in re.findall(r"{% static ['\"]([^'\"]+)['\"] %}", path.read_text())
    }
    assert {file for file in named if finders.find(file) is None} == set()
    assert "danvan.css" in named


def test_every_form_control_has_a_label():
    """An <input> written by hand has a label, an aria-label or is hidden; a widget's comes from its form."""
    bare = []
    for path in TEMPLATES:
        text = COMMENT.sub("", path.read_text())
        for control in re.finditer(r"<(?:input|select|textarea)\b[^>]*>", text):
            tag = control.group(0)
            if re.search(r"type=[\"']?(hidden|submit)|\shidden|aria-label|{{ widget", tag):
                continue
            identifier = re.search(r"\sid=\"([^\"]+)\"", tag)
            inside = "<label" in text[: control.start()].rsplit("</label>", 1)[-1]
            if not inside and not (identifier and f'for="{identifier[1]}"' in text):
                bare.append(f"{name(path)}: {tag[:80]}")
    assert bare == []
