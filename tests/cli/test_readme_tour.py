"""README's tour: its commands, run as they are written, print what stands under them, whatever day it is."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from api.app import create_app
from api.cli.database import blank_ledger
from api.settings import Settings
from demo.making import make
from demo.plan import Size
from domain.measures.calendar import build_calendar
from domain.measures.rulebook.rulebook import shipped_rulebook
from tests.cli.conftest import Run
from tests.http.world import Person, World

README = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
TOUR = README[README.index("## Five minutes") : README.index("## Glossary")]
ADDRESS = "http://127.0.0.1:8000"
LEFT_OUT = "…"
UNTOLD = ("sheets", "export-table", "import-template", "import")
"""Commands that stand there without what they print: tests of their own run them."""


def steps() -> Iterator[tuple[str, list[str]]]:
    """Each command with the lines that are printed under it."""
    for block in re.findall(r"^```\n(\$ .*?)^```$", TOUR, re.MULTILINE | re.DOTALL):
        for part in re.split(r"^\$ ", block.replace("\\\n", ""), flags=re.MULTILINE)[1:]:
            command, _, printed = part.partition("\n")
            yield command, printed.splitlines()


def require_printed(command: str, lines: list[str], said: str) -> None:
    """Line by line as it is printed; `…` stands for what is left out, a line of its own for lines."""
    pattern = "\n".join(re.escape(line.rstrip()).replace(LEFT_OUT, "[^\n]*") for line in lines)
    pattern = re.sub(r"(^|\n)\[\^\n\]\*(?=\n|$)", r"\1(?:.*\n)*?.*", pattern)
    assert re.search(pattern, said), f"{command}\n{said}"


def answered(person: Person, words: list[str]) -> str:
    """What `curl` would print, by its own arguments."""
    path = next(word for word in words if word.startswith(ADDRESS)).removeprefix(ADDRESS)
    if "-d" not in words:
        return str(person.get(path).text)
    body = words[words.index("-d") + 1]
    return str(
        person.client.post(path, content=body, headers={**person.headers, "Content-Type": "application/json"}).text
    )


@pytest.mark.slow
def test_the_tour_comes_out_as_printed(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On the demonstration that ends on the day that README names."""
    url = f"sqlite:///{tmp_path / 'tour.db'}"
    for name, value in (("DATABASE_URL", url), ("DATA_DIR", str(tmp_path)), ("KEY_DIR", str(tmp_path / "keys"))):
        monkeypatch.setenv(f"STEWARD_{name}", value)
    monkeypatch.setenv("COLUMNS", "200")
    (day,) = re.findall(r"`./run --until (\S+)`", TOUR)
    size = Size(agencies=60, facts=20_000, seed=2021, until=date.fromisoformat(day))
    with blank_ledger(url) as ledger:
        make(ledger, shipped_rulebook(), build_calendar(), size, lambda *_: None)
    certificate, key, done = tmp_path / "certificate.json", run("keys", "show").stdout.strip(), 0
    settings = Settings(database_url=url, data_dir=tmp_path, key_dir=tmp_path / "keys")
    with TestClient(create_app(settings)) as client:
        world = World(client)
        for command, lines in steps():
            words = shlex.split(command, comments=True)
            if "sed -i" in command:  # and then what follows it
                _, before, after, _ = words[2].split("/")
                certificate.write_bytes(certificate.read_bytes().replace(before.encode(), after.encode()))
                words = words[words.index("&&") + 1 :]
            if words[0] == "curl":
                said = answered(world.association if "-d" in words else world.regulator, words)
                if "-o" in words:
                    certificate.write_text(said, "utf-8")
                    continue
                lines = ["".join(line.removeprefix(" ") for line in lines)]
            elif words[1] in UNTOLD:
                continue
            else:
                given = [str(certificate) if one == certificate.name else one for one in words[1:]]
                said = run(*(key if one.startswith("$(") else one for one in given)).output
            require_printed(command, lines, said)
            done += 1
    assert done == 10
