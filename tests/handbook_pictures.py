"""Makes the pictures of the handbook and of the README anew, from the demonstration data.

    python -m tests.handbook_pictures            (or: make pictures)
    python -m tests.handbook_pictures --base http://127.0.0.1:8000 tong-hop

Without --base a scratch database is filled (units, demonstration figures) and a server started on it;
both are gone afterwards. Each picture (SCREENSHOTS) is written to static/handbook/<name>.webp, those of
the README to docs/images/<name>.webp. Names after the options choose some of them.
"""

import argparse
import base64
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Page, sync_playwright

from danvan.common.handbook.chapters import PICTURE_WIDTH, PICTURES
from tests import chromium

ROOT = Path(__file__).parents[1]
FOLDER, OF_README = ROOT / "static/handbook", ROOT / "docs/images"
QUALITIES = (0.75, 0.6, 0.45, 0.3)  # the first at which a picture is small enough
MOST = 25_000
PASSWORD = os.environ.get("DEMO_PASSWORD", "Danvan@2024")
# Chromium turns a picture into WebP itself, so no library for pictures is needed.
AS_WEBP = """async ([data, quality, width, height]) => {
  const image = new Image();
  image.src = data;
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  const onto = canvas.getContext("2d");
  onto.imageSmoothingQuality = "high";
  onto.drawImage(image, 0, 0, width, height);
  return canvas.toDataURL("image/webp", quality);
}"""


@dataclass(frozen=True)
class Screenshot:
    """One picture: of the page at `path`, as `account` of the demonstration sees it.

    `open` is the link to follow from there (its words), `show` the "?" whose sentence is shown, `part` what
    of the page is seen (selectors) in a window so many pixels wide; a wider part is made smaller.
    """

    name: str
    account: str
    path: str
    open: str = ""
    show: str = ""
    part: str = "main"
    window: int = 1008

    @property
    def size(self) -> tuple[int, int]:
        """How wide and high it is shown: by the handbook, or as a whole window by the README."""
        high = PICTURES.get(self.name)
        return (PICTURE_WIDTH, high) if high else (1024, 576)

    @property
    def most(self) -> int:
        """How many bytes it may have."""
        return MOST if self.name in PICTURES else 2 * MOST

    @property
    def file(self) -> Path:
        folder = FOLDER if self.name in PICTURES else OF_README
        return folder / f"{self.name}.webp"


SCREENSHOTS = {
    picture.name: picture
    for picture in (
        Screenshot("ban-lam-viec", "xa-13369", "/"),
        Screenshot(
            "ghi-ho-so", "xa-13369", "/ho-so/hoi-nghi-doi-thoai/ghi-moi/",
            show="summary.ask >> nth=2",
        ),
        Screenshot(
            "nhap-bao-cao", "xa-13369", "/", "Sửa báo cáo", "a.ask >> nth=2",
            part=".dv-entries", window=1200,
        ),
        Screenshot("nhap-tu-excel", "xa-13369", "/nhap-excel/"),
        Screenshot(
            "xet-duyet", "huyen-350", "/bao-cao/xet-duyet/", part=".dv-table", window=1200
        ),
        Screenshot("tong-hop", "tinh", "/bao-cao/tong-hop/", window=1366),
        Screenshot("ky-bao-cao", "tinh", "/bao-cao/ky/"),
        Screenshot("home", "xa-13369", "/", part="body", window=1366),
        Screenshot(
            "consolidation", "tinh", "/bao-cao/tong-hop/?unit=35&first=2021&last=2022", part="body",
            window=1366,
        ),
    )
}  # fmt: skip


def main() -> None:
    """Make all pictures, or those that are named."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", choices=[[], *SCREENSHOTS])
    parser.add_argument("--base", default="")
    options = parser.parse_args()
    wanted = [SCREENSHOTS[name] for name in options.names or SCREENSHOTS]
    with server(options.base) as base, sync_playwright() as playwright:
        browser = chromium.launch(playwright)
        for picture in wanted:
            context = browser.new_context(viewport=size_of(picture), base_url=base)
            page = context.new_page()
            log_in(page, picture.account)
            content = take(page, picture)
            picture.file.parent.mkdir(parents=True, exist_ok=True)
            picture.file.write_bytes(content)
            sys.stdout.write(f"{picture.name}: {len(content):,} bytes\n")
            context.close()
        browser.close()


def size_of(picture: Screenshot) -> Any:
    """Return the window in which `picture` is taken: so high that its part is in sight."""
    return {"width": picture.window, "height": picture.size[1] + 900}


def log_in(page: Page, account: str) -> None:
    """Log in through the form."""
    page.goto("/dang-nhap/")
    page.get_by_label("Tên đăng nhập").fill(account)
    page.get_by_label("Mật khẩu").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "dang-nhap" not in url)


def take(page: Page, picture: Screenshot) -> bytes:
    """Return `picture` of the logged-in person's `page` (WebP for the handbook); fails where it differs."""
    answer = page.goto(picture.path)
    assert answer, picture.path
    assert answer.ok, f"{picture.path}: {answer.status}"
    if picture.open:
        page.get_by_role("link", name=picture.open).first.click()
        page.wait_for_url(lambda url: urlsplit(url).path != picture.path)
    if picture.show:
        page.locator(picture.show).click()
        page.locator(".guide:visible").first.wait_for()
        page.mouse.move(0, 0)
    part = page.locator(picture.part).bounding_box()
    assert part, picture.path
    width, height = picture.size
    clip: Any = {**part, "height": part["width"] * height / width}
    assert clip["y"] + clip["height"] <= page.viewport_size["height"], f"{picture.name} is cut off"
    png = base64.b64encode(page.screenshot(clip=clip)).decode()
    blank = page.context.new_page()
    try:
        for quality in QUALITIES:
            made = blank.evaluate(AS_WEBP, [f"data:image/png;base64,{png}", quality, width, height])
            content = base64.b64decode(made.partition(",")[2])
            if len(content) <= picture.most:
                return content
    finally:
        blank.close()
    raise AssertionError(f"{picture.name}: {len(content):,} bytes at the lowest quality")


@contextmanager
def server(base: str) -> Iterator[str]:
    """Give the address of a site with the demonstration: `base`, or one of its own on a scratch database."""
    if base:
        yield base
        return
    with tempfile.TemporaryDirectory() as folder, socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        own = {"DATABASE_URL": f"sqlite:///{folder}/demo.sqlite3", "DEBUG": "1"}
        environment = {**os.environ, **own}
        manage = [sys.executable, str(ROOT / "manage.py")]
        for command in ("migrate", "load_units", "load_demo"):
            subprocess.run([*manage, command], env=environment, check=True, capture_output=True)
        started = [*manage, "runserver", str(port), "--noreload"]
        process = subprocess.Popen(started, env=environment, stderr=subprocess.DEVNULL)
        try:
            wait_for(f"http://127.0.0.1:{port}/healthz")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait()


def wait_for(url: str, seconds: int = 60) -> None:
    """Return once `url` answers. Raises TimeoutError."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            urllib.request.urlopen(url, timeout=2)  # noqa: S310 - our own server
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise TimeoutError(url)


if __name__ == "__main__":
    main()
