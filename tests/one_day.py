"""A test begins and ends on the same day in Shanghai: most ask what day it is more than once, and so does the service.

Whatever a test records "today" is refused or counted otherwise where the day has changed meanwhile, at 16:00 UTC; that
would be the clock's fault, and not the code's.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from domain.values import SHANGHAI

BEFORE = timedelta(seconds=30)
"""A test that would begin so shortly before midnight begins after it: hardly any takes longer."""


def seconds_to_wait(now: datetime) -> float:
    """Until the next day in Shanghai has begun, where that is near; else none."""
    there = now.astimezone(SHANGHAI)
    midnight = (there + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    left = midnight - there
    return left.total_seconds() + 0.1 if left <= BEFORE else 0.0


def begin_on_one_day(
    now: Callable[[], datetime] = lambda: datetime.now(UTC), sleep: Callable[[float], None] = time.sleep
) -> None:
    """Wait for midnight in Shanghai where it is near."""
    if wait := seconds_to_wait(now()):
        sleep(wait)
