"""The house rules that a machine can check. Each test names what it found, file and line."""

import ast
import re
import statistics
from pathlib import Path

import pytest
from django.apps import apps

from danvan.accounts.scope import ScopedQuerySet
from danvan.units.models import AdministrativeUnit, UnitSuccession
from tests.source import (
    APP_FILES,
    LAYERS,
    ROOT,
    TEMPLATES,
    TEST_FILES,
    TREES,
    imports,
    layer_of,
    layer_of_file,
    relative,
)

# The one door for cells out, the one safe reader in (docs/decisions.md).
SPREADSHEET_DOORS = ("danvan/common/excel", "danvan/common/sheets")
SPREADSHEET_LIBRARIES = {"openpyxl", "python_calamine", "xlsxwriter", "rustpy_xlsxwriter"}
# Workbooks with a layout of their own; their cells still go through the door (excel.put).
WORKBOOK_LAYOUT = ("reports/documents/workbook", "danvan/imports/workbooks")
UNSCOPED = {
    *("all", "get", "filter", "exclude", "order_by", "values", "values_list", "annotate", "update"),
    *(
        "select_related",
        "prefetch_related",
        "first",
        "last",
        "latest",
        "count",
        "exists",
        "in_bulk",
    ),
    *("aggregate", "iterator", "only", "defer", "raw", "extra", "delete"),
}


def test_imports_run_one_way():
    """common ← units ← accounts ← imports ← records ← reports, and none imports the top."""
    wrong = []
    for path in APP_FILES:
        layer = layer_of_file(path)
        if layer is None:
            continue
        for module, line in imports(TREES[path]):
            other = layer_of(module)
            if other and LAYERS.index(other) > LAYERS.index(layer):
                wrong.append(f"{relative(path)}:{line} imports {module}")
            top = re.match(r"danvan\.(settings|urls|views|navigation|admin|apps)$", module)
            if top:
                wrong.append(f"{relative(path)}:{line} imports {module} from the top")
    assert wrong == []


def test_common_has_no_models():
    assert not (ROOT / "danvan/common/models.py").exists()
    assert not (ROOT / "danvan/common/migrations").exists()


def test_spreadsheet_libraries_are_used_behind_one_door_only():
    wrong = [
        f"{relative(path)}:{line} imports {module}"
        for path in APP_FILES
        for module, line in imports(TREES[path])
        if module in SPREADSHEET_LIBRARIES
        and not relative(path).startswith((*SPREADSHEET_DOORS, *WORKBOOK_LAYOUT))
        and "benchmark" not in path.stem  # measures the bare libraries against our door
    ]
    assert wrong == []


def test_only_the_door_sets_the_value_of_a_cell():
    """Text can become a formula where a cell is filled by hand."""
    wrong = []
    for path in APP_FILES:
        if not relative(path).startswith(WORKBOOK_LAYOUT):
            continue
        for node in ast.walk(TREES[path]):
            match node:
                case ast.Assign(targets=[ast.Attribute(attr="value")]):
                    wrong.append(f"{relative(path)}:{node.lineno} .value =")
                case ast.Call(
                    func=ast.Attribute(attr="append", value=ast.Name(id="ws" | "sheet")),
                    args=[ast.List(elts=[_, *_]) | ast.Tuple() | ast.ListComp()],
                ):
                    wrong.append(f"{relative(path)}:{node.lineno} sheet.append()")
                case ast.Call(func=ast.Attribute(attr="cell"), args=[_, _, _, *_]):
                    wrong.append(f"{relative(path)}:{node.lineno} cell() with a value")
                case ast.Call(func=ast.Attribute(attr="cell"), keywords=[*keywords]) if any(
                    keyword.arg == "value" for keyword in keywords
                ):
                    wrong.append(f"{relative(path)}:{node.lineno} cell(value=)")
    assert wrong == []


def scoped_models() -> set[str]:
    """Return the names of the models whose rows belong to a unit."""
    return {
        model.__name__
        for model in apps.get_models()
        if isinstance(model._default_manager.get_queryset(), ScopedQuerySet)
    }


def without_scope(models) -> list[str]:
    """Return the models with a unit that cannot be asked through visible_to and editable_by."""
    return [
        model._meta.label
        for model in models
        if any(field.related_model is AdministrativeUnit for field in model._meta.concrete_fields)
        and not isinstance(model._default_manager.get_queryset(), ScopedQuerySet)
    ]


def test_every_row_that_belongs_to_a_unit_is_asked_through_its_scope():
    tree = (AdministrativeUnit, UnitSuccession)
    assert without_scope(set(apps.get_models()) - {*tree}) == []
    assert without_scope(tree) == [model._meta.label for model in tree]


def test_views_fetch_through_scope():
    """In views and filters a query of rows that belong to a unit begins with its scope."""
    models, wrong = scoped_models(), []
    assert "Report" in models
    for path in APP_FILES:
        if not re.match(r"(views|dashboard|filters|forms)", path.stem):
            continue
        for node in ast.walk(TREES[path]):
            match node:
                case ast.Attribute(attr=first, value=ast.Attribute(attr="objects", value=model)):
                    name = ast.unparse(model)
                    if name in models and first in UNSCOPED:
                        wrong.append(f"{relative(path)}:{node.lineno} {name}.objects.{first}")
    assert wrong == []


# Where something else than a unit has a path: what is written there.
OTHER_PATHS = {
    "danvan/settings.py": {"env.path"},
    "danvan/gunicorn_conf.py": {"os.path"},
    "danvan/navigation.py": {"request.path"},
    "danvan/faults.py": {"request.path"},
    "danvan/common/storage.py": {"os.path", "self.path", "file.path"},
    "danvan/accounts/audit/security_log.py": {
        "now.request.path", "event.path", "'path'", "path=",
    },
    "danvan/accounts/audit/views.py": {"line['event'].path"},
    "danvan/accounts/audit/lines.py": {"'path'"},  # among the columns that the trail leaves out
    "danvan/accounts/login/views.py": {"carried.path", "request.path"},
    "danvan/common/sheets/child.py": {"'path'"},
    "danvan/common/sheets/reader.py": {"'path'"},
    "danvan/accounts/jobs/liveness.py": {"self.path"},
    "danvan/accounts/jobs/pages.py": {"self.path", "request.path"},
    "reports/documents/workbook/dressed.py": {"ws.path"},  # of a sheet in its file
    "records/urls.py": {
        "kind.path", "value.path",
        "(BY_SLUG[value] if isinstance(value, str) else BY_MODEL[value]).path",
    },
}  # fmt: skip


def paths_named(tree: ast.AST):
    """Yield (what is written, line) of every attribute, keyword and string that names a `path`.

    Strings count as field lookups do: "path", "-unit__path", "path__startswith", also as part of an
    f-string or as the key of a dictionary.
    """
    lookup = re.compile(r"^-?(\w*__)?path(__\w*)?$")
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(attr="path"):
                yield ast.unparse(node), node.lineno
            case ast.keyword(arg=str(name)) if lookup.match(name):
                yield f"{name}=", node.value.lineno
            case ast.Constant(value=str(text)) if lookup.match(text.strip()):
                yield repr(text), node.lineno


def test_only_units_and_scope_know_how_the_tree_is_stored():
    wrong, others = [], {}
    for path in APP_FILES:
        file = relative(path)
        if file.startswith("danvan/units/") or file == "danvan/accounts/scope.py":
            continue
        for written, line in paths_named(TREES[path]):
            if written in OTHER_PATHS.get(file, ()):
                others.setdefault(file, set()).add(written)
            else:
                wrong.append(f"{file}:{line} {written}")
    assert wrong == []
    assert others == OTHER_PATHS, "an exemption is no longer needed"


@pytest.mark.parametrize(
    "code",
    [
        "unit.path", "report.unit.path.split('/')", "rows.filter(unit__path=x)",
        "rows.filter(path__startswith=x)", "rows.order_by('-unit__path')", "getattr(unit, 'path')",
        "rows.filter(**{'report__unit__path__in': x})", "f'{lookup}__path'", "attrgetter('path')",
        "rows.values_list('unit_id', 'unit__path')", "rows.annotate(place=F('unit__path'))",
    ],
)  # fmt: skip
def test_every_way_to_write_the_path_of_a_unit_is_found(code):
    assert list(paths_named(ast.parse(code)))


def test_no_eval_no_exec_no_pickle():
    wrong = []
    for path in APP_FILES:
        for node in ast.walk(TREES[path]):
            match node:
                case ast.Call(func=ast.Name(id="eval" | "exec" | "__import__" as name)):
                    wrong.append(f"{relative(path)}:{node.lineno} {name}()")
        wrong += [
            f"{relative(path)}:{line} {module}"
            for module, line in imports(TREES[path])
            if module in {"pickle", "marshal", "shelve"}
        ]
    assert wrong == []


def test_rows_are_locked_in_one_place_only():
    """danvan/common/db/locks.py has the order of all locks; a lock taken elsewhere joins rows of others."""
    wrong = [
        f"{relative(path)}:{number}"
        for path in APP_FILES
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if re.search(r"select_for_update|FOR (KEY )?(SHARE|UPDATE)|pg_advisory", line)
        and relative(path) != "danvan/common/db/locks.py"
    ]
    assert wrong == []


def test_nothing_outlives_its_transaction_in_a_connection():
    """A pooler gives the connection to somebody else: no cursors WITH HOLD, no settings of a session."""
    lasting = re.compile(
        r"\.iterator\(|WITH HOLD|pg_(try_)?advisory_lock|\b(RE)?SET (?!LOCAL|CONSTRAINTS|TRANSACTION)[a-z]"
        r"|\b(UN)?LISTEN [a-z]|CREATE TEMP"
    )
    wrong = [
        f"{relative(path)}:{number}"
        for path in APP_FILES
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if lasting.search(line) and relative(path) != "danvan/common/db/streaming.py"
    ]
    assert wrong == []


def test_nothing_is_left_for_later():
    word = re.compile(r"\b(TODO|FIXME|XXX|pytest\.mark\.(skip|skipif|xfail)|pytest\.skip)\b")
    wrong = [
        f"{relative(path)}:{number}"
        for path in [*APP_FILES, *TEST_FILES, *TEMPLATES]
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if word.search(line) and path != Path(__file__)
    ]
    assert wrong == []


@pytest.mark.parametrize(("files", "limit"), [(APP_FILES, 350), (TEST_FILES, 450)])
def test_files_stay_readable(files, limit):
    lengths = {relative(path): len(path.read_text().splitlines()) for path in files}
    assert {name: length for name, length in lengths.items() if length > limit} == {}


def functions(files) -> dict[str, int]:
    """Return the length of every function of `files`, docstring included."""
    return {
        f"{relative(path)}:{node.lineno} {node.name}": node.end_lineno - node.lineno + 1
        for path in files
        for node in ast.walk(TREES[path])
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }


def test_functions_stay_small():
    lengths = functions(APP_FILES)
    assert {name: length for name, length in lengths.items() if length > 60} == {}
    assert statistics.median(lengths.values()) <= 10
    assert statistics.quantiles(lengths.values(), n=20)[-1] <= 25


def test_public_functions_of_the_shared_layers_say_what_they_do():
    """Takes, returns, raises: half of the shared layers at least, every class everywhere."""
    shared = [path for path in APP_FILES if layer_of_file(path) in LAYERS[:4]]
    public = [
        node
        for path in shared
        for node in TREES[path].body
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_")
    ]
    documented = [node for node in public if ast.get_docstring(node)]
    assert len(documented) >= 0.8 * len(public), [
        node.name for node in public if node not in documented
    ]
