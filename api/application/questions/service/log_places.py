"""That the log reaches a place that somebody has seen: nobody waits for what lies beyond its end."""

from __future__ import annotations

import time

from domain.errors import Contradiction
from domain.ledger.ledger import Ledger

REACH_SECONDS = 1.0
"""How long a question waits (`min_log`): a replica of ours may have shown a place a moment before the primary does."""
_STEP_SECONDS = 0.05


def require_log(ledger: Ledger, place: int, pointer: str, wait_seconds: float = 0.0) -> None:
    """The primary's log reaches this place. Whoever has seen one beyond its end has seen another log.

    Raises: Contradiction, which names the last place there is.
    """
    until = time.monotonic() + wait_seconds
    while True:
        with ledger.reading() as reader:
            sealed, _ = reader.sealed()
        if place <= sealed:
            return
        if time.monotonic() >= until:
            break
        time.sleep(_STEP_SECONDS)
    name = pointer.removeprefix("?") if pointer.startswith("?") else "after"
    raise Contradiction(
        f"日志只到第 {sealed} 条，{place} 在其后",
        f"the log ends at {sealed}, and {place} lies beyond it",
        remedy=f"请写 {name}={sealed}；如已读到过 {place}，则是另一本日志，或由较早的备份恢复：请与协会核对",
        remedy_en=f"Give {name}={sealed}. If you have read as far as {place}, this is another log, or one that was "
        "restored from an earlier backup: ask the association.",
        pointer=pointer,
    )
