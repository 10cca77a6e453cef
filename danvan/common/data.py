"""Data files that stand beside the code that reads them."""

import csv
import tomllib
from functools import cache
from pathlib import Path
from typing import Any


@cache
def csv_rows(file: Path) -> tuple[dict[str, str], ...]:
    """Return the lines of a CSV file by the names of its head, read once."""
    with file.open(encoding="utf-8", newline="") as lines:
        return tuple(csv.DictReader(lines))


def toml_data(file: Path) -> dict[str, Any]:
    """Return what a TOML file says."""
    return tomllib.loads(file.read_text(encoding="utf-8"))
