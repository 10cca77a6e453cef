"""A change of units worked out: which rows end, which begin, what follows what. Nothing is written here.

A merger, split, new name or end of units on one day, as a resolution states it. Units below a unit that
ends are carried along with it. Whoever writes it (reports/restructuring/) also knows of accounts and reports.
"""

import datetime
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db.models import Q

from danvan.units.kinds import LEVEL_OF_KIND, Level, UnitKind
from danvan.units.models import AdministrativeUnit, UnitSuccession

_DAY = datetime.timedelta(days=1)
SHARE = Decimal("0.0001")  # as exact as a share is stored


@dataclass(frozen=True)
class NewUnit:
    """A unit that begins: `parent` is the code of the unit above, "" for a province."""

    code: str
    kind: str
    name: str
    parent: str = ""

    @property
    def level(self) -> Level:
        """The level its kind belongs to."""
        return LEVEL_OF_KIND[UnitKind(self.kind)]

    def __str__(self) -> str:
        return f"{UnitKind(self.kind).label} {self.name}"


@dataclass(frozen=True)
class Transfer:
    """The unit of code `old` goes (in part: `share`) into the one of code `new`; "" where it only ends."""

    old: str
    new: str = ""
    share: Decimal | None = None


@dataclass(frozen=True)
class Plan:
    """What a resolution says. `basis` is its number as the register writes it: "NQ 1674/NQ-UBTVQH15"."""

    day: datetime.date
    units: tuple[NewUnit, ...] = ()
    moves: tuple[Transfer, ...] = ()
    basis: str = ""


@dataclass
class Outcome:
    """The rows of a change, not stored yet: `ended` (stored, with their new end), `created`, `arrows`.

    `created` are in an order in which each has the one above before it. `carried` are the ids of the ended
    that the plan does not name: units below. `above` has the unit over each that ended without heir, by id.
    """

    day: datetime.date
    ended: list[AdministrativeUnit] = field(default_factory=list)
    created: list[AdministrativeUnit] = field(default_factory=list)
    arrows: list[UnitSuccession] = field(default_factory=list)
    carried: set[int] = field(default_factory=set)
    above: dict[int, AdministrativeUnit] = field(default_factory=dict)

    def heirs(self) -> dict[int, list[AdministrativeUnit]]:
        """Return what each ended unit became, by id: [] for one that only ended."""
        found: dict[int, list[AdministrativeUnit]] = {unit.pk: [] for unit in self.ended}
        for arrow in self.arrows:
            found[arrow.predecessor_id].append(arrow.successor)
        return found

    def same_units(self) -> dict[int, AdministrativeUnit]:
        """Return, by id, the ended units that go on as the same unit, with their new row.

        As UnitSuccessionQuerySet.renames() will tell once the rows are stored.
        """
        came = Counter(arrow.successor.code for arrow in self.arrows)
        begun = {unit.code for unit in self.created}
        ended = {unit.pk: unit for unit in self.ended}
        return {
            pk: heirs[0]
            for pk, heirs in self.heirs().items()
            if len(heirs) == 1
            and heirs[0].code in begun
            and came[heirs[0].code] == 1
            and (heirs[0].code, heirs[0].level) == (ended[pk].code, ended[pk].level)
        }


def work_out(plan: Plan) -> Outcome:
    """Return the rows of `plan`. Two queries. Raises ValidationError with a sentence for every problem."""
    return _Work(plan).done()


class _Work:
    """The tree around the day of a plan, while the plan is carried out in memory."""

    def __init__(self, plan: Plan) -> None:
        self.plan, self.day = plan, plan.day
        self.problems: list[str] = []
        self.out = Outcome(plan.day)
        open_rows = Q(valid_to=None) | Q(valid_to__gte=plan.day)
        rows = list(AdministrativeUnit.objects.filter(open_rows).select_related("parent"))
        self.before = {unit.code: unit for unit in rows if unit.in_force(plan.day - _DAY)}
        self.standing = {unit.code: unit for unit in rows if unit.in_force(plan.day)}
        self.later = [unit for unit in rows if unit.valid_from >= plan.day]
        self.goes: dict[str, list[Transfer]] = defaultdict(list)
        for move in plan.moves:
            self.goes[move.old].append(move)
        self.wanted = {move.new for move in plan.moves}
        self.ended: dict[str, AdministrativeUnit] = {}
        self.begun: dict[str, AdministrativeUnit] = {}

    def done(self) -> Outcome:
        """Carry the plan out from the top of the tree down; the units must have ended before others begin."""
        if not self.plan.moves:
            self.problems.append("Vui lòng ghi ít nhất một đơn vị cũ và đơn vị kế thừa.")
        self._end_named()
        for level in Level:
            for new in self.plan.units:
                if new.level == level:
                    self._begin(new)
            for unit in [one for one in self.before.values() if one.level == level]:
                if unit.code not in self.ended and (above := self._ended_above(unit)):
                    self._carry(unit, above)
        self._follow()
        self._check_later()
        if self.problems:
            raise ValidationError(list(dict.fromkeys(self.problems)))
        return self.out

    def _end_named(self) -> None:
        for code, moves in self.goes.items():
            unit = self.before.get(code)
            if unit is None:
                self.problems.append(
                    f"Không có đơn vị mã {code} có hiệu lực ngày {self.day - _DAY:%d/%m/%Y}. Vui lòng "
                    "xem lại mã hoặc ngày hiệu lực."
                )
            elif unit.valid_to is not None:
                self._refuse_second_end(unit)
            else:
                self._check_shares(unit, moves)
                self._end(unit)

    def _check_shares(self, unit: AdministrativeUnit, moves: list[Transfer]) -> None:
        if len({move.new for move in moves}) < len(moves):
            self.problems.append(
                f"{unit} được ghi hai lần về cùng một đơn vị. Vui lòng bỏ một dòng."
            )
        if any(not move.new for move in moves):
            if len(moves) > 1:
                self.problems.append(
                    f"{unit} vừa có đơn vị kế thừa vừa ghi kết thúc. Vui lòng bỏ một dòng."
                )
            elif unit.level != Level.DISTRICT:
                self.problems.append(
                    f"Vui lòng ghi {unit.full_name_in_text} nhập về đơn vị nào: chỉ cấp huyện kết thúc mà "
                    "không có đơn vị kế thừa."
                )
            return
        shares = [move.share for move in moves if move.share is not None]
        if shares and len(shares) < len(moves):
            self.problems.append(
                f"Vui lòng ghi tỷ lệ cho mọi phần của {unit.full_name_in_text}, hoặc để trống cả."
            )
        elif shares and (total := sum(shares, Decimal(0))) != 1:
            told = "vượt quá" if total > 1 else "chưa đủ"
            percent = f"{(total * 100).normalize():f}".replace(".", ",")
            self.problems.append(
                f"Tổng tỷ lệ chia của {unit.full_name_in_text} là {percent} %, {told} 100 %."
            )

    def _end(self, unit: AdministrativeUnit) -> None:
        unit.valid_to = self.day
        self.ended[unit.code] = unit
        self.standing.pop(unit.code, None)
        self.out.ended.append(unit)
        if self.plan.basis:
            ending = f"; end={self.plan.basis}; succ NQ"
            unit.source = unit.source[: 200 - len(ending)] + ending

    def _begin(self, new: NewUnit) -> None:
        held = self.standing.get(new.code)
        held = held or next((one for one in self.later if one.code == new.code), None)
        if held is not None:
            self.problems.append(
                f"Mã {new.code} đang là của {held.full_name_in_text}. Vui lòng dùng mã khác, hoặc ghi đơn vị "
                "đó vào cột đơn vị cũ."
            )
            return
        if new.code not in self.wanted:
            self.problems.append(
                f"Chưa ghi đơn vị cũ nào nhập về {new}. Vui lòng ghi hoặc bỏ đơn vị này."
            )
        above = self.standing.get(new.parent)
        if above is None and (new.parent or new.level != Level.PROVINCE):
            told = f"mã {new.parent} không có hiệu lực ngày {self.day:%d/%m/%Y}"
            self.problems.append(
                f"Đơn vị cấp trên của {new} {told if new.parent else 'chưa được ghi'}. Vui lòng chọn "
                "đơn vị cấp trên."
            )
            return
        self._add(new.code, new.kind, new.name, new.level, above)

    def _add(
        self, code: str, kind: str, name: str, level: str, above: AdministrativeUnit | None
    ) -> AdministrativeUnit:
        unit = AdministrativeUnit(code=code, kind=kind, name=name, level=level, parent=above)
        unit.valid_from = self.day
        unit.source = f"start={self.plan.basis}" if self.plan.basis else ""
        try:
            unit.clean_fields(exclude=["parent", "path", "name_search", "name_sort"])
            unit.clean()
        except ValidationError as error:
            self.problems += [f"{unit} ({code}): {message}" for message in error.messages]
        unit.derive()
        self.standing[code] = self.begun[code] = unit
        self.out.created.append(unit)
        return unit

    def _ended_above(self, unit: AdministrativeUnit) -> AdministrativeUnit | None:
        codes = unit.path_above.rstrip("/").rsplit("/", 1)
        above = self.ended.get(codes[-1])
        return above if above is not None and above.path == unit.path_above else None

    def _carry(self, unit: AdministrativeUnit, above: AdministrativeUnit) -> None:
        """Put `unit`, whose unit above ended, below what that became: a new row of the same unit.

        A body is no area: it ends with the unit it belongs to, but where that goes on as the same unit.
        """
        heirs = [move.new for move in self.goes[above.code] if move.new]
        if above.pk in self.out.carried:
            heirs = [above.code]
        if unit.valid_to is not None:
            # What another change ends later is not carried along; a body just ends on the day it is to end.
            if unit.valid_to != self.day and not unit.is_body:
                self._refuse_second_end(unit)
            return
        if unit.is_body and heirs != [above.code]:
            self._end_body(unit, above, heirs)
            return
        if len(heirs) > 1:
            self.problems.append(
                f"{above} chia về nhiều đơn vị: vui lòng ghi {unit.full_name_in_text} (mã {unit.code}) "
                "thuộc đơn vị nào, bằng một đơn vị mới cùng mã."
            )
            return
        target = self.standing.get(heirs[0]) if heirs else self._over(above)
        if target is None or unit.code in self.begun:
            self.problems.append(
                f"Vui lòng ghi {unit.full_name_in_text} (mã {unit.code}) về đâu khi "
                f"{above.full_name_in_text} kết thúc."
            )
            return
        if target.path == above.path:
            return  # the code goes on, so does the path: it stays where it is
        self._end(unit)
        self.out.carried.add(unit.pk)
        new = self._add(unit.code, unit.kind, unit.name, unit.level, target)
        self._arrow(unit, new, None)

    def _over(self, unit: AdministrativeUnit) -> AdministrativeUnit | None:
        """Return what stands on the day over an ended unit: where that ended as well, what it became."""
        path = unit.path_above
        at = next((one for one in self.standing.values() if one.path == path), None)
        above = None if at else self._ended_above(unit)
        if above is None:
            return at
        heirs = [move.new for move in self.goes[above.code] if move.new]
        return self.standing.get(heirs[0]) if heirs else self._over(above)

    def _refuse_second_end(self, unit: AdministrativeUnit) -> None:
        self.problems.append(
            f"{unit} đã có thay đổi khác từ ngày {unit.valid_to:%d/%m/%Y}. Vui lòng rút hoặc hoàn tác thay "
            "đổi đó trước."
        )

    def _end_body(
        self, body: AdministrativeUnit, above: AdministrativeUnit, heirs: list[str]
    ) -> None:
        """Let a body end with the unit above it, unless its place goes on."""
        units = [self.standing[code] for code in heirs if code in self.standing]
        if any(unit.path == above.path for unit in units):
            return
        self._end(body)
        self.out.carried.add(body.pk)
        if over := self._over(body):
            self.out.above[body.pk] = over

    def _follow(self) -> None:
        for code, moves in self.goes.items():
            for move in moves:
                old, new = self.ended.get(code), self.standing.get(move.new)
                if old is not None and not move.new:
                    if above := self._over(old):
                        self.out.above[old.pk] = above
                    else:
                        self.problems.append(f"Vui lòng ghi {old.full_name_in_text} nhập về đâu.")
                if old is None or not move.new:
                    continue
                if new is None:
                    self.problems.append(self._not_standing(move.new))
                else:
                    self._arrow(old, new, move.share if len(moves) > 1 else None)

    def _not_standing(self, code: str) -> str:
        if code in self.ended:
            return (
                f"{self.ended[code]} vừa là đơn vị cũ vừa là đơn vị kế thừa. Nếu đơn vị mới giữ mã "
                f"{code}, vui lòng ghi đơn vị đó ở bước “Đơn vị mới”."
            )
        return (
            f"Đơn vị kế thừa mã {code} không có hiệu lực ngày {self.day:%d/%m/%Y}. Vui lòng xem lại mã, "
            "hoặc ghi đơn vị đó ở bước “Đơn vị mới”."
        )

    def _arrow(
        self, old: AdministrativeUnit, new: AdministrativeUnit, share: Decimal | None
    ) -> None:
        arrow = UnitSuccession(predecessor=old, successor=new, date=self.day, share=share)
        self.out.arrows.append(arrow)

    def _check_later(self) -> None:
        """Refuse a change below which something else begins on its day or later: they would overlap."""
        paths = tuple(unit.path for unit in self.out.ended)
        for unit in self.later if paths else ():
            if unit.path.startswith(paths):
                self.problems.append(
                    f"{unit} có thay đổi khác từ ngày {unit.valid_from:%d/%m/%Y}, chồng lên thay đổi này. "
                    "Vui lòng rút hoặc hoàn tác thay đổi đó trước."
                )
