"""Benchmarks of the records: long lists, and measures of a whole country's communes."""

from __future__ import annotations

import datetime

from django.conf import settings
from django.db import connection, models
from django.test import Client, override_settings

from danvan.accounts.models import Role, User
from danvan.units.models import AdministrativeUnit, Level, UnitKind
from records.kinds import BY_SLUG
from records.models import DialogueConference
from tests.benchmarks.ratios import Ratio, benchmark, best_of

SMALL = 1_000
FIRST = datetime.date(2020, 1, 5)
# So few that one commune's list fills a page at 1,000 rows too: the same page is compared, not a shorter one.
PLACES = 20
_LIST = f"/ho-so/{BY_SLUG['dialogue-conference'].path}/"
PAGES = {
    "first page": "",
    "far behind": "page=15&sau=2020-09-01.1",  # a short list has numbers, a long one places
    "far behind by number": "xep=-so&page=15&sau=50.1",
    "a year": "nam=2023",
    "one commune": "unit={unit}",
    "by number": "xep=-so",
    "by number, upwards": "xep=so",
    "oldest first": "xep=ngay",
    "a choice": "kind=thematic",
    "words that many have": "q=doi+thoai",
}


@benchmark("lists")
def lists(rows: int) -> list[Ratio]:
    """The dialogue list at `rows` rows against the same page at 1,000, for each way of looking at it."""
    root, communes = units(PLACES - 1)
    person = User.objects.create(username="tinh", unit=root, role=Role.OFFICER)
    clerk = User.objects.create(username="xa", unit=communes[0])
    # Small, big, small again: the machine may be busier at one time than at another.
    before = _times(person, clerk, communes, SMALL)
    many = _times(person, clerk, communes, rows)
    rare = _rare_word(person, rows)
    after = _times(person, clerk, communes, SMALL)
    few = {name: min(before[name], after[name]) for name in before}
    same = [Ratio(f"{name} at {rows}", many[name], f"at {SMALL}", few[name], 1.3) for name in many]
    return [*same, rare]


def _rare_word(person: User, rows: int) -> Ratio:
    """A word that one row in all has: no index knows it, so the table is read, but once only."""
    client, word = Client(), str(rows - 1)
    client.force_login(person)
    page = _get(client, f"{_LIST}?q={word}")
    bare = DialogueConference.objects.filter(search__contains=word)
    with _as_in_tests():
        found, scan, other = best_of(3, page, bare.count, _get(client, _LIST))
    return Ratio(f"a rare word in {rows}", found, "one scan and a page", scan + other, 1.5)


def _times(person: User, clerk: User, communes: list, rows: int) -> dict[str, float]:
    fill(DialogueConference, rows)
    board, own = Client(), Client()
    board.force_login(person)
    own.force_login(clerk)
    looks = {
        name: (board, f"{_LIST}?{query.format(unit=communes[1].pk)}")
        for name, query in PAGES.items()
    }
    looks["a clerk's first page"] = (own, _LIST)
    with _as_in_tests():
        return dict(zip(looks, best_of(15, *(_get(*look) for look in looks.values())), strict=True))


def _as_in_tests():
    """Return the settings with which the test client gets pages of a site made for production."""
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    return override_settings(
        ALLOWED_HOSTS=["testserver"],
        SECURE_SSL_REDIRECT=False,
        STORAGES={**settings.STORAGES, "staticfiles": plain},
    )


def _get(client: Client, url: str):
    def get() -> None:
        answer = client.get(url)
        if answer.status_code != 200:
            raise RuntimeError(f"{url}: {answer.status_code}")

    return get


def units(
    count: int, per_district: int = 20
) -> tuple[AdministrativeUnit, list[AdministrativeUnit]]:
    """Make a province, districts and `count` communes; return the root and the communes."""
    start = datetime.date(2020, 1, 1)
    root = AdministrativeUnit(
        code="35", kind=UnitKind.TINH, name="Thử", level=Level.PROVINCE, valid_from=start
    )
    root.save()
    districts = [
        AdministrativeUnit(
            code=str(1000 + n), kind=UnitKind.HUYEN, name=f"Huyện {n}", level=Level.DISTRICT,
            parent=root, valid_from=start,
        )
        for n in range(count // per_district + 1)
    ]  # fmt: skip
    districts = _store(districts)
    communes = [
        AdministrativeUnit(
            code=str(10_000 + n), kind=UnitKind.XA, name=f"Xã {n}", level=Level.COMMUNE,
            parent=districts[n // per_district], valid_from=start,
        )
        for n in range(count)
    ]  # fmt: skip
    return root, _store(communes)


def _store(rows: list[AdministrativeUnit]) -> list[AdministrativeUnit]:
    for row in rows:
        row.derive()
    return AdministrativeUnit.objects.bulk_create(rows, batch_size=2000)


def fill(
    model: type[models.Model], rows: int, first: datetime.date = FIRST, days: int = 1800
) -> None:
    """Replace the rows of `model` by `rows` valid ones over all communes and `days`, in one statement.

    The new rows repeat one valid record with other units, days and numbers.
    """
    table, quote = model._meta.db_table, connection.ops.quote_name
    # As a number in the statement: joined over a column of the units, each row would look at all of them.
    places = AdministrativeUnit.objects.filter(level=Level.COMMUNE).count()
    fixed = _values(model, first, days)
    columns = ", ".join(quote(name) for name in fixed)
    values = ", ".join(fixed.values())
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {table}")  # noqa: S608 - names of our own models
        cursor.execute(
            f"""
            WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {rows}),
            u AS (SELECT id, ROW_NUMBER() OVER (ORDER BY id) - 1 AS place, {places} AS places
                  FROM units_administrativeunit WHERE level = 'commune')
            INSERT INTO {table} ({columns})
            SELECT {values} FROM n JOIN u ON u.place = n.i % {places}
            """  # noqa: S608
        )
        scratch = connection.vendor == "postgresql" and not connection.in_atomic_block
        cursor.execute(
            f"VACUUM ANALYZE {table}, units_administrativeunit" if scratch else "ANALYZE"
        )


def _values(model: type[models.Model], first: datetime.date, days: int) -> dict[str, str]:
    """Return column → SQL of a benchmark row: the model's own checks hold for it."""
    postgres = connection.vendor == "postgresql"
    day = f"i * 7 / 3 % {days}"
    date = f"DATE '{first}' + {day}" if postgres else f"DATE('{first}', ({day}) || ' days')"
    special = {
        "unit_id": "u.id", "start_date": date, "created_at": "CURRENT_TIMESTAMP",
        "updated_at": "CURRENT_TIMESTAMP", "version": "1", "attendees": "i % 500",
        "people": "i % 50", "participants": "i % 90", "opinions": "3", "answered": "2",
        "resolved_later": "1", "pending": "0", "title": "'Hội nghị số ' || i",
        "entity_key": "'thon ' || i % 40", "registered_year": "2022", "rating": "1 + i % 5",
        "year": f"{first.year} + i / u.places", "led_by_secretary": "i % 2 = 0", "led_by_chairman": "TRUE",
        "led_by_council": "FALSE", "search": "'doi thoai so ' || i || ' đối thoại số ' || i",
        "status_date": date, "lead": "'MT'",
    }  # fmt: skip
    values = {}
    for field in model._meta.concrete_fields:
        if field.primary_key or (field.null and field.attname not in special):
            continue
        if field.choices and field.attname not in special:
            keys = [f"'{key}'" for key, _ in field.choices if key]
            keys = keys[:1] if field.attname == "status" else keys  # later ones ask for a day
            cases = " ".join(f"WHEN {n} THEN {key}" for n, key in enumerate(keys))
            values[field.column] = f"CASE i % {len(keys)} {cases} END"
        else:
            nothing = "0" if isinstance(field, models.IntegerField) else "''"
            values[field.column] = special.get(field.attname, nothing)
    return values
