"""The figures of one report, divided between the units that its unit became.

Figures are divided into whole numbers (decimals to their third place): nobody held half a conference, and
rows must add up on paper. The pieces of a figure add up to it exactly, whatever the shares, and the pieces
of "trong đó" figures to the piece of the figure above them: they are cut where their running sum is cut.
No piece is further than one from its share. Reasons: docs/decisions.md.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from danvan.common.numbers import rounded
from reports.consolidation.figures import Definition
from reports.consolidation.parts import Facts, Part, PeriodLevel, Piece
from reports.models import ValueType

Amounts = dict[str, Decimal]


def apportioned(
    numbers: Amounts, weights: Sequence[Decimal], definitions: Mapping[str, Definition]
) -> list[Amounts]:
    """Return one piece of `numbers` (by code) for each of `weights`, which add up to 1."""
    pieces, rest, left = [], dict(numbers), Decimal(1)
    for weight in weights[:-1]:
        piece = (
            _share(rest, weight / left, definitions)
            if left > 0
            else dict.fromkeys(rest, Decimal(0))
        )
        rest = {code: number - piece[code] for code, number in rest.items()}
        left -= weight
        pieces.append(piece)
    return [*pieces, rest]


def _share(numbers: Amounts, share: Decimal, definitions: Mapping[str, Definition]) -> Amounts:
    """Return the part of `share` of each number, cut at the running sum of its group."""
    taken, running = {}, dict[str, Decimal]()
    for code in definitions:
        if code not in numbers:
            continue
        places = 0 if definitions[code].value_type == ValueType.INTEGER else 3
        group = definitions[code].parent_code
        before = running.get(group, Decimal(0)) if group else Decimal(0)
        after = before + numbers[code]
        taken[code] = rounded(share * after, places) - rounded(share * before, places)
        running[group] = after if after != numbers.get(group) else Decimal(0)
    return taken


def divided_facts(
    unit: int,
    facts: Facts,
    parts: Sequence[tuple[int, Decimal]],
    definitions: Mapping[str, Definition],
    summed: frozenset[str],
) -> dict[int, Facts]:
    """Return the facts of `unit` divided between its heirs (`parts`: ids and weights), by id of the heir.

    What does not add up (counts, ratings) stays with the first: no heir can be compared by it anyway.
    """
    first, found = parts[0][0], {heir: Facts(mixed=facts.lasting) for heir, _weight in parts}
    found[first].ranks = facts.ranks
    numbers: dict[PeriodLevel, Amounts] = {}
    for code, cells in facts.parts.items():
        for cell, part in cells.items():
            if code in summed:
                numbers.setdefault(cell, {})[code] = part.total
            else:
                found[first].add_part(code, cell, part)
    for cell, given in numbers.items():
        pieces = apportioned(given, [weight for _heir, weight in parts], definitions)
        for (heir, weight), piece in zip(parts, pieces, strict=True):
            for code, number in piece.items():
                told = facts.parts[code][cell]
                total = number if weight else None
                found[heir].add_piece(code, cell, unit, Piece(1, len(parts), total))
                if weight:
                    found[heir].add_part(code, cell, Part(number, 0, told.at_least, told.about))
    return found
