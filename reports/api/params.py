"""What may be asked: the parameters of each address, checked before anything is read."""

from __future__ import annotations

import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, Field, ValidationInfo, model_validator
from pydantic_core import PydanticCustomError

from danvan.common.ops.arguments import MAX_YEARS
from danvan.common.text import clean_line
from reports.api.problems import FORMATS
from reports.models.period import FIRST_YEAR, LAST_YEAR

PAGE, LONGEST_PAGE = 1000, 5000

Code = Annotated[str, Field(max_length=20), AfterValidator(clean_line)]
Year = Annotated[int, Field(ge=FIRST_YEAR, le=LAST_YEAR)]
Included = Literal["approved", "submitted", "all"]
LevelName = Literal["province", "district", "commune", "body"]


def wrong(parameter: str, reason: str) -> PydanticCustomError:
    """Return the refusal of one parameter, in words."""
    return PydanticCustomError("danvan", "{reason}", {"parameter": parameter, "reason": reason})


class ApiParams(BaseModel):
    """What every address takes. Raises for a parameter that the address does not know."""

    format: Literal["json", "csv"] = Field(
        "json", description="json hoặc csv (UTF-8 có BOM); không ghi: như Accept"
    )

    @model_validator(mode="before")
    @classmethod
    def refuse_unknown(cls, data: Any, info: ValidationInfo) -> Any:
        """Refuse what would be passed over in silence: a mistyped filter gives too much."""
        given = info.context["request"].GET if info.context else {}
        for name in given:
            if name not in cls.model_fields:
                raise wrong(name[:50], "không có tham số này")
        return data

    @model_validator(mode="after")
    def as_accepted(self, info: ValidationInfo) -> Self:
        """Where the address names no format, take the one that the program accepts."""
        if info.context and "format" not in info.context["request"].GET:
            wanted = info.context["request"].get_preferred_type(FORMATS)
            self.format = "csv" if wanted == "text/csv" else "json"
        return self


class Paged(ApiParams):
    """Rows that come in pages in JSON; CSV always has all of them."""

    limit: int = Field(PAGE, ge=1, le=LONGEST_PAGE, description="số dòng mỗi trang JSON")
    after: int = Field(0, ge=0, le=10**15, description="lấy từ địa chỉ “next” của trang trước")


class Years(BaseModel):
    """A year, or a range of years."""

    first_year: Year = Field(description="năm đầu")
    last_year: Year | None = Field(None, description="năm cuối; để trống: một năm")

    @model_validator(mode="after")
    def in_order(self) -> Years:
        """Fill the last year; refuse reversed years and ranges too long."""
        self.last_year = self.last_year or self.first_year
        if self.last_year < self.first_year:
            raise wrong("last_year", f"phải từ {self.first_year} trở đi")
        if self.last_year - self.first_year >= MAX_YEARS:
            raise wrong("last_year", f"mỗi lần tối đa {MAX_YEARS} năm")
        return self


class Area(BaseModel):
    """A unit with all below it; without it everything the account reads."""

    unit: Code | None = Field(None, description="mã đơn vị, gồm cả các đơn vị bên dưới")


class UnitsAsked(ApiParams):
    """Units in force on a day."""

    date: datetime.date | None = Field(None, description="ngày (YYYY-MM-DD); để trống: hôm nay")
    level: LevelName | None = Field(None, description="chỉ một cấp")


class CatalogueAsked(ApiParams):
    """The indicators of one year."""

    year: Year = Field(description="năm của danh mục")


class ReportsAsked(Years, Area, Paged):
    """Where the reports stand."""


class FiguresAsked(Years, Area, Paged):
    """Figures as the units reported them."""

    section: Code | None = Field(None, description="mã mục, ví dụ DT")
    indicator: Code | None = Field(None, description="mã chỉ tiêu, ví dụ DT01")
    state: Included = Field(
        "approved",
        description="báo cáo đã duyệt; submitted: cả chờ duyệt; all: cả đang soạn, trả lại",
    )


class ConsolidationAsked(Years, ApiParams):
    """Consolidated figures of one unit."""

    unit: Code = Field(description="mã đơn vị")
    section: Code | None = Field(None, description="mã mục, ví dụ DT")
    state: Literal["approved", "submitted"] = Field(
        "approved", description="báo cáo đã duyệt; submitted: cả chờ duyệt"
    )
    as_of: datetime.date | None = Field(
        None,
        description="quy đổi theo đơn vị hành chính tại ngày (YYYY-MM-DD); để trống: như từng năm",
    )
    by: Literal["level", "year", "unit"] = Field(
        "level", description="chia theo cấp, theo năm hoặc theo đơn vị trực thuộc"
    )


class RecordsAsked(Years, Area, Paged):
    """Records by the day they began."""
