"""The templates the program brings, one for each kind of office: plain outlines built into files for Word.

`data/outlines/*.txt` is what they say ("#" a heading, "@" the paragraphs of a name, "@@" sections with
their headings and paragraphs; blocks.toml is head and foot), `build_template` makes the .docx of it, and the
results stand in `data/templates/`: `manage.py build_word_templates` writes them anew and a test compares.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from docx.oxml.ns import qn

from danvan.common.data import toml_data
from reports.documents.layout import layouts
from reports.documents.word.letters import FOOT_SPLIT, HEAD_SPLIT
from reports.documents.word.paper import ENDING, Paper
from reports.documents.word.styles import CELL, CELL_HEAD, CELL_NUMBER, NOTE

DATA = Path(__file__).parent / "data"
_BLOCKS = toml_data(DATA / "outlines" / "blocks.toml")
TEMPLATE_KINDS = ("province", "district", "commune", "body", "section")
_OTHER, _SECTION = "body", "section"  # whoever is no tier of government; one section alone
_CLOSING = (
    "Trên đây là báo cáo kết quả công tác dân vận {{ ky }} của {{ ten_trong_cau }}{{ dau_ket }}"
)
# The columns of the appendix with their widths; those by level are given by the names.
_FIRST = (("TT", 11), ("Chỉ tiêu", 74), ("Đơn vị tính", 22))
_LAST = (("Tổng", "tong"), ("Cùng kỳ {{ ten_cung_ky }}", "cung_ky"), ("Tăng, giảm", "tang_giam"))
_NUMBER = 21


def shipped(level: str, section: str | None = None) -> bytes:
    """Return the template for offices of `level`, or that for a report on one section."""
    kind = level if level in TEMPLATE_KINDS else _OTHER
    return template_file(_SECTION if section else kind).read_bytes()


def template_file(kind: str) -> Path:
    """Return where the template of one kind of office stands."""
    return DATA / "templates" / f"{kind}{ENDING}"


def build_template(kind: str) -> bytes:
    """Return the template of one kind of office, built anew from its outline."""
    party = [layout for _since, layout in layouts() if layout.style == "party"]
    paper = Paper(party[-1])
    _write_head(paper)
    for line in (DATA / "outlines" / f"{kind}.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("@@"):
            _each_section(paper, line[2:])
        elif line.startswith("@"):
            _each(paper, line[1:], "body")
        else:
            marks, _space, text = line.partition(" ")
            paper.heading(text, len(marks))
    paper.add(_CLOSING)
    _write_foot(paper)
    _write_appendix(paper, by_level=kind in ("province", "district", _SECTION))
    return paper.data()


def _each(paper: Paper, name: str, kind: str) -> None:
    for text in (f"{{%p for doan in {name} %}}", "{{ doan }}", "{%p endfor %}"):
        paper.add(text, kind)


def _each_section(paper: Paper, name: str) -> None:
    paper.add(f"{{%p for muc_con in {name} %}}")
    paper.heading("{{ muc_con.so }}. {{ muc_con.ten|upper }}", 2)
    _each(paper, "muc_con.doan", "body")
    paper.add("{%p endfor %}")


def _write_head(paper: Paper) -> None:
    paper.beside(**_BLOCKS["head"], split=HEAD_SPLIT)
    paper.add("{{ ten_loai }}", "kind")
    paper.add("{{ trich_yeu }}", "abstract")
    paper.add("{{ dong_ke }}", "number")
    _each(paper, "ghi_chu", NOTE)


def _write_foot(paper: Paper) -> None:
    paper.add("", "recipients")
    paper.beside(**_BLOCKS["foot"], split=FOOT_SPLIT)


def _write_appendix(paper: Paper, *, by_level: bool) -> None:
    """Write the table of all indicators on a sheet of its own, turned."""
    paper.turn()
    paper.add("PHỤ LỤC", "kind")
    paper.add("Số liệu công tác dân vận {{ ky }} của {{ ten_trong_cau }}", "abstract")
    paper.add("", "number")
    columns: list[tuple[str, float, str]] = [
        *((head, width, name) for (head, width), name in zip(_FIRST, _NAMES, strict=True)),
        *(_BY_LEVEL if by_level else ()),
        *((head, _NUMBER, f"{{{{ dong.{name} }}}}") for head, name in _LAST),
        ("Ghi chú", _NUMBER * (1 if by_level else 2), "{{ dong.ghi_chu }}"),
    ]
    last = len(columns)
    table = paper.grid([width for _head, width, _name in columns])
    paper.row(table, [head for head, _width, _name in columns], CELL_HEAD, is_head=True)
    for tag in ("{%tr for dong in phu_luc %}", "{%tr if dong.la_muc %}"):
        paper.row(table, [tag, *[""] * (last - 1)], CELL)
    _write_section_row(paper, table, last)
    paper.row(table, ["{%tr else %}", *[""] * (last - 1)], CELL)
    kinds = [CELL, CELL, CELL, *[CELL_NUMBER] * (last - 4), CELL]
    paper.row(table, [name for _head, _width, name in columns], *kinds)
    for tag in ("{%tr endif %}", "{%tr endfor %}"):
        paper.row(table, [tag, *[""] * (last - 1)], CELL)


_NAMES = ("{{ dong.so }}", "{{ dong.ten }}", "{{ dong.don_vi }}")
_BY_LEVEL: tuple[tuple[str, float, str], ...] = (
    ("{%tc for ten in cot %}", _NUMBER, "{%tc for so in dong.o %}"),
    ("{{ ten }}", _NUMBER, "{{ so }}"),
    ("{%tc endfor %}", _NUMBER, "{%tc endfor %}"),
)


def _write_section_row(paper: Paper, table: Any, last: int) -> None:
    """Write the row of a section: one cell over all columns."""
    text = "{% colspan so_cot %}{{ dong.ten }}"
    cells = paper.row(table, [text, *[""] * (last - 1)], CELL_HEAD).cells
    for cell in cells[1:]:
        cell._tc.getparent().remove(cell._tc)
    properties = cells[0]._tc.tcPr  # its width is that of all: it says none
    properties.remove(properties.find(qn("w:tcW")))
