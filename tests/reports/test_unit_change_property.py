"""Any tree, any changes: undoing restores every row, and each record day is answered for by one report.

And the reform of Hà Nam in 2025, entered from the register's file, gives the register's own tree.
"""

import csv
import datetime
import io

from django.core.exceptions import ValidationError
from django.test import TestCase as DjangoTestCase
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from danvan.accounts.models import User
from danvan.units.kinds import Level
from danvan.units.loader import CSV_COLUMNS, DEFAULT_FILE, load_units
from danvan.units.models import AdministrativeUnit, UnitSuccession
from reports.catalogue.loading import catalogue_for
from reports.counting.counting import counted
from reports.models import Report, ReportUnit, UnitChange
from reports.restructuring.applying import apply_change, undo_change
from reports.restructuring.files import read_change
from reports.workflow.periods import open_period
from tests.records.data import build
from tests.reports.test_unit_changes import rows
from tests.units.trees import KIND, histories

DAY = datetime.timedelta(days=1)
BEGAN = datetime.date(2024, 3, 1)


def draft(root, day, units, moves):
    """Return a stored draft of a superuser."""
    keys = ("code", "kind", "name", "parent")
    return UnitChange.objects.create(
        number="1/NQ", issued_on=day, day=day, created_by=root,
        units=[dict(zip(keys, unit, strict=True)) for unit in units],
        moves=[{"old": old, "new": new, "share": share} for old, new, share in moves],
    )  # fmt: skip


@st.composite
def changes(draw, standing):
    """Draw what a resolution may do with the units of `standing`: new units and moves, not always allowed."""
    unit = draw(st.sampled_from(standing))
    above = unit.path_above.strip("/").rpartition("/")[2]
    kind, code = KIND[Level(unit.level)], draw(st.sampled_from([unit.code, "7001"]))
    beside = [
        one for one in standing
        if one != unit and (one.level, one.path_above) == (unit.level, unit.path_above)
    ]  # fmt: skip
    what = draw(st.sampled_from(["rename", "split", "merge", "absorb", "end"]))
    new = (code, kind, "Mới", above)
    if what == "rename":
        return [new], [(unit.code, code, "")]
    if what == "split":
        share = draw(st.sampled_from(["", "0.25"]))
        parts = [(unit.code, code, share), (unit.code, "7002", share and "0.75")]
        return [new, ("7002", kind, "Hai", above)], parts
    if what == "end" or not beside:
        return [], [(unit.code, "", "")]
    others = draw(st.lists(st.sampled_from(beside), min_size=1, unique=True))
    if what == "absorb":
        return [], [(unit.code, others[0].code, "")]
    return [new], [(one.code, code, "") for one in [unit, *others]]


class AnyChangeTest(TestCase):
    @classmethod
    def setUpTestData(cls):
        catalogue_for(2024)
        cls.root = User.objects.create(username="root", is_superuser=True)

    def make_world(self, data):
        """Grow units, open 2024 with one record of each unit, people, some figures."""
        data.draw(histories(), label="units")
        period = open_period(2024, actor=None)
        units = AdministrativeUnit.objects.between(period.start, period.end)
        records = []
        for unit in units:
            last = min(unit.valid_to - DAY, period.end) if unit.valid_to else period.end
            day = data.draw(st.dates(max(unit.valid_from, period.start), last))
            records.append(build("study-conference", unit, start_date=day))
        for record in records:
            record.save()
        standing = list(AdministrativeUnit.objects.filter(valid_to=None))
        for unit in standing:
            User.objects.create(username=f"u{unit.pk}", unit=unit, role="clerk")
        touched = data.draw(
            st.sets(st.sampled_from(standing)), label="reports with something in them"
        )
        Report.objects.filter(unit__in=touched).update(version=1)
        return period, len(records), standing

    @settings(max_examples=60)
    @given(data=st.data())
    def test_written_each_day_has_one_report_and_undone_all_is_as_before(self, data):
        period, records, standing = self.make_world(data)
        first = max(one.valid_from for one in standing) + DAY
        latest = datetime.date(2025, 6, 1)
        day = data.draw(st.dates(max(first, BEGAN), latest), label="day")
        change = draft(self.root, day, *data.draw(changes(standing), label="change"))
        before = rows()
        try:
            apply_change(change, by=self.root, version=0)
        except ValidationError:
            self.assertEqual(rows(), before)  # nothing half applied
            return
        self.assert_answered(period, records)
        undo_change(change, by=self.root)
        self.assertEqual(rows(), before)
        self.assert_answered(period, records)

    def assert_answered(self, period, records):
        answers = ReportUnit.objects.filter(period=period)
        answered = dict(answers.values_list("unit", "report"))
        self.assertEqual(len(answered), answers.count())
        last = max(period.end, period.structure_date)
        inside = AdministrativeUnit.objects.between(period.start, last)
        self.assertLessEqual(set(inside.values_list("pk", flat=True)), answered.keys())
        for report in Report.objects.filter(period=period):
            self.assertEqual(answered[report.unit_id], report.pk)
        numbers = counted(AdministrativeUnit.objects.all(), period)
        self.assertEqual(sum(found.get("QT02", 0) for found in numbers.values()), records)


class HaNamOf2025Test(DjangoTestCase):
    """The mergers of January and the five splits and all else of July 2025, applied by the wizard."""

    def load_until(self, day):
        """Load Hà Nam as it was before `day`, nothing known of what comes."""
        out = io.StringIO()
        writer = csv.DictWriter(out, CSV_COLUMNS)
        writer.writeheader()
        with DEFAULT_FILE.open(encoding="utf-8-sig") as file:
            for row in csv.DictReader(file):
                if row["valid_from"] < day.isoformat():
                    if row["valid_to"] >= day.isoformat():
                        row["valid_to"] = row["successor_codes"] = ""
                    writer.writerow(row)
        load_units(out.getvalue().encode())

    def told(self):
        units = AdministrativeUnit.objects.select_related("parent")
        return {
            "units": {
                (
                    u.code,
                    u.valid_from,
                    u.valid_to,
                    str(u),
                    u.tree_key[0],
                    u.parent and u.parent.code,
                )
                for u in units
            },
            "arrows": {
                (a.predecessor.code, a.predecessor.valid_from, a.successor.code, a.date)
                for a in UnitSuccession.objects.select_related("predecessor", "successor")
            },
        }

    def test_the_file_applied_step_by_step_is_the_register(self):
        root = User.objects.create(username="root", is_superuser=True)
        january, july = datetime.date(2025, 1, 1), datetime.date(2025, 7, 1)
        self.load_until(january)
        period = open_period(2024, actor=None)
        states = []
        for day in (january, july):
            found = read_change(DEFAULT_FILE.read_bytes(), day)
            change = UnitChange.objects.create(
                number="1674/NQ-UBTVQH15", issued_on=day, day=day, created_by=root,
                units=found.units, moves=found.moves,
            )  # fmt: skip
            states.append(self.told())
            apply_change(change, by=root, version=0)
        self.assertEqual(period.reports.count(), 116)  # 2024 was over: its reports stay as they are
        splits = UnitSuccession.objects.filter(date=july, predecessor__level=Level.COMMUNE)
        split = [code for code in ("13285", "13324", "13354", "13357", "13363")
                 if splits.filter(predecessor__code=code).count() == 2]  # fmt: skip
        self.assertEqual(len(split), 5)
        applied = self.told()
        for change in UnitChange.objects.order_by("-day"):
            undo_change(change, by=root)
            self.assertEqual(self.told(), states.pop())
        load_units(DEFAULT_FILE)
        self.assertEqual(applied, self.told())
