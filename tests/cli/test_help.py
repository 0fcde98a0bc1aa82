"""What the command line says of itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import typer

from api.cli.main import app
from api.cli.running import EXIT_CODES
from tests.cli.conftest import Run

TOP = typer.main.get_command(app)


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
