"""The drill of a failover is run by the suite: two real servers, load, and a count of what was acknowledged."""

from __future__ import annotations

import pytest

from drills import failover


@pytest.mark.slow
@pytest.mark.postgres
def test_a_failover_loses_and_doubles_nothing() -> None:
    """A crashed primary with both hosts in the address, and a demoted one behind a forwarder: 503 with Retry-After and
    not ready meanwhile, then everything by itself, on the new primary, each acknowledged event once.
    """
    failover.main()
