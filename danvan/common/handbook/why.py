"""The kinds of refusal, each with the passage of the handbook that says why and what to do.

The value is the anchor of the passage in chapters/vi-sao.md. A refusal names its kind where it is raised
(the code of a ValidationError, the tag of a message) or where it is shown ({% why "…" %} in a template).
"""

from enum import StrEnum

from django.core.exceptions import ValidationError


class Why(StrEnum):
    """One kind of refusal."""

    RIGHT = "khong-co-quyen"
    AREA = "ngoai-pham-vi"
    LOCKED = "da-gui-da-khoa"
    MOVED_ON = "trang-thai-da-doi"
    CONFLICT = "nguoi-khac-vua-sua"
    RULES = "so-lieu-chua-khop"
    BLANKS = "o-de-trong"
    UNREADABLE = "so-chua-doc-duoc"
    UNIT_ENDED = "don-vi-da-ket-thuc"
    TWINS = "ho-so-trung"
    FILE = "tep-khong-nhan"
    IMPORT = "chua-ghi-duoc"
    LOGIN = "tam-khoa-dang-nhap"
    FIRST_STEPS = "buoc-dau-tai-khoan"
    OLD_PAGE = "trang-mo-qua-lau"
    BUSY = "he-thong-ban"
    CATALOGUE = "danh-muc-da-dung"
    ISSUE = "chua-ban-hanh-duoc"
    RESTATED = "khong-so-sanh-duoc"
    FIELDS = "o-chua-dung"
    LIMIT = "qua-gioi-han"
    PASSWORD = "mat-khau-chua-duoc"  # noqa: S105 - an anchor
    ACCOUNT = "tai-khoan-chua-doi"
    UNITS = "chua-sap-xep-duoc"
    DOCUMENT = "chua-lap-van-ban"
    JOB = "viec-chua-xong"
    REQUEST = "yeu-cau-chua-doc-duoc"
    FAULT = "he-thong-gap-loi"


def kind_of_refusal(code: object) -> Why | None:
    """Return the kind that `code` (of an error, of a message) names, None where it names none."""
    return next((kind for kind in Why if kind == code), None)


def kind_of_error(error: ValidationError) -> Why | None:
    """Return the first kind that one of the codes of `error` names."""
    by_field = getattr(error, "error_dict", {"": getattr(error, "error_list", [])})
    codes = (one.code for errors in by_field.values() for one in errors)
    return next(filter(None, map(kind_of_refusal, codes)), None)
