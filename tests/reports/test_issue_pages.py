"""Sending out as a board does it: from the consolidation to the signed paper, and who sees what."""

import datetime
import re
from unittest import mock

from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from danvan.accounts.jobs import working
from danvan.accounts.models import Job, User
from reports.consolidation.words import figure_text
from reports.documents.issues import ordering, views
from reports.documents.issues.files import is_intact
from reports.documents.issues.thawed import Thawed
from reports.documents.word.paper import DOCX_TYPE
from reports.models import PublishedIssue, Report, State, TemplateUse, WordTemplate
from tests.budget import assert_same_queries, queries_of
from tests.imports.tools import work_off
from tests.reports.consolidation_data import set_state
from tests.reports.hostile_templates import said as template_saying
from tests.reports.test_issues import Issues
from tests.reports.word import paragraphs

NEW = "issues:new"
PDF = b"%PDF-1.7 da ky"


class IssuePagesTest(Issues):
    @classmethod
    def setUpTestData(cls):
        super().setUpTestData()
        cls.people = {
            "board": cls.officer,
            "district": cls.officers["350"],
            "clerk": cls.clerk,
            "leader": User.objects.create(username="l", unit=cls.tree["35"], role="viewer"),
            "other": User.objects.create(username="x", unit=cls.tree["347"], role="officer"),
        }

    def get(self, who, name, *args, **data):
        self.client.force_login(self.people[who])
        return self.client.get(reverse(name, args=args), data)

    def typed(self, page, **fields):
        """Return what a browser posts of the form of `page`."""
        form = page.context["form"]
        values = {name: form[name].value() for name in form.fields}
        if not isinstance(values["date"], str):  # typed before
            values["date"] = values["date"].strftime("%d/%m/%Y")
        return {**{k: "" if v is None else v for k, v in values.items()}, **fields}

    def post(self, page, **fields):
        return self.client.post(
            page.request["PATH_INFO"] + "?" + page.request["QUERY_STRING"],
            self.typed(page, **fields),
        )

    def test_from_the_consolidation_to_the_signed_paper(self):
        page = self.get("board", "reports:consolidation", first=2022, last=2022)
        address = re.search(r'href="([^"]*/ban-hanh/moi/[^"]*)"', page.content.decode())[1]
        form = self.client.get(address.replace("&amp;", "&"))
        self.assertContains(form, 'value="31/12/2022"')
        self.assertContains(form, "kết quả công tác dân vận năm 2022")
        self.assertEqual(form.context["form"]["number"].value(), "1")
        self.assertNotIn("missing_reason", form.context["form"].fields)
        answer = self.post(form, signer="Lê  Thị Chi", number="12")
        row = PublishedIssue.objects.get()
        self.assertRedirects(answer, row.get_absolute_url())
        shown = self.client.get(answer.url)
        for text in ("Báo cáo số 12-BC/BDVTU", "Lê Thị Chi", "trên 1.149", row.sha256, "91,3"):
            self.assertContains(shown, text)
        signed = SimpleUploadedFile("../Bản ký.pdf", PDF)
        url = reverse("issues:attach", args=[row.pk])
        self.assertRedirects(self.client.post(url, {"file": signed}), row.get_absolute_url())
        page = self.client.get(row.get_absolute_url()).content.decode()
        self.assertIn("Bản ký.pdf", page)
        # As on paper: the head, the figures, then recipients and signature.
        places = [
            page.index(text)
            for text in ("ĐẢNG CỘNG SẢN VIỆT NAM", "DT01", "Nơi nhận:", "Bản đã ký")
        ]
        self.assertEqual(places, sorted(places))
        paper = self.client.get(reverse("issues:file", args=[row.pk, "pdf"]))
        self.assertEqual((paper.content, paper["Content-Type"]), (PDF, "application/pdf"))
        book = self.client.get(reverse("issues:file", args=[row.pk, "xlsx"]))
        self.assertTrue(book.content.startswith(b"PK"))
        self.assertIn("attachment", book["Content-Disposition"])

    def test_the_word_document_says_what_was_frozen_whatever_changes_later(self):
        row = self.issue(12, title="kết quả năm 2022")
        self.change("1", DT01=30)
        self.client.force_login(self.people["leader"])
        self.assertContains(self.client.get(row.get_absolute_url()), "Tải Word")
        url = reverse("issues:file", args=[row.pk, "docx"])
        answer = self.client.get(url)
        self.assertEqual(answer["Content-Type"], DOCX_TYPE)
        texts = paragraphs(answer.content)
        line = Thawed(row).consolidation.lines["DT01"]
        shown = figure_text(line.total, line.definition)
        for text in ("Số 12-BC/BDVTU", "kết quả năm 2022", f"tham dự {shown} hội nghị đối thoại"):
            self.assertTrue(any(text in one for one in texts), text)
        self.assertEqual(self.client.get(url).content, answer.content)
        kept = row.files.get(kind="docx")
        self.assertTrue(is_intact(kept))

    def test_an_issue_keeps_the_template_it_was_sent_out_with(self):
        data = template_saying("Riêng: {{ so_ky_hieu }}, {{ DT01.tong }}; {{ DT01.cao_nhat }}")
        template = WordTemplate.objects.create(
            unit=self.tree["35"], name="Mẫu", file=ContentFile(data, "a"), size=1, sha256="0",
            asks_units=True,
        )  # fmt: skip
        use = TemplateUse.objects.create(
            unit=self.tree["35"], template=template, valid_from=datetime.date(2022, 1, 1)
        )
        row = self.issue(12)
        use.delete()
        self.client.force_login(self.people["leader"])
        texts = paragraphs(self.client.get(reverse("issues:file", args=[row.pk, "docx"])).content)
        self.assertEqual(len(texts), 1)
        self.assertRegex(texts[0], r"^Riêng: Số 12-BC/BDVTU, trên [\d.]+; .+ \(.+\)$")

    def test_what_is_refused_stays_in_the_form(self):
        self.issue(1)
        page = self.get("board", NEW, first=2022, last=2022)
        self.assertEqual(page.context["form"]["number"].value(), "2")
        for field, typed, said in (
            ("number", {"number": "1"}, "Số tiếp theo là 2"),
            ("number", {"number": "0"}, "từ 1 trở đi"),
            ("number", {"number": "mười"}, "không phải là số"),
            ("date", {"date": "31/02/2022"}, "Ngày chưa đúng"),
            ("date", {"date": "31/12/2099"}, "Ngày văn bản chưa đến"),
            ("title", {"title": " "}, "Trích yếu"),
            ("authority", {"authority": "KT", "authority_of": "TỈNH ỦY"}, "Cấp ủy không ký K/T"),
        ):
            with self.subTest(typed):
                answer = self.post(page, signer="Người Ký", **typed)
                self.assertContains(answer, said, status_code=422)
                self.assertContains(answer, "Người Ký", status_code=422)
                self.assertIn(field, answer.context["form"].errors)
        self.assertEqual(PublishedIssue.objects.count(), 1)

    def test_missing_reports_ask_for_a_reason(self):
        set_state(self.y2022, "3", State.DRAFT)
        page = self.get("board", NEW, first=2022, last=2022)
        self.assertContains(page, "1 báo cáo chưa có trong số liệu")
        self.assertContains(self.post(page), "Còn thiếu 1/7 báo cáo", status_code=422)
        done = self.post(page, missing_reason="Xã Lê Hồ bị lụt")
        self.assertContains(self.client.get(done.url), "Còn thiếu 1/7 báo cáo: Xã Lê Hồ bị lụt")

    def test_a_later_one_replaces_it_and_shows_the_differences(self):
        first = self.issue(1)
        self.change("1", DT01=30)
        listed = self.get("board", "issues:list")
        self.assertContains(listed, "Không còn khớp")
        self.assertContains(self.client.get(first.get_absolute_url()), "Số liệu hôm nay đã khác")
        page = self.get("board", NEW, first=2022, last=2022)
        done = self.post(page, replaces=str(first.pk))
        shown = self.client.get(done.url)
        self.assertContains(shown, "Khác biệt so với lần 1")
        self.assertContains(shown, "Đếm lại")
        self.assertContains(self.client.get(first.get_absolute_url()), "đã được thay thế bằng")
        listed = self.client.get(reverse("issues:list"))
        self.assertContains(listed, "Đã thay bằng")
        self.assertContains(listed, "Còn khớp")

    def test_who_sees_what(self):
        whole = self.issue(1)
        district = self.issue(1, scope=self.scope(unit="350"), user=self.people["district"])
        for who, sees in (
            ("board", {whole, district}), ("leader", {whole, district}), ("district", {district}),
            ("other", set()), ("clerk", set()),
        ):  # fmt: skip
            with self.subTest(who):
                lines = self.get(who, "issues:list").context["lines"]
                self.assertEqual({line["issue"] for line in lines}, sees)
                for row in (whole, district):
                    status = 200 if row in sees else 404
                    for name, args in (("detail", ()), ("file", ("xlsx",)), ("file", ("docx",))):
                        answer = self.get(who, f"issues:{name}", row.pk, *args)
                        self.assertEqual(answer.status_code, status, name)

    def test_nobody_without_the_right_sees_a_draft_or_hands_in_a_paper(self):
        row = self.issue(1)
        for who, unit, status in (
            ("leader", "35", 403), ("clerk", "1", 403), ("district", "35", 404), ("board", "350", 403),
            ("board", "9", 404),
        ):  # fmt: skip
            with self.subTest(who, unit=unit):
                self.assertEqual(self.get(who, NEW, unit=unit, first=2022).status_code, status)
        for who, status in (("leader", 403), ("district", 404)):
            self.client.force_login(self.people[who])
            url = reverse("issues:attach", args=[row.pk])
            answer = self.client.post(url, {"file": SimpleUploadedFile("a.pdf", PDF)})
            self.assertEqual(answer.status_code, status)
        page = self.get("leader", "reports:consolidation", first=2022)
        self.assertNotContains(page, "/ban-hanh/moi/")
        self.assertNotContains(self.get("leader", "issues:detail", row.pk), "Lưu bản đã ký")

    def test_only_a_pdf_is_a_signed_paper(self):
        row = self.issue(1)
        self.client.force_login(self.officer)
        url = reverse("issues:attach", args=[row.pk])
        for name, data in (("a.pdf", b"<html>"), ("a.pdf", b""), ("a.docx", b"PK\x03\x04")):
            answer = self.client.post(url, {"file": SimpleUploadedFile(name, data)})
            self.assertEqual(answer.status_code, 422)
        self.assertEqual(self.client.post(url).status_code, 422)
        for kind in ("pdf", "exe", "doc"):
            self.assertEqual(self.get("board", "issues:file", row.pk, kind).status_code, 404)

    def test_a_later_paper_stands_before_the_earlier(self):
        row = self.issue(1)
        self.client.force_login(self.officer)
        for data in (PDF, PDF + b" lai"):
            file = SimpleUploadedFile("a.pdf", data)
            self.client.post(reverse("issues:attach", args=[row.pk]), {"file": file})
        paper = self.client.get(reverse("issues:file", args=[row.pk, "pdf"]))
        self.assertEqual(paper.content, PDF + b" lai")
        self.assertEqual(row.files.count(), 2)

    def asked_later(self, **fields) -> Job:
        """Send out year 2022, which is more than is done at once."""
        with mock.patch.object(ordering, "ISSUED_AT_ONCE", 0):
            answer = self.post(self.get("board", NEW, first=2022, last=2022), **fields)
        job = Job.objects.get()
        self.assertRedirects(answer, job.get_absolute_url())
        return job

    def test_many_reports_are_frozen_by_a_worker_whole_and_once(self):
        job = self.asked_later(number="7", signer="Chi")
        self.assertContains(self.get("board", "issues:list"), "Đang lập:")
        self.assertNotContains(self.get("leader", "issues:list"), "Đang lập:")
        self.assertEqual(PublishedIssue.objects.count(), 0)
        work_off()
        row = PublishedIssue.objects.get()
        self.assertEqual((row.number, row.issued_by), (7, self.officer))
        page = self.get("board", "accounts:job", job.pk)
        self.assertContains(page, f'href="{row.get_absolute_url()}"')
        # Its process died between the issue and the note that the job is done.
        Job.objects.update(state="queued")
        working.perform(Job.objects.get())
        self.assertEqual(Job.objects.get().url, row.get_absolute_url())
        self.assertEqual(PublishedIssue.objects.get(), row)

    def test_what_replaced_another_is_found_again_as_well(self):
        first = self.issue(1)
        job = self.asked_later(number="7", signer="Chi", replaces=str(first.pk))
        for _ in range(2):  # the second time its process had died after the issue
            Job.objects.update(state="queued")
            working.perform(Job.objects.get())
            job.refresh_from_db()
            row = PublishedIssue.objects.get(replaces=first)
            self.assertEqual((job.state, job.url), ("done", row.get_absolute_url()), job.message)

    def test_what_is_refused_meanwhile_says_why_and_is_typed_only_once(self):
        job = self.asked_later(number="7", title="kết quả đã soát", signer="Chi")
        self.issue(7)
        work_off()
        page = self.get("board", "accounts:job", job.pk)
        self.assertContains(page, "Số 7 đã được dùng")
        again = self.client.get(Job.objects.get().again)
        self.assertContains(again, "kết quả đã soát")
        for odd in ("²", "9" * 5000):
            page = self.get("board", NEW, first=2022, last=2022, viec=odd)
            self.assertNotContains(page, "kết quả đã soát")
        answer = self.post(again, number="8", date="31/12/2022")
        row = PublishedIssue.objects.get(number=8)
        self.assertRedirects(answer, row.get_absolute_url())
        self.assertEqual(row.title, "kết quả đã soát")

    def test_the_files_of_a_large_issue_are_made_by_a_worker_and_kept(self):
        row = self.issue(1)
        with mock.patch.object(views, "EXPORTED_AT_ONCE", 0):
            offer = self.get("board", "issues:file", row.pk, "xlsx").context["offer"]
            self.client.post(reverse("accounts:job_start"), {"offer": offer})
            work_off()
            self.assertEqual(Job.objects.get().state, "done", Job.objects.get().message)
            kept = self.get("board", "issues:file", row.pk, "xlsx")
        self.assertEqual(kept.status_code, 200)
        self.assertEqual(row.files.count(), 1)

    def test_the_list_filters_by_year_and_says_why_it_is_empty(self):
        self.assertContains(self.get("clerk", "issues:list"), "Chưa ban hành văn bản nào")
        self.issue(1)
        self.assertContains(self.get("board", "issues:list", nam="2022"), "01-BC/BDVTU")
        self.assertContains(self.get("board", "issues:list", nam="2021"), "của năm này")
        self.assertEqual(self.get("board", "issues:list", nam="x", page="99").status_code, 200)

    def test_budgets(self):
        self.client.force_login(self.officer)
        url = reverse("issues:list")
        assert_same_queries(
            self.client, url,
            lambda: self.issue(1),
            lambda: [self.issue(n) for n in range(2, 8)],
            limit=12,
        )  # fmt: skip
        row = self.again(PublishedIssue.objects.first())
        self.assertLessEqual(len(queries_of(self.client, row.get_absolute_url())), 12)
        self.assertEqual(Report.objects.count(), 14)
