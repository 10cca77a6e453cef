"""Importing from the command line: the same job, check and write as on the pages; output in English."""

from pathlib import Path
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.files import File
from django.core.files.uploadedfile import UploadedFile
from django.core.management.base import BaseCommand, CommandError, CommandParser

from danvan.accounts.jobs.liveness import working_on
from danvan.accounts.models import User
from danvan.common.ops.arguments import whole_file
from danvan.common.sheets.precheck import FileRefused
from danvan.imports import confirming
from danvan.imports.checking import check_job
from danvan.imports.models import ImportJob, JobState, RowKind
from danvan.imports.targets import Refused, Target
from danvan.imports.workbooks import errors_workbook

SHOWN = 20


class ImportCommand(BaseCommand):
    """Base of the import commands. Exit status 0 only when everything asked was done."""

    def add_import_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", metavar="FILE.xlsx")
        parser.add_argument("--user", required=True, metavar="NAME", help="whose rights count")
        parser.add_argument("--dry-run", action="store_true", help="check only, write nothing")
        parser.add_argument(
            "--errors",
            metavar="FILE.xlsx",
            help="write the workbook with its bad cells marked here",
        )
        parser.add_argument(
            "--answer",
            metavar="ID=VALUE",
            action="append",
            default=[],
            help="how a doubtful place of the file is to be read; may be given several times",
        )
        parser.add_argument(
            "--convert", action="store_true", help="turn text in old encodings into Unicode"
        )

    def run_import(
        self,
        target: Target,
        params: dict,
        *,
        file: str,
        user: str,
        dry_run: bool,
        errors: str | None,
        answer: list[str],
        convert: bool,
        **options: Any,
    ) -> None:
        """Check `file` and, unless it has errors, asks something or this is a dry run, write it."""
        params = {**params, "convert": convert, "answers": _answers(answer)}
        job = self._checked(target, params, Path(file), _user(user))
        counts = job.counts
        self.stdout.write(
            f"{file}: {counts.get(RowKind.NEW, 0)} new, {counts.get(RowKind.CHANGED, 0)} changed, "
            f"{counts.get('same', 0)} unchanged, {counts.get(RowKind.ERROR, 0)} with errors"
        )
        if rows := job.layout.get("rows"):
            self.stdout.write(f"read: {job.layout['sheet']}: {rows}")
        for sentence in job.layout.get("read", ()):
            self.stdout.write(f"read: {sentence}")
        for notice in job.notices:
            self.stdout.write(f"note: {notice}")
        if asked := job.open_questions:
            self._tell_questions(asked)
        if counts.get(RowKind.ERROR):
            self._tell_errors(job, errors)
            job.discard()
            raise CommandError("nothing was written: the file has errors")
        if asked:
            job.discard()
            raise CommandError("nothing was written: the file can be read in several ways")
        if dry_run:
            job.discard()
            self.stdout.write("dry run: nothing was written")
            return
        if not job.writable:
            job.discard()
            self.stdout.write("nothing to write: everything is stored already")
            return
        self._write(job)

    def _checked(self, target: Target, params: dict, path: Path, user: User) -> ImportJob:
        if not user.can(target.action):
            raise CommandError(f"--user {user.username}: no right to import")
        try:
            with path.open("rb") as handle:
                upload = UploadedFile(File(handle), path.name, size=path.stat().st_size)
                params = target.check_params(user, {"blanks": False, **params})
                job = ImportJob.objects.make(user, target.slug, upload, params)
        except OSError as error:
            raise CommandError(f"cannot read {str(path)!r}: {error.strerror}") from error
        except (FileRefused, Refused) as refusal:
            raise CommandError(str(refusal)) from refusal
        with working_on(job):
            check_job(job)
        if job.state == JobState.FAILED:
            job.discard(JobState.FAILED)
            raise CommandError(job.message)
        return job

    def _tell_questions(self, asked: list[dict]) -> None:
        for question in asked:
            self.stderr.write(f"question: {question['text']}")
            for value, label in question["options"]:
                self.stderr.write(f"    --answer {question['id']}={value}  {label}")

    def _tell_errors(self, job: ImportJob, target: str | None) -> None:
        shown = 0
        for _, (row, _label, problems) in job.entries(RowKind.ERROR):
            for key, message, value, *_ in problems:
                if shown < SHOWN:
                    place = job.address(key, row) or f"row {row}"
                    self.stderr.write(f"{place}: {message} [{value}]")
                shown += 1
        if shown > SHOWN:
            self.stderr.write(f"... and {shown - SHOWN} more")
        if target:
            with whole_file(target) as file:
                errors_workbook(job).save(file)
            self.stdout.write(f"errors: {target}")

    def _write(self, job: ImportJob) -> None:
        try:
            confirming.confirm(job, here=True)
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


def _answers(given: list[str]) -> dict[str, str]:
    """Return the answers of --answer by question; raises CommandError for what is none."""
    pairs = [text.partition("=") for text in given]
    for name, sign, value in pairs:
        if not (name and sign and value):
            raise CommandError(f"--answer {name + sign + value!r} is not of the form ID=VALUE")
    return {name: value for name, _, value in pairs}


def _user(name: str) -> User:
    try:
        return User.objects.select_related("unit").get(username=name, is_active=True)
    except User.DoesNotExist as error:
        raise CommandError(f"--user: there is no active account {name!r}") from error
