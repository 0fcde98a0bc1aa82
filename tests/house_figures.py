"""Figures of the house, printed as a table: `python -m tests.house_figures`.

* production modules and lines: `.py` files below `domain`, `projections` and `api` that are not empty;
* largest folder: the most modules that stand directly in one folder (an `__init__` that only says what lives there is
  none);
* modules entered: of those, how many had a function of theirs called while one request was answered: what somebody has
  to open who follows it. What the service does meanwhile in its own threads is not counted; in brackets, how many of
  them lie outside the store and the door that every request goes through (`domain/store`, `api/http`);
* modules about an appeal: those whose name or own docstring speaks of one, `__init__` and migrations apart;
* what there is to see: stored facts, commands, operations over HTTP (pages among them), tables, commands of the
  command line, settings; and production lines and modules for each of these. `--of FOLDER` tells only this and the
  modules, of another copy of the sources: the figures of two days are counted in one way.
"""

from __future__ import annotations

import ast
import re
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("domain", "projections", "api")
OURS = tuple(str(ROOT / room) + "/" for room in ROOMS)
BACKGROUND = "steward-"
"""How the names of the service's own threads begin."""


SEEN = {
    "stored facts": ("domain/events.py", r"^class \w+\(.*:"),
    "commands": ("domain/commands", r"^class \w+\((?:\w*Command|Base\w*|Dated\w*|Fact\w*)\b"),
    "operations": ("api", r"^@(?:\w*router\.(?:get|post|put|delete|patch)|question)\("),
    "tables": ("domain/store", r"\bTable\("),
    "commands of the command line": ("api", r"\.command\("),
    "settings": ("api/settings.py", r"^    [a-z_]+: "),
}
"""Where each kind of thing that somebody meets is declared, and how a declaration begins."""


def modules(root: Path = ROOT) -> list[Path]:
    """The production modules."""
    found = (path for room in ROOMS for path in sorted((root / room).rglob("*.py")))
    return [path for path in found if path.read_text(encoding="utf-8").strip()]


def lines_of(paths: list[Path]) -> int:
    """How many lines they have in all."""
    return sum(len(path.read_text(encoding="utf-8").splitlines()) for path in paths)


def seen(root: Path = ROOT) -> dict[str, int]:
    """How many things of each kind there are. A table counts once, however many migrations name it."""
    found = {}
    for what, (place, pattern) in SEEN.items():
        paths = [root / place] if place.endswith(".py") else sorted((root / place).rglob("*.py"))
        texts = [path.read_text(encoding="utf-8") for path in paths if "migrations" not in path.parts]
        found[what] = sum(len(re.findall(pattern, text, re.MULTILINE)) for text in texts)
    return found


def sizes(root: Path = ROOT) -> list[tuple[str, str]]:
    """The rows of the table that are counted in the sources alone."""
    paths, things = modules(root), seen(root)
    lines, all_things = lines_of(paths), sum(things.values())
    return [
        ("production modules / lines", f"{len(paths)} / {lines:,}"),
        *((what, str(number)) for what, number in things.items()),
        ("lines / modules for each of these", f"{lines / all_things:.0f} / {len(paths) / all_things:.2f}"),
        ("lines in a module", f"{lines / len(paths):.0f}"),
    ]


def largest_folder(paths: list[Path]) -> tuple[str, int]:
    """The folder with the most modules, and how many."""
    counts = Counter(path.parent.relative_to(ROOT).as_posix() for path in paths if path.name != "__init__.py")
    return counts.most_common(1)[0]


def about_appeals(paths: list[Path]) -> list[str]:
    """The modules about an appeal, as defined above."""
    found = [path for path in paths if path.name != "__init__.py" and "migrations" not in path.parts]
    return [path.relative_to(ROOT).as_posix() for path in found if _is_about(path, "appeal")]


def _is_about(path: Path, word: str) -> bool:
    said = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return word in path.stem or word in said.lower()


class Entered:
    """Which modules of ours have a function that was called while `on`."""

    def __init__(self) -> None:
        self.on = False
        self.modules: dict[str, None] = {}

    def profile(self, frame: FrameType, event: str, _: Any) -> None:
        """What the interpreter calls at every call."""
        if not self.on or event != "call" or threading.current_thread().name.startswith(BACKGROUND):
            return
        code = frame.f_code
        if code.co_name != "<module>" and code.co_filename.startswith(OURS) and code.co_filename.endswith(".py"):
            self.modules.setdefault(code.co_filename.removeprefix(f"{ROOT}/"))

    @contextmanager
    def during(self) -> Iterator[list[str]]:
        """Gives the modules, in the order in which they were entered first; complete once the block is over."""
        found: list[str] = []
        self.modules, self.on = {}, True
        try:
            yield found
        finally:
            self.on = False
            found += self.modules


def entered() -> dict[str, list[str]]:
    """The modules entered for a complaint decision, an appeal decision and the preview of a form. Each is asked twice
    before: what is made once in a process is not counted."""
    from starlette.testclient import TestClient

    from api.app import create_app
    from api.settings import Settings
    from domain.values import Role
    from tests.http.desk import Desk
    from tests.http.world import World

    watch = Entered()
    threading.setprofile(watch.profile)
    sys.setprofile(watch.profile)
    try:
        with tempfile.TemporaryDirectory(prefix="steward-figures-") as name:
            folder = Path(name)
            settings = Settings(database_url=f"sqlite:///{folder / 'ledger.db'}", data_dir=folder)
            with TestClient(create_app(settings)) as client:
                world = World(client)
                desk = Desk(world, Role.ASSOCIATION)
                return {
                    "complaint decision": _third(watch, lambda: _complaint_decision(world)),
                    "appeal decision": _third(watch, _appeal_decision(world)),
                    "form preview": _third(watch, lambda: _preview(world, desk)),
                }
    finally:
        sys.setprofile(None)
        threading.setprofile(None)


def _third(watch: Entered, prepare: Callable[[], Callable[[], Any]]) -> list[str]:
    for _ in range(2):
        assert prepare()().status_code < 400
    asking = prepare()
    with watch.during() as found:
        answer = asking()
    assert answer.status_code < 400, answer.text
    return found


def _complaint_decision(world: Any) -> Callable[[], Any]:
    uscc = world.filed()
    complaint = world.id_of("ReceiveComplaint", uscc)
    path, body = f"/v1/agencies/{uscc}/complaints/{complaint}/decision", world_body("DecideComplaint")
    return lambda: world.association.post(path, body)


def _preview(world: Any, desk: Any) -> Callable[[], Any]:
    uscc = world.assessed()
    complaint = world.id_of("ReceiveComplaint", uscc, received_on="2024-05-01")
    fields = {
        "csrf": desk.csrf(),
        "agency": uscc,
        "id": complaint,
        "/outcome": "upheld",
        "/decided_on": "2024-05-06",
        "/verified_grounds": "missed_hazard",
        "/findings": "现场核查记录",
    }
    return lambda: desk.client.post("/record/decide-complaint", data=fields)


def _appeal_decision(world: Any) -> Callable[[], Callable[[], Any]]:
    """An upheld appeal that annuls a disputed fact, so that the result is revised; all are of one published year."""
    from domain.values import Role

    year = 2024
    agencies = [world.assessed() for _ in range(3)]
    lapses = [world.id_of("RecordLapse", uscc, item=4, occurred_on=f"{year}-09-01") for uscc in agencies]
    world.publish(year)
    waiting = list(zip(agencies, lapses, strict=True))
    day = f"{year + 1}-03-12"

    def prepare() -> Callable[[], Any]:
        uscc, lapse = waiting.pop()
        appeal = world.done("FileAppeal", uscc, year=year, filed_on=day, disputed_event_ids=[lapse])["ids"]["appeal"]
        body = {"outcome": "upheld", "decided_on": "2025-03-14", "reasons": "记录有误", "annul": [lapse]}
        return lambda: world.people[Role.COMMITTEE].post(f"/v1/appeals/{appeal}/decision", body)

    return prepare


def world_body(name: str) -> dict[str, Any]:
    """The example body of a command."""
    from tests.http.world import body_of

    return body_of(name)


def main() -> None:
    """Print the table; with `-v` the modules that were entered, in that order; with `--of FOLDER` only sizes there."""
    if "--of" in sys.argv:
        for what, value in sizes(Path(sys.argv[sys.argv.index("--of") + 1])):
            print(f"{what:45} {value}")
        return
    paths = modules()
    folder, most = largest_folder(paths)
    appeals = about_appeals(paths)
    rows = [*sizes(), (f"largest folder ({folder})", str(most)), ("modules about an appeal", str(len(appeals)))]
    followed = entered()
    for what, found in followed.items():
        followable = [one for one in found if not one.startswith(("domain/store/", "api/http/"))]
        rows.append((f"modules entered: {what}", f"{len(found)} ({len(followable)})"))
    for what, value in rows:
        print(f"{what:45} {value}")
    if "-v" in sys.argv:
        for what, found in {**followed, "about an appeal": appeals}.items():
            print(f"\n{what}\n  " + "\n  ".join(found))


if __name__ == "__main__":
    main()
