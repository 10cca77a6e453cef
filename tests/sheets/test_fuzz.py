"""A thousand mutants of honest files, fixed seed: each is read or refused, none does anything else."""

import random

import pytest

from danvan.common.sheets.precheck import WORKBOOKS, FileRefused
from tests.sheets import corpus
from tests.sheets.corpus import honest, number_cells, packed, parts, row, text_cell

pytestmark = pytest.mark.no_engine

MUTANTS = 1000
READ_AFTER_CHECKS = 80  # mutants that pass the checks and are opened in a child


def _mutated(rng: random.Random) -> bytes:
    """Return an honest workbook with bytes flipped in the zip or in one of its parts."""
    rows = row(2, text_cell("A2", "x1"), text_cell("B2", "An")) + number_cells(3, "5", "1.5")
    if rng.random() < 0.4:
        data = bytearray(honest(rows))
        for _ in range(rng.randrange(1, 8)):
            data[rng.randrange(len(data))] = rng.randrange(256)
        return bytes(data[: rng.choice([len(data), len(data), rng.randrange(len(data))])])
    members = {name: bytearray(text.encode()) for name, text in parts(rows).items()}
    victim = members[rng.choice(sorted(members))]
    for _ in range(rng.randrange(1, 5)):
        place = rng.randrange(len(victim))
        action = rng.randrange(4)
        if action == 0:
            victim[place] = rng.randrange(256)
        elif action == 1:
            del victim[place : place + rng.randrange(1, 30)]
        elif action == 2:
            victim[place:place] = rng.choice(
                [b"&x;", b"<c>", b"]]>", b"\x00", b"<f>1</f>", b"9" * 40]
            )
        else:
            victim[place:place] = bytes(victim[place : place + 60])
        if not victim:
            break
    return packed({name: bytes(text) for name, text in members.items()})


def test_a_thousand_mutants(tmp_path):
    rng = random.Random(20241231)
    path, opened, refused = tmp_path / "m.xlsx", 0, 0
    for _ in range(MUTANTS):
        path.write_bytes(_mutated(rng))
        try:
            WORKBOOKS.check(path, "m.xlsx")
            if opened >= READ_AFTER_CHECKS:
                continue
            opened += 1
            with corpus.opened(path, "m.xlsx") as workbook:
                assert all(isinstance(number, int) for number, _ in workbook.rows)
        except FileRefused as refusal:
            refused += 1
            assert str(refusal)
    assert opened == READ_AFTER_CHECKS
    assert refused > MUTANTS / 10
