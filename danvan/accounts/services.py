"""What superusers do with accounts: create, issue a password, move, stop, open again.

Each is one transaction with its line in the security log; the columns themselves are in the audit trail.
Nobody grants more than they hold: these functions ask whether `by` may, so no page can forget to.
"""

import datetime
from collections import defaultdict
from collections.abc import Mapping, Sequence

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from danvan.accounts.audit import security_log
from danvan.accounts.audit.writing import audited_bulk_update
from danvan.accounts.jobs.working import Result
from danvan.accounts.login import lockout, sessions, twofactor
from danvan.accounts.login.issuing import ISSUED_FIELDS, issue_password, new_sheet, passwords_on
from danvan.accounts.models import Job, SlipSheet, User
from danvan.accounts.models.trail import SecurityKind
from danvan.accounts.rights import Action
from danvan.accounts.scope import area_visible_to
from danvan.accounts.tokens import keys
from danvan.common.db.locks import locked
from danvan.common.ops.progress import expect, taken
from danvan.units.models import AdministrativeUnit


def create_account(user: User, *, by: User) -> SlipSheet:
    """Validate and save the new `user` with an issued password; return the sheet with its slip.

    Raises ValidationError, PermissionDenied.
    """
    _expect_right(by, user)
    user.set_unusable_password()
    user.full_clean()
    with transaction.atomic():
        user.save()
        security_log.record(SecurityKind.CREATED, user=user, actor=by, **rights_of(user))
        sheet = new_sheet(by, 1)
        issue_password(user, sheet)
        _store_issued([user], sheet, by=by)
    return sheet


def reset_passwords(people: Sequence[User], *, by: User) -> SlipSheet:
    """Issue new passwords to all of `people` or none, end their sessions and lift lock-outs; return the slips.

    Of two presses at once one is refused, or the slips of the first would not open the accounts. The number
    of queries does not grow with the people. Raises PermissionDenied; ValidationError, also for the own
    account and a stopped one.
    """
    for user in people:
        _expect_right(by, user)
        _expect_active(user)
        if user == by:
            raise ValidationError(
                "Anh/chị không tự cấp lại mật khẩu của mình; vui lòng dùng trang Đổi mật khẩu."
            )
    before = {user.pk: user.password for user in people}
    sheet = new_sheet(by, len(people))
    for user in people:  # before the transaction: nobody waits for hashes to be able to save
        issue_password(user, sheet)
    with transaction.atomic():
        stored = locked(User.objects.filter(pk__in=before, is_active=True))
        if dict(stored.values_list("pk", "password")) != before:
            raise ValidationError(
                "Mật khẩu vừa được cấp hoặc đổi ở nơi khác nên lần này chưa cấp. Vui lòng xem lại rồi cấp lại."
            )
        _store_issued(people, sheet, by=by)
    return sheet


SLIPS_AT_ONCE = 500  # as many as one person prints and hands out in a go


def issue_slips(job: Job) -> Result:
    """Issue passwords to all people a job names, on sheets of SLIPS_AT_ONCE each; done again, it goes on.

    Each sheet is one transaction. No password is stored: they are computed when a sheet is shown.
    """
    keys = job.params["people"]
    expect(len(keys))
    sheets = 0
    for start in taken(range(0, len(keys), SLIPS_AT_ONCE), SLIPS_AT_ONCE):
        people = User.objects.filter(pk__in=keys[start : start + SLIPS_AT_ONCE], is_active=True)
        people = people.exclude(password_issued_at__gte=job.created_at).exclude(pk=job.owner.pk)
        if chosen := list(people.select_related("unit__parent")):
            reset_passwords(chosen, by=job.owner)
            sheets += 1
    return Result(
        url=reverse("admin:accounts_user_changelist"),
        message=f"Đã cấp mật khẩu, {sheets} phiếu chờ anh/chị xem và in ở trang Tài khoản.",
    )


def _store_issued(people: Sequence[User], sheet: SlipSheet, *, by: User) -> None:
    """Store the passwords that `people`, locked by the caller, got on `sheet`, and end their sessions."""
    SlipSheet.objects.forget_expired()
    sheet.save()
    for user in people:
        user.slips = sheet
    audited_bulk_update(people, ISSUED_FIELDS)
    _end_access(people, by=by)
    lockout.forget_everywhere(user.username for user in people)
    security_log.record_all(SecurityKind.PASSWORD_ISSUED, people, actor=by)


def show_slips(sheet: SlipSheet, *, by: User) -> list[tuple[User, str]]:
    """Return (account, password) of `sheet`, which `by` made: this once. Raises ValidationError.

    Accounts that got another password since are left out.
    """
    with transaction.atomic():
        stored = locked(SlipSheet.objects.waiting(by).filter(pk=sheet.pk)).first()
        slips = passwords_on(stored) if stored else None
        if stored is None or slips is None:
            raise ValidationError("Phiếu này đã hiện hoặc quá hạn nên không xem lại được.")
        stored.seed, stored.seen_at = "", timezone.now()
        stored.save(update_fields=["seed", "seen_at"])
        security_log.record(SecurityKind.SLIPS_SHOWN, user=by, actor=by, count=len(slips))
    return slips


def change_own_password(user: User, password: str) -> None:
    """Store the password the person chose (already validated); the duty to change the issued one ends."""
    user.set_password(password)
    user.must_change_password, user.password_issued_at, user.slips = False, None, None
    with transaction.atomic():
        user.save(update_fields=ISSUED_FIELDS)
        keys.take_back_all([user], by=user)
        security_log.record(SecurityKind.PASSWORD_CHANGED, user=user)


def deactivate(user: User, *, by: User, on: datetime.date) -> None:
    """Stop the account from `on` (today or earlier); its sessions end. Raises LastSuperuserError."""
    _expect_right(by, user)
    _expect_active(user)
    _expect_past(on)
    if user == by:
        raise ValidationError("Anh/chị không thể tự ngừng tài khoản của mình.")
    user.is_active, user.deactivated_on = False, on
    user.clean()
    with transaction.atomic():
        user.save(update_fields=["is_active", "deactivated_on"])
        _end_access([user], by=by)
        security_log.record(SecurityKind.DEACTIVATED, user=user, actor=by, on=on.isoformat())


def reactivate(user: User, *, by: User) -> SlipSheet:
    """Open a stopped account again, with a new password: the old one does not come back. Return its slip.

    Raises ValidationError for an account that is not stopped.
    """
    _expect_right(by, user)
    with transaction.atomic():
        if not locked(User.objects.filter(pk=user.pk, is_active=False)):
            raise ValidationError("Tài khoản đang hoạt động, không cần mở lại.")
        user.is_active, user.deactivated_on = True, None
        user.full_clean(exclude=["password"])
        user.save(update_fields=["is_active", "deactivated_on"])
        security_log.record(SecurityKind.REACTIVATED, user=user, actor=by)
        sheet = new_sheet(by, 1)
        issue_password(user, sheet)
        _store_issued([user], sheet, by=by)
    return sheet


def transfer(user: User, unit: AdministrativeUnit, *, by: User, on: datetime.date) -> None:
    """Move the person to `unit` from `on` (today or earlier). Sessions end; history keeps the old unit."""
    _expect_right(by, user)
    _expect_active(user)
    _expect_past(on)
    if unit.pk == user.unit_id:
        raise ValidationError({"unit": f"Tài khoản đang thuộc {unit.full_name_in_text}."})
    if unit not in area_visible_to(by):
        raise PermissionDenied("Đơn vị này nằm ngoài phạm vi của anh/chị.")
    before = user.unit
    with transaction.atomic():
        user.unit, user.unit_until, user.next_unit = unit, None, None
        user.save(update_fields=_PLACE)
        _end_access([user], by=by)
        security_log.record(
            SecurityKind.TRANSFERRED,
            user=user,
            actor=by,
            on=on.isoformat(),
            old=before.place_name if before else "",
            new=unit.place_name,
        )


_PLACE = ("unit", "unit_until", "next_unit")
_NO_CHANGE = "Anh/chị không có quyền sắp xếp đơn vị."


def leave_units(
    moves: Mapping[User, AdministrativeUnit | None], *, on: datetime.date, by: User
) -> None:
    """Let each account, from `on`, belong to the given unit or (None) only read what its unit left.

    For a change of units: whoever calls has checked that `by` may make it. What is due is done at once,
    the rest on its day (settle_moves).
    """
    by.require(Action.CHANGE_UNITS, _NO_CHANGE)
    for user, unit in moves.items():
        user.unit_until, user.next_unit = on, unit
    with transaction.atomic():
        audited_bulk_update(list(moves), _PLACE)
        settle_moves()


def settle_moves() -> int:
    """Move the accounts whose day has come to their next unit; return how many. Idempotent.

    Sessions and keys end, but where the unit is the same under a new name.
    """
    today, done = timezone.localdate(), 0
    with transaction.atomic():
        due = locked(User.objects.filter(unit_until__lte=today, next_unit__isnull=False))
        groups: dict[tuple, list[User]] = defaultdict(list)
        for user in due.select_related("unit__parent", "next_unit__parent"):
            groups[user.unit, user.next_unit, user.unit_until].append(user)
        for (old, new, day), people in groups.items():
            for user in people:
                user.unit, user.unit_until, user.next_unit = new, None, None
            done += audited_bulk_update(people, _PLACE)
            if not old.same_unit_as(new):
                sessions.end_all_sessions(people)
                keys.take_back_all(people)
            names = {"old": old.place_name, "new": new.place_name}
            security_log.record_all(
                SecurityKind.TRANSFERRED, people, actor=None, on=day.isoformat(), **names
            )
    return done


def rejoin_units(before: Mapping[User, AdministrativeUnit], *, by: User) -> None:
    """Put accounts back into the units they had before a change of units that is undone."""
    by.require(Action.CHANGE_UNITS, _NO_CHANGE)
    moved = [user for user, unit in before.items() if user.unit_id != unit.pk]
    for user, unit in before.items():
        user.unit, user.unit_until, user.next_unit = unit, None, None
    with transaction.atomic():
        audited_bulk_update(list(before), _PLACE)
        _end_access(moved, by=by)


def remove_second_factor(user: User, *, by: User) -> None:
    """Let somebody who lost the phone log in with the password alone. Not the own one: that asks for it."""
    _expect_right(by, user)
    if user == by:
        raise ValidationError("Vui lòng tắt ở trang Bảo mật tài khoản của anh/chị.")
    with transaction.atomic():
        twofactor.remove(user)
        security_log.record(SecurityKind.SECOND_FACTOR, user=user, actor=by, state="removed")


def change_rights(user: User, *, by: User, before: dict, fields: Sequence[str]) -> None:
    """Save the edited `fields` of an account; note it when role or superuser status differ from `before`.

    Only these columns: a password that changes at the same moment stays as it is then.
    """
    _expect_right(by, user)
    now = rights_of(user)
    if user == by and now != before:
        raise ValidationError("Anh/chị không thể tự đổi vai trò của mình.")
    with transaction.atomic():
        user.save(update_fields=fields)
        if now != before:
            _end_access([user], by=by)
            security_log.record(SecurityKind.RIGHTS, user=user, actor=by, old=before, new=now)


def _end_access(people: Sequence[User], *, by: User) -> None:
    """End the sessions of `people` and take back their keys: what was opened before is opened anew."""
    sessions.end_all_sessions(people)
    keys.take_back_all(people, by=by)


def rights_of(user: User) -> dict:
    """Return what the account may be, for comparing before and after a change."""
    return {"role": str(user.role), "superuser": user.is_superuser}


def _expect_right(by: User, user: User) -> None:
    """Raise PermissionDenied unless `by` manages accounts and holds all that `user` has or will have."""
    if not by.can(Action.MANAGE_SITE) or (user.is_superuser and not by.is_superuser):
        raise PermissionDenied("Anh/chị không có quyền quản lý tài khoản này.")


def _expect_active(user: User) -> None:
    if not user.is_active:
        raise ValidationError("Tài khoản đang ngừng. Vui lòng mở lại tài khoản trước.")


def _expect_past(on: datetime.date) -> None:
    if on > timezone.localdate():
        raise ValidationError({"on": "Ngày không được ở tương lai."})
