import re
from decimal import Decimal

import pytest

from danvan.common.numbers import NumberProblem, format_number, parse_number


@pytest.mark.parametrize(
    ("typed", "whole", "number"),
    [
        ("1140", True, "1140"),
        ("1.140", True, "1140"),
        ("1 140", True, "1140"),
        ("1\u00a0140", True, "1140"),
        ("0", True, "0"),
        ("007", True, "7"),
        ("90,5", False, "90.5"),
        ("1.140,5", False, "1140.5"),
        ("5,0", True, "5"),
        ("12,345", False, "12.345"),
        ("12.345.678", True, "12345678"),
    ],
)
def test_numbers_as_offices_write_them(typed, whole, number):
    assert parse_number(typed, whole=whole) == Decimal(number)


@pytest.mark.parametrize(
    ("typed", "whole", "asks"),
    [
        ("1.14", True, "đúng 3 chữ số"),
        ("1,140.5", False, "chưa rõ"),
        ("90.5", False, "90,5"),
        ("1.14.140", True, "đúng 3 chữ số"),
        ("1.140 500", True, "chưa rõ"),
        ("90,5", True, "số nguyên"),
        ("1,2345", False, "3 chữ số"),
        ("mười", True, "không phải là số"),
        ("1e9", True, "không phải là số"),
        ("NaN", False, "không phải là số"),
        ("٣", True, "không phải là số"),
        ("９", True, "không phải là số"),
        ("0.500", False, "0,500"),
        ("0.500", True, "đúng 3 chữ số"),
        ("012.345", True, "chưa rõ"),
        ("5,000", True, "5.000 nếu là hàng nghìn, nhập 5 "),
        ("1,145", True, "1.145"),
        ("1,140", False, "nhập 1,14 nếu"),
        ("--1", True, "không phải là số"),
        ("9" * 13, True, "quá lớn"),
        ("9" * 30, True, "quá dài"),
    ],
)
def test_what_is_unclear_is_asked_and_never_guessed(typed, whole, asks):
    with pytest.raises(NumberProblem) as problem:
        parse_number(typed, whole=whole)
    assert asks in str(problem.value)


@pytest.mark.parametrize("typed", ["1.14", "0.500", "90.5", "1.1405", "1.14.140", "012.345"])
@pytest.mark.parametrize("whole", [True, False])
def test_no_hint_proposes_a_number_nobody_can_have_meant(typed, whole):
    """Digits run together are none of the readings: 1.14 is not 114."""
    with pytest.raises(NumberProblem) as problem:
        parse_number(typed, whole=whole)
    numbers = re.findall(r"\d[\d.,]*\d|\d", str(problem.value))
    known = {typed, typed.replace(".", ","), "3", "12.500"}
    assert set(numbers) <= known, problem.value


@pytest.mark.parametrize("typed", ["1,140", "5,000", "1,145", "90.5", "0.500", "12,500"])
@pytest.mark.parametrize("whole", [True, False])
def test_every_number_a_hint_proposes_can_be_typed(typed, whole):
    try:
        parse_number(typed, whole=whole)
    except NumberProblem as problem:
        for number in re.findall(r"nhập (\d[\d.,]*\d|\d)", str(problem)):
            assert parse_number(number, whole=whole) is not None


@pytest.mark.parametrize(
    ("number", "places", "text"),
    [
        (Decimal(1140), None, "1.140"),
        (Decimal("90.500"), None, "90,5"),
        (Decimal("1234567.25"), 1, "1.234.567,3"),
        (Decimal(0), None, "0"),
        (Decimal(100), None, "100"),
        (None, None, ""),
    ],
)
def test_format(number, places, text):
    assert format_number(number, places) == text


@pytest.mark.parametrize("number", ["0", "7", "1140", "999999999999", "90.5", "0.001"])
def test_what_is_shown_can_be_typed_back(number):
    assert parse_number(format_number(Decimal(number)), whole=False) == Decimal(number)
