"""The drill of hostile load, for a few seconds: whom it must not keep from being served, on however slow a machine."""

from __future__ import annotations

import pytest

from drills.hostile_load import hostile_load, unserved


@pytest.mark.slow
def test_the_others_are_served_while_a_stranger_and_an_agency_do_their_worst() -> None:
    """Nobody else gets 429, 503 or 5xx; the stranger is refused, and gets no 5xx but 503.

    How fast `/healthz` answers meanwhile is measured by the drill itself (`python -m drills.run hostile_load`).
    """
    outcome = hostile_load(6.0)
    assert unserved(outcome) == {}
    assert 413 in outcome.hostile
    assert not {status for status in outcome.hostile if status >= 500} - {503}
    assert outcome.healthz
