"""Decisions that recognised a model, as a sheet of their own: one row per decision, in and out.

A decision is known by its model (unit, name and, where names repeat, the day registered), its level and
its day. A sheet that lists models without a decision is no error: such rows say nothing here, so one list
of an office serves this import and that of the models.
"""

from __future__ import annotations

from django.db.models import Count, Max, Sum
from django.urls import reverse

from danvan.accounts.audit.context import acting
from danvan.accounts.rights import Action
from danvan.accounts.scope import units_editable_by
from danvan.common.words import EMPTY
from danvan.imports.models import RowKind
from danvan.imports.targets import Column, PreviewLine, Refused, Target, digest
from records.kinds import BY_SLUG
from records.locks import locks_on
from records.models import Recognition, SkilledMobilisationModel
from records.services import write_recognitions
from records.sheets.columns import DECISION_COLUMNS, SYNONYMS, RecognitionResource
from records.sheets.recognition_checking import RecognitionChecker, values_of

MOVED = "Có {} quyết định vừa được sửa hoặc xóa nên chưa ghi gì."
NEWER = "Không hoàn tác được: {} quyết định của lần nhập này đã được sửa hoặc xóa sau đó."


class RecognitionTarget(Target):
    """Decisions of recognition."""

    slug = "recognition"
    title = "Quyết định công nhận mô hình"
    sheet_title = "Quyết định công nhận"
    action = Action.IMPORT
    keys = ("unit", "title", "decision")

    def columns(self, job):
        several = units_editable_by(job.owner).values("code").distinct()[:2]
        hints = {
            "unit": "Mã đơn vị hành chính (GSO) của đơn vị có mô hình.",
            "unit_name": "Chỉ để đọc, không dùng khi nhập.",
            "title": "Như tên mô hình đã ghi trong phần mềm.",
            "start_date": "Chỉ cần khi đơn vị có nhiều mô hình cùng tên.",
        }
        required = {"title", "level", "decision", "date"} | (
            {"unit"} if len(several) > 1 else set()
        )
        found = []
        for name, field in RecognitionResource.fields.items():
            widget = field.widget
            found.append(
                Column(
                    key=name,
                    heading=field.column_name,
                    required=name in required,
                    synonyms=_SYNONYMS.get(name, ()),
                    width={"unit": 11, "unit_name": 26}.get(name) or widget.width,
                    fmt="@" if name == "unit" else getattr(widget, "fmt", ""),
                    choices=getattr(widget, "choices", ()),
                    hint=hints.get(name, ""),
                )
            )
        return found

    def guide(self, job):
        return [
            "Mỗi dòng là một quyết định; mô hình được nhiều cấp công nhận có nhiều dòng.",
            "Mô hình phải có trong phần mềm trước. Dòng không ghi quyết định được bỏ qua.",
            "Muốn đổi cấp hoặc ngày của quyết định đã có: sửa trong biểu của mô hình.",
        ]

    def after(self, job):
        return "Xem danh sách mô hình", reverse(
            "records:list", args=[BY_SLUG["mobilisation-model"]]
        )

    def checker(self, job):
        return RecognitionChecker(job)

    def fingerprint(self, job, unit_ids):
        unit_ids = list(unit_ids)
        models = SkilledMobilisationModel.objects.filter(unit__in=unit_ids)
        # A decision is written with its model, whose version and moment of change tell of it.
        state = models.aggregate(Count("pk"), Max("pk"), Max("updated_at"), Sum("version"))
        units = units_editable_by(job.owner).filter(pk__in=unit_ids).values_list("pk", flat=True)
        locks = sorted((lock.unit_id, lock.start, lock.end) for lock in locks_on(unit_ids))
        return digest(
            state, sorted(units), locks, job.owner.is_active and job.owner.can(self.action)
        )

    def write(self, job, items):
        found = list(items)
        rows = [_recognition(item) for _, item in found]
        new = [row for row in rows if row.pk is None]
        changed = [row for row in rows if row.pk is not None]
        before = {item[2]: item[5] for kind, item in found if kind == RowKind.CHANGED}
        self._require_unchanged(job, before, MOVED)
        with acting(user=job.owner, source="import"):
            write_recognitions(create=new, change=changed, actor=job.owner)
        return {"new": len(new), "changed": len(changed), "keys": [row.pk for row in new]}

    def undo(self, job, items):
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
    def _require_unchanged(job, expected: dict[int, list], message: str) -> dict[int, Recognition]:
        """Return the stored decisions by key; raise Refused where one is not as `expected` says."""
        stored = Recognition.objects.editable_by(job.owner).in_bulk(list(expected))
        newer = sum(pk not in stored or values_of(stored[pk]) != e for pk, e in expected.items())
        if newer:
            raise Refused(message.format(newer))
        return stored

    def line(self, job, kind, item):
        _, new, old = item[3], item[4], item[5]
        labels = [RecognitionResource.fields[name].column_name for name in DECISION_COLUMNS]
        pairs = zip(labels, _shown(old) if old else ("",) * 4, _shown(new), strict=True)
        return PreviewLine(item[0], item[3], tuple(pair for pair in pairs if pair[1] != pair[2]))


_SYNONYMS = {
    **{name: SYNONYMS[name] for name in ("unit", "unit_name")},
    "start_date": ("Ngày đăng ký mô hình",),
    "title": ("Mô hình", "Tên mô hình Dân vận khéo", "Tên mô hình, điển hình"),
    "level": ("Cấp", "Cấp quyết định", "Công nhận cấp"),
    "decision": ("Số QĐ", "Quyết định", "Số quyết định công nhận", "Quyết định công nhận"),
    "date": ("Ngày QĐ", "Ngày quyết định công nhận", "Ngày công nhận", "Ngày ký"),
    "body": ("Cơ quan ban hành", "Cơ quan quyết định", "Nơi công nhận"),
}


def _filled(row: Recognition, values: list) -> Recognition:
    row.level, row.decision, row.body = values[0], values[1], values[3]
    row.date = Recognition._meta.get_field("date").to_python(values[2])
    return row


def _recognition(item: list) -> Recognition:
    """Return the decision of a stored item: [line, model, key, label, new values, old values]."""
    return _filled(Recognition(pk=item[2], model_id=item[1]), item[4])


def _shown(values: list) -> tuple[str, ...]:
    level, decision, day, body = values
    choices = dict(Recognition._meta.get_field("level").flatchoices)
    return str(choices[level]), decision, "/".join(reversed(day.split("-"))), body or EMPTY


RECOGNITIONS = RecognitionTarget()
TARGETS = (RECOGNITIONS,)
