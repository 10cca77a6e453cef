"""What an office writes at the head and the foot of its documents, from a day on."""

from __future__ import annotations

import datetime
import re
from typing import ClassVar

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from danvan.accounts.models.fields import unit_field
from danvan.accounts.scope import ScopedQuerySet
from danvan.common.text import clean_line, clean_text, search_key

MAX_RECIPIENTS = 20
_COMMITTEES = re.compile(r"\b(dang|tinh|thanh|huyen|thi|quan) uy\b|\bban thuong vu\b|\bbi thu\b")
_TITLES = re.compile(r"^(dong chi|d c|ong|ba|ts|ths|thac si|tien si|gs|pgs|giao su|bs|ks)\b")

# Days from which something of an office holds: others are typing mistakes.
IN_THIS_CENTURY = [
    MinValueValidator(datetime.date(2000, 1, 1)),
    MaxValueValidator(datetime.date(2100, 12, 31)),
]


class DocumentStyle(models.TextChoices):
    """By whose rules a document is laid out; reports/documents/data/layouts.toml has the measures."""

    PARTY = "party", "Văn bản của Đảng (Quy định 399-QĐ/TW)"
    STATE = "state", "Văn bản hành chính (Nghị định 30/2020/NĐ-CP)"


class Authority(models.TextChoices):
    """For whom the signer signs; how it is written is a matter of the layout."""

    OWN = "", "Ký trực tiếp"
    FOR_BODY = "TM", "Thay mặt (T/M)"
    FOR_HEAD = "KT", "Ký thay (K/T)"
    BY_ORDER = "TL", "Thừa lệnh (T/L)"


class Spelling(models.TextChoices):
    """Offices differ on where the mark of “ủy” stands; texts that are filled in follow the office."""

    NEW = "ủy", "ủy (Tỉnh ủy, Ủy ban)"
    OLD = "uỷ", "uỷ (Tỉnh uỷ, Uỷ ban)"


class OfficeLetterheadQuerySet(ScopedQuerySet["OfficeLetterhead"]):
    """Letterheads, scoped by the unit whose office writes them."""

    def with_names(self) -> OfficeLetterheadQuerySet:
        """Return the rows with what a line about them shows."""
        return self.select_related("unit__parent")


class OfficeLetterhead(models.Model):
    """The letterhead of a unit's office from `valid_from` until the next, or until the office itself changes.

    Without a row the default table holds (reports/documents/data/letterheads.csv).
    """

    unit = unit_field(related_name="letterheads")
    valid_from = models.DateField("áp dụng từ ngày", validators=IN_THIS_CENTURY)
    style = models.CharField(
        "thể thức", max_length=5, choices=DocumentStyle, default=DocumentStyle.PARTY
    )
    spelling = models.CharField(
        "cách viết “ủy”", max_length=2, choices=Spelling, default=Spelling.NEW
    )
    superior = models.CharField("cơ quan cấp trên", max_length=150, blank=True)
    issuer = models.CharField("cơ quan ban hành", max_length=150)
    symbol = models.CharField(
        "ký hiệu", max_length=40, help_text="Phần sau số: -BC/BDVTU, -BC/ĐU, /BC-UBND."
    )
    place = models.CharField(
        "địa danh", max_length=60, help_text="Nơi đóng trụ sở, ghi trước ngày tháng."
    )
    authority = models.CharField(
        "thẩm quyền ký", max_length=2, choices=Authority, default=Authority.OWN, blank=True
    )
    authority_of = models.CharField(
        "ký cho", max_length=100, blank=True, help_text="Sau T/M, K/T, T/L: ĐẢNG ỦY, TRƯỞNG BAN."
    )
    post = models.CharField("chức vụ người ký", max_length=100)
    signer = models.CharField("họ tên người ký", max_length=100, blank=True)
    recipients = models.TextField(
        "nơi nhận",
        max_length=2000,
        blank=True,
        help_text="Mỗi dòng một nơi nhận, dòng cuối là nơi lưu.",
    )
    term = models.CharField(
        "nhiệm kỳ", max_length=20, help_text="Số văn bản chạy trong một nhiệm kỳ: 2025 - 2030."
    )

    objects = OfficeLetterheadQuerySet.as_manager()
    LINES: ClassVar[tuple[str, ...]] = (
        "superior", "issuer", "symbol", "place", "authority_of", "post", "signer", "term",
    )  # fmt: skip

    class Meta:
        verbose_name = "thể thức văn bản"
        verbose_name_plural = "thể thức văn bản"
        ordering = ["unit", "-valid_from"]
        constraints = [
            models.UniqueConstraint(
                fields=["unit", "valid_from"],
                name="letterhead_once_a_day",
                violation_error_message="Đơn vị đã có thể thức áp dụng từ ngày này.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.issuer}, từ {self.valid_from:%d/%m/%Y}"

    def clean(self) -> None:
        """Refuse what the layout's rules do not know (domain reference, 5.1)."""
        super().clean()
        for name in self.LINES:
            setattr(self, name, clean_line(getattr(self, name)))
        lines = [line.strip("-–•+ ,;.") for line in clean_text(self.recipients).splitlines()]
        self.recipients = "\n".join(filter(None, lines))
        errors = {**self._symbol_errors(), **self._signing_errors()}
        if len(self.recipient_lines) > MAX_RECIPIENTS:
            errors["recipients"] = f"Tối đa {MAX_RECIPIENTS} nơi nhận."
        if errors:
            raise ValidationError(errors)

    @property
    def recipient_lines(self) -> tuple[str, ...]:
        """The recipients, one each."""
        return tuple(filter(None, self.recipients.splitlines()))

    def _symbol_errors(self) -> dict[str, str]:
        sign = "-" if self.style == DocumentStyle.PARTY else "/"
        if re.fullmatch(rf"{sign}[A-ZĐ]+[-/][A-ZĐƯƠÂÊÔ]+([-/.][A-ZĐƯƠÂÊÔ]+)*", self.symbol):
            return {}
        sample = "-BC/BDVTU" if self.style == DocumentStyle.PARTY else "/BC-UBND"
        return {"symbol": f"Ký hiệu chưa đúng, ví dụ nhập đúng: {sample}."}

    def _signing_errors(self) -> dict[str, str]:
        if self.authority and not self.authority_of:
            return {"authority_of": "Vui lòng ghi ký cho ai, ví dụ ĐẢNG ỦY hoặc TRƯỞNG BAN."}
        if self.authority_of and not self.authority:
            return {"authority": "Vui lòng chọn T/M, K/T hoặc T/L, hoặc để trống “Ký cho”."}
        committee = _COMMITTEES.search(search_key(self.authority_of))
        party = self.style == DocumentStyle.PARTY
        if party and self.authority == Authority.FOR_HEAD and committee:
            return {
                "authority": "Cấp ủy không ký K/T: phó bí thư ký T/M cấp ủy, chức vụ PHÓ BÍ THƯ."
            }
        if _TITLES.match(search_key(self.signer)):
            return {"signer": "Chỉ ghi họ tên, không ghi học hàm, học vị, “đồng chí”."}
        return {}
