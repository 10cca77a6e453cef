"""`manage.py benchmark country`: every page of every role, exports and imports, in a country's figures.

Pages are found by following links from the desk of each role: one of each address and set of choices. What the
permission matrix lets the role read and no link led to comes after them; a file is made in a process of its
own. What one takes is told by the clock and in seconds of processor, ours and PostgreSQL's together (without
its parallel workers), which do not grow with what else the machine does: these are held against the bars. A
page that took long is asked for again, as the first time may have to add up what is kept afterwards.
Statements slower than SLOW are explained into a folder; what reads a big table from end to end is listed.
"""

from __future__ import annotations

import datetime
import multiprocessing
import os
import re
import resource
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urljoin, urlsplit

from django.db import connection, connections
from django.test import Client, override_settings
from django.urls import Resolver404, resolve, reverse

from danvan.accounts.jobs.working import perform
from danvan.accounts.models import Job, User
from danvan.accounts.tokens import keys
from danvan.common import excel
from danvan.common.sheets.columns import Column
from danvan.imports.models import ImportJob
from danvan.imports.targets import target_of
from danvan.units.models import Level
from records.kinds import KINDS
from reports.models import Report, ReportingPeriod, State
from tests.benchmarks.country_world import LAST_YEAR, Size, build_country, traces
from tests.benchmarks.excel import ROW, bring_in, bring_in_figures
from tests.benchmarks.lists import _as_in_tests
from tests.benchmarks.ratios import Ratio, benchmark
from tests.cast import World
from tests.matrix import MATRIX
from tests.ops.test_load import cpu

SLOW = 0.1  # seconds of a statement that is explained
AGAIN = 0.3  # seconds of processor of a page that is asked for twice
BIG = 100_000  # rows of a table that no page should read from end to end
PAGE_BAR, FILE_BAR = 3.0, 60.0  # seconds
TRIVIAL = "/bao-mat/"
IMPORTED = 10_000
LEFT = "/viec-giao-may-chu/"  # where a file that was left to a worker can be fetched
FILE = -1  # in the place of a status: made later, in a process of its own
# Choices that people type, to which no link leads: words that many rows have and that none has, all years.
TYPED = (
    *(f"/ho-so/{kind.path}/?q=doi+thoai" for kind in KINDS[:3]),
    *(f"/ho-so/{kind.path}/?q=khong+dau+co" for kind in KINDS[:3]),
    "/bao-cao/tong-hop/?first={0}&last={1}",
    "/bao-cao/tong-hop/?first={0}&last={1}&view=units",
)
SHOWN = 12  # of the slowest pages of each role on the screen; all stand in the folder
MOST_PAGES = 1_000  # of one role; what is left out is told
# A role → who plays it in the permission matrix, where that differs.
COLUMN_OF = {"commune": "clerk"}
HREF = re.compile(r'<a\b[^>]*?href="([^"#]+)"')
APART = ("logout", "admin:jsi18n")


@dataclass
class Look:
    """One page as one role saw it."""

    role: str
    url: str
    status: int
    seconds: float = 0.0
    processor: float = 0.0
    again: float = 0.0  # seconds of processor, the second time
    queries: int = 0
    size: int = 0
    links: list[str] = field(default_factory=list)

    def told(self, trivial: float) -> str:
        """Return the look as a line, beside the processor seconds of a trivial page."""
        return (
            f"{self.role:10} {self.processor:6.2f} s {self.processor / trivial:6.1f} x, again "
            f"{self.again:5.2f} s, clock {self.seconds:6.2f} s {self.queries:3} queries "
            f"{self.size // 1024:5} KB  {self.url}"
        )


class Watch:
    """Counts the statements of a request and keeps those that are slow."""

    def __init__(self) -> None:
        self.queries = 0
        self.slow: dict[str, tuple[float, Any]] = {}

    def __call__(self, execute: Callable, sql: str, params: Any, many: bool, context: Any) -> Any:
        self.queries += 1
        start = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            took = time.perf_counter() - start
            if took > SLOW and sql.lstrip().upper().startswith(("SELECT", "WITH")):
                self.slow[sql] = max(self.slow.get(sql, (0.0, None))[0], took), params


@benchmark("country", by_name=True)
def country(rows: int, size: Size) -> list[Ratio]:
    """Build the country and measure in it; prints what it finds page by page."""
    people = build_country(size)
    with tempfile.TemporaryDirectory() as folder, override_settings(MEDIA_ROOT=folder):
        return measure(people, traces(people), size)


def measure(people: dict[str, User], world: World, size: Size) -> list[Ratio]:
    """Look at every page of `people`, make every export; return a ratio for each role and each export."""
    book, found = Book(size.plans), []
    with _as_in_tests():
        for role, person in people.items():
            trivial, looks = _walk(role, person, world, book, size)
            pages = sorted((k for k in looks if k.status == 200), key=lambda look: -look.processor)
            for place, look in enumerate(pages):
                book.tell(look.told(trivial), shown=place < SHOWN)
            for look in looks:
                if look.status >= 400:
                    book.tell(f"{role} BROKEN {look.status} {look.url}")
            worst = pages[0]
            what = f"{role}: slowest of {len(pages)} pages, {worst.url}"
            found.append(Ratio(what, worst.processor, "allowed", PAGE_BAR, 1.0))
            seconds = [look.processor for look in reversed(pages)]
            median, ninety = seconds[len(pages) // 2], seconds[len(pages) * 9 // 10]
            book.tell(f"{role}: median {median:.2f} s, 90 of 100 within {ninety:.2f} s")
            for look in looks:
                if look.status == FILE:
                    seconds, clock, memory, state = _made(person, look.url, book, role)
                    what = f"{role}: {look.url} {state}, + {memory:.0f} MB"
                    book.tell(f"{what}: {seconds:.2f} s, clock {clock:.2f} s")
                    found.append(Ratio(what, seconds, "allowed", FILE_BAR, 1.0))
        found += _imported(people["province"], book)
    book.summary()
    return found


def _walk(
    role: str, person: User, world: World, book: Book, size: Size
) -> tuple[float, list[Look]]:
    """Follow the links from the desk; return the seconds of a trivial page and what was seen."""
    _, key = keys.give(person, "Bảng tính", 30)
    client = Client(headers={"Authorization": f"Bearer {key}"})  # pages for programs want one
    client.force_login(person)
    client.get(TRIVIAL)
    trivial = sum(_look(client, role, TRIVIAL, book).processor for _ in range(10)) / 10
    waiting = ["/", *(url.format(LAST_YEAR - size.years + 1, LAST_YEAR) for url in TYPED)]
    known, looks = set(map(_shape, waiting)), []
    rest = _unknown(_readable(role, world), known)
    while len(looks) < MOST_PAGES and (waiting or (waiting := [*rest])):
        look = _look(client, role, waiting.pop(0), book)
        looks.append(look)
        waiting += _unknown(look.links, known)
    if waiting:
        book.tell(f"{role} LEFT OUT {len(waiting)} addresses, the first is {waiting[0]}")
    return trivial, looks


def _unknown(urls: Iterable[str], known: set) -> Iterator[str]:
    """Yield those of `urls` of which no like is `known`, and let them be known."""
    for url in urls:
        if (shape := _shape(url)) and shape not in known:
            known.add(shape)
            yield url


def _readable(role: str, world: World) -> Iterator[str]:
    """Yield every address that the permission matrix lets `role` read, about the unit of `world`."""
    code = world.report.unit.code
    for name, rows in MATRIX.items():
        for row in rows:
            if row.method == "GET" and row.expected()[COLUMN_OF.get(role, role)] == 200:
                kwargs = row.arguments(world) if row.arguments else {}
                yield reverse(name, kwargs=kwargs) + row.query.replace("13369", code)


def _shape(url: str) -> tuple | None:
    """Return what makes one page of many: the name of its address and which choices it carries."""
    parts = urlsplit(url)
    if parts.scheme or parts.netloc:
        return None
    try:
        match = resolve(parts.path)
    except Resolver404:
        return None
    name = match.view_name or str(match.func)
    if any(word in name for word in APART):
        return None
    kind = str(match.kwargs.get("kind", ""))
    # Of one record, report or account one; of a list one with each set of choices; of a file fewer.
    chosen = {key for key, value in parse_qsl(parts.query) if value}
    chosen &= {"nam", "bang", "last", "xep_hang"} if "xuat" in parts.path else chosen
    return name, kind, tuple(sorted(chosen))


def _look(client: Client, role: str, url: str, book: Book) -> Look:
    if "xuat" in url or "tai-ve" in url:
        return Look(role, url, FILE)
    times, clocks = [], []
    for _ in range(2):
        watch, clock, start = Watch(), time.perf_counter(), _processor()
        with connection.execute_wrapper(watch):
            answer = client.get(url)
            # The test client ends a streamed answer, and the request with it, at its last piece.
            body = b"".join(answer.streaming_content) if answer.streaming else answer.content
        times.append(_processor() - start)
        clocks.append(time.perf_counter() - clock)
        book.keep(role, url, watch)
        if times[0] < AGAIN:
            break
    if answer.has_header("Content-Disposition") or LEFT in answer.get("Location", ""):
        return Look(role, url, FILE)
    links = [urljoin(url, unescape(found)) for found in HREF.findall(body.decode())]
    return Look(
        role,
        url,
        answer.status_code,
        clocks[0],
        times[0],
        times[-1],
        watch.queries,
        len(body),
        links,
    )


def _processor() -> float:
    """Return the processor seconds of this process, its children that ended and its PostgreSQL (here)."""
    theirs = 0.0
    if connection.vendor == "postgresql":
        connection.ensure_connection()
        theirs = cpu(connection.connection.info.backend_pid)
    return sum(os.times()[:4]) + theirs


def _made(person: User, url: str, book: Book, role: str) -> tuple[float, float, float, str]:
    """Make the file at `url` in a process of its own; return (processor, clock, MB it grew by, how)."""
    connections.close_all()
    ours, theirs = multiprocessing.Pipe()
    child = multiprocessing.get_context("fork").Process(
        target=_make, args=(person.pk, url, theirs, book, role)
    )
    child.start()
    theirs.close()
    try:
        return ours.recv()
    finally:
        child.join()


def _make(pk: int, url: str, pipe: Any, book: Book, role: str) -> None:
    before, clock, start, watch, state = _peak(), time.perf_counter(), _processor(), Watch(), ""
    try:
        client = Client()
        client.force_login(User.objects.get(pk=pk))
        with connection.execute_wrapper(watch):
            state = _fetched(client, url, pk)
    except Exception as error:  # noqa: BLE001 - told in the table
        state = f"BROKEN {error!r}"
    told = _processor() - start, time.perf_counter() - clock, _peak() - before, state
    book.keep(role, url, watch)
    pipe.send(told)
    pipe.close()
    connections.close_all()


def _fetched(client: Client, url: str, pk: int) -> str:
    """Fetch the file at `url`, as a worker where it was left to one; return how."""
    start = time.perf_counter()
    answer = client.get(url)
    if answer.streaming:
        sum(map(len, answer.streaming_content))
    if LEFT not in answer.get("Location", ""):
        return f"at once ({answer.status_code})"
    asked, number = time.perf_counter() - start, answer["Location"].rstrip("/").rpartition("/")[2]
    job = Job.objects.get(pk=number, owner=pk)
    perform(job)
    job.refresh_from_db()
    return f"by a worker ({job.state} {job.message}, asked in {asked:.2f} s)"


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


class Book:
    """What was found: lines on the screen and in a folder, plans of slow statements one file each."""

    def __init__(self, folder: str) -> None:
        self.folder = Path(folder) if folder else None
        if self.folder:
            self.folder.mkdir(parents=True, exist_ok=True)

    def tell(self, line: str, *, shown: bool = True) -> None:
        """Write a line into the folder and, where it is `shown`, on the screen."""
        if shown:
            print(f"  {line}", flush=True)
        if self.folder:
            with (self.folder / "pages.txt").open("a") as file:
                file.write(line + "\n")

    def keep(self, role: str, url: str, watch: Watch) -> None:
        """Write the plans of what was slow in a request."""
        for number, (sql, (took, params)) in enumerate(watch.slow.items()):
            if self.folder is None:
                continue
            with connection.cursor() as cursor:
                explain = "EXPLAIN" if connection.vendor == "postgresql" else "EXPLAIN QUERY PLAN"
                cursor.execute(f"{explain} {sql}", params)
                plan = "\n".join(" ".join(map(str, row)) for row in cursor.fetchall())
            name = re.sub(r"[^\w-]+", "_", f"{role}{url}")[:150]
            said = f"{role} {url}\n{took:.3f} s\n\n{sql}\n\n{params}\n\n{plan}\n"
            (self.folder / f"{name}.{number}.txt").write_text(said)

    def summary(self) -> None:
        """Write and print which plans read a big table from end to end."""
        if self.folder is None:
            return
        big, found = set(_big_tables()), defaultdict(set)
        for path in sorted(self.folder.glob("*.txt")):
            for table in re.findall(r"(?:Seq Scan on|SCAN) (\w+)", path.read_text()):
                if table in big:
                    found[table].add(path.name)
        lines = [f"{table}: {', '.join(sorted(names))}" for table, names in sorted(found.items())]
        (self.folder / "whole-tables.md").write_text("\n".join(lines) + "\n")
        for table, names in sorted(found.items()):
            self.tell(f"{table} is read whole by {len(names)} statements")


def _big_tables() -> Iterator[str]:
    for table in connection.introspection.table_names():
        with connection.cursor() as cursor:
            cursor.execute(f'SELECT COUNT(*) FROM (SELECT 1 FROM "{table}" LIMIT {BIG}) few')  # noqa: S608
            if cursor.fetchone()[0] == BIG:
                yield table


def _imported(person: User, book: Book) -> list[Ratio]:
    """Let a board bring in IMPORTED records, and all figures, of its communes that have not sent yet."""
    target = target_of("dialogue-conference")
    columns = target.columns(ImportJob(owner=person))
    drafts = Report.objects.visible_to(person).filter(period__year=LAST_YEAR, state=State.DRAFT)
    codes = list(drafts.filter(level=Level.COMMUNE).values_list("unit__code", flat=True))
    lines = (
        {
            **ROW, "unit": codes[n % len(codes)], "title": f"Đối thoại nhập từ tệp {n}",
            "start_date": datetime.date(LAST_YEAR, 1, 1) + datetime.timedelta(days=n % 300),
            "attendees": 50,
        }
        for n in range(IMPORTED)
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "nhap.xlsx"
        heads = [Column(column.heading) for column in columns]
        rows = (tuple(map(line.get, (c.key for c in columns))) for line in lines)
        excel.stream_rows(str(path), excel.Sheet(target.sheet_title, heads, rows))
        start = _processor()
        clock, lock = bring_in(ImportJob(owner=person, target=target.slug), path)
        seconds = _processor() - start
        period = ReportingPeriod.objects.get(year=LAST_YEAR)
        start = _processor()
        of_clock, number = bring_in_figures(person, Path(folder), period, codes)
        of_figures = _processor() - start
    what = f"province: import of {IMPORTED} records"
    book.tell(f"{what}: {seconds:.2f} s, clock {clock:.2f} s, of it {lock:.2f} s locked")
    figures = f"province: import of {number} figures of {len(codes)} communes"
    book.tell(f"{figures}: {of_figures:.2f} s, clock {of_clock:.2f} s")
    return [
        Ratio(what, seconds, "allowed", FILE_BAR, 1.0),
        Ratio(figures, of_figures, "allowed", FILE_BAR, 1.0),
    ]
