"""The totals the demonstration figures of a year add up to, by indicator and level.

The sums of 2021–2022 (DT01, DT02, DV09–DV11, KT01) and of 2021–2023 (GS, TP) are those of the seed
article (domain reference §1.1); where it gives no levels, and for every single year, the split is
invented. 2024 continues the series. Former Ninh Bình and Nam Định are given as much for each unit of a
level as Hà Nam had; of the years without districts nothing is published, all is invented.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

YEARS = (2021, 2022, 2023, 2024)

# code: level letter: totals of YEARS
TOTALS: dict[str, dict[str, tuple[int, int, int, int]]] = {
    "DT01": {"T": (1, 2, 2, 2), "H": (10, 12, 12, 13), "X": (104, 112, 118, 121)},
    "DT02": {"T": (1, 2, 2, 2), "H": (19, 21, 21, 22), "X": (135, 145, 150, 153)},
    "DV09": {"T": (10, 11, 12, 12)},
    "DV10": {"H": (119, 127, 130, 133)},
    "DV11": {"X": (342, 363, 371, 378)},
    "KT01": {"T": (10, 11, 12, 12)},
    "GS01": {"T": (11, 12, 12, 12), "H": (40, 42, 44, 45), "X": (170, 174, 179, 182)},
    "GS02": {"T": (4, 5, 5, 5), "H": (13, 14, 15, 15), "X": (34, 36, 37, 38)},
    "GS07": {"T": (28, 30, 31, 31), "H": (84, 87, 90, 91), "X": (256, 263, 271, 275)},
    "GS09": {"X": (182, 187, 194, 197)},
    "GS11": {"X": (187, 193, 198, 201)},
    "TP01": {"T": (1, 1, 1, 1), "H": (4, 4, 5, 5)},
    "TP02": {"T": (205, 210, 216, 220), "H": (548, 562, 620, 640)},
    "TP03": {"T": (9, 9, 10, 10), "H": (36, 38, 40, 41)},
    "TP04": {"T": (1480, 1530, 1590, 1600), "H": (3180, 3320, 3500, 3560)},
}
# The article says "hơn 1.140" and "trên 14.600": the province's own part carries the mark.
AT_LEAST = {"GS07": "T", "TP04": "T"}
# Communes rated below "Tốt": at least 99 of 109 must do well for the published "trên 90%".
BELOW_GOOD = dict(zip(YEARS, (9, 8, 6, 5), strict=True))


# Years without districts: of the province as a whole, and of each commune (larger than those before).
TWO_TIERS = {
    "DT01": (4, 1.5), "DT02": (4, 1.8), "DV09": (40, 0), "DV11": (0, 5.2), "KT01": (36, 0),
    "GS01": (30, 3.2), "GS02": (12, 0.8), "GS07": (70, 5.0), "GS09": (0, 3.4), "GS11": (0, 3.5),
    "TP01": (6, 0), "TP02": (1300, 0), "TP03": (24, 1.0), "TP04": (3600, 60),
}  # fmt: skip
_HA_NAM = {"T": 1, "H": 6, "X": 109}


@dataclass(frozen=True)
class DemoTotals:
    """Sums by indicator code and level letter, and how many communes are rated below "Tốt"."""

    sums: Mapping[str, Mapping[str, int]]
    below_good: int


def totals_of(year: int, counts: Mapping[str, int]) -> DemoTotals:
    """Return the totals of a province with so many units of each level: of Hà Nam's the published ones."""
    if year not in YEARS:
        return _without_districts(year, counts)
    place = YEARS.index(year)
    sums = {
        code: {
            letter: round(years[place] * counts[letter] / _HA_NAM[letter])
            for letter, years in letters.items()
        }
        for code, letters in TOTALS.items()
    }
    return DemoTotals(sums, round(BELOW_GOOD[year] * counts["X"] / _HA_NAM["X"]))


def _without_districts(year: int, counts: Mapping[str, int]) -> DemoTotals:
    """Return the totals of a province of two tiers, growing a little every year."""
    growth = 1.03 ** (year - YEARS[-1])
    sums = {}
    for code, (province, each) in TWO_TIERS.items():
        parts = {"T": province * counts["T"], "X": each * counts["X"]}
        sums[code] = {letter: round(part * growth) for letter, part in parts.items() if part}
    return DemoTotals(sums, counts["X"] // 20)
