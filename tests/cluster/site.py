"""The whole site: started from nothing, with a year that is open and people who are logged in."""

import contextlib
import json
import os
import re
import subprocess
from collections import Counter
from pathlib import Path

from tests.cluster.database import Pair, url_of
from tests.cluster.hosts import Hosts, Store, opened
from tests.cluster.machine import PYTHON, ROOT, ClusterError

LARGE = 40_000
FILL = """
import json
from django.test import Client
from danvan.accounts.models import Role, User
from danvan.units.loader import DEFAULT_FILE, load_units
from danvan.units.models import AdministrativeUnit
from reports.models import Report
from reports.workflow.periods import open_period
load_units(DEFAULT_FILE)
quan = User.objects.create_superuser("quantri", password="mot cau dai de nho 7")
for year in (2023, 2024):
    period = open_period(year, actor=quan)
units = AdministrativeUnit.objects.filter(reports__period=period)
User.objects.bulk_create(
    User(username=f"u-{unit.code}", unit=unit, role=Role.CLERK, password=quan.password) for unit in units
)
def session(user):
    client = Client()
    client.force_login(user)
    return client.cookies["sessionid"].value
reports = Report.objects.filter(period=period, level="commune").order_by("unit__code")[:20]
people = [[r.pk, session(User.objects.get(unit=r.unit, is_superuser=False))] for r in reports]
print("PEOPLE" + json.dumps([session(quan), people]))
"""
# Run in the folder of the tests: their tools know the columns.
FILES = """
from danvan.accounts.models import User
from danvan.common import excel
from reports.models import Report
from tests.imports.tools import GOOD, columns_of
reports = Report.objects.filter(period__year=2024, level="commune").order_by("unit__code")
for place, (name, number) in {9: ("small", 20), 10: ("large", %d)}.items():
    unit = reports[place].unit
    columns = columns_of(User.objects.get(unit=unit, is_superuser=False))
    rows = (
        [{**GOOD, "unit": unit.code, "title": f"Đối thoại {n}"}.get(c.key) for c in columns]
        for n in range(number)
    )
    excel.stream_rows(f"{FOLDER}/{name}.xlsx", excel.Sheet("Trang 1", columns, rows))
"""


class Site:
    """Everything of the cluster, in `folder`."""

    upload_page = "/nhap-excel/dialogue-conference/tai-len/"
    rows = LARGE

    def __init__(self, folder: Path, programs: Path):
        opened(folder)
        self.folder = folder
        self.pair = Pair(folder, programs)
        self.store = Store(folder)
        self.hosts = Hosts(folder, self.pair, self.store)

    def start(self) -> None:
        """Bring it up and fill it."""
        self.store.start()
        self.pair.start()
        direct = {"DATABASE_URL": url_of(self.pair.primary), "DATABASE_REPLICA_URL": ""}
        self.hosts.manage("web1", "migrate", "-v0", **direct)
        shell = ("shell", "--no-imports", "-v0", "-c")
        said = self.hosts.manage("web1", *shell, FILL)
        self.board, self.people = json.loads(said.partition("PEOPLE")[2].splitlines()[0])
        self._make_files(shell, direct)
        self.hosts.start()

    def _make_files(self, shell: tuple, direct: dict) -> None:
        code = f"FOLDER = {str(self.folder)!r}\n{FILES % LARGE}"
        environment = {**os.environ, **self.hosts.environment("web1", **direct)}
        answer = subprocess.run(
            [PYTHON, "manage.py", *shell, code], cwd=ROOT, env=environment,
            capture_output=True, text=True,
        )  # fmt: skip
        if answer.returncode:
            raise ClusterError(answer.stderr[-3000:])
        self.small, self.large = (
            (self.folder / f"{name}.xlsx").read_bytes() for name in ("small", "large")
        )

    def stop(self) -> None:
        """End everything, whatever state it is in."""
        for part in (self.hosts.stop, self.pair.stop, self.store.gateway.process.kill):
            with contextlib.suppress(OSError):
                part()
        self.store.process.kill()

    def count_records(self) -> int:
        return self.pair.primary.site("SELECT count(*) FROM records_dialogueconference")[0][0]

    def state_of(self, pk: int) -> str:
        """Return where the import `pk` stands."""
        row = f"SELECT state FROM imports_importjob WHERE id = {pk}"  # noqa: S608
        return self.pair.primary.site(row)[0][0]

    def writer_of(self, pk: int) -> str:
        """Return the name of the worker that writes the import `pk`, "" while none does."""
        rows = self.pair.primary.site(
            "SELECT worker_ids->>-1 FROM django_tasks_database_dbtaskresult t "  # noqa: S608
            f"JOIN imports_importjob j ON j.task = t.id WHERE j.id = {pk} "
            "AND j.state = 'writing' AND t.status = 'RUNNING'"
        )
        return rows[0][0] if rows else ""

    def logs(self) -> str:
        """Return the errors of the hosts, counted, and the ends of all logs, for a run that failed."""
        texts = {
            path.relative_to(self.folder): path.read_text(errors="replace")
            for path in (*sorted(self.folder.glob("*.log")), *sorted(self.folder.glob("*/*.log")))
        }
        lines = Counter(line.strip()[:200] for text in texts.values() for line in text.splitlines())
        errors = [
            f"{number} × {line}"
            for line, number in lines.most_common()
            if re.match(r"[\w.]+: |.*Internal Server Error", line)
        ]
        ends = [f"--- {path}\n{text[-1500:]}" for path, text in texts.items() if text]
        return "\n".join([*errors[:40], *ends])
