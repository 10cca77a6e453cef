"""Files of a record: told by content, kept apart, handed out only to who may see the record."""

import io
import zipfile

from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import TestCase

from danvan.accounts.models import SecurityEvent
from records.files.attachments import (
    DOCX,
    HEIC,
    JPEG,
    MAX_SIZE,
    PDF,
    PNG,
    XLSX,
    media_type_of,
    safe_name,
)
from records.models import Attachment
from records.services import delete_record, delete_records
from tests.records.data import make
from tests.records.test_pages import PageCase

PDF_FILE = b"%PDF-1.7\n1 0 obj"
PNG_FILE = b"\x89PNG\r\n\x1a\n...."


def office(*names):
    """Return a zip with members of these names."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return file.getvalue()


class TypeTest(TestCase):
    def test_content_decides_never_the_name(self):
        types = "[Content_Types].xml"
        for content, expected in (
            (PDF_FILE, PDF),
            (PNG_FILE, PNG),
            (b"\xff\xd8\xff\xe0..", JPEG),
            (b"\0\0\0\x18ftypheic\0\0", HEIC),
            (b"\0\0\0\x18ftypmp42\0\0", ""),
            (office(types, "word/document.xml"), DOCX),
            (office(types, "xl/workbook.xml"), XLSX),
            (office(types, "word/document.xml", "word/vbaProject.bin"), ""),
            (office("a.txt"), ""),
            (office("word/document.xml"), ""),
            (b"PK\x03\x04 cut", ""),
            (b"<html><script>alert(1)</script>", ""),
            (b"<svg xmlns='http://www.w3.org/2000/svg'/>", ""),
            (b"MZ\x90\x00", ""),
            (b" %PDF-1.7", ""),
            (b"", ""),
        ):
            with self.subTest(content[:20]):
                self.assertEqual(media_type_of(io.BytesIO(content)), expected)

    def test_names_keep_their_vietnamese_and_nothing_else(self):
        for typed, media_type, expected in (
            ("Quyết định số 5.pdf", PDF, "Quyết định số 5.pdf"),
            ("C:\\tạm\\Ảnh.JPG", JPEG, "Ảnh.jpg"),
            ("IMG_0001.HEIC", HEIC, "IMG_0001.heic"),
            ("../../etc/passwd", PDF, "passwd.pdf"),
            ("x.html", PDF, "x.html.pdf"),
            ("a\u202efdp.pdf", PDF, "afdp.pdf"),
            ('a"\r\nSet-Cookie: x.pdf', PDF, 'a" Set-Cookie: x.pdf'),
            (".pdf", PDF, "pdf.pdf"),
            ("a" * 300 + ".pdf", PDF, "a" * 196 + ".pdf"),
        ):
            with self.subTest(typed):
                self.assertEqual(safe_name(typed, media_type), expected)


class FileTest(PageCase):
    def setUp(self):
        self.log_in("xa-13369")
        self.record = make("dialogue-conference", self.unit)

    def attach(self, content=PDF_FILE, name="Kết luận.pdf"):
        file = SimpleUploadedFile(name, content, content_type="text/html")
        url = self.url("attach", "dialogue-conference", self.record.pk)
        return self.client.post(url, {"file": file})

    def file_url(self):
        return self.url("file", "dialogue-conference", self.record.pk, Attachment.objects.get().pk)

    def test_a_file_goes_in_and_comes_out_under_its_own_name(self):
        self.assertRedirects(self.attach(), self.record.get_absolute_url())
        kept = Attachment.objects.get()
        self.assertRegex(kept.file.name, r"^attachments/[0-9a-f]{32}(-[0-9a-f]{16})?$")
        answer = self.client.get(self.file_url())
        self.assertEqual(answer.content, PDF_FILE)
        self.assertEqual(answer["Content-Type"], PDF)
        self.assertEqual(answer["X-Content-Type-Options"], "nosniff")
        self.assertEqual(
            answer["Content-Disposition"],
            "attachment; filename*=utf-8''K%E1%BA%BFt%20lu%E1%BA%ADn.pdf",
        )
        shown = self.client.get(self.file_url(), {"xem": "1"})
        self.assertTrue(shown["Content-Disposition"].startswith("inline"))
        events = SecurityEvent.objects.filter(kind="export", path=self.file_url())
        self.assertEqual(events.count(), 2, "shown or saved, a file that leaves is on the log")

    def test_what_a_browser_cannot_show_safely_is_only_handed_out(self):
        word = office("[Content_Types].xml", "word/document.xml")
        for content, name in ((word, "a.docx"), (b"\0\0\0\x18ftypheic\0\0", "a.heic")):
            with self.subTest(name):
                Attachment.objects.all().delete()
                self.attach(content, name)
                answer = self.client.get(self.file_url(), {"xem": "1"})
                self.assertTrue(answer["Content-Disposition"].startswith("attachment"))
                page = self.client.get(self.record.get_absolute_url())
                self.assertContains(page, self.file_url())
                self.assertNotContains(page, "?xem=1")

    def test_what_is_not_kept_here_is_refused_with_a_word(self):
        for content, name in (
            (b"<html>", "a.pdf"),
            (b"", "a.pdf"),
            (PDF_FILE + b"x" * MAX_SIZE, "b.pdf"),
        ):
            with self.subTest(name, size=len(content)):
                answer = self.attach(content, name)
                self.assertEqual(answer.status_code, 422)
                self.assertFalse(Attachment.objects.exists())

    def test_a_file_is_found_only_under_its_own_record(self):
        self.attach()
        other = make("dialogue-conference", self.unit)
        wrong = self.url("file", "dialogue-conference", other.pk, Attachment.objects.get().pk)
        self.assertEqual(self.client.get(wrong).status_code, 404)
        other_kind = make("oversight", self.unit)
        wrong = self.url("file", "oversight", other_kind.pk, Attachment.objects.get().pk)
        self.assertEqual(self.client.get(wrong).status_code, 404)

    def test_files_go_with_their_record(self):
        for delete in (
            lambda: delete_record(self.record, actor=self.cast["xa-13369"]),
            lambda: delete_records(
                type(self.record), [self.record.pk], actor=self.cast["xa-13369"]
            ),
            lambda: self.client.post(
                self.url(
                    "detach", "dialogue-conference", self.record.pk, Attachment.objects.get().pk
                )
            ),
        ):
            self.record = make("dialogue-conference", self.unit)
            self.attach()
            name = Attachment.objects.get().file.name
            self.assertTrue(default_storage.exists(name))
            with self.captureOnCommitCallbacks(execute=True):
                delete()
            self.assertFalse(Attachment.objects.exists())
            self.assertFalse(default_storage.exists(name))

    def test_the_history_tells_of_a_file_after_it_was_deleted_and_of_no_other(self):
        self.attach(name="Quyết định.pdf")
        other = make("oversight", self.unit, pk=self.record.pk)  # the same key in another table
        detach = self.url(
            "detach", "dialogue-conference", self.record.pk, Attachment.objects.get().pk
        )
        self.client.post(detach)
        history = self.client.get(self.url("history", "dialogue-conference", self.record.pk))
        lines = [(line.action, line.about, line.changes) for line in history.context["entries"]]
        name = "Quyết định.pdf"
        self.assertEqual(lines[:2], [("Xóa tệp", name, []), ("Đính kèm tệp", name, [])])
        elsewhere = self.client.get(self.url("history", "oversight", other.pk))
        self.assertNotContains(elsewhere, name)
