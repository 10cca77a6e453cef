"""Uploaded files, whole or not at all.

A file is written under a name of its own in `parts/` and moved to where it is to be once it is whole: a full
disk or a killed process leaves nothing half-written at an address that anybody reads.
"""

import contextlib
import datetime
import os
import shutil
import tempfile
import uuid
from collections.abc import Iterable, Iterator

from django.core.files.base import File
from django.core.files.storage import FileSystemStorage, default_storage
from django.db import models
from django.db.models.fields.files import FieldFile
from django.utils import timezone

PARTS = "parts"
ABANDONED = datetime.timedelta(days=1)


class WholeFileStorage(FileSystemStorage):
    """Django's storage in the file system, for files that appear only once they are whole."""

    def _save(self, name: str, content: File) -> str:
        part = self.path(f"{PARTS}/{uuid.uuid4().hex}")
        try:
            super()._save(part, content)  # type: ignore[misc]  # not in the stubs
            return self._move(part, name)
        finally:
            with contextlib.suppress(FileNotFoundError):
                os.remove(part)

    def _move(self, part: str, name: str) -> str:
        """Put the whole file in place under `name`, or one like it that is free; return the name."""
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        while True:
            try:
                os.close(os.open(self.path(name), os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
                break
            except FileExistsError:
                name = self.get_available_name(name)
        os.replace(part, self.path(name))
        return name


def sweep(folder: str = PARTS, known: Iterable[str] = ()) -> None:
    """Remove what killed processes left in `folder`, a day later: all but the files `known` there."""
    try:
        there = default_storage.listdir(folder)[1]
    except FileNotFoundError:  # nothing was ever kept
        return
    for name in {f"{folder}/{file}" for file in there}.difference(known):
        with contextlib.suppress(FileNotFoundError):  # another worker was there first
            if default_storage.get_modified_time(name) < timezone.now() - ABANDONED:
                default_storage.delete(name)


def stored_files(folder: str = "") -> Iterator[str]:
    """Yield the names of all files in the store, without those on their way in."""
    try:
        folders, files = default_storage.listdir(folder)
    except FileNotFoundError:  # nothing was ever stored
        return
    yield from (f"{folder}{name}" for name in files)
    for name in folders:
        if name != PARTS or folder:
            yield from stored_files(f"{folder}{name}/")


@contextlib.contextmanager
def on_disk(file: FieldFile) -> Iterator[str]:
    """Yield a path where `file` can be read; where the store is elsewhere, of a copy that goes again.

    A file that is gone has a path too, with nothing there.
    """
    try:
        path = file.path
    except NotImplementedError:
        with tempfile.TemporaryDirectory(prefix="danvan-file-") as folder:
            copy = os.path.join(folder, "copy")
            with (
                contextlib.suppress(FileNotFoundError),
                file.open("rb") as source,
                open(copy, "wb") as target,
            ):
                shutil.copyfileobj(source, target)
            yield copy
    else:
        yield path


@contextlib.contextmanager
def removed_on_failure(row: models.Model, field: str) -> Iterator[None]:
    """Remove the file that `row` got inside the block when the block, or its transaction, fails."""
    try:
        yield
    except BaseException:
        if stored := getattr(row, field):
            stored.storage.delete(stored.name)
        raise
