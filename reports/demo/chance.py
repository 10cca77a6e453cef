"""Chance that is the same on every machine and in every run, and sums that come out exactly."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any


def noise(*key: Any) -> float:
    """Return a number in [0, 1) that depends on `key` only.

    A hash instead of a seeded generator: each figure keeps its number whatever is made before it.
    """
    digest = hashlib.blake2b("|".join(map(str, key)).encode(), digest_size=7).digest()
    return int.from_bytes(digest, "big") / (1 << 56)


def between(low: float, high: float, *key: Any) -> float:
    """Return a number from `low` to `high` that depends on `key` only."""
    return low + (high - low) * noise(*key)


def pick(choices: Sequence, *key: Any) -> Any:
    """Return one of `choices`, depending on `key` only."""
    return choices[int(noise(*key) * len(choices))]


def apportion(total: int, weights: Mapping[str, float]) -> dict[str, int]:
    """Return whole shares of `total` in proportion to `weights`, adding up to it exactly.

    Largest remainders; ties go by key. Raises ValueError for something to share but no weight.
    """
    whole = sum(weights.values())
    if total and whole <= 0:
        raise ValueError(f"no weight to share {total}")
    quotas = {key: total * weight / whole if total else 0 for key, weight in weights.items()}
    shares = {key: int(quota) for key, quota in quotas.items()}
    order = sorted(quotas, key=lambda key: (shares[key] - quotas[key], key))
    for key in order[: total - sum(shares.values())]:
        shares[key] += 1
    return shares


def split(total: int, shares: Mapping[str, float], *key: Any) -> dict[str, int]:
    """Return `total` split by `shares`, each weight varied by up to a fifth depending on `key`."""
    return apportion(
        total, {part: share * between(0.8, 1.2, part, *key) for part, share in shares.items()}
    )
