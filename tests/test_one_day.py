"""No test begins shortly before the day changes in Shanghai."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from domain.values import instant, shanghai_date
from tests.one_day import BEFORE, begin_on_one_day

MIDNIGHT = datetime(2024, 12, 31, 16, tzinfo=UTC)


@pytest.mark.parametrize("before", [timedelta(microseconds=1), timedelta(seconds=1), BEFORE])
def test_shortly_before_midnight_it_is_waited_for(before: timedelta) -> None:
    """And then it is the next day, which in Shanghai is the first of the year."""
    now, waited = MIDNIGHT - before, list[float]()
    begin_on_one_day(lambda: now, waited.append)
    (seconds,) = waited
    assert shanghai_date(instant(now)).isoformat() == "2024-12-31"
    assert shanghai_date(instant(now + timedelta(seconds=seconds))).isoformat() == "2025-01-01"
    assert seconds < BEFORE.total_seconds() + 1


@pytest.mark.parametrize("now", [MIDNIGHT, MIDNIGHT - BEFORE - timedelta(seconds=1), MIDNIGHT + timedelta(hours=8)])
def test_at_any_other_time_nothing_is_waited_for(now: datetime) -> None:
    """Midnight of UTC among them."""
    waited = list[float]()
    begin_on_one_day(lambda: now, waited.append)
    assert waited == []
