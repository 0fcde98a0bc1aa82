"""Waiting that asks whether anything moves, not how long it takes: to be slow is no fault, to stand still is one."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from drills.common import Failed

STILL_SECONDS = 180.0
"""For so long nothing at all may move before it is called a standstill; each step forward begins it anew."""
LOOK_SECONDS = 0.2
T = TypeVar("T")


def moving(look: Callable[[], T], is_over: Callable[[T], bool], what: str, still: float = STILL_SECONDS) -> T:
    """Look until it is over, and return what was seen then. Raises: Failed where it stays the same for too long."""
    seen, since = look(), time.monotonic()
    while not is_over(seen):
        if time.monotonic() - since > still:
            raise Failed(f"{what}: nothing has moved for {still:.0f} s: {seen}")
        time.sleep(LOOK_SECONDS)
        now = look()
        if now != seen:
            seen, since = now, time.monotonic()
    return seen
