"""A job belongs to its owner and to the unit worked for then: who moves on leaves the figures behind."""

from django.test import Client
from django.utils import timezone

from danvan.accounts import services
from danvan.accounts.models import User
from danvan.imports.models import ImportJob, JobState
from tests.cast import build_world
from tests.imports.test_jobs import ImportCase
from tests.imports.tools import columns_of, confirm, upload, workbook

PAGES = ("", "tep-loi/")
STEPS = ("xac-nhan/", "bo/", "kiem-tra-lai/", "hoan-tac/")


class MovedTest(ImportCase):
    @classmethod
    def setUpTestData(cls):
        super().setUpTestData()
        cls.world = build_world(cls.cast)
        cls.binh, cls.quan = cls.cast["huyen-349"], cls.cast["quantri"]
        cls.old, cls.new = cls.binh.unit, cls.cast["huyen-350"].unit

    def setUp(self):
        self.login("huyen-349")

    def jobs(self) -> list[ImportJob]:
        """Upload two sheets of figures of communes below, one with an error; confirm the good one."""
        columns = columns_of(self.binh, "values", period=self.world.period.pk)
        made = []
        for figure in (5, "1.14"):
            file = workbook([{"unit": "13369", "DT01": figure}], columns)
            made.append(upload(self.client, file, "values", period=self.world.period.pk))
        return [confirm(self.client, made[0]), made[1]]

    def move(self, unit) -> Client:
        """Move Bình as the superuser does; return his browser after he logged in again."""
        person = User.objects.get(pk=self.binh.pk)
        services.transfer(person, unit, by=self.quan, on=timezone.localdate())
        client = Client()
        client.force_login(person)
        return client

    def test_a_moved_person_opens_no_job_of_the_old_unit(self):
        done, waiting = self.jobs()
        self.assertContains(self.client.get(f"/nhap-excel/{done.pk}/"), "DT01")
        moved = self.move(self.new)
        for job in (done, waiting):
            for page in PAGES:
                self.assertEqual(moved.get(f"/nhap-excel/{job.pk}/{page}").status_code, 404, page)
            for step in STEPS:
                self.assertEqual(moved.post(f"/nhap-excel/{job.pk}/{step}").status_code, 404, step)
        self.assertNotContains(moved.get("/nhap-excel/"), f"/nhap-excel/{done.pk}/")
        done.refresh_from_db()
        self.assertEqual(done.state, JobState.DONE)

    def test_what_was_not_written_goes_what_was_written_waits_for_the_return(self):
        done, waiting = self.jobs()
        file = waiting.file.path
        self.move(self.new)
        with self.captureOnCommitCallbacks(execute=True):
            ImportJob.objects.clean_up()
        waiting.refresh_from_db()
        self.assertEqual((waiting.state, waiting.parts.count()), (JobState.EXPIRED, 0))
        with self.assertRaises(FileNotFoundError):
            open(file, "rb").close()
        back = self.move(self.old)
        self.assertContains(back.get(f"/nhap-excel/{done.pk}/"), "DT01")

    def test_the_same_file_sent_for_another_unit_is_no_hint(self):
        done, _ = self.jobs()
        moved = self.move(self.new)
        columns = columns_of(self.binh, "values", period=self.world.period.pk)
        file = workbook([{"unit": "13369", "DT01": 5}], columns)
        job = upload(moved, file, "values", period=self.world.period.pk)
        self.assertNotContains(moved.get(f"/nhap-excel/{job.pk}/"), f"/nhap-excel/{done.pk}/")

    def test_jobs_of_a_superuser_do_not_follow_into_a_unit(self):
        """A superuser's file holds every unit's figures, whatever unit the account names."""
        User.objects.filter(pk=self.binh.pk).update(is_superuser=True)
        done, _ = self.jobs()
        self.assertEqual(self.client.get(f"/nhap-excel/{done.pk}/").status_code, 200)
        person = User.objects.get(pk=self.binh.pk)
        before = services.rights_of(person)
        person.is_superuser = False
        services.change_rights(person, by=self.quan, before=before, fields=["is_superuser"])
        client = Client()
        client.force_login(person)
        self.assertEqual(client.get(f"/nhap-excel/{done.pk}/").status_code, 404)

    def test_who_may_no_longer_import_is_told_so_everywhere(self):
        done, waiting = self.jobs()
        User.objects.filter(pk=self.binh.pk).update(role="viewer")
        for job in (done, waiting):
            for page in PAGES:
                self.assertEqual(self.client.get(f"/nhap-excel/{job.pk}/{page}").status_code, 403)
            for step in STEPS:
                self.assertEqual(self.client.post(f"/nhap-excel/{job.pk}/{step}").status_code, 403)
