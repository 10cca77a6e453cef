"""The explanations (giải trình) that stand at demonstration figures a rule asks about."""

from decimal import Decimal

from reports.demo.board import DemoUnit
from reports.demo.chance import pick
from reports.figures.figure import Figure
from reports.figures.rules import JUMP_SHARE, JUMP_STEP

_UP = {
    "QT": ["Tăng do trong năm có thêm nghị quyết, chỉ thị mới phải quán triệt."],
    "DT": [
        "Tăng do năm nay tổ chức thêm hội nghị đối thoại so với năm trước.",
        "Tăng do có thêm hội nghị đối thoại chuyên đề, mời đông đại biểu các thôn, tổ dân phố.",
    ],
    "TP": ["Tăng do mở thêm lớp tập huấn cho cán bộ mới."],
    "GS": ["Tăng do năm nay phát hiện vụ việc qua giám sát, năm trước ít phát sinh."],
}
_DOWN = {
    "QT": ["Giảm do một số nội dung được lồng ghép trong cùng một hội nghị."],
    "DT": ["Giảm do năm nay tổ chức ít hội nghị đối thoại hơn năm trước."],
    "TP": ["Giảm do năm trước đã tập huấn cho phần lớn cán bộ."],
    "GS": ["Giảm do năm nay không phát hiện vụ việc cần kiến nghị thu hồi, giảm trừ."],
}
_OTHER = {
    True: "Tăng so với năm trước; số liệu đã đối chiếu với hồ sơ của đơn vị.",
    False: "Giảm so với năm trước; số liệu đã đối chiếu với hồ sơ của đơn vị.",
}
_FEW_DAYS = [
    "Bí thư đi học tập trung 01 tháng, các kỳ tiếp dân đó do phó bí thư thường trực chủ trì.",
    "Có 02 kỳ tiếp dân do phó bí thư chủ trì vì bí thư dự họp cấp trên.",
]


def explain(unit: DemoUnit, year: int, code: str, number: Decimal, prior: Figure | None) -> str:
    """Return the note a figure needs, "" where no rule asks for one (domain reference §2.2)."""
    if code == "TD01" and number < {"X": 24}.get(unit.letter, 12):
        return pick(_FEW_DAYS, code, unit.code, year)
    if prior is None or prior.number is None:
        return ""
    step = Decimal(number) - prior.number
    if abs(step) <= JUMP_STEP or abs(step) <= prior.number * JUMP_SHARE:
        return ""
    sentences = (_UP if step > 0 else _DOWN).get(code[:2], [_OTHER[step > 0]])
    return pick(sentences, code, unit.code, year)
