"""Fields of the house: what people type, and what a phone lets them type."""

import datetime
from decimal import Decimal

from django import forms
from django.test import SimpleTestCase

from danvan.common.forms import DateInput, NumberField


class DayForm(forms.Form):
    day = forms.DateField(widget=DateInput())


class DayTest(SimpleTestCase):
    def test_a_day_is_read_however_it_is_written(self):
        for typed in (
            *("05/03/2024", "5/3/2024", "5-3-2024", "5.3.2024", "05032024", " 05032024 "),
            *("050324", "5/3/24", "5.3.24", "05-03-24", "5 3 2024"),
        ):
            with self.subTest(typed):
                form = DayForm({"day": typed})
                self.assertTrue(form.is_valid(), form.errors)
                self.assertEqual(form.cleaned_data["day"], datetime.date(2024, 3, 5))

    def test_digits_that_are_no_day_or_could_be_two_are_asked_about(self):
        for typed in (
            "1112024",
            "31022024",
            "310224",
            "00000000",
            "5/3",
            "0503",
            "5/3/4",
            "٠٥٠٣٢٠٢٤",
        ):
            with self.subTest(typed):
                self.assertFalse(DayForm({"day": typed}).is_valid())


class YearlessTest(SimpleTestCase):
    def test_the_year_is_the_one_in_which_the_day_lies_inside(self):
        inside = datetime.date(2023, 12, 15), datetime.date(2024, 12, 20)
        for typed, day in (
            ("1/10", "01/10/2024"),
            ("31.12", "31/12/2023"),
            ("16/12", "16/12/2024"),  # it lies there twice: the later one
            ("29/2", "29/02/2024"),
            ("30/2", "30/2"),
            ("1/10/2022", "01/10/2022"),
        ):
            with self.subTest(typed):
                assert DateInput(inside=inside).written_out(typed) == day
        shut = datetime.date(2024, 1, 1), datetime.date(2024, 6, 30)
        assert DateInput(inside=shut).written_out("1/10") == "1/10"


class DisabledNumberTest(SimpleTestCase):
    def test_a_stored_number_is_not_read_as_typing(self):
        """90.50 is a question when typed and a number when stored; 7.500 would be seven thousand."""
        for whole, stored in (
            (False, Decimal("90.50")),
            (False, Decimal("7.500")),
            (False, Decimal("0.125")),
            (True, 1140),
            (True, 0),
            (False, None),
        ):
            with self.subTest(stored):
                field = NumberField(whole=whole, required=False, disabled=True)
                form = type("F", (forms.Form,), {"n": field})({}, initial={"n": stored})
                self.assertTrue(form.is_valid(), form.errors)
                self.assertEqual(form.cleaned_data["n"], stored)
                self.assertFalse(form.has_changed())
