"""A whole country in the scratch database: units, people, years of figures, records, logs. Set-based.

The newest year is open: every tenth commune has not sent, every tenth waits. On the eve of a deadline nobody
has typed anything, and the year before was all noughts, so that noughts break no rule of the form.
"""

from __future__ import annotations

import datetime
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.contrib.auth.hashers import make_password
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.utils import timezone

from danvan.accounts.models import Role, User
from danvan.units.models import AdministrativeUnit, Level, UnitKind
from records.kinds import KINDS
from records.models import FriendlyGovAssessment
from reports.catalogue.loading import load_default_catalogue
from reports.consolidation.scope import Scope
from reports.documents.issues.issuing import IssueOrder, issue
from reports.models import Report, ReportingPeriod, State
from reports.workflow.answering import freeze
from tests.benchmarks.lists import fill
from tests.cast import World

PASSWORD = "Danvan@2024"  # noqa: S105 - of a scratch database
TWO_TIERS = 5_000  # communes: the country since July 2025 has 3,321 below 34 provinces
LAST_YEAR = 2025
LOG_ROWS = 500_000  # of the ledger and of each other log


@dataclass(frozen=True)
class Size:
    """How much is generated, and where the plans of slow statements are written ("" for nowhere)."""

    communes: int = 166
    records: int = 800_000
    years: int = 10
    plans: str = ""


def build_country(size: Size, *, eve: bool = False) -> dict[str, User]:
    """Fill the scratch database, as on the `eve` of a deadline; return one person of each role by name."""
    clock = time.monotonic()

    def tell(what: str) -> None:
        nonlocal clock
        print(f"  {what}: {time.monotonic() - clock:.0f} s", flush=True)
        clock = time.monotonic()

    units = _units(size)
    tell(f"{sum(map(len, units.values()))} units")
    people = _people(units)
    tell("accounts")
    _periods(size, eve)
    tell(f"{Report.objects.count()} reports of {size.years} years")
    with _bare("reports_value"):
        for period in ReportingPeriod.objects.order_by("year"):
            if not eve or period.year < LAST_YEAR:
                _figures(period, 1 if eve and period.year == LAST_YEAR - 1 else 40)
    tell("figures")
    if not eve:
        _logs(people["commune"])
        tell("logs")
    first = datetime.date(LAST_YEAR - size.years, 12, 15)
    days = (datetime.date(LAST_YEAR - eve, 12, 14) - first).days
    for kind in KINDS:
        rows = size.records // len(KINDS)
        if kind.model is FriendlyGovAssessment:  # once per unit and year
            rows = min(rows, size.communes * size.years)
        with _bare(kind.model._meta.db_table):
            fill(kind.model, rows, first=first, days=days)
        tell(f"{rows} {kind.slug}")
    with connection.cursor() as cursor:
        scratch = connection.vendor == "postgresql" and not connection.in_atomic_block
        cursor.execute("VACUUM ANALYZE" if scratch else "ANALYZE")
    tell("statistics")
    return people


def traces(people: dict[str, User]) -> World:
    """Leave what daily work leaves: an issue of the province. Return the world of the permission matrix.

    Its addresses make what they lead to: a record with a file, an import, a change of units.
    """
    board, clerk = people["province"], people["commune"]
    year = LAST_YEAR - 1
    order = IssueOrder(
        Scope(board.unit, year, year),
        "BC",
        1,
        datetime.date(year, 12, 31),
        "kết quả",
        {"post": "A"},
    )
    issue(order, user=board)
    officer = User.objects.create(
        username="officer", unit=clerk.unit, role=Role.OFFICER, password=clerk.password
    )
    cast = {"xa-13369": clerk, "canbo-13369": officer, "tinh": board}
    cast |= {"huyen-349": people.get("district", board), "quantri": people["superuser"]}
    report = Report.objects.select_related("unit", "period").get(
        unit=clerk.unit, period__year=LAST_YEAR
    )
    return World(cast=cast, period=report.period, report=report)


@contextmanager
def _bare(table: str) -> Iterator[None]:
    """Fill `table` without its indexes and foreign keys: made afterwards they cost a third (PostgreSQL)."""
    if connection.vendor != "postgresql" or connection.in_atomic_block:
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) FROM pg_index i
            LEFT JOIN pg_constraint c ON c.conindid = i.indexrelid AND c.contype IN ('p', 'u', 'x')
            WHERE i.indrelid = %s::regclass AND c.oid IS NULL
            """,
            [table],
        )
        indexes = cursor.fetchall()
        cursor.execute(
            "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint"
            " WHERE conrelid = %s::regclass AND contype = 'f'",
            [table],
        )
        keys = cursor.fetchall()
        for name, _ in indexes:
            cursor.execute(f"DROP INDEX {name}")
        for name, _ in keys:
            cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
        yield
        cursor.execute("SET maintenance_work_mem = '512MB'")
        for _, made in indexes:
            cursor.execute(made)
        for name, made in keys:
            cursor.execute(f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {made}')


def _units(size: Size) -> dict[str, list[AdministrativeUnit]]:
    start = datetime.date(2010, 1, 1)
    below = 98 if size.communes < TWO_TIERS else 168
    provinces = _store(
        AdministrativeUnit(
            code=f"{number + 1:02d}", kind=UnitKind.TINH, name=f"Tỉnh {number + 1}",
            level=Level.PROVINCE, valid_from=start,
        )
        for number in range(max(1, size.communes // below))
    )  # fmt: skip
    parents, districts = provinces, []
    if size.communes >= TWO_TIERS:
        districts = parents = _store(
            AdministrativeUnit(
                code=f"{number + 1:03d}", kind=UnitKind.HUYEN, name=f"Huyện {number + 1}",
                level=Level.DISTRICT, parent=provinces[number % len(provinces)], valid_from=start,
            )
            for number in range(size.communes // 15)
        )  # fmt: skip
    communes = _store(
        AdministrativeUnit(
            code=f"{number + 1:05d}", kind=UnitKind.XA, name=f"Xã {number + 1}",
            level=Level.COMMUNE, parent=parents[number % len(parents)], valid_from=start,
        )
        for number in range(size.communes)
    )  # fmt: skip
    return {"province": provinces, "district": districts, "commune": communes}


def _store(units) -> list[AdministrativeUnit]:
    rows = list(units)
    for row in rows:
        row.derive()
    return AdministrativeUnit.objects.bulk_create(rows, batch_size=2000)


def _people(units: dict[str, list[AdministrativeUnit]]) -> dict[str, User]:
    """Make an account for every unit and one of each other role; all have PASSWORD."""
    secret = make_password(PASSWORD)
    roles = {"province": Role.OFFICER, "district": Role.OFFICER, "commune": Role.CLERK}
    made = [
        User(
            username=f"{level}-{unit.code}", unit=unit, role=roles[level], password=secret,
            full_name=f"Cán bộ {unit.name}",
        )
        for level, rows in units.items()
        for unit in rows
    ]  # fmt: skip
    made += [
        User(username="viewer", unit=units["province"][0], role=Role.VIEWER, password=secret),
        User(username="superuser", is_superuser=True, is_staff=True, password=secret),
    ]
    for user in made:
        user.full_name = user.full_name or user.username
    User.objects.bulk_create(made, batch_size=1000)
    found = {level: made_of[0] for level, made_of in units.items() if made_of}
    found["commune"] = next(filter(_is_late, _beside(found["commune"], units)), found["commune"])
    people = {
        level: User.objects.get(username=f"{level}-{unit.code}") for level, unit in found.items()
    }
    return people | {name: User.objects.get(username=name) for name in ("viewer", "superuser")}


def _beside(
    unit: AdministrativeUnit, units: dict[str, list[AdministrativeUnit]]
) -> list[AdministrativeUnit]:
    return [one for one in units["commune"] if one.parent_id == unit.parent_id]


def _is_late(unit: AdministrativeUnit) -> bool:
    """Tell whether the unit has not sent its report of the newest year: its clerk still writes."""
    return unit.pk % 10 == 0


def _periods(size: Size, eve: bool) -> None:
    first = LAST_YEAR - size.years + 1
    catalogue = load_default_catalogue(first)
    for year in range(first, LAST_YEAR + 1):
        end, open_now = datetime.date(year, 12, 14), year == LAST_YEAR
        due = timezone.localdate() + datetime.timedelta(days=5) if open_now else end
        period = ReportingPeriod.objects.create(
            year=year, start=datetime.date(year - 1, 12, 15), end=end, structure_date=end,
            catalogue=catalogue, due_commune=due, due_district=due, due_province=due,
            is_closed=not open_now,
        )  # fmt: skip
        _reports(period, eve)
        freeze(period)


def _reports(period: ReportingPeriod, eve: bool) -> None:
    """Insert a report of every unit: of closed years approved, of the open one in every state."""
    state = "'approved'"
    if period.year == LAST_YEAR:
        # _is_late() says the same
        state = "CASE u.id %% 10 WHEN 0 THEN 'draft' WHEN 1 THEN 'submitted' ELSE 'approved' END"
        state = "'draft'" if eve else state
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO reports_report (period_id, unit_id, reviewer_id, level, state, version, filled,
                                        submitted_at, approved_at)
            SELECT %s, u.id, COALESCE(u.parent_id, u.id), u.level, {state}, 1, 0, %s, %s
            FROM units_administrativeunit u
            """,  # noqa: S608 - words of our own
            [period.pk, timezone.now(), timezone.now()],
        )


def _figures(period: ReportingPeriod, top: int) -> None:
    """Give every report of a period a figure below `top` for every indicator, in one statement."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO reports_value (report_id, indicator_id, number, text, qualifier, note)
            SELECT r.id, i.id, CASE i.value_type WHEN 'BOOL' THEN 1 WHEN 'RATING' THEN 1 + r.id %% 5
                   ELSE (r.id * 7 + i.id) %% %s END, '',
                   CASE WHEN (r.id + i.id) %% 50 = 0 THEN 'at_least' ELSE 'exact' END, ''
            FROM reports_report r CROSS JOIN reports_indicator i
            WHERE r.period_id = %s AND i.catalogue_id = %s
            """,
            [top, period.pk, period.catalogue_id],
        )
    Report.objects.filter(period=period).exclude(state=State.DRAFT).update(filled=132)


def _logs(person: User) -> None:
    """Insert LOG_ROWS lines of the ledger, and as many entries of the trail and of the security log."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO reports_figurechange (report_id, indicator_id, version, new, actor_id, actor_unit,
                                              actor_role, on_behalf, source, reason, request_id, at)
            SELECT v.report_id, v.indicator_id, 1, '{"number": "7"}', %s, 'Xã', 'clerk', FALSE,
                   'form', '', '', %s
            FROM reports_value v ORDER BY v.id DESC LIMIT %s
            """,
            [person.pk, timezone.now(), LOG_ROWS],
        )
        kind = ContentType.objects.get_for_model(User).pk
        cursor.execute(
            """
            INSERT INTO accounts_securityevent (kind, user_id, actor_id, unit_id, username, path, request_id,
                                                detail, at)
            SELECT 'login', u.id, u.id, u.unit_id, u.username, '/dang-nhap/', '', '{}', %s
            FROM accounts_user u CROSS JOIN (SELECT 1 FROM reports_indicator LIMIT %s) n
            """,
            [timezone.now(), max(1, LOG_ROWS // User.objects.count())],
        )
        cursor.execute(
            """
            INSERT INTO accounts_auditentry (content_type_id, object_pk, object_id, object_repr, action,
                                             changes, actor_id, unit_id, timestamp, actor_unit,
                                             actor_role, source, changes_text, search)
            SELECT %s, u.id, u.id, u.username, 1, '{"full_name": ["a", "b"]}', u.id,
                   u.unit_id, %s, '', '', 'form', '', u.username
            FROM accounts_user u CROSS JOIN (SELECT 1 FROM reports_indicator LIMIT %s) n
            """,
            [kind, timezone.now(), max(1, LOG_ROWS // User.objects.count())],
        )
