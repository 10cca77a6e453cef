"""The catalogue of a year in pages: read it, make next year's, edit sections, indicators and rules."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, ProtectedError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from danvan.accounts.models import AuditEntry, User
from danvan.accounts.requests import PersonRequest
from danvan.common.handbook.why import Why
from danvan.common.stale import GONE, StaleFormMixin
from danvan.common.text import clean_line
from reports.catalogue.editing import delete_row, require_manager, save_row
from reports.catalogue.loading import copy_catalogue
from reports.counting.table import MEASURES
from reports.figures.trial import try_row
from reports.models import Catalogue, Indicator, Rule, Section
from reports.models.catalogue import CatalogueRow


class ScaleField(forms.CharField):
    """A rating scale typed as one line per rank, the lowest first."""

    widget = forms.Textarea(attrs={"rows": 4})

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        return [line for raw in (value or "").splitlines() if (line := clean_line(raw))]

    def validate(self, value: Any) -> None:
        super().validate(value)
        if len(value) > 10 or any(len(line) > 50 for line in value):
            raise ValidationError("Tối đa 10 mức, mỗi mức không quá 50 ký tự.")

    def has_changed(self, initial: Any, data: Any) -> bool:
        return self.to_python(data) != (initial or [])


class CatalogueRowForm(StaleFormMixin):
    """Base form of a row of one catalogue: choices come from that catalogue only."""

    part_of = "catalogue"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("section", "parent", "indicator"):
            if name in self.fields:
                field: Any = self.fields[name]
                choices = field.queryset.filter(catalogue=self.instance.catalogue)
                field.queryset = choices.order_by("order")
        for name in {"entry_levels", "levels"} & self.fields.keys():
            field = self.fields[name]
            letters = {level.letter for level in self.instance.catalogue.levels}
            field.choices = [pair for pair in field.choices if letters.issuperset(pair[0])]


class SectionForm(CatalogueRowForm):
    class Meta:
        model = Section
        fields = ("code", "label", "order")


class IndicatorForm(CatalogueRowForm):
    measure = forms.ChoiceField(
        label="Cách đếm từ hồ sơ",
        required=False,
        help_text="Hệ thống đếm hồ sơ và đề nghị số này khi đơn vị nhập báo cáo.",
    )
    order = forms.IntegerField(label="Thứ tự", min_value=0, max_value=9999)
    scale = ScaleField(
        label="Thang xếp loại",
        required=False,
        help_text="Mỗi dòng một mức, từ thấp đến cao. Chỉ dùng cho kiểu Xếp loại.",
    )

    class Meta:
        model = Indicator
        fields = (
            "section", "code", "label", "guidance", "unit_of_measure", "value_type", "entry_levels",
            "aggregation", "is_stock", "is_component", "formula", "parent", "measure", "scale", "order",
        )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        labels = dict(self.instance.catalogue.indicators.values_list("code", "label"))
        named = ((c, f"{c}: {labels[c]}" if c in labels else c) for c in MEASURES)
        measure: Any = self.fields["measure"]
        measure.choices = [("", "Nhập tay"), *named]
        self.fields["guidance"].required = True  # whoever enters is never left without a sentence


class RuleForm(CatalogueRowForm):
    class Meta:
        model = Rule
        fields = ("indicator", "expression", "levels", "whole_year", "severity", "message")


ROW_FORMS = {
    "muc": (Section, SectionForm),
    "chi-tieu": (Indicator, IndicatorForm),
    "quy-tac": (Rule, RuleForm),
}


@require_safe
def catalogue_list(request: PersonRequest) -> HttpResponse:
    """List the catalogues by year, with what is frozen."""
    require_manager(request.user)
    sent = Catalogue.objects.filter(pk=OuterRef("pk"), periods__reports__submitted_at__isnull=False)
    catalogues = list(Catalogue.objects.annotate(has_submissions=Exists(sent)))
    next_year = catalogues[0].year + 1 if catalogues else None
    context = {"catalogues": catalogues, "next_year": next_year}
    return render(request, "reports/catalogues.html", context)


@require_safe
def catalogue_detail(request: PersonRequest, year: str) -> HttpResponse:
    """Show sections, indicators and rules of a year."""
    require_manager(request.user)
    catalogue = catalogue_of(year)
    indicators = catalogue.indicators.select_related("section", "parent")
    context = {
        "catalogue": catalogue,
        "frozen": catalogue.is_frozen,
        "opened": catalogue.is_opened,
        "indicators": indicators.order_by("section__order", "order"),
        "sections": catalogue.sections.all(),
        "rules": catalogue.rules.select_related("indicator"),
    }
    return render(request, "reports/catalogue.html", context)


@require_POST
def copy(request: PersonRequest, year: str) -> HttpResponse:
    """Make the catalogue of the year after as a copy of this one."""
    require_manager(request.user)
    source = catalogue_of(year)
    following = source.year + 1
    if Catalogue.objects.filter(year=following).exists():
        messages.info(request, f"Danh mục năm {following} đã có.")
    else:
        copy_catalogue(source, following)
        messages.success(request, f"Đã lập danh mục năm {following} từ danh mục năm {source.when}.")
    return redirect("reports:catalogue", year=following)


@require_http_methods(["GET", "HEAD", "POST"])
def edit_row(request: PersonRequest, year: str, kind: str, pk: int | None = None) -> HttpResponse:
    """Add or edit a section, an indicator or a rule of a year that is not frozen."""
    require_manager(request.user)
    catalogue, model, form_class = _kind_of(year, kind)
    row = model.objects.filter(pk=pk, catalogue=catalogue).first() if pk else None
    gone = bool(pk) and row is None
    if gone and not (request.method == "POST" and _was_deleted(model, pk or 0, request.user)):
        raise Http404
    form = form_class(request.POST or None, instance=row or model(catalogue=catalogue))
    trial = None
    if gone:
        form.add_error(None, f"{GONE} Bấm “Lưu” để thêm lại.")
    elif "try" in request.POST:
        trial = try_row(form.instance, request.user) if form.is_valid() else None
    elif request.method == "POST" and save_row(form, user=request.user):
        messages.success(request, f"Đã lưu: {form.instance}.")
        return redirect(reverse("reports:catalogue", args=[year]) + f"#{kind}-{form.instance.pk}")
    context = {
        "catalogue": catalogue,
        "frozen": catalogue.is_frozen,
        "mendable": bool(pk and model.MENDABLE),
        "form": form,
        "kind": kind,
        "row": form.instance,
        "gone": gone,
        "what": model._meta.verbose_name,
        "trial": trial,
        "codes": catalogue.indicators.order_by("section__order", "order"),
    }
    status = 409 if gone else 422 if form.errors else 200
    return render(request, "reports/catalogue_row.html", context, status=status)


def _was_deleted(model: type[CatalogueRow], pk: int, user: User) -> bool:
    return AuditEntry.objects.visible_to(user).deletions_of(model, pk).exists()


@require_POST
def delete(request: PersonRequest, year: str, kind: str, pk: int) -> HttpResponse:
    """Delete a row of a year that is not frozen and on which no figure hangs."""
    require_manager(request.user)
    catalogue, model, _ = _kind_of(year, kind)
    row = get_object_or_404(model, pk=pk, catalogue=catalogue)
    try:
        delete_row(row, user=request.user)
    except ValidationError as error:
        messages.error(request, error.messages[0], extra_tags=Why.CATALOGUE)
    except ProtectedError:
        told = f"Không xóa được “{row}” vì đã có số liệu nhập theo chỉ tiêu này."
        messages.error(request, told, extra_tags=Why.CATALOGUE)
    else:
        messages.success(request, f"Đã xóa: {row}.")
    return redirect("reports:catalogue", year=year)


def _kind_of(year: str, kind: str) -> Any:
    if kind not in ROW_FORMS:
        raise Http404
    return catalogue_of(year), *ROW_FORMS[kind]


def catalogue_of(slug: str) -> Catalogue:
    """Return the catalogue that addresses call `slug`."""
    year, _, part = slug.partition("-")
    return get_object_or_404(Catalogue, year=int(year), two_tiers=bool(part))
