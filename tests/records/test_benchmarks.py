"""The benchmarks' rows keep the rules of the database; what is timed is tested elsewhere."""

from django.test import TestCase

from records.kinds import KINDS
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
