"""Workbooks and jobs for the import tests."""

import io
from unittest import mock

import openpyxl
from django.core.files.uploadedfile import SimpleUploadedFile
from django_tasks_db.management.commands import db_worker

from danvan.common import excel
from danvan.imports.models import ImportJob
from danvan.imports.targets import target_of

SLUG = "dialogue-conference"
GOOD = {
    "unit": "13369",
    "start_date": "06/05/2024",
    "title": "Đối thoại về nông thôn mới",
    "led_by_secretary": "Có",
    "kind": "Định kỳ",
    "attendees": 60,
    "opinions": 5,
    "answered": 3,
    "resolved_later": 1,
    "pending": 1,
}


def workbook(rows, columns, *, title="Trang 1", above=(), below=()) -> bytes:
    """Return a plain workbook: `above` and `below` are rows around headings and `rows` (dicts)."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = title
    for cells in above:
        sheet.append(cells)
    sheet.append([column.heading for column in columns])
    for row in rows:
        sheet.append([row.get(column.key) for column in columns])
    for cells in below:
        sheet.append(cells)
    return saved(book)


def saved(book) -> bytes:
    """Return a workbook of openpyxl as bytes."""
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def columns_of(user, slug=SLUG, **params):
    """Return the columns of a target as `user` gets them."""
    return target_of(slug).columns(ImportJob(owner=user, target=slug, params=params))


def sheet_of(user, *rows, slug=SLUG, **options) -> bytes:
    """Return a workbook of `rows`, each GOOD with changes, for records of `slug`."""
    rows = [{**GOOD, **row} for row in rows] if slug == SLUG else rows
    return workbook(rows, columns_of(user, slug), **options)


def upload(client, data: bytes, slug=SLUG, name="tệp.xlsx", **fields) -> ImportJob:
    """Post `data` as the client's person and return the job."""
    file = SimpleUploadedFile(name, data, excel.CONTENT_TYPE)
    answer = client.post(f"/nhap-excel/{slug}/tai-len/", {"file": file, **fields})
    assert answer.status_code == 302, answer.content.decode()[-3000:]
    return ImportJob.objects.get(pk=int(answer["Location"].rstrip("/").rsplit("/", 1)[1]))


def confirm(client, job: ImportJob, **fields) -> ImportJob:
    """Confirm `job` as the client's person and return it as it stands then."""
    assert client.post(f"/nhap-excel/{job.pk}/xac-nhan/", fields).status_code == 302
    return ImportJob.objects.get(pk=job.pk)


def errors_of(job: ImportJob) -> dict[str, str]:
    """Return address → message of all errors the check found."""
    letters = job.layout["letters"]
    return {
        f"{letters.get(key, '')}{row}": message
        for _, (row, _label, problems) in job.entries("error")
        for key, message, *_ in problems
    }


def content(response) -> bytes:
    """Return the body of a download."""
    return b"".join(response.streaming_content)


def work_off() -> None:
    """Be a worker until nothing is queued any more, on the connection of the test."""
    worker = db_worker.Worker(
        queue_names=["*"], excluded_queue_names=[], interval=0, batch=True, max_tasks=None,
        backend_name="default", startup_delay=False, worker_id="tests",
    )  # fmt: skip
    with mock.patch.object(db_worker, "close_old_connections"):
        worker.run()
