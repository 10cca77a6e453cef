"""Screenshots of pages at both sizes, and a list of what is wrong with them.

Against a running server (`make run`, or `python manage.py runserver 8110` with DEBUG=1):

    python -m tests.screens --base http://127.0.0.1:8110 --out var/screens \\
        xa-13369:/ xa-13369:/bao-cao/ huyen-349:/ tinh:/ anonymous:/dang-nhap/

Each target is ACCOUNT:PATH; without ACCOUNT the one before is used. For every target two files
ACCOUNT--PATH--{desktop,phone}.png are written (1366×768 and 390×844; --fold cuts at the window,
otherwise the whole page is shown). The password is DEMO_PASSWORD (default Danvan@2024). A line is
printed per picture: status, kilobytes of HTML over the wire, and problems (console errors, refusals
by the content security policy, requests to other hosts, sideways scrolling). Exit code 1 when there
were any. With --slow each page is opened on a line of 400 kbit/s and 400 ms with an empty cache, and the
seconds to its first paint are printed; serve it as in deployment (DEBUG=0, collectstatic) then.
"""

import argparse
import os
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests import chromium


def main() -> int:
    """Take the pictures; return the number to exit with."""
    options = read_options()
    options.out.mkdir(parents=True, exist_ok=True)
    failed = False
    with sync_playwright() as playwright:
        browser = chromium.launch(playwright)
        for account, paths in by_account(options.targets).items():
            for size in options.sizes:
                failed |= shoot(browser, options, account, paths, size)
        browser.close()
    return int(failed)


def read_options() -> argparse.Namespace:
    """Return the command line as read by argparse."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("targets", nargs="+", metavar="ACCOUNT:PATH")
    parser.add_argument("--base", default="http://127.0.0.1:8000")
    parser.add_argument("--out", type=Path, default=Path("var/screens"))
    parser.add_argument("--fold", action="store_true", help="only the part above the fold")
    parser.add_argument("--slow", action="store_true", help="seconds to first paint, 400 kbit/s")
    parser.add_argument("--size", dest="sizes", action="append", choices=list(chromium.SIZES))
    options = parser.parse_args()
    options.sizes = options.sizes or list(chromium.SIZES)
    options.base = options.base.rstrip("/")
    return options


def by_account(targets: list[str]) -> dict[str, list[str]]:
    """Return the paths of each account, so that each logs in once per size."""
    grouped, account = {}, "anonymous"
    for target in targets:
        before, colon, path = target.partition(":")
        account, path = (before, path) if colon and "/" not in before else (account, target)
        grouped.setdefault(account, []).append(path)
    return grouped


def shoot(browser, options, account: str, paths: list[str], size: str) -> bool:
    """Write the pictures of one account at one size; tell whether anything was wrong."""
    width, height = chromium.SIZES[size]
    context = browser.new_context(viewport={"width": width, "height": height}, locale="vi-VN")
    page = context.new_page()
    if account != "anonymous":
        log_in(page, options.base, account)
    failed = False
    for path in paths:
        problems = chromium.watch(page, options.base)
        if options.slow:
            chromium.slow_line(page)
        answer = page.goto(options.base + path, wait_until="networkidle")
        if excess := chromium.sideways(page):
            problems.append(f"scrolls sideways by {excess} pixels")
        name = path.strip("/").replace("/", "_").replace("?", "_") or "home"
        file = options.out / f"{account}--{name}--{size}.png"
        page.screenshot(path=file, full_page=not options.fold)
        sizes = answer.request.sizes()
        print(f"{answer.status} {sizes['responseBodySize'] / 1024:6.1f} KB {file}")
        if options.slow:
            print(f"    first paint after {chromium.first_paint(page):.2f} s")
        for problem in dict.fromkeys(problems):
            print(f"    PROBLEM {problem}")
        failed |= bool(problems)
    context.close()
    return failed


def log_in(page, base: str, account: str) -> None:
    """Log in through the login page; exits with a message when the account is refused."""
    page.goto(f"{base}/dang-nhap/")
    page.fill("[name=username]", account)
    page.fill("[name=password]", os.environ.get("DEMO_PASSWORD", "Danvan@2024"))
    page.click("main button")
    if page.locator("main [name=password]").count():
        sys.exit(f"{account}: {page.locator('.dv-errors').inner_text()}")


if __name__ == "__main__":
    sys.exit(main())
