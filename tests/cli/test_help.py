"""What the command line says of itself."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import typer

from api.cli.command_table import COMMANDS
from api.cli.main import app
from api.cli.running import EXIT_CODES
from demo.invented_names import uscc
from tests.cli.conftest import Run

TOP: Any = typer.main.get_command(app)


def _commands(command: Any = TOP, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    yield path, command
    for name, inner in getattr(command, "commands", {}).items():
        yield from _commands(inner, (*path, name))


@pytest.mark.parametrize(
    ("path", "command"), [pytest.param(*one, id=" ".join(one[0]) or "steward") for one in _commands()]
)
def test_every_command_and_option_has_help(path: tuple[str, ...], command: Any) -> None:
    """No command, argument or option is without a help text, and each says so in Chinese and in English."""
    assert command.help, path
    texts = [command.help] + [one.help for one in command.params if one.name != "help"]
    for text in texts:
        assert text, f"{path}: an argument or option has no help"
        assert any("一" <= character <= "鿿" for character in text), text
        assert " / " in text, text


def test_the_list_of_commands_says_what_each_says_of_itself() -> None:
    """The list is told without loading a command: its line is the first of the command's own help."""
    told = {name: text for commands in COMMANDS.values() for name, text in commands.items()}
    assert told == {name: " ".join(one.help.split("\n\n")[0].split()) for name, one in TOP.commands.items()}
    assert all(one.callback is None or one.callback.__module__ in COMMANDS for one in TOP.commands.values())


@pytest.mark.parametrize(
    ("arguments", "left"),
    [
        ("--help", {"alembic", "api.app", "pydantic", "rich", "sqlalchemy", "structlog"}),
        (f"standing {uscc(2)}", {"alembic", "api.app", "demo", "fastapi", "jinja2", "pikepdf", "uharfbuzz", "uvicorn"}),
    ],
)
def test_a_command_loads_only_what_it_needs(arguments: str, left: set[str], demonstration: str) -> None:
    """Who asks for help waits for no database, who asks for a standing not for migrations, fonts and the service."""
    code = (
        "import sys\nfrom api.cli.main import app\n"
        "try:\n    app(sys.argv[1:])\nfinally:\n    print('|', *sorted(sys.modules))"
    )
    asked = subprocess.run(
        [sys.executable, "-c", code, *arguments.split()],
        env=os.environ | {"STEWARD_DATABASE_URL": demonstration},
        capture_output=True,
        text=True,
        check=True,
    )
    answer, _, loaded = asked.stdout.rpartition("|")
    assert len(answer) > 200
    assert "api.cli.running" in loaded.split()
    assert left & set(loaded.split()) == set()


def test_a_wrong_name_and_none_at_all(run: Run) -> None:
    """Names that are alike are offered; without a command all are told; both are wrong usage (2)."""
    assert "'standing'" in run("standingg").stderr
    nothing = run()
    assert nothing.exit_code == run("standingg").exit_code == 2
    assert nothing.stdout == run("--help").stdout


def test_the_commands_of_the_contract_are_there() -> None:
    """Every command that the contract lists for this version can be called."""
    named = {" ".join(path) for path, _ in _commands()}
    assert named >= {
        "serve",
        "migrate",
        "demo",
        "token create",
        "token list",
        "token revoke",
        "import",
        "standing",
        "sheet",
        "timeline",
        "replay",
        "replay-under",
        "calendar adopt",
        "rulebook adopt",
    }


@pytest.mark.parametrize("path", [path for path, command in _commands() if not hasattr(command, "commands")])
def test_help_names_every_exit_code(run: Run, path: tuple[str, ...]) -> None:
    """Scripts find the exit codes in the help of each command."""
    shown = run(*path, "--help")
    assert shown.exit_code == 0
    words = shown.stdout.split()
    assert all(str(code) in words for code in EXIT_CODES), shown.stdout
