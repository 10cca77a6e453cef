from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import TestCase
from django.test.utils import CaptureQueriesContext

from reports.figures.figure import BLANK, Figure
from reports.figures.stored import figures_of
from reports.figures.writing import (
    ReportLocked,
    StaleFigures,
    figures_at,
    write_figures,
    write_many,
)
from reports.models import FigureChange, Report, State, Value
from reports.workflow.periods import close_period
from tests.cast import build_cast, build_world


def n(number, **more) -> Figure:
    return Figure(number=Decimal(number), **more)


class WriteFiguresTest(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.cast = build_cast()
        cls.world = build_world(cls.cast)

    def setUp(self):
        self.an = self.cast["xa-13369"]
        self.report = Report.objects.get(pk=self.world.report.pk)

    def write(self, changes, **more):
        return write_figures(self.report, changes, actor=self.an, source="form", **more)

    def test_value_ledger_and_version_are_written_together(self):
        result = self.write({"DT01": n(2, qualifier="at_least", note="theo sổ"), "DT02": n(0)})
        assert result.total == 2
        assert self.report.version == 1
        assert self.report.filled == 2
        assert figures_of(self.report)["DT01"] == n(2, qualifier="at_least", note="theo sổ")
        change = FigureChange.objects.get(indicator__code="DT01")
        assert change.old is None
        assert change.new == {"number": "2", "qualifier": "at_least", "text": "", "note": "theo sổ"}
        assert (change.actor, change.actor_role, change.on_behalf) == (self.an, "clerk", False)
        assert change.actor_unit == "Xã Tiên Sơn, thị xã Duy Tiên"

    def test_the_same_again_is_no_change(self):
        self.write({"DT01": n(2)})
        result = self.write({"DT01": n("2.000")})
        assert result.total == 0
        assert self.report.version == 1
        assert FigureChange.objects.count() == 1

    def test_blank_is_not_zero(self):
        self.write({"DT01": n(0), "DT02": BLANK})
        assert figures_of(self.report) == {"DT01": n(0)}
        self.write({"DT01": BLANK})
        assert not Value.objects.exists()
        assert FigureChange.objects.latest("pk").new is None
        assert self.report.filled == 0

    def test_what_cannot_be_is_refused_whole(self):
        for code, figure in {
            "DT01": n("1.5"),
            "DT02": n(-1),
            "DT03": Figure(text="ba"),
            "NX01": n(3),
            "CQ01": n(2),
            "CQ02": n(6),
            "VD01": n("0.0001"),
            "DT06": n(10**13),
            "DT11": n(1),  # a ratio is never typed
            "KT01": n(1),  # entered by the province only
            "ZZ99": n(1),
        }.items():
            with self.subTest(code=code), pytest.raises(ValidationError):
                self.write({"DT04": n(1), code: figure})
        assert not Value.objects.exists()
        assert not FigureChange.objects.exists()

    def test_a_locked_report_takes_nothing_and_says_whom_to_ask(self):
        Report.objects.filter(pk=self.report.pk).update(state=State.SUBMITTED)
        with pytest.raises(ReportLocked, match="Ban Dân vận Thị ủy Duy Tiên"):
            self.write({"DT01": n(1)})
        close_period(self.world.period, user=self.cast["tinh"])
        Report.objects.filter(pk=self.report.pk).update(state=State.DRAFT)
        with pytest.raises(ReportLocked, match="Lê Thị Chi"):
            self.write({"DT01": n(1)})
        assert not Value.objects.exists()

    def test_two_people_at_different_figures_both_count(self):
        self.write({"DT01": n(1), "DT02": n(1)}, version=0)
        # The other page still shows version 0: it posts all its fields, only DT03 was really typed.
        self.write({"DT01": BLANK, "DT02": BLANK, "DT03": n(5)}, version=0)
        assert figures_of(self.report) == {"DT01": n(1), "DT02": n(1), "DT03": n(5)}

    def test_two_people_at_the_same_figure_is_told_and_nothing_is_written(self):
        self.write({"DT01": n(1)}, version=0)
        with pytest.raises(StaleFigures) as stale:
            self.write({"DT01": n(2), "DT03": n(5)}, version=0)
        conflict = stale.value.conflicts["DT01"]
        assert (conflict.current, conflict.actor) == (n(1), "Nguyễn Thị An")
        assert figures_of(self.report) == {"DT01": n(1)}

    def test_the_same_number_typed_by_both_is_no_conflict(self):
        self.write({"DT01": n(1)}, version=0)
        self.write({"DT01": n(1), "DT03": n(5)}, version=0)
        assert figures_of(self.report)["DT03"] == n(5)

    def test_the_past_can_be_read_from_the_ledger(self):
        self.write({"DT01": n(1)})
        self.write({"DT01": n(2), "DT02": n(7)})
        self.write({"DT01": BLANK})
        current = figures_of(self.report)
        assert figures_at(self.report, 1, current).get("DT01") == n(1)
        assert figures_at(self.report, 1, current).get("DT02", BLANK) == BLANK
        assert figures_at(self.report, 0, current).get("DT01", BLANK) == BLANK

    def test_many_reports_all_or_none_in_a_fixed_number_of_queries(self):
        reports = list(Report.objects.filter(level="commune")[:40])
        tinh, numbers = self.cast["tinh"], []
        for some in (reports[:1], reports[1:3], reports[3:]):  # the first reads the person's area
            changes = {r.pk: {"DT01": n(1), "DT02": n(2)} for r in some}
            with CaptureQueriesContext(connection) as asked:
                write_many(changes, actor=tinh, source="import")
            numbers.append(len(asked))
        assert numbers[1] == numbers[2] <= 13, numbers
        assert Value.objects.count() == 80
        assert FigureChange.objects.filter(on_behalf=True).count() == 80
        Report.objects.filter(pk=reports[0].pk).update(state=State.APPROVED)
        with pytest.raises(ReportLocked, match=str(reports[0].unit)):
            write_many({r.pk: {"DT03": n(9)} for r in reports}, actor=tinh, source="import")
        assert not Value.objects.filter(number=9).exists()


def test_one_number_has_one_spelling():
    assert n("5.000") == n(5)
    assert n("5.000").as_json()["number"] == "5"
    assert n("1140").as_json()["number"] == "1140"
    assert Figure.from_json(n("90.50").as_json()) == n("90.5")
