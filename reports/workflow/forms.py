"""What is typed beside a move: a later due date and why."""

import datetime
from typing import Any

from django import forms
from django.utils import timezone

from danvan.common.forms import DayField


class ExtensionForm(forms.Form):
    """A later due date and why."""

    until = DayField(label="Gia hạn đến hết ngày", help_text="Ví dụ 31/12/2024")
    reason = forms.CharField(label="Lý do", max_length=500)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        today, widget = timezone.localdate(), self.fields["until"].widget
        # A day typed without its year is the next one of that name.
        widget.inside = today, today + datetime.timedelta(days=364)
