"""Files that nobody can open any more are taken away: never recorded within a day, or of an erased subject.

First the row says so, then the object goes; what a crash leaves in between is an object that no row knows, and is found
when the store is looked through.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice

from domain.store.db.engine import Engine, writing
from domain.store.files.file_rows import CLAIM_HOURS, end_claims, take_away, unknown
from domain.store.files.objects import Objects
from domain.store.files.run_rows import forget_runs
from domain.values import instant

PIECE = 100


def clear(engine: Engine, objects: Objects) -> bool:
    """Take a piece of them away; whether there may be more. Raises: StoreUnavailable, Busy, WritesStopped."""
    now = datetime.now(UTC)
    with writing(engine) as connection:
        end_claims(connection, instant(now - timedelta(hours=CLAIM_HOURS)))
        forget_runs(connection, instant(now - timedelta(hours=CLAIM_HOURS)))
        gone = take_away(connection, instant(now), PIECE)
    for address in gone:
        objects.delete(address)
    return len(gone) == PIECE


def sweep(engine: Engine, objects: Objects) -> int:
    """Take away what lies in the store for more than a day and no row knows; how many objects that were.

    Raises: StoreUnavailable, Busy, WritesStopped: a ledger that takes no writes may be an old copy, and does not judge.
    """
    before, found = datetime.now(UTC) - timedelta(hours=CLAIM_HOURS), 0
    old = (one.address for one in objects.all() if one.at < before)
    while page := list(islice(old, PIECE)):
        with writing(engine) as connection:
            loose = unknown(connection, page)
        for address in loose:
            objects.delete(address)
        found += len(loose)
    objects.clear_staged(before)
    return found
