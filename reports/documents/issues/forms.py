"""The form that sends a consolidation out, and the one that hands in the signed paper."""

from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError

from danvan.common.forms import DayField, NumberField, TextField, upload_field
from reports.models import Authority, DocumentKind, PublishedIssue

SIGNING = ("authority", "authority_of", "post", "signer")


class IssuingForm(forms.Form):
    """What a document says of itself; figures and letterhead come from elsewhere."""

    kind = forms.ChoiceField(label="Loại văn bản", choices=DocumentKind)
    number = NumberField(
        label="Số", top=99_999, grouped=False, help_text="Số tiếp theo trong sổ của cơ quan."
    )
    date = DayField(label="Ngày văn bản")
    title = TextField(label="Trích yếu", max_length=300)
    replaces = forms.ChoiceField(
        label="Thay thế",
        required=False,
        help_text="Văn bản trước được giữ nguyên, kèm bảng khác biệt.",
    )
    missing_reason = TextField(
        label="Lý do ban hành khi chưa đủ báo cáo", max_length=1000, required=False
    )
    authority = forms.ChoiceField(label="Thẩm quyền ký", choices=Authority, required=False)
    authority_of = TextField(label="Ký cho", max_length=100, required=False)
    post = TextField(label="Chức vụ người ký", max_length=100)
    signer = TextField(label="Họ tên người ký", max_length=100, required=False)
    token = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def __init__(
        self, *args: Any, replaceable: list[PublishedIssue], complete: bool, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.rows = {str(row.pk): row for row in replaceable}
        names = [(key, f"{row} ngày {row.date:%d/%m/%Y}") for key, row in self.rows.items()]
        if names:
            choices = [("", "Không, đây là lần đầu"), *names]
            cast(forms.ChoiceField, self.fields["replaces"]).choices = choices
        else:
            del self.fields["replaces"]
        if complete:
            del self.fields["missing_reason"]

    def clean_number(self) -> int:
        """Refuse a nought: numbers begin with 01."""
        number = self.cleaned_data["number"]
        if not number:
            raise ValidationError("Vui lòng nhập số văn bản, từ 1 trở đi.")
        return number

    @property
    def kind_label(self) -> str:
        """The kind of document in words."""
        return str(DocumentKind(self.cleaned_data["kind"]).label).lower()

    @property
    def signing(self) -> dict[str, str]:
        """Who signs, as the letterhead has it."""
        return {name: self.cleaned_data[name] for name in SIGNING}

    @property
    def replaced(self) -> PublishedIssue | None:
        """The issue that is replaced."""
        return self.rows.get(self.cleaned_data.get("replaces", ""))


class SignedForm(forms.Form):
    """The signed paper as a PDF."""

    file = upload_field("Bản đã ký (PDF, tối đa 20 MB)", ".pdf")
