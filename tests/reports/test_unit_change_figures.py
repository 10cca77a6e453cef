"""Figures across a change of units: what was done adds up, what is there is told once."""

from decimal import Decimal

from danvan.units.models import AdministrativeUnit
from reports.consolidation.drill import drill
from reports.consolidation.facts import read_facts
from reports.consolidation.figures import Evaluator
from reports.consolidation.scope import Scope, ScopeData
from reports.consolidation.summary import consolidate
from reports.figures.figure import Figure
from reports.figures.writing import write_figures
from reports.models import Indicator, Report, State
from tests.reports.test_unit_changes import DAY, ChangeCase


class EndedReportTest(ChangeCase):
    """Bình had figures before it went into phường Mới: its report ends, and counts beside the new one."""

    def setUp(self):
        rows = Indicator.objects.filter(catalogue=self.period.catalogue, entry_levels__contains="X")
        self.stock = rows.filter(is_stock=True, aggregation="SUM", value_type="INT").first().code
        self.enter(self.report("902"), 7, 5)
        self.apply(self.merger())
        self.enter(self.report("901", day=DAY), 4, 6)
        Report.objects.update(state=State.APPROVED)

    def enter(self, report, done, stock):
        figures = {"DT03": Figure(Decimal(done)), self.stock: Figure(Decimal(stock))}
        write_figures(report, figures, actor=self.board, source="form")

    def number(self, code):
        figures = consolidate(ScopeData(Scope(self.units["90"], 2026, 2026)))
        lines = [line for section in figures.sections for line in section.lines]
        return next(line for line in lines if line.definition.code == code).total.number

    def behind(self, code):
        found = drill(Scope(self.units["90"], 2026, 2026), code)
        return sum(one.number for part in found.parts for one in part.contributions)

    def test_what_was_done_adds_up(self):
        self.assertEqual((self.number("DT03"), self.behind("DT03")), (11, 11))

    def test_what_is_there_at_the_end_is_told_by_the_successor_alone(self):
        self.assertEqual((self.number(self.stock), self.behind(self.stock)), (6, 6))

    def test_units_are_counted_once(self):
        counted = Indicator.objects.filter(
            catalogue=self.period.catalogue, aggregation="COUNT", formula__contains="DT03"
        )
        for code in counted.values_list("code", flat=True):
            with self.subTest(code):
                self.assertEqual(self.number(code), self.behind(code))
                self.assertLessEqual(self.number(code), 1)

    def test_a_share_of_units_is_of_those_that_stand(self):
        """UNITS leaves out the commune that ended."""
        data = ScopeData(Scope(self.units["90"], 2026, 2026))
        facts = read_facts(data, data.years, ["DT03"])[None]
        evaluator = Evaluator(data.definitions, facts, data.years)
        level, period = "commune", self.period.pk
        standing = AdministrativeUnit.objects.on(self.period.structure_date).filter(level=level)
        self.assertEqual(evaluator.units(level, period).number, standing.count())
        self.assertEqual(
            facts.units[period, level], standing.count() + 1
        )  # asked: it has to be sent

    def test_the_report_says_that_it_ends(self):
        old = self.report("902")
        self.client.force_login(self.board)
        page = self.client.get(f"/bao-cao/{old.pk}/")
        self.assertContains(page, "hết hiệu lực từ ngày 01/07/2026")
