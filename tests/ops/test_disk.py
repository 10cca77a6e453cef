"""A full disk: exports end with a word, uploads leave nothing half, backups go on, /healthz knows."""

import gc
import io
import json
import os
import sys
import tempfile
import time
import warnings
from pathlib import Path
from unittest import mock

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile, TemporaryUploadedFile
from django.core.management import CommandError, call_command
from django.db import OperationalError
from django.test import Client, SimpleTestCase, TestCase
from django.urls import reverse

from danvan.common import excel
from danvan.common.ops import health
from danvan.common.ops.faults import Fault, fault_of
from danvan.common.sheets.columns import Column
from danvan.common.storage import PARTS
from danvan.imports.models import ImportJob
from records.models import Attachment, DialogueConference
from tests.cast import build_cast, build_world
from tests.imports.tools import SLUG, sheet_of
from tests.ops.faulty import full_disk
from tests.ops.site import scratch_site
from tests.records.data import build


def sheet(rows: int) -> excel.Sheet:
    columns = (Column("Tên"), Column("Ghi chú"))
    return excel.Sheet("Thử", columns, ((f"dòng {n}", "x" * 80) for n in range(rows)))


def content(name: str) -> bytes:
    return Path(default_storage.path(name)).read_bytes()


class WriterTest(SimpleTestCase):
    def test_the_writers_panic_becomes_an_ordinary_error(self):
        with full_disk(), self.assertRaises(OSError) as raised:
            excel.stream_rows(mock.Mock(), sheet(20_000))
        assert fault_of(raised.exception) == Fault.FULL
        excel.stream_rows(mock.Mock(), sheet(10))  # and the worker lives on

    def test_a_target_that_takes_no_more_is_told_by_its_number(self):
        with self.assertRaises(OSError) as raised:
            excel.stream_rows("/dev/full", sheet(10))
        assert fault_of(raised.exception) == Fault.FULL

    def test_an_error_of_the_rows_stays_what_it_is(self):
        def rows():
            yield ("a", "b")
            raise ZeroDivisionError

        columns = (Column("Tên"), Column("Ghi chú"))
        with self.assertRaises(ZeroDivisionError):
            excel.stream_rows(mock.Mock(), excel.Sheet("a", columns, rows()))


class ExportTest(TestCase):
    def test_an_export_onto_a_full_disk_says_so(self):
        cast = build_cast()
        unit = cast["xa-13369"].unit
        rows = [build(SLUG, unit, title=f"Đối thoại {n} {'x' * 200}") for n in range(400)]
        DialogueConference.objects.bulk_create(rows)
        self.client.force_login(cast["xa-13369"])
        url = reverse("records:export", args=[DialogueConference])
        with full_disk():
            answer = self.client.get(url)
        self.assertContains(answer, Fault.FULL.message, status_code=503)
        self.assertContains(answer, url, status_code=503)
        answer = self.client.get(url)
        assert answer.status_code == 200
        assert b"".join(answer).startswith(b"PK")


class CommandTest(TestCase):
    def test_a_command_leaves_the_former_file_and_nothing_half(self):
        cast = build_cast()
        build_world(cast)
        unit = cast["xa-13369"].unit
        rows = [build(SLUG, unit, title=f"Đối thoại {n} {'x' * 200}") for n in range(400)]
        DialogueConference.objects.bulk_create(rows)
        with tempfile.TemporaryDirectory() as folder:
            for command, suffix, *words in (
                ("export_records", "xlsx", SLUG, "--unit", unit.code),
                ("export_consolidated", "xlsx", "--unit", "35", "--years", "2024"),
                ("export_narrative", "docx", "--unit", "35", "--years", "2024"),
            ):
                target = Path(folder, f"{command}.{suffix}")
                target.write_bytes(b"former")
                # zipfile finishes its archive once more when it goes, onto the full disk
                with full_disk(2000), mock.patch.object(sys, "unraisablehook"):
                    with self.assertRaisesMessage(CommandError, "cannot write"):
                        call_command(command, *words, "--output", str(target), stdout=io.StringIO())
                    gc.collect()
                assert target.read_bytes() == b"former", command
                call_command(command, *words, "--output", str(target), stdout=io.StringIO())
                assert target.read_bytes().startswith(b"PK"), command
            assert len(os.listdir(folder)) == 3, os.listdir(folder)


class StorageTest(TestCase):
    def setUp(self):
        self.cast = build_cast()
        self.client = Client(raise_request_exception=False)
        self.client.force_login(self.cast["xa-13369"])
        self.before = self.files()

    def files(self) -> list[str]:
        root = Path(default_storage.location)
        return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())

    def test_names_and_contents_are_djangos_own(self):
        first = default_storage.save("a/tệp.txt", ContentFile(b"1"))
        second = default_storage.save("a/tệp.txt", ContentFile(b"2"))
        assert first == "a/tệp.txt" != second
        assert content(second) == b"2"
        assert os.stat(default_storage.path(first)).st_mode & 0o777 == 0o600
        large = TemporaryUploadedFile("lớn", "text/plain", 3, "utf-8")
        large.write(b"abc")
        large.seek(0)
        assert content(default_storage.save("a/lớn", large)) == b"abc"
        large.close()
        assert not any(name.startswith(PARTS) for name in self.files())

    def test_of_two_that_want_the_same_name_each_keeps_its_own(self):
        with mock.patch.object(default_storage._wrapped, "get_available_name") as free:
            free.side_effect = ["b/x", "b/x", "b/y"]
            names = [default_storage.save("b/x", ContentFile(t)) for t in (b"1", b"2")]
        assert names == ["b/x", "b/y"]
        assert [content(name) for name in names] == [b"1", b"2"]

    def upload(self, limit: int = 10**9):
        rows = [{"title": f"Đối thoại {number} {'x' * 200}"} for number in range(1200)]
        file = SimpleUploadedFile("a.xlsx", sheet_of(self.cast["xa-13369"], *rows))
        with full_disk(limit):
            return self.client.post(f"/nhap-excel/{SLUG}/tai-len/", {"file": file})

    def test_an_upload_that_the_disk_did_not_take_leaves_nothing(self):
        answer = self.upload(limit=10_000)
        self.assertContains(answer, Fault.FULL.message, status_code=503)
        assert self.files() == self.before
        assert not ImportJob.objects.exists()

    def test_a_large_upload_onto_a_full_temporary_disk_says_so(self):
        """What is larger than 2.5 MB goes to the temporary folder while it comes in, before any page."""
        file = SimpleUploadedFile("a.xlsx", b"PK" + bytes(3_000_000))
        with (
            tempfile.TemporaryDirectory() as folder,
            self.settings(FILE_UPLOAD_TEMP_DIR=folder),
            warnings.catch_warnings(),
        ):
            # What cannot be flushed cannot be closed; the descriptor goes with the request.
            warnings.simplefilter("ignore", ResourceWarning)
            with full_disk(1_000_000):
                answer = self.client.post(f"/nhap-excel/{SLUG}/tai-len/", {"file": file})
            self.assertContains(answer, Fault.FULL.message, status_code=503)
            assert os.listdir(folder) == []
            gc.collect()
        assert self.files() == self.before

    def test_an_upload_whose_row_could_not_be_stored_leaves_nothing(self):
        with mock.patch.object(ImportJob, "save", side_effect=OperationalError("gone")):
            assert self.upload().status_code == 503
        assert self.files() == self.before

    def test_an_attachment_whose_row_could_not_be_stored_leaves_nothing(self):
        record = build(SLUG, self.cast["xa-13369"].unit)
        record.save()
        url = reverse("records:attach", args=[DialogueConference, record.pk])
        with mock.patch.object(Attachment, "save", side_effect=OperationalError("gone")):
            file = SimpleUploadedFile("a.pdf", b"%PDF-1.4 x")
            assert self.client.post(url, {"file": file}).status_code == 503
        assert self.files() == self.before

    def test_what_a_killed_process_left_is_swept_a_day_later(self):
        default_storage.save("c", ContentFile(b"whole"))
        folder = Path(default_storage.path(PARTS))
        old, young = folder / "old", folder / "young"
        for path in (old, young):
            path.write_bytes(b"half")
        os.utime(old, (time.time() - 90_000,) * 2)
        ImportJob.objects.clean_up()  # a worker's duty
        assert [path.name for path in folder.iterdir()] == ["young"]
        young.unlink()

    def test_a_file_that_is_gone_is_told_and_no_error(self):
        record = build(SLUG, self.cast["xa-13369"].unit)
        record.save()
        kept = Attachment(record=record, name="a.pdf", media_type="application/pdf", size=1)
        kept.file.save("a.pdf", ContentFile(b"x"), save=True)
        default_storage.delete(kept.file.name)
        url = reverse("records:file", args=[DialogueConference, record.pk, kept.pk])
        self.assertContains(self.client.get(url, follow=True), "không còn trên máy chủ")


class HealthTest(TestCase):
    def test_a_full_temporary_disk_is_found(self):
        def usage(path):
            return mock.Mock(free=0 if str(path) == tempfile.gettempdir() else 10**12)

        with mock.patch("shutil.disk_usage", usage):
            assert not health.disk_has_room()
            assert Client().get("/healthz").json()["disk"] == "failed"
        with mock.patch("shutil.disk_usage", return_value=mock.Mock(free=10**12)):
            assert health.disk_has_room()


VANISHING = """
import json, pathlib, tarfile
from unittest import mock
from danvan.common.ops import backup
media = pathlib.Path(%r)
(media / "imports").mkdir(exist_ok=True)
for name in ("a", "b", "c"):
    (media / "imports" / name).write_text(name * 1000)
(media / "parts").mkdir(exist_ok=True)
(media / "parts" / "half").write_text("half")
add = tarfile.TarFile.addfile

def while_packing(archive, member, *options):
    (media / "imports" / "a").unlink(missing_ok=True)
    (media / "imports" / "b").unlink(missing_ok=True)
    return add(archive, member, *options)

with mock.patch.object(tarfile.TarFile, "addfile", while_packing):
    manifest = backup.write_backup(pathlib.Path(%r))
print(json.dumps(sorted(manifest["files"])))
"""


class BackupTest(TestCase):
    def test_files_that_vanish_while_it_runs_are_left_out(self):
        with (
            tempfile.TemporaryDirectory() as folder,
            scratch_site(Path(folder), filled=False) as site,
        ):
            target, media = Path(folder) / "whole.tar", Path(folder) / "media"
            told = site.python(VANISHING % (str(media), str(target)))
            assert json.loads(told) == ["database", "media/imports/c"]
            site.manage("restore", target)
            assert [path.name for path in (media / "imports").iterdir()] == ["c"]
