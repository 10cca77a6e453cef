"""A change in words, for its pages: lines of old and new units, facts, reports and accounts."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from danvan.common.numbers import format_number
from danvan.units.models import AdministrativeUnit
from reports.models import UnitChange
from reports.restructuring.fates import Fate
from reports.restructuring.foresight import AccountFate, Foresight

MOST = 300  # lines of reports that a page names one by one


@dataclass(frozen=True)
class MoveLine:
    """One old unit and where it goes, as text."""

    old: str
    new: str
    share: str


def move_lines(change: UnitChange) -> list[MoveLine]:
    """Return what was typed, with names. Two queries at most."""
    plan = change.plan()
    codes = {code for move in plan.moves for code in (move.old, move.new) if code}
    names: dict[str, str] = {}
    later: dict[str, str] = {unit.code: f"{unit} ({unit.code}, đơn vị mới)" for unit in plan.units}
    units = AdministrativeUnit.objects.filter(code__in=codes).select_related("parent")
    for unit in units.order_by("valid_from"):
        if unit.valid_from < plan.day:
            names[unit.code] = f"{unit.place_name} ({unit.code})"
    return [
        MoveLine(
            names.get(move.old, move.old),
            later.get(move.new) or names.get(move.new, move.new or "kết thúc"),
            "" if move.share is None else f"{format_number((move.share * 100).normalize())} %",
        )
        for move in plan.moves
    ]


def facts(ahead: Foresight, change: UnitChange) -> list[str]:
    """Return what the change does, a sentence for each kind of thing it touches."""
    out, day = ahead.outcome, f"{change.day:%d/%m/%Y}"
    found = [
        f"{len(out.ended)} đơn vị hết hiệu lực và {len(out.created)} đơn vị bắt đầu từ ngày {day}."
    ]
    bodies = sum(unit.is_body and unit.pk in out.above for unit in out.ended)
    if moved_along := len(out.carried) - bodies:
        found.append(
            f"Trong đó {moved_along} đơn vị cấp dưới chỉ đổi đơn vị cấp trên, vẫn là đơn vị cũ."
        )
    if bodies:
        found.append(
            f"{bodies} khối trực thuộc kết thúc cùng đơn vị; khối của đơn vị mới khai báo riêng."
        )
    if not ahead.periods:
        found.append("Không có kỳ báo cáo nào của thời gian này; báo cáo các kỳ đã qua giữ nguyên.")
    moved = sum(ahead.records.values())
    if moved:
        names = Counter(
            {str(ahead.receivers[unit]): ahead.records.get(unit.pk, 0) for unit in ahead.receivers}
        )
        told = "; ".join(f"{number} sang {name}" for name, number in names.most_common(5) if number)
        found.append(f"{moved} hồ sơ từ ngày {day} chuyển sang đơn vị kế thừa ({told}).")
    found.append("Hồ sơ trước ngày đó vẫn thuộc đơn vị cũ; đơn vị kế thừa đọc được.")
    if ahead.models:
        found.append(
            f"{ahead.models} mô hình “Dân vận khéo” đang thực hiện vẫn thuộc đơn vị cũ và được cấp trên, "
            "đơn vị kế thừa xem; công nhận từ ngày đó do đơn vị cấp trên mới."
        )
    if ahead.issues:
        found.append(f"{ahead.issues} văn bản đã ban hành giữ nguyên, không đổi số liệu.")
    if ahead.extensions:
        names_of = "; ".join(
            f"{one.report.unit} đến {one.until:%d/%m/%Y}" for one in ahead.extensions[:5]
        )
        found.append(f"{len(ahead.extensions)} gia hạn còn hiệu lực đi theo báo cáo ({names_of}).")
    if ahead.jobs:
        found.append(
            f"{ahead.jobs} lần nhập Excel chưa xác nhận của tài khoản chuyển đơn vị sẽ hết hạn."
        )
    return found


@dataclass(frozen=True)
class ReportLine:
    """One report (or many alike) and what becomes of it."""

    period: str
    unit: str
    state: str
    fate: str


def report_lines(ahead: Foresight) -> list[ReportLine]:
    """Return a line for each report concerned; those that only go along with their unit are counted."""
    found = [
        ReportLine(
            str(one.report.period),
            one.report.unit.place_name,
            one.report.get_state_display(),
            one.fate.value,
        )
        for one in ahead.reports
        if one.fate != Fate.FOLLOWS
    ][:MOST]
    found += [
        ReportLine(str(report.period), str(report.unit), "Mới", "báo cáo từ ngày hiệu lực")
        for report in ahead.new[:MOST]
    ]
    along = Counter(str(one.report.period) for one in ahead.reports if one.fate == Fate.FOLLOWS)
    found += [
        ReportLine(period, f"{number} báo cáo", "", Fate.FOLLOWS.value)
        for period, number in along.items()
    ]
    return found


@dataclass(frozen=True)
class AccountLine:
    """One account and the choice about it."""

    fate: AccountFate
    chosen: str

    @property
    def name(self) -> str:
        """The name of the choice in the form."""
        return f"person_{self.fate.user.pk}"


def account_lines(ahead: Foresight, chosen: Mapping[int, str]) -> list[AccountLine]:
    """Return the accounts about which the board is asked, with what it chose or what is proposed."""
    return [AccountLine(one, chosen.get(one.user.pk, one.proposed)) for one in ahead.asked]
