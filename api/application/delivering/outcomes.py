"""What became of a try to deliver something, and when it is tried again."""

from __future__ import annotations

from dataclasses import dataclass
from random import SystemRandom
from typing import Literal

MINUTE, HOUR = 60.0, 3600.0
DELAYS = (5.0, MINUTE, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR)
"""Seconds after the first, second … failed try: three days in all, as Standard Webhooks advises. Then nobody tries."""
JITTER = 0.2
"""So much of a delay by chance, so that what failed together does not come back together."""


@dataclass(frozen=True)
class DeliveryOutcome:
    """`again`: not now; `refused`: never; `nobody`: there is no one to reach any more.

    `failure` says why, without the address that it was for.
    """

    what: Literal["accepted", "again", "refused", "nobody"]
    failure: str = ""
    of_recipient: bool = False
    """Whether it is the recipient's address that was refused, for good."""
    of_server: bool = False
    """Whether nothing can be delivered this way at the moment, whoever it is for."""
    unwritten: bool = False
    """Whether the other side was not asked: nothing is known of it."""
    unanswered: bool = False
    """Whether the other side did not answer at all: it is away, whatever is sent to it."""
    untried: bool = False
    """Nobody came to it: it does not count as a try."""


ACCEPTED = DeliveryOutcome("accepted")
NOBODY = DeliveryOutcome("nobody", "nobody to write to, or nothing to say any more", unwritten=True)


def delay_after(attempts: int, delays: tuple[float, ...] = DELAYS) -> float | None:
    """How many seconds after the so manieth failed try to try again; None: no more."""
    if attempts > len(delays):
        return None
    chance = SystemRandom().uniform(1 - JITTER, 1 + JITTER)
    return delays[attempts - 1] * chance
