"""When a notice reached its recipient (送达, R41): by a way of service with its proof, or by acknowledging it.

The week of art.20 runs from publication, whatever is recorded here: the day of service stands beside it.
"""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from domain.events import NoticeAcknowledged, NoticeDelivered, NoticeSent, NoticeUndeliverable
from domain.measures.text.implements import implements
from domain.trail.trail import Trail


class NoticeService(NamedTuple):
    """What became of a notice that was sent."""

    on: date | None
    """The day of service: the first on which it was delivered or acknowledged."""
    acknowledged_on: date | None
    returned_on: date | None
    """The first day on which it could not be delivered, where that was before it was served."""


@implements("art.17", "art.20", "R41")
def service_of(trail: Trail, sent: NoticeSent) -> NoticeService:
    """The service of a notice, of all facts that count."""
    delivered = [one.occurred_on for one in trail.of(NoticeDelivered) if one.sent_id == sent.id]
    signed = [one.occurred_on for one in trail.of(NoticeAcknowledged) if one.sent_id == sent.id]
    failed = [one.occurred_on for one in trail.of(NoticeUndeliverable) if one.sent_id == sent.id]
    served = min((*delivered, *signed), default=None)
    returned = min(failed, default=None)
    late = returned is not None and served is not None and served <= returned
    return NoticeService(served, min(signed, default=None), None if late else returned)
