"""The rows of the permission matrix for letterheads, notices, texts and issues."""

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


def _template(world) -> dict:
    """A Word template of Tiên Sơn's party committee."""
    from django.core.files.base import ContentFile

    from reports.documents.narrative.shipped import shipped
    from reports.models import WordTemplate

    row = WordTemplate.objects.filter(unit=world.report.unit).first()
    if row is None:
        file = ContentFile(shipped("commune"), name="mau")
        row = WordTemplate.objects.create(
            unit=world.report.unit, name="Mẫu", file=file, size=1, sha256="0"
        )
    return {**_office(world), "pk": row.pk}


def _template_use(world) -> dict:
    """The use of the shipped template by Tiên Sơn's party committee."""
    from reports.models import TemplateUse

    use, _made = TemplateUse.objects.get_or_create(
        unit=world.report.unit, valid_from=world.period.end
    )
    return {**_office(world), "pk": use.pk}


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
    "documents:letterhead_word": [Row("GET", _READ, _office), Row("POST", _NO_POST, _office)],
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


# With a filter that fits nobody there is nothing to urge: back to the queue.
DOCUMENTS |= {
    "documents:urge": [
        Row("GET", "302 403 403 403 302 302 302 403 302", query="?q=khong-co-don-vi-nay"),
        Row("POST", _NO_POST),
    ],
}

# Whoever reads only has nothing to send and is told nothing.
DOCUMENTS |= {
    "notices:list": [Row("GET", "302 200 200 200 200 200 200 403 200"), Row("POST", _NO_POST)],
    "notices:mail": [
        Row("GET", "302 200 200 200 200 200 200 403 200"),
        Row("POST", "403 302 302 302 302 302 302 403 302"),
    ],
}


DOCUMENTS |= {
    "documents:templates": [
        Row("GET", _READ, _office),
        Row("POST", _REFUSED, _office),
    ],
    "documents:template_names": [Row("GET", _READ, _office), Row("POST", _NO_POST, _office)],
    "documents:template_shipped": [Row("GET", _READ, _office), Row("POST", _NO_POST, _office)],
    "documents:template_use": [
        Row("GET", _NO_GET, _office),
        Row("POST", _WRITTEN, _office, lambda world: {"since": "01/06/2024"}),
        Row("POST", _REFUSED, _office),
    ],
    "documents:template_take_back": [
        Row("GET", _NO_GET, _template_use),
        Row("POST", _WRITTEN, _template_use),
    ],
    "documents:template": [Row("GET", _READ, _template), Row("POST", _NO_POST, _template)],
    "documents:template_preview": [Row("GET", _READ, _template), Row("POST", _NO_POST, _template)],
}


def _issue(world) -> dict:
    """An issue of Tiên Sơn's party committee over its own approved report."""
    from reports.consolidation.scope import Scope
    from reports.documents.issues.issuing import IssueOrder, issue
    from reports.models import PublishedIssue, Report

    unit, year = world.report.unit, world.period.year
    made = PublishedIssue.objects.filter(unit=unit).first()
    if made is None:
        # Approved for a moment: an approved report would lock the records of the other rows.
        own = Report.objects.filter(pk=world.report.pk)
        state = own.values_list("state", flat=True).get()
        own.update(state="approved")
        order = IssueOrder(
            Scope(unit, year, year), "BC", 1, world.period.end, "kết quả", {"post": "BÍ THƯ"}
        )
        made = issue(order, user=world.cast["quantri"])
        own.update(state=state)
    return {"pk": made.pk}


def _text_piece(world) -> dict:
    """A piece in the draft of Tiên Sơn's own committee."""
    from reports.models import GatheredText

    year = world.period.year
    piece, _ = GatheredText.objects.get_or_create(
        unit=world.report.unit,
        first_year=year,
        last_year=year,
        heading="NX01",
        report=world.report,
        defaults={"text": "Ổn định.", "made_by": world.cast["canbo-13369"]},
    )
    return {"pk": piece.pk}


# Only officers of the office itself make its words; nothing ticked is nothing taken.
DOCUMENTS |= {
    "reports:texts": [
        Row("GET", "302 403 403 403 200 200 200 403 200"),
        Row("POST", "403 403 403 403 422 422 422 403 422"),
    ],
    "reports:text_piece": [
        Row("GET", "302 403 404 404 403 404 403 403 302", _text_piece),
        Row("POST", "403 403 404 404 403 404 403 403 422", _text_piece),
    ],
}


def _issue_file(world) -> dict:
    return {**_issue(world), "kind": "xlsx"}


# The matrix's clerk is no officer: nobody but an officer of the office itself sends anything out.
DOCUMENTS |= {
    "issues:list": [Row("GET", "302 200 200 200 200 200 200 200 200"), Row("POST", _NO_POST)],
    "issues:new": [
        Row("GET", "302 403 403 403 200 200 200 403 200"),
        Row("POST", "403 403 403 403 422 422 422 403 422"),
    ],
    "issues:detail": [Row("GET", _READ, _issue), Row("POST", _NO_POST, _issue)],
    "issues:file": [Row("GET", _READ, _issue_file), Row("POST", _NO_POST, _issue_file)],
    "issues:attach": [
        Row("GET", _NO_GET, _issue),
        # A file cannot travel through the login page: the way there is a plain redirect.
        Row("POST", "403 403 404 404 403 404 403 403 422", _issue),
    ],
}
