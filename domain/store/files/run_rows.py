"""Workbooks on their way: which file holds which facts, how far it is, who works on it; what is found in it, sealed.

A row goes with its file after a day. Its file's name and what its check found repeat what the file says, so both are
encrypted under a key that follows from a secret of the vault. Who works on a row says so every few seconds; a row that
nobody has spoken for is taken up by whoever sees it, after a crash too.
"""

from __future__ import annotations

import hashlib
import os
import zlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Literal, NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import ColumnElement, Connection, delete, or_, select, true, update

from domain.errors import Unreadable
from domain.store.db.dialect import insert_new
from domain.store.db.schema import workbook_runs
from domain.store.keys.vault import Vault
from domain.values import Instant, instant

SECRET = "workbook_run"  # noqa: S105  # its name, not the secret
SILENT_SECONDS = 12
"""So long after its last word somebody who works on a row is taken for gone."""
RunState = Literal["checking", "checked", "recording", "recorded", "failed"]
RunPart = Literal["all", "good"]
_AT_WORK = ("checking", "recording")
_NONCE_BYTES = 12
_R = workbook_runs.c


class RunRow(NamedTuple):
    """One workbook on its way."""

    id: str
    owner: str
    """The person who brought it, in the role in which they did."""
    role: str
    kind: str
    sha256: str
    """Of the file, which its owner has uploaded (`file_rows.py`)."""
    state: RunState
    part: RunPart | None
    """What is to be recorded, once somebody has said so."""
    done: int
    """Rows checked so far."""
    facts: int
    """How many are to be recorded; while it is checked, about how many rows it has."""
    recorded: int
    """How many this row has recorded, in the transactions that recorded them."""
    created_at: Instant
    name: bytes
    found: bytes | None


def add_run(connection: Connection, run: RunRow) -> bool:
    """A file has come in, and waits for being checked; False where one of this id is here already."""
    return insert_new(connection, workbook_runs, {**run._asdict(), "holder": None, "beat_at": run.created_at})


def run_of(connection: Connection, run_id: str) -> RunRow | None:
    """The row of this id."""
    row = connection.execute(select(*(_R[name] for name in RunRow._fields)).where(_R.id == run_id)).first()
    return None if row is None else RunRow(*row)


def runs_of(connection: Connection, owner: str, most: int) -> list[RunRow]:
    """Somebody's, the latest first."""
    query = select(*(_R[name] for name in RunRow._fields)).where(_R.owner == owner)
    return [RunRow(*row) for row in connection.execute(query.order_by(_R.created_at.desc(), _R.id).limit(most))]


# ---- who works on it ----


def waiting(connection: Connection) -> list[str]:
    """Rows with work to do on which nobody works."""
    query = select(_R.id).where(_R.state.in_(_AT_WORK), _silent())
    return list(connection.scalars(query.order_by(_R.created_at)))


def take(connection: Connection, run_id: str, holder: str) -> RunRow | None:
    """Begin to work on a row; None where another does, or there is nothing to do."""
    free = (_R.id == run_id) & _R.state.in_(_AT_WORK) & (_silent() | (_R.holder == holder))
    taken = connection.execute(update(workbook_runs).where(free).values(holder=holder, beat_at=_now()))
    return run_of(connection, run_id) if taken.rowcount else None


def beat(connection: Connection, run_id: str, holder: str, done: int) -> None:
    """Say that it is still worked on, and how far it is."""
    mine = (_R.id == run_id) & (_R.holder == holder)
    connection.execute(update(workbook_runs).where(mine).values(beat_at=_now(), done=done))


def let_go(connection: Connection, run_id: str, holder: str, *, at_once: bool) -> None:
    """Stop working on a row that is not done; `at_once`: whoever sees it may take it up, else after a while."""
    mine = (_R.id == run_id) & (_R.holder == holder)
    values = {"holder": None} if at_once else {"beat_at": _now()}
    connection.execute(update(workbook_runs).where(mine).values(**values))


def step(
    connection: Connection,
    run_id: str,
    before: Sequence[RunState],
    after: RunState,
    *,
    part: RunPart | None = None,
    facts: int | None = None,
    found: bytes | None = None,
    holder: str | None = None,
) -> bool:
    """Bring a row from one of these states to the next; whether it was in one of them.

    `holder`: only while they work on it, as who was taken for gone says no more how it ended.
    """
    given: dict[str, object] = {"part": part, "facts": facts, "found": found}
    values: dict[str, object] = {"state": after, "holder": None, "beat_at": _now()}
    values |= {name: value for name, value in given.items() if value is not None}
    there = (_R.id == run_id) & _R.state.in_(before)
    there &= true() if holder is None else _R.holder == holder
    return bool(connection.execute(update(workbook_runs).where(there).values(**values)).rowcount)


def add_recorded(connection: Connection, run_id: str, facts: int) -> None:
    """So many more are recorded, by the transaction that this is."""
    connection.execute(update(workbook_runs).where(_R.id == run_id).values(recorded=_R.recorded + facts))


def forget_runs(connection: Connection, before: Instant) -> None:
    """Take the rows of files away that came in before an instant."""
    connection.execute(delete(workbook_runs).where(_R.created_at <= before))


def _silent() -> ColumnElement[bool]:
    late = instant(datetime.now(UTC) - timedelta(seconds=SILENT_SECONDS))
    return or_(_R.holder.is_(None), _R.beat_at <= late)


def _now() -> Instant:
    return instant(datetime.now(UTC))


# ---- what is in it ----


def sealed_text(vault: Vault, run_id: str, said: bytes) -> bytes:
    """Something that repeats what a file says, encrypted."""
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + _cipher(vault, run_id).encrypt(nonce, zlib.compress(said), run_id.encode())


def opened_text(vault: Vault, run_id: str, sealed: bytes) -> bytes:
    """What was sealed. Raises: Unreadable where it was changed, or the secret is another one since."""
    try:
        nonce, text = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
        return zlib.decompress(_cipher(vault, run_id).decrypt(nonce, text, run_id.encode()))
    except (InvalidTag, ValueError) as error:
        raise Unreadable(f"what is kept of the workbook {run_id} is not what was written") from error


def _cipher(vault: Vault, run_id: str) -> AESGCM:
    return AESGCM(hashlib.sha256(vault.mac(SECRET, run_id)).digest())
