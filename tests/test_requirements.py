"""Every package that gets installed is pinned to one version, those that others pull in too."""

import re
from importlib import metadata
from pathlib import Path

import pytest
from django.conf import settings
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(settings.BASE_DIR)


def pins(name: str) -> dict[str, str]:
    """Return package → version of a requirements file, included files too."""
    found = {}
    for line in (ROOT / name).read_text().splitlines():
        line = line.split("#")[0].strip()
        if line.startswith("-r "):
            found |= pins(line[3:])
        elif line:
            match = re.fullmatch(r"([A-Za-z0-9._-]+)==([A-Za-z0-9.]+)", line)
            assert match, f"{name}: not one exact version: {line}"
            found[canonicalize_name(match[1])] = match[2]
    return found


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_all_that_is_pulled_in_is_pinned(name):
    pinned = pins(name)
    missing = {
        f"{package} needs {requirement.name}"
        for package in pinned
        for requirement in map(Requirement, metadata.requires(package) or [])
        if (requirement.marker is None or requirement.marker.evaluate({"extra": ""}))
        and canonicalize_name(requirement.name) not in pinned
    }
    assert missing == set()


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_the_tests_run_with_the_pinned_versions(name):
    installed = {package: metadata.version(package) for package in pins(name)}
    assert installed == pins(name)


# Below these a known hole is open (CVE or advisory in the comment).
FLOORS = {
    "django": "5.2.19",  # CVE-2026-87975, CVE-2026-84429 and those before them
    "django-import-export": "4.4.3",  # GHSA-fcgw-hjjv-4rh6: 1e999999 read as a whole number
    "django-filter": "2.4",  # CVE-2020-15225: huge numbers
    "defusedxml": "0.7.1",  # openpyxl has no guard against entity bombs without it
    "gunicorn": "23.0",  # CVE-2024-1135, CVE-2024-6827: request smuggling
    "sqlparse": "0.5.0",  # CVE-2024-4340
}


@pytest.mark.parametrize(("package", "floor"), FLOORS.items())
def test_no_package_is_older_than_its_last_known_hole(package, floor):
    assert Version(pins("requirements.txt")[package]) >= Version(floor)
