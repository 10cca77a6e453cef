"""What can be imported. A target says which columns a sheet has, judges a row and writes what was judged.

Apps list their targets in settings.IMPORT_TARGETS (dotted names of tuples of targets), so this app
knows none of them. docs/excel.md shows how to write one.
"""

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from django.conf import settings
from django.http import Http404
from django.utils.module_loading import import_string

from danvan.accounts.models import User
from danvan.accounts.rights import Action
from danvan.common.handbook.why import Why
from danvan.common.sheets.columns import Column, Problem
from danvan.common.sheets.precheck import FileRefused
from danvan.common.sheets.table.headings import SCALED, Headings, Name
from danvan.common.sheets.table.layout import WantedTable
from danvan.common.sheets.table.questions import Question
from danvan.common.text import search_key
from danvan.imports.models import ImportJob, RowKind


@dataclass(frozen=True)
class Verdict:
    """What the check says of a row: `kind` of models.RowKind, or None for an unchanged row.

    `item` is a list fit for JSON: the row's number, then what the target needs to write it, by itself.
    """

    kind: str | None
    item: list = field(default_factory=list)


def error_verdict(number: int, label: str, problems: list[Problem]) -> Verdict:
    """Return the verdict of a row with problems: the same shape for every target."""
    return Verdict(RowKind.ERROR, [number, label, [problem.as_list() for problem in problems]])


@dataclass(frozen=True)
class PreviewLine:
    """A checked row as the preview shows it."""

    row: int
    label: str
    changes: tuple[tuple[str, str, str], ...] = ()
    problems: tuple[tuple[str, str, str, str, list, str], ...] = ()  # address … allowed, why


class Refused(ValueError):  # noqa: N818 - a sentence for the person
    """The job cannot be checked, written or undone as things stand; the message says why."""


@dataclass(frozen=True)
class Around:
    """What stands around the rows of a file: names of file and sheet, lines above and below the table."""

    file_name: str
    sheet: str
    lines: tuple[str, ...] = ()


class Checker:
    """Judges the rows of one job. Made once per check: look-ups are read here, not per row."""

    #: ids of the units the rows are about: rights and locks of these are asked again at confirmation
    unit_ids: set[int]
    #: rows judged good that a later row contradicts: number → why they are no longer
    recalled: dict[int, Problem]
    identity: Any = None  # of imports.identity, where rows belong to units

    def __init__(self) -> None:
        self.unit_ids, self.recalled = set(), {}

    def check(self, number: int, cells: Mapping[str, Any]) -> Verdict:
        """Return the verdict of the row `number`; `cells` are as the reader hands them over.

        A cell the reader found broken is a Problem: pass it on.
        """
        raise NotImplementedError

    def check_many(self, rows: list[tuple[int, dict]]) -> Iterable[Verdict]:
        """Yield the verdicts of many rows; override where look-ups are cheaper in one go."""
        for number, cells in rows:
            yield self.check(number, cells)

    def double(self, first: int, number: int, told: str, key: str = "", value: str = "") -> Problem:
        """Return the problem of row `number`, the double of `first`: each is `told` of the other's line."""
        self.recalled.setdefault(first, Problem(key, told.format(number), value, why=Why.TWINS))
        return Problem(key, told.format(first), value, why=Why.TWINS)

    def finish(self) -> list[str]:
        """Return notices about the file as a whole, once all rows are checked."""
        return []

    def questions(self, spare: Mapping[str, set[str]], around: Around) -> list[Question]:
        """Return what the rows gave to ask about.

        `spare` are texts of columns that are not read, by letter; `around` what stands beside the rows.
        """
        if (names := self.identity) is None:
            return []
        return [*names.questions(), *names.spare(spare), *names.around(around)]


class Target:
    """Base of everything that can be imported."""

    slug: str
    title: str
    sheet_title: str
    version = "1"
    action = Action.IMPORT
    keys: tuple[str, ...] = ()
    also: tuple[Column, ...] = ()  # read where a sheet has them, but in no template
    coded = False  # headings may begin with the key of their column
    instead: Mapping[str, str] = {}  # key → the column that may stand for it where it is required
    can_undo = True

    def columns(self, job: ImportJob) -> list[Column]:
        """Return the columns of the sheet for `job`."""
        raise NotImplementedError

    def form_fields(self, user: User) -> dict:
        """Return what the upload page asks beside the file: name → form field, JSON-able values."""
        return {}

    def check_params(self, user: User, params: Mapping[str, Any]) -> dict:
        """Return the params to store with the job; raise Refused for what cannot be."""
        return dict(params)

    def checker(self, job: ImportJob) -> Checker:
        """Return a Checker with everything it needs read from the database."""
        raise NotImplementedError

    def fingerprint(self, job: ImportJob, unit_ids: Iterable[int]) -> str:
        """Return a text that changes whenever rights, locks or data behind the verdicts may have."""
        raise NotImplementedError

    def hold(self, job: ImportJob, unit_ids: Collection[int]) -> None:
        """Let nothing behind the verdicts change until the caller's transaction ends (common/db/locks.py)."""

    def write(self, job: ImportJob, items: Iterator[tuple[str, list]]) -> dict:
        """Write (kind, item) pairs inside the caller's transaction; return what was written."""
        raise NotImplementedError

    def undo(self, job: ImportJob, items: Iterator[tuple[str, list]]) -> dict:
        """Take back what `write` did, inside the caller's transaction; raise Refused when built upon."""
        raise Refused("Loại dữ liệu này không hoàn tác được.")

    def line(self, job: ImportJob, kind: str, item: list) -> PreviewLine:
        """Return `item` as the preview shows it."""
        raise NotImplementedError

    def after(self, job: ImportJob) -> tuple[str, str] | None:
        """Return (label, address) of what is to be done once `job` is written; None for nothing."""
        return None

    def template_rows(self, job: ImportJob) -> Iterable[Mapping[str, Any]]:
        """Return rows to fill into the template beforehand (locked codes); none by default."""
        return ()

    def guide(self, job: ImportJob) -> list[str]:
        """Return sentences for the guide sheet."""
        return []

    # -- what follows from the columns --------------------------------------------------------------

    def wanted(self, job: ImportJob) -> WantedTable:
        """Return what is looked for in a workbook: names of columns, which must be there, what names a row."""
        columns = [*self.columns(job), *self.also]
        names = [Name(text, c.key) for c in columns for text in (c.heading, c.key)]
        names += [Name(text, c.key, 1) for c in columns for text in c.synonyms]
        codes = [column.key for column in columns] if self.coded else []
        return WantedTable(
            Headings(names, codes=codes, year=job.params.get("year")),
            {column.key: column.heading for column in columns},
            self.required(job),
            self.keys,
            self.instead,
        )

    def doubts(self, job: ImportJob, around: Around) -> list[Question]:
        """Return what is to be asked because of what stands around the rows. Raises Refused."""
        return []

    def weight(self, item: list) -> int:
        """Return how many changes a checked row counts for."""
        return 1

    def required(self, job: ImportJob) -> dict[str, str]:
        """Return key → heading of the columns a sheet must have."""
        return {column.key: column.heading for column in self.columns(job) if column.required}

    def marker_of(self, job: ImportJob) -> str:
        """Return the hidden mark of the template: which target, version and (where it has one) year."""
        year = job.params.get("year", "")
        return f"danvan-template|{self.slug}|{self.version}|{year}"

    def check_marker(self, job: ImportJob, marker: str) -> None:
        """Refuse the template of something else, of an old version or of another year. Raises FileRefused."""
        if not marker:
            return
        _, slug, *rest = marker.split("|")
        if slug != self.slug:
            raise FileRefused(f"Tệp này không phải là mẫu “{self.title}”. Vui lòng tải đúng mẫu.")
        wanted = self.marker_of(job).split("|")[2:]
        if rest[:1] != wanted[:1]:
            raise FileRefused("Tệp theo mẫu cũ. Vui lòng tải mẫu mới và chép dữ liệu sang.")
        if rest[1:2] and wanted[1:2] and rest[1] != wanted[1]:
            raise FileRefused(
                f"Tệp là mẫu của năm {rest[1]} nhưng anh/chị chọn năm {wanted[1]}. Vui lòng xem lại."
            )


def digest(*facts: Any) -> str:
    """Return a short hash of `facts` (anything JSON can say)."""
    return hashlib.sha256(json.dumps(facts, default=str, sort_keys=True).encode()).hexdigest()


@cache
def targets() -> dict[str, Target]:
    """Return every target by slug, in the order of settings.IMPORT_TARGETS."""
    found: dict[str, Target] = {}
    for name in settings.IMPORT_TARGETS:
        for target in import_string(name):
            found[target.slug] = target
    return found


def target_of(slug: str) -> Target:
    """Return the target called `slug`; raises Http404."""
    try:
        return targets()[slug]
    except KeyError as error:
        raise Http404(f"no import target {slug}") from error


def scale_doubts(around: Around) -> list[Question]:
    """Return what is to be asked where the head of a file says that its numbers are thousands."""
    line = next((line for line in around.lines if SCALED.fullmatch(search_key(line))), "")
    if not line:
        return []
    text = f"Đầu bảng ghi “{line[:80]}”. Số trong tệp có đúng đơn vị tính của từng cột không?"
    return [Question("don-vi-tinh", text, (("dung", "Đúng: cứ ghi như trong tệp"),))]
