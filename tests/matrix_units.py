"""The rows of the permission matrix for changes of units, for loading units and for jobs."""

import datetime

from tests.matrix_row import Row


def _draft(world) -> dict:
    """An empty draft of the province."""
    from reports.models import UnitChange

    board = world.cast["tinh"]
    day = datetime.date(2024, 7, 1)
    change, _ = UnitChange.objects.get_or_create(
        number="1/NQ", issued_on=day, day=day, unit=board.unit, created_by=board
    )
    return {"pk": change.pk}


def _job(world) -> dict:
    """A file that Tiên Sơn's clerk asked for: for everybody else it does not exist."""
    from django.core.files.base import ContentFile

    from danvan.accounts.models import Job

    owner = world.cast["xa-13369"]
    job, new = Job.objects.get_or_create(
        owner=owner, unit=owner.unit, work="page", action="view", title="Tệp", state="done"
    )
    if new:
        job.file.save("tep", ContentFile(b"a"))
    return {"pk": job.pk}


def _resolution(world) -> dict:
    return {"number": "2/NQ", "issued_on": "01/06/2024", "issuer": "A", "day": "01/07/2024"}


#       anonymous clerk sibling far district other province viewer superuser
_BOARD = "302 403 403 403 403 403 200 403 200"
_DONE = "403 403 403 403 403 403 302 403 302"
_REFUSED = "403 403 403 403 403 403 422 403 422"
_NO_POST = "403 405 405 405 405 405 405 405 405"
_OWN = "302 200 404 404 404 404 404 404 404"
_NO_GET = "302 405 405 405 405 405 405 405 405"

UNITS: dict[str, list[Row]] = {
    "accounts:units_load": [
        Row("GET", "302 403 403 403 403 403 403 403 200"),
        Row("POST", "403 403 403 403 403 403 403 403 422"),
    ],
    "accounts:jobs": [Row("GET", "302 200 200 200 200 200 200 200 200"), Row("POST", _NO_POST)],
    "accounts:job_start": [
        Row("GET", _NO_GET),
        Row("POST", "403 302 302 302 302 302 302 302 302"),
    ],
    "accounts:job": [Row("GET", _OWN, _job), Row("POST", _NO_POST, _job)],
    "accounts:job_file": [Row("GET", _OWN, _job), Row("POST", _NO_POST, _job)],
    "restructuring:list": [Row("GET", _BOARD), Row("POST", _NO_POST)],
    "restructuring:new": [
        Row("GET", _BOARD),
        Row("POST", _DONE, data=_resolution),
        Row("POST", _REFUSED),
    ],
    "restructuring:resolution": [Row("GET", _BOARD, _draft), Row("POST", _REFUSED, _draft)],
    "restructuring:units": [Row("GET", _BOARD, _draft), Row("POST", _REFUSED, _draft)],
    "restructuring:moves": [Row("GET", _BOARD, _draft), Row("POST", _REFUSED, _draft)],
    "restructuring:change": [Row("GET", _BOARD, _draft), Row("POST", _REFUSED, _draft)],
    "restructuring:undo": [Row("GET", _NO_GET, _draft), Row("POST", _REFUSED, _draft)],
    "restructuring:delete": [Row("GET", _NO_GET, _draft), Row("POST", _DONE, _draft)],
}
