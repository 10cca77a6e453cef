"""The files of an issue: its workbook, made once from what is frozen, and the signed paper handed in later."""

from hashlib import sha256
from io import BytesIO
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction

from danvan.accounts.models import User
from danvan.common.excel import safe_file_name
from records.files.attachments import PDF, media_type_of, safe_name
from reports.documents.issues.issuing import NO_RIGHT, may_issue
from reports.documents.issues.thawed import Thawed
from reports.documents.workbook.build import build
from reports.models import FileKind, IssueFile, PublishedIssue

MAX_SIGNED = 20 * 1024 * 1024


def workbook_of(issue: PublishedIssue, *, user: User) -> IssueFile:
    """Return the workbook of an issue the person may see; it is made when it is first asked for, and kept."""
    made = issue.files.filter(kind=FileKind.WORKBOOK).first()
    if made:
        return made
    file = BytesIO()
    build(Thawed(issue).workbook_content()).save(file)
    name = safe_file_name(f"{issue} {issue.unit.full_name}")
    try:
        with transaction.atomic():
            return _keep(issue, FileKind.WORKBOOK, f"{name}", file.getvalue(), user)
    except IntegrityError:  # another person asked at the same moment
        return issue.files.get(kind=FileKind.WORKBOOK)


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
