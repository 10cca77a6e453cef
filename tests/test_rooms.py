"""The rooms of the apps: what each may import, no circle of files, no folder that holds too much.

Imports count wherever they stand: inside functions and under TYPE_CHECKING as well.
"""

import ast
import re
from collections import Counter

import pytest

from tests.source import (
    APP_FILES,
    MODULES,
    ROOT,
    TREES,
    imported_files,
    relative,
)

# Room → what its files may import of their own app beside the room itself. Each `__init__` says the same
# in words. Pages (views, urls) stand on top of the rooms: they show what any of them has.
ROOMS = {
    "danvan.common.sheets.table": ("danvan.common.sheets", "danvan.common.text"),
    "danvan.common.sheets": ("danvan.common",),
    "danvan.common.ops": ("danvan.common",),
    "danvan.common.db": ("danvan.common",),
    "danvan.common.web": ("danvan.common",),
    "danvan.common.handbook": ("danvan.common",),
    "records.files": ("records.models", "records.locks", "records.services"),
    "danvan.accounts.models": (
        *("danvan.accounts.scope", "danvan.accounts.rights"),
        "danvan.accounts.audit.context",
    ),
    "danvan.accounts.audit": (
        *("danvan.accounts.models", "danvan.accounts.scope", "danvan.accounts.rights"),
    ),
    "danvan.accounts.login": (
        *("danvan.accounts.models", "danvan.accounts.scope", "danvan.accounts.rights"),
        *("danvan.accounts.audit", "danvan.accounts.services"),
    ),
    "danvan.accounts.jobs": (
        *("danvan.accounts.models", "danvan.accounts.scope", "danvan.accounts.rights"),
        *("danvan.accounts.audit", "danvan.accounts.requests"),
    ),
    "danvan.accounts.bodies": ("danvan.accounts.scope", "danvan.accounts.rights"),
    "danvan.accounts.tokens": ("danvan.accounts.models", "danvan.accounts.audit"),
    "records.guidance": ("records.models", "records.kinds"),
    "records.models": ("records.locks", "records.answering"),
    "records.sheets": (
        *("records.models", "records.kinds", "records.services", "records.locks"),
        *("records.filters", "records.answering", "records.days", "records.shown"),
    ),
    "reports.models": ("reports.catalogue.expressions",),
    "reports.catalogue": ("reports.models",),
    "reports.counting": ("reports.models",),
    "reports.workflow": ("reports.models", "reports.catalogue"),
    "reports.figures": (
        *("reports.models", "reports.catalogue.expressions", "reports.counting"),
        *("reports.workflow.moves", "reports.workflow.holding"),
    ),
    "reports.consolidation": ("reports.models", "reports.catalogue.expressions"),
    "reports.notices": ("reports.models",),
    "reports.texts": ("reports.models",),
    # Rooms inside a room come first: their rule is the narrower one.
    "reports.documents.word": ("reports.documents.layout", "reports.documents.letterhead"),
    "reports.documents.workbook": (
        *("reports.models", "reports.consolidation"),
        *("reports.documents.layout", "reports.documents.letterhead"),
    ),
    "reports.documents": (
        *("reports.models", "reports.catalogue.expressions", "reports.consolidation"),
    ),
    "reports.restructuring": (
        *("reports.models", "reports.workflow.answering", "reports.workflow.holding"),
    ),
    "reports.sheets": ("reports.models", "reports.figures", "reports.workflow"),
    "reports.api": (
        *("reports.models", "reports.consolidation", "reports.figures", "reports.workflow"),
        *("reports.catalogue", "reports.counting"),
    ),
    "reports.overview": (
        *("reports.models", "reports.consolidation", "reports.figures.rules"),
        "reports.workflow.progress",
    ),
    "reports.demo": (
        *("reports.models", "reports.catalogue", "reports.counting", "reports.workflow"),
        "reports.figures",
    ),
}
# Nobody imports these but pages, commands and settings: they are the ends of the house.
ENDS = (
    "danvan.accounts.login",
    "records.sheets",
    "reports.documents",
    "reports.restructuring",
    "reports.sheets",
    "reports.demo",
)
# One file that may more than its room → why.
MORE = {
    "reports.workflow.submission": (
        ("reports.figures", "reports.counting"),
        "sending asks every rule of the figures once more, in the transaction of the move",
    ),
    "danvan.accounts.services": (
        ("danvan.accounts.login",),
        "what is done to an account ends its sessions and its second factor",
    ),
    "danvan.accounts.models.user": (
        ("danvan.accounts.login.hashers",),
        "a password is hashed where the row takes it",
    ),
}
MOST_MODULES = 15


def below(module: str, packages) -> bool:
    return any(module == package or module.startswith(f"{package}.") for package in packages)


def room_of(module: str) -> str | None:
    return next((room for room in ROOMS if below(module, [room])), None)


def app_of(module: str) -> str:
    parts = module.split(".")
    return ".".join(parts[:2]) if parts[0] == "danvan" else parts[0]


def is_page(module: str) -> bool:
    """Tell whether a file stands on top of the rooms: pages, addresses, commands."""
    name = module.rpartition(".")[2]
    return name.startswith(("views", "urls")) or ".management." in module


INNER = {name: path for name, path in MODULES.items() if not is_page(name)}


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_what_its_rule_names(room):
    wrong = []
    for module, path in INNER.items():
        if room_of(module) != room:
            continue
        allowed = (room, *ROOMS[room], *MORE.get(module, ((), ""))[0])
        wrong += [
            f"{module} imports {other}"
            for other in sorted(imported_files(path))
            if app_of(other) == app_of(module) and not below(other, allowed)
        ]
    assert wrong == []


@pytest.mark.parametrize("room", ENDS)
def test_an_end_of_the_house_is_imported_by_pages_only(room):
    wrong = [
        f"{module} imports {other}"
        for module, path in INNER.items()
        if not below(module, [room]) and not module.endswith(".apps")
        for other in sorted(imported_files(path))
        if below(other, [room])
        and not is_page(other)
        and not below(other, MORE.get(module, ((), ""))[0])
        and app_of(module) == app_of(other)
    ]
    assert wrong == []


def test_every_room_exists_and_says_what_lives_there_and_what_it_imports():
    for room in ROOMS:
        package = ROOT / room.replace(".", "/") / "__init__.py"
        assert package.exists(), room
        told = package.read_text().partition('"""')[2].partition('"""')[0]
        assert "mport" in told, f"{room} does not say what it imports"


# Packages that Django or Python wants there: no room, nothing to say.
FRAMEWORK = {"management", "commands", "templatetags", "vi"}


def test_every_package_says_in_a_sentence_what_it_imports():
    """Apps and the rooms inside rooms as well."""
    silent = [
        name
        for name, path in MODULES.items()
        if path.name == "__init__.py" and not FRAMEWORK & set(name.split("."))
        if not re.search(r"[.;\n]\s*Imports\s", ast.get_docstring(TREES[path]) or "")
    ]
    assert silent == []


def test_every_package_of_an_app_keeps_the_rule_of_a_room():
    """A new folder has a rule of its own, or stands inside a room and keeps that one's."""
    packages = {name for name, path in MODULES.items() if path.name == "__init__.py"}
    inner = {
        name for name in packages if name != app_of(name) and not FRAMEWORK & {*name.split(".")}
    }
    assert {name for name in inner - {"danvan.formats"} if room_of(name) is None} == set()


def test_no_exemption_of_a_file_is_stale():
    for module, (packages, _reason) in MORE.items():
        found = imported_files(MODULES[module])
        unused = [p for p in packages if not any(below(other, [p]) for other in found)]
        assert unused == [], module


def circles(graph: dict[str, set[str]]) -> list[list[str]]:
    """Return the strongly connected components of more than one node (Tarjan)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []

    def visit(node: str) -> None:
        index[node] = low[node] = len(index)
        stack.append(node)
        for other in graph[node]:
            if other not in index:
                visit(other)
                low[node] = min(low[node], low[other])
            elif other in stack:
                low[node] = min(low[node], index[other])
        if low[node] == index[node]:
            at = stack.index(node)
            component = stack[at:]
            del stack[at:]
            if len(component) > 1:
                found.append(sorted(component))

    for node in graph:
        if node not in index:
            visit(node)
    return found


def test_circles_are_found():
    graph = {"a": {"b"}, "b": {"c"}, "c": {"a", "d"}, "d": {"e"}, "e": set()}
    assert circles(graph) == [["a", "b", "c"]]
    assert circles({"a": {"b"}, "b": set()}) == []


def test_no_circle_of_files():
    assert circles({module: imported_files(path) for module, path in MODULES.items()}) == []


def test_imports_are_absolute():
    """A relative import would be seen by none of these tests."""
    wrong = [
        f"{relative(path)}:{node.lineno}"
        for path in APP_FILES
        for node in ast.walk(TREES[path])
        if isinstance(node, ast.ImportFrom) and node.level
    ]
    assert wrong == []


def test_no_folder_holds_too_many_modules():
    held = Counter(path.parent for path in APP_FILES if path.name != "__init__.py")
    assert {str(k): n for k, n in held.items() if n > MOST_MODULES} == {}
