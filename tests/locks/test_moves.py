"""One unit's move holds up nobody else's, and nobody else's figures; what belongs to it waits."""

import time
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.test import TransactionTestCase

from reports.figures.figure import Figure
from reports.figures.writing import write_figures
from reports.models import Remark, Report, State, Transition
from reports.workflow import moves
from reports.workflow.moves import make_move
from reports.workflow.remarks import keep_remarks
from reports.workflow.submission import submit
from tests.cast import build_cast, build_world
from tests.locks.tools import Beside, halted, one_writer


class OneUnitTest(TransactionTestCase):
    """Tiên Sơn's submission is open in a transaction."""

    def setUp(self):
        self.cast = build_cast()
        self.world = build_world(self.cast)
        self.board = self.cast["huyen-349"]

    def report_of(self, code: str) -> Report:
        return Report.objects.get(period=self.world.period, unit__code=code)

    def submitting(self, code: str = "13369"):
        report = self.report_of(code)
        return lambda: submit(report, user=self.board, blanks_confirmed=True)

    def open_submission(self):
        return halted(moves, "_take", self.submitting())

    def test_another_units_submission_takes_as_long_as_alone(self):
        """On SQLite the other one waits its turn and then goes through."""
        others = Report.objects.filter(reviewer__code="349", level="commune").exclude(
            unit__code="13369"
        )
        codes = list(others.values_list("unit__code", flat=True)[:17])
        if one_writer():
            with self.open_submission():
                other = Beside(self.submitting(codes[0]))
                assert other.waits()
            other.ended()
            assert Transition.objects.filter(action="submit").count() == 2
            return
        self.submitting(codes.pop())()
        alone = [self.seconds(code) for code in codes[::2]]
        with self.open_submission() as opened:
            beside = [self.seconds(code) for code in codes[1::2]]
            assert opened.is_alive(), "they went through only after it"
        # The quickest of eight: what the machine does meanwhile makes some slower, a lock all of them.
        assert min(beside) <= 1.2 * min(alone), (alone, beside)

    def seconds(self, code: str) -> float:
        submitting = self.submitting(code)
        start = time.perf_counter()
        submitting()
        return time.perf_counter() - start

    def test_another_unit_saves_and_its_own_saves_wait(self):
        def saving(code):
            report = self.report_of(code)
            figures = {"DT01": Figure(Decimal(0))}
            return lambda: write_figures(report, figures, actor=self.board, source="form")

        foreign, own = saving("13363"), saving("13369")
        with self.open_submission():
            other = Beside(foreign)
            assert other.waits() == one_writer()
            mine = Beside(own)
            assert mine.waits()
        other.ended()
        with self.assertRaisesMessage(Exception, "đang chờ duyệt"):
            mine.ended()

    def test_the_same_button_pressed_twice_answers_twice_and_moves_once(self):
        first, second = self.submitting(), self.submitting()
        report = self.report_of("13369")

        def again():
            return submit(report, user=self.board, version=report.version, blanks_confirmed=True)

        with halted(
            moves,
            "_take",
            lambda: make_move(
                report, "submit", user=self.board, version=report.version, before=lambda r: None
            ),
        ) as sent:
            twice = Beside(again)
            assert twice.waits()
        assert twice.ended().pk == sent.ended().pk
        with self.assertRaises(moves.MoveRefused):
            first()
        with self.assertRaises(moves.MoveRefused):
            second()
        assert Transition.objects.count() == 1


class RemarkTest(TransactionTestCase):
    """A remark at a report that is being returned by somebody else is refused, not kept for nobody."""

    def test_what_is_remarked_waits_for_the_move_and_asks_the_state_after_it(self):
        cast = build_cast()
        report = build_world(cast).report
        Report.objects.filter(pk=report.pk).update(state=State.SUBMITTED)
        board, province = cast["huyen-349"], cast["tinh"]
        mine, theirs = (Report.objects.get(pk=report.pk) for _ in range(2))
        with halted(
            moves, "_take", lambda: make_move(theirs, "return", user=province, reason="Sai số")
        ):
            remarking = Beside(lambda: keep_remarks(mine, {"DT01": "Xem lại"}, board))
            assert remarking.waits()
        with self.assertRaisesMessage(ValidationError, "chờ duyệt"):
            remarking.ended()
        assert not Remark.objects.exists()
