"""The register of what stands still: said by name, said again, cleared."""

from __future__ import annotations

from api.application.background.degraded import Degraded, DegradedReason


def test_what_stands_still_is_said_by_name_until_it_is_cleared() -> None:
    """The newest reason of a name counts, names come in order, and clearing what never was said does nothing."""
    degraded = Degraded()
    assert degraded.reasons() == ()
    degraded.set("b", "乙", "B")
    degraded.set("a", "甲", "A")
    degraded.set("b", "乙二", "B2")
    assert degraded.reasons() == (DegradedReason("a", "甲", "A"), DegradedReason("b", "乙二", "B2"))
    degraded.clear("a")
    degraded.clear("never")
    assert degraded.reasons() == (DegradedReason("b", "乙二", "B2"),)
