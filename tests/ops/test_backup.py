"""backup and restore: under writes, whole, checked, and what is replaced is kept."""

import io
import json
import shutil
import tarfile

import pytest

from tests.ops.site import scratch_site

pytestmark = pytest.mark.django_db(transaction=False)

WRITER = """
import itertools
from decimal import Decimal
from reports.figures.figure import Figure
from reports.figures.writing import write_figures
from reports.models import Report
from danvan.accounts.models import User
reports = list(Report.objects.filter(level="commune")[:20])
who = {user.unit_id: user for user in User.objects.exclude(unit=None)}
print("writing", flush=True)
for number in itertools.count():
    report = Report.objects.get(pk=reports[number % len(reports)].pk)
    figures = {code: Figure(number=Decimal(number)) for code in ("DT01", "DT02")}
    write_figures(report, figures, actor=who[report.unit_id], source="form")
"""
CONSISTENT = """
from django.db.models import Count
from reports.models import FigureChange, Report, Value
lines = dict(FigureChange.objects.order_by().values_list("report").annotate(n=Count("pk")))
assert lines, "nothing was written"
for report in Report.objects.all():
    assert lines.get(report.pk, 0) == 2 * report.version, (report.pk, lines.get(report.pk), report.version)
newest = {}
for change in FigureChange.objects.order_by("pk"):
    newest[change.report_id, change.indicator_id] = change.new["number"]
for value in Value.objects.all():
    assert f"{value.number.normalize():f}" == newest[value.report_id, value.indicator_id]
print(sum(lines.values()))
"""
SNAPSHOT = """
import hashlib, json
from django.db import connection
tables = {}
with connection.cursor() as cursor:
    for name in sorted(connection.introspection.table_names(cursor)):
        if name == "django_session":
            continue
        cursor.execute(f'SELECT * FROM "{name}"')
        rows = sorted(map(repr, cursor.fetchall()))
        tables[name] = [len(rows), hashlib.sha256("".join(rows).encode()).hexdigest()]
print(json.dumps(tables))
"""
WIPE = """
from django.db import connection
from danvan.common.ops import append_only
tables = [model._meta.db_table for model in append_only.append_only_models()]
append_only.unprotect(connection, *tables)
from django.core.management import call_command
call_command("flush", interactive=False, verbosity=0)
from danvan.accounts.models import User
assert not User.objects.exists()
"""
FIRST_LOGIN = "302 /huong-dan/ba-buoc/"  # the three steps, shown once
LOG_IN = """
from django.test import Client
answer = Client().post("/dang-nhap/", {"username": "u-13369", "password": "mot cau dai de nho 7"})
print(answer.status_code, answer["Location"])
"""
SESSIONS = """
from django.contrib.sessions.models import Session
print(Session.objects.count())
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory, django_db_blocker):
    with django_db_blocker.unblock(), scratch_site(tmp_path_factory.mktemp("site")) as scratch:
        yield scratch


def test_backup_under_writes_wipe_restore_compare_log_in(site):
    attachment = site.folder / "media" / "nam" / "2024.txt"
    attachment.parent.mkdir(parents=True)
    attachment.write_text("Nghị quyết số 1")
    writer = site.start(WRITER)
    assert writer.stdout.readline() == "writing\n"
    busy, quiet = site.folder / "busy.tar", site.folder / "quiet.tar"
    site.manage("backup", busy)
    assert writer.poll() is None, writer.stderr.read()
    writer.kill()
    writer.communicate()
    site.manage("backup", quiet)
    before = json.loads(site.python(SNAPSHOT))
    assert before["reports_report"][0] == 116

    site.python(WIPE)
    attachment.unlink()
    told = site.manage("restore", quiet).stdout
    assert json.loads(site.python(SNAPSHOT)) == before
    assert attachment.read_text() == "Nghị quyết số 1"
    assert site.python(LOG_IN) == FIRST_LOGIN
    kept = next(word.rstrip(".") for word in told.split() if "before-restore-" in word)
    with tarfile.open(kept) as archive:
        manifest = json.load(archive.extractfile("manifest.json"))
    assert manifest["rows"]["accounts_user"] == 0, "the wiped state was kept"

    site.manage("restore", busy)
    assert int(site.python(CONSISTENT)) > 0
    assert site.python(SESSIONS) == "0"
    site.manage("check", "--database", "default", "--fail-level", "ERROR")


REFUSALS = """
import json, pathlib
from danvan.accounts.models import User
from danvan.common.ops.backup import BackupError, restore
told = {}
for file in sorted(pathlib.Path(%r).glob("*.tar")):
    try:
        restore(file)
    except BackupError as error:
        told[file.stem] = str(error)
assert User.objects.count() == 117
print(json.dumps(told))
"""


def changed(source, target, change):
    """Copy a backup with each member passed through `change` (name, bytes) → bytes or None to drop it."""
    with tarfile.open(source) as old, tarfile.open(target, "w") as new:
        for member in old:
            body = change(member.name, old.extractfile(member).read())
            if body is not None:
                info = tarfile.TarInfo(member.name)
                info.size = len(body)
                new.addfile(info, io.BytesIO(body))


def test_damaged_and_foreign_files_are_refused_and_nothing_is_touched(site):
    good, bad = site.folder / "good.tar", site.folder / "bad"
    bad.mkdir()
    site.manage("backup", good)
    (bad / "cut.tar").write_bytes(good.read_bytes()[:-70_000])
    (bad / "text.tar").write_text("not a tar at all")
    changed(
        good,
        bad / "flipped.tar",
        lambda name, body: body[:-9] + b"123456789" if name == "database" else body,
    )
    changed(good, bad / "dropped.tar", lambda name, body: None if name == "database" else body)
    for name, more in (
        ("foreign", {"application": "other"}),
        ("engine", {"engine": "oracle"}),
        ("newer", {"migrations": ["reports.9999_later"]}),
        ("format", {"format": 2}),
    ):
        changed(
            good,
            bad / f"{name}.tar",
            lambda member, body, more=more: (
                json.dumps({**json.loads(body), **more}).encode()
                if member == "manifest.json"
                else body
            ),
        )
    with tarfile.open(good) as old, tarfile.open(bad / "evil.tar", "w") as new:
        for member in old:
            new.addfile(member, old.extractfile(member))
        new.addfile(tarfile.TarInfo("media/../../evil"), io.BytesIO())
    outside = lambda body: json.dumps({**json.loads(body), "files": {"../outside": "0" * 64}})  # noqa: E731
    changed(
        good,
        bad / "outside.tar",
        lambda name, body: outside(body).encode() if name == "manifest.json" else None,
    )
    with tarfile.open(bad / "outside.tar", "a") as archive:
        archive.addfile(tarfile.TarInfo("../outside"), io.BytesIO())

    told = json.loads(site.python(REFUSALS % str(bad)))

    for name, part in {
        "cut": "damaged",
        "text": "damaged or no backup",
        "flipped": "another checksum",
        "dropped": "missing",
        "foreign": "no backup of this application",
        "engine": "runs on",
        "newer": "newer version",
        "format": "format 2",
        "evil": "does not name",
        "outside": "leads out",
    }.items():
        assert part in told.get(name, "restored!"), name
    answer = site.manage("restore", site.folder / "absent.tar", check=False)
    assert answer.returncode != 0
    assert "cannot be read" in answer.stderr
    assert "Traceback" not in answer.stderr


def test_backup_into_nowhere_says_so_and_leaves_no_half_file(site):
    answer = site.manage("backup", site.folder / "no" / "where.tar", check=False)
    assert answer.returncode != 0
    assert "does not exist" in answer.stderr
    assert not list(site.folder.glob(".backup-*"))


def test_a_new_machine_takes_the_backup_before_anybody_has_run_migrate(site, tmp_path):
    backup = tmp_path / "moved.tar"
    before = json.loads(site.python(SNAPSHOT))
    site.manage("backup", backup)
    with scratch_site(tmp_path, migrated=False) as new:
        shutil.rmtree(new.folder / "media")
        new.manage("restore", backup)
        assert json.loads(new.python(SNAPSHOT)) == before
        assert new.python(LOG_IN) == FIRST_LOGIN


LATER = """
from django.db import connection
with connection.cursor() as cursor:
    cursor.execute("CREATE TABLE later (id integer PRIMARY KEY, person bigint REFERENCES accounts_user (id))")
    cursor.execute("INSERT INTO later SELECT 1, max(id) FROM accounts_user")
"""
TABLES = """
from django.db import connection
print("later" in connection.introspection.table_names())
"""


KEEP = """
import os
from reports.models import KeptFacts, KeptFile
KeptFile.objects.create(key="a", content=os.urandom(3_000_000))
KeptFacts.objects.create(key="a", facts={"parts": {}})
"""
KEPT = """
from reports.models import KeptFacts, KeptFile
print(KeptFacts.objects.count(), KeptFile.objects.count())
"""


def test_what_is_made_again_is_in_no_backup(site, tmp_path):
    """Kept sums and workbooks: a site has up to 300 MB of them, which cost a backup nothing."""
    without, backup = tmp_path / "without.tar", tmp_path / "with.tar"
    site.manage("backup", without)
    site.python(KEEP)
    site.manage("backup", backup)
    assert site.python(KEPT) == "1 1", "of the site itself nothing is taken"
    assert backup.stat().st_size - without.stat().st_size < 1_000_000
    site.manage("restore", backup)
    assert site.python(KEPT) == "0 0"


def test_an_upgrade_is_taken_back_with_the_tables_it_brought(site, tmp_path):
    """What a newer version made, and hung on the old tables, neither stays nor keeps them from going."""
    site.manage("backup", tmp_path / "before.tar")
    site.python(LATER)
    assert site.python(TABLES) == "True"
    site.manage("restore", tmp_path / "before.tar")
    assert site.python(TABLES) == "False"
    assert site.python(LOG_IN) == FIRST_LOGIN
