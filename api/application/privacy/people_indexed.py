"""Whoever was recorded before people could be searched for is indexed, once, when the service starts."""

from __future__ import annotations

from domain.ledger.ledger import Ledger
from domain.store.db.engine import writing
from domain.store.keys.vault import Vault
from domain.store.log.person_index import forget_lost, index_piece, is_complete, mark_complete
from domain.values import LEDGER_STREAM


def ensure_people_indexed(ledger: Ledger) -> None:
    """Index them piece by piece; others record meanwhile. A start that was killed begins again.

    Nobody is erased within a piece: erasing takes the same lock, so no row outlives its subject's key.
    """
    with ledger.reading() as reader:
        if is_complete(reader.connection, reader.vault):
            return
    with writing(ledger.engine) as connection:
        forget_lost(connection, Vault(connection))
    after: int | None = 0
    while after is not None:
        with ledger.writing() as unit:
            unit.lock(LEDGER_STREAM)
            after = index_piece(unit.connection, unit.vault, ledger.memory.mapper, after)
            if after is None:
                mark_complete(unit.connection, unit.vault)
