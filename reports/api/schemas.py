"""The rows as the OpenAPI document describes them; their fields are the columns, in this order."""

import datetime
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, Field

ApiRow = TypeVar("ApiRow", bound=BaseModel)


class ApiPage(BaseModel, Generic[ApiRow]):
    """What JSON answers with: rows, and the address of the next page."""

    items: list[ApiRow]
    next: str | None = Field(None, description="địa chỉ trang sau; null ở trang cuối")


class ApiUnit(BaseModel):
    """An administrative unit on a day."""

    code: str = Field(description="mã đơn vị hành chính")
    name: str = Field(description="tên riêng")
    full_name: str = Field(description="loại và tên")
    level: str = Field(description="province, district, commune, body")
    parent_code: str | None = Field(description="mã đơn vị cấp trên")
    valid_from: datetime.date = Field(description="có hiệu lực từ ngày")
    valid_to: datetime.date | None = Field(description="đến trước ngày; null: đang có hiệu lực")


class IndicatorRow(BaseModel):
    """An indicator of a year's catalogue."""

    year: int
    section: str = Field(description="mã mục")
    section_label: str
    code: str = Field(description="mã chỉ tiêu")
    label: str
    unit_of_measure: str
    value_type: str = Field(description="INT, DEC, PCT, BOOL, RATING, TEXT")
    entry_levels: str = Field(
        description="cấp nhập: X xã, H huyện, T tỉnh, K khối trực thuộc; rỗng: tự tính"
    )
    aggregation: str = Field(description="SUM, RATIO, COUNT, NONE")
    is_stock: bool = Field(description="số cuối kỳ, không cộng qua các năm")
    parent: str | None = Field(description="trong đó của chỉ tiêu nào")
    formula: str
    scale: str = Field(description="thang xếp loại từ thấp đến cao, cách nhau bằng dấu chấm phẩy")


class ReportRow(BaseModel):
    """Where a report stands."""

    year: int
    period: str
    unit_code: str
    unit: str
    level: str
    state: str = Field(description="draft, submitted, returned, approved, reopened")
    state_label: str
    due_date: datetime.date
    is_overdue: bool
    submitted_at: datetime.datetime | None
    approved_at: datetime.datetime | None
    is_demo: bool = Field(description="số liệu minh họa")


class FigureRow(BaseModel):
    """One figure of one report, as the unit entered it. What was left blank has no row."""

    year: int
    period: str
    unit_code: str
    unit: str
    level: str
    state: str
    indicator: str = Field(description="mã chỉ tiêu; tên ở danh mục của năm")
    number: float | None = Field(description="số; xếp loại là bậc, có/không là 1/0")
    qualifier: str = Field(description="exact, at_least (trên), about (khoảng)")
    text: str = Field(description="lời văn")
    note: str = Field(description="giải trình")
    is_demo: bool = Field(description="số liệu minh họa")


class TotalRow(BaseModel):
    """One consolidated figure. Blank is null, never zero."""

    unit_code: str
    unit: str
    parent_code: str | None = Field(description="khi chia theo đơn vị: đơn vị chứa dòng này")
    part: str = Field(
        description="total; province, district, commune; một năm; own (cơ quan của đơn vị); khi quy đổi, "
        "district là của các huyện đã kết thúc"
    )
    section: str
    indicator: str
    label: str
    unit_of_measure: str
    number: float | None = Field(description="đã làm tròn như trên trang")
    qualifier: str = Field(description="exact, at_least (trên), about (khoảng)")
    reports: int = Field(description="số báo cáo có số liệu")
    as_of: int | None = Field(description="số của năm nào, với số cuối kỳ và xếp loại")
    shown: str = Field(description="như trang hiển thị: “trên 1.140”, “Tốt 60 · Khá 3”")
    is_estimated: bool = Field(description="khi quy đổi: có phần ước tính của đơn vị đã chia")
    is_comparable: bool = Field(description="khi quy đổi: false là không so sánh được")


class Totals(ApiPage[TotalRow]):
    """Consolidated figures, and which reports are in them."""

    unit: str
    first_year: int
    last_year: int
    included: int = Field(description="số báo cáo đã tính")
    expected: int = Field(description="số báo cáo phải có")
    is_demo: bool = Field(description="có số liệu minh họa")
    restated_to: datetime.date | None = Field(description="quy đổi theo đơn vị hành chính tại ngày")


class Records(BaseModel):
    """Records of one kind; their fields are the columns of its Excel sheet."""

    items: list[dict[str, Any]]
    next: str | None


class ProblemDocument(BaseModel):
    """A refusal (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[dict[str, str]] = Field(default=[], description="tham số nào sai và vì sao")
