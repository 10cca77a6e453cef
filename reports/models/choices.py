"""How indicators are typed and added up, and how strictly a rule is meant."""

from django.db import models


class ValueType(models.TextChoices):
    """What may be entered. PERCENT is never typed: it is the formula's ratio."""

    INTEGER = "INT", "Số nguyên"
    DECIMAL = "DEC", "Số thập phân"
    PERCENT = "PCT", "Tỷ lệ % (tự tính)"
    BOOLEAN = "BOOL", "Có / không"
    RATING = "RATING", "Xếp loại"
    TEXT = "TEXT", "Lời văn"

    @property
    def places(self) -> int:
        """How many decimals are shown at most, wherever a figure of it is shown."""
        return 1 if self == ValueType.PERCENT else 3


class Aggregation(models.TextChoices):
    """How values of many units become one."""

    SUM = "SUM", "Cộng"
    RATIO = "RATIO", "Tỷ lệ của các tổng"
    COUNT = "COUNT", "Đếm số đơn vị"
    NONE = "NONE", "Không tổng hợp"


class Severity(models.TextChoices):
    """An error stops the submission; a warning asks for a note at the figure."""

    ERROR = "error", "Lỗi (không gửi được)"
    WARNING = "warning", "Cảnh báo (cần giải trình)"
