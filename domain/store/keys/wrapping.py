"""Keys of the vault under a master key: at the first start, when the master key is changed, and whether all is well.

Every step is a transaction of its own that changes a batch and names what it expects to find: killed in the middle, it
goes on where it was; a key that is destroyed meanwhile stays destroyed. The service may run all the while.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple

import structlog
from sqlalchemy import Column, Connection, Engine, Table, and_, func, select, text, update

from domain.errors import Busy, Unreadable
from domain.store.db.copies import sync_folder
from domain.store.db.db_errors import named_trouble
from domain.store.db.dialect import is_postgresql, lock_law
from domain.store.db.engine import open_migration_engine, reading, writing, written_anew
from domain.store.db.schema import master_keys, vault, vault_secrets
from domain.store.keys.master_key import (
    CURRENT,
    Master,
    MasterKeys,
    keys_of,
    known_masters,
    missing,
    new_content,
    note_master,
    read_master,
)
from domain.store.keys.secret_files import read_secret, replace, write_once
from domain.store.keys.vault import GONE, retire, secret_name, subject_name
from domain.values import Instant, instant

log = structlog.get_logger("steward")

BATCH = 1000
_OWNER = "SELECT pg_has_role(session_user, relowner, 'MEMBER') FROM pg_class WHERE oid = to_regclass('vault')"

Progress = Callable[[int], None]
"""Called with how many keys were wrapped so far."""


class Holder(NamedTuple):
    """A table of keys: its rows are found by `id`, and their keys are wrapped for `name(id)`."""

    table: Table
    id: Column[Any]
    name: Callable[[str], str]


HOLDERS = (Holder(vault_secrets, vault_secrets.c.name, secret_name), Holder(vault, vault.c.subject_id, subject_name))


class Health(NamedTuple):
    """How the keys stand, by the master key that wraps them (None: in clear), and what cannot be opened."""

    wrapped: dict[str | None, int]
    erased: int
    unreadable: list[str]
    """Names of rows whose key is not what was wrapped."""
    missing: list[str]
    """Ids of master keys that wrap something and are not among the files."""


def ensure_master_key(engine: Engine) -> None:
    """Have a master key that opens what is in the database, and leave no key there in clear. Safe to do at once.

    Raises: MasterKeyMissing, MasterKeyBroken, UnsafeKeyFile, Busy.
    """
    with reading(engine) as connection:
        keys, known = keys_of(connection), known_masters(connection)
        if absent := sorted(one for one in known if not keys.has(one)):
            raise missing(keys.folder, absent)
        due = not known or not _is_scrubbed(connection)  # else nobody can have written one in clear
        clear = due and _has_clear_keys(connection)
    with writing(engine) as connection:
        note_master(connection, keys.current(connection).id, _now(), scrubbed=not clear)
    if clear:
        for _ in _wrap_all(engine, keys, lambda column: column.is_(None)):
            pass
    scrub_if_due(engine)


def scrub_if_due(engine: Engine) -> bool:
    """Free the storage of what it held before there was a master key, once; whether nothing of it is left.

    In PostgreSQL only the owner of the tables can: a login that cannot says so in the log.
    """
    with reading(engine) as connection:
        if _is_scrubbed(connection):
            return True
        if _has_clear_keys(connection):
            return False
    if not _rewritten(engine):
        log.warning("old_keys_not_scrubbed", remedy="run steward migrate with the login that owns the tables")
        return False
    with writing(engine) as connection:
        undone = master_keys.c.scrubbed_at.is_(None)
        connection.execute(update(master_keys).where(undone).values(scrubbed_at=_now()))
    return True


def _rewritten(engine: Engine) -> bool:
    """Write the tables of keys anew, so that their old rows are gone from the files; False when the login may not."""
    if not is_postgresql(engine):
        try:
            return written_anew(engine)
        except Busy:  # somebody else has it open for long: at the next start
            return False
    owner = open_migration_engine(engine.url)
    try:
        with named_trouble(), owner.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            if not connection.scalar(text(_OWNER)):
                return False
            for holder in HOLDERS:
                connection.exec_driver_sql(f"VACUUM (FULL) {holder.table.name}")
            return True
    finally:
        owner.dispose()


def rotate(engine: Engine, progress: Progress = lambda _: None) -> tuple[str, str, int]:
    """Put a new master key in the place of the current one, wrap every key anew and destroy the old one.

    An interrupted rotation is brought to its end instead of beginning another. Gives the ids of the old and the new
    master key and how many keys were wrapped. Raises: MasterKeyMissing, MasterKeyBroken, UnsafeKeyFile, Busy.
    """
    ensure_master_key(engine)
    with reading(engine) as connection:
        keys = keys_of(connection)
        current = keys.current(connection)
        under_way = sorted(known_masters(connection) - {current.id})
    if not under_way:
        under_way = [current.id]
        current = _replaced(keys, current)
    with writing(engine) as connection:
        note_master(connection, current.id, _now(), scrubbed=True)
    done = 0
    for count in _wrap_all(engine, keys, lambda column: column != current.id):
        done += count
        progress(done)
    with writing(engine) as connection:
        retire(connection, under_way)
    for old in under_way:
        (keys.folder / f"master-{old}.key").unlink(missing_ok=True)
    sync_folder(keys.folder)
    return under_way[0], current.id, done


def _replaced(keys: MasterKeys, current: Master) -> Master:
    """Keep the current master key under its id, then put a new one in its place in one step."""
    write_once(keys.folder / f"master-{current.id}.key", read_secret(keys.file))
    replace(keys.folder / CURRENT, new_content())
    return read_master(keys.folder / CURRENT)


def health(engine: Engine) -> Health:
    """Open every key of the database once, and count."""
    wrapped: dict[str | None, int] = {}
    unreadable, absent, erased = [], set(), 0
    with reading(engine) as connection:
        keys = keys_of(connection)
        for holder in HOLDERS:
            for row in _rows(connection, holder):
                if bytes(row.key) == GONE:
                    erased += 1
                    continue
                wrapped[row.master] = wrapped.get(row.master, 0) + 1
                if row.master is None:
                    continue
                if not keys.has(row.master):
                    absent.add(row.master)
                elif not _opens(keys, holder.name(row.id), row):
                    unreadable.append(holder.name(row.id))
    return Health(wrapped, erased, unreadable, sorted(absent))


def _opens(keys: MasterKeys, name: str, row: Any) -> bool:
    try:
        keys.named(row.master).unwrap(name, bytes(row.key))
    except Unreadable:
        return False
    return True


def _rows(connection: Connection, holder: Holder) -> Iterator[Any]:
    last = ""
    while True:
        columns = (holder.id.label("id"), holder.table.c.key, holder.table.c.master)
        rows = connection.execute(select(*columns).where(holder.id > last).order_by(holder.id).limit(BATCH)).all()
        yield from rows
        if len(rows) < BATCH:
            return
        last = rows[-1].id


def _is_scrubbed(connection: Connection) -> bool:
    return not connection.scalar(select(func.count()).where(master_keys.c.scrubbed_at.is_(None)))


def _has_clear_keys(connection: Connection) -> bool:
    for table in (holder.table for holder in HOLDERS):
        clear = select(table.c.key).where(table.c.master.is_(None), table.c.key != GONE).limit(1)
        if connection.execute(clear).first() is not None:
            return True
    return False


def _wrap_all(engine: Engine, keys: MasterKeys, which: Callable[[Column[Any]], Any]) -> Iterator[int]:
    """Wrap what is not wrapped by the current master key, batch by batch; the last of it while nobody records.

    Who records takes the current master key under a lock, so after that nothing is wrapped by another one.
    """
    for holder in HOLDERS:
        while True:
            with writing(engine) as connection:
                count = _wrap_some(connection, keys, holder, which)
            yield count
            if count < BATCH:
                break
    with writing(engine) as connection:
        lock_law(connection)
        while sum(counts := [_wrap_some(connection, keys, holder, which) for holder in HOLDERS]):
            yield sum(counts)


def _wrap_some(connection: Connection, keys: MasterKeys, holder: Holder, which: Callable[[Column[Any]], Any]) -> int:
    """A batch; a row that somebody changes at this moment is left to the next one."""
    table, current = holder.table, keys.current(connection)
    due = and_(which(table.c.master), table.c.key != GONE)
    rows = connection.execute(
        select(holder.id.label("id"), table.c.key, table.c.master).where(due).limit(BATCH).with_for_update()
    ).all()
    for row in rows:
        name, stored = holder.name(row.id), bytes(row.key)
        key = stored if row.master is None else keys.named(row.master).unwrap(name, stored)
        new = {"key": current.wrap(name, key), "master": current.id}
        connection.execute(update(table).where(holder.id == row.id, table.c.key == stored).values(new))
    return len(rows)


def _now() -> Instant:
    return instant(datetime.now(UTC))
