"""Records in bulk: the target of each kind, judged by the model's own rules and written in one go.

The fast path only sorts good rows from doubtful ones; whatever looks doubtful is judged by
EventRecord.check_row(), the authority for form and import alike, which also words the message.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import groupby, islice
from operator import itemgetter
from typing import Any

from django.db.models import Count, Max, Sum
from django.urls import reverse

from danvan.accounts.audit.context import acting
from danvan.accounts.rights import Action
from danvan.accounts.scope import units_editable_by
from danvan.common.sheets.columns import Column
from danvan.common.words import EMPTY, column_named, in_words
from danvan.imports.identity import NAME, UNIT
from danvan.imports.models import ImportJob, RowKind
from danvan.imports.targets import PreviewLine, Refused, Target, digest
from records.answering import answered_by
from records.kinds import KINDS, RecordKind, kind_of
from records.locks import Kept, locks_on
from records.services import StaleRecord, change_records, create_records, delete_records
from records.sheets.checking import RecordChecker, content_of
from records.sheets.columns import resource_of

SYSTEM = ("created_by_id", "created_at", "updated_at", "version", "stand_in")
BATCH = 500
BATCHES = {RowKind.NEW: 2000, RowKind.CHANGED: BATCH}  # rows written in one go
# On the guide sheet of a kind whose child rows stand in no column.
CHILDREN_STAY = (
    "Quyết định công nhận được nhập trong biểu của từng mô hình, hoặc bằng tệp riêng ở trang "
    "“Nhập từ Excel”. Tệp này không làm thay đổi các quyết định đã có."
)
OVERTAKEN = "Có hồ sơ vừa được người khác sửa hoặc xóa nên chưa ghi gì."
NEWER = "Không hoàn tác được: {} hồ sơ của lần nhập này đã được sửa, xóa hoặc bổ sung sau đó."


class RecordTarget(Target):
    """One kind of record as a sheet."""

    action = Action.IMPORT

    def __init__(self, kind: RecordKind) -> None:
        self.kind = kind
        self.model = kind.model
        self.resource = resource_of(kind)
        self.slug = kind.slug
        self.title = kind.plural
        self.sheet_title = kind.menu
        self.key = kind.key
        self.keys = ("unit", *self.key)

    @property
    def stored(self) -> list[str]:
        """The columns an import fills: all but the key and what the system stamps."""
        left_out = {"id", "token", *SYSTEM}
        return [f.attname for f in self.model._meta.concrete_fields if f.attname not in left_out]

    def columns(self, job: ImportJob) -> list[Column]:
        return self.resource(job.owner).columns

    def guide(self, job: ImportJob) -> list[str]:
        return [CHILDREN_STAY] if hasattr(self.model, "recognitions") else []

    def after(self, job: ImportJob) -> Any:
        if hasattr(self.model, "recognitions"):
            return "Nhập tiếp quyết định công nhận", reverse("imports:upload", args=["recognition"])
        return f"Xem danh sách {self.kind.noun}", reverse("records:list", args=[self.kind])

    instead = {UNIT: NAME}

    def checker(self, job: ImportJob) -> Any:
        return RecordChecker(self, job)

    def fingerprint(self, job: ImportJob, unit_ids: Iterable[int]) -> str:
        rows = self.model.objects.filter(unit__in=list(unit_ids))
        state = rows.aggregate(Count("pk"), Max("pk"), Max("updated_at"), Sum("version"))
        units = units_editable_by(job.owner).filter(pk__in=list(unit_ids))
        locks = [(k.unit_id, k.start, k.end) for k in locks_on(unit_ids)]
        answered = [one for one in answered_by(job.owner) if one.unit_id in set(unit_ids)]
        may = job.owner.is_active and job.owner.can(self.action)
        return digest(
            state, sorted(units.values_list("pk", flat=True)), sorted(locks), answered, may
        )

    # -- writing -------------------------------------------------------------------------------------

    def hold(self, job: ImportJob, unit_ids: Collection[int]) -> None:
        Kept(self.model, (), unit_ids)

    def write(self, job: ImportJob, items: Iterable[Any]) -> dict[str, Any]:
        changed = 0
        keys: list[int] = []
        kept = Kept(self.model, (), job.layout["units"])
        with acting(user=job.owner, source="import"):
            for kind, some in groupby(items, key=itemgetter(0)):
                while batch := [item for _, item in islice(some, BATCHES[kind])]:
                    if kind == RowKind.NEW:
                        keys += self._create(job, batch, kept)
                    else:
                        changed += self._change(job, batch)
        return {"new": len(keys), "changed": changed, "keys": _spans(keys)}

    def _create(self, job: ImportJob, items: list[list], kept: Kept) -> Sequence[int]:
        values, lines = [item[2] for item in items], [item[0] for item in items]
        return create_records(
            self.model, self.stored, values, actor=job.owner, lines=lines, kept=kept
        )

    def _change(self, job: ImportJob, items: list[list]) -> int:
        rows = self.model.objects.in_bulk([item[2] for item in items])
        if any(item[2] not in rows or rows[item[2]].version != item[3] for item in items):
            raise Refused(OVERTAKEN)
        try:
            return change_records(list(rows.values()), _set_values(rows, items, 2), actor=job.owner)
        except StaleRecord as stale:
            raise Refused(OVERTAKEN) from stale

    def undo(self, job: ImportJob, items: Iterable[Any]) -> dict[str, Any]:
        keys = (key for a, b in job.result.get("keys", []) for key in range(a, b + 1))
        removed = restored = 0
        with acting(user=job.owner, source="undo"):
            for kind, some in groupby(items, key=itemgetter(0)):
                while batch := [item for _, item in islice(some, BATCH)]:
                    if kind == RowKind.NEW:
                        pairs = zip(batch, keys, strict=False)  # the batch first: no key is lost
                        removed += self._remove(job, {key: item for item, key in pairs})
                    else:
                        restored += self._restore(job, batch)
        return {"removed": removed, "restored": restored}

    def _remove(self, job: ImportJob, items: Mapping[int, list]) -> int:
        """Delete rows the job created, as long as they say what it wrote, whoever touched them since."""
        made = {
            key: {
                name: self.kind.column(name).to_python(value)
                for name, value in zip(self.stored, item[2], strict=True)
                if name != "search"
            }
            for key, item in items.items()
        }
        gone = delete_records(self.model, made, actor=job.owner, source="undo", made=made)
        if locked := [line.problem for line in gone if line.problem]:
            raise Refused(locked[0])
        if newer := len(made) - len(gone):
            raise Refused(NEWER.format(newer))
        return len(gone)

    def _restore(self, job: ImportJob, items: list) -> int:
        """Give rows their values back that the job changed, as long as they say what it left."""
        rows = self.model.objects.editable_by(job.owner).in_bulk([item[2] for item in items])
        newer = sum(
            item[2] not in rows or content_of(rows[item[2]], self.stored) != item[6]
            for item in items
        )
        if newer:
            raise Refused(NEWER.format(newer))
        return change_records(list(rows.values()), _set_values(rows, items, 1), actor=job.owner)

    # -- showing -------------------------------------------------------------------------------------

    def line(self, job: ImportJob, kind: Any, item: Any) -> Any:
        if kind == RowKind.NEW:
            values = dict(zip(self.stored, item[2], strict=True))
            return PreviewLine(item[0], self._label(job, item[1], values), self._filled(values))
        if kind == RowKind.CHANGED:
            changes = tuple(
                (self.kind.label_of(name), self._shown(name, old), self._shown(name, new))
                for name, old, new in item[5]
            )
            return PreviewLine(item[0], item[4], changes)
        return PreviewLine(item[0], item[1])

    def _label(self, job: ImportJob, unit_id: int, values: dict) -> str:
        """Return name and day of a new record, and whose it is where the file is about several units."""
        place = job.places.get(unit_id) if len(job.places) > 1 else ""
        day = values.get("start_date") or ""
        when = "/".join(reversed(day.split("-"))) if self.kind.dated else f"năm {day[:4]}"
        title = str(values.get("title") or "")
        return " · ".join(filter(None, [title, when, place]))

    def _filled(self, values: dict) -> tuple[tuple[str, str, str], ...]:
        """Return what a new record says beside its name and day."""
        names = [
            name for name in self.kind.field_names if name not in ("unit", "title", "start_date")
        ]
        return tuple(
            (self.kind.label_of(name), "", self._shown(name, values[name]))
            for name in names
            if values.get(name) not in (None, "", False)
        )

    def _shown(self, name: str, value: Any) -> str:
        return in_words(column_named(self.model, name), value) or EMPTY


def _spans(keys: Iterable[int]) -> list[list[int]]:
    """Return keys in a row as [first, last]: what a job remembers of many rows."""
    spans: list[list[int]] = []
    for key in keys:
        if spans and spans[-1][1] == key - 1:
            spans[-1][1] = key
        else:
            spans.append([key, key])
    return spans


def _set_values(rows: dict, items: Iterable[list], side: int) -> list[str]:
    """Set the old (1) or new (2) values of changed items on `rows`; return the columns touched."""
    names: set[str] = set()
    for item in items:
        row = rows[item[2]]
        for change in item[5]:
            name, value = change[0], change[side]
            setattr(row, name, kind_of(row).column(name).to_python(value))
            names.add(name)
    return sorted(names)


TARGETS = tuple(RecordTarget(kind) for kind in KINDS)
