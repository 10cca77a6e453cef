"""The form of each kind, made from its declaration; the few kinds with more to say have their own base."""

import re
import uuid
from collections.abc import Mapping
from typing import Any

from django import forms
from django.db.models import Q
from django.http import QueryDict
from django.utils import timezone

from danvan.accounts.scope import area_editable_by, units_editable_by, with_predecessors_of
from danvan.common.forms import (
    BaseForm,
    DayField,
    TextField,
    field_for,
    name_blank_choice,
)
from danvan.common.words import EMPTY, in_words
from danvan.units.models import AdministrativeUnit, Level
from records.answering import answered_by, refusal
from records.filters import UnitField
from records.guidance.sentences import sentences_of
from records.kinds import KINDS, RecordKind
from records.locks import still_open
from records.models import DialogueConference, EventRecord, Recognition, SkilledMobilisationModel
from records.years import days_logged, working_year, year_of, year_spans


def column_field(column: Any, **kwargs: Any) -> forms.Field | None:
    """Return the form field of a record's column; the unit is chosen by its full name."""
    if column.name == "unit":
        return column.formfield(form_class=UnitField, **kwargs)
    return field_for(column, **kwargs)


class GuidedField(forms.BoundField):
    """A field that is described by its sentence of guidance as well."""

    @property
    def aria_describedby(self) -> str | None:
        ids = super().aria_describedby
        guided = getattr(self.field, "guidance", "") and f"{self.auto_id}_guide"
        return " ".join(filter(None, (ids, guided))) or None


def add_guidance(form: forms.BaseForm, told: Mapping[str, str]) -> None:
    """Give the fields of `form` their sentences of guidance, by field name."""
    for name, field in form.fields.items():
        field.guidance = told.get(name, "")  # type: ignore[attr-defined]  # for the template


class RecordForm(BaseForm):
    """Base of all nine forms. A person of one unit is not asked for the unit.

    With `locked` only what happened later may be changed (EventRecord.LATER_FIELDS).
    """

    kind: RecordKind
    bound_field_class = GuidedField
    half_wide = ("location", "host", "conclusion_number", "decision", "owner", "handler")

    def __init__(self, *args: Any, locked: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.years = year_spans()
        (self.told,) = sentences_of(self.kind)
        add_guidance(self, self.told)
        self._place_unit()
        inside = days_logged(self.years)
        for field in self.fields.values():
            if isinstance(field, DayField):
                field.widget.inside = inside
        if self.instance.pk is None:
            self._suggest(self.years)
            self._begin()
        if locked:
            for name, field in self.fields.items():
                later = name in self.instance.LATER_FIELDS or name in ("version", "token")
                field.disabled = not later

    def choices_for(self, name: str) -> Any:
        """Units the person may write, and those for whose days the own unit answers."""
        units = units_editable_by(self.user)
        if answered := answered_by(self.user):
            pks = [one.unit_id for one in answered]
            units = units | AdministrativeUnit.objects.filter(pk__in=pks)
        return units.select_related("parent").in_menu_order()

    def _place_unit(self) -> None:
        own = self.user.unit_id
        if self.instance.pk is None and not self.initial.get("unit"):
            self.initial["unit"] = own
        low = own and self.user.unit.level in (Level.COMMUNE, Level.BODY)
        if self.user.role != "officer" or low:
            self._offer_open(own)

    def _offer_open(self, own: int | None) -> None:
        """Offer the own unit and what has ended but may still be written of; ask only where that is more.

        What the record or the post names stays among them: whether it may be written is judged later.
        """
        unit: Any = self.fields["unit"]
        offered = {own}
        if len(with_predecessors_of(self.user)) > 1:
            named = {str(self.instance.unit_id), self.data.get("unit", "")}
            units = list(unit.queryset)
            offered |= still_open(self.user, units, self.years.values())
            offered |= {one.pk for one in units if str(one.pk) in named}
            unit.queryset = unit.queryset.filter(pk__in=offered)
            if self.initial["unit"] not in offered | {str(pk) for pk in offered}:
                self.initial["unit"] = own  # of a copy: what it was made from takes nothing new
        if offered == {own}:
            unit.widget = forms.HiddenInput()

    def has_districts(self) -> bool:
        """Tell whether any unit offered is a district or lies below one."""
        units: Any = self.fields["unit"]
        districts = Q(level=Level.DISTRICT) | Q(parent__level=Level.DISTRICT)
        return units.queryset.filter(districts).exists()

    def clean(self) -> dict[str, Any]:
        """Of another unit only the days are written that the own unit answers for."""
        data = super().clean() or {}
        unit, day = data.get("unit"), data.get("start_date")
        if not (unit and day) or unit.pk not in {one.unit_id for one in answered_by(self.user)}:
            return data
        of_others = unit not in area_editable_by(self.user)
        if of_others and (refused := refusal(self.user, unit, day)):
            self.add_error("start_date", refused)
        return data

    def _suggest(self, spans: dict[int, Any]) -> None:
        """Begin with today, where today lies in the year people log for."""
        year, today = working_year(spans), timezone.localdate()
        if not self.initial.get("start_date") and year_of(today, spans) == year:
            self.initial["start_date"] = today
        if not self.initial.get("year"):
            self.initial["year"] = year

    def _begin(self) -> None:
        """Let the keyboard stand in the first field; after an error the page leads to what is wrong."""
        shown = (field for field in self.fields.values() if not field.widget.is_hidden)
        if not self.is_bound and (first := next(shown, None)):
            first.widget.attrs["autofocus"] = True

    def differences(self, stored: EventRecord) -> list[tuple[str, str, str]]:
        """Return (label, stored, typed) of the fields in which `stored` differs from what was typed."""
        lines = []
        for name, field in self.fields.items():
            if name in ("version", "token") or not hasattr(stored, name):
                continue
            if name not in self.cleaned_data:  # could not be read: that is told beside the field
                continue
            old, new = getattr(stored, name), self.cleaned_data[name]
            old, new = in_words(field, old) or EMPTY, in_words(field, new) or EMPTY
            if old != new:
                lines.append((str(field.label), old, new))
        return lines


class DialogueForm(RecordForm):
    """Dialogues: one question with several answers stands for three columns."""

    led_by = forms.MultipleChoiceField(
        label="Người chủ trì, tham dự",
        choices=list(DialogueConference.LEADERS.items()),
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            leaders = [name for name in DialogueConference.LEADERS if getattr(self.instance, name)]
            self.initial.setdefault("led_by", leaders)

    def _post_clean(self) -> None:
        chosen = self.cleaned_data.get("led_by") or []
        for name in DialogueConference.LEADERS:
            setattr(self.instance, name, name in chosen)
        super()._post_clean()  # type: ignore[misc]  # Django's own step between clean and save


class IssueForm(RecordForm):
    """Issues: a new status begins today unless told otherwise."""

    def clean(self) -> dict[str, Any]:
        """A day left as it was belongs to the old status."""
        data = super().clean()
        if self.instance.pk and self.instance.status_date:
            same = data.get("status") == self.instance.status
            untouched = data.get("status_date") in (None, self.instance.status_date)
            if untouched:
                data["status_date"] = self.instance.status_date if same else None
        return data


class RecognitionForm(forms.ModelForm):
    """One decision of recognition inside the form of its model; without `districts` none can be of theirs."""

    class Meta:
        model = Recognition
        fields = Recognition.ENTERED
        field_classes = {"date": DayField, "decision": TextField, "body": TextField}

    bound_field_class = GuidedField

    def __init__(
        self, *args: Any, districts: bool = True, told: Mapping[str, str] = {}, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        add_guidance(self, told)
        self.fields["date"].widget.inside = days_logged(year_spans())
        level: Any = self.fields["level"]
        if not districts:
            level.choices = [pair for pair in level.choices if pair[0] != Level.DISTRICT]
        for field in self.fields.values():
            name_blank_choice(field)
            select = isinstance(field, forms.ChoiceField)
            field.widget.attrs["class"] = "form-select" if select else "form-control"


RecognitionFormSet = forms.inlineformset_factory(
    SkilledMobilisationModel,
    Recognition,
    form=RecognitionForm,
    extra=1,
    max_num=20,
    validate_max=True,
    can_delete=True,
)


_CHILD = re.compile(rf"{RecognitionFormSet.get_default_prefix()}-\d{{1,4}}-[A-Za-z]+")


def as_new(posted: QueryDict) -> QueryDict:
    """Return what was posted for a stored record (and its child rows) as it is posted for a new one."""
    data = posted.copy()
    data["token"], data["version"] = str(uuid.uuid4()), ""
    prefix = RecognitionFormSet.get_default_prefix()
    if f"{prefix}-INITIAL_FORMS" in data:
        data[f"{prefix}-INITIAL_FORMS"] = "0"
        for name in [name for name in data if name.startswith(prefix) and name.endswith("-id")]:
            data[name] = ""
    return data


def as_change(posted: QueryDict, row: EventRecord) -> QueryDict:
    """Return what was posted as it is posted for `row`, which stands as the same form left it before.

    Its child rows are those of the form in their order; one that the form no longer has is to go.
    """
    data = posted.copy()
    data["version"] = str(row.version)
    prefix = RecognitionFormSet.get_default_prefix()
    if f"{prefix}-TOTAL_FORMS" not in data or not hasattr(row, "recognitions"):
        return data
    stored = {str(child.pk): child for child in row.recognitions.order_by("pk")}
    sent: dict[int, dict[str, str]] = {}
    for name in [name for name in data if _CHILD.fullmatch(name)]:
        _, number, field = name.split("-")
        sent.setdefault(int(number), {})[field] = data.pop(name)[0]
    rows = [sent[number] for number in sorted(sent)]
    rows = [one for one in rows if any(one.values())]
    rows = [one for one in rows if not one.get("DELETE") or one.get("id") in stored]
    free = [pk for pk in stored if pk not in {one.get("id") for one in rows}]
    for one in rows:
        if not one.get("id") and free:
            one["id"] = free.pop(0)
    told = RecognitionForm.base_fields
    gone = [
        {n: str(getattr(stored[pk], n)) for n in told} | {"id": pk, "DELETE": "on"} for pk in free
    ]
    rows = sorted([*rows, *gone], key=lambda one: not one.get("id"))  # those that are stored first
    data[f"{prefix}-TOTAL_FORMS"] = str(len(rows))
    data[f"{prefix}-INITIAL_FORMS"] = str(sum(bool(one.get("id")) for one in rows))
    for place, one in enumerate(rows):
        for field, value in one.items():
            data[f"{prefix}-{place}-{field}"] = value
    return data


def emptied(form: forms.ModelForm) -> None:
    """Take from `form` all it would show but whose it is: what is left holds nothing that is stored."""
    whose = {"unit", "id"}
    form.initial = {name: value for name, value in form.initial.items() if name in whose}
    for name, field in form.fields.items():
        if name not in whose:
            field.initial = None


_BASES = {"dialogue-conference": DialogueForm, "emerging-issue": IssueForm}
FORMSETS = {"mobilisation-model": RecognitionFormSet}


def form_for(kind: RecordKind) -> type[RecordForm]:
    """Return the form of `kind`, made from its declaration."""
    fields = [name for name in kind.fields if name != "led_by"]
    base: Any = _BASES.get(kind.slug, RecordForm)
    made: Any = forms.modelform_factory(
        kind.model, form=base, fields=fields, formfield_callback=column_field
    )
    made.kind, made.layout = kind, kind.layout
    return made


FORMS: dict[str, type[RecordForm]] = {kind.slug: form_for(kind) for kind in KINDS}
