"""What the association is called on pages, and its logo: the administrator says so. No fact and no score follows."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import NamedTuple

from sqlalchemy import Connection, insert, select, update

from domain.store.db.schema import association_profile
from domain.values import Instant, instant


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


def name_association(connection: Connection, name: str, logo: bytes | None, by: str) -> None:
    """Write down name and logo in place of what was said before. `by`: the person who says so."""
    values = {"name": name, "logo": logo, "changed_at": instant(datetime.now(UTC)), "changed_by": by}
    if connection.execute(update(association_profile).values(values)).rowcount == 0:
        connection.execute(insert(association_profile).values(id=1, **values))
