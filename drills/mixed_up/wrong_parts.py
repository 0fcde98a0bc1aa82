"""An earlier program on a later database, and one ledger's folder of keys beside another ledger: told by name.

On SQLite and PostgreSQL. Nothing is written by whoever does not fit; with the right parts back all goes on.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from drills.common import require, step
from drills.facts import Facts, signed, standing
from drills.servers.next_version import REVISION, next_version
from drills.service import Running
from tests.postgres_server import PostgresServer

READY_SECONDS = 180.0
REFUSED = 3
"""Exit code of a program that may not open the database."""
COMMANDS = (("serve", "--port", "0"), ("audit",), ("check",), ("checkpoint",))
OPENING = (("serve", "--port", "0"), ("token", "create", "--role", "association", "--person", "经办人"))
"""What needs the master key."""
TAMPERED = 10
Made = Callable[[str, Path], str]
"""The address of a new database of this name, its file in this folder if it is one."""


def main() -> None:
    """Both mistakes, on both databases. Raises: Failed."""
    with PostgresServer() as server:
        for database, made in (("SQLite", _sqlite), ("PostgreSQL", lambda name, _: server.create_database(name))):
            for drill in (downgraded, keys_swapped):
                step(f"{database}, {drill.__name__.replace('_', ' ')}:")
                with tempfile.TemporaryDirectory(prefix="steward-drill-") as folder:
                    drill(made, Path(folder))


def downgraded(made: Made, folder: Path) -> None:
    """A later version has migrated the database; the program of before is started again on it."""
    url, facts = made("downgraded", folder), Facts()
    service = Running(url, folder)
    facts.record(service, 3)
    service.stop()
    program = next_version(folder / "next")
    _served(url, folder, service, facts, str(program))
    _refused(service, COMMANDS, "DatabaseNewer", REVISION)
    _served(url, folder, service, facts, str(program))


def keys_swapped(made: Made, folder: Path) -> None:
    """Two ledgers of one machine; after a move each finds the other's keys."""
    ledgers = []
    for name in ("first", "second"):
        (folder / name).mkdir()
        url, facts = made(name, folder / name), Facts()
        keys = folder / name / "keys"
        service = Running(url, folder / name, STEWARD_KEY_DIR=str(keys))
        facts.record(service, 3)
        signed(service)
        service.stop()
        ledgers.append((url, service, facts, keys))
    _swap(ledgers[0][3], ledgers[1][3])
    for _, service, _, _ in ledgers:
        _refused(service, OPENING, "MasterKeyMissing", "keys")
        done = service.steward("audit")
        by_name = done.returncode == TAMPERED and "which may be another ledger's" in done.stderr
        require(by_name, f"an audit says whose keys these may be {'' if by_name else done.stderr[-500:]}")
    _swap(ledgers[0][3], ledgers[1][3])
    for url, service, facts, keys in ledgers:
        _served(url, keys.parent, service, facts, STEWARD_KEY_DIR=str(keys))


def _sqlite(_: str, folder: Path) -> str:
    return f"sqlite:///{folder / 'ledger.db'}"


def _served(url: str, folder: Path, before: Running, facts: Facts, *root: str, **settings: str) -> None:
    """With what belongs to it, it is ready, holds all that was acknowledged, and records. Raises: Failed."""
    program = {"root": root[0]} if root else {}
    again = Running(url, folder, token=before.token, **program, **settings)
    try:
        again.wait_until_ready(READY_SECONDS)
        require(all(standing(again, code) == 200 for code in facts.acknowledged), "all that was acknowledged is there")
        facts.record(again, 2)
    finally:
        again.stop()


def _refused(service: Running, commands: Sequence[tuple[str, ...]], kind: str, named: str) -> None:
    """None of these commands opens it; each says why by name. Raises: Failed."""
    for command in commands:
        done = service.steward(*command)
        by_name = done.returncode == REFUSED and kind in done.stderr and named in done.stderr
        said = "" if by_name else f" {done.returncode} {done.stdout[-300:]}{done.stderr[-500:]}"
        require(by_name, f"steward {command[0]}: {kind} {named}{said}")


def _swap(first: Path, second: Path) -> None:
    aside = first.with_name("aside")
    first.rename(aside)
    second.rename(first)
    aside.rename(second)


if __name__ == "__main__":
    main()
