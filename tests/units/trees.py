"""Random units in time for property tests: a tree, then mergers, splits, renames and ends on random days."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field

from hypothesis import strategies as st

from danvan.units.models import AdministrativeUnit, Level, UnitSuccession

FIRST = datetime.date(2020, 1, 1)
KIND = {Level.PROVINCE: "tinh", Level.DISTRICT: "huyen", Level.COMMUNE: "xa"}


@dataclass
class Growing:
    """Units in force while a history is made; `change` is called with ever later days."""

    standing: list[AdministrativeUnit] = field(default_factory=list)
    codes: int = 0

    def add(self, level, parent, day, code="", name="") -> AdministrativeUnit:
        """Create a unit that begins on `day`."""
        self.codes += 1
        unit = AdministrativeUnit(
            code=code or str(1000 + self.codes), kind=KIND[level], name=name or f"Số {self.codes}",
            level=level, parent=parent, valid_from=day,
        )  # fmt: skip
        unit.save()
        self.standing.append(unit)
        return unit

    def end(self, unit, day) -> None:
        """End `unit` on `day`."""
        unit.valid_to = day
        unit.save()
        self.standing.remove(unit)

    def follow(self, olds, news, day) -> None:
        """Draw the arrows."""
        UnitSuccession.objects.bulk_create(
            UnitSuccession(predecessor=old, successor=new, date=day) for old in olds for new in news
        )

    def below(self, unit) -> list[AdministrativeUnit]:
        """Return the standing units right below."""
        return [one for one in self.standing if one.path_above == unit.path]

    def move_down(self, children, parent, day) -> None:
        """Carry `children` and all below them over to `parent`: new rows, the same units."""
        for child in children:
            below = self.below(child)
            self.end(child, day)
            new = self.add(child.level, parent, day, code=child.code, name=child.name)
            self.follow([child], [new], day)
            self.move_down(below, new, day)

    def change(self, what: str, unit, others, day, keeps_code: bool) -> None:
        """Rename, merge, split or end `unit` on `day`; a rename leaves the rows below as they are."""
        olds = [unit] if what != "merge" else [unit, *others]
        below = [child for old in olds for child in self.below(old)]
        for old in olds:
            self.end(old, day)
        code, above = unit.code if keeps_code else "", self.above(unit)
        if what == "rename":
            news = [self.add(unit.level, above, day, code=unit.code)]
        elif what == "merge":
            news = [self.add(unit.level, above, day, code=code)]
        elif what == "split":
            news = [self.add(unit.level, above, day, code=code)]
            news.append(self.add(unit.level, above, day))
        else:
            news = []
        self.follow(olds, news, day)
        if what != "rename":
            self.move_down(below, news[0] if news else self.above(unit), day)

    def above(self, unit) -> AdministrativeUnit | None:
        """Return the standing unit right above, None for a root."""
        return next((one for one in self.standing if one.path == unit.path_above), None)


@st.composite
def histories(draw) -> Growing:
    """Draw a province or two with districts and communes, and up to eight changes until 2025."""
    made = Growing()
    for _ in range(draw(st.integers(1, 2))):
        province = made.add(Level.PROVINCE, None, FIRST)
        for _ in range(draw(st.integers(0, 2))):
            district = made.add(Level.DISTRICT, province, FIRST)
            for _ in range(draw(st.integers(0, 3))):
                made.add(Level.COMMUNE, district, FIRST)
        for _ in range(draw(st.integers(0, 2))):
            made.add(Level.COMMUNE, province, FIRST)
    days = st.dates(datetime.date(2023, 11, 1), datetime.date(2025, 2, 28))
    for day in sorted(draw(st.lists(days, max_size=8, unique=True))):
        unit = draw(st.sampled_from(made.standing))
        beside = [
            one
            for one in made.standing
            if one != unit and (one.level, one.path_above) == (unit.level, unit.path_above)
        ]
        choices = ["rename", "split"]
        choices += ["merge"] if beside else []
        choices += ["end"] if unit.level == Level.DISTRICT else []
        what = draw(st.sampled_from(choices))
        others = draw(st.lists(st.sampled_from(beside), min_size=1, unique=True)) if beside else []
        made.change(what, unit, others, day, draw(st.booleans()))
    return made
