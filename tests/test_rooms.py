"""Who opens a folder is told what lives there, and no two modules need each other."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import grimp

ROOT = Path(__file__).resolve().parents[1]
MOST_EXCEPTIONS = 10
"""Of all contracts together (`ignore_imports` in pyproject.toml); there are none."""
PACKAGES = ("domain", "projections", "api", "demo")


def circle(imports: Mapping[str, set[str]]) -> list[str]:
    """The modules of one circle of imports, in their order; none where there is no circle."""
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as found:
        modules: list[str] = found.args[1]
        return modules
    return []


def for_types_only(tree: ast.AST) -> Iterator[str]:
    """The modules of ours that a module imports under `if TYPE_CHECKING`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            for one in ast.walk(node):
                names = [one.module or ""] if isinstance(one, ast.ImportFrom) else []
                names += [name.name for name in one.names] if isinstance(one, ast.Import) else []
                yield from (name for name in names if name.partition(".")[0] in PACKAGES)


def test_no_module_needs_one_that_needs_it() -> None:
    """Imports make no circle, those within functions and those for types included."""
    graph = grimp.build_graph(*PACKAGES, cache_dir=None)
    imports = {module: set(graph.find_modules_directly_imported_by(module)) for module in graph.modules}
    assert not circle(imports)


def test_a_circle_is_seen() -> None:
    """The test above can fail: a circle of three modules is named."""
    assert set(circle({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}})) == {"a", "b", "c"}


def test_no_import_of_ours_is_for_types_only() -> None:
    """`TYPE_CHECKING` would hide a circle from who runs the code and leave it to who reads it."""
    hidden = {
        f"{path.relative_to(ROOT)}: {name}"
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.py")
        for name in for_types_only(ast.parse(path.read_text(encoding="utf-8")))
    }
    assert not hidden
    assert list(for_types_only(ast.parse("if TYPE_CHECKING:\n    from domain.law import Law"))) == ["domain.law"]


def test_every_room_says_what_lives_there() -> None:
    """Each package's `__init__` has a docstring: what is in it and what it may import."""
    silent = [
        str(path.parent.relative_to(ROOT))
        for package in PACKAGES
        for path in (ROOT / package).rglob("__init__.py")
        if ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) is None
    ]
    assert not silent


def test_contracts_have_few_exceptions_and_none_that_matches_nothing() -> None:
    """An exception is seldom; one that nothing needs any more is an error, as import-linter has it by itself."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    assert sum(len(one.get("ignore_imports", ())) for one in contracts) <= MOST_EXCEPTIONS
    assert all(one.get("unmatched_ignore_imports_alerting", "error") == "error" for one in contracts)


def test_one_place_asks_which_database_it_is() -> None:
    """SQLite and PostgreSQL are told apart in `domain/store/db` alone; others ask `dialect.py` by a name of ours."""
    asking = re.compile(r"dialect\.name|get_backend_name|drivername|sqlalchemy\.dialects")
    found = {
        str(path.relative_to(ROOT))
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.py")
        if asking.search(path.read_text(encoding="utf-8")) and "domain/store/db/" not in path.as_posix()
    }
    assert not found
