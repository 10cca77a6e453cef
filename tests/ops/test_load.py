"""110 clerks save their reports at once through gunicorn with its own settings: two workers of four threads."""

import contextlib
import http.client
import json
import os
import re
import sys
import threading
import time
import urllib.parse
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.ops.site import scratch_site

pytestmark = pytest.mark.django_db(transaction=False)

CLERKS, ROUNDS = 110, 2
SESSIONS = """
import json
from django.test import Client
from danvan.accounts.models import User
from reports.models import Report
people = []
for report in Report.objects.order_by("unit__code")[:110]:
    client = Client()
    client.force_login(User.objects.get(unit=report.unit, is_superuser=False))
    people.append([report.pk, client.cookies["sessionid"].value])
print(json.dumps(people))
"""
CHECK = """
from reports.models import FigureChange, Report, Value
versions = list(Report.objects.filter(pk__in=%s).values_list("version", flat=True))
assert FigureChange.objects.count() == Value.objects.count() * versions[0], "lines and figures differ"
print(sorted(set(versions)), Value.objects.count() // len(versions))
"""
HOLD = """
import sys
from django.db import transaction
from reports.models import Report
with transaction.atomic():
    list(Report.objects.select_for_update().filter(pk__in=%s))
    print("held", flush=True)
    sys.stdin.readline()
"""
STUCK = 7  # of eight threads


class Clerk:
    """One clerk's browser: a session, the form as it was opened, and its saves."""

    def __init__(self, port: int, report: int, session: str):
        self.port, self.path = port, f"/bao-cao/{report}/nhap/"
        self.cookies = {"sessionid": session}
        self.saves, self.patience = 0, 300

    def request(self, method: str, path: str, fields: dict | None = None) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=self.patience)
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        headers = {"Cookie": cookies, "Content-Type": "application/x-www-form-urlencoded"}
        body = urllib.parse.urlencode(fields or {}) if fields else None
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        text = answer.read().decode()
        for cookie in answer.headers.get_all("Set-Cookie") or []:
            name, value = cookie.split(";")[0].split("=", 1)
            self.cookies[name] = value
        connection.close()
        return answer.status, text

    def open_form(self) -> int:
        status, page = self.request("GET", self.path)
        self.token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)[1]
        self.names = set(re.findall(r'name="((?:DT|DC)\d\d)"', page))
        return status

    def save(self) -> int:
        """Save the section the clerk works on, with new figures."""
        self.saves += 1
        fields = dict.fromkeys(self.names, str(self.saves))
        fields |= {"csrfmiddlewaretoken": self.token, "version": str(self.saves - 1)}
        return self.request("POST", self.path, fields)[0]

    def look(self) -> int:
        """Open a page that shows next to nothing."""
        return self.request("GET", "/doi-mat-khau/")[0]


def all_at_once(clerks, method) -> tuple[list[int], float]:
    """Let every clerk do it at the same moment; return the statuses and the seconds it took."""
    gate = threading.Barrier(len(clerks) + 1)

    def one(clerk):
        gate.wait()
        return method(clerk)

    with ThreadPoolExecutor(len(clerks)) as pool:
        running = [pool.submit(one, clerk) for clerk in clerks]
        gate.wait()
        start = time.monotonic()
        statuses = [task.result() for task in running]
    return statuses, time.monotonic() - start


def cpu(group: int) -> float:
    """Return the processor seconds that the processes of a group have used so far."""
    ticks = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = stat.read_text().rpartition(")")[2].split()
            if int(fields[2]) == group:
                ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def nobody_waits_behind_who_is_stuck(site, clerks: list[Clerk]) -> None:
    """All threads but one wait for locked rows: whoever comes then is served by that one."""
    holder = site.start(HOLD % [int(clerk.path.split("/")[2]) for clerk in clerks[:STUCK]])
    assert holder.stdout.readline() == "held\n", holder.stderr.read()
    try:
        with ThreadPoolExecutor(STUCK) as pool:
            waiting = [pool.submit(clerk.save) for clerk in clerks[:STUCK]]
            time.sleep(0.5)
            for clerk in clerks[STUCK:][:6]:
                clerk.patience = 15  # SQLite's writers wait for 20 s
                assert clerk.look() == 200
            holder.communicate("\n")
            assert [save.result() for save in waiting] == [302] * STUCK
    finally:
        holder.kill()
        holder.communicate()


def test_a_hundred_and_ten_clerks_save_at_once(tmp_path, django_db_blocker, capsys):
    with django_db_blocker.unblock(), scratch_site(tmp_path) as site:
        people = json.loads(site.python(SESSIONS))
        assert len(people) == CLERKS
        site.environment |= {"DB_LOCK_SECONDS": "60", "DB_STATEMENT_SECONDS": "60"}
        with site.serve("-c", "danvan/gunicorn_conf.py") as (port, server):
            clerks = [Clerk(port, report, session) for report, session in people]
            assert set(all_at_once(clerks, Clerk.open_form)[0]) == {200}
            looked, saved = [], []
            for _ in range(ROUNDS):
                for method, told, expected in (
                    (Clerk.look, looked, 200),
                    (Clerk.save, saved, 302),
                ):
                    before = cpu(server.pid)
                    statuses, seconds = all_at_once(clerks, method)
                    assert statuses == [expected] * CLERKS
                    told.append((seconds, cpu(server.pid) - before))
            found = site.python(CHECK % [report for report, _ in people])
            assert found.startswith(f"[{ROUNDS}] "), found
            nobody_waits_behind_who_is_stuck(site, clerks)
    (look, look_cpu), (save, save_cpu) = (
        map(sum, zip(*told, strict=True)) for told in (looked, saved)
    )
    requests = ROUNDS * CLERKS
    told = (
        f"110 saves {requests / save:.0f}/s, bare pages {requests / look:.0f}/s, ratio {look / save:.2f}, "
        f"of processor time {look_cpu / save_cpu:.2f} "
        f"({len(clerks[0].names)} figures each, {os.cpu_count()} cores)"
    )
    with capsys.disabled():
        sys.stdout.write(f"\n{told} ")
    # The clock also runs while others use the machine: between two looks at it they come and go. What the
    # server itself spends on a save does not change with them.
    assert look_cpu / save_cpu > 0.35, told
