"""Who comes in: the account whose key a request carries, with its scope and rights of this moment."""

from django.http import HttpRequest
from ninja.security import HttpBasicAuth, HttpBearer

from danvan.accounts.audit import security_log
from danvan.accounts.login.middleware import first_step_of
from danvan.accounts.models import User
from danvan.accounts.models.trail import SecurityKind
from danvan.accounts.rights import Action
from danvan.accounts.tokens import keys
from reports.api.problems import ApiProblem


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

    Raises Problem for an account that may not read now, and when the minute's share is used up.
    """
    token = keys.token_of(text.strip())
    if token is None:
        return None
    user = token.user
    if not token.is_usable or not user.is_active:
        security_log.record(SecurityKind.TOKEN, user=user, state="refused", label=token.label)
        return None
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
