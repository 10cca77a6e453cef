"""`manage.py benchmark deadline`: the hour before the deadline, over HTTP, through gunicorn.

Every clerk logs in, opens the desk and the form, saves three times and submits. Clerks come at an even pace,
PRESS times as fast as 3,321 in an hour; a stretch of the hour is run. What a request takes is counted from the
moment it was to be sent, so that a slow answer is not hidden by those that wait behind it.
"""

from __future__ import annotations

import gzip
import heapq
import http.client
import itertools
import os
import re
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlencode

from django.db import connection, connections

from danvan.accounts.models import User
from reports.models import Report, State
from tests.benchmarks.country_world import LAST_YEAR, PASSWORD, Size, build_country
from tests.benchmarks.ratios import Ratio, benchmark
from tests.ops.site import Site, url_of
from tests.ops.test_load import cpu

HOUR, CLERKS = 3_600, 3_321
STRETCH = int(os.environ.get("DEADLINE_SECONDS", "180"))  # of the hour, as the clock has it here
PRESS = float(os.environ.get("DEADLINE_PRESS", "1"))  # how many times as fast as the hour
PAUSE = 12.0  # seconds between two steps of a clerk, less where the hour is pressed
SENDERS = 64
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
FIELDS = re.compile(r'name="([A-Z]{2}\d\d)" [^>]*inputmode')


@benchmark("deadline", by_name=True)
def deadline(rows: int, size: Size) -> list[Ratio]:
    """Run a stretch of the hour; the slowest hundredth against a second, errors against none."""
    build_country(size, eve=True)
    accounts = dict(User.objects.filter(role="clerk").values_list("unit", "username"))
    reports = Report.objects.filter(period__year=LAST_YEAR, unit__in=accounts)
    people = [(accounts[unit], pk) for unit, pk in reports.values_list("unit", "pk")]
    connections.close_all()
    with tempfile.TemporaryDirectory() as folder:
        site = Site(Path(folder), url_of(connection.settings_dict["NAME"]))
        # The hasher of production: a login costs what it costs.
        site.environment |= {"DJANGO_SETTINGS_MODULE": "danvan.settings"}
        site.environment |= {"STATIC_ROOT": f"{folder}/static"}
        site.manage("collectstatic", "--no-input", "-v0")
        with site.serve("-c", "danvan/gunicorn_conf.py") as (port, server):
            hour = Hour(port, people)
            before = cpu(server.pid)
            hour.run()
            print(f"  gunicorn used {cpu(server.pid) - before:.0f} s of processor time")
    return hour.ratios()


class Hour:
    """What is sent when, and what came of it."""

    def __init__(self, port: int, people: list[tuple[str, int]]) -> None:
        pace = CLERKS / HOUR * PRESS
        self.clerks = [Clerk(port, name, report) for name, report in people[: int(pace * STRETCH)]]
        self.calls: list = []
        self.number = itertools.count()
        for place, clerk in enumerate(self.clerks):
            heapq.heappush(self.calls, (place / pace, next(self.number), clerk, 0))
        self.lock = threading.Lock()
        self.took: dict[str, list[float]] = defaultdict(list)
        self.errors: Counter = Counter()

    def run(self) -> None:
        """Send everything at its time."""
        self.start = time.monotonic()
        threads = [threading.Thread(target=self._send) for _ in range(SENDERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.seconds = time.monotonic() - self.start

    def _send(self) -> None:
        while True:
            with self.lock:
                if not self.calls:
                    return
                due, _, clerk, step = heapq.heappop(self.calls)
            time.sleep(max(0.0, self.start + due - time.monotonic()))
            name, method = clerk.steps[step]
            problem = self._tried(method)
            took = time.monotonic() - self.start - due
            with self.lock:
                self.took[name].append(took)
                if problem:
                    self.errors[f"{name}: {problem}"] += 1
                elif step + 1 < len(clerk.steps):
                    pause = PAUSE / PRESS if clerk.steps[step + 1][0] in SLOW_STEPS else 0.2
                    again = max(due + pause, time.monotonic() - self.start)
                    heapq.heappush(self.calls, (again, next(self.number), clerk, step + 1))

    @staticmethod
    def _tried(method: Callable[[], str]) -> str:
        try:
            return method()
        except (OSError, http.client.HTTPException) as error:
            return repr(error)

    def ratios(self) -> list[Ratio]:
        """Print what was measured and return it beside its bars."""
        every = sorted(itertools.chain(*self.took.values()))
        for name, times in self.took.items():
            print(
                f"  {name:8} {len(times):6} median {_part(times, 0.5):.3f} p99 {_part(times, 0.99):.3f} s"
            )
        for problem, number in self.errors.most_common(10):
            print(f"  {number} x {problem}")
        sent = Report.objects.filter(period__year=LAST_YEAR, state=State.SUBMITTED).count()
        missing = len(self.clerks) - sent
        what = (
            f"{len(self.clerks)} clerks, {len(every)} requests in {self.seconds:.0f} s, "
            f"{PRESS:g} x the pace of {CLERKS} in an hour"
        )
        lost = self.errors.total() + missing
        return [
            Ratio(f"p99 of {what}", _part(every, 0.99), "a second", 1.0, 1.0),
            Ratio(f"errors and reports not sent (not s) of {what}", lost, "allowed", 0.5, 1.0),
        ]


def _part(times: list[float], share: float) -> float:
    ordered = sorted(times)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


SLOW_STEPS = ("form", "save", "submit")  # a person reads and types before them


class Clerk:
    """One clerk's browser. Each step returns what went wrong, "" for nothing."""

    def __init__(self, port: int, name: str, report: int) -> None:
        self.port, self.name, self.path = port, name, f"/bao-cao/{report}/nhap/"
        self.cookies: dict[str, str] = {}
        self.token, self.version, self.names = "", 0, []
        self.steps: list[tuple[str, Callable[[], str]]] = [
            ("login", self.see_login),
            ("login", self.log_in),
            ("desk", self.desk),
            ("form", self.form),
            *(("save", self.save),) * 3,
            ("submit", self.submit),
        ]

    def see_login(self) -> str:
        return self._page("/dang-nhap/")

    def log_in(self) -> str:
        return self._post("/dang-nhap/", username=self.name, password=PASSWORD)

    def desk(self) -> str:
        return self._page("/")

    def form(self) -> str:
        problem = self._page(self.path)
        # Fewer than 24 days of receiving citizens ask for a note, as the form says.
        self.names = sorted(set(FIELDS.findall(self.text)) - {"TD01"})
        return problem or ("" if len(self.names) > 30 else "the form has no fields")

    def save(self) -> str:
        """Type a third of the figures and go on with the page that comes back."""
        typed = dict.fromkeys(self.names[self.version :: 3], "0")
        problem = self._post(self.path, version=self.version, action="save", **typed)
        self.version += 1
        return problem or self._page(self.path)

    def submit(self) -> str:
        return self._post(self.path, version=self.version, action="submit_blanks")

    def _page(self, path: str) -> str:
        status = self._send("GET", path)
        return "" if status == 200 else f"{status} for {path}"

    def _post(self, path: str, **fields: object) -> str:
        status = self._send("POST", path, urlencode({"csrfmiddlewaretoken": self.token, **fields}))
        return "" if status == 302 else f"{status} for a post to {path}"

    def _send(self, method: str, path: str, body: str | None = None) -> int:
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        headers = {"Cookie": cookies, "Accept-Encoding": "gzip"}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        link.request(method, path, body, headers)
        answer = link.getresponse()
        data = answer.read()
        for cookie in answer.headers.get_all("Set-Cookie") or []:
            name, value = cookie.split(";")[0].split("=", 1)
            self.cookies[name] = value
        link.close()
        if answer.headers.get("Content-Encoding") == "gzip":
            data = gzip.decompress(data)
        self.text = data.decode()
        if found := TOKEN.search(self.text):
            self.token = found[1]
        return answer.status
