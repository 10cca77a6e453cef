"""What goes wrong, one thing at a time, under load; and what must hold all the same."""

import contextlib
import json
import signal
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.cluster.database import url_of
from tests.cluster.load import Browser, Clerk, Importer, Reader, Told, at_work
from tests.cluster.machine import wait_until
from tests.cluster.site import Site

SHARE = 0.25  # of one core that a web host may use while hosts are compared


@dataclass
class Row:
    """A line of the table, and what was found to be so or not."""

    scene: str
    lost: str = "–"
    errors: str = "–"
    away: str = "–"
    note: str = ""
    checks: list[tuple[str, bool]] = field(default_factory=list)

    def check(self, what: str, good: bool) -> None:
        self.checks.append((what, bool(good)))


def crowd(site: Site) -> tuple[list, list[Clerk]]:
    """Return the people of the mixed load, and the clerks among them."""
    port = site.hosts.proxy.port
    clerks = [Clerk(Browser(port, key), report) for report, key in site.people[:8]]
    board = "/bao-cao/tong-hop/?unit=35"
    readers = [
        Reader(Browser(port, site.board), "/", board, "/bao-cao/", "/nhat-ky/"),
        Reader(Browser(port, site.board), f"{board}&view=units", "/nhat-ky/so-lieu/", "/ho-so/"),
        Reader(Browser(port, site.board), "/bao-cao/tong-hop/xuat-excel/?unit=35", board),
        Reader(Browser(port, site.people[8][1]), "/", "/bao-cao/", "/thong-bao/"),
    ]
    files = Importer(Browser(port, site.people[9][1]), site.upload_page, site.small)
    return [*clerks, *readers, files], clerks


def under_load(site: Site, name: str, seconds: float, happens: Callable[[Row, Told], None]) -> Row:
    """Let everybody work for `seconds` while `happens`, then compare what was saved with what is there."""
    row, (people, clerks) = Row(name), crowd(site)
    with at_work(people) as told:
        time.sleep(3)
        start = time.monotonic()
        happens(row, told)
        time.sleep(max(0.0, seconds - 3 - (time.monotonic() - start)))
    lost = lost_saves(site, clerks)
    row.lost, row.errors = str(lost), told.errors()
    row.away = f"{told.without_service():.1f}"
    saves = sum(len(clerk.saved) for clerk in clerks)
    row.note = f"{saves} saves, {len(told.right)} answers, slowest {told.slowest:.1f} s. {row.note}"
    row.check(f"no save of {saves} that was acknowledged is lost", saves and not lost)
    row.check("no fault of the machine is told as one of the program", "500" not in row.errors)
    row.check("people were served at the end", told.right and time.monotonic() - told.right[-1] < 5)
    return row


def lost_saves(site: Site, clerks: list[Clerk]) -> int:
    """Return how many numbers that were said to be saved have no line in the ledger."""
    rows = site.pair.primary.site(
        "SELECT report_id, new->>'number' FROM reports_figurechange WHERE new IS NOT NULL"
    )
    kept = {(report, int(float(number))) for report, number in rows if number is not None}
    return sum((clerk.report, n) not in kept for clerk in clerks for n in clerk.saved)


def web_host_killed(site: Site, seconds: float) -> Row:
    """A web host dies in the middle of what it does, and comes back half a minute later."""

    def happens(row: Row, told: Told) -> None:
        host = site.hosts.web["web1"]
        host.kill()
        time.sleep(seconds / 2)
        host.start()
        site.hosts.wait_for("web1")

    row = under_load(site, "a web host is killed", seconds, happens)
    row.check("at most what it had in hand is an error", errors_of(row) <= 8)
    row.check("nobody waited 3 s for an answer from somebody", float(row.away) < 3)
    return row


def worker_killed(site: Site, seconds: float) -> Row:
    """A worker dies while it writes an import of many rows; another does it, once."""
    owner = Browser(site.hosts.proxy.port, site.people[10][1])
    before = site.count_records()

    def happens(row: Row, told: Told) -> None:
        owner.open(site.upload_page)
        job = owner.upload(site.upload_page, "lớn.xlsx", site.large)
        pk = int(job.rstrip("/").rsplit("/", 1)[1])
        wait_for(site, pk, "checked")
        owner.open(job)
        owner.post(f"{job}xac-nhan/", {})
        name = wait_until("a worker writes", lambda: site.writer_of(pk), every=0.02)
        time.sleep(0.3)
        site.hosts.workers[name].kill()
        killed, state = time.monotonic(), site.state_of(pk)
        row.check(f"it was killed while it wrote ({state})", state == "writing")
        row.check("nothing of it is written", site.count_records() == before)
        time.sleep(2)
        site.hosts.workers[name].start()  # as systemd does
        wait_until("the job waits again", lambda: back(owner, job, site, pk), 150, every=2)
        row.note = f"The job waited again {time.monotonic() - killed:.0f} s after the kill."
        owner.open(job)
        owner.post(f"{job}xac-nhan/", {})
        wait_for(site, pk, "done")
        rows = site.count_records() - before
        row.check(f"every row is there once ({rows} of {site.rows})", rows == site.rows)

    row = under_load(site, "a worker is killed in an import", seconds, happens)
    row.check("nobody saw an error", errors_of(row) == 0)
    return row


def back(owner: Browser, job: str, site: Site, pk: int) -> bool:
    """Look at the page of the job as its owner does; tell whether it waits for an answer."""
    owner.get(job)
    return site.state_of(pk) == "checked"


def wait_for(site: Site, pk: int, state: str) -> None:
    wait_until(f"the import is {state}", lambda: site.state_of(pk) == state, 120)


def primary_killed(site: Site, seconds: float) -> Row:
    """The primary dies; the standby is promoted, PgBouncer sent there, and a new standby made."""

    def happens(row: Row, told: Told) -> None:
        site.pair.primary.kill()
        start = time.monotonic()
        site.pair.fail_over()
        row.note = f"Promoted {time.monotonic() - start:.1f} s after the kill."
        time.sleep(10)
        site.pair.pair_again()

    row = under_load(site, "the primary is killed", seconds, happens)
    row.check("people were without service for 15 s at most", float(row.away) <= 15)
    wait_until("the new standby is read", lambda: health(site).get("replica") == "ok", 30, every=1)
    row.check("the new standby is read", True)
    at_work = "SELECT count(*) FROM imports_worker WHERE seen_at > now() - interval '30 s'"
    wait_until("both workers are at it", lambda: site.pair.primary.site(at_work)[0][0] == 2, 40)
    row.check("the workers waited for the database and went on", True)
    return row


def store_away(site: Site, seconds: float) -> Row:
    """The store of uploads takes no connection for 20 s."""

    def happens(row: Row, told: Told) -> None:
        gateway = site.hosts.store.gateway.process
        gateway.stop()
        time.sleep(2)
        row.check("/healthz tells of the store", health(site).get("store") == "failed")
        time.sleep(18)
        gateway.start()
        time.sleep(3)
        row.check("/healthz is well again", health(site).get("store") == "ok")
        before = told.done["upload"]
        wait_until("files are taken again", lambda: told.done["upload"] > before, 30)

    row = under_load(site, "the store is away for 20 s", seconds, happens)
    told = [one for one in row.errors.split(", ") if "the store is away" not in one]
    row.check("who brings a file is told why, nobody else sees an error", told in ([], ["0"]))
    row.check("pages and saves go on", float(row.away) < 3)
    return row


def upgrade(site: Site, seconds: float) -> Row:
    """A new version with a migration: the database first, then host after host, then the workers."""

    def happens(row: Row, told: Told) -> None:
        site.hosts.upgrade(
            "web1"
        )  # gunicorn has read its program; a reader of files would not mind
        direct = {"DATABASE_URL": url_of(site.pair.primary), "DATABASE_REPLICA_URL": ""}
        site.hosts.manage("web1", "migrate", "-v0", **direct)
        time.sleep(3)  # the old version serves with the new column
        for name, process in site.hosts.web.items():
            site.hosts.proxy.take_out(site.hosts.socket(name))
            process.stop()
            if name != "web1":
                site.hosts.upgrade(name)
            process.start()
            site.hosts.wait_for(name)
            site.hosts.proxy.take_out()
        answer = health(site)
        row.check("/healthz tells of workers of the old version", answer.get("worker") == "failed")
        for name, process in site.hosts.workers.items():
            process.stop()
            site.hosts.upgrade(name)
            process.start()
        wait_until("the workers are new", lambda: health(site).get("worker") == "ok", 40, every=1)
        columns = "SELECT count(*) FROM information_schema.columns WHERE column_name = 'trial'"
        row.check("the new column is there", site.pair.primary.site(columns)[0][0] == 1)

    row = under_load(site, "rolling upgrade with a migration", seconds, happens)
    row.check("nobody saw an error", errors_of(row) == 0)
    row.check("people were never without service", float(row.away) < 3)
    return row


def two_hosts(site: Site, seconds: float) -> Row:
    """The requests of one web host against those of two, each held to a quarter of a core.

    Two cores carry database, proxy and load as well, so two hosts at full speed would measure the machine:
    each host's processes are stopped for three quarters of every 40 ms. By turns three times, the best of
    each: what else the machine does hits both.
    """
    row = Row("two web hosts against one")
    rate(site, 12)  # both have read their templates: a host that has just started does that first
    best = {"": 0.0, site.hosts.socket("web2"): 0.0}
    with held(site, SHARE):
        for _ in range(3):
            for out in best:
                site.hosts.proxy.take_out(out)
                best[out] = max(best[out], rate(site, seconds / 6))
    site.hosts.proxy.take_out()
    two, one = best.values()
    ratio = two / one
    row.note = f"{one:.1f} and {two:.1f} requests a second: {ratio:.2f} ×"
    row.check(f"two hosts carry 1.7 × the requests of one ({ratio:.2f})", ratio >= 1.7)
    return row


def rate(site: Site, seconds: float) -> float:
    """Return the answers a second that as many people as can be get: 12 who read and save without a pause."""
    people, _ = crowd(site)
    with at_work(people[:12], pause=0) as told:
        time.sleep(4)
        start = time.monotonic()
        before = len(told.right)
        time.sleep(seconds - 4)
        return (len(told.right) - before) / (time.monotonic() - start)


@contextlib.contextmanager
def held(site: Site, share: float):
    """Let every web host run for `share` of the time only, one after another, while the block runs."""
    over, beat = threading.Event(), 0.04

    def turn(process) -> None:
        while not over.is_set():
            process.signal(signal.SIGSTOP)
            over.wait(beat * (1 - share))
            process.signal(signal.SIGCONT)
            time.sleep(beat * share)

    threads = [
        threading.Thread(target=turn, args=[process])
        for process in site.hosts.web.values()
        if process.running and process.running.poll() is None
    ]
    for thread in threads:
        thread.start()
        time.sleep(beat / 2)
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()


def errors_of(row: Row) -> int:
    """Return how many errors the row tells of."""
    return sum(int(one.split(" × ")[0]) for one in row.errors.split(", "))


def health(site: Site) -> dict:
    """Return what /healthz of some host says, fit or not."""
    try:
        with urllib.request.urlopen(f"{site.hosts.proxy.address}/healthz", timeout=30) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as refusal:
        with contextlib.suppress(ValueError):
            return json.load(refusal)
    except OSError:
        pass
    return {}


SCENES: dict[str, Callable[[Site, float], Row]] = {
    "hosts": two_hosts,
    "web": web_host_killed,
    "worker": worker_killed,
    "primary": primary_killed,
    "store": store_away,
    "upgrade": upgrade,
}
