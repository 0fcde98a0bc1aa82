"""The fences of the house: rooms stay small, a word means one thing, what is named exists, exceptions get fewer.

The numbers are ratchets: they stand at what the code has, and a change may only lower them. A list of exceptions
names each with its reason; an exception that is needed no more is an error.
"""

from __future__ import annotations

import ast
import io
import re
import subprocess
import tokenize
from collections import Counter, defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests import house_figures

ROOT = Path(__file__).resolve().parent.parent
PRODUCTION = ("domain", "projections", "api", "demo")

MODULES_PER_FOLDER: dict[str, int] = {}
"""Folders that may hold more than 14 modules. Migrations are a log: they are not counted."""

_SHAPES = "the shapes of the answers of a room (api/application/answers), named as the room"
SAME_BASE_NAME: dict[str, str] = {
    "law.py": _SHAPES,
    "public.py": _SHAPES,
    "receipts.py": _SHAPES,
    "years.py": _SHAPES,
    "schema.py": "of the database's tables, and of a rulebook's content: each the only one in its room",
    "check.py": "what an auditor reads to check a proof (domain/proof), and the check of a file to import",
}
SAME_CLASS_NAME: dict[str, str] = {}

LONG_FILES = {
    "domain/events.py": 925,  # append-only: one class a stored fact
    "api/http/documentation/examples.py": 440,
    "domain/commands/base.py": 310,
    "domain/commands/sanctions.py": 350,
    "domain/commands/surveys.py": 362,
    "domain/ledger/unit_of_work.py": 400,
    "domain/measures/chapter3_sanctions.py": 495,  # with what a successor has of its predecessor (R43)
    "domain/store/db/schema.py": 550,
    "domain/store/log/sequencer.py": 310,
    "projections/compare/sheet_difference.py": 320,
    "projections/pictures/timeline_picture.py": 312,
    "projections/public/public.py": 320,
    "projections/rows/read/timeline_summary.py": 370,
}
LONG_FUNCTIONS: dict[str, int] = {}

AT_MOST = {
    "# noqa": 103,
    "# type: ignore": 29,
    "dict[str, Any]": 112,
    "Mapping[str, Any]": 171,  # so that no dict is called by the other name instead
    "sys.modules": 0,
}
"""How often each may stand in production code."""
SKIPPED_BY_THE_FORMATTER = 41
"""In the whole tree, tests as well: only for tables that are read by column."""

LINES_A_THING, MODULES_A_THING = 171, 1.23
"""What each stored fact, command, operation, table and setting may cost on the average (docs/adr/0017)."""

ABOUT_THE_PAST = ("CHANGELOG.md", "docs/adr/", "docs/spec/")
"""Documents that may name modules that are gone."""
ONLY_EXAMPLES = {"holidays-2027.toml", "index.html", "my-rulebook.toml"}
"""Names of files that a reader is told to make, or finds in a dossier."""


@cache
def tracked() -> tuple[str, ...]:
    """Every file of the repository, by path."""
    return tuple(
        subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    )


@cache
def text_of(path: str) -> str:
    """What the file holds."""
    return (ROOT / path).read_text(encoding="utf-8")


def modules(*rooms: str) -> list[str]:
    """The modules of these top folders; `__init__` and migrations are not counted."""
    return [
        path
        for path in tracked()
        if path.endswith(".py")
        and path.split("/")[0] in rooms
        and not path.endswith("__init__.py")
        and "/migrations/versions/" not in path
    ]


def test_no_folder_holds_more_than_fourteen_modules() -> None:
    """A room that one can look over; more than that is two rooms."""
    held = Counter(str(Path(path).parent) for path in modules(*PRODUCTION, "bench", "drills"))
    assert {f: n for f, n in held.items() if n > MODULES_PER_FOLDER.get(f, 14)} == {}
    assert {f for f in MODULES_PER_FOLDER if held[f] <= 14} == set(), "needed no more"


def test_no_module_base_name_means_two_things() -> None:
    """`standing.py` is one file: who hears the name knows the room."""
    by_name = defaultdict(list)
    for path in modules(*PRODUCTION):
        by_name[Path(path).name].append(path)
    assert {name: paths for name, paths in by_name.items() if len(paths) > 1 and name not in SAME_BASE_NAME} == {}
    assert {name for name in SAME_BASE_NAME if len(by_name[name]) < 2} == set(), "needed no more"


def test_no_template_and_no_asset_shadows_another() -> None:
    """Rooms of pages share one search path: of two files with one name, every page would get the first."""
    held = Counter(Path(path).name for path in tracked() if re.search(r"^api/web/\w+/(templates|static)/", path))
    assert {name: n for name, n in held.items() if n > 1} == {}


def test_no_class_name_means_two_things() -> None:
    """One word, one thing."""
    by_name = defaultdict(list)
    for path in modules(*PRODUCTION):
        for node in ast.walk(ast.parse(text_of(path))):
            if isinstance(node, ast.ClassDef):
                by_name[node.name].append(path)
    assert {name: paths for name, paths in by_name.items() if len(paths) > 1 and name not in SAME_CLASS_NAME} == {}
    assert {name for name in SAME_CLASS_NAME if len(by_name[name]) < 2} == set(), "needed no more"


def test_no_file_is_longer_than_three_hundred_lines() -> None:
    """And a file that is longer already grows no more."""
    lengths = {path: len(text_of(path).splitlines()) for path in modules(*PRODUCTION)}
    assert {path: n for path, n in lengths.items() if n > LONG_FILES.get(path, 300)} == {}
    assert {path for path in LONG_FILES if lengths.get(path, 0) <= 300} == set(), "needed no more"


def test_no_function_is_longer_than_seventy_lines() -> None:
    """What is longer cannot be read at one go."""
    lengths = {}
    for path in modules(*PRODUCTION, "bench", "drills", "tests"):
        for node in ast.walk(ast.parse(text_of(path))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno:
                lengths[f"{path}: {node.name}"] = node.end_lineno - node.lineno + 1
    assert {name: n for name, n in lengths.items() if n > LONG_FUNCTIONS.get(name, 70)} == {}
    assert {name for name in LONG_FUNCTIONS if lengths.get(name, 0) <= 70} == set(), "needed no more"


def test_the_house_grows_no_faster_than_what_it_does() -> None:
    """Lines and modules for each thing that somebody meets: what is added uses what is there."""
    paths, things = house_figures.modules(), house_figures.seen()
    assert min(things.values()) >= 25, "a kind of thing is not found any more: its declarations look otherwise now"
    assert house_figures.lines_of(paths) / sum(things.values()) <= LINES_A_THING
    assert len(paths) / sum(things.values()) <= MODULES_A_THING


@pytest.mark.parametrize("what", sorted(AT_MOST))
def test_the_exceptions_get_only_fewer(what: str) -> None:
    """Silenced checkers, answers without a type, and tricks with the table of modules."""
    found = {path: text_of(path).count(what) for path in modules(*PRODUCTION)}
    assert sum(found.values()) <= AT_MOST[what], {path: n for path, n in found.items() if n}


def test_the_formatter_is_left_on() -> None:
    """A table that is read by column may stand as it is; a refusal or a call may not."""
    skip, off = "# fmt: " + "skip", "# fmt: " + "off"
    found = {path: text_of(path).count(skip) for path in tracked() if path.endswith(".py")}
    assert sum(found.values()) <= SKIPPED_BY_THE_FORMATTER, {path: n for path, n in found.items() if n}
    assert [path for path in tracked() if path.endswith(".py") and off in text_of(path)] == []


@cache
def told(path: str) -> tuple[tuple[int, str], ...]:
    """The lines of a file that are said to people: of a document all, of a module its comments and docstrings."""
    return tuple(_told(path))


def _told(path: str) -> Iterator[tuple[int, str]]:
    if not path.endswith(".py"):
        yield from enumerate(text_of(path).splitlines(), 1)
        return
    for token in tokenize.generate_tokens(io.StringIO(text_of(path)).readline):
        docstring = token.type == tokenize.STRING and token.string.startswith(('"""', 'r"""'))
        if token.type == tokenize.COMMENT or docstring:
            yield from enumerate(token.string.split("\n"), token.start[0])


def documents() -> list[str]:
    """Everything in which a module may be named: documents, code, settings."""
    return [
        path for path in tracked() if path.endswith((".py", ".md", ".toml")) and not path.startswith(ABOUT_THE_PAST)
    ]


@cache
def endings() -> frozenset[str]:
    """Every file and folder by each part of its path: `rows/write/projector.py`, `projector.py`, `rows/write`."""
    found: set[str] = set()
    for path in tracked():
        parts = path.split("/")
        for start in range(len(parts)):
            found.update("/".join(parts[start:end]) for end in range(start + 1, len(parts) + 1))
    return frozenset(found)


FILE = re.compile(r"(?<![\w/.*{}<>:…-])(?:\.\./)*((?:[\w-]+/)*[\w.-]+\.(?:py|toml|html|css|md))(?![\w(/*])")
FOLDER = re.compile(
    r"(?<![\w/.*{}<>…-])((?:domain|projections|api|demo|bench|drills|deploy|tests|docs)(?:/[\w-]+)+)(?![\w./*<{-])"
)
DOTTED = re.compile(r"(?<![\w/.-])((?:domain|projections|api|demo|bench|drills|tests)(?:\.\w+)+)")


def _names(line: str) -> Iterator[str]:
    yield from (name for name in FILE.findall(line) if name not in ONLY_EXAMPLES)
    yield from (name for name in FOLDER.findall(line) if not any(path.startswith(name) for path in tracked()))


def _is_importable(dotted: str) -> bool:
    """`domain.law.Law`: some beginning of it is a module, the rest a name in it."""
    parts = dotted.split(".")
    if "/".join(parts) in endings() or dotted in endings():
        return True
    for end in range(len(parts), 1, -1):
        path = "/".join(parts[:end])
        if f"{path}.py" in endings():
            return end == len(parts) or re.search(rf"\b{parts[end]}\b", text_of(f"{path}.py")) is not None
    return False


def test_every_module_that_is_named_exists() -> None:
    """Modules were renamed and moved more than once: a document that names the old place misleads."""
    missing = [
        f"{path}:{number} {name}"
        for path in documents()
        for number, line in told(path)
        for name in (
            *(n for n in _names(line) if n not in endings()),
            *(n for n in DOTTED.findall(line) if not n.endswith(".md") and not _is_importable(n)),
        )
    ]
    assert missing == []


def test_every_name_told_with_its_module_stands_in_it() -> None:
    """`rows/write/projector.py: project` says where a function is: who looks there finds the word."""
    pattern = re.compile(r"`([\w./-]+\.py): (\w+)`")
    missing = [
        f"{path}:{number} {module}: {name}"
        for path in documents()
        for number, line in told(path)
        for module, name in pattern.findall(line)
        if not any(re.search(rf"\b{name}\b", text_of(t)) for t in tracked() if f"/{t}".endswith(f"/{module}"))
    ]
    assert missing == []


def test_every_name_of_the_walks_is_defined_somewhere() -> None:
    """Also a name without its module, as `flush` within a step of docs/architecture.md, is one that a search finds."""
    walks = text_of("docs/architecture.md").partition("## Three walks")[2].partition("\n## ")[0]
    names = set(re.findall(r"`(?:[\w./]+\.py: )?(\w+)`", walks))
    assert len(names) > 30
    code = "\n".join(text_of(path) for path in modules(*PRODUCTION))
    defined = set(re.findall(r"^\s*(?:async )?(?:def|class) (\w+)|^(\w+)(?:: [^=\n]+)? = ", code, re.MULTILINE))
    assert names - {one for pair in defined for one in pair} == set()


def test_no_number_of_a_tracker_stands_in_code_or_documents() -> None:
    """Who reads the code has no tracker: the reason stands where the number would."""
    pattern = re.compile(r"\b(?:issues?|tickets?) #?\d|(?<![\w&'\"(=/;#-])#\d{1,4}\b(?![0-9a-fA-F-])", re.IGNORECASE)
    found = [
        f"{path}:{number} {line.strip()[:100]}"
        for path in documents()
        for number, line in told(path)
        if pattern.search(line) and not path.endswith("tests/test_house.py")
    ]
    assert found == []


def test_a_docstring_stands_alone() -> None:
    """Who hovers over a name reads its docstring without the line before: none begins by pointing at another."""
    leaning = re.compile(r"The same\b|Likewise|Ditto|As above|Also\b|And\b|Its\b|Those\b|Their\b|See `")
    found = [
        f"{path}: {node.name}: {(ast.get_docstring(node) or '').splitlines()[0]}"
        for path in modules(*PRODUCTION)
        for node in ast.walk(ast.parse(text_of(path)))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        and leaning.match(ast.get_docstring(node) or "")
    ]
    assert found == []


def test_the_library_is_used_as_the_first_decision_says() -> None:
    """`eventsourcing`'s repository and notification log are on a path of production each (docs/adr/0001)."""
    ledger = text_of("domain/ledger/ledger.py")
    assert "class Ledger(Application" in ledger
    for method, of_the_library in (
        ("agency", "self.repository.get("),
        ("log_entries", "self.notification_log.select("),
    ):
        assert of_the_library in ledger.partition(f"    def {method}(")[2].partition("\n    def ")[0]
        callers = [path for path in modules("api") if re.search(rf"ledger\.{method}\b", text_of(path))]
        assert callers, f"nobody asks Ledger.{method} any more: say so in docs/adr/0001"
