"""The choices of the consolidation pages: only what the reader may see is offered and accepted."""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from textwrap import shorten
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.db.models import Q, QuerySet

from danvan.accounts.models import User
from danvan.accounts.scope import units_visible_to, with_predecessors_of
from danvan.common.ops.arguments import MAX_YEARS
from danvan.common.text import clean_line
from danvan.units.forms import MOST_OFFERED
from danvan.units.models import AdministrativeUnit, Level, UnitSuccession
from danvan.units.queries import keys_around
from reports.consolidation.scope import ReadBefore, Scope, defining
from reports.consolidation.units import RowKey
from reports.consolidation.words import day_text
from reports.models import Aggregation, Report, ReportingPeriod, ValueType

LEVELS, UNITS = "levels", "units"


@dataclass(frozen=True)
class Wanted:
    """The validated choices of a reader."""

    unit: AdministrativeUnit
    key: str
    first: int
    last: int
    section: str | None
    level: str | None
    include_submitted: bool
    view: str
    chart: str | None
    row: RowKey | None
    words: str
    as_of: datetime.date | None = None
    known: ReadBefore = ReadBefore()

    def scope(self, within: QuerySet, **narrower: Any) -> Scope:
        """Return the scope asked for among the units of `within`; `narrower` are fields of Scope."""
        return Scope(
            self.unit,
            self.first,
            self.last,
            include_submitted=self.include_submitted,
            within=within,
            as_of=self.as_of,
            known=self.known,
            **narrower,
        )

    @property
    def levels(self) -> tuple[str, ...] | None:
        """The levels kept, None for all."""
        return (self.level,) if self.level else None

    @property
    def query(self) -> str:
        """The scope as a query string, for links that stay in it."""
        chosen = {"state": "submitted"} if self.include_submitted else {}
        chosen |= {"as_of": self.as_of.isoformat()} if self.as_of else {}
        return urlencode({"unit": self.key, "first": self.first, "last": self.last, **chosen})


def _standing_on(text: str | None) -> Q:
    """Return what asks for the units in force on a day as addresses write it; for none where it is no day."""
    try:
        day = datetime.date.fromisoformat(text or "")
    except ValueError:
        return Q(pk__in=[])
    return Q(Q(valid_to=None) | Q(valid_to__gt=day), valid_from__lte=day)


def _choice(label: str, *choices: tuple[str, str]) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, required=False, choices=choices)


class ConsolidationFilter(forms.Form):
    """Unit, years, section, level, state and view; what is missing takes the usual value.

    What depends on the reader and the years is offered by _offer().
    """

    unit = _choice("Đơn vị")
    first = _choice("Từ năm")
    last = _choice("Đến năm")
    section = _choice("Mục")
    level = _choice("Cấp")
    state = _choice("Báo cáo", ("", "Đã duyệt"), ("submitted", "Cả chờ duyệt"))
    as_of = _choice("Đơn vị hành chính")
    view = _choice("Cách xem", ("", "Theo cấp"), (UNITS, "Theo đơn vị trực thuộc"))
    chart = _choice("Biểu đồ")
    row = forms.CharField(label="Dòng", required=False, max_length=20)
    q = forms.CharField(label="Tìm chỉ tiêu", required=False, max_length=100)

    def __init__(self, data: Any, user: User) -> None:
        self.user = user
        data = data.copy()
        self.periods = ReportingPeriod.objects.with_tiers().counted()
        years = sorted({period.year for period in self.periods}, reverse=True)
        if years:
            data["last"] = data.get("last") or data.get("first") or years[0]
            data["first"] = data.get("first") or data["last"]
        self.units = self._units(data)
        data["unit"] = self._key(data.get("unit", ""))
        if not data.get("unit") and self.units:
            data["unit"] = self._usual_unit()
        super().__init__(data)
        self._offer(years)

    def clean(self) -> dict[str, Any]:
        """Refuse years in the wrong order and ranges too long to add up."""
        data = super().clean() or {}
        first, last = data.get("first"), data.get("last")
        if first and last and int(first) > int(last):
            self.add_error("last", f"Năm cuối phải từ {first} trở đi. Vui lòng chọn lại.")
        elif first and last and int(last) - int(first) >= MAX_YEARS:
            self.add_error("last", f"Chỉ tổng hợp tối đa {MAX_YEARS} năm một lần.")
        return data

    @property
    def wanted(self) -> Wanted | None:
        """What was asked for; None when a choice is not one of those offered."""
        if not self.periods or not self.units or not self.is_valid():
            return None
        chosen = self.cleaned_data
        return Wanted(
            unit=self.units[chosen["unit"]],
            key=chosen["unit"],
            first=int(chosen["first"]),
            last=int(chosen["last"]),
            section=chosen["section"] or None,
            level=chosen["level"] or None,
            include_submitted=chosen["state"] == "submitted",
            view=chosen["view"] or LEVELS,
            chart=chosen["chart"] or None,
            row=RowKey.read(chosen["row"]),
            words=chosen["q"],
            as_of=datetime.date.fromisoformat(chosen["as_of"]) if chosen["as_of"] else None,
            known=self.known,
        )

    def _in_range(self, data: Any) -> list[ReportingPeriod]:
        """Return the periods between the years asked for; all of them where those are no years."""
        try:
            first, last = int(data["first"]), int(data["last"])
        except (KeyError, ValueError):
            return self.periods
        return [period for period in self.periods if first <= period.year <= last] or self.periods

    def _indicators(self, data: Any) -> list[Any]:
        """Return the indicators of the years asked for and of as many before."""
        if not (asked := self._in_range(data)):
            return []
        first, last = asked[0].year, asked[-1].year
        years = range(2 * first - last - 1, last + 1)
        catalogues = {one.catalogue_id for one in self.periods if one.year in years}
        return defining(catalogues)

    def _units(self, data: Any) -> dict[str, AdministrativeUnit]:
        """Return the visible units that report in the range, under their last name, and the own, by key.

        The key is the code; of several units that had one code in turn it is that of the last, the
        others' carry the day they began ("13294@2020-01-01"). The days on which these units began or ended
        can be chosen (`days`); in the units of such a day (`as_of`) those in force on it are offered as
        well, and no key means another unit for that.
        """
        self.catalogues = {period.catalogue_id for period in self._in_range(data)}
        self.tiers = {level for period in self._in_range(data) for level in period.tiers}
        periods = [period.pk for period in self._in_range(data)]
        rows = units_visible_to(self.user).select_related("parent")
        reporting = Report.objects.visible_to(self.user).filter(period__in=periods).values("unit")
        reports = Q(pk__in=reporting)
        known = list(
            rows.filter(reports | Q(pk=self.user.unit_id) | _standing_on(data.get("as_of")))
            .annotate(is_reporting=reports)
            .order_by("is_reporting", "valid_from", "pk")
        )
        offered = [one for one in known if one.is_reporting or one.pk == self.user.unit_id]
        days = {day for unit in offered for day in (unit.valid_from, unit.valid_to)}
        start = self.periods[0].start if self.periods else datetime.date.max
        self.days = sorted(day for day in days if day and day > start)
        self.day = day = next((day for day in self.days if str(day) == data.get("as_of")), None)
        standing = [one for one in known if day and one.in_force(day)]
        firsts = self.firsts = UnitSuccession.objects.first_versions([*offered, *standing])
        self.known = ReadBefore(
            self.periods,
            self._indicators(data),
            firsts,
            with_predecessors_of(self.user),
            {unit.pk: unit for unit in [*offered, *standing]},
        )
        found = {firsts.get(unit.pk, unit.pk): unit for unit in offered}
        self.own = found.get(firsts.get(self.user.unit_id or 0, self.user.unit_id or 0))
        as_were = self._keyed(found.values())
        if self.day is None:
            return as_were
        for unit in standing:
            found.setdefault(firsts.get(unit.pk, unit.pk), unit)
        keys = {unit.pk: key for key, unit in as_were.items()}
        return {
            keys.get(unit.pk) or (f"{unit.code}@{unit.valid_from}" if key in as_were else key): unit
            for key, unit in self._keyed(found.values()).items()
        }

    def _key(self, text: str) -> str:
        """Return the key that `text` means: an address may always name a unit with the day it began.

        A unit is offered under its name of another day as well.
        """
        code, _at, begun = clean_line(text).partition("@")
        if text in self.units or not begun:
            return text
        named = [
            one
            for one in units_visible_to(self.user).filter(code=code)
            if str(one.valid_from) == begun
        ]
        firsts = self.firsts or UnitSuccession.objects.first_versions(
            [*named, *self.units.values()]
        )
        ids = {firsts.get(one.pk, one.pk) for one in named}
        same = (key for key, one in self.units.items() if firsts.get(one.pk, one.pk) in ids)
        return next(same, text)

    @staticmethod
    def _keyed(found: Iterable[AdministrativeUnit]) -> dict[str, AdministrativeUnit]:
        """Return units by key, in the order of the tree."""
        units = sorted(found, key=lambda unit: unit.tree_key)
        last = {unit.code: unit for unit in sorted(units, key=lambda unit: unit.valid_from)}
        return {
            unit.code if last[unit.code] == unit else f"{unit.code}@{unit.valid_from}": unit
            for unit in units
        }

    def _usual_unit(self) -> str:
        """Return the key of the reader's own unit; for superusers that of the first root."""
        return next((key for key, unit in self.units.items() if unit == self.own), None) or next(
            iter(self.units)
        )

    def _offer(self, years: list[int]) -> None:
        """Fill in the choices of the form."""
        fields: dict[str, Any] = self.fields
        fields["first"].choices = fields["last"].choices = [(str(y), str(y)) for y in years]
        fields["unit"].choices = self._grouped_units()
        levels = [(level.value, level.label) for level in Level if level in self.tiers]
        fields["level"].choices = [("", "Tất cả"), *levels]
        fields["as_of"].choices = [
            ("", "Như từng năm"),
            *((str(day), f"Quy đổi theo đơn vị từ {day_text(day)}") for day in self.days),
        ]
        rows = [row for row in self.known.indicators or () if row.catalogue_id in self.catalogues]
        labels = {row.section__code: row.section__label for row in rows}
        fields["section"].choices = [("", "Tất cả"), *labels.items()]
        chosen = self.data.get("section", "")
        names = {
            row.code: row.label
            for row in sorted(rows, key=lambda row: row.order)
            if row.value_type not in (ValueType.TEXT, ValueType.RATING)
            and row.aggregation != Aggregation.NONE
            and (not labels.get(chosen) or row.section__code == chosen)
        }
        fields["chart"].choices = [
            ("", "Chỉ tiêu đầu mục"),
            *(
                (code, f"{code} {shorten(label, 60, placeholder='…')}")
                for code, label in names.items()
            ),
        ]
        wrong = "Không có đơn vị này trong phạm vi và những năm đã chọn."
        fields["unit"].error_messages["invalid_choice"] = wrong
        for field in fields.values():
            field.widget.attrs["class"] = "form-select"

    def _offered(self) -> dict[str, AdministrativeUnit]:
        """Return the units to choose among: of a country's the roots and those around the chosen one."""
        if len(self.units) <= MOST_OFFERED:
            return self.units
        chosen = self.units.get(str(self.data.get("unit", "")))
        around = {None, *keys_around(chosen)}
        near = {key: unit for key, unit in self.units.items() if unit.parent_id in around}
        return near | ({str(self.data["unit"]): chosen} if chosen else {})

    def _grouped_units(self) -> list:
        """Return the unit choices: the boards first, then the communes of each district, last the bodies."""
        boards: list[tuple[str, str]] = []
        bodies: list[tuple[str, str]] = []
        groups: dict[str, list] = {}
        for key, unit in self._offered().items():
            group = bodies if unit.is_body else boards
            if unit.level == Level.COMMUNE:
                group = groups.setdefault(unit.parent.full_name if unit.parent else "", [])
            group.append((key, unit.full_name))
        below = [(Level.BODY.label, bodies)] if bodies else []
        return [*boards, *groups.items(), *below]
