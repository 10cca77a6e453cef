"""Stale forms of rows without a version: who opened before somebody else saved is told, and keeps all.

The form carries a signature of the row as it was shown. It is compared under a row lock, so of two people
who save at once the second is told; a second click then saves what was typed.
"""

import hashlib
from typing import Any

from django import forms
from django.db import models, transaction

from danvan.common.db.locks import locked
from danvan.common.handbook.why import Why
from danvan.common.words import in_words

STAMP = "row_stamp"
GONE = (
    "Dữ liệu này vừa bị người khác xóa nên chưa lưu. Nội dung anh/chị nhập còn nguyên ở trang này."
)


def stamp_of(row: models.Model) -> str:
    """Return the signature of everything stored in `row`, "" for one that is not stored."""
    if row.pk is None:
        return ""
    volatile = {"last_login", "password"}
    values = [
        f"{field.attname}={field.value_to_string(row)}"
        for field in row._meta.concrete_fields
        if field.name not in volatile
    ]
    return hashlib.sha256("\n".join(values).encode()).hexdigest()[:32]


class StaleFormMixin(forms.ModelForm):
    """A ModelForm that refuses to overwrite what its reader has not seen."""

    row_stamp = forms.CharField(label="Bản đã mở", widget=forms.HiddenInput, required=False)
    part_of = ""  # a column that is no field of the form but part of a unique constraint

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields[STAMP].initial = self.initial[STAMP] = stamp_of(self.instance)

    def _get_validation_exclusions(self) -> set[str]:
        return super()._get_validation_exclusions() - {self.part_of}  # type: ignore[misc]

    def clean(self) -> dict[str, Any] | None:
        """Compare with the row as it is now; on a mismatch name what stands there and go on from it."""
        cleaned = super().clean() or self.cleaned_data
        if self.instance.pk is None:
            return cleaned  # new: nothing was shown that could be old
        with transaction.atomic():
            stored = locked(type(self.instance)._base_manager.filter(pk=self.instance.pk)).first()
        if stored is None:
            self.add_error(None, forms.ValidationError(GONE, code=Why.CONFLICT))
            return cleaned
        now = stamp_of(stored)
        if cleaned.get(STAMP) != now:
            typed: Any = self.data.copy()  # type: ignore[attr-defined]  # a QueryDict
            typed[self.add_prefix(STAMP)] = now
            self.data = typed
            # A form that does not say what it showed counts as the oldest.
            unknown = "Không rõ biểu nhập này được mở từ lúc nào nên chưa lưu."
            why = "Dữ liệu này vừa được người khác sửa." if cleaned.get(STAMP) else unknown
            told = f"{why} {self._differences(stored)}"
            self.add_error(None, forms.ValidationError(told, code=Why.CONFLICT))
        return cleaned

    def _differences(self, stored: models.Model) -> str:
        """Return which typed values differ from what stands now, as one sentence."""
        seen = []
        for name, typed in self.cleaned_data.items():
            if name == STAMP or not hasattr(stored, name):
                continue
            present = getattr(stored, name)
            if present != typed:
                field = self.fields[name]
                now, wanted = (in_words(field, v) or "trống" for v in (present, typed))
                seen.append(f"{field.label or name}: hiện là “{now}”, anh/chị nhập “{wanted}”")
        text = "; ".join(seen) or "Nội dung anh/chị nhập trùng với dữ liệu hiện tại"
        return f"{text}. Bấm lưu lần nữa để ghi nội dung của anh/chị."
