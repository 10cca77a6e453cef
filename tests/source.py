"""The source of the apps, read once for the tests of the house rules."""

import ast
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

ROOT = Path(settings.BASE_DIR)
LAYERS = ("common", "units", "accounts", "imports", "records", "reports")
# Packages of the layers; danvan/*.py itself (settings, urls, navigation) stands on top of all.
PACKAGES = {
    **{name: f"danvan.{name}" for name in ("common", "units", "accounts", "imports")},
    "records": "records",
    "reports": "reports",
}


def python_files(*folders: str) -> list[Path]:
    """Return our Python files below `folders`, migrations left out."""
    found = [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]
    return [path for path in found if "migrations" not in path.parts]


APP_FILES = python_files("danvan", "records", "reports")
TEST_FILES = python_files("tests")
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
TREES = {path: ast.parse(path.read_text()) for path in [*APP_FILES, *TEST_FILES]}


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


def module_of(path: Path) -> str:
    """Return the dotted name of a file; a package's is that of its `__init__`."""
    return relative(path).removesuffix(".py").replace("/", ".").removesuffix(".__init__")


MODULES = {module_of(path): path for path in APP_FILES}


def imports(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Yield (module, line) for every import in `tree`, those inside functions too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((name.name, node.lineno) for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield node.module, node.lineno
            yield from ((f"{node.module}.{name.name}", node.lineno) for name in node.names)


def imported_files(path: Path) -> set[str]:
    """Return the modules of the apps whose files `path` imports: of names, the module that has them."""
    found = set()
    for node in ast.walk(TREES[path]):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names = [f"{node.module}.{name.name}" for name in node.names]
            found |= {name if name in MODULES else node.module for name in names}
    return (found & MODULES.keys()) - {module_of(path)}


def layer_of(module: str) -> str | None:
    """Return the layer `module` belongs to, None for what stands outside the layers."""
    for layer, package in PACKAGES.items():
        if module == package or module.startswith(package + "."):
            return layer
    return None


def layer_of_file(path: Path) -> str | None:
    return layer_of(module_of(path))
