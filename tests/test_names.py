"""Names: one meaning each, and nothing that only tests use."""

import ast
import importlib
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from tests.source import APP_FILES, TEMPLATES, TREES, module_of, relative

# What several files may define because a framework looks for it by this name, file by file.
LOOKED_FOR = {
    "Command": "Django finds the command of a file by it",
    "TARGETS": "settings.IMPORT_TARGETS names one tuple of each app",
    "app_name": "Django's addresses",
    "urlpatterns": "Django's addresses",
    "register": "Django's template tags",
    "log": "the logger of a file",
    "main": "danvan/common/children.py starts a child process with it",
}
# The same thing under the same name on both sides of a setting or a tag: one meaning.
SAME = {
    "locks_on": "settings.RECORD_LOCK names the function of reports that records ask",
    "year_spans": "settings.RECORD_YEARS, likewise",
    "feeds_of": "settings.RECORD_FEEDS, likewise",
    "answered_by": "settings.RECORD_ANSWERS, likewise",
    "can": "the template tag asks the method of the table",
    "besides": "the template tag asks the words of the consolidation",
}
# What a framework calls without being told its name → by whom.
CALLED = {
    "clean_": "Django's forms call clean_<field>",
    "process_view": "Django's middleware",
    "process_exception": "Django's middleware",
    "get_help_text": "Django's password validators",
    "to_url": "Django's path converters",
    "as_postgresql": "Django's compiler, on that engine",
    **dict.fromkeys(
        ("db_for_read", "db_for_write", "allow_relation", "allow_migrate"), "Django's router"
    ),
}
REGISTERED = {"register", "receiver", "model_validator"}  # decorators that hand a function over
CONFIGS = {"settings.py", "gunicorn_conf.py", "formats.py", "apps.py"}  # read by name from outside


def is_view_file(path: Path) -> bool:
    return path.stem.startswith(("views", "operations"))  # operations: the pages of the API


def defined(path: Path) -> Iterator[tuple[str, ast.stmt, ast.ClassDef | None]]:
    """Yield (name, node, class) of every public class, function, method and constant of a file."""
    for node in TREES[path].body:
        match node:
            case ast.ClassDef(name=name) | ast.FunctionDef(name=name):
                yield name, node, None
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                yield name, node, None
        if isinstance(node, ast.ClassDef):
            yield from ((n.name, n, node) for n in node.body if isinstance(n, ast.FunctionDef))


# Words that people read everywhere → the one file that writes them; others ask the choice for its label.
WORDS_OF = {
    "danvan/units/kinds.py": {"Cấp tỉnh", "Cấp huyện", "Cấp xã"},
    "reports/models/report.py": {"trên", "khoảng"},
    "danvan/common/numbers.py": {"Không nhận số âm.", "Số quá lớn, vui lòng kiểm tra lại."},
    "records/models/base.py": {"Ngày này chưa đến, vui lòng kiểm tra lại."},
}


def test_words_of_levels_of_exactness_and_of_common_refusals_are_written_once():
    written = defaultdict(set)
    for path in APP_FILES:
        for node in ast.walk(TREES[path]):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                written[node.value.strip()].add(relative(path))
    for home, words in WORDS_OF.items():
        assert {word: written[word] for word in words} == {word: {home} for word in words}


def imported_names() -> set[str]:
    """Return the constants that a file of the apps takes from another."""
    return {
        name.name
        for path in APP_FILES
        for node in ast.walk(TREES[path])
        if isinstance(node, ast.ImportFrom)
        for name in node.names
    }


def test_no_two_files_give_one_name_to_two_things():
    """Classes and functions anywhere; constants as soon as another file imports one of them.

    A page may bear the name of what it does: views are told apart by their file.
    """
    places, shared = defaultdict(set), imported_names()
    for path in APP_FILES:
        for name, node, owner in defined(path):
            is_constant = not isinstance(node, ast.ClassDef | ast.FunctionDef)
            if owner or name.startswith("_") or name in LOOKED_FOR or name in SAME:
                continue
            if isinstance(node, ast.FunctionDef) and is_view_file(path):
                continue
            if is_constant and (name not in shared or path.name in CONFIGS):
                continue
            places[name].add(relative(path))
    assert {name: sorted(files) for name, files in places.items() if len(files) > 1} == {}


def test_the_lists_of_double_names_are_not_stale():
    held = defaultdict(set)
    for path in APP_FILES:
        for name, _node, owner in defined(path):
            if owner is None:
                held[name].add(path)
    assert [name for name in (*LOOKED_FOR, *SAME) if len(held[name]) < 2] == []


def docstrings(tree: ast.AST) -> set[int]:
    kinds = ast.Module | ast.ClassDef | ast.FunctionDef
    nodes = (node for node in ast.walk(tree) if isinstance(node, kinds) and node.body)
    firsts = (node.body[0] for node in nodes)
    return {id(one.value) for one in firsts if isinstance(one, ast.Expr)}


def uses(path: Path) -> Iterator[tuple[str, int]]:
    """Yield (name, line) of what a file uses: names, attributes, and strings that are dotted names."""
    tree = TREES[path]
    told = docstrings(tree)
    listed = {
        id(item)
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
        for item in ast.walk(node.value)
    }
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name):
                yield name, node.lineno
            case ast.Constant(value=str(text)) if id(node) not in told | listed:
                if re.fullmatch(r"[-\w.|:]+", text):
                    yield from ((word, node.lineno) for word in re.split(r"[.|:-]|__", text))


def is_inherited(path: Path, owner: ast.ClassDef | None, name: str) -> bool:
    """Tell whether a method overrides one of a base class: then the base decides who calls it."""
    if owner is None:
        return False
    found = getattr(importlib.import_module(module_of(path)), owner.name)
    return any(name in vars(base) for base in found.__mro__[1:])


def is_handed_over(node: ast.stmt) -> bool:
    words = (set(re.findall(r"\w+", ast.unparse(d))) for d in getattr(node, "decorator_list", ()))
    return any(found & REGISTERED for found in words)


def unused(name_filter=lambda name: True) -> list[str]:
    """Return what the apps define and neither they nor the templates use."""
    places: dict[str, list[tuple[Path, int]]] = defaultdict(list)
    for path in APP_FILES:
        for name, line in uses(path):
            places[name].append((path, line))
    words = {word for path in TEMPLATES for word in re.findall(r"\w+", path.read_text())}
    words |= LOOKED_FOR.keys()
    found = []
    for path in APP_FILES:
        if path.name in CONFIGS:
            continue
        for name, node, owner in defined(path):
            if name.startswith("__") or name in words or name.startswith("handler"):
                continue
            own = range(node.lineno, node.end_lineno + 1)
            if any(not (file == path and line in own) for file, line in places[name]):
                continue
            if is_inherited(path, owner, name) or is_handed_over(node):
                continue
            if name_filter(name):
                found.append(f"{relative(path)}:{node.lineno} {name}")
    return found


def is_called(name: str) -> bool:
    return any(name == known or (known[-1] == "_" and name.startswith(known)) for known in CALLED)


def test_nothing_is_there_for_tests_alone():
    assert unused(lambda name: not is_called(name)) == []


def test_the_list_of_what_a_framework_calls_is_not_stale():
    names = {line.partition(" ")[2] for line in unused(is_called)}
    held = {known for known in CALLED for name in names if name == known or name.startswith(known)}
    assert set(CALLED) - held == set()
