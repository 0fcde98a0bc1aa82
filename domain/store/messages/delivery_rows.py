"""What leaves the service to reach people (R41): one row a recipient, kind, cause and channel, and what became of it.

A row is written in the transaction that tells people (`message_rows.py`), so it is there once, or not yet. Who delivers
claims some rows for a while: another process takes what is due and unclaimed; of a process that dies, the claim runs
out and the row is due again. So nothing is lost, and something is sent a second time only where a process died between
the other side's acceptance and the row that says so: with the same id, by which the other side can tell.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable
from datetime import date
from typing import Any, Literal, NamedTuple, get_args

from sqlalchemy import ColumnElement, Connection, Select, case, delete, func, select, update

from domain.store.db.dialect import insert_missing
from domain.store.db.tables.message_tables import deliveries
from domain.values import Instant

DeliveryState = Literal["waiting", "sent", "dead", "closed"]
"""`dead`: given up, an administrator looks at it. `closed`: nobody tries again, by an administrator or because nobody
is there any more who could be reached."""
STATES: tuple[DeliveryState, ...] = get_args(DeliveryState)
Channel = Literal["email", "webhook", "wecom"]
MOST_FAILURE = 300


class Delivery(NamedTuple):
    """Something to be delivered. `recipient`: a person by e-mail, a target of the administrator's otherwise."""

    channel: Channel
    recipient: str
    kind: str
    cause: str
    uscc: str | None
    year: int | None
    due_on: date | None
    made_at: Instant
    next_at: Instant
    """Not before this instant."""

    @property
    def id(self) -> str:
        """A hash of recipient, kind, cause and channel, so what is made twice is delivered once."""
        said = f"{self.channel}\0{self.recipient}\0{self.kind}\0{self.cause}"
        return hashlib.sha256(said.encode()).hexdigest()


class StoredDelivery(NamedTuple):
    """A delivery as it stands."""

    id: str
    channel: Channel
    recipient: str
    kind: str
    cause: str
    uscc: str | None
    year: int | None
    due_on: date | None
    made_at: Instant
    state: DeliveryState
    attempts: int
    next_at: Instant
    failure: str | None
    done_at: Instant | None


class Depth(NamedTuple):
    """How much waits."""

    waiting: int
    due: int
    """Of them those whose time has come."""
    oldest: Instant | None
    """Since when the first of these has been due."""
    dead: int


_COLUMNS = [deliveries.c[name] for name in StoredDelivery._fields]


def keep_deliveries(connection: Connection, made: Iterable[Delivery]) -> None:
    """Keep deliveries until they are delivered; what was made before is not made again."""
    fresh: dict[str, object] = {"state": "waiting", "attempts": 0, "claim": None, "failure": None, "done_at": None}
    insert_missing(connection, deliveries, [{"id": one.id, **one._asdict(), **fresh} for one in made])


def claim_due(
    connection: Connection, claim: str, channels: Collection[Channel], now: Instant, until: Instant, most: int
) -> list[StoredDelivery]:
    """Take so many of these channels that are due, for oneself until an instant, the longest due first: each is a try.

    A claim that ran out belonged to a process that died: its try failed at nothing, and is begun anew, not counted.
    Who shall not deliver from an old copy of a ledger opens the transaction as for facts.
    """
    due = select(deliveries.c.id).where(deliveries.c.state == "waiting", deliveries.c.next_at <= now)
    due = due.where(deliveries.c.channel.in_(list(channels)))
    due = due.order_by(deliveries.c.next_at).limit(most).with_for_update(skip_locked=True)
    ids = list(connection.scalars(due))
    if not ids:
        return []
    taken = deliveries.c.id.in_(ids)
    tries = deliveries.c.attempts + case((deliveries.c.claim.is_(None), 1), else_=0)
    values = {"claim": claim, "next_at": until, "attempts": tries}
    connection.execute(update(deliveries).where(taken).values(values))
    return [StoredDelivery(*row) for row in connection.execute(select(*_COLUMNS).where(taken))]


def bring_back(connection: Connection, now: Instant, latest: Instant) -> int:
    """What waits for longer than anything ever does was put off by a clock that was ahead: due now; how many."""
    ahead = (deliveries.c.state == "waiting") & (deliveries.c.next_at > latest)
    return connection.execute(update(deliveries).where(ahead).values(next_at=now, claim=None)).rowcount


def settle(connection: Connection, claim: str, ids: Collection[str], state: DeliveryState, **values: Any) -> int:
    """Say what became of what one had claimed; how many of them were still one's own."""
    mine = deliveries.c.id.in_(list(ids)) & (deliveries.c.claim == claim)
    values["failure"] = (values.get("failure") or "")[:MOST_FAILURE] or None
    return connection.execute(update(deliveries).where(mine).values(state=state, claim=None, **values)).rowcount


def give_back(connection: Connection, claim: str, ids: Collection[str], at: Instant) -> None:
    """Leave what one had claimed and did not come to until an instant: it is no try."""
    mine = deliveries.c.id.in_(list(ids)) & (deliveries.c.claim == claim) & (deliveries.c.state == "waiting")
    values = {"claim": None, "next_at": at, "attempts": deliveries.c.attempts - 1, "failure": None}
    connection.execute(update(deliveries).where(mine).values(**values))


def change_state(
    connection: Connection,
    ids: Collection[str] | None,
    before: Collection[DeliveryState],
    state: DeliveryState,
    at: Instant,
) -> int:
    """An administrator has these (None: all) tried again, or closes them; how many were in a state that allows it."""
    conditions: list[ColumnElement[bool]] = [deliveries.c.state.in_(list(before))]
    conditions += [] if ids is None else [deliveries.c.id.in_(list(ids))]
    fresh: dict[str, object] = {"attempts": 0, "next_at": at, "done_at": None, "failure": None}
    values = fresh if state == "waiting" else {"done_at": at}
    return connection.execute(update(deliveries).where(*conditions).values(state=state, claim=None, **values)).rowcount


def withdraw(connection: Connection, causes: Collection[str], at: Instant) -> int:
    """Close what still waits of causes that do not count any more, claimed or not; how many."""
    waiting = deliveries.c.cause.in_(list(causes)) & (deliveries.c.state == "waiting")
    values = {"state": "closed", "claim": None, "done_at": at, "failure": "annulled before it was sent"}
    return connection.execute(update(deliveries).where(waiting).values(**values)).rowcount


def close_those_to(connection: Connection, recipient: str, at: Instant, why: str) -> int:
    """Close what a recipient has not got yet, claimed or given up; how many."""
    left = (deliveries.c.recipient == recipient) & deliveries.c.state.in_(["waiting", "dead"])
    values = {"state": "closed", "claim": None, "done_at": at, "failure": why[:MOST_FAILURE]}
    return connection.execute(update(deliveries).where(left).values(**values)).rowcount


def deliveries_in(
    connection: Connection, states: Collection[DeliveryState], *, offset: int = 0, limit: int = 50
) -> list[StoredDelivery]:
    """The deliveries in these states, the latest made first."""
    query = _rows().where(deliveries.c.state.in_(list(states)))
    query = query.order_by(deliveries.c.made_at.desc(), deliveries.c.id).offset(offset).limit(limit)
    return [StoredDelivery(*row) for row in connection.execute(query)]


def delivery_named(connection: Connection, id_: str) -> StoredDelivery | None:
    """The delivery with this id, if there is one."""
    row = connection.execute(_rows().where(deliveries.c.id == id_)).one_or_none()
    return None if row is None else StoredDelivery(*row)


def made_since(connection: Connection, recipient: str, kind: str, since: Instant) -> list[Instant]:
    """When deliveries of a kind to somebody were made since an instant, whatever became of them; in order."""
    query = select(deliveries.c.made_at).where(deliveries.c.recipient == recipient, deliveries.c.kind == kind)
    return sorted(connection.scalars(query.where(deliveries.c.made_at > since)))


def states_of_cause(connection: Connection, cause: str, kind: str) -> list[DeliveryState]:
    """What became of everything of a kind that one cause has set off."""
    query = select(deliveries.c.state).where(deliveries.c.cause == cause, deliveries.c.kind == kind)
    return list(connection.scalars(query))


def depth(connection: Connection, now: Instant) -> Depth:
    """How much waits, and since when."""
    waiting = deliveries.c.state == "waiting"
    due = waiting & (deliveries.c.next_at <= now)
    by_state = select(deliveries.c.state, func.count()).group_by(deliveries.c.state)
    counted = {str(state): int(count) for state, count in connection.execute(by_state)}
    row = connection.execute(select(func.count(), func.min(deliveries.c.next_at)).where(due)).one()
    return Depth(counted.get("waiting", 0), row[0], row[1], counted.get("dead", 0))


def due_since(connection: Connection, now: Instant) -> Instant | None:
    """Since when the first of what is due has waited for somebody to take it; None: nothing does."""
    due = (deliveries.c.state == "waiting") & (deliveries.c.next_at <= now)
    found: Instant | None = connection.scalar(select(func.min(deliveries.c.next_at)).where(due))
    return found


def forget_deliveries(connection: Connection, before: Instant) -> int:
    """Take away what is over and was made before an instant; how many. What waits or is given up stays."""
    over = deliveries.c.state.in_(["sent", "closed"]) & (deliveries.c.made_at < before)
    return connection.execute(delete(deliveries).where(over)).rowcount


def _rows() -> Select[Any]:
    return select(*_COLUMNS)
