"""Everything people can meet is Vietnamese, also what comes from the packages we use."""

import re
from pathlib import Path

import django_filters
import polib
import pytest
from django import forms
from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.forms import SetPasswordForm, UserCreationForm
from django.core import validators
from django.core.exceptions import ValidationError
from django.core.paginator import InvalidPage, Paginator
from django.test import TestCase
from django.utils.translation import gettext, ngettext, override, pgettext

from danvan.accounts.models import User
from danvan.units.models import AdministrativeUnit
from tests.cast import build_cast

CATALOGUES = Path(settings.BASE_DIR) / "danvan/locale/vi/LC_MESSAGES"
VIETNAMESE = re.compile(
    "[àáảãạăằắẳẵặâầấẩẫậđèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵ]", re.I
)
PACKAGES = ["django.contrib.auth", "django.contrib.admin", "django_filters"]
OPTIONAL = ["auditlog", "django_otp"]
# Texts nobody meets here: languages we do not offer, pages that DEBUG or another template replaces.
NOT_SHOWN = {
    "global_settings.py": "names of other languages",
    "csrf.py": "the CSRF page is ours",
    "default_urlconf.html": "the page of an empty Django project",
    "password_reset_email.html": "passwords are reset by a superuser",
    "password_reset_subject.txt": "passwords are reset by a superuser",
}
# Words that are the same in Vietnamese, or signs.
SAME = {
    *("IPv4", "IPv6", "Email", "URL", "AM", "PM", "%(truncated_text)s…", "…", ":", ":?.!", ", "),
    *("%(size)d byte", "%s KB", "%s MB", "%s GB", "%s TB", "%s PB", "%(class_name)s %(instance)s"),
}


def is_vietnamese(text: str) -> bool:
    """Tell whether a sentence has Vietnamese letters; English and raw codes have none."""
    return bool(VIETNAMESE.search(text))


def english_in(messages) -> list[str]:
    return [str(message) for message in messages if not is_vietnamese(str(message))]


@pytest.mark.parametrize("name", ["django", "djangojs"])
def test_the_compiled_catalogue_is_the_one_in_the_source(name):
    source = polib.pofile(str(CATALOGUES / f"{name}.po"))
    compiled = polib.mofile(str(CATALOGUES / f"{name}.mo"))

    def rows(catalogue):
        return {(e.msgctxt, e.msgid): e.msgstr or e.msgstr_plural for e in catalogue}

    assert rows(source) == rows(compiled)
    assert len(source) > 20
    assert source.untranslated_entries() == []


def test_translations_keep_the_values_in_the_sentence():
    """A placeholder with another name would raise when the message is shown."""
    wrong = []
    for entry in polib.pofile(str(CATALOGUES / "django.po")):
        for text in [entry.msgstr, *entry.msgstr_plural.values()]:
            known = set(re.findall(r"%\(\w+\)[srd]|{\w*[^}]*}", entry.msgid))
            if not set(re.findall(r"%\(\w+\)[srd]|{\w*[^}]*}", text)) <= known:
                wrong.append(entry.msgid)
            if len(re.findall(r"%[sd]", text)) not in (0, len(re.findall(r"%[sd]", entry.msgid))):
                wrong.append(entry.msgid)
    assert wrong == []


def reference(folder: Path) -> list:
    """Return the entries of a package's own catalogue, whatever language it is shipped in."""
    for language in ("en", "fr", "de", "es", "ja"):
        path = folder / "locale" / language / "LC_MESSAGES" / "django.po"
        if path.exists():
            return [entry for entry in polib.pofile(str(path)) if not entry.obsolete]
    raise AssertionError(f"{folder} has no catalogue to compare with")


def spoken(entry) -> str:
    """Return what a person sees for a catalogue entry."""
    if entry.msgid_plural:
        return ngettext(entry.msgid, entry.msgid_plural, 3)
    return pgettext(entry.msgctxt, entry.msgid) if entry.msgctxt else gettext(entry.msgid)


def is_shown(entry) -> bool:
    files = {Path(name).name for name, _ in entry.occurrences}
    return not files or bool(files - set(NOT_SHOWN))


def folders() -> list[Path]:
    found = [Path(apps.get_app_config(label.split(".")[-1]).path) for label in PACKAGES]
    found += [Path(c.path) for c in apps.get_app_configs() if c.name in OPTIONAL]
    return [Path(forms.__file__).parent.parent / "conf", *found]


@pytest.mark.parametrize("folder", folders(), ids=lambda path: path.name)
def test_every_message_of_a_package_has_a_vietnamese_text(folder):
    with override("vi"):
        missing = [
            entry.msgid
            for entry in reference(folder)
            if is_shown(entry) and entry.msgid not in SAME and spoken(entry) == entry.msgid
        ]
    assert missing == []


FIELDS = [
    (forms.CharField(max_length=3), "abcd"),
    (forms.CharField(min_length=3), "a"),
    (forms.CharField(), ""),
    (forms.CharField(), "a\x00b"),
    (forms.IntegerField(min_value=3), "2"),
    (forms.IntegerField(max_value=3), "4"),
    (forms.IntegerField(step_size=5), "4"),
    (forms.IntegerField(), "1.14"),
    (forms.DecimalField(max_digits=3, decimal_places=1), "12345"),
    (forms.DecimalField(max_digits=3, decimal_places=1), "1,23"),
    (forms.DecimalField(max_digits=2, decimal_places=1), "123"),
    (forms.DecimalField(), "x"),
    (forms.DateField(), "31/13/2022"),
    (forms.DateTimeField(), "x"),
    (forms.TimeField(), "25:00"),
    (forms.DurationField(), "x"),
    (forms.EmailField(), "x"),
    (forms.URLField(assume_scheme="https"), "x"),
    (forms.SlugField(), "x y"),
    (forms.UUIDField(), "x"),
    (forms.JSONField(), "{"),
    (forms.ChoiceField(choices=[("a", "b")]), "c"),
    (forms.MultipleChoiceField(choices=[("a", "b")]), "c"),
    (forms.MultipleChoiceField(choices=[("a", "b")]), ["c"]),
    (forms.TypedChoiceField(choices=[("a", "b")]), "c"),
    (forms.GenericIPAddressField(), "x"),
    (forms.FileField(), None),
    (forms.RegexField(r"^a$"), "b"),
    (django_filters.fields.RangeField(), ["x", "2"]),
    (django_filters.fields.DateRangeField(), ["x", "2"]),
]


@pytest.mark.parametrize(("field", "value"), FIELDS, ids=lambda x: type(x).__name__)
def test_a_refused_field_speaks_vietnamese(field, value):
    with pytest.raises(ValidationError) as refused:
        field.clean(value)
    assert english_in(refused.value.messages) == []


@pytest.mark.parametrize(
    ("validator", "value"),
    [
        (validators.FileExtensionValidator(["xlsx"]), type("File", (), {"name": "a.exe"})()),
        (validators.validate_ipv4_address, "x"),
        (validators.validate_comma_separated_integer_list, "x"),
        (validators.MaxLengthValidator(1), "abc"),
        (validators.ProhibitNullCharactersValidator(), "a\x00"),
    ],
    ids=lambda x: type(x).__name__,
)
def test_a_validator_speaks_vietnamese(validator, value):
    with pytest.raises(ValidationError) as refused:
        validator(value)
    assert english_in(refused.value.messages) == []


def test_pages_out_of_range_speak_vietnamese():
    for number in (0, 99, "x"):
        with pytest.raises(InvalidPage) as refused:
            Paginator([1], 1).validate_number(number)
        assert is_vietnamese(str(refused.value))


class AccountMessagesTest(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.cast = build_cast()

    def messages_of(self, form) -> list[str]:
        self.assertFalse(form.is_valid())
        return [message for messages in form.errors.values() for message in messages]

    def test_every_bad_password_is_explained(self):
        user = self.cast["xa-13369"]
        for first, second in [
            ("abc", "abc"),
            ("password", "password"),
            ("xa-13369xa", "xa-13369xa"),
            ("Khac@2024x", "Khac@2025x"),
            ("", ""),
        ]:
            form = SetPasswordForm(user, {"new_password1": first, "new_password2": second})
            with self.subTest(first=first):
                self.assertEqual(english_in(self.messages_of(form)), [])

    def test_form_labels_and_helps(self):
        class NewAccount(UserCreationForm):
            class Meta(UserCreationForm.Meta):
                model = User
                fields = ("username",)

        form = NewAccount({"username": "xa-13369", "password1": "x", "password2": "y"})
        self.assertEqual(english_in(self.messages_of(form)), [])
        texts = [field.label for field in form.fields.values()]
        texts += [field.help_text for field in form.fields.values() if field.help_text]
        self.assertEqual(english_in(texts), [])

    def test_the_pages_of_login_and_password_hold_no_english(self):
        page = self.client.post("/dang-nhap/", {"username": "a", "password": "b"})
        self.assertContains(page, "Tên đăng nhập hoặc mật khẩu chưa đúng")
        self.client.force_login(self.cast["xa-13369"])
        page = self.client.post("/doi-mat-khau/", {"old_password": "x", "new_password1": "y"})
        text = re.sub(r"<[^>]*>", " ", page.content.decode())
        found = re.findall(r"\b(?:password|field|required|must|your|the|this)\b", text, re.I)
        self.assertEqual(found, [])


class ModelMessagesTest(TestCase):
    def test_a_row_that_breaks_every_rule_is_told_in_vietnamese(self):
        unit = AdministrativeUnit(code="x" * 20, kind="?", name="", level="?")
        with self.assertRaises(ValidationError) as refused:
            unit.full_clean()
        self.assertEqual(english_in(refused.exception.messages), [])

    def test_names_of_models_and_fields_are_vietnamese(self):
        """Error messages, admin and history show them."""
        ours = [m for m in apps.get_models() if m.__module__.startswith(("danvan", "rec", "rep"))]
        self.assertGreater(len(ours), 5)
        wrong = [m.__name__ for m in ours if not is_vietnamese(str(m._meta.verbose_name))]
        self.assertEqual(wrong, [])

    def test_fields_in_the_admin_have_vietnamese_names(self):
        wrong = [
            f"{model.__name__}.{field.name}: {field.verbose_name}"
            for model in admin.site._registry
            for field in model._meta.fields
            if field.editable and str(field.verbose_name) == field.name.replace("_", " ")
        ]
        self.assertEqual(wrong, [])
