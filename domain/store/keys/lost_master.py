"""A master key that is lost for good: what it wrapped can never be opened again, and the ledger has to go on.

Scores, ranks and proofs need no personal data. So another master key takes its place, the database's own secrets are
made anew, and every subject whose key is beyond reach counts as erased, each by an event (`erasing_subjects.py`).
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import Connection, Engine, select, update

from domain.store.db.engine import reading, writing
from domain.store.db.schema import master_keys, vault, vault_secrets
from domain.store.keys.master_key import KEY_BYTES, keys_of, known_masters, new_content, note_master
from domain.store.keys.secret_files import read_or_make
from domain.store.keys.vault import secret_name
from domain.values import instant


def lost_masters(engine: Engine) -> list[str]:
    """The ids of master keys that the database needs and the key folder does not hold."""
    with reading(engine) as connection:
        keys = keys_of(connection)
        return sorted(one for one in known_masters(connection) if not keys.has(one))


def begin_anew(engine: Engine, lost: Sequence[str]) -> str:
    """Have a master key at hand, and other secrets in the place of those that the lost ones wrapped; its id.

    Hashes made with a lost secret match no new ones: a certificate recorded before is not recognised any more (R37).
    """
    with reading(engine) as connection:
        keys = keys_of(connection)
    read_or_make(keys.file, new_content)
    with writing(engine) as connection:
        current = keys.current(connection)
        note_master(connection, current.id, instant(datetime.now(UTC)), scrubbed=True)
        for name in connection.scalars(select(vault_secrets.c.name).where(vault_secrets.c.master.in_(lost))).all():
            wrapped = current.wrap(secret_name(name), os.urandom(KEY_BYTES))
            this = vault_secrets.c.name == name
            connection.execute(update(vault_secrets).where(this).values(key=wrapped, master=current.id))
    return current.id


def out_of_reach(connection: Connection, lost: Sequence[str], most: int) -> list[str]:
    """So many subjects whose keys the lost master keys wrap."""
    query = select(vault.c.subject_id).where(vault.c.master.in_(lost)).order_by(vault.c.subject_id).limit(most)
    return list(connection.scalars(query))


def retire(connection: Connection, ids: Sequence[str]) -> None:
    """Nothing is wrapped by these master keys any more: the database does without them from now on."""
    gone = update(master_keys).where(master_keys.c.id.in_(ids)).values(retired_at=instant(datetime.now(UTC)))
    connection.execute(gone)
