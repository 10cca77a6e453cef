"""Who comes in: the account whose key a request carries, with its scope and rights of this moment."""

from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from ninja.security import HttpBasicAuth, HttpBearer

from danvan.accounts.audit import security_log
from danvan.accounts.login.middleware import first_step_of
from danvan.accounts.models import ApiToken, User
from danvan.accounts.models.trail import SecurityKind
from danvan.accounts.rights import Action
from danvan.accounts.tokens import keys
from reports.api.problems import ApiProblem, no_entry


class BearerKey(HttpBearer):
    """`Authorization: Bearer dv1_…`."""

    def authenticate(self, request: HttpRequest, token: str) -> User | None:
        return enter(request, token)


class BasicKey(HttpBasicAuth):
    """The same key in the place of a password, whatever the name: what Excel and browsers ask for."""

    def authenticate(self, request: HttpRequest, username: str, password: str) -> User | None:
        return enter(request, password)


def enter(request: HttpRequest, text: str) -> User | None:
    """Return whose key `text` is, and let `request` be that person's; None for none that opens anything.

    Raises Problem for a key that opens nothing any more, for an account that may not read now, and when the
    minute's share is used up.
    """
    token = keys.token_of(text.strip())
    if token is None:
        return None
    user = token.user
    if not token.is_usable or not user.is_active:
        security_log.record(SecurityKind.TOKEN, user=user, state="refused", label=token.label)
        raise no_entry(_ended(token))
    wait = keys.count_call(token)
    if wait:
        told = f"Mã truy cập này đã hết lượt trong phút. Vui lòng thử lại sau {wait} giây."
        raise ApiProblem(429, told, {"Retry-After": str(wait)})
    request.user = user  # for the security log: what was read is noted as this person's
    if first_step_of(user):
        raise ApiProblem(403, "Vui lòng đăng nhập trang báo cáo và hoàn tất bước đầu tiên trước.")
    if not user.can(Action.VIEW):
        raise ApiProblem(403, "Tài khoản chưa được gắn với đơn vị nào.")
    return user


def of_session(request: HttpRequest) -> User | None:
    """Return the person of the session: who may read what is no figure without a key."""
    user: Any = request.user
    return user if user.is_authenticated and not first_step_of(user) else None


def _ended(token: ApiToken) -> str:
    """Say why `token`, which was a key once, opens nothing; who holds it is to know what to do."""
    why = "không còn dùng được"
    if token.revoked_at:
        why = f"đã bị thu hồi ngày {timezone.localtime(token.revoked_at):%d/%m/%Y}"
    elif not token.is_usable:
        why = f"đã hết hạn ngày {timezone.localtime(token.expires_at):%d/%m/%Y}"
    return f"Mã truy cập “{token.label}” {why}. Vui lòng tạo mã khác ở trang Mã truy cập."
