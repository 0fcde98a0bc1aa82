"""What the association is called on pages, and its logo: the administrator says so. No fact and no score follows."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import NamedTuple

from sqlalchemy import Connection, insert, select, update

from domain.store.access.access_audit import AccessAction, By, names_said, note
from domain.store.db.schema import association_profile
from domain.values import Instant, Role, instant


class Association(NamedTuple):
    """Name of the association, and the digest by which its logo is addressed; None where it has none."""

    name: str
    logo_sha256: str | None
    changed_at: Instant
    changed_by: str


def association_of(connection: Connection) -> Association | None:
    """What the administrator has said; None before that."""
    c = association_profile.c
    row = connection.execute(select(c.name, c.logo, c.changed_at, c.changed_by)).one_or_none()
    if row is None:
        return None
    digest = None if row.logo is None else hashlib.sha256(row.logo).hexdigest()
    return Association(row.name, digest, row.changed_at, row.changed_by)


def logo_of(connection: Connection) -> bytes | None:
    """The logo, a PNG picture."""
    logo: bytes | None = connection.scalar(select(association_profile.c.logo))
    return logo


def association_then(connection: Connection, known_at: Instant) -> str | None:
    """What the association was called at an instant: what papers made at that basis bear (art.28).

    Before its name was said for the first time, that first name: the association is older than its ledger.
    """
    said = names_said(connection)
    if not said:
        named = association_of(connection)
        return None if named is None else named.name
    return next((name for at, name in reversed(said) if at <= known_at), said[0][1])


def name_association(connection: Connection, name: str, logo: bytes | None, by: str, role: str = Role.ADMIN) -> None:
    """Write down name and logo in place of what was said before, and that it was said. `by`: the person who says so.

    A name of before names were kept is written down with the first that replaces it.
    """
    before = association_of(connection)
    if before is not None and before.name != name and not names_said(connection):
        _say(connection, before.name, before.changed_by, role)
    if before is None or before.name != name:
        _say(connection, name, by, role)
    values = {"name": name, "logo": logo, "changed_at": instant(datetime.now(UTC)), "changed_by": by}
    if connection.execute(update(association_profile).values(values)).rowcount == 0:
        connection.execute(insert(association_profile).values(id=1, **values))


def _say(connection: Connection, name: str, by: str, role: str) -> None:
    said = AccessAction.ASSOCIATION_NAMED
    note(connection, By(by, "page"), said, "association", person_id=by, role=role, uscc=None, reason=name)
