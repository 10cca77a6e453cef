import datetime
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied
from django.test import TestCase
from django.utils import timezone

from reports.figures.figure import Figure
from reports.figures.writing import write_figures
from reports.models import Remark, Report, State, Value
from reports.workflow.moves import (
    MOVES,
    MoveRefused,
    allowed_moves,
    lock_reason,
    make_move,
    move_many,
)
from reports.workflow.periods import close_period, extend_deadline, reopen_period
from reports.workflow.submission import NotReady, submit
from tests.cast import build_cast, build_world


class WorkflowTest(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.cast = build_cast()
        cls.world = build_world(cls.cast)

    def setUp(self):
        self.report = Report.objects.get(pk=self.world.report.pk)

    def put(self, state):
        Report.objects.filter(pk=self.report.pk).update(state=state)
        self.report.refresh_from_db()

    def moves(self, name):
        return {move.action for move in allowed_moves(self.report, self.cast[name])}

    def test_who_may_do_what_in_which_state(self):
        table = {
            ("draft", "xa-13369"): {"submit"},
            ("draft", "huyen-349"): {"submit"},
            ("draft", "lanhdao"): set(),
            ("submitted", "xa-13369"): set(),
            ("submitted", "canbo-13369"): set(),
            ("submitted", "huyen-349"): {"approve", "return"},
            ("submitted", "nhap-349"): set(),
            ("submitted", "huyen-350"): set(),
            ("submitted", "tinh"): {"approve", "return"},
            ("submitted", "lanhdao"): set(),
            ("submitted", "quantri"): {"approve", "return"},
            ("returned", "xa-13369"): {"submit"},
            ("approved", "xa-13369"): set(),
            ("approved", "huyen-349"): {"reopen"},
            ("reopened", "xa-13369"): {"submit"},
        }
        for (state, name), expected in table.items():
            with self.subTest(state=state, name=name):
                self.put(state)
                assert self.moves(name) == expected

    def test_only_the_root_reviews_its_own_report(self):
        own = Report.objects.get(period=self.world.period, unit__code="349")
        Report.objects.filter(pk=own.pk).update(state="submitted")
        own.refresh_from_db()
        assert {m.action for m in allowed_moves(own, self.cast["huyen-349"])} == set()
        root = Report.objects.get(period=self.world.period, unit__code="35")
        Report.objects.filter(pk=root.pk).update(state="submitted")
        root.refresh_from_db()
        assert {m.action for m in allowed_moves(root, self.cast["tinh"])} == {"approve", "return"}

    def test_return_correct_approve_reopen_and_the_log_of_it(self):
        an, binh = self.cast["xa-13369"], self.cast["huyen-349"]
        submit(self.report, user=an, blanks_confirmed=True)
        dt01 = self.report.period.catalogue.indicators.get(code="DT01")
        Remark.objects.create(report=self.report, indicator=dt01, text="Xem lại", author=binh)
        make_move(self.report, "return", user=binh)
        assert lock_reason(self.report) == ""
        write_figures(self.report, {"DT01": Figure(Decimal(0))}, actor=an, source="form")
        submit(self.report, user=an, blanks_confirmed=True)
        make_move(self.report, "approve", user=binh)
        assert self.report.approved_at
        assert Remark.objects.get().resolved_by == binh
        with pytest.raises(MoveRefused, match="lý do"):
            make_move(self.report, "reopen", user=binh)
        make_move(self.report, "reopen", user=binh, reason="Bổ sung số liệu")
        assert self.report.state == State.REOPENED
        assert self.report.approved_at is None
        log = [(t.action, t.to_state, t.actor_unit) for t in self.report.transitions.order_by("pk")]
        assert log == [
            ("submit", "submitted", "Xã Tiên Sơn, thị xã Duy Tiên"),
            ("return", "returned", "Ban Dân vận Thị ủy Duy Tiên"),
            ("submit", "submitted", "Xã Tiên Sơn, thị xã Duy Tiên"),
            ("approve", "approved", "Ban Dân vận Thị ủy Duy Tiên"),
            ("reopen", "reopened", "Ban Dân vận Thị ủy Duy Tiên"),
        ]

    def test_of_two_at_once_one_wins(self):
        self.put("submitted")
        first, second = (Report.objects.get(pk=self.report.pk) for _ in range(2))
        make_move(first, "approve", user=self.cast["huyen-349"], version=first.version)
        with pytest.raises(MoveRefused, match="Đã duyệt"):
            make_move(second, "return", user=self.cast["tinh"], version=second.version, reason="x")
        assert self.report.transitions.count() == 1

    def test_a_change_since_the_page_was_opened_stops_the_move(self):
        self.put("submitted")
        with pytest.raises(MoveRefused, match="vừa được người khác thay đổi"):
            make_move(self.report, "approve", user=self.cast["huyen-349"], version=99)

    def test_a_return_needs_a_reason_or_a_remark(self):
        self.put("submitted")
        with pytest.raises(MoveRefused, match="lý do trả lại"):
            make_move(self.report, "return", user=self.cast["huyen-349"])

    def test_a_submission_cannot_go_round_its_check(self):
        with pytest.raises(ValueError, match="guarded"):
            make_move(self.report, "submit", user=self.cast["xa-13369"])

    def test_without_the_right(self):
        self.put("submitted")
        for name in ("xa-13369", "nhap-349", "huyen-350", "lanhdao"):
            with self.subTest(name=name), pytest.raises(PermissionDenied):
                make_move(self.report, "approve", user=self.cast[name])

    def test_who_reviews_is_asked_of_the_report_as_it_stands_behind_the_lock(self):
        self.put("submitted")
        assert self.moves("huyen-349") == {"approve", "return"}
        other = self.cast["huyen-350"]
        Report.objects.filter(pk=self.report.pk).update(reviewer=other.unit)  # units changed
        with pytest.raises(PermissionDenied):
            make_move(self.report, "approve", user=self.cast["huyen-349"])
        make_move(self.report, "approve", user=other)

    def test_bulk_goes_on_after_a_refusal_and_says_what_became_of_each(self):
        others = list(Report.objects.filter(reviewer__code="349", level="commune")[:3])
        Report.objects.filter(pk__in=[others[0].pk, others[2].pk]).update(state="submitted")
        others = list(Report.objects.filter(pk__in=[r.pk for r in others]).order_by("pk"))
        lines = move_many(
            others,
            "approve",
            user=self.cast["huyen-349"],
            versions={report.pk: report.version for report in others},
        )
        assert [line.done for line in lines] == [True, False, True]
        assert "Đang soạn" in lines[1].message

    def test_rules_stop_a_submission_and_warnings_ask_for_a_note(self):
        an = self.cast["xa-13369"]

        def write(**figures):
            changes = {code: Figure(Decimal(x), note=note) for code, (x, note) in figures.items()}
            write_figures(self.report, changes, actor=an, source="form")

        write(DT07=(64, ""), DT08=(40, ""), DT09=(15, ""), DT10=(6, ""), TD01=(3, ""))
        with pytest.raises(NotReady) as refusal:
            submit(self.report, user=an, blanks_confirmed=True)
        found = {problem.code: problem for problem in refusal.value.problems}
        assert set(found) == {"DT07", "TD01"}
        assert "DT08 + DT09 + DT10" in found["DT07"].message
        write(DT07=(61, ""), TD01=(3, "Bí thư mới nhận nhiệm vụ từ tháng 10"))
        with pytest.raises(NotReady) as refusal:
            submit(self.report, user=an)
        assert not refusal.value.problems
        assert "DT01" in refusal.value.blanks
        assert self.report.state == State.DRAFT
        submit(self.report, user=an, blanks_confirmed=True)
        assert self.report.state == State.SUBMITTED


class PeriodTest(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.cast = build_cast()
        cls.world = build_world(cls.cast)

    def setUp(self):
        self.report = Report.objects.get(pk=self.world.report.pk)
        self.tinh = self.cast["tinh"]

    def test_the_list_of_units_is_frozen_with_their_reviewers(self):
        reports = Report.objects.filter(period=self.world.period)
        assert reports.count() == 116
        assert self.report.reviewer.code == "349"
        root = reports.get(unit__code="35")
        assert root.reviewer == root.unit

    def test_a_closed_period_stands_still_and_an_extension_opens_one_unit(self):
        close_period(self.world.period, user=self.tinh)
        report = Report.objects.get(pk=self.report.pk)
        assert "Lê Thị Chi" in lock_reason(report)
        assert allowed_moves(report, self.cast["xa-13369"]) == []
        today = timezone.localdate()
        extend_deadline(report, user=self.cast["huyen-349"], until=today, reason="Mất điện")
        report = Report.objects.get(pk=self.report.pk)
        assert lock_reason(report) == ""
        report.extensions.update(until=today - datetime.timedelta(days=1))
        report = Report.objects.get(pk=self.report.pk)
        assert "gia hạn đã hết" in lock_reason(report)
        reopen_period(self.world.period, user=self.tinh, reason="Bổ sung")
        assert lock_reason(Report.objects.get(pk=self.report.pk)) == ""

    def test_only_the_province_closes(self):
        with pytest.raises(PermissionDenied):
            close_period(self.world.period, user=self.cast["huyen-349"])

    def test_overdue_minds_the_extension(self):
        period = self.world.period
        yesterday = timezone.localdate() - datetime.timedelta(days=1)
        type(period).objects.filter(pk=period.pk).update(
            due_commune=yesterday, due_district=yesterday
        )
        assert Report.objects.overdue().filter(pk=self.report.pk).exists()
        extend_deadline(
            Report.objects.get(pk=self.report.pk),
            user=self.tinh,
            until=timezone.localdate(),
            reason="x",
        )
        assert not Report.objects.overdue().filter(pk=self.report.pk).exists()
        assert not Report.objects.get(pk=self.report.pk).is_overdue


def test_the_table_of_moves_leads_only_to_states_that_lead_on():
    reachable = {move.to_state for move in MOVES.values()} | {State.DRAFT}
    leaving = {state for move in MOVES.values() for state in move.from_states}
    assert reachable == set(State)
    assert leaving == set(State)


def test_values_have_one_writer():
    """Nothing but reports/figures/writing.py (and the labelled demonstration) may write a Value."""
    import pathlib
    import re

    root = pathlib.Path(__file__).resolve().parents[2]
    pattern = re.compile(
        r"Value\.objects\.(create|bulk_|update|get_or|filter\([^)]*\)\.(update|delete))"
    )
    writers = {
        str(path.relative_to(root))
        for folder in ("danvan", "records", "reports")
        for path in (root / folder).rglob("*.py")
        if pattern.search(path.read_text(encoding="utf-8"))
    }
    assert "reports/figures/writing.py" in writers
    # submission.py stores only `counted`, never a figure.
    assert {w for w in writers if not w.startswith("reports/demo/")} <= {
        "reports/figures/writing.py",
        "reports/workflow/submission.py",
    }
    assert Value._meta.get_field("counted").editable is False
