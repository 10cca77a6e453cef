"""Three things to do first, for each chapter's readers: shown once after the first login, kept for later."""

from dataclasses import dataclass
from typing import Any

from danvan.common.handbook.chapters import Passage, book, table


@dataclass(frozen=True)
class FirstStep:
    """One step: what to do, why, the page it is done on, the passage that tells more."""

    title: str
    text: str
    page: str
    anchor: str

    @property
    def passage(self) -> Passage:
        return book()[self.anchor]


FIRST_STEPS = {
    chapter: [FirstStep(**step) for step in steps]
    for chapter, steps in table("first_steps").items()
}


def own_chapter(user: Any) -> str:
    """Return the chapter that is written for `user`."""
    if user.is_superuser:
        return "quan-tri"
    if user.can("review"):
        return "ban-dan-van"
    return "can-bo" if user.can("enter_report") else "lanh-dao"
