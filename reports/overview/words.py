"""How the picture says things: changes, years that are not whole, units that changed."""

from danvan.common.numbers import format_change, rounded
from danvan.units.kinds import UnitKind
from danvan.units.models import AdministrativeUnit
from reports.consolidation.summary import YearProgress
from reports.consolidation.words import day_text, level_text
from reports.overview.area import PictureArea
from reports.overview.figures import Trend, UnitStep
from reports.overview.picture import Picture

# How offices shorten the kind of a unit in a narrow column.
SHORT_KINDS = {
    UnitKind.XA: "X.", UnitKind.PHUONG: "P.", UnitKind.THI_TRAN: "TT.", UnitKind.THI_XA: "TX.",
    UnitKind.THANH_PHO: "TP.", UnitKind.THANH_PHO_TW: "TP.", UnitKind.HUYEN: "H.", UnitKind.QUAN: "Q.",
}  # fmt: skip


def short_name(unit: AdministrativeUnit) -> str:
    """Return "P. Quang Trung"; of other kinds the full name."""
    short = SHORT_KINDS.get(UnitKind(unit.kind))
    return f"{short} {unit.name}" if short else unit.full_name


def change_words(trend: Trend) -> str:
    """Return "+7 (+3,6%)", for a ratio "−3,1 điểm %", "không đổi"; "" where nothing is compared."""
    if trend.change is None:
        return ""
    change = trend.definition.shown(trend.change)
    if not change:
        return "không đổi"
    text = format_change(change)
    if trend.definition.is_ratio:
        return f"{text} điểm %"
    share = trend.change_share
    return text if share is None else f"{text} ({format_change(rounded(share * 100, 1))}%)"


def no_change_words(trend: Trend, notes: dict[int, str]) -> str:
    """Return why a figure is not held against the year before, "" where it is."""
    if trend.change is not None:
        return ""
    if trend.before is None:
        return "chưa có năm trước để so"
    if trend.is_broken:
        return f"không so với {trend.before.year}: đơn vị báo cáo đã đổi"
    for one in (trend.shown, trend.before):
        if not one.is_whole:
            return f"chưa so: năm {one.year} mới có {notes[one.year]} báo cáo"
    return f"chưa so được với năm {trend.before.year}"


def step_words(move: UnitStep) -> str:
    """Return the step of a move with its sign."""
    return format_change(move.definition.shown(move.step))


def year_note(year: YearProgress) -> str:
    """Return "51/116" where reports of a year are missing, else ""."""
    return "" if year.included == year.expected else f"{year.included}/{year.expected}"


def moves_words(found: Picture) -> str:
    """Return between which figures units are compared, "" where they are not."""
    if not found.moves:
        return ""
    year, area = found.shown.year, found.area
    told = f"Năm {year} so với năm {year - 1}, {found.moves.compared} đơn vị có báo cáo đã duyệt cả hai năm."
    if area.restated and area.first_year_after == year:
        told += f" Số năm {year - 1} là số của các đơn vị cũ cộng lại theo đơn vị mới."
    return told


def units_words(area: PictureArea) -> str:
    """Return what must be said where units changed within the years, "" where none did."""
    if area.changed:
        return (
            f"Đơn vị thay đổi ngày {day_text(area.changed)}; số liệu các năm trước theo đơn vị cũ nên không so "
            "với các năm sau."
        )
    if not area.restated:
        return ""
    ended = [level_text(level, None).lower() for level in area.restated.ended]
    told = f"Đơn vị thay đổi ngày {day_text(area.restated.day)}: số các năm trước được cộng lại theo đơn vị mới"
    if ended:
        told += f" và gồm cả phần của {', '.join(ended)} nay không còn, nên không tính tăng, giảm qua mốc này"
    return f"{told}."
