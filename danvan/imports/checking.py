"""Check a job: read its file, let the target judge every row, keep what it said. Writes no data of others.

No lock is held meanwhile: verdicts are stored in small pieces, the progress after each second.
"""

from __future__ import annotations

import hashlib
import itertools
import time
from collections import Counter, defaultdict

from django.utils import timezone

from danvan.common.sheets import cells
from danvan.common.sheets.columns import Problem
from danvan.common.sheets.layout import Table, bad_by_row, find_table
from danvan.common.sheets.legacy import read_as, recognise
from danvan.common.sheets.precheck import FileRefused
from danvan.common.sheets.reader import Workbook, open_workbook
from danvan.common.text import search_key
from danvan.imports.models import ImportJob, ImportPart, JobState, RowKind, working_on
from danvan.imports.targets import Refused, Target, Verdict, target_of

BATCH = 1000
PART = 500
MAX_ERRORS = 20_000


class TakenOver(Exception):  # noqa: N818
    """Another process took the job: this one stops without a word."""


def check_job(job: ImportJob) -> bool:
    """Check a queued job and leave it checked or failed; False when somebody else has it."""
    taken = ImportJob.objects.take(
        job, JobState.QUEUED, JobState.CHECKING, run=job.run + 1, progress=0, message=""
    )
    if not taken:
        return False
    try:
        with working_on(job):
            run_check(job)
    except (FileRefused, Refused) as refusal:
        _finish(job, JobState.FAILED, message=str(refusal))
    except TakenOver:
        return False
    else:
        _finish(job, JobState.CHECKED, checked_at=timezone.now())
    return True


def run_check(job: ImportJob) -> None:
    """Read and judge the file of `job`; parts, counts, layout and fingerprint are stored with it.

    Raises FileRefused or Refused with a sentence. The state is the caller's affair.
    """
    target = target_of(job.target)
    match, _ = target.matcher(job)
    job.parts.all().delete()
    old_fonts = _OldFonts(job, target) if job.params.get("convert") else None
    with opened(job, target) as workbook:
        table = find_table(workbook.rows, match, target.required(job), target.keys)
        if table.missing:
            raise FileRefused(_missing(table))
        _Check(job, target, workbook, table, old_fonts).run()


def opened(job: ImportJob, target: Target, *titles: str):
    """Open the workbook of `job` at the sheet of `target` (or one of `titles`). Raises FileRefused."""
    return open_workbook(
        job.file.path,
        job.file_name,
        titles={search_key(title) for title in (target.sheet_title, *titles)},
        headings=target.matcher(job)[1],
        check_marker=lambda marker: _check_marker(target, job, marker),
    )


class _OldFonts:
    """Which old encoding the columns of a file are typed in: it takes a reading of its own to know.

    Short words show no sign of their own ("Thêi"); their column tells how they are meant. Choices picked
    from the template's lists are Unicode even among words that are not: they stay as they are.
    """

    def __init__(self, job: ImportJob, target: Target):
        seen: dict[int, Counter] = defaultdict(Counter)
        with opened(job, target) as workbook:
            for _, row in workbook.rows:
                for index, cell in enumerate(row):
                    if cell.__class__ is str and (found := recognise(cell)):
                        seen[index][found[0]] += 1
        self.of_column = {index: found.most_common(1)[0][0] for index, found in seen.items()}
        self.of_file = max(seen.values(), key=Counter.total).most_common(1)[0][0] if seen else ""
        self.choices = {
            column.key: set(map(search_key, column.choices)) for column in target.columns(job)
        }

    def convert(self, row: dict, columns: dict[int, str]) -> None:
        """Turn the text cells of `row` into Unicode; `columns` maps the sheet's columns to keys."""
        for index, key in columns.items():
            cell = row[key]
            choices = self.choices[key]
            encoding = self.of_file if choices else self.of_column.get(index)
            if cell.__class__ is str and encoding and search_key(cell) not in choices:
                row[key] = read_as(cell, encoding)


def _check_marker(target: Target, job: ImportJob, marker: str) -> None:
    """Refuse the template of something else, of an old version or of another year."""
    if not marker:
        return
    _, slug, *rest = marker.split("|")
    if slug != target.slug:
        raise FileRefused(f"Tệp này không phải là mẫu “{target.title}”. Vui lòng tải đúng mẫu.")
    wanted = target.marker_of(job).split("|")[2:]
    if rest[:1] != wanted[:1]:
        raise FileRefused("Tệp theo mẫu cũ. Vui lòng tải mẫu mới và chép dữ liệu sang.")
    if rest[1:2] and wanted[1:2] and rest[1] != wanted[1]:
        raise FileRefused(
            f"Tệp là mẫu của năm {rest[1]} nhưng anh/chị chọn năm {wanted[1]}. Vui lòng xem lại."
        )


def _missing(table: Table) -> str:
    names = ", ".join(f"“{heading}”" for heading in table.missing)
    unknown = ", ".join(f"“{heading}”" for heading in table.unknown[:8])
    return (
        f"Dòng tiêu đề (dòng {table.header_row}) thiếu các cột: {names}."
        + (f" Các cột không nhận ra: {unknown}." if unknown else "")
        + " Vui lòng đặt tiêu đề như trong tệp mẫu."
    )


class _Check:
    """One run over the rows: batches to the checker, verdicts to parts, the progress to the job."""

    def __init__(
        self,
        job: ImportJob,
        target: Target,
        workbook: Workbook,
        table: Table,
        old_fonts: _OldFonts | None,
    ):
        self.job, self.target, self.table, self.old_fonts = job, target, table, old_fonts
        self.bad = bad_by_row(workbook.bad)
        self.letters = table.letters
        self.places = {key: index for index, key in table.columns.items()}
        self.headings = {column.key: column.heading for column in target.columns(job)}
        self.checker = target.checker(job)
        self.waiting: dict[str, list] = {kind: [] for kind in RowKind.values}
        self.counts: Counter = Counter()
        self.digest = hashlib.sha256()
        self.told = time.monotonic()
        self.sheet = workbook.sheet

    def run(self) -> None:
        while batch := list(itertools.islice(self.table.rows, BATCH)):
            self._judge(batch)
            self.job.progress += len(batch)
            if time.monotonic() - self.told > 1:
                self._tell()
        self._judge_unread()
        for kind in RowKind.values:
            self._flush(kind)
        self._store()

    def _judge(self, batch: list[tuple[int, dict]]) -> None:
        if self.bad or self.old_fonts:
            self._prepare(batch)
        for verdict in self.checker.check_many(batch):
            if verdict.kind is None:
                self.counts["same"] += 1
            else:
                self._keep(verdict.kind, verdict)

    def _keep(self, kind: str, verdict: Verdict) -> None:
        """Count a verdict and lay it by: errors from left to right, what is about the whole row first."""
        self.counts[kind] += 1
        if kind != RowKind.ERROR:
            self.counts["changes"] += verdict.weight
        elif self.counts[kind] > MAX_ERRORS:
            return
        else:
            verdict.item[2].sort(key=lambda problem: self.places.get(problem[0], -1))
        waiting = self.waiting[kind]
        waiting.append(verdict.item)
        if len(waiting) >= PART:
            self._flush(kind)

    def _prepare(self, batch: list[tuple[int, dict]]) -> None:
        """Put into the rows what was converted, and the problems of error cells."""
        for number, row in batch:
            if self.old_fonts:
                self.old_fonts.convert(row, self.table.columns)
            for problem in self._bad_problems(number) if number in self.bad else ():
                row[problem.key] = problem

    def _bad_problems(self, number: int) -> list[Problem]:
        """Return the problems of the error cells in row `number`, taking them off the list."""
        found = []
        for column, what in self.bad.pop(number).items():
            key = self.table.columns.get(column)
            if key is None:
                continue
            message = (
                "Công thức chưa có kết quả. Mở tệp bằng Excel, bấm Ctrl+Alt+F9 rồi lưu lại."
                if what == "="
                else f"Ô có lỗi {what}. Vui lòng sửa công thức hoặc nhập giá trị."
            )
            found.append(Problem(key, message, cells.NO_RESULT if what == "=" else what))
        return found

    def _judge_unread(self) -> None:
        """Rows that hold nothing but error cells never reach the reader: they are told here."""
        for number in sorted(row for row in self.bad if row > self.table.header_row):
            problems = self._bad_problems(number)
            if problems:
                self.counts[RowKind.ERROR] += 1
                item = [number, "", [problem.as_list() for problem in problems]]
                self.waiting[RowKind.ERROR].append(item)

    def _flush(self, kind: str) -> None:
        items, self.waiting[kind] = self.waiting[kind], []
        if items:
            part = ImportPart.pack(self.job, kind, items)
            self.digest.update(part.data)
            part.save()

    def _tell(self) -> None:
        self.told = time.monotonic()
        _own(self.job, progress=self.job.progress, heartbeat=timezone.now())

    def _store(self) -> None:
        job, checker = self.job, self.checker
        notices = [*checker.finish()]
        if self.table.unknown:
            names = ", ".join(f"“{name}”" for name in self.table.unknown[:12])
            notices.append(f"Các cột không dùng tới: {names}.")
        if self.table.skipped:
            shown = ", ".join(self.table.skipped[:12])
            more = len(self.table.skipped) - 12
            notices.append(f"Bỏ qua {shown}{f' và {more} dòng khác' if more > 0 else ''}.")
        if not self.counts:
            raise FileRefused("Bảng chưa có dòng dữ liệu nào. Vui lòng nhập dữ liệu rồi tải lại.")
        job.counts, job.notices = dict(self.counts), notices
        unit_ids = sorted(checker.unit_ids)
        job.layout = {
            "sheet": self.sheet,
            "header": self.table.header_row,
            "letters": self.letters,
            "headings": self.headings,
            "units": unit_ids,
            "digest": self.digest.hexdigest(),
        }
        job.fingerprint = self.target.fingerprint(job, unit_ids)
        _own(
            job,
            counts=job.counts,
            notices=job.notices,
            layout=job.layout,
            fingerprint=job.fingerprint,
            progress=job.progress,
        )


def _own(job: ImportJob, **values) -> None:
    """Update the job as long as this process holds it; raises TakenOver."""
    if not ImportJob.objects.filter(pk=job.pk, run=job.run, state=job.state).update(**values):
        raise TakenOver


def _finish(job: ImportJob, state: str, **values) -> None:
    rows = ImportJob.objects.filter(pk=job.pk, run=job.run, state=job.state)
    if rows.update(state=state, heartbeat=timezone.now(), **values):
        job.state = state
        for name, value in values.items():
            setattr(job, name, value)


def error_verdict(number: int, label: str, problems: list[Problem]) -> Verdict:
    """Return the verdict of a row with problems: the same shape for every target."""
    return Verdict(RowKind.ERROR, [number, label, [problem.as_list() for problem in problems]])
