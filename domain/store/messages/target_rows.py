"""Programs and robots of the administrator's that are told what a person in a role would be told (R41).

Address and secret of a target are encrypted in the vault under a key of its own: a robot's address is its password.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Literal, NamedTuple

from sqlalchemy import Connection, RowMapping, insert, select, update

from domain.errors import NotFound
from domain.events import Sealed
from domain.store.db.dialect import database_clock
from domain.store.db.tables.message_tables import deliveries, delivery_targets
from domain.store.keys.vault import Vault
from domain.store.messages.delivery_rows import Channel
from domain.values import Instant, Role, instant, new_id

HookChannel = Literal["webhook", "wecom"]
MOST_FAILURES = 50
"""Failed tries in a row after which a target is switched off: at the delays of retries that is a day or more."""


class Target(NamedTuple):
    """A target. `failures` counts the failed tries since the last that was accepted.

    `kinds`: it is told of these alone. One that was deleted stays to name what was sent to it; its key is destroyed.
    """

    id: str
    name: str
    channel: Channel
    role: Role
    uscc: str | None
    subject: str
    sealed: str
    created_at: Instant
    created_by: str
    failures: int
    disabled_at: Instant | None
    kinds: tuple[str, ...] | None
    deleted_at: Instant | None


class TargetAddress(NamedTuple):
    """Where a target is reached, and the secret by which it knows us; empty for a robot, whose address is secret.

    `before`: the secret that was replaced, by which it may know us still until an instant; `earlier`: those before
    that one, each with its own, as who is renewed twice in a row may know us by the first still.
    """

    url: str
    secret: str
    before: str = ""
    before_until: Instant = ""
    earlier: tuple[tuple[str, Instant], ...] = ()

    def secrets_at(self, at: Instant) -> tuple[str, ...]:
        """What is signed with at an instant, the newest first."""
        return (self.secret, *(secret for secret, _ in self.replaced_at(at)))

    def replaced_at(self, at: Instant) -> tuple[tuple[str, Instant], ...]:
        """The secrets that were replaced and are signed with still, each with its end, the newest first."""
        every = ((self.before, self.before_until), *self.earlier)
        return tuple((secret, until) for secret, until in every if secret and at < until)

    def written(self) -> str:
        """As it is encrypted. Without `earlier` where there are none: so a program of before them reads it, too."""
        return json.dumps({name: value for name, value in self._asdict().items() if value or name != "earlier"})

    @classmethod
    def read(cls, text: str) -> TargetAddress:
        """What `written` wrote."""
        found = json.loads(text)
        earlier = tuple((secret, until) for secret, until in found.pop("earlier", ()))
        return cls(**{"secret": "", **found}, earlier=earlier)


def add_target(
    connection: Connection,
    name: str,
    channel: HookChannel,
    role: Role,
    uscc: str | None,
    address: TargetAddress,
    by: str,
    kinds: Collection[str] | None = None,
) -> str:
    """A new target, told of what is recorded from now on; its id."""
    sealed = Vault(connection).seal(address.written())
    id_ = new_id()
    row = {
        "id": id_,
        "name": name,
        "channel": channel,
        "role": role,
        "uscc": uscc,
        "subject": sealed.subject,
        "sealed": sealed.sealed,
        "created_at": instant(database_clock(connection)),
        "created_by": by,
        "failures": 0,
        "kinds": _kept(kinds),
    }
    connection.execute(insert(delivery_targets).values(row))
    return id_


def all_targets(connection: Connection, *, enabled: bool = False, deleted: bool = False) -> list[Target]:
    """Every target, or those that are switched on, in the order in which they were made; `deleted`: those as well."""
    query = select(delivery_targets).order_by(delivery_targets.c.created_at, delivery_targets.c.id)
    if not deleted:
        query = query.where(delivery_targets.c.deleted_at.is_(None))
    if enabled:
        query = query.where(delivery_targets.c.disabled_at.is_(None))
    return [_target(row._mapping) for row in connection.execute(query)]


def target_named(connection: Connection, id_: str, *, held: bool = False) -> Target:
    """The target with this id; `held`: until the transaction ends. Raises: NotFound, also where it was deleted."""
    query = select(delivery_targets).where(delivery_targets.c.id == id_, delivery_targets.c.deleted_at.is_(None))
    row = connection.execute(query.with_for_update() if held else query).one_or_none()
    if row is None:
        way, way_en = "请从接收地址列表选择", "Choose one from the list of targets."
        raise NotFound("没有这个接收地址", "there is no such target", remedy=way, remedy_en=way_en)
    return _target(row._mapping)


def address_of_target(connection: Connection, target: Target) -> TargetAddress | None:
    """Where a target is reached; None when its key was destroyed."""
    text = Vault(connection).open(Sealed(subject=target.subject, sealed=target.sealed))
    return None if text is None else TargetAddress.read(text)


def switch_target(connection: Connection, id_: str, *, on: bool) -> None:
    """Switch a target on, with its failures forgotten, or off."""
    values = {"disabled_at": None, "failures": 0} if on else {"disabled_at": instant(database_clock(connection))}
    connection.execute(update(delivery_targets).where(delivery_targets.c.id == id_).values(**values))


def choose_kinds(connection: Connection, id_: str, kinds: Collection[str] | None) -> None:
    """Tell a target of these kinds alone from now on; None: of every one."""
    connection.execute(update(delivery_targets).where(delivery_targets.c.id == id_).values(kinds=_kept(kinds)))


def renew_secret(connection: Connection, target: Target, secret: str, now: Instant, until: Instant | None) -> None:
    """Sign with another secret, and until an instant with the one before as well, with those before that one until
    their own; None: with the new one alone, at once. Raises: LookupError where its key was destroyed.
    """
    address = address_of_target(connection, target)
    if address is None:
        raise LookupError("the key of this target was destroyed")
    kept = TargetAddress(address.url, secret)
    if until is not None:
        kept = kept._replace(before=address.secret, before_until=until, earlier=address.replaced_at(now))
    sealed = Vault(connection).seal(kept.written(), subject=target.subject)
    connection.execute(update(delivery_targets).where(delivery_targets.c.id == target.id).values(sealed=sealed.sealed))


def delete_target(connection: Connection, target: Target) -> None:
    """It is told nothing any more and nobody can read its address; its name stays with what was sent to it."""
    now = instant(database_clock(connection))
    values = {"deleted_at": now, "disabled_at": target.disabled_at or now}
    connection.execute(update(delivery_targets).where(delivery_targets.c.id == target.id).values(**values))
    Vault(connection).erase(target.subject, now)


def count_try(connection: Connection, id_: str, *, accepted: bool, gone: bool = False) -> bool:
    """Note how a try went; whether that switched the target off just now. `gone`: it wants nothing any more."""
    this = (delivery_targets.c.id == id_) & delivery_targets.c.disabled_at.is_(None)
    if accepted:
        connection.execute(update(delivery_targets).where(this, delivery_targets.c.failures > 0).values(failures=0))
        return False
    connection.execute(update(delivery_targets).where(this).values(failures=delivery_targets.c.failures + 1))
    failures = delivery_targets.c.failures >= (0 if gone else MOST_FAILURES)
    off = update(delivery_targets).where(this, failures).values(disabled_at=instant(database_clock(connection)))
    return connection.execute(off).rowcount == 1


def targets_told_by(connection: Connection, causes: Collection[str]) -> list[str]:
    """The targets that were told of one of these causes, or are to be."""
    query = select(deliveries.c.recipient).where(deliveries.c.cause.in_(list(causes)), deliveries.c.channel != "email")
    return list(connection.scalars(query.distinct()))


def _kept(kinds: Collection[str] | None) -> str | None:
    return None if kinds is None else json.dumps(sorted(kinds))


def _target(row: RowMapping) -> Target:
    found = Target(*(row[name] for name in Target._fields))
    kinds = None if row["kinds"] is None else tuple(json.loads(row["kinds"]))
    return found._replace(role=Role(found.role), kinds=kinds)
