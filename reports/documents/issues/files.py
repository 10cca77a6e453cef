"""The files of an issue: workbook and document, made once from what is frozen; the signed paper, handed in."""

from collections.abc import Callable
from hashlib import sha256
from io import BytesIO
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction

from danvan.accounts.models import User
from danvan.common.excel import CONTENT_TYPE, safe_file_name
from records.files.attachments import PDF, media_type_of, safe_name
from reports.documents.issues.issuing import NO_RIGHT, may_issue
from reports.documents.issues.thawed import Thawed
from reports.documents.narrative.drafting import write_draft
from reports.documents.word.paper import DOCX_TYPE
from reports.documents.workbook.build import build
from reports.models import FileKind, IssueFile, PublishedIssue

MAX_SIGNED = 20 * 1024 * 1024


def made_file(issue: PublishedIssue, kind: str, *, user: User, shipped: bool = False) -> IssueFile:
    """Return the workbook or the document of an issue the person may see; made when first asked for, and kept.

    `shipped` makes the document by the shipped template. Raises KeyError for a kind that is handed in, not
    made; FileRefused where the office's own template cannot be filled.
    """
    make = _MAKERS[kind]
    made = issue.files.filter(kind=kind).first()
    if made:
        return made
    name = safe_file_name(f"{issue} {issue.unit.full_name}", f".{kind}")
    data = make(Thawed(issue), shipped)
    try:
        with transaction.atomic():
            return _keep(issue, kind, name, data, user)
    except IntegrityError:  # another person asked at the same moment
        return issue.files.get(kind=kind)


def _workbook(thawed: Thawed, shipped: bool) -> bytes:
    file = BytesIO()
    build(thawed.workbook_content()).save(file)
    return file.getvalue()


def _document(thawed: Thawed, shipped: bool) -> bytes:
    return write_draft(thawed.draft(shipped=shipped))


_MAKERS: dict[str, Callable[[Thawed, bool], bytes]] = {
    FileKind.WORKBOOK: _workbook,
    FileKind.DOCUMENT: _document,
}
MEDIA_TYPES = {
    FileKind.WORKBOOK: CONTENT_TYPE,
    FileKind.DOCUMENT: DOCX_TYPE,
    FileKind.SIGNED: PDF,
}


def attach_signed(issue: PublishedIssue, file: Any, *, user: User) -> IssueFile:
    """Keep the signed paper of an issue. Raises PermissionDenied, ValidationError."""
    if not may_issue(user, issue.unit):
        raise PermissionDenied(NO_RIGHT)
    if file.size > MAX_SIGNED:
        raise ValidationError("Tệp lớn quá 20 MB, vui lòng chọn tệp nhỏ hơn.")
    if media_type_of(file) != PDF:
        raise ValidationError("Bản đã ký phải là tệp PDF.")
    file.seek(0)
    with transaction.atomic():
        return _keep(issue, FileKind.SIGNED, safe_name(file.name, PDF), file.read(), user)


def is_intact(file: IssueFile) -> bool:
    """Tell whether a kept file is still what it was."""
    try:
        with file.file.open("rb") as stored:
            return sha256(stored.read()).hexdigest() == file.sha256
    except OSError:
        return False


def _keep(issue: PublishedIssue, kind: str, name: str, data: bytes, user: User) -> IssueFile:
    return IssueFile.objects.create(
        issue=issue,
        kind=kind,
        name=name,
        file=ContentFile(data, name=name),
        size=len(data),
        sha256=sha256(data).hexdigest(),
        made_by=user,
    )
