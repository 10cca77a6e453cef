"""A finished workbook is made once, and made anew after every change of what it shows."""

import datetime
from decimal import Decimal
from unittest import mock

from django.db.models import F
from django.utils import timezone

from danvan.units.models import AdministrativeUnit
from reports.consolidation import keeping as keeping_facts
from reports.consolidation.scope import Scope, ScopeData
from reports.consolidation.summary import consolidate
from reports.documents.workbook import keeping
from reports.figures.figure import Figure
from reports.figures.writing import write_figures
from reports.models import (
    DeadlineExtension,
    Indicator,
    KeptFile,
    OfficeLetterhead,
    ReportingPeriod,
    Section,
)
from reports.restructuring.applying import undo_change
from reports.workflow.moves import make_move
from reports.workflow.submission import submit
from tests.reports.test_unit_changes import DAY, ChangeCase

ADDRESS = "/bao-cao/tong-hop/xuat-excel/?unit=90&first=2026&last=2026&state=submitted"


class Told:
    """In the place of a workbook: a digest of all that it would show."""

    def __init__(self, content):
        self.content = content

    def save(self, file):
        told = keeping._Telling().all_of([self.content, self.content.consolidation.lines])
        file.write(keeping_facts.told_digest(told).encode())

    def close(self):
        pass


@mock.patch.object(keeping_facts, "FEWEST", 1)
class KeptWorkbookTest(ChangeCase):
    def setUp(self):
        self.client.force_login(self.board)
        self.made = 0

    def build(self, content):
        self.made += 1
        return Told(content)

    def asked(self) -> bytes:
        """Return a digest of what the workbook shows that the board is given."""
        with (
            mock.patch.object(keeping, "build", self.build),
            self.captureOnCommitCallbacks(execute=True),
        ):
            return b"".join(self.client.get(ADDRESS))

    def afresh(self) -> bytes:
        with mock.patch.object(keeping_facts, "FEWEST", 10**9):
            return self.asked()

    def write(self, code: str, number: int) -> None:
        figures = {"DT01": Figure(Decimal(number), note="Đúng")}
        write_figures(self.report(code), figures, actor=self.board, source="form")

    def send(self) -> None:
        submit(self.report("901"), user=self.clerks["901"], blanks_confirmed=True)

    def give_back(self) -> None:
        make_move(self.report("901"), "return", user=self.board, reason="Không tính")

    def extend(self) -> None:
        until = datetime.date(2027, 2, 1)
        DeadlineExtension.objects.create(
            report=self.report("902"), until=until, reason="Bão", granted_by=self.board
        )

    def sign(self) -> None:
        names = {"issuer": "BAN DÂN VẬN", "symbol": "-BC/X", "place": "A", "signer": "Lê Văn B"}
        day = datetime.date(2026, 1, 1)
        OfficeLetterhead.objects.create(unit=self.units["90"], valid_from=day, **names)

    def merge(self) -> None:
        self.merged = self.apply(self.merger())

    def move(self) -> None:
        """An moves below the district Hồng."""
        unit, district = self.units["901"], self.units["91"]
        unit.parent, unit.path = district, f"{district.path}901/"
        AdministrativeUnit.objects.filter(pk=unit.pk).update(parent=district, path=unit.path)

    def test_the_second_time_it_is_not_made(self):
        first = self.asked()
        self.assertEqual((self.asked(), self.made), (first, 1))
        self.assertEqual((self.afresh(), self.made), (first, 2))

    def test_every_change_of_what_it_shows_is_shown_at_once(self):
        ratios = Indicator.objects.filter(value_type="PCT")
        steps = {
            "a figure": lambda: self.write("901", 3),
            "sent": self.send,
            "left out with a remark": self.give_back,
            "another figure": lambda: self.write("901", 8),
            "sent again": self.send,
            "the words of an indicator": lambda: Indicator.objects.update(label=F("code")),
            "a formula": lambda: ratios.update(formula="DT01 / DT03"),
            "a section": lambda: Section.objects.filter(code="DT").update(label="Tên khác"),
            "a due date": self.extend,
            "the due dates": lambda: ReportingPeriod.objects.update(due_commune=DAY),
            "demonstration": lambda: ReportingPeriod.objects.update(is_demo=True),
            "the letterhead": self.sign,
            "a name": lambda: AdministrativeUnit.objects.filter(code="903").update(name="Khác"),
            "left out again": self.give_back,
            "a merger": self.merge,
            "a merger taken back": lambda: undo_change(self.merged, by=self.board),
            "a unit moved": self.move,
        }
        last = self.asked()
        for what, step in steps.items():
            with self.subTest(what):
                step()
                told = self.asked()
                self.assertEqual(told, self.afresh())
                self.assertEqual(self.lines(), self.lines(fewest=10**9))
                if "figure" not in what:  # of a report that is not in the figures
                    self.assertNotEqual(told, last)
                last = told

    def lines(self, fewest: int = 1) -> dict:
        """Return the lines that are told, of what is kept or afresh."""
        scope = Scope(self.units["90"], 2026, 2026, include_submitted=True)
        with (
            mock.patch.object(keeping_facts, "FEWEST", fewest),
            self.captureOnCommitCallbacks(execute=True),
        ):
            return consolidate(ScopeData(scope)).lines

    def test_another_day_or_program_makes_it_anew(self):
        self.asked()
        tomorrow = timezone.localdate() + datetime.timedelta(days=1)
        with mock.patch.object(timezone, "localdate", lambda: tomorrow):
            self.asked()
        self.assertEqual(self.made, 2)
        with mock.patch.object(keeping_facts, "running_version", lambda: "next"):
            self.asked()
        self.assertEqual(self.made, 3)

    def test_each_reader_is_given_the_own_part(self):
        self.asked()
        self.client.force_login(self.district)
        answer = b"".join(self.client.get(ADDRESS.replace("unit=90", "unit=91")))
        self.assertEqual(self.made, 1)
        self.assertTrue(answer.startswith(b"PK"))
        self.assertEqual(self.client.get(ADDRESS).status_code, 404)

    def test_what_is_too_large_is_not_kept(self):
        with mock.patch.object(KeptFile, "LARGEST", 10):
            self.asked()
        self.assertFalse(KeptFile.objects.exists())

    def test_what_does_not_tell_what_it_holds_is_refused(self):
        with self.assertRaises(TypeError):
            keeping._Telling().all_of([object()])
