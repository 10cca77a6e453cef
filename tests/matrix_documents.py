"""The rows of the permission matrix for letterheads and issues."""

from tests.matrix_row import Row


def _office(world) -> dict:
    return {"unit": world.report.unit_id}


def _letterhead(world) -> dict:
    """A letterhead of Tiên Sơn's office."""
    import datetime

    from reports.documents.letterhead import default_row
    from reports.models import OfficeLetterhead

    day = datetime.date(2024, 12, 1)
    row = OfficeLetterhead.objects.filter(unit=world.report.unit, valid_from=day).first()
    if row is None:
        row = default_row(world.report.unit, day)
        row.valid_from = day
        row.save()
    return {**_office(world), "pk": row.pk}


def _letterhead_typed(world) -> dict:
    from django.forms import model_to_dict

    from reports.documents.letterhead import default_row

    row = default_row(world.report.unit, world.period.end)
    return {**model_to_dict(row, exclude=["id", "unit"]), "valid_from": "05/12/2024"}


_NO_POST = "403 405 405 405 405 405 405 405 405"
_NO_GET = "302 405 405 405 405 405 405 405 405"
_READ = "302 200 404 404 200 404 200 200 200"
_WRITE = "302 200 404 404 200 404 200 403 200"
_WRITTEN = "403 302 404 404 302 404 302 403 302"
_REFUSED = "403 422 404 404 422 404 422 403 422"

#       anonymous clerk sibling far district other province viewer superuser
DOCUMENTS: dict[str, list[Row]] = {
    "documents:letterheads": [
        Row("GET", "302 200 200 200 200 200 200 200 200"),
        Row("POST", _NO_POST),
    ],
    "documents:letterhead": [Row("GET", _READ, _office), Row("POST", _NO_POST, _office)],
    "documents:letterhead_new": [
        Row("GET", _WRITE, _office),
        Row("POST", _WRITTEN, _office, _letterhead_typed),
        Row("POST", _REFUSED, _office),
    ],
    "documents:letterhead_edit": [
        Row("GET", _WRITE, _letterhead),
        Row("POST", _REFUSED, _letterhead),
    ],
    "documents:letterhead_delete": [
        Row("GET", _NO_GET, _letterhead),
        Row("POST", _WRITTEN, _letterhead),
    ],
}
