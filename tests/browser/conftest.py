"""Walks through the site in headless Chromium, as a person would go.

Every page is watched: an error in the console (a refusal by the content security policy is one), an
answer 5xx, or a request to another host fails the test at its end. A missing browser fails it too.

What a page shows is asked with `expect(…)`, which waits until it is true: right after a click the old
page, half of the new one or all of it may stand there, as the machine pleases.
"""

import pytest
from django.test import Client
from playwright.sync_api import expect, sync_playwright

from tests import chromium
from tests.cast import PASSWORD, build_cast, build_world

# How long anything is waited for, in ms. Nothing is timed here: only what hangs gets there.
LIMIT = 60_000
expect.set_options(timeout=LIMIT)


@pytest.fixture(scope="session")
def browser():
    """One browser for all walks of this process."""
    with sync_playwright() as playwright:
        running = chromium.launch(playwright)
        yield running
        running.close()


@pytest.fixture
def cast(transactional_db):
    """The people of tests/cast.py, in the database the live server reads."""
    return build_cast()


@pytest.fixture
def world(cast):
    """The year and the reports of tests/cast.py."""
    return build_world(cast)


@pytest.fixture
def new_page(request, browser, live_server):
    """Give a function that opens a page: new_page(size="desktop" or "phone"); watches every page.

    A test that makes a fault happen puts the beginning of its problem into `new_page.expected`.
    What a service worker fetches is out of the reach of `page.route`, and it takes over at no certain moment:
    only modules with SERVICE_WORKERS = "allow" have one.
    """
    contexts, watched = [], []
    workers = getattr(request.module, "SERVICE_WORKERS", "block")

    def open_page(size: str = "desktop", **options):
        width, height = chromium.SIZES[size]
        context = browser.new_context(
            viewport={"width": width, "height": height},
            base_url=live_server.url,
            locale="vi-VN",
            service_workers=workers,
            **options,
        )
        context.set_default_timeout(LIMIT)
        page = context.new_page()
        contexts.append(context)
        watched.append(chromium.watch(page, live_server.url))
        return page

    open_page.expected = []
    yield open_page
    for context in contexts:
        context.close()
    expected = tuple(open_page.expected)
    problems = [one for list_ in watched for one in list_ if not one.startswith(expected)]
    assert not problems, problems


@pytest.fixture
def page_as(new_page, live_server, cast):
    """Give a function that returns somebody's page after the login: page_as("xa-13369").

    The session is made without the form, which test_login.py walks through.
    """

    def log_in(name: str, size: str = "desktop"):
        client = Client()
        client.force_login(cast[name])
        page = new_page(size)
        session = client.cookies["sessionid"].value
        page.context.add_cookies(
            [{"name": "sessionid", "value": session, "url": live_server.url, "httpOnly": True}]
        )
        page.goto("/")
        return page

    return log_in


def fill_login(page, name: str, password: str = PASSWORD) -> None:
    """Fill the login form that `page` shows and send it."""
    page.get_by_label("Tên đăng nhập").fill(name)
    page.get_by_label("Mật khẩu").fill(password)
    page.locator("main").get_by_role("button", name="Đăng nhập").click()
