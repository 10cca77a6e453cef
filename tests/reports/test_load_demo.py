"""`manage.py load_demo`: refused in production, repeatable, the database agrees with itself."""

import datetime
from io import StringIO

from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import Count, Sum
from django.test import TestCase, override_settings
from django.utils import timezone

from danvan.accounts.models import User
from danvan.common.ops import append_only
from danvan.units.models import AdministrativeUnit
from reports.figures.stored import figures_of, prior_numbers
from reports.models import (
    FigureChange,
    PeriodLog,
    Remark,
    Report,
    ReportingPeriod,
    State,
    Transition,
    Value,
)
from reports.workflow.moves import MOVES
from reports.workflow.periods import open_period
from reports.workflow.submission import RuleBook


def load_demo():
    """Load without records: test_demo_records.py looks at those."""
    out = StringIO()
    with override_settings(DEBUG=True):
        call_command("load_demo", without_records=True, stdout=out)
    return out.getvalue()


def snapshot():
    """Return everything a second run could change."""
    return [
        list(model.objects.order_by("pk").values())
        for model in (User, ReportingPeriod, Report, Value, Remark, Transition)
    ] + [FigureChange.objects.count()]


class RefusedTests(TestCase):
    def test_refused_when_debug_is_off(self):
        with self.assertRaisesRegex(CommandError, "refused when DEBUG is 0"):
            call_command("load_demo")
        self.assertFalse(User.objects.exists())

    def test_refused_beside_real_figures(self):
        call_command("load_units", stdout=StringIO())
        open_period(2022, actor=None)
        with self.assertRaisesRegex(CommandError, "2022 is already open with real figures"):
            load_demo()
        self.assertFalse(User.objects.exists())

    def test_refused_beside_another_province(self):
        AdministrativeUnit(
            code="36", kind="tinh", name="Nam Định", level="province", valid_from="2020-01-01"
        ).save()
        with self.assertRaisesRegex(CommandError, "units outside Hà Nam"):
            load_demo()
        self.assertFalse(User.objects.exists())


class LoadedTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.output = load_demo()

    def reports(self, year):
        return Report.objects.filter(period__year=year)

    def test_periods(self):
        periods = ReportingPeriod.objects.order_by("year")
        self.assertEqual([period.year for period in periods], [2021, 2022, 2023, 2024])
        self.assertTrue(all(period.is_demo for period in periods))
        self.assertEqual([p.is_closed for p in periods], [True, True, False, False])
        self.assertEqual({p.reports.count() for p in periods}, {116})
        for period in periods:
            period.full_clean()

    def test_totals_in_the_database(self):
        for code, years, expected in (
            ("DT01", (2021, 2022), [3, 22, 216]),
            ("DT02", (2021, 2022), [3, 40, 280]),
            ("GS01", (2021, 2022, 2023), [35, 126, 523]),
        ):
            values = Value.objects.filter(indicator__code=code, report__period__year__in=years)
            sums = dict(values.values_list("report__level").annotate(Sum("number")))
            levels = ("province", "district", "commune")
            self.assertEqual([sums[level] for level in levels], expected)

    def test_past_years_are_approved_without_a_stopping_problem(self):
        for year in (2021, 2022, 2023):
            self.assertEqual(self.reports(year).exclude(state=State.APPROVED).count(), 0)
        for report in self.reports(2023).select_related("period")[::10]:
            book = RuleBook(report.period.catalogue_id, report.level)
            problems = book.check(figures_of(report), prior=prior_numbers(report))
            self.assertEqual([p for p in problems if p.stops], [], report)

    def test_open_year_has_something_of_everything(self):
        states = dict(self.reports(2024).values_list("state").annotate(Count("pk")))
        self.assertEqual(set(states), {"draft", "submitted", "returned", "approved"})
        self.assertGreater(min(states.values()), 3)
        empty = self.reports(2024).filter(filled=0)
        self.assertGreater(empty.count(), 3)
        reports = self.reports(2024).with_due_dates().select_related("period")
        overdue = [report for report in reports if report.is_overdue]
        self.assertTrue(5 < len(overdue) < 40, len(overdue))
        waiting = [r for r in reports if r.state == "draft" and r.due_date > timezone.localdate()]
        self.assertGreater(len(waiting), 5)

    def test_tien_son_is_returned_with_two_remarks_and_half_corrected(self):
        report = self.reports(2024).get(unit__code="13369")
        self.assertEqual(report.state, State.RETURNED)
        remarks = report.remarks.filter(resolved_at=None)
        self.assertEqual([r.indicator.code for r in remarks], ["DT07", "VD02"])
        self.assertEqual({r.author.username for r in remarks}, {"huyen-349"})
        figures = figures_of(report)
        self.assertEqual(figures["DT07"].number, 64)
        self.assertNotIn("VD02", figures)
        book = RuleBook(report.period.catalogue_id, report.level)
        problems = book.check(figures, prior=prior_numbers(report))
        self.assertEqual([p.code for p in problems if p.stops], ["DT07"])
        self.assertGreater(report.due_date, timezone.localdate())
        self.assertFalse(report.is_late)

    def test_states_moves_and_times_agree(self):
        for report in Report.objects.prefetch_related("transitions", "values"):
            moves = list(reversed(report.transitions.all()))
            state, at = State.DRAFT, datetime.datetime.min.replace(tzinfo=datetime.UTC)
            for move in moves:
                self.assertIn(state, MOVES[move.action].from_states)
                self.assertEqual(
                    (move.from_state, move.to_state), (state, MOVES[move.action].to_state)
                )
                self.assertGreater(move.at, at)
                state, at = move.to_state, move.at
            self.assertEqual(report.state, state)
            self.assertLessEqual(at, timezone.now())
            self.assertEqual(bool(report.submitted_at), bool(moves))
            self.assertEqual(bool(report.approved_at), state == State.APPROVED)
            filled = [v for v in report.values.all() if v.number is not None or v.text]
            self.assertEqual(bool(report.filled), bool(filled))
        self.assertFalse(
            Remark.objects.filter(report__state=State.APPROVED, resolved_at=None).exists()
        )

    def test_the_ledger_tells_every_figure_and_is_dated(self):
        demo = FigureChange.objects.filter(source="demo")
        self.assertEqual(demo.count(), Value.objects.count())
        self.assertLess(demo.filter(report__period__year=2021).latest("at").at.year, 2023)

    def test_accounts(self):
        self.assertEqual(User.objects.count(), 118)
        for username, role, level in (
            ("tinh", "officer", "province"),
            ("huyen-350", "officer", "district"),
            ("xa-13369", "clerk", "commune"),
            ("lanhdao", "viewer", "province"),
        ):
            user = User.objects.get(username=username)
            self.assertEqual((user.role, user.unit.level), (role, level))
            self.assertTrue(user.check_password(settings.DEMO_PASSWORD))
            self.assertIn(username.partition("-")[0], self.output)
        self.assertTrue(User.objects.get(username="quantri").is_superuser)
        self.assertIn(settings.DEMO_PASSWORD, self.output)

    def test_second_run_changes_nothing(self):
        before = snapshot()
        self.assertIn("nothing was changed", load_demo())
        self.assertEqual(snapshot(), before)

    def test_a_missing_year_comes_back_the_same(self):
        def figures():
            values = Value.objects.filter(report__period__year=2021)
            rows = values.values_list(
                "report__unit__code", "indicator__code", "number", "text", "note"
            )
            return sorted(rows, key=str)

        before = figures()
        tables = [model._meta.db_table for model in append_only.append_only_models()]
        with append_only.unprotected(connection, *tables):
            for model in (FigureChange, Transition):
                model.objects.filter(report__period__year=2021).delete()
            PeriodLog.objects.filter(period__year=2021).delete()
        self.reports(2021).delete()
        ReportingPeriod.objects.filter(year=2021).delete()
        self.assertIn("years: 2021", load_demo())
        self.assertEqual(figures(), before)
