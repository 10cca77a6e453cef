"""A change of units written, foreseen and undone: units, accounts, records and reports in one transaction."""

import datetime
from decimal import Decimal
from unittest import mock

from django.core.exceptions import PermissionDenied, ValidationError
from django.test import TestCase
from django.utils import timezone

from danvan.accounts import services
from danvan.accounts.models import AuditEntry, SecurityEvent, User
from danvan.accounts.rights import Action, Standing, standing
from danvan.units.models import AdministrativeUnit, UnitSuccession
from records.models import DialogueConference
from reports.figures.figure import Figure
from reports.figures.writing import write_figures
from reports.models import Report, ReportUnit, State, UnitChange
from reports.restructuring.applying import apply_change, undo_change
from reports.restructuring.foresight import look_ahead
from reports.workflow.moves import may_enter
from reports.workflow.periods import open_period
from tests.records.data import make

D = datetime.date
START, DAY = D(2020, 1, 1), D(2026, 7, 1)
TABLES = (AdministrativeUnit, UnitSuccession, User, Report, ReportUnit, DialogueConference)


def rows(*models):
    """Return every row of the tables that a change touches, without versions and stamps of records."""
    skipped = {"version", "updated_at", "last_login"}
    return {
        model.__name__: [
            {
                f.attname: getattr(row, f.attname)
                for f in model._meta.concrete_fields
                if f.name not in skipped
            }
            for row in model.objects.order_by("pk")
        ]
        for model in models or TABLES
    }


class ChangeCase(TestCase):
    """Tỉnh A with communes An, Bình, Cát, Dương and a district Hồng with xã Em; 2026 is open."""

    @classmethod
    def setUpTestData(cls):
        cls.units = {}
        cls.add("90", "tinh", "A")
        for code, name in (("901", "An"), ("902", "Bình"), ("903", "Cát"), ("904", "Dương")):
            cls.add(code, "xa", name, "90")
        cls.add("91", "huyen", "Hồng", "90")
        cls.add("911", "xa", "Em", "91")
        cls.board = cls.person("tinh", "90", "officer")
        cls.clerks = {code: cls.person(f"xa-{code}", code) for code in ("901", "902", "903", "911")}
        cls.district = cls.person("huyen", "91", "officer")
        cls.root = User.objects.create(username="root", is_superuser=True)
        cls.period = open_period(2026, actor=cls.board, structure_date=D(2026, 12, 14))

    @classmethod
    def add(cls, code, kind, name, parent=""):
        from danvan.units.kinds import LEVEL_OF_KIND, UnitKind

        cls.units[code] = AdministrativeUnit.objects.create(
            code=code, kind=kind, name=name, level=LEVEL_OF_KIND[UnitKind(kind)],
            parent=cls.units.get(parent), valid_from=START,
        )  # fmt: skip

    @classmethod
    def person(cls, name, code, role="clerk"):
        return User.objects.create(username=name, unit=cls.units[code], role=role)

    def change(self, units=(), moves=(), day=DAY, by=None):
        keys = ("code", "kind", "name", "parent")
        return UnitChange.objects.create(
            number="12/NQ-UBTVQH16", issued_on=D(2026, 6, 1), day=day, unit=self.units["90"],
            created_by=by or self.board,
            units=[dict(zip(keys, unit, strict=True)) for unit in units],
            moves=[{"old": o, "new": n, "share": s} for o, n, s in moves],
        )  # fmt: skip

    def merger(self, **kwargs):
        """An and Bình become phường Mới, which takes the code of An."""
        return self.change(
            [("901", "phuong", "Mới", "90")], [("901", "901", ""), ("902", "901", "")], **kwargs
        )

    def apply(self, change, by=None, **kwargs):
        apply_change(change, by=by or self.board, version=change.version, **kwargs)
        return change

    def report(self, code, period=None, day=None):
        reports = Report.objects.filter(period=period or self.period, unit__code=code)
        return reports.get(unit__valid_from=day or START)

    def refused(self, change, *words, by=None):
        before = rows()
        with self.assertRaises(ValidationError) as caught:
            self.apply(change, by=by)
        told = " ".join(caught.exception.messages)
        for word in words:
            self.assertIn(word, told)
        self.assertEqual(rows(), before)
        return told


class MergerTest(ChangeCase):
    def test_units_accounts_reports_and_trail(self):
        entries = AuditEntry.objects.count()
        self.apply(self.merger())
        new = AdministrativeUnit.objects.get(code="901", valid_from=DAY)
        self.assertEqual(
            (str(new), new.parent, new.valid_to), ("Phường Mới", self.units["90"], None)
        )
        self.assertEqual(new.source, "start=NQ 12/NQ-UBTVQH16")
        olds = AdministrativeUnit.objects.filter(valid_to=DAY)
        self.assertEqual(set(olds.values_list("code", flat=True)), {"901", "902"})
        self.assertFalse(self.units["901"].same_unit_as(new))
        people = User.objects.filter(unit=new)
        self.assertEqual({user.username for user in people}, {"xa-901", "xa-902"})
        self.assertEqual(SecurityEvent.objects.filter(kind="transferred").count(), 2)
        # nothing was entered: the reports of both make way, that of the new unit answers for them
        reports = Report.objects.filter(period=self.period)
        self.assertFalse(reports.filter(unit__valid_to=DAY).exists())
        report = reports.get(unit=new)
        self.assertEqual((report.reviewer, report.until), (self.units["90"], None))
        answers = ReportUnit.objects.filter(report=report)
        self.assertEqual(
            {(row.unit.code, row.unit.valid_from) for row in answers},
            {("901", START), ("902", START), ("901", DAY)},
        )
        self.assertGreaterEqual(AuditEntry.objects.count() - entries, 7)
        self.assertEqual(self.period.log.filter(action="Sắp xếp đơn vị").count(), 1)

    def test_a_report_with_figures_stays_and_ends_and_the_successor_finishes_it(self):
        old = self.report("902")
        write_figures(old, {"DT01": Figure(Decimal(7))}, actor=self.clerks["902"], source="form")
        self.apply(self.merger())
        old.refresh_from_db()
        self.assertEqual((old.until, old.unit), (DAY, self.units["902"]))
        clerk = User.objects.get(username="xa-901")
        self.assertTrue(may_enter(old, clerk))
        self.assertFalse(may_enter(old, self.clerks["903"]))
        write_figures(old, {"DT02": Figure(Decimal(1))}, actor=clerk, source="form")
        self.assertTrue(old.changes.latest("pk").on_behalf)
        # each day of Bình is still answered for once, by its own report
        self.assertEqual(ReportUnit.objects.get(unit=self.units["902"]).report, old)

    def test_records_from_the_day_on_go_along(self):
        before = make("dialogue-conference", self.units["901"], start_date=D(2026, 6, 30))
        after = make("dialogue-conference", self.units["902"], start_date=D(2026, 7, 2))
        rating = make(
            "friendly-government", self.units["902"], year=2026, start_date=D(2026, 6, 30)
        )
        self.apply(self.merger())
        for row in (before, after, rating):
            row.refresh_from_db()
        self.assertEqual(before.unit, self.units["901"])
        self.assertEqual((after.unit.name, after.unit.valid_from), ("Mới", DAY))
        self.assertEqual(rating.unit, self.units["902"])

    def test_a_chosen_account_only_reads(self):
        clerk = self.clerks["902"]
        self.apply(self.merger(), people={clerk.pk: ""})
        clerk.refresh_from_db()
        self.assertEqual((clerk.unit, clerk.unit_until), (self.units["902"], DAY))
        self.assertEqual(standing(clerk), Standing.VIEWER)
        self.assertFalse(clerk.can(Action.ENTER_RECORD))

    def test_an_account_is_not_sent_to_a_unit_of_no_concern(self):
        change = self.merger()
        with self.assertRaises(ValidationError):
            self.apply(change, people={self.clerks["902"].pk: "903"})
        self.assertFalse(AdministrativeUnit.objects.filter(valid_from=DAY).exists())

    def test_undo_restores_every_row(self):
        make("dialogue-conference", self.units["902"], start_date=D(2026, 7, 2))
        write_figures(
            self.report("902"),
            {"DT01": Figure(Decimal(7))},
            actor=self.clerks["902"],
            source="form",
        )
        before = rows()
        change = self.apply(self.merger())
        self.assertNotEqual(rows(), before)
        undo_change(change, by=self.board)
        self.assertEqual(rows(), before)
        self.assertEqual(change.state, "undone")
        again = self.apply(self.merger())  # the same plan once more
        self.assertEqual(again.state, "applied")

    def test_undo_is_refused_while_something_newer_stands_on_it(self):
        change = self.apply(self.merger())
        new = AdministrativeUnit.objects.get(code="901", valid_from=DAY)
        record = make("dialogue-conference", new, start_date=D(2026, 8, 1))
        with self.assertRaisesMessage(ValidationError, "1 hội nghị đối thoại được ghi sau đó"):
            undo_change(change, by=self.board)
        record.delete()
        report = self.report("901", day=DAY)
        write_figures(report, {"DT01": Figure(Decimal(1))}, actor=self.board, source="form")
        with self.assertRaisesMessage(ValidationError, "phường Mới đã có số liệu"):
            undo_change(change, by=self.board)
        report.changes.model._base_manager.none()
        later = self.change([("99", "xa", "Sau", "90")], [("901", "99", "")], day=D(2026, 9, 1))
        self.apply(later)
        with self.assertRaisesMessage(ValidationError, "đã có thay đổi khác từ ngày 01/09/2026"):
            undo_change(change, by=self.board)

    def test_twice_is_once(self):
        change = self.merger()
        stale = UnitChange.objects.get(pk=change.pk)
        self.apply(change)
        with self.assertRaisesMessage(ValidationError, "vừa được người khác"):
            self.apply(stale)


class RenameAndSplitTest(ChangeCase):
    def test_a_new_name_keeps_report_figures_and_session(self):
        report = self.report("903")
        write_figures(report, {"DT01": Figure(Decimal(3))}, actor=self.clerks["903"], source="form")
        before = rows()
        change = self.apply(self.change([("903", "phuong", "Cát", "90")], [("903", "903", "")]))
        report.refresh_from_db()
        self.assertEqual((str(report.unit), report.until), ("Phường Cát", None))
        clerk = User.objects.get(username="xa-903")
        self.assertEqual(clerk.unit, report.unit)
        self.assertTrue(may_enter(report, clerk))
        self.assertTrue(self.units["903"].same_unit_as(report.unit))
        undo_change(change, by=self.board)
        self.assertEqual(rows(), before)

    def test_a_split_with_shares(self):
        change = self.apply(
            self.change(
                [("981", "xa", "Cát", "90")],
                [("903", "981", "0.6"), ("903", "904", "0.4")],
            )
        )
        shares = UnitSuccession.objects.order_by("-share").values_list("successor__code", "share")
        self.assertEqual(list(shares), [("981", Decimal("0.6")), ("904", Decimal("0.4"))])
        clerk = User.objects.get(username="xa-903")
        self.assertEqual((clerk.unit, clerk.has_left), (self.units["903"], True))
        row = ReportUnit.objects.get(unit=self.units["903"])
        self.assertEqual((row.report.unit.code, row.is_question), ("981", True))
        undo_change(change, by=self.board)

    def test_a_district_ends_and_its_communes_go_below_the_province(self):
        write_figures(
            self.report("911"),
            {"DT01": Figure(Decimal(2))},
            actor=self.clerks["911"],
            source="form",
        )
        before = rows()
        change = self.apply(self.change(moves=[("91", "", "")]))
        commune = AdministrativeUnit.objects.get(code="911", valid_from=DAY)
        self.assertEqual(commune.parent, self.units["90"])
        self.assertTrue(commune.same_unit_as(self.units["911"]))
        report = Report.objects.get(unit=commune)
        self.assertEqual((report.reviewer, report.version), (self.units["90"], 1))
        self.assertEqual(User.objects.get(username="xa-911").unit, commune)
        district = User.objects.get(username="huyen")
        self.assertTrue(district.has_left)
        self.assertFalse(district.can(Action.REVIEW))
        undo_change(change, by=self.board)
        self.assertEqual(rows(), before)


class BodyTest(ChangeCase):
    """A body below a commune ends with it, and goes along where the commune stays the same unit."""

    @classmethod
    def setUpTestData(cls):
        super().setUpTestData()
        for code, above in (("K9021", "902"), ("K9111", "911")):
            cls.add(code, "mttq", "Việt Nam", above)
            cls.clerks[code] = cls.person(code, code)

    def test_it_ends_with_a_commune_that_is_merged(self):
        before = rows()
        change = self.apply(self.merger())
        body = AdministrativeUnit.objects.get(code="K9021")
        self.assertEqual((body.valid_to, body.successions.count()), (DAY, 0))
        self.assertTrue(User.objects.get(username="K9021").has_left)
        undo_change(change, by=self.board)
        self.assertEqual(rows(), before)

    def test_it_goes_along_below_the_same_commune(self):
        change = self.apply(self.change(moves=[("91", "", "")]))
        body = AdministrativeUnit.objects.get(code="K9111", valid_to=None)
        self.assertEqual((body.parent.code, body.parent.valid_from), ("911", DAY))
        self.assertEqual(User.objects.get(username="K9111").unit, body)
        undo_change(change, by=self.board)


class FutureTest(ChangeCase):
    FUTURE = timezone.localdate() + datetime.timedelta(days=40)

    def test_it_waits_for_its_day_and_can_be_withdrawn(self):
        before = rows()
        change = self.apply(self.merger(day=self.FUTURE))
        self.assertTrue(change.is_waiting)
        clerk = User.objects.get(username="xa-902")
        self.assertEqual((clerk.unit, clerk.unit_until), (self.units["902"], self.FUTURE))
        self.assertTrue(clerk.can(Action.ENTER_RECORD))
        undo_change(change, by=self.board)
        self.assertEqual(rows(), before)

    def test_on_the_day_the_first_request_moves_the_accounts(self):
        clerk = self.clerks["902"]
        self.apply(self.merger(day=self.FUTURE), people={self.clerks["901"].pk: ""})
        with mock.patch("django.utils.timezone.localdate", return_value=self.FUTURE):
            self.assertFalse(User.objects.get(username="xa-901").can(Action.ENTER_RECORD))
            self.client.get("/dang-nhap/")
        clerk.refresh_from_db()
        self.assertEqual((clerk.unit.name, clerk.unit_until, clerk.next_unit), ("Mới", None, None))
        self.assertEqual(services.settle_moves(), 0)


class RefusedTest(ChangeCase):
    def test_what_stands_against_it_says_what_to_do(self):
        new = ("981", "xa", "Mới", "90")
        cases = [
            (([], []), "ít nhất một đơn vị cũ"),
            (([], [("999", "901", "")]), "Không có đơn vị mã 999"),
            (([], [("901", "999", "")]), "kế thừa mã 999 không có hiệu lực"),
            (([("904", "xa", "Khác", "90")], [("901", "904", "")]), "Mã 904 đang là của xã Dương"),
            (([new], [("901", "902", "")]), "Chưa ghi đơn vị cũ nào nhập về Xã Mới"),
            (([], [("901", "902", ""), ("902", "901", "")]), "vừa là đơn vị cũ"),
            (([new], [("901", "981", "0.7"), ("901", "902", "0.5")]), "120 %, vượt quá 100 %"),
            (([new], [("901", "981", "0.7"), ("901", "902", "0.2")]), "90 %, chưa đủ 100 %"),
            (([new], [("901", "981", "0.7"), ("901", "902", "")]), "tỷ lệ cho mọi phần"),
            (([], [("901", "", "")]), "nhập về đơn vị nào"),
            (([("981", "xa", "Mới", "901")], [("901", "981", "")]), "Đơn vị cấp trên"),
        ]
        for (units, moves), words in cases:
            with self.subTest(words):
                self.refused(self.change(units, moves), words)

    def test_one_that_overlaps_another(self):
        self.apply(self.merger())
        self.refused(
            self.change([("982", "xa", "Khác", "90")], [("902", "982", "")], day=D(2026, 5, 1)),
            "Xã Bình đã có thay đổi khác từ ngày 01/07/2026",
        )

    def test_one_below_it_that_another_change_ends_later(self):
        self.apply(self.change(moves=[("911", "901", "")], day=D(2026, 9, 1)))
        self.refused(
            self.change(moves=[("91", "", "")]), "Xã Em đã có thay đổi khác từ ngày 01/09/2026"
        )

    def test_a_day_in_a_closed_period(self):
        self.period.is_closed = True
        self.period.save()
        self.refused(self.merger(), "kỳ báo cáo năm 2026 đã khóa", "mở lại")

    def test_a_report_sent_after_the_day(self):
        Report.objects.filter(unit=self.units["901"]).update(
            state=State.SUBMITTED, version=1, submitted_at=timezone.now()
        )
        self.refused(self.merger(), "xã An đã gửi sau ngày hiệu lực", "trả lại")

    def test_a_district_that_is_split_asks_for_its_communes(self):
        units = [("95", "huyen", "Một", "90"), ("96", "huyen", "Hai", "90")]
        self.refused(self.change(units, [("91", "95", ""), ("91", "96", "")]), "xã Em (mã 911)")

    def test_who_may(self):
        for user in (self.clerks["901"], self.district):
            with self.assertRaises(PermissionDenied):
                self.apply(self.merger(), by=user)
        self.add("80", "tinh", "Khác")
        self.add("801", "xa", "Xa", "80")
        self.refused(self.change(moves=[("901", "801", "")]), "Xã Xa nằm ngoài phạm vi")
        self.apply(self.change(moves=[("901", "801", "")]), by=self.root)

    def test_the_preview_writes_nothing_and_costs_the_same(self):
        before = rows()
        change = self.merger()
        with self.assertNumQueries(19):
            look_ahead(change, self.board)
        self.assertEqual(rows(), before)
