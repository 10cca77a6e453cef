"""Check a job: read its file, let the target judge every row, keep what it said. Writes no data of others.

No lock is held meanwhile: verdicts are stored in small pieces, the progress after each second.
"""

import hashlib
import itertools
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from django.utils import timezone

from danvan.common.ops.memory import seldom_collected
from danvan.common.sheets import cells
from danvan.common.sheets.addresses import column_letter
from danvan.common.sheets.columns import Problem
from danvan.common.sheets.precheck import FileRefused
from danvan.common.sheets.reader import Workbook, open_workbook
from danvan.common.sheets.table.blocks import ReadSheet
from danvan.common.sheets.table.choosing import Choice
from danvan.common.sheets.table.layout import Table, WantedTable, find_table, rows_of
from danvan.common.sheets.table.preparing import Preparation
from danvan.common.sheets.table.questions import Asked, Question, is_open
from danvan.common.sheets.table.turned import Turning
from danvan.common.storage import on_disk
from danvan.common.text import clean_line, search_key
from danvan.imports.models import ImportJob, ImportPart, JobState, RowKind
from danvan.imports.targets import (
    Around,
    Refused,
    Target,
    Verdict,
    error_verdict,
    scale_doubts,
    target_of,
)

BATCH = 1000
PART = 500
AT_ONCE = 10  # parts stored in one go
MAX_ERRORS = 20_000


class TakenOver(Exception):  # noqa: N818
    """Another process took the job: this one stops without a word."""


@seldom_collected()
def check_job(job: ImportJob) -> bool:
    """Check a queued job and leave it checked or failed; False when somebody else has it."""
    if not ImportJob.objects.begin(job, JobState.CHECKING, progress=0):
        return False
    try:
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

    Where its owner has to say first how it is to be read, the questions are stored and nothing else.
    Raises FileRefused or Refused with a sentence. The state is the caller's affair.
    """
    target = target_of(job.target)
    # A check that does not come to its end is never taken for a whole one.
    job.fingerprint = ""
    _own(job, fingerprint="")
    job.parts.all().delete()
    answers = job.answers
    wanted = target.wanted(job)
    choices: list[Choice] = []

    def choose(sheets: list[ReadSheet]) -> ReadSheet:
        choices.append(Choice(sheets, wanted, {search_key(target.sheet_title)}, answers))
        return choices[0].sheet()

    try:
        with opened(job, target, wanted, choose) as workbook:
            table, rows = _table_and_rows(workbook, wanted, answers, turned=choices[0].turned)
            around = _around(job, table)
            questions = [*choices[0].questions, *table.questions, *scale_doubts(around)]
            questions += target.doubts(job, around)
            if is_open(questions, answers):
                raise Asked(questions)
            check = _Check(job, target, workbook, table, questions, around)
            check.run(rows, choices[0].others(workbook.sheet))
    except Asked as asked:
        _ask(job, target, asked.questions)


def _table_and_rows(
    workbook: Workbook, wanted: WantedTable, answers: Mapping[str, str], *, turned: bool
) -> tuple[Table, Iterator[tuple[int, dict]]]:
    """Return the table on the chosen sheet and its rows, whichever way the sheet runs."""
    if not turned:
        table = find_table(workbook.sheet, workbook.hidden, wanted, answers)
        return table, rows_of(table, workbook.rows, wanted.keys)
    turning = Turning(workbook.sheet, workbook.rows, wanted, answers, workbook.hidden_columns)
    found = turning.table(workbook.hidden, workbook.bad)
    workbook.bad.clear()  # told in the cells
    return found, iter(found.rows)


@contextmanager
def opened(
    job: ImportJob,
    target: Target,
    wanted: WantedTable,
    choose: Callable[[list[ReadSheet]], ReadSheet],
) -> Iterator[Workbook]:
    """Open the workbook of `job` at the sheet `choose` names. Raises FileRefused."""
    with (
        on_disk(job.file) as path,
        open_workbook(
            path,
            job.file_name,
            headings=wanted.headings.known.keys(),
            codes=wanted.headings.codes.keys(),
            choose=choose,
            check_marker=lambda marker: target.check_marker(job, marker),
        ) as workbook,
    ):
        yield workbook


def _around(job: ImportJob, table: Table) -> Around:
    first = table.blocks[0].first
    lines = [
        clean_line(cells.shown(cell))
        for row, found in sorted(table.sheet.near.items())
        if row < first
        for cell in found
        if not cells.is_blank(cell)
    ]
    return Around(job.file_name, table.sheet.name, tuple(lines))


def _ask(job: ImportJob, target: Target, questions: list[Question]) -> None:
    """Store what is to be answered before the rows can be judged."""
    layout = {"sheet": "", "header": 0, "letters": {}, "headings": {}, "units": [], "digest": ""}
    job.counts, job.notices = {}, []
    job.layout = {**layout, "questions": _told(questions, job.answers)}
    job.fingerprint = target.fingerprint(job, [])
    _own(
        job, **{name: getattr(job, name) for name in ("counts", "notices", "layout", "fingerprint")}
    )


def _told(questions: Iterable[Question], answers: Mapping[str, str]) -> list[dict]:
    """Return questions as a job stores them, with their answers."""
    return [
        {"id": q.id, "text": q.text, "options": list(q.options), "answer": q.answered(answers)}
        for q in questions
    ]


class _Check:
    """One run over the rows: batches to the checker, verdicts to parts, the progress to the job."""

    def __init__(
        self,
        job: ImportJob,
        target: Target,
        workbook: Workbook,
        table: Table,
        questions: list[Question],
        around: Around,
    ) -> None:
        self.around = around
        self.job, self.target, self.table, self.asked = job, target, table, questions
        self.answers = job.answers
        columns = [*target.columns(job), *target.also]
        convert = bool(job.params.get("convert"))
        self.preparation = Preparation(workbook, table, columns, self.answers, convert=convert)
        self.places = {key: index for index, key in table.columns.items()}
        self.headings = {column.key: column.heading for column in columns}
        self.hidden_columns = workbook.hidden_columns
        self.checker = target.checker(job)
        self.waiting: dict[str, list] = {kind: [] for kind in RowKind.values}
        self.packed: list[ImportPart] = []  # parts that are not stored yet
        self.counts: Counter = Counter()
        self.digest = hashlib.sha256()
        self.told = time.monotonic()
        self.span = 0, 0  # the first and the last row that were read

    def run(self, rows: Iterator[tuple[int, dict]], others: list[str]) -> None:
        """Judge all rows; `others` says in sentences which sheets are not read."""
        while batch := list(itertools.islice(rows, BATCH)):
            self._judge(batch)
            self.span = self.span[0] or batch[0][0], batch[-1][0]
            self.job.progress += len(batch)
            if time.monotonic() - self.told > 1:
                self._tell()
        self._judge_unread()
        self._recall()
        for kind in RowKind.values:
            self._flush(kind)
        self._save_parts()
        self._store(others)

    def _judge(self, batch: list[tuple[int, dict]]) -> None:
        self.preparation.prepare(batch)
        for verdict in self.checker.check_many(batch):
            if verdict.kind is None:
                self.counts["same"] += 1
            else:
                self._keep(verdict.kind, verdict)

    def _keep(self, kind: str, verdict: Verdict) -> None:
        """Count a verdict and keep it: errors from left to right, what is about the whole row first."""
        self.counts[kind] += 1
        if kind != RowKind.ERROR:
            self.counts["changes"] += self.target.weight(verdict.item)
        elif self.counts[kind] > MAX_ERRORS:
            return
        else:
            verdict.item[2].sort(key=lambda problem: self.places.get(problem[0], -1))
        waiting = self.waiting[kind]
        waiting.append(verdict.item)
        if len(waiting) >= PART:
            self._flush(kind)

    def _judge_unread(self) -> None:
        """Rows that hold nothing but error cells never reach the reader: they are told here."""
        first = self.table.blocks[0].last
        for number in sorted(row for row in self.preparation.bad if row > first):
            problems = self.preparation.problems(number, self.table.columns_at(number))
            if problems:
                self._keep(RowKind.ERROR, error_verdict(number, "", problems))

    def _recall(self) -> None:
        """Turn rows judged good into errors where a later row contradicted them."""
        if not (recalled := dict(self.checker.recalled)):
            return
        for kind in (RowKind.NEW, RowKind.CHANGED):
            self._flush(kind)
            self._save_parts()
            for part in self.job.parts.filter(kind=kind).order_by("pk"):
                items = part.items
                gone = [item for item in items if item[0] in recalled]
                if gone:
                    part.delete()
                    self.waiting[kind] = [item for item in items if item[0] not in recalled]
                    self._flush(kind)
                self._withdraw(kind, gone, recalled)
        self._save_parts()
        told = {item[0] for item in self.waiting[RowKind.ERROR]}
        told |= {item[0] for _, item in self.job.entries(RowKind.ERROR)}
        for number in sorted(recalled.keys() - told):
            self.counts["same"] -= 1
            self._keep(RowKind.ERROR, error_verdict(number, "", [recalled[number]]))
        self._sort_errors()

    def _sort_errors(self) -> None:
        """Let errors that were found late stand where their rows stand."""
        self._flush(RowKind.ERROR)
        self._save_parts()
        items = sorted((item for _, item in self.job.entries(RowKind.ERROR)), key=lambda i: i[0])
        self.job.parts.filter(kind=RowKind.ERROR).delete()
        for start in range(0, len(items), PART):
            self.waiting[RowKind.ERROR] = items[start : start + PART]
            self._flush(RowKind.ERROR)

    def _withdraw(self, kind: str, items: list[list], recalled: dict[int, Problem]) -> None:
        """Count rows as errors that were counted as `kind`."""
        for item in items:
            self.counts[kind] -= 1
            self.counts["changes"] -= self.target.weight(item)
            problem = recalled.pop(item[0])
            self._keep(RowKind.ERROR, error_verdict(item[0], "", [problem]))

    def _flush(self, kind: str) -> None:
        items, self.waiting[kind] = self.waiting[kind], []
        if items:
            part = ImportPart.pack(self.job, kind, items)
            self.digest.update(part.data)
            self.packed.append(part)
            if len(self.packed) >= AT_ONCE:
                self._save_parts()

    def _save_parts(self) -> None:
        """Store the parts in the order they were packed; a few at a time: each commit waits for the disk."""
        parts, self.packed = self.packed, []
        ImportPart.objects.bulk_create(parts)

    def _tell(self) -> None:
        self.told = time.monotonic()
        _own(self.job, progress=self.job.progress, heartbeat=timezone.now())

    def _spoken_rows(self) -> str:
        """Return which rows were read, in words; those left out between them are among the notices."""
        first, last = self.span
        if getattr(self.table, "places", None):
            return f"{self.job.progress} cột số liệu"
        return f"{self.job.progress} dòng dữ liệu, từ dòng {first} đến dòng {last}"

    def _store(self, others: list[str]) -> None:
        job, checker, account = self.job, self.checker, self.table.account
        counts = {kind: number for kind, number in self.counts.items() if number}
        if not counts:
            raise FileRefused("Bảng chưa có dòng dữ liệu nào. Vui lòng nhập dữ liệu rồi tải lại.")
        notices = [*checker.finish(), *self.preparation.notices()]
        job.notices = [*notices, *account.notices(self.hidden_columns), *others]
        job.counts = counts
        spare = {column_letter(i): texts for i, texts in self.table.spare.items()}
        around = replace(self.around, lines=(*self.around.lines, *account.below))
        asked = [*self.asked, *self.preparation.questions(), *checker.questions(spare, around)]
        unit_ids = sorted(checker.unit_ids)
        blocks = [[block.last, block.letters] for block in self.table.blocks]
        job.layout = {
            "sheet": self.table.sheet.name,
            "header": self.table.blocks[0].last,
            "letters": blocks[0][1],
            "blocks": blocks,
            "places": getattr(self.table, "places", {}),
            "headings": self.headings,
            "read": account.used(self.hidden_columns),
            "rows": self._spoken_rows(),
            "questions": _told(asked, self.answers),
            "encodings": list(self.preparation.encodings),
            "units": unit_ids,
            "digest": self.digest.hexdigest(),
        }
        job.fingerprint = self.target.fingerprint(job, unit_ids)
        names = ("counts", "notices", "layout", "fingerprint", "progress")
        _own(job, **{name: getattr(job, name) for name in names})


def _own(job: ImportJob, **values: Any) -> None:
    """Update the job as long as this process holds it; raises TakenOver."""
    if not ImportJob.objects.filter(pk=job.pk, run=job.run, state=job.state).update(**values):
        raise TakenOver


def _finish(job: ImportJob, state: str, **values: Any) -> None:
    ImportJob.objects.filter(run=job.run).take(job, job.state, state, **values)
