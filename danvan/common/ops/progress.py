"""How far long work has come: told by whatever does it, followed by whoever shows it, or by nobody."""

import contextlib
from collections.abc import Iterable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


@dataclass
class Progress:
    """Steps done, and of how many where that is known."""

    done: int = 0
    total: int = 0


_followed: ContextVar[Progress | None] = ContextVar("danvan_progress", default=None)


@contextlib.contextmanager
def following(progress: Progress) -> Iterator[None]:
    """Let `progress` show how far the work inside the block has come."""
    token = _followed.set(progress)
    try:
        yield
    finally:
        _followed.reset(token)


def expect(total: int) -> None:
    """Tell of how many steps the work consists."""
    if followed := _followed.get():
        followed.total = total


def taken(steps: Iterable[T], each: int = 1) -> Iterator[T]:
    """Yield `steps`; each one that is taken counts for `each` done."""
    followed = _followed.get() or Progress()
    for step in steps:
        yield step
        followed.done += each
