"""The audit trail of an agency: every event in recording order, whether it counts, and who recorded it."""

from __future__ import annotations

from typing import Any

import msgspec

from domain.events import Event
from domain.trail import Trail
from domain.values import shanghai_date
from projections.timeline import FACT_LABELS

ENVELOPE = ("id", "version", "occurred_on", "recorded_at", "actor", "via", "note", "evidence")


def entry(event: Event, trail: Trail) -> dict[str, Any]:
    """One event of the trail. Sealed fields stay sealed here: whoever may read them opens them at the edge."""
    stored = msgspec.to_builtins(event)
    name = type(event).__name__
    return {
        **{field: stored[field] for field in ENVELOPE},
        "type": name,
        "label": FACT_LABELS.get(name, name),
        "counts": trail.counts(event),
        "annulled_by": trail.annulled_by.get(event.id),
        "late_by_days": max(0, late_by_days(event)),
        "fact": {
            field: value for field, value in stored.items() if field not in (*ENVELOPE, "type", "v", "stream")
        },
    }


def late_by_days(event: Event) -> int:
    """How many days after its own date a fact was recorded: what was entered later is shown as such (R8b)."""


    return (shanghai_date(event.recorded_at) - event.occurred_on).days
