"""What README.md says is so: links, commands, environment variables."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import get_commands

from tests.source import MODULES, imported_files, module_of
from tests.test_rooms import ROOMS

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


# A newcomer must get there in so many files (docs/architecture.md).
WALKS = {
    "A typed figure to the workbook": 20,
    "A cell of Excel to a stored record": 16,
    "Why a row is (not) seen": 9,
    "A record to a figure": 10,
    "A change to its log line": 8,
}


def walks() -> dict[str, list[str]]:
    """Return the files of each walk of the map, in order."""
    page = (ROOT / "docs/architecture.md").read_text().partition("## Five walks")[2]
    parts = re.split(r"^\*\*(.+?)\*\*", page, flags=re.M)[1:]
    steps = (re.findall(r"^\d+\. `([^`]+)`", text, flags=re.M) for text in parts[1::2])
    return dict(zip(parts[::2], steps, strict=True))


def test_the_map_leads_through_few_files_that_exist():
    found = walks()
    assert found.keys() == WALKS.keys()
    for title, most in WALKS.items():
        steps = found[title]
        assert 5 < len(steps) <= most, title
        assert len(set(steps)) == len(steps), title
        assert [step for step in steps if not (ROOT / step).is_file()] == [], title


def test_each_step_of_the_map_knows_another_by_import():
    """A file that none of the others imports, and that imports none, is no part of the walk."""
    for title, steps in walks().items():
        names = {module_of(ROOT / step): step for step in steps}
        links = {(name, other) for name in names for other in imported_files(MODULES[name])}
        links |= {(n, other) for n in names for other in names if other in MODULES[n].read_text()}
        links |= {(other, name) for name, other in links}
        alone = [
            step
            for name, step in names.items()
            for known in [{name, name.rpartition(".")[0]}]  # models are taken from their package
            if not any((one, other) in links for one in known for other in names.keys() - {name})
        ]
        assert alone == [], title


def test_the_map_names_every_room():
    page = (ROOT / "docs/architecture.md").read_text()
    rooms = {room.removeprefix("danvan.accounts.").replace(".", "/") for room in ROOMS}
    for inside in ("danvan/common/", "records/", "reports/documents/"):
        rooms = {room.removeprefix(inside) for room in rooms}
    assert {room for room in rooms if f"{room}/" not in page and f"`{room}`" not in page} == set()
