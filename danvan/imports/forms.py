"""The upload form; the target's own questions are added to it."""

from typing import Any

from django import forms

from danvan.accounts.models import User
from danvan.common.excel import CONTENT_TYPE
from danvan.common.forms import FileInput
from danvan.imports.targets import Target


class UploadForm(forms.Form):
    """A workbook and how to read it."""

    file = forms.FileField(
        label="Tệp Excel (.xlsx)",
        max_length=500,
        allow_empty_file=True,
        widget=FileInput(f".xlsx,{CONTENT_TYPE}"),
    )
    convert = forms.BooleanField(
        label="Chuyển mã chữ sang Unicode",
        required=False,
        help_text="Chỉ chọn khi tệp gõ bằng phông cũ (.VnTime, VNI-Times) hoặc chữ bị hỏng mã.",
    )
    blanks = forms.BooleanField(
        label="Ô trống trong tệp xóa số liệu đã có",
        required=False,
        help_text="Bình thường ô trống giữ nguyên số liệu đã có.",
    )

    def __init__(self, *args: Any, target: Target, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        extra = target.form_fields(user)
        self.fields = {**extra, **self.fields}
        self.param_names = [*extra, "convert", "blanks"]

    @property
    def params(self) -> dict:
        """What is stored with the job."""
        return {name: self.cleaned_data[name] for name in self.param_names}


class ConfirmForm(forms.Form):
    """Nothing but the one choice: what is written is what was stored with the job."""

    only_good = forms.BooleanField(label="Chỉ nhận các dòng đúng", required=False)
