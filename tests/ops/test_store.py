"""Uploaded files in a bucket: every way that files take works there as in a folder of this machine."""

import datetime
import io
import os
import sys
from contextlib import contextmanager
from unittest import mock

import boto3
import pytest
import requests
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage, storages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.test import Client, TestCase, override_settings
from django.utils import timezone
from moto.server import ThreadedMotoServer

from danvan.accounts.models import Job
from danvan.accounts.models.job import RESULTS
from danvan.common.ops.faults import Fault
from danvan.common.storage import PARTS, stored_files
from danvan.imports.models import UPLOADS, ImportJob, JobState
from records.models import DialogueConference
from tests.cast import build_cast
from tests.imports.tools import confirm, content, sheet_of, upload
from tests.ops.site import scratch_site
from tests.records.test_attachments import FileTest

BUCKET, KEY, SECRET = "danvan", "a-key", "a-secret"


@contextmanager
def bucket():
    """Run a store that speaks like S3; give (its address, the server)."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    address = "http://{}:{}".format(*server.get_host_and_port())
    try:
        with mock.patch.dict(os.environ, {"NO_PROXY": "127.0.0.1"}):
            requests.post(f"{address}/moto-api/reset", timeout=10)  # all servers of a process share
            client(address).create_bucket(Bucket=BUCKET)
            yield address, server
    finally:
        server.stop()


def client(address: str):
    return boto3.client(
        "s3", endpoint_url=address, aws_access_key_id=KEY, aws_secret_access_key=SECRET,
        region_name="us-east-1",
    )  # fmt: skip


class InABucket(TestCase):
    """The test runs with the files of the site in a bucket."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.address, cls.server = cls.enterClassContext(bucket())
        options = {
            **{"bucket_name": BUCKET, "endpoint_url": cls.address, "region_name": "us-east-1"},
            **{"access_key": KEY, "secret_key": SECRET},
        }
        store = {"BACKEND": "danvan.common.ops.s3.SharedStorage", "OPTIONS": options}
        settings = override_settings(
            STORAGES={"default": store, "staticfiles": storages.backends["staticfiles"]}
        )
        cls.enterClassContext(settings)

    def setUp(self):
        super().setUp()
        for name in list(stored_files()):
            default_storage.delete(name)


class AttachmentsInABucketTest(InABucket, FileTest):
    """Every test of a record's files."""

    def test_nothing_stands_on_this_machine(self):
        with self.assertRaises(NotImplementedError):
            default_storage.path("a")
        with self.assertRaises(NotImplementedError):
            default_storage.url("a")


class ImportsInABucketTest(InABucket):
    def setUp(self):
        super().setUp()
        self.an = build_cast()["xa-13369"]
        self.client.force_login(self.an)

    def test_an_import_from_upload_to_the_corrected_file(self):
        job = upload(self.client, sheet_of(self.an, {}, {"title": "Hai", "attendees": "nhiều"}))
        self.assertEqual((job.state, job.counts["new"], job.counts["error"]), ("checked", 1, 1))
        self.assertEqual(list(stored_files()), [job.file.name])
        self.assertTrue(
            content(self.client.get(f"/nhap-excel/{job.pk}/tep-loi/")).startswith(b"PK")
        )
        job = confirm(self.client, job, only_good="on")
        self.assertEqual((job.state, DialogueConference.objects.count()), (JobState.DONE, 1))

    def test_two_uploads_of_one_name_are_two_files_and_one_thrown_away_is_gone(self):
        first, second = (upload(self.client, sheet_of(self.an, {"title": t})) for t in "ab")
        self.assertNotEqual(first.file.name, second.file.name)
        with self.captureOnCommitCallbacks(execute=True):
            self.client.post(f"/nhap-excel/{first.pk}/bo/")
        self.assertEqual(list(stored_files()), [second.file.name])

    def test_what_a_killed_process_left_in_the_bucket_goes_a_day_later(self):
        job = upload(self.client, sheet_of(self.an, {}))
        left = [
            default_storage.save(f"{folder}/tep-la", ContentFile(b"half"))
            for folder in (RESULTS, UPLOADS, PARTS)
        ]
        for days, there in ((0, True), (2, False)):
            later = timezone.now() + datetime.timedelta(days=days)
            with mock.patch.object(timezone, "now", lambda later=later: later):
                ImportJob.objects.clean_up()
                Job.objects.clean_up()
            self.assertEqual({default_storage.exists(name) for name in left}, {there})
        self.assertEqual(list(stored_files()), [job.file.name])

    def test_a_file_that_is_gone_from_the_bucket_is_told(self):
        job = upload(self.client, sheet_of(self.an, {}))
        default_storage.delete(job.file.name)
        page = self.client.post(f"/nhap-excel/{job.pk}/kiem-tra-lai/", follow=True)
        self.assertContains(page, "Tệp không còn trên máy chủ")

    def test_a_store_that_is_away_is_a_sentence_and_leaves_nothing_half(self):
        self.assertEqual(Client().get("/healthz").json()["store"], "ok")
        self.server.stop()
        try:
            file = SimpleUploadedFile("a.xlsx", sheet_of(self.an, {}))
            answer = self.client.post("/nhap-excel/dialogue-conference/tai-len/", {"file": file})
            self.assertContains(answer, Fault.STORE.message, status_code=503)
            self.assertFalse(ImportJob.objects.exists())
            with self.assertLogs("danvan.health", "ERROR"):
                answer = Client().get("/healthz")
            self.assertEqual((answer.status_code, answer.json()["store"]), (503, "failed"))
        finally:
            host, port = self.server.get_host_and_port()
            type(self).server = ThreadedMotoServer(ip_address=host, port=port, verbose=False)
            self.server.start()

    def test_a_bucket_that_is_not_there_is_told_before_anybody_uploads(self):
        client(self.address).delete_bucket(Bucket=BUCKET)
        with self.assertLogs("danvan.health", "ERROR"):
            self.assertEqual(Client().get("/healthz").json()["store"], "failed")
        client(self.address).create_bucket(Bucket=BUCKET)


@pytest.mark.parametrize(
    ("endpoint", "missing", "told"),
    [
        ("s3.example.vn", {}, "Invalid endpoint: s3.example.vn"),
        ("http://s3.example.vn", {"danvan.common.ops.s3": None}, "Could not find backend"),
    ],
)
def test_a_store_that_cannot_be_is_told_at_the_start(
    settings, monkeypatch, endpoint, missing, told
):
    """An address without https://, or a machine without the packages: nobody finds out by uploading."""
    for name, module in missing.items():
        monkeypatch.setitem(sys.modules, name, module)
    options = {"bucket_name": BUCKET, "endpoint_url": endpoint, "region_name": "us-east-1"}
    store = {"BACKEND": "danvan.common.ops.s3.SharedStorage", "OPTIONS": options}
    settings.STORAGES = {**settings.STORAGES, "default": store}
    with pytest.raises(SystemCheckError, match=told):
        call_command("check", tags=["files"], stderr=io.StringIO())


@pytest.mark.django_db(transaction=False)
def test_backup_and_restore_with_a_bucket(tmp_path, django_db_blocker):
    with (
        django_db_blocker.unblock(),
        bucket() as (address, _),
        scratch_site(tmp_path, filled=False) as site,
    ):
        site.environment |= {
            **{"STORE_BUCKET": BUCKET, "STORE_ENDPOINT": address, "STORE_REGION": "us-east-1"},
            **{"STORE_ACCESS_KEY": KEY, "STORE_SECRET_KEY": SECRET},
        }
        store, files = client(address), {"records/a.pdf": b"%PDF-1 a", "imports/b": b"b" * 9000}
        for name, body in files.items():
            store.put_object(Bucket=BUCKET, Key=name, Body=body)
        target = tmp_path / "whole.tar"
        assert "2 attachments" in site.manage("backup", target).stdout
        store.delete_object(Bucket=BUCKET, Key="records/a.pdf")
        store.put_object(Bucket=BUCKET, Key="imports/b", Body=b"overwritten")
        store.put_object(Bucket=BUCKET, Key="imports/newer", Body=b"newer")
        site.manage("restore", target)
        listed = store.list_objects_v2(Bucket=BUCKET)["Contents"]
        found = {one["Key"]: store.get_object(Bucket=BUCKET, Key=one["Key"]) for one in listed}
        assert {name: one["Body"].read() for name, one in found.items()} == files
        assert not any((tmp_path / "media").iterdir())
