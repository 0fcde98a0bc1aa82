"""The links of survey invitations (art.23): a secret is made again from the invitation when needed, stored nowhere."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import asdict, dataclass
from datetime import date

from sqlalchemy import Connection, insert, select, update

from domain.store.db.schema import survey_links
from domain.store.keys.vault import Vault
from domain.values import Instant

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
