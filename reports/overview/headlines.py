"""The headline indicators of a unit: chosen by its board, else by the board above, else the usual ones."""

from collections.abc import Collection, Iterable, Mapping

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction

from danvan.accounts.models import User
from danvan.accounts.rights import Action
from danvan.accounts.scope import works_for
from danvan.common.db.locks import hold
from danvan.common.handbook.why import Why
from danvan.units.kinds import Level
from danvan.units.models import AdministrativeUnit
from reports.consolidation.figures import Definition
from reports.models import Aggregation, HeadlineChoice, ValueType
from reports.models.headline import MOST_HEADLINES

# What a leader asks first (the home page begins with some of them): issues solved, dialogues, people
# received, recognised models, villages that met, oversight.
USUAL = ("TH06", "DT03", "TD05", "DV08", "DC11", "GS01")
FEWEST_USUAL = 4


def may_choose(user: User, unit: AdministrativeUnit | None) -> bool:
    """Return whether `user` says what the picture of `unit` begins with: its own board does."""
    return unit is not None and user.can(Action.CHOOSE_HEADLINES) and works_for(user, unit)


def can_lead(definition: Definition) -> bool:
    """Return whether an indicator has one number to draw: no text, no rank."""
    is_number = definition.value_type not in (ValueType.TEXT, ValueType.RATING)
    return is_number and definition.aggregation != Aggregation.NONE


def choice_for(
    unit: AdministrativeUnit, own: Iterable[AdministrativeUnit] = ()
) -> HeadlineChoice | None:
    """Return the choice that counts for `unit`: of its board (`own`: under earlier names), else above it.

    One query.
    """
    mine = {unit.pk, *(one.pk for one in own)}
    holding = AdministrativeUnit.objects.holding(unit) | AdministrativeUnit.objects.filter(
        pk__in=mine
    )
    rows = HeadlineChoice.objects.filter(unit__in=holding.values("pk")).select_related("unit")
    levels = Level.values
    nearest = sorted(rows, key=lambda row: (row.unit_id in mine, levels.index(row.unit.level)))
    return nearest[-1] if nearest else None


def headlines(
    definitions: Mapping[str, Definition], chosen: Collection[str] | None
) -> list[Definition]:
    """Return what leads, in the order of the catalogue: of `chosen` what there is, else the usual ones.

    A catalogue without those gives the first figure of each section.
    """
    fit = {code: one for code, one in definitions.items() if can_lead(one)}
    if chosen and (found := [one for code, one in fit.items() if code in chosen]):
        return found
    usual = [one for code, one in fit.items() if code in USUAL]
    if len(usual) >= FEWEST_USUAL:
        return usual
    firsts: dict[str, Definition] = {}
    for one in fit.values():
        if not one.parent_code and not one.stands_still and not one.is_ratio:
            firsts.setdefault(one.section_code, one)
    return list(firsts.values())[: len(USUAL)]


def choose(
    unit: AdministrativeUnit,
    codes: Collection[str],
    definitions: Mapping[str, Definition],
    user: User,
) -> None:
    """Store what the picture of `unit` begins with; nothing chosen goes back to what counts without it.

    Raises PermissionDenied, ValidationError (Vietnamese).
    """
    if not may_choose(user, unit):
        raise PermissionDenied("Chỉ ban của chính đơn vị được chọn chỉ tiêu trọng tâm.")
    wanted = [code for code, one in definitions.items() if code in codes and can_lead(one)]
    if len(wanted) < len(set(codes)):
        told = "Có chỉ tiêu không còn trong danh mục. Vui lòng chọn lại."
        raise ValidationError(told, code=Why.CATALOGUE)
    if len(wanted) > MOST_HEADLINES:
        raise ValidationError(
            f"Đã chọn {len(wanted)} chỉ tiêu, chỉ giữ được {MOST_HEADLINES}. Vui lòng bỏ bớt.",
            code=Why.LIMIT,
        )
    with transaction.atomic():
        hold(HeadlineChoice, [unit.pk], alone=True)
        row = HeadlineChoice.objects.filter(unit=unit).first()
        if not wanted:
            if row:
                row.delete()
            return
        row = row or HeadlineChoice(unit=unit)
        row.codes, row.chosen_by = wanted, user
        row.save()
