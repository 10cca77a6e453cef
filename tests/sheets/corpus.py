"""Workbooks nobody should have to meet, made in code: bombs, lies, broken parts, strange values."""

import io
import zipfile
from contextlib import AbstractContextManager
from pathlib import Path

from danvan.common.sheets.reader import Workbook, open_workbook
from danvan.common.sheets.table.choosing import Choice
from danvan.common.sheets.table.headings import Headings, Name
from danvan.common.sheets.table.wanted import WantedTable

NS = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
HEADINGS = ("Mã", "Tên", "Số")
MB = 1024 * 1024


_ALL = {name: name for name in HEADINGS}
WANTED = WantedTable(Headings([Name(name, name) for name in HEADINGS]), _ALL, _ALL)


def opened(path: Path | str, name: str = "a.xlsx") -> AbstractContextManager[Workbook]:
    """Open a workbook at the sheet with the headings, as an import does."""
    return open_workbook(
        path,
        name,
        headings=WANTED.headings.known.keys(),
        codes=(),
        choose=lambda sheets: Choice(sheets, WANTED, (), {}).sheet(),
        check_marker=bool,
    )


_TYPES = (
    f'{HEAD}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" '
    'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    '<Override PartName="/xl/workbook.xml" ContentType='
    '"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
    '<Override PartName="/xl/worksheets/sheet1.xml" ContentType='
    '"application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>'
)


def parts(rows: str = "", *, epoch_1904: bool = False, **extra: str) -> dict[str, str]:
    """Return the parts of a small honest workbook: the headings in row 1 and `rows` (XML) below."""
    heads = "".join(text_cell(f"{'ABC'[i]}1", text) for i, text in enumerate(HEADINGS))
    epoch = '<workbookPr date1904="1"/>' if epoch_1904 else ""
    return {
        "[Content_Types].xml": _TYPES,
        "_rels/.rels": f'{HEAD}<Relationships xmlns="{PACKAGE}"><Relationship Id="rId1" '
        f'Type="{REL}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'{HEAD}<workbook xmlns="{NS}" xmlns:r="{REL}">{epoch}<sheets>'
        '<sheet name="Bảng" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'{HEAD}<Relationships xmlns="{PACKAGE}">'
        f'<Relationship Id="rId1" Type="{REL}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="rId2" Type="{REL}/styles" Target="styles.xml"/>'
        f'<Relationship Id="rId3" Type="{REL}/sharedStrings" Target="sharedStrings.xml"/>'
        "</Relationships>",
        "xl/styles.xml": styles(),
        "xl/sharedStrings.xml": f'{HEAD}<sst xmlns="{NS}"><si><t>một</t></si></sst>',
        "xl/worksheets/sheet1.xml": sheet(f'<row r="1">{heads}</row>{rows}'),
        **extra,
    }


def sheet(rows: str, dimension: str = "") -> str:
    """Return a worksheet part."""
    size = f'<dimension ref="{dimension}"/>' if dimension else ""
    return f'{HEAD}<worksheet xmlns="{NS}">{size}<sheetData>{rows}</sheetData></worksheet>'


def styles(fonts: str = "<font/>") -> str:
    """Return a styles part whose format 1 is a date."""
    return (
        f'{HEAD}<styleSheet xmlns="{NS}"><fonts>{fonts}</fonts><fills><fill/></fills>'
        "<borders><border/></borders><cellStyleXfs><xf/></cellStyleXfs>"
        '<cellXfs><xf numFmtId="0"/><xf numFmtId="14" applyNumberFormat="1"/></cellXfs></styleSheet>'
    )


def text_cell(address: str, text: str) -> str:
    """Return an inline text cell."""
    return f'<c r="{address}" t="inlineStr"><is><t>{text}</t></is></c>'


def row(number: int, *cells: str) -> str:
    """Return a row of ready cells."""
    return f'<row r="{number}">{"".join(cells)}</row>'


def packed(members: dict[str, str | bytes]) -> bytes:
    """Return the members as a zip."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return target.getvalue()


def honest(rows: str = "") -> bytes:
    """Return a small honest workbook."""
    return packed(parts(rows or row(2, text_cell("A2", "x1"), text_cell("B2", "An"))))


def number_cells(number: int, *values: str) -> str:
    """Return a row whose third cell and on hold raw <v> texts."""
    cells = "".join(f'<c r="{"CDEFG"[i]}{number}"><v>{v}</v></c>' for i, v in enumerate(values))
    return row(number, text_cell(f"A{number}", "x1"), text_cell(f"B{number}", "An"), cells)


def _lying_directory() -> bytes:
    data = bytearray(honest())
    name = b"xl/worksheets/sheet1.xml"
    place = data.rindex(name) - 46 + 24  # uncompressed size in the central directory
    data[place : place + 4] = (50).to_bytes(4, "little")
    return bytes(data)


def _encrypted_flag() -> bytes:
    data = bytearray(honest())
    place = data.rindex(b"xl/worksheets/sheet1.xml") - 46 + 8
    data[place] |= 1
    return bytes(data)


def _overlapping() -> bytes:
    data = bytearray(honest())
    place = data.rindex(b"xl/worksheets/sheet1.xml") - 46 + 42  # offset of the local header
    data[place : place + 4] = (0).to_bytes(4, "little")
    return bytes(data)


def _many_members() -> bytes:
    return packed({**parts(), **{f"xl/media/{n}.bin": b"" for n in range(5000)}})


def _doctype(part: str, body: str) -> bytes:
    members = parts()
    members[part] = members[part].replace(HEAD, f"{HEAD}<!DOCTYPE x [{body}]>", 1)
    return packed(members)


BILLION = "".join(f'<!ENTITY l{n + 1} "{f"&l{n};" * 10}">' for n in range(8))

# Name → maker of a file that must be refused, with a word of the reason.
REFUSED = {
    "empty": (lambda: b"", "rỗng"),
    "csv": (lambda: b"Ma,Ten\n1,An\n", "không phải là Excel"),
    "html": (lambda: b"<html><table><tr><td>1</td></tr></table></html>", "không phải là Excel"),
    "ole": (lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 2000, "mật khẩu"),
    "truncated": (lambda: honest()[:-400], "hỏng"),
    "zip of something else": (lambda: packed({"a.txt": "x"}), "không phải là tệp Excel"),
    "lying directory": (_lying_directory, ""),
    "encrypted member": (_encrypted_flag, "mật khẩu"),
    "overlapping members": (_overlapping, ""),
    "many members": (_many_members, "thành phần"),
    "path upwards": (lambda: packed({**parts(), "../../etc/passwd": "x"}), "chưa đúng"),
    "absolute path": (lambda: packed({**parts(), "/tmp/x": "x"}), "chưa đúng"),  # noqa: S108
    "same name twice": (lambda: packed({**parts(), "XL/styles.xml": "x"}), "chưa đúng"),
    "macro": (lambda: packed({**parts(), "xl/vbaProject.bin": b"x"}), "macro"),
    "external link": (lambda: packed({**parts(), "xl/externalLinks/e1.xml": "<a/>"}), "liên kết"),
    "embedded object": (lambda: packed({**parts(), "xl/embeddings/o.bin": b"x"}), "nhúng"),
    "activex": (lambda: packed({**parts(), "xl/activeX/a.xml": "<a/>"}), "ActiveX"),
    "one huge text": (
        lambda: packed(parts(row(2, text_cell("A2", "a" * 150 * MB)))),
        "bất thường",
    ),
    "huge shared strings": (
        lambda: packed(parts(**{"xl/sharedStrings.xml": "<si><t>b</t></si>" * (6 * MB)})),
        "bất thường",
    ),
    "styles bomb": (lambda: packed(parts(**{"xl/styles.xml": styles("<font/>" * 3 * MB)})), ""),
    "styles bomb, incompressible": (
        lambda: packed(
            parts(**{"xl/styles.xml": styles("".join(f"<f{n}/>" for n in range(300_000)))})
        ),
        "định dạng",
    ),
    "row bomb": (
        lambda: packed(parts("<row><c><v>1</v></c></row>" * (4 * MB))),
        "bất thường",
    ),
    "billion laughs": (
        lambda: _doctype("xl/worksheets/sheet1.xml", '<!ENTITY l0 "ha">' + BILLION),
        "không an toàn",
    ),
    "external entity": (
        lambda: _doctype("xl/workbook.xml", '<!ENTITY x SYSTEM "file:///etc/passwd">'),
        "không an toàn",
    ),
    "utf-16 doctype": (
        lambda: packed(
            {
                **parts(),
                "xl/styles.xml": '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE a []><a/>'.encode(
                    "utf-16"
                ),
            }
        ),
        "không an toàn",
    ),
    "cell in the last corner": (
        lambda: honest(row(1048576, text_cell("XFD1048576", "x"))),
        "Ctrl+End",
    ),
    "cell in the last column": (lambda: honest(row(2, text_cell("XFD2", "x"))), "quá nhiều cột"),
    "more error cells than are told": (
        lambda: honest(
            "".join(row(n, f'<c r="A{n}" t="e"><v>#REF!</v></c>') for n in range(2, 20_100))
        ),
        "20.000 ô lỗi",
    ),
    "broken xml": (lambda: packed(parts("<row><c></row>")), ""),
    "lone surrogate": (lambda: honest(row(2, text_cell("A2", "&#xD800;"))), ""),
    "string index out of range": (lambda: honest(row(2, '<c r="A2" t="s"><v>99</v></c>')), ""),
    "no relationships": (
        lambda: packed({k: v for k, v in parts().items() if k != "xl/_rels/workbook.xml.rels"}),
        "",
    ),
    "sheet part missing": (
        lambda: packed({k: v for k, v in parts().items() if "sheet1" not in k}),
        "",
    ),
}
# Name → maker of a file that looks odd but must be read (or refused) calmly.
ODD = {
    "a million empty rows": lambda: honest(
        row(2, text_cell("A2", "x1"))
        + "".join(f'<row r="{n}" ht="15" spans="1:3"/>' for n in range(3, 1_048_576))
    ),
    "formatted empty cells": lambda: honest(
        row(2, text_cell("A2", "x1"))
        + "".join(
            f'<row r="{n}"><c r="A{n}" s="1"/><c r="B{n}" s="1"/></row>' for n in range(3, 60_000)
        )
    ),
    "cell far down": lambda: honest(row(1_048_576, text_cell("B1048576", "x"))),
    "bad cell reference": lambda: honest(row(2, text_cell("ZZZZ99999999", "x"))),
    "nan": lambda: honest(number_cells(2, "NaN", "inf", "1E+400")),
    "thirty digits": lambda: honest(number_cells(2, "123456789012345678901234567890")),
    "escaped nul": lambda: honest(row(2, text_cell("A2", "a_x0000_b"))),
    "same cell twice": lambda: honest(row(2, text_cell("A2", "x"), text_cell("A2", "y"))),
    "odd serials": lambda: honest(
        row(
            2,
            *(f'<c r="{"ABC"[i]}2" s="1"><v>{v}</v></c>' for i, v in enumerate((60, -5, 99999999))),
        )
    ),
}
