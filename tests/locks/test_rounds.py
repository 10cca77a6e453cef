"""Everything at once, round after round: nobody waits in a circle, nothing is written after a closing.

ROUNDS=200 is the bar of the project; the everyday run takes a sample of it.
"""

import contextlib
import os
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.test import Client, TransactionTestCase, override_settings

from danvan.accounts.models import AuditEntry
from danvan.imports import confirming
from danvan.imports.models import ImportJob, JobState
from records.models import DialogueConference
from records.services import StaleRecord, change_records, delete_records, save_record
from reports.figures.figure import Figure
from reports.figures.writing import ReportLocked, write_figures, write_many
from reports.models import FigureChange, Report, ReportingPeriod, State, Transition
from reports.workflow.moves import MoveRefused, make_move
from reports.workflow.periods import close_period, reopen_period
from reports.workflow.submission import submit
from tests.cast import build_cast, build_world
from tests.imports.tools import sheet_of, upload
from tests.locks.tools import Beside
from tests.records.data import build

ROUNDS = int(os.environ.get("ROUNDS", "6"))
PLACES = ("13369", "13363")
REFUSED = (MoveRefused, ReportLocked, StaleRecord, ValidationError)


@override_settings(IMPORT_INLINE_BYTES=10_000_000)
class RoundsTest(TransactionTestCase):
    def setUp(self):
        self.cast = build_cast()
        self.world = build_world(self.cast)
        self.tinh, self.board = self.cast["tinh"], self.cast["huyen-349"]
        self.desk = Client()
        self.desk.force_login(self.board)

    def reports(self) -> list[Report]:
        found = Report.objects.filter(period=self.world.period, unit__code__in=PLACES)
        return list(found.select_related("unit").order_by("pk"))

    def new_job(self, number: int) -> ImportJob:
        """A checked file of the board with rows of both communes, new ones and one that changes."""
        rows = [
            {"unit": code, "title": f"Đối thoại {number}-{n}"} for code in PLACES for n in range(20)
        ]
        rows.append({"unit": PLACES[0], "title": "Sửa mãi", "attendees": 60 + number})
        return upload(self.desk, sheet_of(self.board, *rows))

    def together(self, *actions) -> None:
        """Run the actions at once; only what the house refuses may be refused."""
        for beside in [Beside(action) for action in actions]:
            with contextlib.suppress(*REFUSED):
                beside.ended()

    def save_figures(self, number: int, *reports: Report):
        figures = {"DT01": Figure(Decimal(number), note="Đã đối chiếu")}
        if len(reports) > 1:
            changes = {report.pk: figures for report in reversed(reports)}
            return lambda: write_many(changes, actor=self.board, source="import")
        return lambda: write_figures(reports[0], figures, actor=self.board, source="form")

    def save_a_record(self, number: int):
        record = build("dialogue-conference", self.cast["xa-13369"].unit, title=f"Tay {number}")
        return lambda: save_record(record, actor=self.board)

    def touch_records(self):
        """Change the oldest rows and delete the newest, as bulk actions do."""
        rows = list(DialogueConference.objects.order_by("pk"))

        def act():
            for row in rows[:5]:
                row.note = "đã xem"
            change_records(list(reversed(rows[:5])), ["note"], actor=self.board)
            delete_records(DialogueConference, [row.pk for row in rows[-3:]], actor=self.board)

        return act

    def sending(self, report: Report):
        return lambda: submit(report, user=self.board, blanks_confirmed=True)

    def test_submissions_beside_imports(self):
        for number in range(ROUNDS):
            job = self.new_job(number)
            first, second = self.reports()
            self.together(
                self.sending(first),
                lambda job=job: confirming.confirm(job, here=True),
                self.save_figures(number, first, second),
                self.touch_records(),
                self.sending(second),
                self.save_a_record(number),
            )
            job = ImportJob.objects.get(pk=job.pk)
            assert job.state in (JobState.DONE, JobState.CHECKED), job.state
            assert "Máy chủ" not in job.message, job.message
            for report in self.reports():
                assert report.state == State.SUBMITTED, number
                make_move(report, "return", user=self.board, reason="Xem lại")
        assert Transition.objects.filter(action="submit").count() == 2 * ROUNDS

    def test_closing_beside_saves_and_imports(self):
        period = ReportingPeriod.objects.get(pk=self.world.period.pk)
        late = []
        for number in range(ROUNDS):
            job = self.new_job(number)
            first, second = self.reports()
            self.together(
                self.save_figures(number, first),
                lambda job=job: confirming.confirm(job, here=True),
                lambda: close_period(ReportingPeriod.objects.get(pk=period.pk), user=self.tinh),
                self.save_figures(number, first, second),
                self.save_a_record(number),
                self.touch_records(),
            )
            closed_at = ReportingPeriod.objects.get(pk=period.pk).closed_at
            after = {"timestamp__gt": closed_at, "content_type__model": "dialogueconference"}
            late += [
                FigureChange.objects.filter(at__gt=closed_at).count(),
                AuditEntry.objects.filter(**after).count(),
                DialogueConference.objects.filter(updated_at__gt=closed_at).count(),
            ]
            reopen_period(period, user=self.tinh, reason="Bổ sung")
        assert not any(late), late
        assert len(late) == 3 * ROUNDS
