"""Sheets in the shapes offices send, for the mutants to begin with, and more ways to disfigure a sheet."""

import datetime
import random
from typing import Any

from danvan.common.sheets.columns import Column
from tests.sheets.mutations import LOUD, QUIET, Line, Mutant, _is_day, _total

D = datetime.date
_STUDY = {
    "start_date": "Ngày, tháng, năm",
    "title": "Văn bản được quán triệt",
    "form": "Hình thức",
    "attendees": "Số người dự",
    "party_members": "Trong đó đảng viên",
    "location": "Địa điểm",
    "note": "Ghi chú",
}
_DIALOGUE = {
    "start_date": "Ngày bắt đầu",
    "title": "Chủ đề",
    "led_by_chairman": "Chủ tịch UBND chủ trì, tham dự",
    "kind": "Loại đối thoại",
    "attendees": "Số người dự",
    "opinions": "Số ý kiến, kiến nghị",
    "answered": "Trả lời tại hội nghị",
    "resolved_later": "Giải quyết sau hội nghị",
    "pending": "Đang giải quyết",
    "note": "Ghi chú",
}
_COURSE = {
    "start_date": "Ngày bắt đầu",
    "title": "Tên lớp",
    "organiser": "Đơn vị chủ trì",
    "topic": "Nội dung",
    "participants": "Số lượt người dự",
    "note": "Ghi chú",
}
_SCORE = {
    "year": "Năm đánh giá",
    "rating": "Xếp loại",
    "score": "Điểm (0–100)",
    "assessor": "Hình thức đánh giá",
}
_FIGURES = {
    "DT07": "Số ý kiến, kiến nghị tiếp nhận tại đối thoại",
    "DT08": "Trong đó: trả lời, giải quyết tại hội nghị",
    "DT09": "Trong đó: giải quyết sau hội nghị",
    "DT10": "DT10",
}
_DAYS = [D(2024, 3, 5), D(2024, 4, 19), D(2024, 8, 6), D(2024, 10, 30)]
# Slug, headings by column, rows, and a group over some columns: sheets without a code, as clerks write them.
SHAPES: dict[str, tuple[str, dict[str, str], list[tuple], dict[str, str]]] = {
    "conferences": (
        "study-conference",
        _STUDY,
        [
            (day, f"Nghị quyết số {n} về dân vận", "Trực tiếp", 120 + n, 80, "Hội trường xã", "đợt")
            for n, day in enumerate(_DAYS)
        ],
        {},
    ),
    "dialogues": (
        "dialogue-conference",
        _DIALOGUE,
        [
            (day, f"Đất đai, lần {n}", "Có", "Định kỳ", 100 + n, 10, 4, 3, 3, "đã báo cáo")
            for n, day in enumerate(_DAYS)
        ],
        dict.fromkeys(("answered", "resolved_later", "pending"), "Kết quả giải quyết"),
    ),
    "courses": (
        "training-course",
        _COURSE,
        [
            (day, f"Lớp bồi dưỡng nghiệp vụ {n}", "Ban dân vận", "Khác", 40 + n, "tại huyện")
            for n, day in enumerate(_DAYS)
        ],
        {},
    ),
    "scores": (
        "friendly-government",
        _SCORE,
        [(2021 + n, "Tốt", score, "Tự đánh giá") for n, score in enumerate((0.95, 0.9, 1, 0.925))],
        {},
    ),
    "labels": ("values", _FIGURES, [(50, 20, 20, 10)], {}),
}


def from_shape(name: str, columns: list[Column], rng: random.Random) -> Mutant:
    """Return the model of the sheet called `name`, not disfigured yet."""
    _, headings, rows, groups = SHAPES[name]
    known = {column.key: column for column in columns}
    lines = [Line(dict(zip(headings, row, strict=True))) for row in rows]
    for line in lines:
        if "score" in line.cells:
            line.formats["score"] = "0.0%"
    mutant = Mutant([known[key] for key in headings], lines, "Sheet1", rng)
    mutant.headings = dict(headings)
    mutant.groups = dict(groups)
    return mutant


def said(name: str) -> list[dict[str, Any]]:
    """Return what the rows of a shape say, in the words of the database where they differ."""
    _, headings, rows, _ = SHAPES[name]
    found = [dict(zip(headings, row, strict=True)) for row in rows]
    for row in found:
        if "score" in row:
            row["score"] = row["score"] * 100
    return found


# -- what leaves the meaning as it was ---------------------------------------------------------------


def own_place_above(m: Mutant) -> None:
    m.lines.insert(0, Line(other=[m.rng.choice(["Xã Tiên Sơn", "I. XÃ TIÊN SƠN"])]))


def signed_next_year(m: Mutant) -> None:
    m.above.insert(0, [None, "Tiên Sơn, ngày 5 tháng 1 năm 2025"])


def sum_of_years(m: Mutant) -> None:
    m.below.insert(0, _total(m, "Lũy kế"))


# -- what makes it say something else, or leaves it open -----------------------------------------------


def _without_owner(m: Mutant) -> bool:
    return not {"unit", "unit_name"} & set(m.order)


def other_place_above(m: Mutant) -> str:
    if not _without_owner(m):
        return ""
    place = m.rng.randrange(len(m.lines))
    m.lines.insert(place, Line(other=[m.rng.choice(["Xã Yên Nam", "2. PHƯỜNG ĐỒNG VĂN"])]))
    return "another place above rows" if any(line.cells for line in m.lines[place:]) else ""


def other_place_below(m: Mutant) -> str:
    if not _without_owner(m) or any("TIÊN SƠN" in str(row).upper() for row in m.above + m.below):
        return ""
    if any("TIÊN SƠN" in str(line.other).upper() for line in m.lines):
        return ""
    m.below += [[], [None, "Yên Nam, ngày 20 tháng 12 năm 2024"], ["TM. UBND XÃ YÊN NAM"]]
    return "signed by another commune"


def days_swapped(m: Mutant) -> str:
    """What an English Excel makes of days typed the Vietnamese way: some turned round, some left as text."""
    key = m.pick(_is_day)
    days = {id(line): line.cells.get(key) for line in m.records}
    if not key or not all(isinstance(day, datetime.date) for day in days.values()):
        return ""
    low = [day for day in days.values() if day.day <= 12 and day.day != day.month]
    if not low or len(low) == len(m.records):
        return ""
    for line in m.records:
        day = days[id(line)]
        turned = D(day.year, day.day, day.month) if day.day <= 12 else None
        line.cells[key] = turned or f"{day:%d/%m/%Y}"
    return f"{key} swapped"


def year_made_up(m: Mutant) -> str:
    key = m.pick(_is_day)
    line = m.rng.choice(m.records)
    if not key or not isinstance(line.cells[key], datetime.date):
        return ""
    line.formats[key] = m.rng.choice(["d-mmm", "dd/mm"])
    return f"{key} without a year"


def hundredths(m: Mutant) -> str:
    if "score" not in m.order:
        return ""
    for line in m.records:
        score = line.cells.get("score")
        if isinstance(score, (int, float)) and score:
            line.cells["score"] = score if score <= 1 else score / 100
            line.formats["score"] = "General"
    return "points as hundredths" if any(line.cells.get("score") for line in m.records) else ""


def part_of_the_year(m: Mutant) -> str:
    if "start_date" in m.order or "year" in m.order:
        return ""
    m.above.append([m.rng.choice(["BÁO CÁO QUÝ I NĂM 2024", "Giai đoạn 2021–2024", "9 tháng"])])
    return "figures of another time"


def row_of_another_year(m: Mutant) -> str:
    if "start_date" in m.order or "year" in m.order:
        return ""
    m.order.insert(0, "of_year")
    m.headings["of_year"] = "Năm"
    for line in m.records:
        line.cells["of_year"] = 2023
    return "a column of another year"


def name_of_another(m: Mutant) -> str:
    codes = [key for key in m.order if key[:2].isupper() and key[2:].isdigit()]
    codes = [key for key in codes if key != "DT09"]
    if not codes:
        return ""
    m.headings[codes[0]] = f"{codes[0]} {_FIGURES['DT09']}"
    return f"{codes[0]} with the name of another"


MORE_QUIET = (own_place_above, signed_next_year, sum_of_years)
MORE_LOUD = (
    *(other_place_above, other_place_below, days_swapped, year_made_up, hundredths),
    *(part_of_the_year, row_of_another_year, name_of_another),
)


def mutate(m: Mutant) -> None:
    """Do one to three quiet things to `m` and, half the time, one loud one."""
    for change in m.rng.sample(QUIET + MORE_QUIET, m.rng.randrange(1, 4)):
        change(m)
        m.done.append(change.__name__)
    if m.rng.random() < 0.5:
        changes = iter(m.rng.sample(LOUD + MORE_LOUD, len(LOUD + MORE_LOUD)))
        while not m.loud:  # the first that this sheet allows
            change = next(changes)
            m.loud = change(m)
        m.done.append(change.__name__)
