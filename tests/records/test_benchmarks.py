"""The benchmarks' rows keep the rules of the database; what is timed is tested elsewhere."""

from unittest import mock

from django.test import TestCase

from records.kinds import KINDS
from reports.models import Report, State, Value
from tests.benchmarks import country
from tests.benchmarks.country_world import LAST_YEAR, Size, build_country, traces
from tests.benchmarks.lists import fill, units


class FillTest(TestCase):
    def test_rows_of_every_kind_are_valid(self):
        units(10)
        for kind in KINDS:
            with self.subTest(kind.slug):
                fill(kind.model, 40)
                self.assertEqual(kind.model.objects.count(), 40)
                for record in kind.model.objects.select_related("unit"):
                    record._check_rules(set())


class CountryTest(TestCase):
    """The country of `benchmark country`, small: its rows are whole, its pages are found and open."""

    def test_a_small_country_is_walked_through(self):
        size = Size(communes=30, records=270, years=2)
        people = build_country(size)
        self.assertEqual(Report.objects.count(), 2 * 31)
        indicators = Value.objects.values("indicator").distinct().count()
        self.assertEqual(Value.objects.count(), 2 * 31 * indicators)
        for kind in KINDS:
            self.assertEqual(kind.model.objects.count(), 30)
        world, book = traces(people), country.Book("")
        with mock.patch.object(country, "MOST_PAGES", 25), mock.patch.object(book, "tell") as told:
            _, looks = country._walk("commune", people["commune"], world, book, size)
        self.assertLessEqual({look.status for look in looks}, {200, country.FILE})
        self.assertGreater(len({look.url for look in looks}), 20)
        self.assertIn("LEFT OUT", told.call_args.args[0])
        for role in people:
            addresses = list(country._readable(role, world))
            self.assertGreater(len(addresses), 50, role)
            self.assertTrue(all(map(country._shape, addresses)), role)
        with mock.patch.object(country, "IMPORTED", 20):
            in_records, in_figures = country._imported(people["province"], country.Book(""))
        self.assertIn("import of 20 records", in_records.what)
        self.assertIn("of 3 communes", in_figures.what)

    def test_on_the_eve_of_a_deadline_nobody_has_typed_anything(self):
        build_country(Size(communes=10, records=90, years=2), eve=True)
        newest = Report.objects.filter(period__year=LAST_YEAR)
        self.assertEqual(set(newest.values_list("state", flat=True)), {State.DRAFT})
        self.assertFalse(Value.objects.filter(report__in=newest).exists())
        self.assertEqual(
            Value.objects.exclude(number=0).filter(indicator__value_type="INT").count(), 0
        )
