from decimal import Decimal

import pytest

from reports.catalogue.expressions import ExpressionError, holds, names_in, parse, value


def look(**figures):
    return lambda name: None if figures.get(name) is None else Decimal(figures[name])


@pytest.mark.parametrize(
    ("text", "figures", "verdict"),
    [
        ("QT02 = QT03 + QT04", {"QT02": 5, "QT03": 3, "QT04": 2}, True),
        ("QT02 = QT03 + QT04", {"QT02": 5, "QT03": 5}, True),
        ("QT02 = QT03 + QT04", {"QT02": 5, "QT03": 3}, False),
        ("QT02 = QT03 + QT04", {"QT02": 5}, None),
        ("QT02 = QT03 + QT04", {"QT03": 5}, None),
        ("max(DT01, DT02) <= DT03 <= DT01 + DT02", {"DT01": 2, "DT02": 2, "DT03": 3}, True),
        ("max(DT01, DT02) <= DT03 <= DT01 + DT02", {"DT01": 2, "DT02": 2, "DT03": 5}, False),
        ("max(DT01, DT02) <= DT03 <= DT01 + DT02", {"DT01": 2, "DT02": 2, "DT03": 1}, False),
        ("GS08 = 0 => GS09 = 0", {"GS08": 0, "GS09": 1}, False),
        ("GS08 = 0 => GS09 = 0", {"GS08": 1, "GS09": 1}, None),
        ("GS08 = 0 => GS09 = 0", {"GS08": None, "GS09": 1}, None),
        ("QT02 > 0 => QT06 > 0", {"QT02": 1, "QT06": 0}, False),
        ("QT02 > 0 => QT06 > 0", {"QT02": 1, "QT06": None}, None),
        ("GS01 = GS01.MT + GS01.CD", {"GS01": 3, "GS01.MT": 1, "GS01.CD": 2}, True),
    ],
)
def test_rules_and_blanks(text, figures, verdict):
    assert holds(parse(text), look(**figures)) is verdict


@pytest.mark.parametrize(
    ("text", "figures", "number"),
    [
        ("(DT08 + DT09) / DT07", {"DT08": 3, "DT09": 1, "DT07": 8}, "0.5"),
        ("QT07 / QT08", {"QT07": 0, "QT08": 0}, None),
        ("QT07 / QT08", {"QT07": 1, "QT08": None}, None),
        ("DV09 + DV10 + DV11", {"DV11": 4}, "4"),
        ("DV09 + DV10 + DV11", {}, None),
        ("1 - 2 * 3", {}, "-5"),
        ("2 * (1 + 3)", {}, "8"),
        ("min(A1, B1)", {"A1": 3}, "3"),
    ],
)
def test_arithmetic(text, figures, number):
    expected = None if number is None else Decimal(number)
    assert value(parse(text), look(**figures)) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "QT02 =",
        "QT02 = = 3",
        "(QT02",
        "QT02)",
        "__import__('os')",
        "QT02 if 1 else 2",
        "max()",
        "QT02 => QT03 > 1",
        "1" * 3 + "(" * 50,
        "(" * 20 + "1" + ")" * 20,
    ],
)
def test_nonsense_is_refused_in_vietnamese(text):
    with pytest.raises(ExpressionError) as error:
        parse(text)
    assert str(error.value)


def test_names_leave_out_levels_and_units():
    assert names_in(parse("DT13@X / UNITS@X")) == {"DT13"}


def test_a_number_is_not_a_rule():
    with pytest.raises(ExpressionError):
        holds(parse("DT13 + 1"), look(DT13=1))
