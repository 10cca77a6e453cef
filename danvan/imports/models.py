"""An import and what its check found. The job is its owner's alone; nothing here knows a kind of data."""

from __future__ import annotations

import datetime
import hashlib
import json
import zlib
from collections.abc import Iterator, Mapping
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import models, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.functional import cached_property
from django_tasks_db.models import DBTaskResult

from danvan.accounts.models import User
from danvan.accounts.models.fields import person_field
from danvan.accounts.models.job import LeasedJob, LeasedQuerySet
from danvan.common.excel import safe_file_name
from danvan.common.sheets.addresses import column_letter
from danvan.common.sheets.precheck import MAX_FILE, MB, FileRefused
from danvan.common.storage import removed_on_failure, sweep
from danvan.imports.workers import Worker  # noqa: F401 - a model of the app
from danvan.units.models import AdministrativeUnit

UPLOADS = "imports"
KEEP = datetime.timedelta(days=30)  # file and preview of a job; how long an import can be undone


class JobState(models.TextChoices):
    """Where a job stands. CHECKING, WRITING and UNDOING belong to a running process."""

    QUEUED = "queued", "Chờ kiểm tra"
    CHECKING = "checking", "Đang kiểm tra"
    CHECKED = "checked", "Chờ xác nhận"
    WRITING = "writing", "Đang ghi"
    DONE = "done", "Đã nhập"
    FAILED = "failed", "Không đọc được"
    UNDOING = "undoing", "Đang hoàn tác"
    UNDONE = "undone", "Đã hoàn tác"
    CANCELLED = "cancelled", "Đã bỏ"
    EXPIRED = "expired", "Hết hạn"


RUNNING: dict[str, Any] = {
    JobState.CHECKING: JobState.QUEUED,
    JobState.WRITING: JobState.CHECKED,
    JobState.UNDOING: JobState.DONE,
}
UNWRITTEN = (JobState.QUEUED, JobState.CHECKED, JobState.FAILED)
MAX_OPEN = 20  # unwritten jobs of one person that are kept; the oldest go first
# What the owner of a job reads when its process died.
DIED: dict[str, Any] = {
    JobState.CHECKING: "Máy chủ dừng giữa chừng khi đang kiểm tra tệp, chưa có gì được ghi. "
    "Vui lòng bấm “Kiểm tra ngay”.",
    JobState.WRITING: "Máy chủ dừng giữa chừng khi đang ghi nên chưa có gì được ghi. "
    "Vui lòng xác nhận lại.",
    JobState.UNDOING: "Máy chủ dừng giữa chừng khi đang hoàn tác nên dữ liệu vẫn như trước khi hoàn tác. "
    "Vui lòng bấm hoàn tác lại.",
}


class RowKind(models.TextChoices):
    """What the check says of a row."""

    ERROR = "error", "Có lỗi"
    CHANGED = "changed", "Sửa"
    NEW = "new", "Thêm mới"


class ImportJobQuerySet(LeasedQuerySet["ImportJob"]):
    """Jobs that bring a workbook in."""

    def make(self, user: User, target: str, upload: UploadedFile, params: dict) -> ImportJob:
        """Store `upload` as a queued job of `user`; raises FileRefused with a sentence."""
        if (upload.size or 0) > MAX_FILE:
            raise FileRefused(
                f"Tệp quá lớn (tối đa {MAX_FILE // MB} MB). Vui lòng chia thành nhiều tệp."
            )
        waiting = self.filter(owner=user, state__in=(JobState.CHECKED, JobState.FAILED))
        for old in waiting.exclude(file="")[MAX_OPEN - 1 :]:
            old.discard(JobState.EXPIRED)
        digest = hashlib.sha256()
        for block in upload.chunks():
            digest.update(block)
        name = (upload.name or "").replace("\\", "/").rsplit("/", 1)[-1]
        job = self.model(
            owner=user,
            unit=None if user.is_superuser else user.unit,
            target=target,
            params=params,
            file_name=name[-200:],
            sha256=digest.hexdigest(),
            size=upload.size or 0,
        )
        with removed_on_failure(job, "file"):
            job.file.save(safe_file_name("tep"), upload, save=False)
            job.save()
        return job

    def clean_up(self) -> None:
        """Expire jobs past their day, or left behind by a person who moved: files and rows go.

        What was imported stays. Files without a job go as well: a process was killed between the two.
        """
        sweep()
        sweep(UPLOADS, self.exclude(file="").values_list("file", flat=True))
        DBTaskResult.objects.filter(enqueued_at__lt=timezone.now() - KEEP).delete()
        moved = Q(owner__is_superuser=False) & (Q(unit=None) | ~Q(unit=F("owner__unit")))
        left = moved & Q(state__in=UNWRITTEN)
        old = self.filter(Q(expires_at__lt=timezone.now()) | left).exclude(file="")
        kept = (JobState.DONE, JobState.UNDONE, JobState.CANCELLED)
        for job in old[:200]:
            job.discard(job.state if job.state in kept else JobState.EXPIRED)


class ImportJob(LeasedJob):
    """One uploaded workbook on its way in. `counts` are the check's, `result` what was really written.

    `fingerprint` tells whether rights, locks or data changed since the check.
    """

    owner = person_field("người nhập", related_name="imports")
    target = models.CharField("loại dữ liệu", max_length=40)
    params = models.JSONField(default=dict)
    file_name = models.CharField("tên tệp", max_length=200)
    file = models.FileField(upload_to=UPLOADS, blank=True)
    sha256 = models.CharField(max_length=64)
    size = models.PositiveIntegerField("dung lượng", default=0)
    state = models.CharField("trạng thái", max_length=10, choices=JobState, default=JobState.QUEUED)
    counts = models.JSONField(default=dict)
    notices = models.JSONField(default=list)
    layout = models.JSONField(default=dict)
    fingerprint = models.CharField(max_length=64, blank=True)
    only_good = models.BooleanField("chỉ nhận các dòng đúng", default=False)
    result = models.JSONField(default=dict)
    created_at = models.DateTimeField("tải lên lúc", auto_now_add=True)
    checked_at = models.DateTimeField("kiểm tra lúc", null=True)
    confirmed_at = models.DateTimeField("xác nhận lúc", null=True)
    undone_at = models.DateTimeField("hoàn tác lúc", null=True)

    # One that waits for its check belongs to nobody either, once what was to begin with it is gone.
    running = {**RUNNING, JobState.QUEUED: JobState.QUEUED}
    died = {**DIED, JobState.QUEUED: DIED[JobState.CHECKING]}
    kept_for = KEEP
    objects = ImportJobQuerySet.as_manager()

    class Meta:
        verbose_name = "lần nhập Excel"
        verbose_name_plural = "các lần nhập Excel"
        ordering = ["-pk"]
        indexes = [models.Index(fields=["owner", "-id"], name="import_by_owner")]

    def __str__(self) -> str:
        return f"{self.file_name} ({self.get_state_display()})"

    @property
    def request_id(self) -> str:
        """The id under which ledgers and audit trail know what it wrote."""
        return f"import-{self.pk}"

    @property
    def answers(self) -> dict[str, str]:
        """What its owner answered to the questions about the file, by their ids."""
        return self.params.get("answers", {})

    @cached_property
    def places(self) -> dict[int, str]:
        """The names of the units its rows are about, by key."""
        units = AdministrativeUnit.objects.filter(pk__in=self.layout["units"])
        return {unit.pk: unit.place_name for unit in units.select_related("parent")}

    @property
    def is_running(self) -> bool:
        """Return whether a process works on it now (or waits to)."""
        return self.state in RUNNING or self.state == JobState.QUEUED

    def discard(self, state: str = JobState.CANCELLED) -> bool:
        """Throw away the file and the checked rows; the job itself stays. False when it moved on.

        Of two tabs, one that cancels and one that confirms, one is first: a job that somebody took in
        hand since it was read, or that a process works on, is left to them.
        """
        if self.state in RUNNING:
            return False
        stored, name = self.file.storage, self.file.name
        with transaction.atomic():
            if not ImportJob.objects.take(self, self.state, state, file=""):
                return False
            self.parts.all().delete()
            if name:
                transaction.on_commit(lambda: stored.delete(name))
        return True

    def requeue(self, *, convert: bool, answers: Mapping[str, str] | None = None) -> bool:
        """Let it be checked again; False when it was written.

        `convert` turns old encodings into Unicode; `answers` are added to those given before.
        """
        if self.state not in UNWRITTEN or not self.file:
            return False
        given = {**self.answers, **(answers or {})}
        convert = convert or bool(self.params.get("convert"))
        params = {**self.params, "convert": convert, "answers": given}
        return ImportJob.objects.take(self, self.state, JobState.QUEUED, params=params, message="")

    def same_file(self) -> ImportJob | None:
        """Return the last import of the very same file by the same person, for a hint."""
        rows = ImportJob.objects.visible_to(self.owner).filter(state=JobState.DONE)
        return rows.filter(sha256=self.sha256, target=self.target).exclude(pk=self.pk).first()

    def count(self, kind: str) -> int:
        return self.counts.get(kind, 0)

    @property
    def open_questions(self) -> list[dict]:
        """Return what the owner has still to answer before anything can be written."""
        return [asked for asked in self.layout.get("questions", ()) if not asked["answer"]]

    def address(self, key: str, number: int) -> str:
        """Return the address of the column `key` in row `number`, "" for the row as a whole.

        On a sheet that lists its columns downwards the row is a column and the column a line.
        """
        if places := self.layout.get("places"):
            return f"{column_letter(number - 1)}{places[key]}" if key in places else ""
        letters: dict = {}
        for last, found in self.layout.get("blocks", ()):
            letters = found if number > last or not letters else letters
        letters = letters or self.layout["letters"]
        return f"{letters[key]}{number}" if key in letters else ""

    def row_name(self, number: int) -> str:
        """Return what a row is called: its number, or its column where the sheet runs downwards."""
        turned = self.layout.get("places")
        return f"Cột {column_letter(number - 1)}" if turned else f"Dòng {number}"

    @property
    def writable(self) -> int:
        """Return how many rows a confirmation would write."""
        return self.count(RowKind.NEW) + self.count(RowKind.CHANGED)

    def entries(self, *kinds: str) -> Iterator[Any]:
        """Yield (kind, item) of `kinds`, part by part: a large job never stands in memory whole."""
        parts = self.parts.filter(kind__in=kinds).order_by("pk")
        for pk in list(parts.values_list("pk", flat=True)):
            part = ImportPart.objects.get(pk=pk)
            for item in part.items:
                yield part.kind, item


class ImportPart(models.Model):
    """Some hundred checked rows of one kind, packed. What stands in them is the target's affair."""

    job = models.ForeignKey(ImportJob, on_delete=models.CASCADE, related_name="parts")
    kind = models.CharField(max_length=7, choices=RowKind)
    size = models.PositiveIntegerField()
    data = models.BinaryField()

    class Meta:
        verbose_name = "phần của lần nhập"
        verbose_name_plural = "phần của lần nhập"
        indexes = [models.Index(fields=["job", "kind", "id"], name="import_part_order")]

    def __str__(self) -> str:
        return f"{self.job_id} {self.kind}"

    @classmethod
    def pack(cls, job: ImportJob, kind: str, items: list) -> ImportPart:
        """Return the part that holds `items`, unsaved."""
        data = zlib.compress(json.dumps(items, ensure_ascii=False).encode(), 1)
        return cls(job=job, kind=kind, size=len(items), data=data)

    @property
    def items(self) -> list:
        return json.loads(zlib.decompress(self.data))
