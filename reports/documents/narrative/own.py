"""An office's own Word templates: handed in, tried with this year's figures, used from a day on."""

from __future__ import annotations

import datetime
from hashlib import sha256
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.db import transaction
from django.db.models import Exists, OuterRef

from danvan.accounts.models import User
from danvan.accounts.scope import units_visible_to, with_predecessors_of
from danvan.common.sheets.precheck import FileRefused
from danvan.common.storage import removed_on_failure
from danvan.common.text import clean_line
from danvan.units.models import AdministrativeUnit
from reports.consolidation.scope import ReadBefore, Scope
from reports.documents.narrative.drafting import collect_draft
from reports.documents.offices import require_office
from reports.documents.word.rendering import DOCUMENTS, check_template, fill_foreign
from reports.models import Report, ReportingPeriod, TemplateUse, WordTemplate

MOST = 50  # templates of one office
NO_YEAR = "Đơn vị chưa có kỳ báo cáo nào để thử mẫu."
TOO_MANY = f"Đơn vị đã có {MOST} mẫu, vui lòng áp dụng một mẫu đã có."
TOO_LARGE = f"Tệp quá lớn (tối đa {DOCUMENTS.max_file // 1024 // 1024} MB). {DOCUMENTS.too_large}"


def keep_template(unit: AdministrativeUnit, file: Any, *, user: User) -> WordTemplate:
    """Keep a template that was handed in, once it was filled with this year's figures without a mistake.

    Raises PermissionDenied, ValidationError with what is wrong and in which paragraph.
    """
    require_office(user, unit)
    if file.size > DOCUMENTS.max_file:
        raise ValidationError(TOO_LARGE)
    data = file.read()
    try:
        check_template(data, file.name)
        filled = fill_foreign(data, collect_draft(this_year(unit, user)).names)
    except FileRefused as refusal:
        raise ValidationError(str(refusal)) from refusal
    name = clean_line(file.name.removesuffix(DOCUMENTS.ending))[:120] or "Mẫu"
    row = WordTemplate(
        unit=unit,
        name=name,
        file=ContentFile(data, name=name),
        size=len(data),
        sha256=sha256(data).hexdigest(),
        asks_units=filled.asks_units,
        made_by=user,
    )
    with removed_on_failure(row, "file"), transaction.atomic():
        require_office(user, unit)
        if templates_of(unit).count() >= MOST:
            raise ValidationError(TOO_MANY)
        row.save()
    return row


def try_template(row: WordTemplate, *, user: User) -> bytes:
    """Return the draft of this year made by a template. Raises FileRefused, ValidationError."""
    draft = collect_draft(this_year(row.unit, user), units=row.asks_units)
    return fill_foreign(row.read(), draft.names).document


def use_template(
    unit: AdministrativeUnit, row: WordTemplate | None, since: datetime.date, *, user: User
) -> TemplateUse:
    """Let an office's documents from a day on be made by `row`, None for the shipped template.

    What was chosen for that very day is replaced. Raises PermissionDenied, ValidationError.
    """
    with transaction.atomic():
        require_office(user, unit)
        use = TemplateUse.objects.filter(unit=unit, valid_from=since).first()
        use = use or TemplateUse(unit=unit, valid_from=since)
        use.template = row
        use.full_clean(validate_unique=False, validate_constraints=False)
        use.save()
    return use


def drop_use(use: TemplateUse, *, user: User) -> None:
    """Take a use back: the one before it holds again. Raises PermissionDenied."""
    with transaction.atomic():
        require_office(user, use.unit)
        use.delete()


def templates_of(unit: AdministrativeUnit) -> Any:
    """Return the templates that the office of `unit`, under whichever of its names, handed in."""
    return WordTemplate.objects.filter(unit__in=unit.version_keys())


def this_year(unit: AdministrativeUnit, user: User) -> Scope:
    """Return the last year that `unit` reports for, with what waits. Raises ValidationError without one."""
    reports = Report.objects.filter(period=OuterRef("pk"), unit__in=unit.version_keys())
    periods = ReportingPeriod.objects.annotate(is_own=Exists(reports)).counted()
    year = max((one.year for one in periods if vars(one)["is_own"]), default=None)
    if year is None:
        raise ValidationError(NO_YEAR)
    known = ReadBefore(periods, family=with_predecessors_of(user))
    within = units_visible_to(user)
    return Scope(unit, year, year, include_submitted=True, within=within, known=known)
