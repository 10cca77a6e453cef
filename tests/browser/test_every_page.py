"""Every page of the permission matrix, looked at in the browser.

First as one part, at both sizes: no English, nothing wider than the window or the paper, nothing the
browser complains about, at most 15 KB (the consolidation 20) over the wire, and no serious finding of
axe (labels, contrast, names of links and buttons).

Then every page as every part that gets it (200 in tests/matrix.py), on the desktop: no error in the
console, which is where the browser reports what the content security policy refused; no request to
another host (both watched by conftest.new_page); and no violation of WCAG 2.2 A and AA found by axe.
axe looks once at each shape of a page: two parts whose pages have the same set of elements, classes and
roles share one look. Downloads are opened once. The pages of Django's admin are looked at as the superuser.
Pages that answer a post (what is asked before something is done, forms that are refused) are looked at once,
in both sizes, as the first part that gets one; those of the matrix where they show an element (tag, classes,
role, type) that neither a form of them shows when it is opened nor another answer has.
"""

import datetime
import re
import uuid

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from django.urls import reverse
from lxml import html
from playwright.sync_api import Error as PlaywrightError

from danvan.units.models import UnitSuccession
from reports.models import Report, State
from tests import chromium
from tests.cast import PASSWORD
from tests.matrix import COLUMNS, MATRIX
from tests.records.data import make, typed
from tests.urlconf import admin_routes

pytestmark = pytest.mark.browser

# The part that looks at a page: the first of these that gets it.
READERS = ("clerk", "district", "province", "superuser")
LATER_PAGE, CONSOLIDATION = 15 * 1024, 20 * 1024
DESKTOP, PHONE = ({"width": width, "height": height} for width, height in chromium.SIZES.values())
PROGRAMS = "api-v1:"  # answers programs, not people
ENGLISH = re.compile(
    r"\b(the|this|is|are|and|or|of|with|from|please|enter|required|field|select|choice|submit|delete"
    r"|search|filter|error|invalid|yes|next|previous|page|add|save|edit|view|value|password|username"
    r"|january|february|monday|sunday|today|login|logout|none|true|false)\b",
    re.IGNORECASE,
)


def pages() -> list[tuple[str, str, int]]:
    """Return (URL name, reader, number of the row) of everything that can be read as a page."""
    found = []
    for name, rows in MATRIX.items():
        for number, row in enumerate(rows):
            expected = row.expected()
            reader = next((column for column in READERS if expected[column] == 200), None)
            if row.method == "GET" and reader and not name.startswith(PROGRAMS):
                found.append((name, reader, number))
    return found


def address(name: str, number: int, world) -> str:
    row = MATRIX[name][number]
    return reverse(name, kwargs=row.arguments(world) if row.arguments else {}) + row.query


def visit(page, url: str):
    """Open `url`; return the answer, None for a download or anything else that is not a page."""
    try:
        answer = page.goto(url)
    except PlaywrightError as error:
        if "Download is starting" not in str(error):
            raise
        return None
    return answer if "text/html" in answer.headers.get("content-type", "") else None


def findings(page) -> list[str]:
    """Return what is wrong with the page that is open."""
    text = page.locator("body").inner_text()
    found = [f"English: {match.group(0)}" for match in ENGLISH.finditer(text)][:5]
    if excess := chromium.sideways(page):
        found.append(f"wider than the window by {excess} pixels")
    if page.locator("h1").count() != 1:
        found.append(f"{page.locator('h1').count()} headings of the first level")
    return found


def axe_findings(page) -> list[str]:
    """Return the serious findings of axe, each with the first element it names."""
    return [
        f"{violation['id']}: {violation['nodes'][0]['html'][:120]}"
        for violation in Axe().run(page).response["violations"]
        if violation["impact"] in {"serious", "critical"}
    ]


WCAG = {
    "runOnly": {
        "type": "tag",
        "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"],
    },
    "rules": {"target-size": {"enabled": True}},
    "resultTypes": ["violations"],
    "preload": False,  # it would copy style sheets into the page, which the policy refuses
}
# The set of what the page is made of: tag, classes, kind of control.
SHAPE = """() => [...new Set([...document.querySelectorAll("body *")].map(
    e => `${e.tagName}.${e.className}.${e.getAttribute("role")}.${e.getAttribute("type")}`))].sort().join()"""


def wcag_violations(page, part: str | None = None) -> list[str]:
    """Return every violation of WCAG 2.2 A and AA that axe finds (in `part`), with the first element of each.

    The window is as high as the page meanwhile: a bar that sticks to its edge covers half a button only
    until somebody scrolls, and must not make it seem too small.
    """
    size = page.viewport_size
    height = page.evaluate("document.documentElement.scrollHeight")
    page.set_viewport_size({**size, "height": max(height, size["height"])})
    try:
        violations = Axe().run(page, part, options=WCAG).response["violations"]
    finally:
        page.set_viewport_size(size)
    return [f"{found['id']}: {found['nodes'][0]['html'][:160]}" for found in violations]


def addresses(world) -> list[tuple[str, str, dict[str, int]]]:
    """Return (URL name, address, status by part) of everything somebody can read."""
    return [
        (name, address(name, number, world), row.expected())
        for name, rows in MATRIX.items()
        for number, row in enumerate(rows)
        if row.method == "GET" and 200 in row.expected().values() and not name.startswith(PROGRAMS)
    ]


def test_every_page_as_everybody_who_may_open_it(page_as, new_page, world):
    readable = addresses(world)
    looked, downloads, problems, visits = set(), set(), {}, 0
    for column, person in COLUMNS.items():
        page = page_as(person) if person else new_page()
        for name, url, expected in readable:
            if expected[column] != 200 or name in downloads:
                continue
            answer = visit(page, url)
            if answer is None:
                downloads.add(name)
                continue
            visits += 1
            shape = (name, page.evaluate(SHAPE))
            found = [] if answer.status == 200 else [f"answers {answer.status}"]
            if shape not in looked:
                looked.add(shape)
                found += wcag_violations(page)
            if found:
                problems[f"{name} ({column}) {url}"] = found
        page.context.close()
    assert problems == {}
    assert visits > 150
    assert len(looked) > len({name for name, _ in looked}), "parts see different pages"


def test_every_page_of_the_admin_as_the_only_part_that_gets_in(page_as, world):
    person = world.cast["xa-13369"]
    rows = {
        "admin:accounts_user": person.pk,
        "admin:units_administrativeunit": person.unit_id,
        "admin:units_unitsuccession": UnitSuccession.objects.values_list("pk", flat=True)[0],
    }
    page, problems, opened = page_as(COLUMNS["superuser"]), {}, set()
    for route in admin_routes():
        # Of the rest some are doors, some answer to scripts.
        row = next((pk for kind, pk in rows.items() if route.name.startswith(kind)), None)
        if row is None and route.name not in ("admin:index", "admin:app_list"):
            continue
        arguments = {"app_label": "accounts", "pk": row, "object_id": str(row)}
        steps = ("cap-mat-khau", "chuyen", "ngung") if "name" in route.arguments else ("",)
        for step in steps:
            known = {**arguments, "name": step}
            answer = visit(page, reverse(route.name, kwargs={n: known[n] for n in route.arguments}))
            if answer and answer.status == 200 and page.url not in opened:
                opened.add(page.url)
                found = wcag_violations(page)
                if pressed := chromium.pressed_on_paper(page):
                    found.append(f"does not belong on paper: {pressed[:3]}")
                if excess := chromium.off_paper(page):
                    found.append(f"wider than its paper by {excess} pixels")
                if found:
                    problems[page.url] = found
    assert problems == {}
    assert len(opened) > 12


@pytest.mark.parametrize("size", list(chromium.SIZES))
def test_every_page_reads_well(page_as, world, size):
    opened, problems, weights = {}, {}, {}
    for name, reader, number in pages():
        url = address(name, number, world)
        if reader not in opened:
            opened[reader] = page_as(COLUMNS[reader], size)
        page = opened[reader]
        answer = visit(page, url)
        if answer is None:
            continue
        weights[name] = answer.request.sizes()["responseBodySize"]
        found = findings(page) + (axe_findings(page) if size == "desktop" else [])
        if size == "desktop" and (excess := chromium.off_paper(page)):
            found.append(f"wider than its paper by {excess} pixels")
        if size == "desktop" and (pressed := chromium.pressed_on_paper(page)):
            found.append(f"does not belong on paper: {pressed[:3]}")
        if found:
            problems[f"{name} ({reader}) {url}"] = found
    heavy = {
        name: weight
        for name, weight in weights.items()
        if weight > (CONSOLIDATION if name == "reports:consolidation" else LATER_PAGE)
    }
    assert problems == {}
    assert heavy == {}, "bytes over the wire"
    assert len(weights) > 20, "most pages of the matrix were looked at"


# Sends fields as a form of the page that is open would, with its token.
SEND = """([url, fields]) => {
    const form = document.createElement("form");
    const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
    form.method = "post";
    form.action = url;
    for (const [name, value] of [["csrfmiddlewaretoken", token], ...fields]) {
        const field = Object.assign(document.createElement("input"), { type: "hidden", name, value });
        form.append(field);
    }
    document.body.append(form);
    form.submit();
}"""


def send(page, url: str, data: dict) -> int:
    """Post `data` to `url` as a form of the open page; return the status of the page that answers."""
    fields = [
        (name, str(one))
        for name, value in data.items()
        for one in (value if isinstance(value, list) else [value])
    ]
    with page.expect_navigation() as answer:
        page.evaluate(SEND, [url, fields])
    return answer.value.status


def answers(world) -> list[tuple[str, str, str, dict, int]]:
    """Return (name, reader, address, fields, status) of every page that answers a post."""
    found = []
    for name, rows in MATRIX.items():
        for row in rows:
            told = row.expected()
            reader = next((c for c in READERS if told[c] in (200, 409, 422)), None)
            if row.method == "POST" and reader and not name.startswith("api-"):
                url = reverse(name, kwargs=row.arguments(world) if row.arguments else {})
                data = row.data(world) if row.data else {}
                found.append((name, reader, url + row.query, data, told[reader]))
    return found


def showing_something_new(found: list[tuple], world) -> list[tuple]:
    """Return those of the answers `found` with an element that no form of them shows when it is opened."""
    clients, chosen = {}, []
    for _, reader, *_ in found:
        if reader not in clients:
            clients[reader] = Client()
            clients[reader].force_login(world.cast[COLUMNS[reader]])
    known = set().union(*(elements(clients[reader].get(url)) for _, reader, url, *_ in found))
    for one in found:
        _, reader, url, data, _ = one
        if new := elements(clients[reader].post(url, data)) - known:
            known |= new
            chosen.append(one)
    return chosen


def elements(answer) -> set[tuple]:
    """Return what the part of a page that is its own is made of: tag, classes, role, kind of control."""
    content = b"" if answer.streaming else answer.content
    answer.close()
    main = html.fromstring(content or b"<p>").xpath("//main//*[not(self::option)]")
    return {(e.tag, *map(e.get, ("class", "role", "type"))) for e in main}


def asked_before(world) -> list[tuple[str, str, str, dict, int]]:
    """Return the same of what is shown before something is done, and of what is asked or told only once."""
    waiting = list(Report.objects.filter(reviewer__code="349").exclude(pk=world.report.pk)[:3])
    Report.objects.filter(pk__in=[one.pk for one in waiting[:2]]).update(state=State.SUBMITTED)
    chosen = {"chosen": [f"{one.pk}.{one.version}" for one in waiting]}
    unit = world.cast["xa-13363"].unit
    make("dialogue-conference", unit, start_date=datetime.date(2024, 5, 6))
    twin = typed("dialogue-conference", unit, token=str(uuid.uuid4()))
    opening = {
        "year": "2025", "kind": "year", "start": "15/12/2024", "end": "14/12/2025",
        "structure_date": "14/12/2025", "due_commune": "10/12/2025", "due_district": "15/12/2025",
        "due_province": "20/12/2025",
    }  # fmt: skip
    key = {"label": "Power BI", "days": "30", "password": PASSWORD}
    review = reverse("reports:review")
    return [
        ("twins", "sibling", reverse("records:create", args=["dialogue-conference"]), twin, 409),
        ("approve", "district", review, chosen | {"ask": "1"}, 200),
        ("extend many", "district", review, chosen | {"extend": "1"}, 200),
        ("results", "district", review, chosen, 200),
        ("preview", "province", reverse("reports:period_open"), opening, 200),
        ("new key", "clerk", reverse("accounts:tokens"), key, 200),
    ]


def test_every_page_that_answers_a_post(page_as, world):
    opened, problems = {}, {}
    found = showing_something_new(answers(world), world)
    assert len(found) > 5
    for name, reader, url, data, status in [*asked_before(world), *found]:
        if reader not in opened:
            opened[reader] = page_as(COLUMNS[reader])
            opened[reader].on("dialog", lambda dialog: dialog.accept())  # a refused form warns
        page = opened[reader]
        got = send(page, url, data)
        wrong = [] if got == status else [f"answers {got}"]
        wrong += findings(page) + wcag_violations(page, "main")
        page.set_viewport_size(PHONE)
        if excess := chromium.sideways(page):
            wrong.append(f"wider than a phone by {excess} pixels")
        page.set_viewport_size(DESKTOP)
        if wrong:
            problems[f"{name} ({reader}) {url}"] = wrong
    assert problems == {}
