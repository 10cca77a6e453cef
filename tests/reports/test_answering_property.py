"""Whatever the tree, the days and the changes: every record day is answered for by exactly one report."""

import datetime

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from danvan.units.models import AdministrativeUnit
from records.locks import locks_on
from reports.catalogue.loading import catalogue_for
from reports.counting.counting import counted
from reports.models import Report, ReportUnit, State
from reports.workflow.periods import open_period
from tests.records.data import build
from tests.units.trees import histories

DAY = datetime.timedelta(days=1)


class EveryDayTest(TestCase):
    @classmethod
    def setUpTestData(cls):
        catalogue_for(2024)

    @settings(max_examples=40)
    @given(data=st.data())
    def test_every_record_day_is_answered_for_by_exactly_one_report(self, data):
        data.draw(histories(), label="units")
        start = data.draw(st.dates(datetime.date(2023, 12, 1), datetime.date(2024, 3, 1)))
        end = data.draw(st.dates(datetime.date(2024, 9, 1), datetime.date(2024, 12, 31)))
        structure = data.draw(st.dates(start, end + 31 * DAY), label="structure date")
        due = dict.fromkeys(("due_commune", "due_district", "due_province"), end)
        period = open_period(
            2024, start=start, end=end, structure_date=structure, actor=None, **due
        )
        # One record of each unit in force on a day of the period, on any of its days.
        records = []
        for unit in AdministrativeUnit.objects.between(start, end):
            first = max(unit.valid_from, start)
            last = min(unit.valid_to - DAY, end) if unit.valid_to else end
            records.append(
                build("study-conference", unit, start_date=data.draw(st.dates(first, last)))
            )
        for record in records:
            record.save()
        answers = ReportUnit.objects.filter(period=period)
        answered = dict(answers.values_list("unit", "report"))
        self.assertLessEqual({record.unit_id for record in records}, answered.keys())
        for report in Report.objects.all():
            self.assertEqual(answered[report.unit_id], report.pk)  # it answers for its own work
        # Nothing is counted twice or by nobody …
        numbers = counted(AdministrativeUnit.objects.all(), period)
        self.assertEqual(sum(found["QT02"] for found in numbers.values()), len(records))
        # … and each is locked by the one report that counts it.
        Report.objects.update(state=State.APPROVED)
        locks = locks_on({record.unit_id for record in records})
        for record in records:
            covering = [k for k in locks if k.covers(record.unit_id, record.start_date)]
            self.assertEqual(len(covering), 1)

    @settings(max_examples=40)
    @given(data=st.data())
    def test_whoever_became_one_reporting_unit_is_answered_for_by_it(self, data):
        data.draw(histories(), label="units")
        period = open_period(2024, actor=None)
        rows = ReportUnit.objects.filter(period=period).select_related("unit", "report__unit")
        for row in rows:
            heirs = row.unit.heirs_on(period.structure_date)
            if heirs:
                self.assertEqual(row.is_question, len(heirs) > 1)
                self.assertIn(row.report.unit, heirs)
