"""What a change of units means for the people concerned: told on the home page, in the list of accounts."""

import datetime
from decimal import Decimal

from django.urls import reverse
from django.utils import timezone

from danvan.accounts.models import User
from reports.figures.figure import Figure
from reports.figures.writing import write_figures
from tests.reports.test_unit_changes import ChangeCase


class ToldTest(ChangeCase):
    def home(self, name):
        self.client.force_login(User.objects.get(username=name))
        return self.client.get("/")

    def test_who_only_reads_is_told_and_may_write_nothing(self):
        self.apply(self.merger(), people={self.clerks["902"].pk: ""})
        page = self.home("xa-902")
        self.assertContains(page, "hết hiệu lực từ ngày 01/07/2026, tài khoản này chỉ đọc")
        self.assertContains(page, "nhập về phường Mới")
        self.assertNotContains(page, "Ghi hồ sơ mới")
        create = reverse("records:create", args=["dialogue-conference"])
        self.assertEqual(self.client.get(create).status_code, 403)

    def test_who_follows_finds_what_was_left_and_can_finish_it(self):
        report = self.report("902")
        figures = {"DT01": Figure(Decimal(7))}
        write_figures(report, figures, actor=self.clerks["902"], source="form")
        self.assertNotContains(self.home("xa-903"), "đơn vị cũ cần hoàn thành")
        self.apply(self.merger())
        page = self.home("xa-901")
        self.assertContains(page, "Báo cáo của đơn vị cũ cần hoàn thành")
        entry = reverse("reports:entry", args=[report.pk])
        self.assertContains(page, entry)
        form = self.client.get(entry)
        self.assertContains(form, "số phát sinh trước ngày")
        typed = {"version": form.context["sheet"].version, "DT01": "9", "action": "save"}
        self.assertEqual(self.client.post(entry, typed).status_code, 302)
        self.assertEqual(report.values.get(indicator__code="DT01").number, 9)
        self.assertEqual(
            self.client.get(reverse("reports:entry", args=[self.report("903").pk])).status_code, 404
        )

    def test_before_the_day_everybody_is_told(self):
        day = timezone.localdate() + datetime.timedelta(days=30)
        self.apply(self.merger(day=day), people={self.clerks["901"].pk: ""})
        self.assertContains(self.home("xa-902"), "chuyển sang phường Mới")
        page = self.home("xa-901")
        self.assertContains(page, "Từ ngày đó tài khoản này")
        self.assertContains(page, "chỉ đọc.")
        self.client.force_login(self.root)
        accounts = self.client.get(reverse("admin:accounts_user_changelist"))
        self.assertContains(accounts, f"Từ {day:%d/%m/%Y} chuyển sang Phường Mới")
