"""The ledger with its read models: what everything above the domain opens."""

from __future__ import annotations

from domain.ledger.ledger import Ledger
from domain.store.db.engine import Engine
from projections.rows.write.projector import ReadModelProjector


def open_ledger(engine: Engine) -> Ledger:
    """The ledger of a database, which keeps its read models in step."""
    return Ledger(engine, ReadModelProjector())
