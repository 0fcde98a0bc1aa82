"""Persons and their tokens. A token's secret is shown once; only its SHA-256 is kept (256 random bits need no salt).

The links of survey invitations (art.23): a secret is made again from the invitation when needed, stored nowhere.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, insert, or_, select, union, update

from domain.errors import Invalid
from domain.store.access.access_audit import AccessAction, By, note
from domain.store.access.row_macs import holds, is_sealed, with_seal
from domain.store.db.column_types import as_instant
from domain.store.db.dialect import insert_new
from domain.store.db.schema import accounts, persons, survey_links, tokens
from domain.store.keys.vault import Vault
from domain.values import Instant, Role, instant, moment, new_id

PREFIX = "stw_"
"""So that secret scanners can tell a leaked token."""
ID_DIGITS = 16
"""Of a token's id."""
TOUCH_AFTER = timedelta(minutes=1)
"""How old `last_used_at` must be before a request writes it again."""


@dataclass(frozen=True)
class Token:
    """A valid token: whose it is, and what it carries."""

    token_sha256: bytes
    person_id: str
    person_name: str
    role: str
    uscc: str | None
    created_at: Instant
    expires_at: Instant | None
    last_used_at: Instant | None


_TOKEN_COLUMNS = tuple(field.name for field in fields(Token))
OWNER_QUERY = (
    "SELECT t.token_sha256 AS token_token_sha256, t.person_id AS token_person_id, p.name AS token_person_name, "
    "t.role AS token_role, t.uscc AS token_uscc, t.created_at AS token_created_at, t.expires_at AS token_expires_at, "
    "t.last_used_at AS token_last_used_at, t.seal AS token_seal FROM tokens t JOIN persons p ON p.id = t.person_id "
    "WHERE t.token_sha256 = :token AND t.revoked_at IS NULL"
)
"""The token with the hash `:token`, to be asked together with something else (`token_in`)."""


def create_person(connection: Connection, name: str) -> str:
    """Record a person; the opaque id that stands in the trail as actor. Two persons may bear one name."""
    person_id = new_id()
    row = {"id": person_id, "name": name, "created_at": _now()}
    connection.execute(insert(persons).values(with_seal(connection, "persons", row)))
    return person_id


SYSTEM_PERSON = "system"
"""The actor of what the software does by itself: opening the ledger, a notice that no mail server takes."""


def ensure_person(connection: Connection, person_id: str, name: str) -> None:
    """Record an actor with an id of ours unless it is there: the software, say, which is no person."""
    row = {"id": person_id, "name": name, "created_at": _now()}
    insert_new(connection, persons, with_seal(connection, "persons", row))


def is_person(connection: Connection, person_id: str) -> bool:
    """Whether there is a person with this id."""
    return connection.scalar(select(persons.c.id).where(persons.c.id == person_id)) is not None


def person_named(connection: Connection, name: str) -> str | None:
    """The id of the person of this name, or with this id; None when there is none. Raises: Invalid when several are."""
    query = select(persons.c.id).where(or_(persons.c.name == name, persons.c.id == name)).limit(2)
    found = connection.scalars(query).all()
    if len(found) > 1:
        raise Invalid(
            f"有多人名为“{name}”",
            f"several persons are named {name!r}",
            remedy="请改用人员编号",
            remedy_en="give the person's id instead",
        )
    return found[0] if found else None


def person_names(connection: Connection, person_ids: set[str]) -> dict[str, str]:
    """The names of persons by id, for showing who recorded what."""
    names: dict[str, str] = {}
    wanted = sorted(person_ids)
    for start in range(0, len(wanted), 500):
        query = select(persons.c.id, persons.c.name).where(persons.c.id.in_(wanted[start : start + 500]))
        names.update((row.id, row.name) for row in connection.execute(query))
    return names


def colleagues_of(connection: Connection, uscc: str) -> set[str]:
    """The persons who act for an agency and have never had any other access: what one of them wrote, all may read."""
    found: dict[str, set[tuple[str, str | None]]] = {}
    speaking = union(
        *(
            select(table.c.person_id).where(table.c.role == Role.AGENCY, table.c.uscc == uscc)
            for table in (tokens, accounts)
        )
    )
    for table in (tokens, accounts):
        query = select(table.c.person_id, table.c.role, table.c.uscc).where(table.c.person_id.in_(speaking))
        for row in connection.execute(query):
            found.setdefault(row.person_id, set()).add((row.role, row.uscc))
    return {person for person, access in found.items() if access == {(Role.AGENCY, uscc)}}


def create_token(
    connection: Connection,
    person_id: str,
    role: str,
    uscc: str | None = None,
    expires_at: Instant | None = None,
    *,
    by: By,
) -> str:
    """A new token of a person, made by `by`; its secret, which nobody can read again."""
    secret = PREFIX + secrets.token_urlsafe(32)
    hashed = token_hash(secret)
    row = {
        "token_sha256": hashed,
        "person_id": person_id,
        "role": role,
        "uscc": uscc,
        "created_at": _now(),
        "expires_at": expires_at,
    }
    connection.execute(insert(tokens).values(with_seal(connection, "tokens", row)))
    note(connection, by, AccessAction.TOKEN_CREATED, token_id(hashed), person_id=person_id, role=role, uscc=uscc)
    return secret


def find_token(connection: Connection, secret: str, now: Instant | None = None) -> Token | None:
    """The token with this secret; None when it is unknown, revoked, or expired at `now` (by default the clock), or when
    its row is not as the software wrote it (`row_macs.py`)."""
    query = (
        select(tokens, persons.c.name.label("person_name"))
        .join(persons, persons.c.id == tokens.c.person_id)
        .where(tokens.c.token_sha256 == token_hash(secret), tokens.c.revoked_at.is_(None))
    )
    row = connection.execute(query).one_or_none()
    if row is None or not is_sealed(connection, "tokens", row._mapping):
        return None
    return alive(Token(**{name: row._mapping[name] for name in _TOKEN_COLUMNS}), now)


def token_in(row: Mapping[str, Any], now: Instant, key: bytes) -> Token | None:
    """The token in a row of `OWNER_QUERY`, as the driver gives it; None as for `find_token`. `key`: of the rows."""
    values = {name: row[f"token_{name}"] for name in _TOKEN_COLUMNS}
    for name in ("created_at", "expires_at", "last_used_at"):
        values[name] = as_instant(values[name])
    seal = row["token_seal"]
    if seal is None or not _is_sealed(key, bytes(seal), tuple(values.items())):
        return None
    return alive(Token(**values), now)


@lru_cache(maxsize=5_000)
def _is_sealed(key: bytes, seal: bytes, values: tuple[tuple[str, Any], ...]) -> bool:
    """Whether the seal is that of these values: asked with each request, and always the same for the same."""
    return holds(key, "tokens", {**dict(values), "seal": seal})


def still_acts(connection: Connection, person_id: str, role: str) -> bool:
    """Whether somebody still has access in a role: an account that is open, or a token that nobody revoked.

    For work that goes on after they asked for it; that their session or token has ended by itself stops nothing.
    """
    ways = ((tokens, tokens.c.revoked_at), (accounts, accounts.c.disabled_at))
    return any(
        connection.scalar(
            select(table.c.person_id)
            .where(table.c.person_id == person_id, table.c.role == role, ended.is_(None))
            .limit(1)
        )
        for table, ended in ways
    )


def alive(token: Token, now: Instant | None = None) -> Token | None:
    """The token; None when it is expired at `now` (by default the clock)."""
    return None if token.expires_at is not None and token.expires_at <= (now or _now()) else token


def is_stale(token: Token, now: Instant | None = None) -> bool:
    """Whether `touch_token` would write: ask first, so that most requests open no writing transaction."""
    return token.last_used_at is None or moment(now or _now()) - moment(token.last_used_at) > TOUCH_AFTER


def touch_token(connection: Connection, token: Token, now: Instant | None = None) -> bool:
    """Note that a token was used, to the minute; whether something was written."""
    if not is_stale(token, now):
        return False
    this = tokens.c.token_sha256 == token.token_sha256
    return connection.execute(update(tokens).where(this).values(last_used_at=now or _now())).rowcount == 1


def token_hash(secret: str) -> bytes:
    """SHA-256 of a secret: what the tables `tokens`, `idempotency` and `survey_links` know of it."""
    return hashlib.sha256(secret.encode()).digest()


def token_id(hashed: bytes) -> str:
    """What a token is called where it is listed: the beginning of its hash, which is no secret."""
    return bytes(hashed).hex()[:ID_DIGITS]


def _now() -> Instant:
    return instant(datetime.now(UTC))


LINK_SECRET = "survey_link"  # noqa: S105  # its name


def link_secret(vault: Vault, invitation_id: str) -> str:
    """The secret of an invitation's link, 256 bits, URL-safe."""
    return base64.urlsafe_b64encode(vault.mac(LINK_SECRET, invitation_id)).rstrip(b"=").decode("ascii")


def link_hash(secret: str) -> bytes:
    """What the table of links knows of a secret: its SHA-256."""
    return hashlib.sha256(secret.encode()).digest()


@dataclass(frozen=True)
class Link:
    """The invitation that a link belongs to, and the link's last day."""

    uscc: str
    invitation_id: str
    expires_on: date
    secret_sha256: bytes


def insert_link(connection: Connection, link: Link) -> None:
    """Make a link known."""
    connection.execute(insert(survey_links).values(**asdict(link)))


def link_with(connection: Connection, secret: str) -> Link | None:
    """The link with this secret; None where there is none."""
    query = select(survey_links).where(survey_links.c.secret_sha256 == link_hash(secret))
    row = connection.execute(query).one_or_none()
    return None if row is None else Link(row.uscc, row.invitation_id, row.expires_on, bytes(row.secret_sha256))


def note_use(connection: Connection, link: Link, at: Instant) -> None:
    """Note when a link was used; that it was used stands in the trail."""
    connection.execute(
        update(survey_links).where(survey_links.c.secret_sha256 == link.secret_sha256).values(used_at=at)
    )
