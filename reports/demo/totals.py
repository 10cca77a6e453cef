"""The totals the demonstration figures of a year add up to, by indicator and level; figures.toml has them.

The sums of 2021–2022 (DT01, DT02, DV09–DV11, KT01) and of 2021–2023 (GS, TP) are those of the seed
article (domain reference §1.1); where it gives no levels, and for every single year, the split is
invented. 2024 continues the series. Former Ninh Bình and Nam Định are given as much for each unit of a
level as Hà Nam had; of the years without districts nothing is published, all is invented.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from danvan.common.data import toml_data

DEMO_DATA: dict[str, Any] = toml_data(Path(__file__).with_name("figures.toml"))
YEARS: tuple[int, ...] = tuple(DEMO_DATA["years"])
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
        for code, letters in DEMO_DATA["totals"].items()
    }
    return DemoTotals(sums, round(DEMO_DATA["below_good"][place] * counts["X"] / _HA_NAM["X"]))


def _without_districts(year: int, counts: Mapping[str, int]) -> DemoTotals:
    """Return the totals of a province of two tiers, growing a little every year."""
    growth = 1.03 ** (year - YEARS[-1])
    sums = {
        code: {
            letter: round(each * counts[letter] * growth)
            for letter, each in letters.items()
            if counts[letter]
        }
        for code, letters in DEMO_DATA["two_tiers"].items()
    }
    return DemoTotals(sums, counts["X"] // 20)
