"""How often every page asks the database, for every part that gets it: what to look at first.

    DEBUG=1 .venv/bin/python -m tests.queries                        all pages, the worst first
    DEBUG=1 .venv/bin/python -m tests.queries reports:entry clerk    one page: its statements, and whence

Asked of the database of DATABASE_URL, filled by load_units and load_demo; everything is undone at the end.
tests/test_permission_matrix.py holds the bar (tests/budget.py).
"""

import argparse
import copy
import os
from collections import Counter
from collections.abc import Iterator

import django
from django.db import transaction
from django.test import Client
from django.test.utils import setup_test_environment
from django.urls import reverse


def world_of(year: int):
    """Return the people and the report of Tiên Sơn in the demonstration data, as tests/cast.py has them."""
    from danvan.accounts.models import User
    from reports.models import Report
    from tests.cast import PEOPLE, World

    people = {user.username: user for user in User.objects.select_related("unit")}
    units = {name.split("-")[-1]: user.unit for name, user in people.items()}
    for name, (code, role, full_name) in PEOPLE.items():
        if name not in people:
            person = User(username=name, unit=units[code], role=role, full_name=full_name)
            person.save()
            people[name] = person
    rows = Report.objects.select_related("unit", "period")
    report = rows.get(period__year=year, unit__code="13369")
    Report.objects.filter(pk=report.pk).update(state="draft")
    return World(people, report.period, report)


def asked_by_pages(world, only: str = "") -> Iterator[tuple[str, str, list]]:
    """Yield (page, part, statements) of every row of the matrix that is answered to a person with the right."""
    from tests.budget import Asked, is_answer
    from tests.matrix import COLUMNS, MATRIX

    clients = {}
    for column, name in COLUMNS.items():
        clients[column] = Client()
        if name:
            clients[column].force_login(world.cast[name])
    for name, rows in MATRIX.items():
        if name.startswith("api-v1:") or (only and name != only):
            continue
        for row in rows:
            for column in (part for part, status in row.expected().items() if is_answer(status)):
                with transaction.atomic():
                    url = reverse(name, kwargs=row.arguments(world) if row.arguments else {})
                    data = row.data(world) if row.data else {}
                    client, cookies = clients[column], copy.deepcopy(clients[column].cookies)
                    for _again in range(2):  # what lives as long as the process is filled once
                        client.cookies = copy.deepcopy(cookies)  # a logout logs nobody else out
                        with transaction.atomic(), Asked() as asked:
                            b"".join(getattr(client, row.method.lower())(url + row.query, data))
                            transaction.set_rollback(True)
                    client.cookies = cookies
                    transaction.set_rollback(True)
                yield f"{row.method} {name}{row.query}", column, asked.statements


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("page", nargs="?", default="", help="name of a URL")
    parser.add_argument("part", nargs="?", default="", help="column of the matrix")
    parser.add_argument("--year", type=int, default=2024)
    options = parser.parse_args()
    with transaction.atomic():
        found = list(asked_by_pages(world_of(options.year), options.page))
        transaction.set_rollback(True)
    for name, column, statements in sorted(found, key=lambda one: -len(one[2])):
        if options.part not in ("", column):
            continue
        again = [f"{n} × {sql[:90]}" for (sql, _), n in Counter(statements).items() if n > 1]
        print(f"{len(statements):4} {column:10} {name}", *again, sep="\n        ")
        if options.part:
            for sql, whence in statements:
                print(f"     {sql[:300]}\n         {whence}")


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "danvan.settings")
    django.setup()
    setup_test_environment()
    main()
