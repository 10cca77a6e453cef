"""Notices inside the site: what happened to the own report, how much of it is new, who is told."""

import datetime

from django.test import TestCase
from django.urls import reverse
from django.utils import timezone

from danvan.accounts.models import User
from reports.models import Report, State
from reports.notices.news import news_of
from reports.workflow.moves import make_move
from reports.workflow.periods import close_period, extend_deadline
from tests.budget import queries_of
from tests.cast import build_cast, build_world

DAY = datetime.timedelta(days=1)


class NoticesTest(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.cast = build_cast()
        today = timezone.localdate()
        dates = {f"due_{level}": today + 30 * DAY for level in ("commune", "district", "province")}
        cls.world = build_world(cls.cast, **dates)
        cls.clerk, cls.board = cls.cast["xa-13369"], cls.cast["huyen-349"]
        cls.url = reverse("notices:list")

    def setUp(self):
        self.client.force_login(self.clerk)

    def send(self):
        Report.objects.filter(pk=self.world.report.pk).update(state=State.SUBMITTED)
        self.world.report.refresh_from_db()

    def due_in(self, days):
        row = self.world.period
        type(row).objects.filter(pk=row.pk).update(due_commune=timezone.localdate() + days * DAY)

    def titles(self, name="xa-13369"):
        return [notice.title for notice in news_of(User.objects.get(username=name))]

    def unread(self, name="xa-13369", page="/bao-cao/"):
        self.client.force_login(User.objects.get(username=name))
        return self.client.get(page).context["unread"]

    def test_what_happened_is_listed_and_new_until_the_list_was_opened(self):
        self.client.get(self.url)
        assert self.unread() == 0
        self.send()
        make_move(self.world.report, "return", user=self.board, reason="Thiếu số đối thoại")
        assert self.unread() == 1
        self.assertContains(self.client.get("/bao-cao/"), "1 thông báo mới")
        home = self.client.get("/")
        self.assertContains(home, "Báo cáo năm 2024 được trả lại để sửa")
        page = self.client.get(self.url)
        self.assertContains(page, "Thiếu số đối thoại")
        self.assertContains(page, "Ban Dân vận Thị ủy Duy Tiên")
        self.assertContains(page, ">Mới</span>", count=1)
        assert self.unread() == 0
        self.assertNotContains(self.client.get("/"), "Thông báo mới")
        self.assertContains(self.client.get(self.url), "được trả lại để sửa")
        self.assertNotContains(self.client.get(self.url), ">Mới</span>")

    def test_nobody_is_told_what_they_did_themselves_or_what_others_got(self):
        for name in ("huyen-349", "xa-13363"):
            self.client.force_login(self.cast[name])
            self.client.get(self.url)
        self.send()
        make_move(self.world.report, "approve", user=self.board)
        assert "Báo cáo năm 2024 đã được duyệt" in self.titles()
        for name in ("huyen-349", "xa-13363"):
            assert "Báo cáo năm 2024 đã được duyệt" not in self.titles(name)
            assert self.unread(name) == 0

    def test_a_later_date_and_the_steps_of_the_period(self):
        until = timezone.localdate() + 40 * DAY
        extend_deadline(self.world.report, user=self.board, until=until, reason="Bão số 3")
        close_period(self.world.period, user=self.cast["tinh"])
        assert self.titles() == [
            "Kỳ báo cáo năm 2024 đã khóa",
            f"Báo cáo năm 2024 được gia hạn đến hết ngày {until:%d/%m/%Y}",
            f"Kỳ báo cáo năm 2024 đã mở, hạn nộp {until:%d/%m/%Y}",
        ]

    def test_due_dates_are_told_from_three_days_before_and_again_when_late(self):
        told = {4: None, 3: "sắp đến hạn", 0: "sắp đến hạn", -1: "quá hạn", -9: "quá hạn"}
        for days, word in told.items():
            with self.subTest(days):
                self.due_in(days)
                found = [t for t in self.titles() if "hạn nộp (" in t]
                assert bool(found) == bool(word)
                assert word is None or word in found[0]
        self.due_in(-1)
        assert Report.objects.overdue().filter(pk=self.world.report.pk).exists()
        self.send()
        assert not [t for t in self.titles() if "hạn nộp (" in t]

    def test_a_due_date_counts_as_new_once_when_it_comes_near_and_once_when_it_passes(self):
        """Seen so many days ago, due in so many: how many notices are new beside that of the opening."""
        opened = self.world.period.log.get().at
        for seen, days, new in ((0, 3, 0), (1, 3, 1), (1, 2, 0), (9, 0, 1), (0, -1, 0), (1, -1, 1)):
            with self.subTest(seen=seen, days=days):
                self.due_in(days)
                moment = timezone.now() - seen * DAY
                User.objects.filter(pk=self.clerk.pk).update(notices_seen_at=moment)
                assert self.unread() - (moment < opened) == new

    def test_a_closed_period_says_nothing_of_due_dates_unless_an_extension_runs(self):
        self.due_in(-3)
        close_period(self.world.period, user=self.cast["tinh"])
        self.world.report.refresh_from_db()
        assert not [t for t in self.titles() if "hạn nộp (" in t]
        until = timezone.localdate() + DAY
        extend_deadline(self.world.report, user=self.board, until=until, reason="Bão")
        assert [t for t in self.titles() if "sắp đến hạn nộp" in t]

    def test_the_count_asks_no_query_of_its_own(self):
        self.client.get(self.url)
        none = len(queries_of(self.client, "/bao-cao/"))
        self.send()
        make_move(self.world.report, "return", user=self.board, reason="Xem lại")
        assert len(queries_of(self.client, "/bao-cao/")) == none
        self.client.get(self.url)
        assert len(queries_of(self.client, self.url)) <= 12

    def test_a_new_account_has_missed_nothing(self):
        person = User.objects.create(
            username="moi-13369", unit=self.clerk.unit, date_joined=timezone.now()
        )
        assert self.unread("moi-13369") == 0
        assert news_of(person)

    def test_readers_and_people_without_unit(self):
        self.client.force_login(self.cast["lanhdao"])
        assert self.client.get(self.url).status_code == 403
        self.assertNotContains(self.client.get("/"), "Thông báo")
        self.client.force_login(self.cast["quantri"])
        self.assertContains(self.client.get(self.url), "Chưa có thông báo nào")
