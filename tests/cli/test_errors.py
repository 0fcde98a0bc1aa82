"""Errors of the machine and of ours: their exit codes, and never a traceback."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from api.cli.questions import question_commands
from demo.invented_names import uscc
from domain.store.db import engine as store_engine
from tests.cli.conftest import Run


def test_the_unforeseen_ends_with_1_and_no_traceback(
    run: Run, demonstration: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bug is named in both languages, without a traceback; STEWARD_TRACEBACK lets it through for whoever mends it."""

    def broken(*_: object) -> None:
        raise KeyError("a bug")

    monkeypatch.setattr(question_commands, "RowQueries", broken)
    done = run("standing", uscc(2), "--database", demonstration)
    assert done.exit_code == 1
    assert "KeyError" in done.stderr
    assert "意外错误" in done.stderr
    assert "Traceback" not in done.stderr
    monkeypatch.setenv("STEWARD_TRACEBACK", "1")
    assert isinstance(run("standing", uscc(2), "--database", demonstration).exception, KeyError)


def test_an_interruption_ends_with_130(run: Run, demonstration: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C is no error of the programme: 130, as shells expect."""

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(question_commands, "RowQueries", interrupted)
    assert run("standing", uscc(2), "--database", demonstration).exit_code == 130


def test_a_held_database_ends_with_6(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While another process holds the write lock, a writing command waits and then says so."""
    file = tmp_path / "held.db"
    assert run("token", "create", "--database", f"sqlite:///{file}", "--role", "auditor").exit_code == 0
    monkeypatch.setattr(store_engine, "WAIT_MS", 100)
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    done = run("token", "create", "--database", f"sqlite:///{file}", "--role", "auditor")
    other.close()
    assert (done.exit_code, done.stdout) == (6, "")


def test_a_newer_database_ends_with_3_by_name(run: Run, new_url: str) -> None:
    """`serve`, `migrate` and questions refuse what a later version has migrated."""
    assert run("migrate", "--database", new_url).exit_code == 0
    with sqlite3.connect(new_url.removeprefix("sqlite:///")) as database:
        database.execute("UPDATE alembic_version SET version_num = '9999_from_the_future'")
    database.close()
    for command in (("serve",), ("migrate",), ("standing", uscc(2)), ("demo",)):
        done = run(*command, "--database", new_url)
        assert done.exit_code == 3, command
        assert "DatabaseNewer" in done.stderr


def test_a_half_migrated_database_ends_with_3_by_name(run: Run, new_url: str) -> None:
    """`serve` refuses a database that lacks one of its triggers, and says which."""
    assert run("migrate", "--database", new_url).exit_code == 0
    with sqlite3.connect(new_url.removeprefix("sqlite:///")) as database:
        database.execute("DROP TRIGGER events_no_delete")
    database.close()
    done = run("serve", "--database", new_url)
    assert done.exit_code == 3
    assert "DatabaseHalfMigrated" in done.stderr
    assert "events_no_delete" in done.stderr


def test_a_wrong_url_is_wrong_usage(run: Run) -> None:
    """A kind of database that we do not know is the caller's mistake (2)."""
    for url in ("mysql://localhost/x", "not a url", "sqlite://"):
        assert run("standing", uscc(2), "--database", url).exit_code == 2, url


def test_the_database_comes_from_the_environment_or_the_data_folder(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without --database: STEWARD_DATABASE_URL, else steward.db in the data folder, as the service has it."""
    monkeypatch.setenv("STEWARD_DATA_DIR", str(tmp_path / "folder"))
    assert run("migrate").exit_code == 0
    assert (tmp_path / "folder" / "steward.db").exists()
    monkeypatch.setenv("STEWARD_DATABASE_URL", f"sqlite:///{tmp_path / 'named.db'}")
    assert run("migrate").exit_code == 0
    assert (tmp_path / "named.db").exists()
