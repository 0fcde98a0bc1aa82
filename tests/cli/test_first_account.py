"""The commands by which README and manual say that a ledger gets its first account, run as they are written."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

import tests
from tests.cli.conftest import Run
from tests.databases import BOTH, Databases

ROOT = Path(tests.__file__).parent.parent
WHERE = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


def commands(document: str, where: str) -> list[str]:
    """What a row of the document's table says: the command for another link, and for the first account."""
    row = next(line for line in (ROOT / document).read_text("utf-8").splitlines() if line.startswith(f"| {where} |"))
    return re.findall(r"`([^`]+)`", row)


@pytest.mark.parametrize("document", ["README.md", "docs/operations.md"])
@pytest.mark.parametrize("dialect", BOTH)
def test_the_first_account_is_made_by_the_words_of_the_manual(
    run: Run, databases: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, document: str, dialect: str
) -> None:
    """On a ledger that nobody has served yet: a link that is good, then an administrator, and every link is void."""
    url = databases.empty(dialect, tmp_path)
    monkeypatch.chdir(tmp_path)
    link, account = commands(document, WHERE[dialect])
    for command in (link, account):
        words = [url if word.startswith("postgresql://") else word for word in shlex.split(command)]
        assert words[0] == ".venv/bin/steward"
        if dialect == "sqlite":
            monkeypatch.setenv("STEWARD_DATABASE_URL", url)
        done = run(*words[1:])
        assert done.exit_code == 0, (command, done.output, done.stderr)
        if command == link:
            assert "/setup/" in done.stdout
    assert "chen.lan" in run("account", "list", "--database", url).stdout
    over = run("setup-link", "--database", url)
    assert (over.exit_code != 0, "/setup/" in over.stdout) == (True, False), "there is an administrator now"


@pytest.mark.parametrize("document", ["README.md", "docs/operations.md"])
def test_in_compose_the_same_commands_are_executed_in_the_service(document: str) -> None:
    """The service is called `steward`, and so is the program; what follows is what the other rows say."""
    plain = [one.removeprefix(".venv/bin/") for one in commands(document, "SQLite")]
    assert commands(document, "compose") == [f"docker compose exec steward {one}" for one in plain]
