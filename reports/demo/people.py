"""Names for demonstration accounts: common Vietnamese names put together, nobody's own."""

from reports.demo.chance import noise, pick

_FAMILY = ["Nguyễn", "Trần", "Lê", "Phạm", "Vũ", "Hoàng", "Đỗ", "Bùi", "Ngô", "Đặng", "Lại", "Chu"]
_WOMEN = ["Hoa", "Lan", "Hương", "Thủy", "Mai", "Hằng", "Yến", "Nga", "Thảo", "Huệ", "Liên", "Ngọc"]
_MEN = [
    "Bình", "Dũng", "Hùng", "Nam", "Sơn", "Tuấn", "Quang", "Thắng", "Hải", "Long", "Minh", "Đức",
]  # fmt: skip
_MIDDLE = ["Văn", "Đình", "Quốc", "Xuân", "Hữu", "Đức"]
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
    family = pick(_FAMILY, "family", username)
    if noise("woman", username) < 0.55:
        return f"{family} Thị {pick(_WOMEN, 'name', username)}"
    return f"{family} {pick(_MIDDLE, 'middle', username)} {pick(_MEN, 'name', username)}"
