"""Whose work a report answers for: Hà Nam's mergers and splits of 2025, day by day."""

import datetime
from importlib import import_module

from django.apps import apps
from django.test import TestCase
from django.urls import reverse

from danvan.accounts.models import User
from danvan.units.models import AdministrativeUnit, UnitSuccession
from records.locks import lock_of
from records.models import DialogueConference, EmergingIssue
from reports.counting.counting import counted_for, links_behind
from reports.models import PeriodKind, Report, ReportUnit, State
from reports.workflow.answering import questions
from reports.workflow.periods import open_period
from tests.cast import build_cast
from tests.imports.tools import confirm, errors_of, sheet_of, upload
from tests.records.data import make, typed

D = datetime.date
DECEMBER = D(2024, 12, 20)  # in the year of 2025, while the communes of 2024 still stood
OLD, HALF, NEW = D(2024, 12, 14), D(2025, 6, 30), D(2025, 12, 14)
# Hà Nam's splits of 1 July 2025 (domain reference 3.1): code → what became of it, the likeliest first.
SPLITS = {
    "13285": ["13285", "13366"],
    "13324": ["13324", "13330"],
    "13354": ["13363", "13366"],
    "13357": ["13336", "13366"],
    "13363": ["13363", "13366"],
}


class HaNamCase(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.cast = build_cast()

    def open(self, **fields):
        """Open 2025: in two parts by `kind`, or as one period on the units of its end."""
        return open_period(2025, actor=self.cast["tinh"], **fields)

    def first_part(self):
        """Open 15 December 2024 to 30 June 2025."""
        due = dict.fromkeys(("due_commune", "due_district", "due_province"), D(2025, 7, 10))
        return self.open(kind=PeriodKind.PART, end=HALF, structure_date=HALF, **due)

    def unit(self, code, day=OLD):
        return AdministrativeUnit.objects.on(day).get(code=code)

    def report(self, period, code):
        return Report.objects.get(period=period, unit__code=code)

    def codes(self, period, code):
        """Return the codes (with the day they ended) that the report of `code` answers for."""
        rows = ReportUnit.objects.filter(period=period, report__unit__code=code)
        return sorted(rows.values_list("unit__code", "unit__valid_from"))


class FrozenTest(HaNamCase):
    def test_mergers_of_january_2025(self):
        """Every commune that ended on 1/1/2025 is answered for by the one the file names."""
        period = self.first_part()
        ended = UnitSuccession.objects.filter(date=D(2025, 1, 1))
        self.assertEqual(ended.count(), 27)
        for arrow in ended:
            row = ReportUnit.objects.get(period=period, unit=arrow.predecessor)
            self.assertEqual(row.report.unit, arrow.successor)
            self.assertFalse(row.is_question)
        begun = D(2020, 1, 1)
        self.assertEqual(
            self.codes(period, "13294"),  # Châu Cầu: four wards into one
            [("13288", begun), ("13294", begun), ("13294", D(2025, 1, 1)), ("13297", begun),
             ("13300", begun)],
        )  # fmt: skip
        self.assertEqual(self.codes(period, "13369"), [("13369", begun)])

    def test_the_year_as_one_period_on_its_last_structure(self):
        """All that became a commune of July counts in it; the five splits wait for the board."""
        period = self.open()
        self.assertEqual(period.reports.count(), 34)
        waiting = {q.answer.unit.code: [r.unit.code for r in q.choices] for q in questions(period)}
        self.assertEqual(waiting, SPLITS)
        for code, (likeliest, _other) in SPLITS.items():
            row = ReportUnit.objects.get(period=period, unit=self.unit(code, HALF))
            self.assertEqual((row.report.unit.code, row.is_question), (likeliest, True))
        for arrow in UnitSuccession.objects.filter(date=D(2025, 7, 1)):
            if arrow.predecessor.code not in SPLITS:
                row = ReportUnit.objects.get(period=period, unit=arrow.predecessor)
                self.assertEqual(row.report.unit, arrow.successor)
        # The districts ended without heir: the province that theirs became answers.
        for code in ("347", "349", "350", "351", "352", "353"):
            row = ReportUnit.objects.get(period=period, unit=self.unit(code, HALF))
            self.assertEqual((row.report.unit.code, row.is_question), ("37", False))
        in_force = AdministrativeUnit.objects.between(period.start, period.end)
        self.assertEqual(ReportUnit.objects.filter(period=period).count(), in_force.count())

    def test_what_comes_later_changes_nothing(self):
        period = self.first_part()
        before = list(ReportUnit.objects.values_list("unit", "report"))
        UnitSuccession.objects.all().delete()
        self.assertEqual(list(ReportUnit.objects.values_list("unit", "report")), before)
        self.assertTrue(period.log.filter(action="Mở kỳ", reason="105 đơn vị").exists())

    def test_periods_opened_before_are_filled(self):
        period = self.open()
        wanted = set(ReportUnit.objects.values_list("period", "unit", "report", "is_question"))
        ReportUnit.objects.all().delete()
        import_module("reports.migrations.0008_fill_report_units").fill(apps, None)
        found = set(ReportUnit.objects.values_list("period", "unit", "report", "is_question"))
        self.assertEqual(found, wanted)
        self.assertEqual({row[0] for row in found}, {period.pk})

    def test_a_merger_seen_from_the_day_before_it(self):
        """A structure date before the end: what began later is answered for by what it came from."""
        period = self.open(end=D(2025, 3, 31), structure_date=D(2024, 12, 31), kind=PeriodKind.PART,
                           **dict.fromkeys(("due_commune", "due_district", "due_province"), HALF))  # fmt: skip
        waiting = {q.answer.unit.name for q in questions(period)}
        self.assertIn("Châu Cầu", waiting)  # from four wards that report, each for itself
        self.assertNotIn("Quế", waiting)  # only renamed
        que = ReportUnit.objects.get(period=period, unit=self.unit("13384", HALF))
        self.assertEqual(que.report.unit, self.unit("13384"))


class CountedAndLockedTest(HaNamCase):
    """Mộc Nam (13339) became part of Mộc Hoàn (13327) on 1/1/2025, together with Mộc Bắc."""

    @classmethod
    def setUpTestData(cls):
        super().setUpTestData()
        cls.y2024 = open_period(2024, actor=cls.cast["tinh"])
        due = dict.fromkeys(("due_commune", "due_district", "due_province"), D(2025, 7, 10))
        cls.part = open_period(
            2025, actor=cls.cast["tinh"], kind=PeriodKind.PART, end=HALF, structure_date=HALF, **due
        )
        cls.moc_nam = AdministrativeUnit.objects.on(OLD).get(code="13339")
        cls.moc_hoan = AdministrativeUnit.objects.on(HALF).get(code="13327")
        cls.earlier = make("dialogue-conference", cls.moc_nam, start_date=D(2024, 5, 6))
        cls.inside = make("dialogue-conference", cls.moc_nam, start_date=DECEMBER)
        cls.own = make("dialogue-conference", cls.moc_hoan, start_date=D(2025, 3, 1))
        cls.heir = User.objects.create(
            username="xa-moc-hoan", unit=cls.moc_hoan, role="clerk", full_name="Trần Thị Hoàn"
        )

    def test_the_successors_report_counts_them(self):
        mine = self.report(self.part, "13327")
        self.assertEqual(counted_for(mine)["DT03"], 2)
        self.assertEqual(counted_for(self.report(self.y2024, "13339"))["DT03"], 1)

    def test_the_link_shows_the_same_rows(self):
        mine = self.report(self.part, "13327")
        self.client.force_login(self.heir)
        page = self.client.get(links_behind([mine])[mine.pk, "DT03"])
        shown = [record.pk for record in page.context["listing"].rows]
        self.assertEqual(set(shown), {self.inside.pk, self.own.pk})

    def test_the_successors_report_locks_them(self):
        Report.objects.filter(period=self.part, unit=self.moc_hoan).update(state=State.APPROVED)
        self.assertIn("do xã mộc hoàn báo cáo", lock_of(self.inside).message.lower())
        self.assertIsNone(lock_of(self.earlier))
        self.client.force_login(self.cast["tinh"])
        url = reverse("records:edit", args=["dialogue-conference", self.inside.pk])
        self.assertContains(self.client.get(url), "đang khóa", status_code=403)
        Report.objects.update(state=State.DRAFT)
        Report.objects.filter(period=self.y2024, unit=self.moc_nam).update(state=State.APPROVED)
        self.assertIsNone(lock_of(self.inside))
        self.assertIsNotNone(lock_of(self.earlier))

    def test_who_answers_for_a_day_may_write_it(self):
        self.client.force_login(self.heir)
        for record, status in ((self.inside, 200), (self.earlier, 403)):
            url = reverse("records:edit", args=["dialogue-conference", record.pk])
            self.assertEqual(self.client.get(url).status_code, status)
        values = typed("dialogue-conference", self.moc_nam, start_date="21/12/2024")
        answer = self.client.post(reverse("records:create", args=["dialogue-conference"]), values)
        self.assertEqual(answer.status_code, 302)
        self.assertTrue(DialogueConference.objects.filter(start_date=D(2024, 12, 21)).exists())
        values["start_date"] = "01/12/2024"  # answered for by Mộc Nam's own report of 2024
        answer = self.client.post(reverse("records:create", args=["dialogue-conference"]), values)
        self.assertContains(answer, "trong thời gian 15/12/2024 – 30/06/2025", status_code=422)

    def asked(self, name="create", *args, user=None):
        """Return the form's field of the unit and the codes it offers, none where it is not shown."""
        self.client.force_login(user or self.heir)
        page = self.client.get(reverse(f"records:{name}", args=["dialogue-conference", *args]))
        field = page.context["form"]["unit"]
        shown = not field.is_hidden
        return field.value(), [unit.code for unit in field.field.queryset] if shown else []

    def test_ended_units_are_offered_while_a_day_of_theirs_may_still_be_written(self):
        offered = ["13327", "13327", "13339"]
        self.assertEqual(self.asked(), (self.moc_hoan.pk, offered))
        self.assertEqual(self.asked("copy", self.inside.pk), (self.moc_nam.pk, offered))
        mine = Report.objects.filter(period=self.part, unit=self.moc_hoan)
        mine.update(state=State.APPROVED)
        self.assertEqual(self.asked(), (self.moc_hoan.pk, []))
        mine.update(state=State.RETURNED)
        self.assertEqual(self.asked()[1], offered)
        type(self.part).objects.filter(pk=self.part.pk).update(is_closed=True)
        self.assertEqual(self.asked(), (self.moc_hoan.pk, []))
        self.assertEqual(self.asked("copy", self.inside.pk), (self.moc_hoan.pk, []))
        values = typed("dialogue-conference", self.moc_nam, start_date="21/12/2024")
        late = self.client.post(reverse("records:create", args=["dialogue-conference"]), values)
        self.assertContains(late, "đang khóa", status_code=422)
        self.assertContains(late, f'<option value="{self.moc_nam.pk}" selected', status_code=422)

    def test_under_an_earlier_name_a_late_record_is_written_as_well(self):
        """Quế was renamed on 1/1/2025: its days before belong to the same year."""
        que = self.unit("13384", HALF)
        clerk = User.objects.create(
            username="xa-que", unit=que, role="clerk", full_name="Lê Thị Na"
        )
        old = self.unit("13384")
        self.assertEqual(self.asked(user=clerk), (que.pk, ["13384", "13384"]))
        values = typed("dialogue-conference", old, start_date="21/12/2024")
        answer = self.client.post(reverse("records:create", args=["dialogue-conference"]), values)
        self.assertEqual(answer.status_code, 302)
        Report.objects.update(state=State.APPROVED)
        self.assertEqual(self.asked(user=clerk), (que.pk, []))

    def test_an_excel_sheet_may_say_the_same(self):
        self.client.force_login(self.heir)
        rows = [
            {"unit": "13339", "start_date": f"{day}/12/2024", "title": day} for day in ("20", "1")
        ]
        rows.append({"unit": "13327", "start_date": "03/03/2025", "title": "của mình"})
        job = upload(self.client, sheet_of(self.heir, *rows))
        self.assertEqual((job.counts["new"], job.counts["error"]), (2, 1))
        ((address, message),) = errors_of(job).items()
        self.assertEqual(address[-1], "3")
        self.assertIn("trong thời gian 15/12/2024 – 30/06/2025", message)
        job = upload(self.client, sheet_of(self.heir, rows[0], rows[2]))
        self.assertEqual(confirm(self.client, job).state, "done")
        titles = DialogueConference.objects.filter(unit=self.moc_nam).values_list(
            "title", flat=True
        )
        self.assertIn("20", titles)

    def test_sensitive_records_are_read_on_those_days_only(self):
        inside = make("emerging-issue", self.moc_nam, start_date=DECEMBER)
        make("emerging-issue", self.moc_nam, start_date=D(2024, 5, 6))
        self.assertEqual(list(EmergingIssue.objects.visible_to(self.heir)), [inside])

    def test_a_viewer_of_the_successor_writes_nothing(self):
        reader = User(username="xem", unit=self.moc_hoan, role="viewer")
        self.assertFalse(DialogueConference.objects.editable_by(reader).exists())
        self.assertEqual(DialogueConference.objects.visible_to(reader).count(), 3)
