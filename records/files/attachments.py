"""Files of a record: what may be kept, how it is told by its content, how it is handed out."""

import zipfile
from pathlib import PurePath
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpResponse

from danvan.accounts.audit.context import acting
from danvan.accounts.models import User
from danvan.common.forms import upload_field
from danvan.common.handbook.why import Why
from danvan.common.storage import removed_on_failure
from danvan.common.text import clean_line
from danvan.common.web.downloads import attachment
from records.models import Attachment, EventRecord
from records.models.attachment import files_of
from records.services import lock_for_change

MAX_SIZE = 10 * 1024 * 1024
MAX_FILES = 20
PDF, JPEG, PNG, HEIC = "application/pdf", "image/jpeg", "image/png", "image/heic"
_OFFICE = "application/vnd.openxmlformats-officedocument."
DOCX = f"{_OFFICE}wordprocessingml.document"
XLSX = f"{_OFFICE}spreadsheetml.sheet"
EXTENSIONS = {
    PDF: ".pdf", JPEG: ".jpg", PNG: ".png", HEIC: ".heic", DOCX: ".docx", XLSX: ".xlsx",
}  # fmt: skip
_STARTS = {b"%PDF-": PDF, b"\xff\xd8\xff": JPEG, b"\x89PNG\r\n\x1a\n": PNG}
# What phones write in place of JPEG, told by the brand after the length of the first box. Kept and handed
# out as it is: browsers cannot show it.
_HEIC_BRANDS = {b"ftypheic", b"ftypheix", b"ftyphevc", b"ftypmif1"}


def media_type_of(file: Any) -> str:
    """Return the type that the content of `file` shows, "" for one that is not kept here.

    The name and what the browser says are never believed. Office files with macros are refused.
    """
    file.seek(0)
    head = file.read(12)
    if head[4:] in _HEIC_BRANDS:
        return HEIC
    for start, media_type in _STARTS.items():
        if head.startswith(start):
            return media_type
    return _office_type(file) if head.startswith(b"PK\x03\x04") else ""


def _office_type(file: Any) -> str:
    file.seek(0)
    try:
        with zipfile.ZipFile(file) as archive:
            names = set(archive.namelist()[:2000])
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return ""
    if any("vbaproject" in name.lower() for name in names):
        return ""
    if "[Content_Types].xml" not in names:
        return ""
    return DOCX if "word/document.xml" in names else XLSX if "xl/workbook.xml" in names else ""


class AttachForm(forms.Form):
    """One file to keep with a record."""

    # The types let a phone offer its camera; without HEIC among them iPhones send JPEG.
    file = upload_field(
        "Tệp (PDF, ảnh, Word, Excel; tối đa 10 MB)",
        ".pdf,.jpg,.jpeg,.png,.docx,.xlsx,image/jpeg,image/png",
    )

    def clean_file(self) -> Any:
        """Judge size and content."""
        file = self.cleaned_data["file"]
        if file.size > MAX_SIZE:
            raise ValidationError("Tệp lớn quá 10 MB, vui lòng chọn tệp nhỏ hơn.")
        self.media_type = media_type_of(file)
        if not self.media_type:
            raise ValidationError(
                "Chỉ nhận tệp PDF, ảnh (JPG, PNG, HEIC), Word (.docx) và Excel (.xlsx)."
            )
        file.seek(0)
        return file


def attach(record: EventRecord, file: Any, media_type: str, *, actor: User) -> Attachment:
    """Keep `file` with `record`. Raises as records.services, or ValidationError when there are too many."""
    kept = Attachment(record=record, media_type=media_type, size=file.size, created_by=actor)
    kept.name = safe_name(file.name, media_type)
    with removed_on_failure(kept, "file"), transaction.atomic(), acting(user=actor):
        lock_for_change(record, actor=actor)
        if files_of(type(record), [record.pk]).count() >= MAX_FILES:
            raise ValidationError(f"Mỗi hồ sơ giữ tối đa {MAX_FILES} tệp.", code=Why.LIMIT)
        kept.file.save(kept.name, file, save=False)
        kept.save()
    return kept


def detach(record: EventRecord, kept: Attachment, *, actor: User) -> None:
    """Delete one file of `record`. Raises as records.services."""
    with transaction.atomic(), acting(user=actor):
        lock_for_change(record, actor=actor)
        stored = kept.file
        kept.delete()
        transaction.on_commit(lambda: stored.storage.delete(str(stored.name)))


def safe_name(name: str, media_type: str) -> str:
    """Return the typed name, Vietnamese kept, without path or control characters, with the true ending."""
    name = clean_line(PurePath(name.replace("\\", "/")).name)
    stem, _, ending = name.rpartition(".")
    true = EXTENSIONS[media_type]
    same = f".{ending.lower()}" in (true, ".jpeg" if media_type == JPEG else true)
    stem = (stem if stem and same else name).strip(". ") or "tep"
    return stem[: 200 - len(true)] + true


def response_for(kept: Attachment, *, inline: bool) -> HttpResponse:
    """Return the file; shown inside the browser only where that cannot run anything."""
    with kept.file.open("rb") as file:
        data = file.read()
    return attachment(kept.name, data, kept.media_type, shown=inline and kept.is_shown)
