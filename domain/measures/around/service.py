"""When a notice reached its recipient (送达, R41): by a way of service with its proof, or by acknowledging it.

The week of art.20 runs from publication, whatever is recorded here: the day of service stands beside it.
"""

from __future__ import annotations

from datetime import date
from typing import Literal, NamedTuple

from msgspec import UNSET

from domain.events import (
    AcknowledgedBy,
    NoticeAcknowledged,
    NoticeDelivered,
    NoticeSent,
    NoticeUndeliverable,
    ServiceWay,
)
from domain.measures.text.implements import implements
from domain.trail.trail import Facts, Trail

OF_SERVICE = (NoticeSent, NoticeDelivered, NoticeUndeliverable, NoticeAcknowledged)
"""All facts that the service of a notice follows from."""
ServiceState = Literal["sent", "undeliverable", "served", "acknowledged"]
"""How far a notice has come: on its way, came back, reached its recipient, was signed for."""


class NoticeService(NamedTuple):
    """What became of a notice that was sent."""

    sent: NoticeSent
    on: date | None
    """The day of service: the first on which it was delivered or acknowledged."""
    way: ServiceWay | AcknowledgedBy | None
    """How it was served on that day; None where it was not, or the fact does not say."""
    acknowledged_on: date | None
    returned_on: date | None
    """The first day on which it could not be delivered, where that was before it was served."""

    @property
    def state(self) -> ServiceState:
        """How far it has come."""
        if self.acknowledged_on is not None:
            return "acknowledged"
        if self.on is not None:
            return "served"
        return "sent" if self.returned_on is None else "undeliverable"


@implements("art.17", "art.20", "R41")
def service_of(facts: Facts | Trail, sent: NoticeSent) -> NoticeService:
    """The service of a notice: of all facts that count, or of those up to a day."""
    delivered = [one for one in facts.of(NoticeDelivered) if one.sent_id == sent.id]
    signed = [one for one in facts.of(NoticeAcknowledged) if one.sent_id == sent.id]
    failed = [one.occurred_on for one in facts.of(NoticeUndeliverable) if one.sent_id == sent.id]
    every: list[NoticeDelivered | NoticeAcknowledged] = [*delivered, *signed]
    first = min(every, key=lambda one: (one.occurred_on, one.version), default=None)
    served, returned = None if first is None else first.occurred_on, min(failed, default=None)
    late = returned is not None and served is not None and served <= returned
    acknowledged = min((one.occurred_on for one in signed), default=None)
    way = None if first is None or first.way is UNSET else first.way
    return NoticeService(sent, served, way, acknowledged, None if late else returned)


@implements("art.17", "art.19", "R41")
def notices_to_agency(facts: Facts) -> list[NoticeService]:
    """The notices that were sent to the agency itself by the day, in the order of their days, with their service."""
    return [service_of(facts, sent) for sent in facts.of(NoticeSent) if sent.recipient == "agency"]
