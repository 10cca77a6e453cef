"""What units are called in law: levels, kinds, and names with and without their kind."""

from __future__ import annotations

from django.db import models


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


class Kind(models.TextChoices):
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
    Level.PROVINCE: (Kind.TINH, Kind.THANH_PHO_TW),
    Level.DISTRICT: (Kind.QUAN, Kind.HUYEN, Kind.THI_XA, Kind.THANH_PHO),
    Level.COMMUNE: (Kind.XA, Kind.PHUONG, Kind.THI_TRAN, Kind.DAC_KHU),
}


_PREFIXES = sorted(
    set(Kind.labels) | {"TT.", "TX.", "TP.", "P.", "X.", "H.", "Q."},
    key=len,
    reverse=True,
)


def split_kind(full_name: str, level: str) -> tuple[str, str]:
    """Return (kind, bare name) of a full name such as "Thị trấn Quế" at `level`.

    Marks count: "Xa Dung" is a name, "Xã Dung" a kind and a name. Raises ValueError when the name does
    not begin with a kind of that level.
    """
    for kind in KINDS_OF_LEVEL[Level(level)]:
        prefix = f"{Kind(kind).label} "
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
