"""The names a template may use, and what stands for each: plain data only (text, numbers, lists, mappings).

Names are Vietnamese without marks: people write them in Word. `explained` is the list a page shows
(data/names.toml).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from danvan.common.data import toml_data
from danvan.units.models import Level
from reports.consolidation.figures import Definition
from reports.consolidation.summary import Line, SectionLines
from reports.consolidation.words import (
    besides,
    change_text,
    figure_text,
    inclusion_text,
    roman,
    years_text,
)
from reports.documents.letterhead import Letterhead
from reports.documents.narrative.sentences import phrases
from reports.documents.narrative.telling import Narrative

_EXPLAINED = toml_data(Path(__file__).parent / "data" / "names.toml")
_LEVELS = {
    Level.PROVINCE.value: "tinh",
    Level.DISTRICT.value: "huyen",
    Level.COMMUNE.value: "xa",
    Level.BODY.value: "khoi",
}


@dataclass(frozen=True)
class Title:
    """What a document is called: its kind and what it is about."""

    kind: str
    abstract: str


def names_of(
    narrative: Narrative, head: Letterhead, title: Title, notes: Sequence[str]
) -> dict[str, Any]:
    """Return all names with what stands for them; `notes` are what must be said above the text."""
    found = narrative.found
    scope, places = found.scope, phrases().places
    return {
        **_letterhead(head, title),
        "ten_don_vi": scope.unit.full_name,
        "ten_trong_cau": scope.unit.full_name_in_text,
        "ky": narrative.span,
        "nam_dau": scope.first_year,
        "nam_cuoi": scope.last_year,
        "nam_toi": scope.last_year + 1,
        "tong_hop": inclusion_text(found),
        "ghi_chu": list(notes),
        **{place: narrative.below(place) for place in places},
        "muc": [_section(section, narrative) for section in found.sections],
        **{
            named_code(code): dict.fromkeys(_EXPLAINED["indicator"], "") for code in phrases().known
        },
        **{named_code(code): _figure(line, narrative) for code, line in found.lines.items()},
        "loi_van": {code: list(narrative.texts.get(code, ())) for code in phrases().texts},
        "cot": [Level(level).label for level in _columns(narrative)],
        "so_cot": 7 + len(_columns(narrative)),
        "ten_cung_ky": years_text(*found.prior_years) if found.prior_years else "",
        "phu_luc": list(_appendix(narrative)),
    }


def named_code(code: str) -> str:
    """Return the code of an indicator as a name: "GS01_MT"."""
    return code.replace(".", "_")


def _letterhead(head: Letterhead, title: Title) -> dict[str, Any]:
    first, *motto = head.layout.national
    return {
        "co_quan_cap_tren": head.styled(head.superior, "superior"),
        "co_quan_ban_hanh": head.styled(head.issuer, "issuer"),
        "dau_duoi_co_quan": head.layout.below_issuer,
        "so_ky_hieu": head.number_line,
        "tieu_de": head.styled(first, "national"),
        "tieu_ngu": head.styled("\n".join(motto), "motto"),
        "dia_danh_ngay": head.place_and_date,
        "ten_loai": head.styled(title.kind, "kind"),
        "trich_yeu": title.abstract,
        "dong_ke": head.layout.rule,
        "dau_ket": head.layout.ending,
        "tham_quyen": head.signing[0][0],
        "chuc_vu": head.signing[1][0] if len(head.signing) > 1 else "",
        "nguoi_ky": head.signer,
        "noi_nhan": list(head.recipient_lines),
    }


def _section(section: SectionLines, narrative: Narrative) -> dict[str, Any]:
    said = [p.text for p in narrative.paragraphs if p.section == section.code]
    lines = [named_code(line.code) for line in section.lines]
    return {
        "ma": section.code,
        "ten": section.label,
        "so": roman(section.number),
        "doan": said,
        "chi_tieu": lines,
    }


def _figure(line: Line, narrative: Narrative) -> dict[str, str]:
    """Return one indicator: its texts are those of the page."""
    definition, told = line.definition, narrative.told
    levels = {
        _LEVELS.get(level, level): figure_text(total, definition)
        for level, total in line.by_level.items()
    }
    return {
        "ten": definition.label,
        "don_vi": definition.unit_of_measure,
        "tong": figure_text(line.total, definition),
        **dict.fromkeys(_LEVELS.values(), ""),
        **levels,
        "theo_cap": told.levels(line, definition.unit_of_measure),
        "cung_ky": figure_text(line.prior, definition),
        "tang_giam": change_text(line),
        "so_sanh": told.change(line, definition.unit_of_measure),
        "ghi_chu": _remark(line, narrative),
        "cau": narrative.sentences.get(line.code, ""),
        "cao_nhat": told.best(line.code),
        "thap_nhat": told.last(line.code),
    }


def _appendix(narrative: Narrative) -> Iterator[dict[str, Any]]:
    """Yield the rows of the appendix: each section, then its indicators."""
    levels = _columns(narrative)
    for section in narrative.found.sections:
        yield {"la_muc": True, "ten": f"{roman(section.number)}. {section.label}"}
        for number, line in enumerate(section.lines, 1):
            definition = line.definition
            yield {
                "la_muc": False,
                "so": str(number),
                "ten": _indented(definition),
                "don_vi": definition.unit_of_measure,
                "o": [figure_text(line.by_level.get(level), definition) for level in levels],
                "tong": figure_text(line.total, definition),
                "cung_ky": figure_text(line.prior, definition),
                "tang_giam": change_text(line),
                "ghi_chu": _remark(line, narrative),
            }


def _columns(narrative: Narrative) -> list[str]:
    """Return the levels that have figures: the province has none in the report of a district."""
    lines = narrative.found.lines.values() if narrative.told.several else ()
    known = {
        level for line in lines for level, figure in line.by_level.items() if not figure.is_blank
    }
    return [level for level in narrative.found.levels if level in known]


def _indented(definition: Definition) -> str:
    return f"– {definition.label}" if definition.parent_code else definition.label


def _remark(line: Line, narrative: Narrative) -> str:
    return "; ".join(besides(line.total, line.definition, narrative.found.scope))


# ---- What the page says of them


def explained() -> list[tuple[str, dict[str, str]]]:
    """Return what a template may use as (heading, {name: what it is}), indicators left to the catalogue."""
    places = {place: f"{label} (danh sách đoạn)" for place, label in phrases().places.items()}
    return [
        ("Thể thức và tên gọi", _EXPLAINED["document"]),
        ("Các đoạn theo đề cương", places),
        ("Danh sách và phụ lục", _EXPLAINED["lists"]),
        ("Sau mã chỉ tiêu, ví dụ DT01.tong", _EXPLAINED["indicator"]),
    ]
