"""What a security event says, in words: the log keeps codes and dates, people read sentences."""

import datetime
from collections.abc import Callable

from danvan.accounts.models.trail import SecurityEvent, SecurityKind, role_in_words


def describe_event(event: SecurityEvent) -> str:
    """Return the detail of `event` as people read it, "" where its kind says everything."""
    words = _WORDS.get(event.kind)
    return words(event.detail) if words else ""


def _rights(rights: dict | None) -> str:
    rights = rights or {}
    return role_in_words("superuser" if rights.get("superuser") else rights.get("role", ""))


def _day(detail: dict) -> str:
    try:
        return f"{datetime.date.fromisoformat(detail.get('on', '')):%d/%m/%Y}"
    except ValueError:
        return "(không rõ)"


_REFUSALS = {403: "không có quyền", 404: "ngoài phạm vi hoặc không có"}
_SECOND_FACTOR = {"on": "bật", "off": "tắt", "removed": "quản trị viên tắt"}
_TOKENS = {"given": "tạo", "taken_back": "thu hồi", "refused": "bị từ chối"}
_WORDS: dict[str, Callable[[dict], str]] = {
    SecurityKind.CREATED: _rights,
    SecurityKind.RIGHTS: lambda d: f"{_rights(d.get('old'))} → {_rights(d.get('new'))}",
    SecurityKind.TRANSFERRED: lambda d: (
        f"{d.get('old') or '(không)'} → {d.get('new')}, từ {_day(d)}"
    ),
    SecurityKind.DEACTIVATED: lambda d: f"từ {_day(d)}",
    SecurityKind.REFUSED: lambda d: _REFUSALS.get(d.get("status", 0), ""),
    SecurityKind.LOGOUT: lambda d: "hết thời gian phiên" if d.get("ended") == "limit" else "",
    SecurityKind.SLIPS_SHOWN: lambda d: f"{d.get('count')} tài khoản",
    SecurityKind.SESSIONS_ENDED: lambda d: f"{d.get('count')} phiên",
    SecurityKind.SECOND_FACTOR: lambda d: _SECOND_FACTOR.get(d.get("state", ""), ""),
    SecurityKind.TOKEN: lambda d: (
        f"{_TOKENS.get(d.get('state', ''), '')} {d.get('label', '')}".strip()
    ),
    SecurityKind.IMPORT: lambda d: f"lần nhập số {d['job']}" if "job" in d else "",
    SecurityKind.EXPORT: lambda d: d.get("query", ""),
}
