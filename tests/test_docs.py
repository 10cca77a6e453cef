"""What README.md says is so: links, commands, environment variables."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import get_commands

ROOT = Path(settings.BASE_DIR)
README = (ROOT / "README.md").read_text()
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
# Read by tests/run.py, not by the settings.
OF_MAKE = {"PORT"}


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_links_lead_somewhere(page):
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text())
    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_files_that_are_named_exist(page):
    named = re.findall(
        r"`((?:danvan|records|reports|tests|templates|docs)/[\w./]+\.\w+)`", page.read_text()
    )
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_every_command_of_the_readme_exists():
    named = set(re.findall(r"manage\.py (\w+)", README))
    assert named >= {"load_units", "load_demo", "export_consolidated", "backup", "restore"}
    assert named - set(get_commands()) == set()


def test_every_command_of_ours_is_in_the_readme():
    ours = {
        name for name, app in get_commands().items() if app.startswith(("danvan", "rec", "rep"))
    }
    assert {name for name in ours if name not in README} == set()


def test_environment_variables_are_all_documented():
    read = set(re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', (ROOT / "danvan/settings.py").read_text()))
    told = set(re.findall(r"`([A-Z_]{4,})`", README.partition("## Deploy")[2]))
    assert read - told == set(), "missing in README.md"
    assert told - read - OF_MAKE == set(), "in README.md, but read nowhere"


def test_the_environment_file_means_the_same_to_the_shell_and_to_systemd():
    """systemd takes a remark behind a value for a part of it; the shell does not."""
    page = (ROOT / "docs/deploy.md").read_text()
    block = next(part for part in page.split("```") if "SECRET_KEY=" in part)
    lines = [line for line in block.splitlines()[1:] if line and not line.startswith("#")]
    assert len(lines) > 5
    assert [line for line in lines if not re.fullmatch(r"[A-Z_]+=[^\s#]+", line)] == []
