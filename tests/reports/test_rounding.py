"""One rounding: half away from zero, as Excel; every output says the same digit of one figure."""

import re
from decimal import ROUND_HALF_UP, Decimal
from io import BytesIO
from pathlib import Path
from unittest import mock

from django.conf import settings
from django.test import SimpleTestCase, TestCase
from django.urls import reverse
from openpyxl import load_workbook

from danvan.accounts.models import User
from danvan.common.numbers import format_number, rounded
from reports.consolidation.scope import Scope
from reports.documents.workbook.build import build, collect
from reports.models import State
from tests.reports.consolidation_data import (
    INDICATORS,
    enter,
    make_catalogue,
    make_period,
    make_tree,
    set_state,
)

# Over 80: 73 is 91.25 (half to even would say 91,2), 76.2 is 95.25; what divides without end is cut at three.
ROWS = [row for row in INDICATORS if row[0] != "DV08"]
ROWS += [("DV08", "DV", "INT", "", "SUM", "DT08 / DT07", False)]


def as_excel(cell) -> str:
    """Return what Excel shows in a cell with a Vietnamese system, as far as our formats go."""
    shape = cell.number_format.partition(";")[0]
    places = len(re.sub(r"[^0]", "", shape.partition(".")[2]))
    number = Decimal(str(cell.value)).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    return f"{abs(number):,.{places}f}".translate(str.maketrans(",.", ".,"))


class RoundingTests(SimpleTestCase):
    def test_half_goes_away_from_zero(self):
        for number, places, shown in (
            ("91.25", 1, "91.3"), ("-91.25", 1, "-91.3"), ("0.05", 1, "0.1"), ("2.5", 0, "3"),
            ("0.0005", 3, "0.001"), ("1e24", 3, "1e24"), ("91.2499999999", 1, "91.2"),
        ):  # fmt: skip
            with self.subTest(number):
                self.assertEqual(rounded(Decimal(number), places), Decimal(shown))
        self.assertEqual(format_number(Decimal("1140.25"), 1), "1.140,3")

    def test_nobody_rounds_in_another_way(self):
        """Shown figures go through `rounded`; these files round pixels, minutes, cells read, invented data."""
        allowed = re.compile(
            r"common/(numbers|sheets/\w+|benchmarks|templatetags/danvan|management/.*)\.py|demo/|facts\.py"
            r"|charts\.py|figures/figure\.py|overview/(drawing|views)\.py|jobs/views\.py|models/job\.py"
        )
        root = Path(settings.BASE_DIR)
        wrong = []
        for file in [
            f for app in ("danvan", "records", "reports") for f in (root / app).rglob("*.py")
        ]:
            text = file.read_text(encoding="utf-8")
            if re.search(r"(?<![\w.])round\(|\.quantize\(", text) and not allowed.search(str(file)):
                wrong.append(str(file.relative_to(root)))
        for file in [*(root / "templates").rglob("*.html"), *(root / "static").glob("*.js")]:
            if re.search(r"floatformat|toFixed|Math\.round", file.read_text(encoding="utf-8")):
                wrong.append(str(file.relative_to(root)))
        self.assertEqual(wrong, [])


class EverywhereTests(TestCase):
    """91,25 % in 2022 and 89,05 % in 2021: each output is asked for the digit it shows."""

    @classmethod
    def setUpTestData(cls):
        cls.tree = make_tree()
        cls.y2021 = make_period(2021, catalogue=make_catalogue(2021, ROWS))
        cls.y2022 = make_period(2022, catalogue=make_catalogue(2022, ROWS))
        cls.report = enter(cls.y2022, "1", DT07=80, DT08=73)
        enter(cls.y2021, "1", DT07=2000, DT08=1781)
        cls.officer = User.objects.create(username="p", unit=cls.tree["35"], role="officer")
        cls.clerk = User.objects.create(username="c", unit=cls.tree["1"], role="clerk")

    def get(self, name, *args, user=None, **data):
        self.client.force_login(user or self.officer)
        return self.client.get(reverse(name, args=args), data)

    def workbook(self, first, last):
        file = BytesIO()
        build(collect(Scope(self.tree["35"], first, last))).save(file)
        return load_workbook(file)

    def test_pages(self):
        levels = self.get("reports:consolidation", first=2022, last=2022)
        self.assertContains(levels, ">91,3</a>")
        self.assertContains(levels, "+2,2")  # 91,25 - 89,05
        self.assertContains(levels, "89,1")
        units = self.get(
            "reports:consolidation", first=2022, view="units", section="DT", chart="DT11"
        )
        self.assertContains(units, "91,3")
        self.assertIn("Phủ Lý 91,3", units.context["chart"].description)
        drill = self.get("reports:drill", "DT11", first=2021, last=2022)
        self.assertIn("2021 89,1; 2022 91,3", drill.context["chart"].description)
        for page in (levels, units, drill):
            self.assertNotContains(page, "91,2")
        spread = self.get("reports:consolidation", first=2021, last=2022)
        self.assertContains(spread, "từng năm 89,1–91,3%")

    def test_the_form_its_script_and_the_printed_report(self):
        set_state(self.y2022, "1", State.DRAFT)
        with mock.patch("reports.workflow.moves.closed_reason", return_value=""):
            form = self.get("reports:entry", self.report.pk, user=self.clerk)
            self.assertContains(form, "91,3%")
            self.assertContains(form, '<span class="prior">89,1%</span>')
            answer = self.client.post(
                reverse("reports:entry", args=[self.report.pk]),
                {"version": self.report.version, "DT07": "80", "DT08": "73"},
                headers={"accept": "application/json"},
            )
        self.assertEqual(answer.json()["computed"]["DT11"], "91,3%")
        self.assertContains(self.get("reports:detail", self.report.pk, user=self.clerk), "91,3%")

    def test_the_workbook_on_every_sheet(self):
        book = self.workbook(2022, 2022)
        shown = []
        for sheet in book:
            for row in sheet.iter_rows():
                shown += [as_excel(c) for c in row if isinstance(c.value, float)]
        self.assertIn("91,3", shown)
        self.assertLessEqual(set(shown), {"91,3", "89,1", "2,2", "0,913", "0,891", "0,022"})

    def test_what_divides_without_end_is_shown_alike(self):
        enter(self.y2022, "2", DT07=4)  # 73/84 = 0,869047…
        page = self.get("reports:consolidation", first=2022, last=2022, section="DV")
        self.assertContains(page, ">0,869</a>")
        sheet = self.workbook(2022, 2022)["Tổng hợp"]
        cells = [row[6] for row in sheet.iter_rows() if row[1].value == "Chỉ tiêu DV08"]
        self.assertEqual([as_excel(cell) for cell in cells], ["0,869"])
