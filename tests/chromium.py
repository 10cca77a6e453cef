"""Starting Debian's headless Chromium the same way for browser tests and for tests/screens.py."""

import os
import shutil

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
)
SIZES = {"desktop": (1366, 768), "phone": (390, 844)}
# What the margins of danvan.css leave of A4, upright and landscape, at 96 pixels to the inch.
PAPER = {"auto": 703, "wide": 1032}


def executable() -> str:
    """Return the path of the browser: CHROMIUM, or what Debian's package installs.

    Raises RuntimeError when there is none: a browser test is never skipped in silence.
    """
    path = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if not path:
        raise RuntimeError("No Chromium found: install Debian's package chromium or set CHROMIUM.")
    return path


def launch(playwright):
    """Return a headless browser of `playwright` (a sync_playwright context)."""
    return playwright.chromium.launch(
        executable_path=executable(), headless=True, args=list(ARGUMENTS)
    )


def watch(page, origin: str) -> list[str]:
    """Return a list that fills with everything wrong `page` meets from now on.

    Console errors (refusals by the content security policy are among them), uncaught exceptions,
    answers 5xx and requests that leave `origin`.
    """
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(f"exception: {error}"))
    page.on("console", lambda message: _note_console(problems, message))
    page.on("response", lambda answer: _note_answer(problems, answer))
    page.on("request", lambda request: _note_request(problems, request, origin))
    return problems


def _note_console(problems, message):
    # The browser itself reports a deliberate 403 or 404 page as a console error.
    if message.type == "error" and "Failed to load resource" not in message.text:
        problems.append(f"console: {message.text}")


def _note_answer(problems, answer):
    # Pages and scripts are refused on purpose now and then (403, 401); a style sheet never is.
    is_part = answer.request.resource_type not in {"document", "fetch", "xhr"}
    if answer.status >= 500 or (answer.status >= 400 and is_part):
        problems.append(f"{answer.status}: {answer.url}")


def _note_request(problems, request, origin):
    if not request.url.startswith((origin, "data:", "blob:", "about:")):
        problems.append(f"request to another host: {request.url}")


def sideways(page) -> int:
    """Return by how many pixels `page` can be scrolled sideways; a phone page must give 0."""
    return page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )


def off_paper(page) -> int:
    """Return by how many pixels `page` is wider than the A4 it is printed on; columns there would be lost.

    The style sheet names the page it wants ("wide" is landscape); the window is left as it was.
    """
    window = page.viewport_size
    page.emulate_media(media="print")
    wanted = page.evaluate("getComputedStyle(document.body).page")
    page.set_viewport_size({"width": PAPER.get(wanted, PAPER["auto"]), "height": window["height"]})
    excess = sideways(page)
    page.emulate_media(media="screen")
    page.set_viewport_size(window)
    return excess


# What belongs to a screen: to press, to tick, to filter with, to be led by. Fields of a form are its content.
PRESSED = """() => [...document.querySelectorAll(`button, .btn, .ask, .dv-own, .dv-actions,
    .dv-passage, .dv-why, .dv-pages, [role=search] *, form[method=get] *, nav a:not([aria-current]),
    :is(table, li, .dv-sentence) :is([type=checkbox], [type=radio])`),
    ...[...document.querySelectorAll("main *")].filter(  // what sticks would cover rows of every sheet
        element => ["sticky", "fixed"].includes(getComputedStyle(element).position))]
    .filter(element => element.checkVisibility({visibilityProperty: true}))
    .map(element => element.outerHTML.slice(0, 100))"""


def pressed_on_paper(page) -> list[str]:
    """Return the beginnings of the elements of `page` that do not belong on paper and are printed."""
    page.emulate_media(media="print")
    found = page.evaluate(PRESSED)
    page.emulate_media(media="screen")
    return found


def slow_line(page) -> None:
    """Open what comes next with an empty cache on a line of 400 kbit/s and 400 ms."""
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Network.clearBrowserCache")
    line = {"downloadThroughput": 50_000, "uploadThroughput": 50_000}
    session.send("Network.emulateNetworkConditions", {"offline": False, "latency": 400, **line})


def first_paint(page) -> float:
    """Return the seconds from asking for the open page to its first text or picture."""
    page.wait_for_function("performance.getEntriesByName('first-contentful-paint').length")
    paint = "performance.getEntriesByName('first-contentful-paint')[0].startTime"
    return page.evaluate(paint) / 1000
