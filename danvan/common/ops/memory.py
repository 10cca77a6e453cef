"""What Python does with memory while many rows go by."""

import contextlib
import gc
from collections.abc import Iterator

EVERY = 100_000  # objects between two looks for circles; Python's own 700 cost a sixth of a large import


@contextlib.contextmanager
def seldom_collected() -> Iterator[None]:
    """Look for circles of dead objects seldom while the block runs: rows make none, they go by their count."""
    first, *others = gc.get_threshold()
    gc.set_threshold(max(first, EVERY), *others)
    try:
        yield
    finally:
        gc.set_threshold(first, *others)


@contextlib.contextmanager
def uncollected() -> Iterator[None]:
    """Let nobody look for circles of objects while the block runs: all that it makes stay.

    A country's figures are 440,000: looking through them again and again took half the time.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
