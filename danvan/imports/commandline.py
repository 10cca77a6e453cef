"""Importing from the command line: the same job, check and write as on the pages; output in English."""

from __future__ import annotations

from pathlib import Path

from django.core.exceptions import PermissionDenied
from django.core.files import File
from django.core.files.uploadedfile import UploadedFile
from django.core.management.base import BaseCommand, CommandError

from danvan.accounts.models import User
from danvan.common.sheets.precheck import FileRefused
from danvan.imports import confirming
from danvan.imports.checking import check_job
from danvan.imports.jobs import discard, new_job
from danvan.imports.models import ImportJob, JobState, RowKind
from danvan.imports.targets import Refused, Target
from danvan.imports.workbooks import errors_workbook

SHOWN = 20


class ImportCommand(BaseCommand):
    """Base of the import commands. Exit status 0 only when everything asked was done."""

    def add_import_arguments(self, parser) -> None:
        """Add what all import commands take."""
        parser.add_argument("file", metavar="FILE.xlsx")
        parser.add_argument("--user", required=True, metavar="NAME", help="whose rights count")
        parser.add_argument("--dry-run", action="store_true", help="check only, write nothing")
        parser.add_argument(
            "--errors",
            metavar="FILE.xlsx",
            help="write the workbook with its bad cells marked here",
        )

    def run_import(self, target: Target, params: dict, *, file, user, dry_run, errors) -> None:
        """Check `file` and, unless it has errors or this is a dry run, write it."""
        job = self._checked(target, params, Path(file), _user(user))
        counts = job.counts
        self.stdout.write(
            f"{file}: {counts.get(RowKind.NEW, 0)} new, {counts.get(RowKind.CHANGED, 0)} changed, "
            f"{counts.get('same', 0)} unchanged, {counts.get(RowKind.ERROR, 0)} with errors"
        )
        for notice in job.notices:
            self.stdout.write(f"note: {notice}")
        if counts.get(RowKind.ERROR):
            self._tell_errors(job, errors)
            discard(job)
            raise CommandError("nothing was written: the file has errors")
        if dry_run:
            discard(job)
            self.stdout.write("dry run: nothing was written")
            return
        if not job.writable:
            discard(job)
            self.stdout.write("nothing to write: everything is stored already")
            return
        self._write(job)

    def _checked(self, target: Target, params: dict, path: Path, user: User) -> ImportJob:
        if not user.can(target.action):
            raise CommandError(f"--user {user.username}: no right to import")
        try:
            with path.open("rb") as handle:
                upload = UploadedFile(File(handle), path.name, size=path.stat().st_size)
                params = target.check_params(user, {"convert": False, "blanks": False, **params})
                job = new_job(user, target, upload, params)
        except OSError as error:
            raise CommandError(f"cannot read {str(path)!r}: {error.strerror}") from error
        except (FileRefused, Refused) as refusal:
            raise CommandError(str(refusal)) from refusal
        check_job(job)
        if job.state == JobState.FAILED:
            discard(job, JobState.FAILED)
            raise CommandError(job.message)
        return job

    def _tell_errors(self, job: ImportJob, target: str | None) -> None:
        letters = job.layout["letters"]
        shown = 0
        for _, (row, _label, problems) in job.entries(RowKind.ERROR):
            for key, message, value, _allowed in problems:
                if shown < SHOWN:
                    self.stderr.write(f"{letters.get(key, 'row ')}{row}: {message} [{value}]")
                shown += 1
        if shown > SHOWN:
            self.stderr.write(f"... and {shown - SHOWN} more")
        if target:
            try:
                errors_workbook(job).save(target)
            except OSError as error:
                raise CommandError(f"cannot write {target!r}: {error}") from error
            self.stdout.write(f"errors: {target}")

    def _write(self, job: ImportJob) -> None:
        try:
            confirming.confirm_here(job)
        except (Refused, PermissionDenied) as refusal:
            raise CommandError(str(refusal)) from refusal
        if job.state != JobState.DONE:
            raise CommandError(job.message or "nothing was written")
        result = job.result
        figures = f" ({result['figures']} figures)" if "figures" in result else ""
        self.stdout.write(
            f"written: {result.get('new', 0)} new, {result.get('changed', 0)} changed{figures}; "
            f"import {job.pk}"
        )


def _user(name: str) -> User:
    try:
        return User.objects.select_related("unit").get(username=name, is_active=True)
    except User.DoesNotExist as error:
        raise CommandError(f"--user: there is no active account {name!r}") from error
