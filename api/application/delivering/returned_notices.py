"""An e-mail about a notice that no address of the agency takes: the fact that it came back, for the association (R41).

That a mail server took an e-mail proves no service: only the agency's acknowledgement or a way of service with its
proof does, so nothing is recorded of what was accepted.
"""

from __future__ import annotations

from domain.commands.delivering import RecordService
from domain.events import NoticeSent
from domain.ledger.ledger import Ledger
from domain.measures.around.service import service_of
from domain.measures.text.implements import implements
from domain.store.access.tokens import SYSTEM_PERSON
from domain.store.db.dialect import database_clock
from domain.store.messages.delivery_rows import StoredDelivery, settle, states_of_cause
from domain.values import Role, instant, shanghai_date

NOTICE = "tier_notice"
_NOTE = "所有收件邮箱均被邮件服务器永久拒收：{why}"


@implements("art.17", "R41")
def give_up_notice(ledger: Ledger, claim: str, delivery: StoredDelivery, why: str) -> bool:
    """Give the delivery up and record, in the same transaction, that the notice came back; whether that was recorded.

    Only once the last address is refused: as long as one took it, or may still, it has not come back. Done with the
    agency's lock, so of two processes one is the last. Raises: a Refusal; then nothing of it was written.
    """
    uscc = delivery.uscc
    if delivery.kind != NOTICE or uscc is None or _is_settled(ledger, uscc, delivery.cause):
        return False
    with ledger.writing() as unit:
        unit.agency(uscc)
        now = instant(database_clock(unit.connection))
        gone: dict[str, object] = {"done_at": now, "failure": why}
        if not settle(unit.connection, claim, [delivery.id], "dead", **gone):
            return False
        if any(one in ("waiting", "sent") for one in states_of_cause(unit.connection, delivery.cause, NOTICE)):
            return False
        came_back = RecordService(
            served_on=shanghai_date(now), outcome="undeliverable", way="electronic", note=_NOTE.format(why=why)
        )
        unit.record(uscc, came_back, actor=SYSTEM_PERSON, role=Role.ASSOCIATION, via="api", path_id=delivery.cause)
    return True


def _is_settled(ledger: Ledger, uscc: str, sent_id: str) -> bool:
    """Whether the notice does not count any more, was served, or is known to have come back."""
    with ledger.reading() as reader:
        trail = ledger.agency(reader, uscc).trail
    sent = next((one for one in trail.of(NoticeSent) if one.id == sent_id), None)
    if sent is None:
        return True
    served = service_of(trail, sent)
    return served.on is not None or served.returned_on is not None
