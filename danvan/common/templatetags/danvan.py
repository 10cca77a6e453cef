"""Template tags of the whole site: figures, rights, meters."""

from decimal import Decimal
from typing import Any

from django import template
from django.conf import settings

from danvan.common.handbook.chapters import book
from danvan.common.handbook.why import kind_of_refusal
from danvan.common.numbers import format_number

register = template.Library()


@register.filter
def figure(number: Decimal, places: int | None = None) -> str:
    """Return `number` as offices write it ("1.140", "90,5"); "—" where no figure is known.

    Zero is a figure, an empty field is not one.
    """
    return "—" if number is None or number == "" else format_number(number, places)


@register.simple_tag
def can(user: Any, action: str) -> bool:
    """Return whether the rights table gives `user` the right to `action`.

    {% can user "review" as may_review %}: buttons and refused requests ask the same table. Raises
    ValueError for an unknown action.
    """
    return user.is_authenticated and user.can(action)


@register.simple_tag
def site_owner() -> str:
    """Return whose site this is, shown below its name (setting SITE_OWNER)."""
    return settings.SITE_OWNER


@register.inclusion_tag("partials/why.html", takes_context=True)
def why(context: Any, *codes: object) -> dict:
    """Lead from a refusal to the passage that explains it: {% why "da-gui-da-khoa" %}, {% why error.code %}.

    Of several codes the first counts that names a kind of refusal; where none does nothing is shown. Who is
    not logged in reads the passage on the spot.
    """
    kind = next(filter(None, map(kind_of_refusal, codes)), None)
    user = context.get("user")
    inside = user is None or not user.is_authenticated
    return {"passage": book()[kind] if kind else None, "inside": inside}


@register.inclusion_tag("partials/meter.html")
def meter(label: str, total: Any, parts: Any = (), *, tall: bool = False, **kinds: Any) -> dict:
    """Draw a bar of `total` divided into parts: {% meter "Đã duyệt 12/20" 20 approved=12 sent=3 %}.

    `parts` is a list of (kind, count) for counts that are not known by name; a kind is the end of a
    CSS class fill-approved, -sent, -returned, -draft, -late, -done or -bar. Widths are whole
    thousandths: the content security policy allows no style attribute.
    """
    bars, done = [], 0
    for kind, count in [*parts, *kinds.items()]:
        start = _thousandths(done, total)
        done += count or 0
        bars.append({"kind": kind, "x": start, "width": _thousandths(done, total) - start})
    return {"label": label, "bars": [bar for bar in bars if bar["width"]], "tall": tall}


def _thousandths(part: Any, whole: Any) -> int:
    return min(1000, round(part * 1000 / whole)) if whole else 0


@register.filter
def item(mapping: dict, key: Any) -> Any:
    """Return `mapping[key]`, None where it is missing."""
    return mapping.get(key)
