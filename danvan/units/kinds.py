"""What units are called in law: levels, kinds, and names with and without their kind."""

from __future__ import annotations

from django.db import models
from django.db.models import Case, When


class Level(models.TextChoices):
    """The tiers of government. Which of them exist is a matter of the date, never of this list."""

    PROVINCE = "province", "Cấp tỉnh"
    DISTRICT = "district", "Cấp huyện"
    COMMUNE = "commune", "Cấp xã"

    @property
    def letter(self) -> str:
        """The letter the indicator catalogue uses: T (tỉnh), H (huyện), X (xã)."""
        return {"province": "T", "district": "H", "commune": "X"}[self.value]

    @classmethod
    def from_letter(cls, letter: str) -> Level:
        """Return the level of a catalogue letter; raises KeyError for any other letter."""
        return {"T": cls.PROVINCE, "H": cls.DISTRICT, "X": cls.COMMUNE}[letter]

    @property
    def short(self) -> str:
        """The level inside a sentence: "tỉnh", "huyện", "xã"."""
        return self.label.removeprefix("Cấp ")

    @property
    def rank(self) -> int:
        """How high the tier lies: 1 for communes to 3 for provinces."""
        return {"province": 3, "district": 2, "commune": 1}[self.value]

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


KINDS_OF_LEVEL = {
    Level.PROVINCE: (UnitKind.TINH, UnitKind.THANH_PHO_TW),
    Level.DISTRICT: (UnitKind.QUAN, UnitKind.HUYEN, UnitKind.THI_XA, UnitKind.THANH_PHO),
    Level.COMMUNE: (UnitKind.XA, UnitKind.PHUONG, UnitKind.THI_TRAN, UnitKind.DAC_KHU),
}
LEVEL_OF_KIND = {kind: level for level, kinds in KINDS_OF_LEVEL.items() for kind in kinds}


_PREFIXES = sorted(
    set(UnitKind.labels) | {"TT.", "TX.", "TP.", "P.", "X.", "H.", "Q."},
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
