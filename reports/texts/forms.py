"""What a person asks of the page of texts, and what was ticked on it."""

from django import forms
from django.http import QueryDict

from danvan.common.numbers import read_id
from reports.texts.sources import SOURCE_STATES
from reports.texts.taking import TextChoice

LABELS = {"": "Đã gửi và đã duyệt", "approved": "Đã duyệt", "all": "Cả đang soạn, đang sửa"}


class TextFilterForm(forms.Form):
    """Which of the texts are listed."""

    q = forms.CharField(
        label="Tên đơn vị",
        max_length=100,
        required=False,
        widget=forms.TextInput(attrs={"class": "form-control"}),
    )
    status = forms.ChoiceField(
        label="Báo cáo",
        required=False,
        choices=[(key, LABELS[key]) for key in SOURCE_STATES],
        widget=forms.Select(attrs={"class": "form-select"}),
    )
    use = forms.ChoiceField(
        label="Lời văn",
        required=False,
        choices=[("", "Tất cả"), ("unused", "Chưa dùng")],
        widget=forms.Select(attrs={"class": "form-select"}),
    )

    @property
    def chosen(self) -> dict[str, str]:
        """What was chosen; for nonsense what is usual."""
        self.is_valid()
        return {"q": "", "status": "", "use": ""} | self.cleaned_data


def choices_in(posted: QueryDict) -> dict[int, TextChoice]:
    """Return what was chosen of which report (by id).

    The page sends `seen` ("report:mark") for every text, `part` ("report:mark") for each ticked sentence,
    and the button that was pressed: `whole` or `used` with one report, or neither for the ticked ones.
    """
    seen = dict(_pairs(posted.getlist("seen")))
    for name in ("whole", "used"):
        if name in posted:
            report = read_id(posted.get(name) or "")
            if report is None or report not in seen:
                return {}
            return {report: TextChoice(seen[report], whole=name == "whole")}
    parts = ticked_in(posted)
    return {one: TextChoice(seen[one], frozenset(parts[one])) for one in parts if one in seen}


def ticked_in(posted: QueryDict) -> dict[int, set[str]]:
    """Return the marks of the ticked sentences of each report (by id)."""
    parts: dict[int, set[str]] = {}
    for report, mark in _pairs(posted.getlist("part")):
        parts.setdefault(report, set()).add(mark)
    return parts


def _pairs(texts: list[str]) -> list[tuple[int, str]]:
    """Return "12:rest" as (12, "rest"), without what is none."""
    pairs = (text.partition(":") for text in texts)
    read = ((read_id(first), rest) for first, _, rest in pairs)
    return [(first, rest) for first, rest in read if first is not None]
