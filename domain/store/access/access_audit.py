"""Who changed who may do what: a row for every change of an account or token, in the transaction of the change.

Whoever makes, resets, disables or revokes names `By`; so no way to do it leaves no row. Rows are numbered without a
gap and sealed (`row_macs.py`), and the database lets nobody change or delete one (migration 0009).
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, func, insert, or_, select

from domain.store.access.row_macs import with_seal
from domain.store.db.dialect import lock_number
from domain.store.db.schema import access_changes, persons
from domain.values import Instant, instant, midnight

NUMBER_LOCK = 0x57E7A2D_0006
"""Key of the advisory lock that gives numbers in the order of commits (PostgreSQL)."""


class AccessAction(StrEnum):
    """What was done. Ending one's own sessions is none: it gives nobody more and takes nothing from others."""

    ACCOUNT_CREATED = "account_created"
    PASSWORD_RESET = "password_reset"  # noqa: S105  # the name of an act
    OWN_PASSWORD = "own_password"  # noqa: S105  # the same
    ACCOUNT_DISABLED = "account_disabled"
    ACCOUNT_ENABLED = "account_enabled"
    SIGNED_OUT = "signed_out"
    INVITED = "invited"
    INVITATION_USED = "invitation_used"
    INVITATION_REVOKED = "invitation_revoked"
    FACTOR_ON = "second_factor_on"
    FACTOR_OFF = "second_factor_off"
    FACTOR_RESET = "second_factor_reset"
    SUBJECT_LINKED = "subject_linked"
    RECOVERY_CODES = "recovery_codes"
    RECOVERY_USED = "recovery_code_used"
    TOKEN_CREATED = "token_created"  # noqa: S105  # the same
    TOKEN_REVOKED = "token_revoked"  # noqa: S105  # the same
    TARGET_CREATED = "target_created"
    TARGET_ENABLED = "target_enabled"
    TARGET_DISABLED = "target_disabled"
    TARGET_KINDS = "target_kinds"
    TARGET_RENEWED = "target_renewed"
    TARGET_DELETED = "target_deleted"
    ASSOCIATION_NAMED = "association_named"
    """Nobody's access, but said by the administrator alone: what papers of that time bear. `reason` is the name."""


class By(NamedTuple):
    """Who changes something: a person, by `api` or `page`; at the command line (`cli`) nobody who is known."""

    person_id: str | None
    via: str


COMMAND_LINE = By(None, "cli")


class AccessChange(NamedTuple):
    """One change. `person_id`, `role` and `uscc` are the holder's, `subject` the id of the account or token."""

    number: int
    at: Instant
    by_person: str | None
    via: str
    act: AccessAction
    person_id: str
    role: str
    uscc: str | None
    subject: str
    reason: str | None = None
    """Why, where whoever did it has to say so."""


class AccessFilter(NamedTuple):
    """Which changes are asked for: by or of a person, from a Shanghai day to another, both included."""

    person_id: str | None = None
    first: date | None = None
    last: date | None = None


def note(
    connection: Connection,
    by: By,
    act: AccessAction,
    subject: str,
    *,
    person_id: str,
    role: str,
    uscc: str | None,
    reason: str | None = None,
) -> None:
    """Write down a change of access that this transaction makes. `subject` is never a secret."""
    lock_number(connection, NUMBER_LOCK)
    made = AccessChange(
        newest(connection) + 1,
        instant(datetime.now(UTC)),
        by.person_id,
        by.via,
        act,
        person_id,
        role,
        uscc,
        subject,
        reason,
    )
    connection.execute(insert(access_changes).values(with_seal(connection, "access_changes", made._asdict())))


def names_said(connection: Connection) -> list[tuple[Instant, str]]:
    """What the association was called, since when, the first first."""
    c = access_changes.c
    query = select(c.at, c.reason).where(c.act == AccessAction.ASSOCIATION_NAMED).order_by(c.number)
    return [(row.at, row.reason) for row in connection.execute(query)]


def newest(connection: Connection) -> int:
    """The number of the last change; 0 when there is none."""
    return connection.scalar(select(func.max(access_changes.c.number))) or 0


def last_seal(connection: Connection) -> tuple[int, bytes] | None:
    """Number and seal of the last change; None when there is none.

    Numbers have no gap and stand in the seals: who knows the last one can tell whether any before it was taken out.
    """
    c = access_changes.c
    row = connection.execute(select(c.number, c.seal).order_by(c.number.desc()).limit(1)).one_or_none()
    return None if row is None else (row.number, bytes(row.seal))


def name_of_person(id_: ColumnElement[Any]) -> ColumnElement[str]:
    """The name of the person whose id a column has, to sort by; empty where nobody is named."""
    return func.coalesce(select(persons.c.name).where(persons.c.id == id_).scalar_subquery(), "")


def found(
    connection: Connection,
    sought: AccessFilter,
    *,
    up_to: int,
    offset: int,
    limit: int,
    by: str = "at",
    descending: bool = True,
) -> list[AccessChange]:
    """The changes that are asked for, the last first, among those up to a number; a page of them.

    `by`: another column, `act`, `person` (the holder) or `by` (who did it), people by name; then the last first.
    """
    c = access_changes.c
    people = {"person": name_of_person(c.person_id), "by": name_of_person(c.by_person)}
    column: ColumnElement[Any] = {"at": c.number, "act": c.act, **people}[by]
    in_order = column.desc() if descending else column.asc()
    columns = [c[name] for name in AccessChange._fields]
    query = select(*columns).where(*_conditions(sought, up_to))
    query = query.order_by(in_order, c.number.desc()).offset(offset).limit(limit)
    return [AccessChange._make(row)._replace(act=AccessAction(row.act)) for row in connection.execute(query)]


def counted(connection: Connection, sought: AccessFilter, up_to: int) -> int:
    """How many changes are asked for, among those up to a number."""
    return connection.scalar(select(func.count()).select_from(access_changes).where(*_conditions(sought, up_to))) or 0


def _conditions(sought: AccessFilter, up_to: int) -> list[ColumnElement[bool]]:
    c = access_changes.c
    conditions: list[ColumnElement[bool]] = [c.number <= up_to]
    if sought.person_id is not None:
        conditions.append(or_(c.person_id == sought.person_id, c.by_person == sought.person_id))
    conditions += [c.at >= midnight(sought.first)] if sought.first is not None else []
    conditions += [c.at < midnight(sought.last + timedelta(days=1))] if sought.last is not None else []
    return conditions
