"""Valid records of every kind, made in one line: make("dialogue-conference", unit, attendees=5)."""

import datetime

from danvan.accounts.audit.context import acting
from danvan.imports.targets import target_of
from records.kinds import BY_MODEL, BY_SLUG
from records.models import EmergingIssue, EventRecord
from records.services import create_records
from records.sheets.checking import _form

DAY = datetime.date(2024, 5, 6)
VALUES = {
    "study-conference": {"title": "Nghị quyết 25-NQ/TW", "form": "direct", "attendees": 40},
    "dialogue-conference": {
        "title": "Đối thoại về xây dựng nông thôn mới",
        "led_by_secretary": True,
        "kind": "regular",
        "attendees": 60,
        "opinions": 5,
        "answered": 3,
        "resolved_later": 1,
        "pending": 1,
    },
    "citizen-reception": {"receiver": "secretary", "kind": "regular", "people": 4},
    "mobilisation-model": {
        "title": "Tổ dân vận khéo",
        "type": "collective",
        "field": "economy",
        "registered_year": 2024,
    },
    "friendly-government": {"year": 2024, "rating": 4},
    "democracy-conference": {"title": "Thôn Đọi Tín", "kind": "community", "attendees": 30},
    "oversight": {"title": "Giám sát thu quỹ", "kind": "oversight", "lead": "MT"},
    "training-course": {
        "title": "Nghiệp vụ dân vận",
        "organiser": "board",
        "topic": "mobilisation",
        "participants": 25,
    },
    "emerging-issue": {"title": "Kiến nghị về môi trường", "field": "environment"},
}


def build(slug, unit, **values):
    """Return an unsaved valid record of kind `slug`."""
    model = BY_SLUG[slug].model
    record = model(**{"unit": unit, "start_date": DAY, **VALUES[slug], **values})
    record.fill_blanks()
    return record


def make(slug, unit, **values):
    """Return a stored record of kind `slug`."""
    record = build(slug, unit, **values)
    record.save()
    if isinstance(record, EmergingIssue):
        record.save_history()
    return record


def typed(slug, unit, **values):
    """Return what a person posts for a new record of kind `slug`."""
    data = {"unit": unit.pk, "start_date": "06/05/2024", **VALUES[slug]}
    if slug == "dialogue-conference":
        del data["led_by_secretary"]
        data["led_by"] = ["led_by_secretary"]
    if slug == "mobilisation-model":
        data |= {"status": "registered", **formset()}
    if slug == "friendly-government":
        data |= {"assessor": "official"}
    if slug == "emerging-issue":
        data |= {"status": "new", "severity": "normal"}
    data |= values
    return {name: value for name, value in data.items() if value is not None}


def formset(*rows, initial=0):
    """Return what the recognition rows of the model's form post."""
    data = {"recognitions-TOTAL_FORMS": len(rows), "recognitions-INITIAL_FORMS": initial}
    for index, row in enumerate(rows):
        data |= {f"recognitions-{index}-{name}": value for name, value in row.items()}
    return data


def brought_in(*records, actor) -> list[EventRecord]:
    """Create records of one kind as an import does, and return the stored ones."""
    model, columns = type(records[0]), target_of(BY_MODEL[type(records[0])].slug).stored
    for record in records:
        record.derive()
    rows = [[_form(getattr(record, name)) for name in columns] for record in records]
    with acting(user=actor, source="import"):
        keys = create_records(model, columns, rows, actor=actor, lines=range(2, len(rows) + 2))
    found = model.objects.in_bulk(keys)
    return [found[key] for key in keys]
