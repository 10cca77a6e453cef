from decimal import Decimal
from types import SimpleNamespace

import pytest
from django.contrib.auth.models import AnonymousUser
from django.template import Context, Template

from danvan.accounts.rights import Action
from danvan.common.templatetags.danvan import figure


def render(text: str, **context) -> str:
    return Template("{% load danvan %}" + text).render(Context(context))


@pytest.mark.parametrize(
    ("number", "shown"),
    [(None, "—"), ("", "—"), (0, "0"), (1140, "1.140"), (Decimal("90.50"), "90,5"), (-3, "-3")],
)
def test_figure_tells_blank_from_zero(number, shown):
    assert figure(number) == shown


def test_figure_in_a_template_is_not_localised_twice():
    assert render("{{ n|figure }} {{ m|figure:1 }}", n=Decimal("14600"), m=90) == "14.600 90,0"


def test_can_asks_the_rights_table():
    user = SimpleNamespace(is_authenticated=True, can=lambda action: Action(action) == "review")
    template = "{% can user 'review' as may %}{{ may }} {% can user 'import' as may %}{{ may }}"
    assert render(template, user=user) == "True False"


def test_can_refuses_an_unknown_action():
    user = SimpleNamespace(is_authenticated=True, can=lambda action: bool(Action(action)))
    with pytest.raises(ValueError, match="fly"):
        render("{% can user 'fly' as may %}", user=user)


def test_can_of_a_person_who_is_not_logged_in_is_no():
    template = "{% can user 'view' as may %}{{ may }}"
    assert render(template, user=AnonymousUser()) == "False"


def test_meter_fills_its_width_without_gaps_or_overlap():
    html = render("{% meter 'Đã duyệt' 3 approved=1 sent=1 returned=1 %}")
    assert 'x="0" width="333"' in html
    assert 'x="333" width="334"' in html
    assert 'x="667" width="333"' in html
    assert 'aria-label="Đã duyệt"' in html
    assert "style=" not in html


def test_meter_of_nothing_is_empty():
    assert "<rect" not in render("{% meter 'Chưa có' 0 approved=0 %}")


def test_meter_takes_parts_by_value_and_never_overflows():
    html = render("{% meter label 2000 parts %}", label="<b>", parts=[("late", 1999), ("done", 5)])
    assert 'x="0" width="1000"' in html
    assert html.count("<rect") == 1
    assert "&lt;b&gt;" in html
    assert "1.000" not in html, "thousand separators have no place in SVG coordinates"
