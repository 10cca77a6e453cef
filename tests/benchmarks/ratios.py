"""The registry of `manage.py benchmark`: what is measured stands in the files beside this one.

    @benchmark("lists")
    def lists(rows: int) -> list[Ratio]: ...

A benchmark runs in an empty scratch database that is thrown away afterwards.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

BENCHMARKS: dict[str, Callable[..., list[Ratio]]] = {}
BY_NAME: set[str] = set()  # run only where they are named


@dataclass(frozen=True)
class Ratio:
    """One measured ratio beside the bar it must not exceed (or with `at_least` must reach)."""

    what: str
    seconds: float
    against: str
    against_seconds: float
    bar: float
    at_least: bool = False

    @property
    def value(self) -> float:
        """How many times as long the thing takes; with `at_least`, how many times faster it is."""
        if self.at_least:
            return self.against_seconds / self.seconds
        return self.seconds / self.against_seconds

    @property
    def holds(self) -> bool:
        """Tell whether the bar is kept."""
        return self.value >= self.bar if self.at_least else self.value <= self.bar

    def __str__(self) -> str:
        sign = ">=" if self.at_least else "<="
        return (
            f"{'ok  ' if self.holds else 'MISS'} {self.value:7.2f} (bar {sign} {self.bar:g})  "
            f"{self.what} {self.seconds:.3f} s, {self.against} {self.against_seconds:.3f} s"
        )


def benchmark(name: str, *, by_name: bool = False):
    """Register the decorated function `(rows) -> list[Ratio]` under `name`.

    With `by_name` it takes `(rows, size)` and runs only where it is asked for by its name.
    """

    def register(function):
        BENCHMARKS[name] = function
        if by_name:
            BY_NAME.add(name)
        return function

    return register


def best_of(times: int, *functions: Callable[[], object]) -> list[float]:
    """Return the shortest time of each function; they take turns on the same machine."""
    best = [float("inf")] * len(functions)
    for _ in range(times):
        for index, function in enumerate(functions):
            start = time.perf_counter()
            function()
            best[index] = min(best[index], time.perf_counter() - start)
    return best
