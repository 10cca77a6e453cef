"""What is typed beside a move: a later due date and why."""

from django import forms

from danvan.common.forms import DateInput


class ExtensionForm(forms.Form):
    """A later due date and why."""

    until = forms.DateField(
        label="Gia hạn đến hết ngày",
        widget=DateInput(),
        help_text="Ví dụ 31/12/2024",
        error_messages={"invalid": "Ngày chưa đúng, ví dụ nhập đúng: 31/12/2024."},
    )
    reason = forms.CharField(label="Lý do", max_length=500)
