"""What units are called in law: levels, kinds, and names with and without their kind."""

from __future__ import annotations

from django.db import models
from django.db.models import Case, When


class Level(models.TextChoices):
    """The tiers of government. Which of them exist is a matter of the date, never of this list.

    A body is no area: a Party committee right below the province, the Fatherland Front of a ward. It
    reports as a unit of its own below the unit it belongs to.
    """

    PROVINCE = "province", "Cấp tỉnh"
    DISTRICT = "district", "Cấp huyện"
    COMMUNE = "commune", "Cấp xã"
    BODY = "body", "Khối trực thuộc"

    @property
    def letter(self) -> str:
        """The letter the indicator catalogue uses: T (tỉnh), H (huyện), X (xã), K (khối)."""
        return {"province": "T", "district": "H", "commune": "X", "body": "K"}[self.value]

    @classmethod
    def from_letter(cls, letter: str) -> Level:
        """Return the level of a catalogue letter; raises StopIteration for any other letter."""
        return next(level for level in cls if level.letter == letter)

    @property
    def short(self) -> str:
        """The level inside a sentence: "tỉnh", "huyện", "xã", "khối trực thuộc"."""
        return self.label.removeprefix("Cấp ").lower()

    @property
    def rank(self) -> int:
        """How high the tier lies: 1 for communes to 3 for provinces, 0 for bodies."""
        return {"province": 3, "district": 2, "commune": 1, "body": 0}[self.value]

    @classmethod
    def ranked(cls, column: str = "level") -> Case:
        """Return the rank of `column` as an expression: lists are ordered by it, never by the word."""
        tiers = (When(**{column: level.value}, then=level.rank) for level in cls)
        return Case(*tiers, output_field=models.SmallIntegerField())


class UnitKind(models.TextChoices):
    """What a unit is called in law; the label is the prefix of its full name."""

    TINH = "tinh", "Tỉnh"
    THANH_PHO_TW = "thanh_pho_tw", "Thành phố"
    QUAN = "quan", "Quận"
    HUYEN = "huyen", "Huyện"
    THI_XA = "thi_xa", "Thị xã"
    THANH_PHO = "thanh_pho", "Thành phố"
    XA = "xa", "Xã"
    PHUONG = "phuong", "Phường"
    THI_TRAN = "thi_tran", "Thị trấn"
    DAC_KHU = "dac_khu", "Đặc khu"
    DANG_UY = "dang_uy", "Đảng ủy"
    MTTQ = "mttq", "Ủy ban MTTQ"
    BAN = "ban", "Ban"
    VAN_PHONG = "van_phong", "Văn phòng"
    CO_QUAN = "co_quan", "Cơ quan"


KINDS_OF_LEVEL = {
    Level.PROVINCE: (UnitKind.TINH, UnitKind.THANH_PHO_TW),
    Level.DISTRICT: (UnitKind.QUAN, UnitKind.HUYEN, UnitKind.THI_XA, UnitKind.THANH_PHO),
    Level.COMMUNE: (UnitKind.XA, UnitKind.PHUONG, UnitKind.THI_TRAN, UnitKind.DAC_KHU),
    Level.BODY: (
        *(UnitKind.DANG_UY, UnitKind.MTTQ, UnitKind.BAN, UnitKind.VAN_PHONG, UnitKind.CO_QUAN),
    ),
}
AREA_LEVELS = (Level.PROVINCE, Level.DISTRICT, Level.COMMUNE)
AREA_CHOICES = [(level.value, level.label) for level in AREA_LEVELS]
AREA_KINDS = tuple(kind for level in AREA_LEVELS for kind in KINDS_OF_LEVEL[level])
LABEL_OF_KIND: dict[str, str] = dict(UnitKind.choices)
LEVEL_OF_KIND = {kind: level for level, kinds in KINDS_OF_LEVEL.items() for kind in kinds}


_PREFIXES = sorted(
    {kind.label for kind in AREA_KINDS} | {"TT.", "TX.", "TP.", "P.", "X.", "H.", "Q."},
    key=len,
    reverse=True,
)


def split_kind(full_name: str, level: str) -> tuple[str, str]:
    """Return (kind, bare name) of a full name such as "Thị trấn Quế" at `level`.

    Marks count: "Xa Dung" is a name, "Xã Dung" a kind and a name. Raises ValueError when the name does
    not begin with a kind of that level.
    """
    for kind in KINDS_OF_LEVEL[Level(level)]:
        prefix = f"{UnitKind(kind).label} "
        if full_name.casefold().startswith(prefix.casefold()):
            return kind, full_name[len(prefix) :].strip()
    raise ValueError(full_name)


def strip_kind(text: str) -> str:
    """Return `text` without one leading kind or its abbreviation ("tx. Duy Tiên" → "Duy Tiên")."""
    for prefix in _PREFIXES:
        glue = "" if prefix.endswith(".") else " "
        if text.casefold().startswith((prefix + glue).casefold()):
            return text[len(prefix + glue) :].strip() or text
    return text
