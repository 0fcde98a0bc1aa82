"""What a round of the housekeeper does for other rooms, which it does not know: each is a function that it is given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Chores:
    """Work of other rooms that a round does; by default none, as for a ledger that is only read or recorded in."""

    bring_hints_up: Callable[[], bool] = lambda: True
    """Works out some hints ahead; whether none are left."""
    clear_files: Callable[[], bool] = lambda: False
    """Takes away some evidence files past their day; whether more may wait."""
    sweep_files: Callable[[], int] = lambda: 0
    """Takes away what no row names; how many."""
    tell: Callable[[], bool] = lambda: True
    """Tells people some of what happened; whether all was told."""


NO_CHORES = Chores()
