"""The shipped templates, filled: LibreOffice makes pages of them, their XML is in the order Word asks."""

import subprocess
import tempfile
from io import BytesIO, StringIO
from pathlib import Path

import docx
import pytest
from django.core.management import call_command
from django.test import TestCase, override_settings

from danvan.units.models import AdministrativeUnit
from reports.consolidation.scope import Scope
from reports.documents.letterhead import letterhead_on
from reports.documents.narrative.drafting import collect_draft
from reports.documents.narrative.shipped import TEMPLATE_KINDS, template_file
from reports.documents.word.filling import fill
from reports.documents.word.letters import WordTable, letter
from reports.documents.word.styles import dressed
from tests.reports.word import W, part

pytestmark = pytest.mark.no_engine

# Children in the order of the standard (ECMA-376, wml.xsd): Word calls a file broken that has another.
ORDERS = {
    "tblPr": "tblStyle tblpPr tblOverlap bidiVisual tblStyleRowBandSize tblStyleColBandSize tblW jc "
    "tblCellSpacing tblInd tblBorders shd tblLayout tblCellMar tblLook",
    "tcPr": "cnfStyle tcW gridSpan hMerge vMerge tcBorders shd noWrap tcMar textDirection vAlign",
    "pPr": "pStyle keepNext keepLines pageBreakBefore framePr widowControl numPr suppressLineNumbers "
    "pBdr shd tabs suppressAutoHyphens kinsoku wordWrap overflowPunct topLinePunct autoSpaceDE "
    "autoSpaceDN bidi adjustRightInd snapToGrid spacing ind contextualSpacing mirrorIndents "
    "suppressOverlap jc textDirection textAlignment textboxTightWrap outlineLvl divId cnfStyle rPr "
    "sectPr",
    "rPr": "rStyle rFonts b bCs i iCs caps smallCaps strike dstrike outline shadow emboss imprint "
    "noProof snapToGrid vanish webHidden color spacing w kern position sz szCs highlight u effect "
    "bdr shd fitText vertAlign rtl cs em lang",
    "sectPr": "headerReference footerReference footnotePr endnotePr type pgSz pgMar paperSrc pgBorders "
    "lnNumType pgNumType cols formProt vAlign noEndnote titlePg textDirection bidi rtlGutter docGrid",
}  # fmt: skip


def disorder(data):
    """Return what stands out of order or without its last paragraph."""
    wrong = []
    for name in ("word/document.xml", "word/styles.xml"):
        for node in part(data, name).iter():
            kind = node.tag.removeprefix(W)
            if kind in ORDERS:
                order = ORDERS[kind].split()
                places = [order.index(child.tag.removeprefix(W)) for child in node]
                if places != sorted(places):
                    wrong.append((kind, [child.tag.removeprefix(W) for child in node]))
            if kind == "tc" and (len(node) == 0 or node[-1].tag != f"{W}p"):
                wrong.append((kind, "ends without a paragraph"))
    return wrong


class OfficeTest(TestCase):
    @classmethod
    def setUpTestData(cls):
        with override_settings(DEBUG=True):
            call_command("load_demo", without_records=True, stdout=StringIO())
        cls.files = {}
        for kind, code in zip(TEMPLATE_KINDS, ("35", "349", "13369", "13369", "35"), strict=True):
            unit = AdministrativeUnit.objects.filter(code=code).earliest("valid_from")
            draft = collect_draft(Scope(unit, 2021, 2022))
            template = dressed(template_file(kind).read_bytes(), draft.head.layout)
            cls.files[kind] = fill(template, draft.names)
        head = letterhead_on(unit, draft.head.date)
        table = WordTable(("TT", "Đơn vị"), [(1, "Xã A")], (1, 4))
        cls.files["letter"] = letter(head, "", "đôn đốc nộp báo cáo", ["Kính gửi:", table])

    def test_the_xml_is_in_the_order_of_the_standard(self):
        for kind, data in self.files.items():
            self.assertEqual(disorder(data), [], kind)
            self.assertTrue(docx.Document(BytesIO(data)).paragraphs, kind)

    def test_libreoffice_makes_pages_of_them(self):
        with tempfile.TemporaryDirectory() as folder:
            sources = []
            for kind, data in self.files.items():
                sources.append(Path(folder, f"{kind}.docx"))
                sources[-1].write_bytes(data)
            command = ["soffice", f"-env:UserInstallation=file://{folder}/profile", "--headless"]
            command += ["--convert-to", "pdf", "--outdir", folder, *map(str, sources)]
            subprocess.run(command, check=True, capture_output=True, timeout=300)
            for kind in self.files:
                said = subprocess.run(
                    ["pdftotext", "-layout", Path(folder, f"{kind}.pdf"), "-"],
                    check=True, capture_output=True, text=True,
                ).stdout  # fmt: skip
                pages = said.split("\f")
                self.assertIn("ĐẢNG CỘNG SẢN VIỆT NAM", pages[0], kind)
                self.assertNotIn("{", said, kind)
                if kind == "letter":
                    continue
                self.assertGreater(len(pages), 5, kind)
                self.assertEqual(pages[1].split()[0], "2", kind)  # the number above the second page
                self.assertIn("PHỤ LỤC", said, kind)
                self.assertIn("CÔNG TÁC DÂN VẬN", said, kind)


@pytest.mark.parametrize("kind", TEMPLATE_KINDS)
def test_a_template_that_people_edit_is_in_order_too(kind):
    assert disorder(template_file(kind).read_bytes()) == []
