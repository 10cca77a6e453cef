"""What commands are told in words: ranges of years, days and files to write. Raises CommandError."""

import contextlib
import datetime
import os
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from django.core.management.base import CommandError

MAX_YEARS = 30  # of one consolidation or export


def read_years(text: str) -> tuple[int, int]:
    """Return the first and last year of "2022", "2021-2022" or "2021–2022"."""
    match = re.fullmatch(r"\s*(\d{4})\s*(?:[-–]\s*(\d{4})\s*)?", text)
    if not match:
        raise CommandError(
            f"--years {text!r} is neither a year like 2022 nor a range like 2021-2022"
        )
    first, last = int(match[1]), int(match[2] or match[1])
    if first > last:
        raise CommandError(f"--years {text}: {first} is after {last}")
    if last - first >= MAX_YEARS:
        raise CommandError(f"--years {text}: at most {MAX_YEARS} years at a time")
    return first, last


def read_day(text: str | None, flag: str) -> datetime.date | None:
    """Return the day of "2025-07-01", None where nothing was told."""
    if text is None:
        return None
    try:
        return datetime.date.fromisoformat(text.strip())
    except ValueError as error:
        raise CommandError(f"{flag} {text!r} is not a day like 2025-07-01") from error


def read_target(text: str, suffix: str = ".xlsx") -> Path:
    """Return the path to write to: a file that ends in `suffix`, in a folder that exists."""
    target = Path(text)
    if target.suffix.lower() != suffix:
        raise CommandError(f"--output {text!r} must end in {suffix}")
    if target.is_dir():
        raise CommandError(f"--output {text!r} is a folder")
    if not target.parent.is_dir():
        raise CommandError(f"--output: there is no folder {str(target.parent)!r}")
    return target


@contextlib.contextmanager
def whole_file(target: str | Path) -> Iterator[IO[bytes]]:
    """Give a file beside `target` to write to, and move it there: never half a file under its name."""
    part = ""
    try:
        folder = Path(target).absolute().parent
        with tempfile.NamedTemporaryFile(dir=folder, suffix=".part", delete=False) as file:
            part = file.name
            yield file
        os.chmod(part, 0o640)
        os.replace(part, target)
    except OSError as error:
        raise CommandError(f"cannot write {str(target)!r}: {error.strerror or error}") from error
    finally:
        with contextlib.suppress(OSError):
            os.unlink(part)
