"""Decisions that recognised a model, as a sheet of their own: one row per decision, in and out.

A decision is known by its model (unit, name and, where names repeat, the day registered), its level and
its day. A sheet that lists models without a decision is no error: such rows say nothing here, so one list
of an office serves this import and that of the models.
"""

from collections.abc import Iterable
from typing import Any

from django.urls import reverse

from danvan.accounts.audit.context import acting
from danvan.common.words import EMPTY, column_named, in_words
from danvan.imports.models import ImportJob, RowKind
from danvan.imports.targets import PreviewLine, Refused
from records.kinds import BY_SLUG
from records.models import Recognition
from records.services import write_recognitions
from records.sheets.columns import RecognitionResource
from records.sheets.recognition_checking import RecognitionChecker, values_of
from records.sheets.records import RecordTarget

MOVED = "Có {} quyết định vừa được sửa hoặc xóa nên chưa ghi gì."
NEWER = "Không hoàn tác được: {} quyết định của lần nhập này đã được sửa hoặc xóa sau đó."


class RecognitionTarget(RecordTarget):
    """Decisions of recognition: locked, fingerprinted and asked about as the models they belong to.

    A decision is written with its model, whose version and moment of change tell of it.
    """

    def __init__(self) -> None:
        super().__init__(BY_SLUG["mobilisation-model"])
        self.resource = RecognitionResource
        self.slug = "recognition"
        self.title = "Quyết định công nhận mô hình"
        self.sheet_title = "Quyết định công nhận"
        self.keys = ("unit", "title", "decision")

    def guide(self, job: ImportJob) -> list[str]:
        return [
            "Mỗi dòng là một quyết định; mô hình được nhiều cấp công nhận có nhiều dòng.",
            "Mô hình phải có trong hệ thống trước. Dòng không ghi quyết định được bỏ qua.",
            "Muốn đổi cấp hoặc ngày của quyết định đã có: sửa trong biểu của mô hình.",
        ]

    def after(self, job: ImportJob) -> Any:
        return "Xem danh sách mô hình", reverse("records:list", args=[self.kind])

    def checker(self, job: ImportJob) -> Any:
        return RecognitionChecker(job)

    def write(self, job: ImportJob, items: Iterable[Any]) -> dict[str, Any]:
        found = list(items)
        rows = [_recognition(item) for _, item in found]
        new = [row for row in rows if row.pk is None]
        changed = [row for row in rows if row.pk is not None]
        before = {item[2]: item[5] for kind, item in found if kind == RowKind.CHANGED}
        self._require_unchanged(job, before, MOVED)
        with acting(user=job.owner, source="import"):
            write_recognitions(create=new, change=changed, actor=job.owner)
        return {"new": len(new), "changed": len(changed), "keys": [row.pk for row in new]}

    def undo(self, job: ImportJob, items: Iterable[Any]) -> dict[str, Any]:
        found = list(items)
        created = [item for kind, item in found if kind == RowKind.NEW]
        changed = [item for kind, item in found if kind == RowKind.CHANGED]
        expected = dict(zip(job.result["keys"], (item[4] for item in created), strict=True))
        stored = self._require_unchanged(
            job, expected | {item[2]: item[4] for item in changed}, NEWER
        )
        gone = [stored[pk] for pk in expected]
        back = [_filled(stored[item[2]], item[5]) for item in changed]
        with acting(user=job.owner, source="undo"):
            write_recognitions(remove=gone, change=back, actor=job.owner)
        return {"removed": len(gone), "restored": len(back)}

    @staticmethod
    def _require_unchanged(
        job: ImportJob, expected: dict[int, list], message: str
    ) -> dict[int, Recognition]:
        """Return the stored decisions by key; raise Refused where one is not as `expected` says."""
        stored = Recognition.objects.editable_by(job.owner).in_bulk(list(expected))
        newer = sum(pk not in stored or values_of(stored[pk]) != e for pk, e in expected.items())
        if newer:
            raise Refused(message.format(newer))
        return stored

    def line(self, job: ImportJob, kind: Any, item: Any) -> Any:
        _, new, old = item[3], item[4], item[5]
        labels = [RecognitionResource.fields[name].heading for name in Recognition.ENTERED]
        pairs = zip(labels, _shown(old) if old else ("",) * 4, _shown(new), strict=True)
        return PreviewLine(item[0], item[3], tuple(pair for pair in pairs if pair[1] != pair[2]))


def _filled(row: Recognition, values: list) -> Recognition:
    row.level, row.decision, row.body = values[0], values[1], values[3]
    row.date = column_named(Recognition, "date").to_python(values[2])
    return row


def _recognition(item: list) -> Recognition:
    """Return the decision of a stored item: [line, model, key, label, new values, old values]."""
    return _filled(Recognition(pk=item[2], model_id=item[1]), item[4])


def _shown(values: list) -> list[str]:
    pairs = zip(Recognition.ENTERED, values, strict=True)
    return [in_words(column_named(Recognition, name), value) or EMPTY for name, value in pairs]


RECOGNITIONS = RecognitionTarget()
TARGETS = (RECOGNITIONS,)
