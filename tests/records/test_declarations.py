"""A tenth kind is complete, or a test says which touch of docs/adding-a-record-kind.md is missing."""

from pathlib import Path

from django.db import models
from django.test import SimpleTestCase

from danvan.accounts.audit.writing import audited_models
from danvan.accounts.scope import ScopedQuerySet
from records import models as record_models
from records.filters import FILTERS
from records.forms import FORMS
from records.kinds import BY_SLUG, KINDS
from records.models import DialogueConference, EventRecord
from records.models.rules import RowRule
from reports.counting.table import MEASURES
from tests.records.data import VALUES
from tests.records.test_bad_input import REFUSED

PAGE = Path(__file__).parents[2] / "docs/adding-a-record-kind.md"
SLUGS = {
    "study-conference", "dialogue-conference", "citizen-reception", "mobilisation-model",
    "friendly-government", "democracy-conference", "oversight", "training-course", "emerging-issue",
}  # fmt: skip


class TouchTest(SimpleTestCase):
    def test_the_slugs_are_those_of_the_command_line(self):
        self.assertEqual(set(BY_SLUG), SLUGS)

    def test_every_model_of_a_record_is_a_kind_and_exported(self):
        self.assertEqual({kind.model for kind in KINDS}, set(EventRecord.__subclasses__()))
        for kind in KINDS:
            self.assertIs(getattr(record_models, kind.model.__name__), kind.model)

    def test_every_kind_has_its_tests_and_its_figures(self):
        self.assertEqual(set(VALUES), set(BY_SLUG))
        self.assertEqual(set(REFUSED), set(BY_SLUG))
        self.assertEqual({m.origin.kind.slug for m in MEASURES.values()}, set(BY_SLUG))
        self.assertEqual((set(FORMS), set(FILTERS)), (set(BY_SLUG), set(BY_SLUG)))

    def test_names_are_told_and_addresses_differ(self):
        self.assertEqual(len({kind.path for kind in KINDS}), len(KINDS))
        for kind in KINDS:
            for text in (kind.label, kind.plural, kind.menu, kind.noun):
                self.assertTrue(text, kind.slug)

    def test_the_form_asks_for_every_column_once(self):
        for kind in KINDS:
            columns = {f.name for f in kind.model._meta.fields if f.editable and not f.primary_key}
            with self.subTest(kind.slug):
                self.assertEqual(sorted(kind.field_names), sorted(columns))
                entered = set(FORMS[kind.slug].base_fields)
                self.assertLessEqual(set(kind.fields), entered)

    def test_columns_filters_and_totals_exist(self):
        for kind in KINDS:
            for name in (*kind.columns, *kind.filters, *kind.totals, *kind.key, kind.number):
                if name != "led_by":
                    with self.subTest(kind.slug, name=name):
                        kind.column(name)

    def test_orders_of_the_whitelist_have_an_index(self):
        for kind in KINDS:
            indexed = {index.fields[0] for index in kind.model._meta.indexes}
            with self.subTest(kind.slug):
                self.assertLessEqual({"start_date", kind.number, "unit"}, indexed)

    def test_every_number_choice_and_day_has_its_rule_in_the_database(self):
        for kind in KINDS:
            names = {rule.name for rule in kind.model._meta.constraints}
            model = kind.model.__name__.lower()
            for column in kind.model._meta.fields:
                if column.name in ("id", "version", "unit", "created_by", "height"):
                    continue
                with self.subTest(kind.slug, column=column.name):
                    if column.choices:
                        self.assertIn(f"{model}_{column.name}_choice", names)
                    elif isinstance(column, models.IntegerField | models.DecimalField):
                        self.assertIn(f"{model}_{column.name}_range", names)

    def test_rules_speak_vietnamese_and_stand_at_a_field(self):
        for kind in KINDS:
            names = {field.name for field in kind.model._meta.fields}
            for rule in kind.model._meta.constraints:
                with self.subTest(rule.name):
                    self.assertNotIn("Constraint", str(rule.violation_error_message))
                    if isinstance(rule, RowRule) and "led_by" not in rule.name:
                        self.assertIn(rule.violation_error_code, names)

    def test_rows_are_scoped_and_on_the_trail(self):
        audited = audited_models()
        for kind in KINDS:
            self.assertIsInstance(kind.model.objects.all(), ScopedQuerySet)
            self.assertIn(kind.model, audited)

    def test_the_page_names_every_touch(self):
        text = PAGE.read_text(encoding="utf-8")
        for touch in (
            "records/models/__init__.py", "records/kinds.toml", "reports/counting/table.py",
            "tests/records/data.py", "tests/records/test_bad_input.py", "makemigrations",
            "reports/demo/events.py",
        ):  # fmt: skip
            self.assertIn(touch, text)


class RuleTest(SimpleTestCase):
    """The Python judge reads NULL as SQL does."""

    def judge(self, condition, **values):
        rule = RowRule(condition=condition, name="x")
        try:
            rule.validate(DialogueConference, DialogueConference(**values))
        except Exception:  # noqa: BLE001 - any refusal is a refusal
            return False
        return True

    def test_unknown_is_no_violation(self):
        q, f = models.Q, models.F
        for condition, values, holds in (
            (q(attendees__lte=5), {"attendees": None}, True),
            (q(attendees__lte=5), {"attendees": 6}, False),
            (~q(attendees__lte=5), {"attendees": None}, True),
            (~q(attendees__lte=5), {"attendees": 3}, False),
            (q(attendees__lte=5) | q(opinions=1), {"attendees": 6, "opinions": None}, True),
            (q(attendees__lte=5) & q(opinions=1), {"attendees": 6, "opinions": None}, False),
            (
                q(opinions=f("answered") + f("pending")),
                {"opinions": 3, "answered": 2, "pending": 1},
                True,
            ),
            (
                q(opinions=f("answered") + f("pending")),
                {"opinions": 3, "answered": 2, "pending": 2},
                False,
            ),
            (
                q(opinions=f("answered") + f("pending")),
                {"opinions": 3, "answered": None, "pending": 9},
                True,
            ),
            (~(q(attendees__lte=5) & q(opinions=1)), {"attendees": 3, "opinions": None}, True),
            (~(q(attendees__lte=5) | q(opinions=1)), {"attendees": 3, "opinions": None}, False),
            (q(notice_date__isnull=True), {"notice_date": None}, True),
            (q(kind__in=["a", ""]), {"kind": ""}, True),
            (q(kind__in=["a"]), {"kind": "b"}, False),
        ):
            with self.subTest(str(condition), **values):
                self.assertIs(self.judge(condition, **values), holds)
