"""The form of the own mails: where to, and which."""

from typing import Any

from django import forms
from django.db import transaction

from danvan.accounts.models import User
from reports.models import MAIL_KINDS, MailChoice


class MailForm(forms.ModelForm):
    """The address of the account and one tick for each kind of mail."""

    email = forms.EmailField(
        label="Địa chỉ thư điện tử",
        required=False,
        max_length=254,
        help_text="Để trống nếu không muốn nhận thư nào.",
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        error_messages={"invalid": "Địa chỉ chưa đúng, ví dụ nhập đúng: an.nguyen@example.vn."},
    )
    field_order = ("email", *MAIL_KINDS)

    class Meta:
        model = MailChoice
        fields = MAIL_KINDS

    def __init__(self, data: Any = None, *, user: User) -> None:
        self.user = user
        row = MailChoice.objects.visible_to(user).filter(user=user).first() or MailChoice(user=user)
        super().__init__(data, instance=row, initial={"email": user.email})

    def save(self, commit: bool = True) -> MailChoice:
        """Store the address with the account and the ticks, in one transaction."""
        self.user.email = self.cleaned_data["email"]
        with transaction.atomic():
            self.user.save(update_fields=["email"])
            return super().save(commit)
