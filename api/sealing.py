"""Sealing at once, for who needs a place of the log that holds everything recorded by now."""

from __future__ import annotations

import time

from domain.errors import Busy
from domain.ledger import Ledger
from domain.store.sealer import has_sealed, seal, to_be_sealed

SEALING_SECONDS = 20
"""How long a transaction that writes for long may hold the log back."""


def sealed_up(ledger: Ledger) -> int:
    """Wait until all that is committed by now has its place in the log; the last place. Raises: Busy."""
    engine = ledger.engine
    with ledger.reading() as reader:
        mark = to_be_sealed(reader.connection)
    until = time.monotonic() + SEALING_SECONDS
    while True:
        seal(engine)
        with ledger.reading() as reader:
            if has_sealed(reader.connection, mark):
                return reader.sealed()[0]
        if time.monotonic() > until:
            raise Busy(
                "日志暂时无法封存：另有长时间未结束的写入", "the log cannot be sealed: a long write has not ended",
                remedy="请稍后用同一 Idempotency-Key 重试", remedy_en="Try again in a moment with the same key.",
            )  # fmt: skip
        time.sleep(0.05)
