"""Records in bulk: the target of each kind, judged by the model's own rules and written in one go.

The fast path only sorts good rows from doubtful ones; whatever looks doubtful is judged by
EventRecord.check_row(), the authority for form and import alike, which also words the message.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Count, Max, Sum
from django.urls import reverse

from danvan.accounts.audit.context import acting
from danvan.accounts.rights import Action
from danvan.accounts.scope import units_editable_by
from danvan.common.sheets.columns import Column
from danvan.common.words import EMPTY, in_words
from danvan.imports.models import ImportJob, RowKind
from danvan.imports.targets import PreviewLine, Refused, Target, digest
from danvan.units.models import AdministrativeUnit
from records.answering import answered_by
from records.kinds import KINDS, RecordKind
from records.locks import Kept, locks_on
from records.services import StaleRecord, change_records, create_records, delete_records
from records.sheets.checking import RecordChecker
from records.sheets.columns import resource_of

SYSTEM = ("created_by_id", "created_at", "updated_at", "version", "stand_in")
BATCH = 500
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

    def __init__(self, kind: RecordKind):
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

    def guide(self, job):
        return [CHILDREN_STAY] if hasattr(self.model, "recognitions") else []

    def after(self, job):
        if hasattr(self.model, "recognitions"):
            return "Nhập tiếp quyết định công nhận", reverse("imports:upload", args=["recognition"])
        return f"Xem danh sách {self.kind.noun}", reverse("records:list", args=[self.kind])

    def checker(self, job):
        return RecordChecker(self, job)

    def fingerprint(self, job, unit_ids):
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

    def hold(self, job, unit_ids):
        Kept(self.model, (), unit_ids)

    def write(self, job, items):
        writer = _Writer(self, job)
        with acting(user=job.owner, source="import"):
            for kind, item in items:
                writer.add(kind, item)
            return writer.finish()

    def undo(self, job, items):
        with acting(user=job.owner, source="undo"):
            changed = [item for kind, item in items if kind == RowKind.CHANGED]
            removed = self._remove(job)
            self._restore(job, changed)
        return {"removed": removed, "restored": len(changed)}

    def _remove(self, job) -> int:
        """Delete the rows the job created, as long as they stand as it made them."""
        removed = 0
        for first, last in job.result.get("keys", []):
            for start in range(first, last + 1, BATCH):
                keys = range(start, min(start + BATCH, last + 1))
                gone = delete_records(
                    self.model, keys, actor=job.owner, source="undo", untouched=True
                )
                if locked := [line.problem for line in gone if line.problem]:
                    raise Refused(locked[0])
                if newer := len(keys) - len(gone):
                    raise Refused(NEWER.format(newer))
                removed += len(gone)
        return removed

    def _restore(self, job, changed: list) -> None:
        for start in range(0, len(changed), BATCH):
            batch = changed[start : start + BATCH]
            rows = self.model.objects.editable_by(job.owner).in_bulk([item[2] for item in batch])
            newer = sum(
                item[2] not in rows or rows[item[2]].version != item[3] + 1 for item in batch
            )
            if newer:
                raise Refused(NEWER.format(newer))
            names = _set_values(rows, batch, 1)
            change_records(list(rows.values()), names, actor=job.owner)

    # -- showing -------------------------------------------------------------------------------------

    def line(self, job, kind, item):
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

    def _label(self, job, unit_id: int, values: dict) -> str:
        """Return name and day of a new record, and whose it is where the file is about several units."""
        if not hasattr(job, "places"):
            units = AdministrativeUnit.objects.filter(pk__in=job.layout["units"])
            places = {unit.pk: unit.place_name for unit in units.select_related("parent")}
            job.places = places if len(places) > 1 else {}
        day = values.get("start_date") or ""
        when = "/".join(reversed(day.split("-"))) if self.kind.dated else f"năm {day[:4]}"
        title = str(values.get("title") or "")
        return " · ".join(filter(None, [title, when, job.places.get(unit_id)]))

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

    def _shown(self, name: str, value) -> str:
        return in_words(self.model._meta.get_field(name), value) or EMPTY


class _Writer:
    """Collects checked items and hands them to the service, some hundred at a time."""

    def __init__(self, target: RecordTarget, job: ImportJob):
        self.target, self.job, self.model = target, job, target.model
        self.created, self.changed = 0, 0
        self.new: list = []
        self.changes: list = []
        self.keys: list[list[int]] = []

    def add(self, kind: str, item: list) -> None:
        """Take one item; full batches are written at once."""
        if kind == RowKind.NEW:
            self.new.append(item)
            if len(self.new) >= 2000:
                self._create()
        else:
            self.changes.append(item)
            if len(self.changes) >= BATCH:
                self._change()

    def finish(self) -> dict:
        """Write the rest and return what was written."""
        self._create()
        self._change()
        return {"new": self.created, "changed": self.changed, "keys": self.keys}

    def _create(self) -> None:
        items, self.new = self.new, []
        if not items:
            return
        keys = create_records(
            self.model,
            self.target.stored,
            [item[2] for item in items],
            actor=self.job.owner,
            lines=[item[0] for item in items],
        )
        self.created += len(items)
        for key in keys:
            if self.keys and self.keys[-1][1] == key - 1:
                self.keys[-1][1] = key
            else:
                self.keys.append([key, key])

    def _change(self) -> None:
        items, self.changes = self.changes, []
        if not items:
            return
        rows = self.model.objects.in_bulk([item[2] for item in items])
        if any(item[2] not in rows or rows[item[2]].version != item[3] for item in items):
            raise Refused(OVERTAKEN)
        names = _set_values(rows, items, 2)
        try:
            self.changed += change_records(list(rows.values()), names, actor=self.job.owner)
        except StaleRecord as stale:
            raise Refused(OVERTAKEN) from stale


def _set_values(rows: dict, items: Iterable[list], side: int) -> list[str]:
    """Set the old (1) or new (2) values of changed items on `rows`; return the columns touched."""
    names: set[str] = set()
    for item in items:
        row = rows[item[2]]
        for change in item[5]:
            setattr(row, change[0], _python(type(row), change[0], change[side]))
            names.add(change[0])
    return sorted(names)


def _python(model, name: str, value):
    """Return a value as the model holds it, from how a job stores it."""
    return model._meta.get_field(name).to_python(value) if value is not None else None


TARGETS = tuple(RecordTarget(kind) for kind in KINDS)
