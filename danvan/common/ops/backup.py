"""One file that holds everything: the database, the attachments, and a manifest with their checksums.

A backup is a tar of `manifest.json`, `database` (SQLite file or pg_dump archive) and `media/…`. It is
written beside its name and moved into place, so a backup that exists is whole; what the site makes again by
itself (`is_made_again`) is not in it. A restore checks every byte
before it touches anything, keeps what it replaces as another backup, and ends all sessions.
"""

import hashlib
import json
import os
import shutil
import tarfile
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Any, cast

from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.utils import timezone

from danvan.common.ops import engines
from danvan.common.storage import stored_files

APPLICATION, FORMAT = "danvan", 1
MANIFEST, DATABASE, MEDIA = "manifest.json", "database", "media/"


class BackupError(Exception):
    """The backup or restore did not happen; the message says why, in one sentence."""


def write_backup(target: Path) -> dict:
    """Write everything to the file `target`, while the site works; return the manifest.

    The database is copied first, so every attachment it names is in the file, but for those that people
    delete while it runs. Raises BackupError.
    """
    target = Path(target).absolute()
    if not target.parent.is_dir():
        raise BackupError(f"the directory {target.parent} does not exist")
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".backup-") as folder:
        copy, packed = Path(folder) / DATABASE, Path(folder) / "packed"
        try:
            rows = engines.copy_out(copy)
        except engines.EngineError as error:
            raise BackupError(str(error)) from error
        manifest = {
            "application": APPLICATION,
            "format": FORMAT,
            "engine": connection.vendor,
            "created_at": timezone.now().isoformat(timespec="seconds"),
            "migrations": sorted(_named(MigrationLoader(connection).applied_migrations)),
            "rows": rows,
            "files": dict.fromkeys(
                [DATABASE, *sorted(MEDIA + n for n in stored_files())], "0" * 64
            ),
        }
        _pack(packed, manifest, copy)
        os.replace(packed, target)
    return manifest


def restore(source: Path) -> tuple[dict, Path | None]:
    """Replace database and attachments by those of `source`; return its manifest and what was kept.

    What stood before is written to a backup in the var directory first; on a new machine there is nothing
    to keep. Raises BackupError, before anything is touched, for a file that is damaged, foreign, made on
    the other engine or by a newer version.
    """
    Path(settings.VAR_DIR).mkdir(exist_ok=True)
    moment = timezone.localtime().strftime("%Y%m%d-%H%M%S")
    kept: Path | None = Path(settings.VAR_DIR) / f"before-restore-{moment}.tar"
    with tempfile.TemporaryDirectory(dir=Path(settings.VAR_DIR), prefix=".restore-") as folder:
        manifest = _unpack(Path(source), Path(folder))
        if engines.is_there():
            write_backup(cast(Path, kept))
        else:
            kept = None
        try:
            engines.copy_in(Path(folder) / DATABASE)
        except engines.EngineError as error:
            raise BackupError(f"{error}; nothing was changed") from error
        _replace_media(Path(folder) / MEDIA, others_go=kept is not None)
    Session.objects.all().delete()
    differing = _differing_tables(manifest["rows"])
    if differing:
        raise BackupError(f"restored, but tables differ: {', '.join(differing)}; kept: {kept}")
    return manifest, kept


def read_manifest(source: Path) -> dict:
    """Return the manifest of a backup after checking that it is one of ours. Raises BackupError."""
    try:
        with tarfile.open(source) as archive:
            member = archive.next()
            if member is None or member.name != MANIFEST or member.size > 50_000_000:
                raise BackupError(f"{source} is no backup of this application")
            manifest = json.load(cast(IO[bytes], archive.extractfile(member)))
    except OSError as error:
        raise BackupError(f"{source} cannot be read: {error}") from error
    except (tarfile.TarError, ValueError, EOFError) as error:
        raise BackupError(f"{source} is damaged or no backup: {error}") from error
    if not isinstance(manifest, dict) or manifest.get("application") != APPLICATION:
        raise BackupError(f"{source} is no backup of this application")
    if manifest.get("format") != FORMAT:
        raise BackupError(
            f"{source} has format {manifest.get('format')}, this program reads {FORMAT}"
        )
    return manifest


def _unpack(source: Path, folder: Path) -> dict:
    """Unpack `source` into `folder`, checking every name and every byte; return its manifest."""
    manifest = read_manifest(source)
    if manifest["engine"] != connection.vendor:
        raise BackupError(
            f"the backup was made on {manifest['engine']}, this site runs on {connection.vendor}"
        )
    unknown = set(manifest["migrations"]) - _named(MigrationLoader(None).disk_migrations)
    if unknown:
        raise BackupError(
            f"the backup is of a newer version (unknown: {', '.join(sorted(unknown)[:3])})"
        )
    expected = dict(manifest["files"])
    try:
        with tarfile.open(source) as archive:
            for member in archive:
                if member.name == MANIFEST:
                    continue
                if not member.isfile() or member.name not in expected:
                    raise BackupError(
                        f"{source} holds {member.name!r}, which its manifest does not name"
                    )
                _write_out(archive.extractfile(member), folder / _inside(member.name, source))
                if _checksum(folder / member.name) != expected.pop(member.name):
                    raise BackupError(f"{source} is damaged: {member.name} has another checksum")
    except (tarfile.TarError, EOFError, OSError) as error:
        raise BackupError(f"{source} is damaged: {error}") from error
    if expected:
        raise BackupError(f"{source} is damaged: {', '.join(sorted(expected)[:3])} missing")
    return manifest


def _inside(name: str, source: Path) -> str:
    """Return `name` when it leads nowhere but down. The filters of tarfile are younger than Python 3.11.2."""
    if name.startswith("/") or ".." in name.split("/"):
        raise BackupError(f"{source} holds {name!r}, which leads out of the backup")
    return name


def _write_out(member: Any, path: Path) -> None:
    """Copy an open member to `path`, readable by the site alone, as attachments are."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        shutil.copyfileobj(member, file)


def _pack(target: Path, manifest: dict, database: Path) -> None:
    """Write manifest and files into one tar, and the checksums into the manifest.

    A file deleted while this runs is left out of both.
    """
    text, files = target.with_name("manifest"), manifest["files"]
    text.write_text(_as_text(manifest), encoding="utf-8")
    with open(os.open(target, os.O_RDWR | os.O_CREAT, 0o600), "r+b") as file:
        with tarfile.open(fileobj=file, mode="w") as archive:
            archive.add(text, arcname=MANIFEST)
            start = file.tell() - -(-text.stat().st_size // tarfile.BLOCKSIZE) * tarfile.BLOCKSIZE
            for name in list(files):
                try:
                    with _opened(name, database) as source:
                        files[name] = _add(archive, name, source, target.parent)
                except FileNotFoundError:
                    if name == DATABASE:
                        raise
                    del files[name]
        # In the place of the first one, which was no shorter: blanks at the end of JSON say nothing.
        file.seek(start)
        file.write(_as_text(manifest).encode().ljust(text.stat().st_size))
        file.flush()
        os.fsync(file.fileno())


def _opened(name: str, database: Path) -> IO[bytes]:
    if name == DATABASE:
        return database.open("rb")
    return cast(IO[bytes], default_storage.open(name.removeprefix(MEDIA)))


def _add(archive: tarfile.TarFile, name: str, source: IO[bytes], folder: Path) -> str:
    """Copy `source` into the tar by way of `folder` (a store tells no reliable size); return its checksum."""
    with tempfile.TemporaryFile(dir=folder) as copy:
        shutil.copyfileobj(source, copy)
        info = tarfile.TarInfo(name)
        info.size, info.mode, info.mtime = copy.tell(), 0o600, int(timezone.now().timestamp())
        copy.seek(0)
        archive.addfile(info, copy)
        copy.seek(0)
        return hashlib.file_digest(copy, "sha256").hexdigest()


def _as_text(manifest: dict) -> str:
    return json.dumps(manifest, indent=1, ensure_ascii=False)


def _replace_media(unpacked: Path, *, others_go: bool) -> None:
    """Put the unpacked attachments into the store under their own names.

    Others go when they are in the backup that was kept.
    """
    paths = [path for path in sorted(unpacked.rglob("*")) if path.is_file()]
    names = {path.relative_to(unpacked).as_posix(): path for path in paths}
    for name, path in names.items():
        with path.open("rb") as file:
            default_storage.delete(name)
            default_storage._save(name, File(file))  # type: ignore[attr-defined]  # not renamed
    for name in set(stored_files()) - names.keys() if others_go else ():
        default_storage.delete(name)


def _differing_tables(expected: dict[str, int]) -> list[str]:
    present = engines.rows_per_table()
    ended = Session._meta.db_table
    return [name for name, rows in expected.items() if name != ended and present.get(name) != rows]


def _named(migrations: Iterable[tuple[str, str]]) -> set[str]:
    return {f"{app}.{name}" for app, name in migrations}


def _checksum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
