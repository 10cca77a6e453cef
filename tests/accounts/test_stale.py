"""No form overwrites what its reader has not seen: found by walking all forms, not by a list."""

import datetime
import pkgutil
from importlib import import_module

from django import forms
from django.apps import apps
from django.contrib import admin
from django.test import SimpleTestCase, TestCase

from danvan.accounts.audit.writing import OUR_APPS
from danvan.common.stale import STAMP, StaleFormMixin, stamp_of
from records.forms import RecordForm
from records.models import FieldGuidance
from reports.catalogue.views import SectionForm
from reports.models import Indicator, Rule, Section
from reports.models.letterhead import OfficeLetterhead
from tests.cast import build_cast, build_world

# Forms that never write over a row somebody else may have changed.
NOT_NEEDED = {
    "MailForm": "a person's own ticks; nobody else changes them",
    "OpenForm": "opens a new year; there is no row before",
    "RecognitionForm": "part of the form of its model, which carries the version",
    "SuccessionForm": "adds an arrow; none is ever changed",
}


def import_everything():
    for config in apps.get_app_configs():
        if config.label in (*OUR_APPS, "common"):
            for module in pkgutil.walk_packages([config.path], config.name + "."):
                if ".migrations" not in module.name and ".child" not in module.name:
                    import_module(module.name)


def all_model_forms() -> set[type]:
    """Return every ModelForm class of ours that has a model."""
    import_everything()
    found, waiting = set(), [forms.ModelForm]
    while waiting:
        kind = waiting.pop()
        for child in kind.__subclasses__():
            waiting.append(child)
            ours = child.__module__.startswith(("danvan", "records", "reports"))
            if ours and child._meta.model and "Form" in child.__name__:
                found.add(child)
    return found


class TestEveryForm(SimpleTestCase):
    def test_carries_a_version_or_a_stamp_or_says_why_not(self):
        walked = all_model_forms()
        self.assertGreaterEqual(len(walked), 8)
        self.assertIn("version", RecordForm.base_fields, "the base of the forms of all nine kinds")
        bare = {
            form.__name__
            for form in walked
            if not issubclass(form, StaleFormMixin) and "version" not in form.base_fields
        }
        self.assertEqual(bare, set(NOT_NEEDED) - {"SuccessionForm"})

    def test_every_admin_form_carries_its_stamp(self):
        for model, page in admin.site._registry.items():
            with self.subTest(model.__name__):
                self.assertTrue(issubclass(page.form, StaleFormMixin))
                if page.form.__name__ not in NOT_NEEDED:
                    shown = page.get_fieldsets(None, model())
                    self.assertIn(STAMP, [name for _, part in shown for name in part["fields"]])


class TestStampedForms(TestCase):
    """The same walk with real rows: two people open a row, both save."""

    @classmethod
    def setUpTestData(cls):
        cls.cast = build_cast()
        cls.world = build_world(cls.cast)

    def rows(self):
        catalogue = self.world.period.catalogue
        return {
            "User": self.cast["xa-13369"],
            "AdministrativeUnit": self.cast["xa-13369"].unit,
            "OfficeLetterhead": OfficeLetterhead.objects.create(
                unit=self.cast["tinh"].unit,
                valid_from=datetime.date(2024, 1, 1),
                issuer="BAN DÂN VẬN",
                symbol="-BC/BDVTU",
                place="Hà Nam",
                post="TRƯỞNG BAN",
                term="2020-2025",
            ),
            "FieldGuidance": FieldGuidance.objects.create(
                kind="oversight", field="title", text="Ghi việc được giám sát."
            ),
            **{
                kind.__name__: kind.objects.filter(catalogue=catalogue)[0]
                for kind in (Section, Indicator, Rule)
            },
        }

    CHANGED = {
        "User": "full_name",
        "AdministrativeUnit": "source",
        "OfficeLetterhead": "signer",
        "FieldGuidance": "text",
        "Section": "label",
        "Indicator": "label",
        "Rule": "message",
    }

    def posted(self, form) -> dict:
        data = {}
        for bound in form:
            value = bound.value()
            if isinstance(value, bool):
                value = "on" if value else None
            if value is not None:
                data[bound.html_name] = value
        return data

    def test_the_second_of_two_is_told_keeps_typing_and_can_save_knowingly(self):
        rows, walked = self.rows(), set()
        for form in all_model_forms():
            if not issubclass(form, StaleFormMixin) or form.__name__ in NOT_NEEDED:
                continue
            row, name = rows[form._meta.model.__name__], self.CHANGED[form._meta.model.__name__]
            walked.add(form._meta.model.__name__)
            form.by = self.cast["quantri"]
            with self.subTest(form.__name__):
                first = self.posted(form(instance=row)) | {name: "Người thứ nhất"}
                second = {**first, name: "Người thứ hai"}
                saved = form(first, instance=type(row).objects.get(pk=row.pk))
                self.assertTrue(saved.is_valid(), saved.errors)
                saved.save()
                late = form(second, instance=type(row).objects.get(pk=row.pk))
                self.assertFalse(late.is_valid())
                told = " ".join(late.non_field_errors())
                self.assertIn("hiện là “Người thứ nhất”, anh/chị nhập “Người thứ hai”", told)
                self.assertEqual(late[name].value(), "Người thứ hai")
                stored = type(row).objects.get(pk=row.pk)
                self.assertEqual(getattr(stored, name), "Người thứ nhất")
                again = form({**second, STAMP: late[STAMP].value()}, instance=stored)
                self.assertTrue(again.is_valid(), again.errors)
                again.save()
                self.assertEqual(getattr(type(row).objects.get(pk=row.pk), name), "Người thứ hai")
        self.assertEqual(walked, set(rows))

    def test_a_form_sent_without_its_stamp_counts_as_the_oldest_and_keeps_the_typing(self):
        rows = self.rows()
        for form in all_model_forms():
            if not issubclass(form, StaleFormMixin) or form.__name__ in NOT_NEEDED:
                continue
            row, name = rows[form._meta.model.__name__], self.CHANGED[form._meta.model.__name__]
            form.by = self.cast["quantri"]
            typed = self.posted(form(instance=row)) | {name: "Gõ mò"}
            for stamp in (None, "", "x" * 32):
                with self.subTest(form.__name__, stamp=stamp):
                    sent = {key: value for key, value in typed.items() if key != STAMP}
                    sent |= {} if stamp is None else {STAMP: stamp}
                    blind = form(sent, instance=type(row).objects.get(pk=row.pk))
                    self.assertFalse(blind.is_valid())
                    self.assertIn("anh/chị nhập “Gõ mò”", " ".join(blind.non_field_errors()))
                    self.assertEqual(blind[name].value(), "Gõ mò")
                    self.assertEqual(blind[STAMP].value(), stamp_of(row))

    def test_a_new_row_needs_no_stamp(self):
        form = SectionForm({"code": "ZZ"}, instance=Section(catalogue=self.world.period.catalogue))
        form.is_valid()
        self.assertEqual(form.non_field_errors(), [])

    def test_the_stamp_changes_with_every_column_and_with_nothing_else(self):
        row = self.cast["xa-13369"]
        before = stamp_of(row)
        self.assertEqual(stamp_of(type(row).objects.get(pk=row.pk)), before)
        row.email = "a@b.vn"
        self.assertNotEqual(stamp_of(row), before)
