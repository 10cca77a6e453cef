"""Accounts from a sheet: one per row, named after the unit's code, without a password.

Nothing secret is in the file or in the job: a job waits, is kept and can be looked at again, a password is
shown once. The page of the written job leads to the accounts without a password, where one click issues
them all and shows the printable sheet. Superusers only.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import Count, Max
from django.urls import reverse

from danvan.accounts import services
from danvan.accounts.audit import security_log
from danvan.accounts.audit.context import acting
from danvan.accounts.audit.writing import audited_bulk_create
from danvan.accounts.models import Role, User
from danvan.accounts.models.trail import SecurityKind
from danvan.accounts.rights import Action
from danvan.accounts.scope import units_visible_to
from danvan.accounts.sheet import COLUMNS
from danvan.common.sheets.columns import Column, Problem, read_cells, unit_name_column
from danvan.imports.identity import Identity
from danvan.imports.models import ImportJob, RowKind
from danvan.imports.targets import Checker, PreviewLine, Target, Verdict, digest, error_verdict
from danvan.units.models import AdministrativeUnit, Level

TAKEN = (
    "Đã có tài khoản mang tên đăng nhập này nhưng khác thông tin. "
    "Vui lòng sửa ở trang Tài khoản, không sửa bằng tệp."
)
DOUBLE = "Tên đăng nhập này đã có ở dòng {}. Mỗi tài khoản cần một tên đăng nhập riêng."
PREFIX = {Level.PROVINCE: "tinh", Level.DISTRICT: "huyen", Level.COMMUNE: "xa", Level.BODY: "khoi"}


class AccountTarget(Target):
    """New accounts; one that exists as the row says is left alone, one that differs is an error."""

    slug, title, sheet_title = "accounts", "Tài khoản", "Tài khoản"
    action = Action.MANAGE_SITE
    keys = ("unit", "username")
    can_undo = False
    also = (unit_name_column(),)

    def columns(self, job: ImportJob) -> list[Column]:
        return COLUMNS

    def guide(self, job: ImportJob) -> list[str]:
        return [
            "Mỗi dòng là một tài khoản mới. Không ghi mật khẩu vào tệp.",
            "Sau khi nhập, bấm “Cấp mật khẩu và in phiếu” ở trang kết quả.",
        ]

    def checker(self, job: ImportJob) -> Any:
        return AccountChecker(job)

    def fingerprint(self, job: ImportJob, unit_ids: Iterable[int]) -> str:
        state = User.objects.aggregate(Count("pk"), Max("pk"))
        return digest(state, job.owner.is_active and job.owner.can(self.action))

    def write(self, job: ImportJob, items: Iterable[Any]) -> dict[str, Any]:
        """Create the accounts and note each on the security log; raise PermissionDenied."""
        if not job.owner.can(self.action):
            raise PermissionDenied("Chỉ quản trị viên được tạo tài khoản.")
        people = [self._account(item) for _, item in items]
        with acting(user=job.owner, source="import"):
            audited_bulk_create(people)
            for person in people:
                security_log.record(
                    SecurityKind.CREATED, user=person, actor=job.owner, **services.rights_of(person)
                )
        return {"new": len(people), "changed": 0}

    @staticmethod
    def _account(item: list) -> User:
        _, username, full_name, role, unit_id, _ = item
        person = User(username=username, full_name=full_name, role=role, unit_id=unit_id)
        person.set_unusable_password()
        person.clean()
        return person

    def after(self, job: ImportJob) -> Any:
        return "Cấp mật khẩu và in phiếu", reverse("admin:accounts_user_issue")

    def line(self, job: ImportJob, kind: Any, item: Any) -> Any:
        number, username, full_name, role, _, place = item
        changes = (
            ("Họ và tên", "", full_name),
            ("Vai trò", "", Role(role).label),
            ("Đơn vị", "", place),
        )
        return PreviewLine(number, username, changes)


class AccountChecker(Checker):
    """Judges rows against units and accounts read once."""

    def __init__(self, job: ImportJob) -> None:
        super().__init__()
        units = units_visible_to(job.owner).select_related("parent").order_by("valid_from")
        self.units = {unit.code: unit for unit in units}  # a code's latest version
        columns = User.objects.values_list("username", "unit__code", "full_name", "role")
        self.existing = {name.casefold(): tuple(rest) for name, *rest in columns}
        self.taken = set(self.existing)
        self.made: dict[str, int] = {}
        self.identity = Identity(self.units.values(), job.answers)

    def check(self, number: int, row: Mapping[str, Any]) -> Verdict:
        """Return the verdict of one row, every problem of it at once; no kind: the account as it stands."""
        found, problems = self._read(row)
        code, full_name, role = (found.get(key, "") for key in ("unit", "full_name", "role"))
        unit = self.units.get(code)
        if code and unit is None:
            problems.append(Problem("unit", f"Không có đơn vị mang mã {code[:20]}.", code))
        if unit is not None and (doubt := self.identity.resolve(code, row)[1]):
            problems.append(doubt)
        username = found.get("username") or (self._proposal(unit) if unit else "")
        if not problems and self.existing.get(username.casefold()) == (code, full_name, role):
            return Verdict(None, [])
        if (first := self.made.get(username.casefold())) is not None:
            problems.append(self.double(first, number, DOUBLE, "username", username))
        elif username.casefold() in self.taken:
            problems.append(Problem("username", TAKEN, username))
        if problems or unit is None:
            return error_verdict(number, username or code, problems)
        self.taken.add(username.casefold())
        self.made[username.casefold()] = number
        self.unit_ids.add(unit.pk)
        return Verdict(RowKind.NEW, [number, username, full_name, role, unit.pk, unit.place_name])

    @staticmethod
    def _read(row: Mapping[str, Any]) -> tuple[dict[str, str], list[Problem]]:
        """Return what the cells say and what is wrong with them, a required one left blank too."""
        found, problems = read_cells(COLUMNS, row)
        said = found.keys() | {problem.key for problem in problems}
        for column in COLUMNS:
            if column.required and column.key not in said:
                message = f"Thiếu {column.heading.lower()}."
                problems.append(Problem(column.key, message, allowed=column.choices))
        return found, problems

    def _proposal(self, unit: AdministrativeUnit) -> str:
        """Return a free name made of level and code: xa-13369, the second one xa-13369-2."""
        stem = name = f"{PREFIX[Level(unit.level)]}-{unit.code.lower()}"
        number = 1
        while name.casefold() in self.taken:
            number += 1
            name = f"{stem}-{number}"
        return name


TARGETS = (AccountTarget(),)
