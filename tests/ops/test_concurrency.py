"""Many processes at once, and processes that die: nothing locked out, nothing lost, nothing half."""

import os

import pytest

from tests.ops.site import scratch_site

pytestmark = pytest.mark.django_db(transaction=False)

SAVER = """
import sys, time
from decimal import Decimal
from reports.figures.figure import Figure
from reports.figures.writing import write_figures
from reports.models import Report
from danvan.accounts.models import User
me = %d
report = Report.objects.get(unit__code="13369")
user = User.objects.get(username="u-13369")
codes = ["DT01", "DT02", "DT05", "DT06", "DT07", "DT08", "DT09", "DT10"]
print("ready", flush=True)
sys.stdin.readline()
for number in range(1, 51):
    write_figures(report, {codes[me]: Figure(number=Decimal(number))}, actor=user, source="form")
print("done", flush=True)
"""
COUNTED = """
from django.db.models import Count
from reports.models import FigureChange, Report, Value
report = Report.objects.get(unit__code="13369")
lines = report.changes.values("indicator").annotate(n=Count("pk")).order_by("indicator")
chain = all(
    old == new for code in {line["indicator"] for line in lines}
    for old, new in zip(
        [c.old for c in report.changes.filter(indicator=code).order_by("pk")][1:],
        [c.new for c in report.changes.filter(indicator=code).order_by("pk")],
    )
)
values = {str(value.number.normalize()) for value in report.values.all()}
print(report.version, [line["n"] for line in lines], chain, sorted(values))
"""

# A child saves without pause until it is killed; the parent kills it at a random moment and looks. The moment
# is counted in saves, not in seconds: the child tells of each it has done, and so how long one takes just now.
KILLER = """
import os, random, signal, time
from decimal import Decimal
from django.db import connection
from django.db.models import Count
from danvan.accounts.models import AuditEntry, User
from danvan.accounts.audit import writing as audit
from reports.figures.figure import Figure
from reports.figures.writing import write_many
from reports.models import FigureChange, Report, Value
random.seed(7)
times = %d
communes = Report.objects.filter(level="commune").exclude(unit__code="13369")
ids = list(communes.values_list("pk", flat=True)[:30])
actor = User.objects.get(username="quantri")
people = list(User.objects.filter(is_superuser=False)[:30])

def save(number):
    figures = {code: Figure(number=Decimal(number)) for code in ("DT01", "DT02", "DT05")}
    write_many({pk: figures for pk in ids}, actor=actor, source="import")
    for person in people:
        person.full_name = f"Tên {number}"
    audit.audited_bulk_update(people, ["full_name"])

def save_forever(told):
    number = Report.objects.get(pk=ids[0]).version
    while True:
        number += 1
        save(number)
        os.write(told, b".")

def whole():
    versions = set(Report.objects.filter(pk__in=ids).values_list("version", flat=True))
    assert len(versions) == 1, versions
    (version,) = versions
    assert FigureChange.objects.filter(report__in=ids).count() == version * len(ids) * 3
    values = Value.objects.filter(report__in=ids)
    numbers = set(values.values_list("number", flat=True))
    assert numbers <= {Decimal(version)}, numbers
    assert values.count() == (len(ids) * 3 if version else 0)
    names = set(User.objects.filter(pk__in=[p.pk for p in people]).values_list("full_name", flat=True))
    assert len(names) == 1, names
    entries = AuditEntry.objects.filter(changes__has_key="full_name", action=1).count()
    assert entries %% len(people) == 0, entries
    return version

start = time.monotonic()
save(1)
lasts = time.monotonic() - start
connection.close()
for _ in range(times):
    tells, told = os.pipe()
    child = os.fork()
    if child == 0:
        save_forever(told)
    os.close(told)
    for _ in range(random.randrange(3)):
        start = time.monotonic()
        assert os.read(tells, 1), "the child died by itself"
        lasts = time.monotonic() - start
    time.sleep(random.uniform(0, 1.2 * lasts))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    os.close(tells)
    version = whole()
    connection.close()
if connection.vendor == "sqlite":
    with connection.cursor() as cursor:
        assert cursor.execute("PRAGMA integrity_check").fetchone() == ("ok",)
print(times, version)
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory, django_db_blocker):
    """One site for all: the tests write in different reports and kinds of row."""
    with django_db_blocker.unblock(), scratch_site(tmp_path_factory.mktemp("site")) as scratch:
        yield scratch


def test_eight_processes_save_fifty_times_each_in_one_report(site):
    savers = [site.start(SAVER % number) for number in range(8)]
    for saver in savers:
        assert saver.stdout.readline() == "ready\n", saver.stderr.read()
    for saver in savers:
        saver.stdin.write("go\n")
        saver.stdin.flush()
    for saver in savers:
        said, errors = saver.communicate(timeout=600)
        assert said == "done\n", errors
    assert site.python(COUNTED) == f"400 {[50] * 8} True ['5E+1']"


def test_killed_at_random_moments(site):
    """KILLS=100 (two minutes) is the bar of the project; the everyday run takes a sample of it."""
    kills = int(os.environ.get("KILLS", "20"))
    times, version = map(int, site.python(KILLER % kills).split())
    assert times == kills
    assert version > kills // 2, "the savers were killed before they saved anything"
    site.manage("check", "--database", "default", "--fail-level", "ERROR")


# The same for the worker of an import: checks, writes and undoings of one file, each in a process of its
# own as the site starts it, killed at a random moment of about as long as it takes.
IMPORT_KILLER = """
import os, random, signal, sys, time
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django_tasks_db.models import DBTaskResult
from danvan.accounts.models import AuditEntry, User
from danvan.imports import confirming
from danvan.imports.models import ImportJob, JobState
from danvan.imports.targets import target_of
from records.models import DialogueConference
from tests.imports.tools import GOOD, columns_of, workbook
random.seed(11)
times, size = %d, 1200
owner = User.objects.get(username="u-13369")
target = target_of("dialogue-conference")
rows = [{**GOOD, "title": f"Đối thoại số {number}"} for number in range(size)]
file = workbook(rows, columns_of(owner))

def new():
    upload = SimpleUploadedFile("a.xlsx", file)
    return ImportJob.objects.make(owner, target.slug, upload, {})

def step(job):
    if job.state == JobState.DONE:
        return confirming.undo(job)
    if job.state == JobState.CHECKED:
        assert confirming.request_confirmation(job, only_good=False)
    confirming.work_on_job.call(job.pk)

def whole(job):
    held = job.state in (JobState.DONE, JobState.UNDOING)
    assert DialogueConference.objects.count() == (size if held else 0), job.state
    entries = AuditEntry.objects.filter(content_type__model="dialogueconference")
    made, gone = entries.filter(action=0).count(), entries.filter(action=2).count()
    assert made %% size == gone %% size == 0 and made - gone == (size if held else 0), (made, gone)
    if job.state in (JobState.CHECKED, JobState.DONE):
        assert job.counts.get("new") == size and sum(part.size for part in job.parts.all()) == size

def in_a_process(job, seconds):
    connection.close()
    child = os.fork()
    if child == 0:
        step(job)
        os._exit(0)
    if seconds is not None:
        time.sleep(seconds)
        os.kill(child, signal.SIGKILL)
    status = os.waitpid(child, 0)[1]
    job = ImportJob.objects.get(pk=job.pk)
    whole(job)
    ImportJob.objects.filter(pk=job.pk).update(heartbeat="2020-01-01T00:00Z")
    DBTaskResult.objects.all().delete()  # the process was the worker: what it took waits no longer
    confirming.recover_imports()
    return ImportJob.objects.get(pk=job.pk), os.WIFSIGNALED(status)

# How long a step takes just now is seen from those that got to their end.
job, lasts = new(), {}
while job.state != JobState.UNDONE:
    state, start = job.state, time.monotonic()
    job, killed = in_a_process(job, None)
    assert job.state != state and not killed, job.message
    lasts[state] = time.monotonic() - start
job, hits, tries = new(), 0, 0
while hits < times:
    if job.state == JobState.UNDONE:
        job = new()
    state, start = job.state, time.monotonic()
    job, killed = in_a_process(job, random.uniform(0, lasts[state]))
    if not killed:
        lasts[state] = min(lasts[state], (time.monotonic() - start) / 2)
    hits, tries = hits + killed, tries + 1
    assert tries < 20 * times, "the processes ended before they were killed"
while job.state != JobState.UNDONE:
    job, _ = in_a_process(job, None)
if connection.vendor == "sqlite":
    with connection.cursor() as cursor:
        assert cursor.execute("PRAGMA integrity_check").fetchone() == ("ok",)
print(hits, job.state)
"""


def test_imports_killed_at_random_moments(site):
    """Whole or absent, with its trail, after each kill; and put back by a worker it goes on to the end."""
    kills = int(os.environ.get("KILLS", "5"))
    hits, state = site.python(IMPORT_KILLER % kills).split()
    assert (int(hits), state) == (kills, "undone")
