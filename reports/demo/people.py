"""Names for demonstration accounts: common Vietnamese names put together, nobody's own."""

from reports.demo.chance import noise, pick
from reports.demo.texts import words

_KNOWN = {
    "xa-13369": "Nguyễn Thị An",
    "huyen-349": "Trần Văn Bình",
    "tinh": "Lê Thị Chi",
    "lanhdao": "Phạm Quốc Dũng",
    "quantri": "Quản trị hệ thống",
}


def full_name(username: str) -> str:
    """Return the name of a demonstration account; the same in every run."""
    if username in _KNOWN:
        return _KNOWN[username]
    family = pick(words("family"), "family", username)
    if noise("woman", username) < 0.55:
        return f"{family} Thị {pick(words('woman'), 'name', username)}"
    middle, name = pick(words("middle"), "middle", username), pick(words("man"), "name", username)
    return f"{family} {middle} {name}"
