"""Doubts about a file that only its owner can settle: a sentence and the possible readings.

An answer is kept with the import and the file is read again with it; nothing is written while a question
is open. On the command line the same answers are given as --answer ID=VALUE.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from danvan.common.sheets.addresses import spoken

SKIP = "-"  # the answer "do not use it"


@dataclass(frozen=True)
class Question:
    """What is asked; `options` are (value, label) of the readings."""

    id: str
    text: str
    options: tuple[tuple[str, str], ...]

    def answered(self, answers: Mapping[str, str]) -> str:
        """Return the answer among `answers`, "" when there is none that is one of the options."""
        given = answers.get(self.id, "")
        return given if given in {value for value, _ in self.options} else ""


def about_hidden(sheet: str, rows: Iterable[int]) -> Question:
    """Return the question whether the hidden `rows` of a sheet are to be read: "doc" or "bo"."""
    return Question(
        "dong-an",
        f"Trang “{sheet}” có dòng đang ẩn hoặc bị lọc: dòng {spoken(rows)}. Có đọc các dòng đó không?",
        (("doc", "Đọc cả các dòng ẩn"), ("bo", "Bỏ qua các dòng ẩn")),
    )


def is_open(questions: Iterable[Question], answers: Mapping[str, str]) -> bool:
    """Return whether one of `questions` has no answer yet."""
    return any(not question.answered(answers) for question in questions)


class Asked(Exception):  # noqa: N818 - not an error: the reading goes on once these are answered
    """The file cannot be read on before its owner answered `questions`."""

    def __init__(self, questions: Iterable[Question]) -> None:
        self.questions = list(questions)
        super().__init__("; ".join(question.text for question in self.questions))
