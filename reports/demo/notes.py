"""The explanations (giải trình) that stand at demonstration figures a rule asks about."""

from decimal import Decimal

from reports.demo.board import DemoUnit
from reports.demo.chance import pick
from reports.demo.texts import words
from reports.figures.figure import Figure
from reports.figures.rules import is_jump


def explain(unit: DemoUnit, year: int, code: str, number: Decimal, prior: Figure | None) -> str:
    """Return the note a figure needs, "" where no rule asks for one (domain reference §2.2)."""
    if code == "TD01" and number < {"X": 24}.get(unit.letter, 12):
        return pick(words("few_days"), code, unit.code, year)
    if prior is None or prior.number is None:
        return ""
    if not is_jump(number, prior.number):
        return ""
    direction = "up" if number > prior.number else "down"
    return pick(words(f"{direction}_{code[:2]}") or words(direction), code, unit.code, year)
