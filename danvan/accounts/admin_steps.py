"""The steps on an account in Django's admin: what each asks, what it says, what it does."""

from typing import Any

from django import forms
from django.utils import timezone

from danvan.accounts import services
from danvan.accounts.models import SlipSheet, User
from danvan.common.forms import DayField
from danvan.units.forms import UnitChoice


class StepForm(forms.Form):
    """One step on an account: what it asks, what it says, what it does."""

    title = explanation = done = ""

    def __init__(self, *args: Any, user: User, by: User, **kwargs: Any) -> None:
        self.user, self.by = user, by
        super().__init__(*args, **kwargs)

    def carry_out(self) -> SlipSheet | None:
        """Do it; return the sheet of a password that was issued, if there is one. Raises ValidationError."""
        raise NotImplementedError


def _day_field() -> Any:
    return DayField(label="Từ ngày", initial=timezone.localdate, help_text="ngày/tháng/năm")


class ResetStep(StepForm):
    title = "Cấp lại mật khẩu"
    explanation = (
        "Mật khẩu mới chỉ hiện một lần; các máy đang đăng nhập tài khoản này sẽ bị đăng xuất."
    )

    def carry_out(self) -> Any:
        return services.reset_passwords([self.user], by=self.by)


class DeactivateStep(StepForm):
    title = "Ngừng tài khoản"
    explanation = "Người này không đăng nhập được nữa. Mọi báo cáo và lịch sử vẫn giữ nguyên."
    done = "Đã ngừng tài khoản."
    on = _day_field()

    def carry_out(self) -> Any:
        services.deactivate(self.user, by=self.by, on=self.cleaned_data["on"])


class ReactivateStep(StepForm):
    title = "Mở lại tài khoản"
    explanation = "Tài khoản hoạt động trở lại với mật khẩu mới được cấp."

    def carry_out(self) -> Any:
        return services.reactivate(self.user, by=self.by)


class TransferStep(StepForm):
    title = "Chuyển đơn vị"
    explanation = "Các máy đang đăng nhập sẽ bị đăng xuất. Lịch sử vẫn ghi đơn vị cũ."
    done = "Đã chuyển đơn vị."
    on = _day_field()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields = {"unit": UnitChoice("Đơn vị mới"), **self.fields}

    def carry_out(self) -> None:
        unit, on = self.cleaned_data["unit"], self.cleaned_data["on"]
        services.transfer(self.user, unit, by=self.by, on=on)


class SecondFactorStep(StepForm):
    title = "Tắt xác thực hai lớp"
    explanation = "Dùng khi người này mất điện thoại. Lần đăng nhập sau chỉ cần mật khẩu."
    done = "Đã tắt xác thực hai lớp."

    def carry_out(self) -> Any:
        services.remove_second_factor(self.user, by=self.by)


STEPS: dict[str, type[StepForm]] = {
    "cap-mat-khau": ResetStep,
    "ngung": DeactivateStep,
    "mo-lai": ReactivateStep,
    "chuyen": TransferStep,
    "tat-hai-lop": SecondFactorStep,
}
