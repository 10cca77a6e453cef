"""Sending a consolidation out: it is frozen, numbered in its office's register and never changed again."""

import datetime
import uuid
from dataclasses import dataclass, replace

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import Max, QuerySet
from django.utils import timezone

from danvan.accounts.models import User
from danvan.accounts.models.trail import unit_and_role
from danvan.accounts.rights import Action
from danvan.accounts.scope import works_for
from danvan.units.models import AdministrativeUnit
from reports.consolidation.scope import Scope, ScopeData
from reports.consolidation.summary import Consolidation, consolidate
from reports.documents.issues.content import frozen_content, frozen_units
from reports.documents.issues.differences import differences
from reports.documents.issues.thawed import Thawed
from reports.documents.letterhead import Letterhead, default_row, letterhead_of, own_row
from reports.models import DocumentKind, IssuedReport, OfficeLetterhead, PublishedIssue
from reports.models.issue import packed

NO_RIGHT = "Chỉ cán bộ của cơ quan được giao mới ban hành văn bản của cơ quan mình."
USED = "Số {} đã được dùng trong sổ {}. Số tiếp theo là {}."
MOVED = (
    "Số liệu vừa được sửa trong lúc ban hành nên chưa ghi gì. Vui lòng xem lại rồi ban hành lại."
)


class IssueRefused(Exception):  # noqa: N818
    """The issue cannot be made; the message is for the person, `field` is where it belongs."""

    def __init__(self, message: str, field: str = ""):
        self.field = field
        super().__init__(message)


@dataclass(frozen=True)
class IssueOrder:
    """What is to be sent out, as whom. `signing` are the fields of the letterhead that the form may change."""

    scope: Scope
    kind: str
    number: int
    date: datetime.date
    title: str
    signing: dict[str, str]
    missing_reason: str = ""
    replaces: PublishedIssue | None = None
    token: uuid.UUID | None = None


def may_issue(user: User, unit: AdministrativeUnit) -> bool:
    """Tell whether `user` sends out documents in the name of `unit`'s office: its own officers only."""
    return user.can(Action.ISSUE) and works_for(user, unit)


def register_unit(unit: AdministrativeUnit) -> AdministrativeUnit:
    """Return the first version of `unit`: a rename goes on in the same register."""
    return unit.versions()[0]


def next_number(unit: AdministrativeUnit, kind: str, register: str) -> int:
    """Return the number after the last one used in a register of `unit`'s office."""
    used = _numbered(unit, kind, register)
    return (used.aggregate(last=Max("number"))["last"] or 0) + 1


def _numbered(unit: AdministrativeUnit, kind: str, register: str) -> QuerySet[PublishedIssue]:
    """Return the issues that have their numbers in a register of `unit`'s office."""
    return PublishedIssue.objects.filter(
        register_unit__in=unit.version_keys(), kind=kind, register=register
    )


def letterhead_row(
    unit: AdministrativeUnit, date: datetime.date, signing: dict[str, str]
) -> OfficeLetterhead:
    """Return the letterhead in force with the signer typed, judged. Raises ValidationError."""
    row = own_row(unit, date) or default_row(unit, date)
    row.pk = None
    for name, text in signing.items():
        setattr(row, name, text)
    row.full_clean(validate_unique=False, validate_constraints=False, exclude=["unit"])
    return row


def issue(order: IssueOrder, *, user: User) -> PublishedIssue:
    """Freeze and keep what `order` asks for, and return it; a form sent twice gives the first result.

    The figures are read first and looked at again when they are kept: what was changed in between is
    refused. Raises PermissionDenied, IssueRefused, ValidationError (of the letterhead's fields).
    """
    scope = order.scope
    if not may_issue(user, scope.unit):
        raise PermissionDenied(NO_RIGHT)
    if made := made_before(order.token, user):
        return made
    data = ScopeData(scope)
    seen = _versions(data)
    found = consolidate(data, named=None)
    head = _letterhead(order)
    _check(order, found, head)
    content = frozen_content(found, data.definitions.values(), head)
    row = PublishedIssue(
        unit=scope.unit,
        register_unit=register_unit(scope.unit),
        register=head.register,
        symbol=head.symbol,
        first_year=scope.first_year,
        last_year=scope.last_year,
        section=scope.section or "",
        include_submitted=scope.include_submitted,
        **{name: getattr(order, name) for name in _TAKEN},
        edition=order.replaces.edition + 1 if order.replaces else 1,
        periods=len(data.years),
        expected=found.expected,
        included=found.included,
        content=packed(content),
        units=packed(frozen_units(data)),
        issued_by=user,
        issued_unit=unit_and_role(user)[0],
        issued_at=timezone.now(),
    )
    if order.replaces:
        content["differences"] = differences(Thawed(order.replaces), Thawed(row))
        row.content = packed(content)
        del row.frozen
    row.sha256 = row.seal()
    _keep(row, data, seen)
    return row


_TAKEN = ("kind", "number", "date", "title", "missing_reason", "replaces", "token")


def _keep(row: PublishedIssue, data: ScopeData, seen: list[tuple]) -> None:
    """Store the issue with its reports, if these still stand as they were when they were read."""
    try:
        with transaction.atomic():
            if _versions(data) != seen:
                raise IssueRefused(MOVED)
            row.save(force_insert=True)
            IssuedReport.objects.bulk_create(
                [IssuedReport(issue=row, report_id=r, version=v, state=s) for r, v, s in seen],
                batch_size=1000,
            )
    except IntegrityError as error:
        number = next_number(row.unit, row.kind, row.register)
        if row.replaces_id and PublishedIssue.objects.filter(replaces=row.replaces_id).exists():
            raise IssueRefused("Văn bản này vừa được thay thế.", "replaces") from error
        raise IssueRefused(USED.format(row.number, row.register, number), "number") from error


def _versions(data: ScopeData) -> list[tuple]:
    return list(data.reports().order_by("pk").values_list("pk", "version", "state"))


def made_before(token: uuid.UUID | None, user: User) -> PublishedIssue | None:
    """Return what the form of `token` made already. Raises PermissionDenied for somebody else's."""
    made = PublishedIssue.objects.filter(token=token).first() if token else None
    if made and made.issued_by_id != user.pk:
        raise PermissionDenied("Biểu nhập này không dùng được, vui lòng mở lại trang.")
    return made


def _letterhead(order: IssueOrder) -> Letterhead:
    row = letterhead_row(order.scope.unit, order.date, order.signing)
    row.symbol = row.symbol.replace(DocumentKind.REPORT, order.kind, 1)
    return replace(letterhead_of(row, order.date), number=order.number)


def _check(order: IssueOrder, found: Consolidation, head: Letterhead) -> None:
    """Raise IssueRefused for what makes no document."""
    unit, today = order.scope.unit, timezone.localdate()
    if not (unit.version_on(order.date) or unit).in_force(order.date):
        raise IssueRefused(f"{unit} không có hiệu lực vào ngày này.", "date")
    if order.date > today:
        raise IssueRefused("Ngày văn bản chưa đến, vui lòng kiểm tra lại.", "date")
    if not found.included:
        raise IssueRefused("Chưa có báo cáo nào trong số liệu nên không có gì để ban hành.")
    if not found.is_complete and not order.missing_reason:
        missing = found.expected - found.included
        raise IssueRefused(
            f"Còn thiếu {missing}/{found.expected} báo cáo: vui lòng ghi lý do ban hành khi chưa đủ.",
            "missing_reason",
        )
    if _numbered(unit, order.kind, head.register).filter(number=order.number).exists():
        number = next_number(unit, order.kind, head.register)
        raise IssueRefused(USED.format(order.number, head.register, number), "number")
    if order.replaces and order.replaces not in replaceable(order.scope):
        raise IssueRefused("Văn bản này không còn thay thế được, vui lòng chọn lại.", "replaces")


def replaceable(scope: Scope) -> list[PublishedIssue]:
    """Return the issues of the same office, years and section that none has replaced, newest first."""
    rows = PublishedIssue.objects.with_names().filter(
        register_unit__in=scope.unit.version_keys(),
        first_year=scope.first_year,
        last_year=scope.last_year,
        section=scope.section or "",
        replaced_by=None,
    )
    return list(rows)
