"""Work that takes longer than a request: held by a process under a lease, asked for by one person.

Imports are such work with pages of their own (danvan/imports); all other is a Job (accounts/jobs).
"""

import datetime
from collections.abc import Mapping
from typing import Any, ClassVar, Self, TypeVar

from django.core.files.storage import default_storage
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django_tasks_db.models import DBTaskResult, TaskResultStatus

from danvan.accounts.models.fields import person_field, unit_field
from danvan.accounts.rights import Action, Person
from danvan.accounts.scope import ScopedQuerySet
from danvan.common.ops.faults import aside
from danvan.common.storage import sweep

# Who works on a job and is silent for so long is taken for dead.
LEASE = datetime.timedelta(seconds=60)
KEEP = datetime.timedelta(days=7)  # how long a result waits to be fetched
J = TypeVar("J", bound="LeasedJob")


class LeasedQuerySet(ScopedQuerySet[J]):
    """Jobs: everybody sees the own ones only, asked for in the unit worked for today."""

    def visible_to(self, user: Person) -> Self:
        """Return the jobs of `user`: a file of another unit's figures stays behind when the person moves."""
        own = self.filter(owner=user)
        return own if user.is_superuser else own.filter(unit=user.unit)

    editable_by = visible_to

    def take(self, job: J, expected: str, new: str, **values: Any) -> bool:
        """Move `job` from state `expected` to `new` if it still stands there; return whether it did."""
        values |= {"state": new, "heartbeat": timezone.now()}
        moved = self.filter(pk=job.pk, state=expected).update(**values) == 1
        if moved:
            for name, value in values.items():
                setattr(job, name, value)
        return moved

    def begin(self, job: J, running: str, **values: Any) -> bool:
        """Take `job` in hand for a new run of `running`; False when it no longer waits for that."""
        values |= {"run": job.run + 1, "message": ""}
        return self.take(job, job.running[running], running, **values)

    def recover(self) -> list[J]:
        """Put back jobs whose process died, and return them: what it had not finished was never written.

        A job that waits for a worker is nobody's yet, and one just fetched gets the time to begin.
        """
        expired, kind = timezone.now() - LEASE, self.model
        begins = models.Q(status=TaskResultStatus.READY) | models.Q(started_at__gt=expired)
        waiting = DBTaskResult.objects.filter(begins).values("pk")
        silent = self.filter(state__in=kind.running, heartbeat__lt=expired)
        found = []
        for job in silent.exclude(task__in=waiting):
            values = {"run": job.run + 1, "message": kind.died[job.state]}
            if self.filter(run=job.run).take(job, job.state, kind.running[job.state], **values):
                found.append(job)
        return found


class LeasedJob(models.Model):
    """What a process needs to hold a job. `run` tells one that took too long that somebody else took over."""

    #: states that belong to a process → where the job goes when that dies, and what its owner reads then
    running: ClassVar[Mapping[str, str]]
    died: ClassVar[Mapping[str, str]]
    kept_for: ClassVar[datetime.timedelta]
    state: Any

    run = models.PositiveIntegerField(default=0)
    progress = models.PositiveIntegerField("đã đọc", default=0)
    heartbeat = models.DateTimeField(default=timezone.now)
    # A row of the queue, while it is kept there.
    task = models.UUIDField("việc chờ máy chủ", null=True)
    message = models.TextField("thông báo", blank=True)
    # None for superusers, whose jobs hold every unit's figures.
    unit = unit_field("đơn vị khi đó", null=True)
    expires_at = models.DateTimeField("hết hạn lúc")

    class Meta:
        abstract = True

    def save(self, **kwargs: Any) -> None:
        """Save; a new job gets its last day."""
        if self.expires_at is None:
            self.expires_at = timezone.now() + self.kept_for
        super().save(**kwargs)

    @property
    def waits(self) -> bool:
        """Return whether no worker has begun with it."""
        if self.task is None:
            return False
        return DBTaskResult.objects.filter(pk=self.task, status=TaskResultStatus.READY).exists()


class WorkState(models.TextChoices):
    """Where a job stands. WORKING belongs to a process."""

    QUEUED = "queued", "Đang chờ đến lượt"
    WORKING = "working", "Đang làm"
    DONE = "done", "Đã xong"
    FAILED = "failed", "Không làm được"


OPEN = (WorkState.QUEUED, WorkState.WORKING)


class JobQuerySet(LeasedQuerySet["Job"]):
    """Long work asked for on a page."""

    def open(self) -> Self:
        """Return those that are not done yet."""
        return self.filter(state__in=OPEN)

    def told(self) -> Self:
        """Return those that ended and whose owner has not looked since."""
        return self.filter(seen_at=None, state__in=(WorkState.DONE, WorkState.FAILED))

    def clean_up(self) -> None:
        """Remove jobs past their day with their files, and files that a killed process left behind."""
        for job in self.exclude(state__in=OPEN).filter(expires_at__lt=timezone.now())[:200]:
            job.delete()
            if job.file:
                default_storage.delete(str(job.file.name))
        sweep(RESULTS, self.exclude(file="").values_list("file", flat=True))


RESULTS = "results"


class Job(LeasedJob):
    """One piece of long work: `work` names what does it (settings.LONG_WORKS), `params` what it is told.

    Who asked needs `action` to ask, for it to be done and to fetch what came of it: a `file`, or the page
    at `url`. No secret stands here.
    """

    owner = person_field("người yêu cầu", related_name="jobs")
    work = models.CharField(max_length=20)
    action = models.CharField(max_length=20)
    title = models.CharField("việc", max_length=200)
    params = models.JSONField(default=dict)
    state = models.CharField(
        "trạng thái", max_length=7, choices=WorkState, default=WorkState.QUEUED
    )
    tries = models.PositiveSmallIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    file = models.FileField(upload_to=RESULTS, blank=True)
    file_name = models.CharField("tên tệp", max_length=200, blank=True)
    media_type = models.CharField(max_length=100, blank=True)
    url = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField("yêu cầu lúc", auto_now_add=True)
    began_at = models.DateTimeField("bắt đầu lúc", null=True)
    ended_at = models.DateTimeField("xong lúc", null=True)
    seen_at = models.DateTimeField(null=True)

    running = dict.fromkeys(OPEN, WorkState.QUEUED)
    died = dict.fromkeys(OPEN, "")
    kept_for = KEEP
    objects = JobQuerySet.as_manager()

    class Meta:
        verbose_name = "việc giao máy chủ"
        verbose_name_plural = "các việc giao máy chủ"
        ordering = ["-pk"]
        indexes = [models.Index(fields=["owner", "-id"], name="job_by_owner")]

    def __str__(self) -> str:
        return f"{self.title} ({self.get_state_display()})"

    def get_absolute_url(self) -> str:
        """Return the address of the job's page."""
        return reverse("accounts:job", args=[self.pk])

    @property
    def request_id(self) -> str:
        """The id under which ledgers and logs know what it did."""
        return f"job-{self.pk}"

    @property
    def is_open(self) -> bool:
        """Tell whether it is not done yet."""
        return self.state in OPEN

    @property
    def needs(self) -> Action:
        """The right without which it is neither done nor fetched."""
        return Action(self.action)

    @property
    def again(self) -> str:
        """The address from which it can be asked for again with all that was typed, "" for none."""
        page = self.params.get("again", "")
        return f"{page}&viec={self.pk}" if page and "typed" in self.params else page

    @property
    def seconds_left(self) -> int | None:
        """About how long it will still take, at the pace so far; None where nobody knows."""
        if not (self.began_at and self.progress and self.total > self.progress):
            return None
        gone = (timezone.now() - self.began_at).total_seconds()
        return round(gone * (self.total - self.progress) / self.progress)

    def see(self) -> None:
        """Note that its owner saw how it ended. Written beside the page, which never fails for it."""
        if self.seen_at is None and not self.is_open:
            with aside("a job was seen"):
                self.seen_at = timezone.now()
                self.save(update_fields=["seen_at"])
