"""People at work on the site, and what they were told: each saves, reads or brings files in, one at a time."""

import contextlib
import http.client
import random
import re
import threading
import time
import urllib.parse
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

PATIENCE = 70  # seconds a browser waits
STORE_AWAY = "Kho tệp tạm thời không làm việc"


@dataclass
class Told:
    """What happened to everybody, by the clock."""

    right: list[float] = field(default_factory=list)  # when an answer came that was as it should be
    wrong: list[tuple[float, str]] = field(default_factory=list)
    slowest: float = 0
    done: Counter = field(default_factory=Counter)

    def errors(self) -> str:
        """Return how many errors people saw, and which."""
        kinds = Counter(what for _, what in self.wrong)
        return ", ".join(f"{number} × {what}" for what, number in kinds.most_common()) or "0"

    def without_service(self) -> float:
        """Return the longest time in which nobody got an answer that was right."""
        at = sorted(self.right)
        return max((b - a for a, b in zip(at, at[1:], strict=False)), default=0.0)


class Wrong(Exception):
    """An answer that a person takes for an error; the text says which."""


class Browser:
    """One person's browser: a session, cookies, one request at a time."""

    def __init__(self, port: int, session: str):
        self.port, self.cookies = port, {"sessionid": session}

    def ask(self, method: str, path: str, body=None, kind="application/x-www-form-urlencoded"):
        """Return (status, headers, text); raises Wrong when there is no answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        headers = {"Cookie": cookies, "Host": f"127.0.0.1:{self.port}"}
        if body is not None:
            headers |= {"Content-Type": kind, "Origin": f"http://127.0.0.1:{self.port}"}
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            text = answer.read()
        except (OSError, http.client.HTTPException) as error:
            raise Wrong(type(error).__name__) from error
        finally:
            connection.close()
        for cookie in answer.headers.get_all("Set-Cookie") or []:
            name, _, value = cookie.split(";")[0].partition("=")
            if "max-age=0" in cookie.lower():
                self.cookies.pop(name, None)
            elif name != "wrote" or random.random() < 0.5:  # half of the time as after its end
                self.cookies[name] = value
        return answer.status, answer.headers, text

    def get(self, path: str) -> str:
        """Return a page, which must be there."""
        status, _, text = self.ask("GET", path)
        if status != 200:
            raise Wrong(f"{status} {'page' if status == 503 else path.split('?')[0]}")
        return text.decode(errors="replace")

    def post(self, path: str, fields: dict) -> str:
        """Send a form; return where it leads. Raises Wrong for any other answer."""
        body = urllib.parse.urlencode({**fields, "csrfmiddlewaretoken": self.token})
        return self.led(*self.ask("POST", path, body))

    def upload(self, path: str, name: str, data: bytes) -> str:
        """Send a file as a form does; return where it leads."""
        edge = "----danvan"
        head = f'--{edge}\r\nContent-Disposition: form-data; name="{{}}"'
        parts = [
            head.format("csrfmiddlewaretoken") + f"\r\n\r\n{self.token}\r\n",
            head.format("file") + f'; filename="{name}"\r\nContent-Type: application/x\r\n\r\n',
        ]
        body = "".join(parts).encode() + data + f"\r\n--{edge}--\r\n".encode()
        return self.led(*self.ask("POST", path, body, f"multipart/form-data; boundary={edge}"))

    @staticmethod
    def led(status: int, headers, text: bytes) -> str:
        if status != 302:
            store = STORE_AWAY in text.decode(errors="replace")
            raise Wrong(f"{status}{' told: the store is away' if store else ''}")
        return headers["Location"]

    def open(self, path: str) -> str:
        """Read a page with a form and remember its token."""
        page = self.get(path)
        found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
        if not found:
            raise Wrong("a page without its form")
        self.token = found[1]
        return page


class Clerk:
    """Fills one report again and again; keeps every number that was said to be saved."""

    def __init__(self, browser: Browser, report: int):
        self.browser, self.report = browser, report
        self.path = f"/bao-cao/{report}/nhap/"
        self.number, self.saved, self.known = 0, [], False

    def act(self) -> str:
        if not self.known:
            page = self.browser.open(self.path)
            self.names = sorted(set(re.findall(r'name="(DT\d\d)"', page)))
            self.version = re.search(r'name="version" value="(\d+)"', page)[1]
            self.known = True
            return "form"
        self.number += 1
        fields = {**dict.fromkeys(self.names, str(self.number)), "version": self.version}
        self.known = False  # the next form tells the next version, whatever comes of this
        self.browser.post(self.path, fields)
        self.saved.append(self.number)
        return "save"


class Reader:
    """Reads pages in turn."""

    def __init__(self, browser: Browser, *paths: str):
        self.browser, self.paths, self.turn = browser, paths, 0

    def act(self) -> str:
        self.turn += 1
        self.browser.get(self.paths[self.turn % len(self.paths)])
        return "page"


class Importer:
    """Brings a small file in: uploads it, looks at the preview, throws it away."""

    def __init__(self, browser: Browser, path: str, data: bytes):
        self.browser, self.path, self.data, self.job = browser, path, data, ""

    def act(self) -> str:
        if self.job:
            job, self.job = self.job, ""
            self.browser.open(job)
            self.browser.post(f"{job}bo/", {})
            return "file"
        self.browser.open(self.path)
        self.job = self.browser.upload(self.path, "a.xlsx", self.data)
        return "upload"


@contextlib.contextmanager
def at_work(people: list, pause: float = 0.15):
    """Let everybody act again and again while the block runs; give what they are told."""
    told, over, lock = Told(), threading.Event(), threading.Lock()
    threads = [
        threading.Thread(target=_go_on, args=(one.act, told, over, lock, pause)) for one in people
    ]
    for thread in threads:
        thread.start()
    try:
        yield told
    finally:
        over.set()
        for thread in threads:
            thread.join()


def _go_on(act: Callable[[], str], told: Told, over: threading.Event, lock, pause: float) -> None:
    while not over.is_set():
        start = time.monotonic()
        try:
            done, wrong = act(), ""
        except Wrong as error:
            done, wrong = "", str(error)
        now = time.monotonic()
        with lock:
            told.slowest = max(told.slowest, now - start)
            if wrong:
                told.wrong.append((now, wrong))
            else:
                told.right.append(now)
                told.done[done] += 1
        over.wait(1.0 if wrong else pause * random.uniform(0.5, 1.5))
