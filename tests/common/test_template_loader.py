"""Line breaks and indentation of our templates never reach the browser; everything else does."""

import pytest
from django.template import engines
from django.template.loader import get_template
from django.test import override_settings

from danvan.common.web.template_loader import trimmed


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("<ul>\n  <li>một\n  </li>\n</ul>\n", "<ul><li>một</li></ul>"),
        ("<p>\n  Vui lòng\n  <b>chọn</b>\n  lại\n</p>", "<p>Vui lòng <b>chọn</b> lại</p>"),
        ("<b>một</b>\n<i>hai</i>", "<b>một</b> <i>hai</i>"),
        ('<a\n  class="x"\n  href="/"\n>đi</a\n>', '<a class="x" href="/">đi</a>'),
        (
            "<button>\n  Lưu\n</button>\n<button>\n  Gửi\n</button>",
            "<button>Lưu</button> <button>Gửi</button>",
        ),
        ("một  hai", "một  hai"),
    ],
)
def test_breaks_go_and_words_stay_apart(written, sent):
    assert trimmed(written) == sent


@pytest.fixture
def site(tmp_path, settings):
    """A folder of templates read as our own are."""
    options = settings.TEMPLATES[0]
    with override_settings(TEMPLATES=[{**options, "DIRS": [tmp_path]}]):
        yield tmp_path
    engines._templates = None


def test_values_are_never_touched(site):
    (site / "a.html").write_text("<textarea>{{ text }}</textarea>\n<pre>{{ text }}</pre>\n")
    text = "dòng một\n  dòng hai\n"
    shown = get_template("a.html").render({"text": text})
    assert shown == f"<textarea>{text}</textarea> <pre>{text}</pre>"


def test_a_partial_brings_no_space_of_its_own(site):
    (site / "part.html").write_text(
        "{% comment %}About.{% endcomment %}\n{% load danvan %}\n<b>{{ x }}</b>\n"
    )
    (site / "a.html").write_text('<p>({% include "part.html" %})</p>\n')
    assert get_template("a.html").render({"x": 1}) == "<p>(<b>1</b>)</p>"


def test_a_mistake_is_reported_on_the_line_it_stands_on(site):
    (site / "a.html").write_text("<p>\n\n  {{ x }}\n</p>\n")
    nodes = get_template("a.html").template.nodelist
    assert [node.token.lineno for node in nodes] == [1, 3, 3]


def test_templates_of_packages_stay_as_they_are():
    node = get_template("django/forms/widgets/textarea.html").template.nodelist[-1]
    assert "\n" in node.s or "\n" in str(get_template("admin/base.html").template.source)
    texts = get_template("admin/base.html").template.nodelist
    assert any("\n" in getattr(text, "s", "") for text in texts)
