"""The one-time link of a survey invitation (art.23): a secret that can be made again; only its hash is kept.

The secret is HMAC-SHA256 over the invitation's id under a key of the vault: a retry of the command gives the same link,
though it is stored nowhere; and who reads the log or the table of links cannot make it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, insert, select, update

from domain.errors import NotFound
from domain.events import SurveyInvited
from domain.ledger.ledger import UnitOfWork
from domain.store.access.survey_tokens import link_hash, link_secret
from domain.store.db.schema import survey_links
from domain.values import Instant

PATH = "/v1/survey-links/{secret}"
PAGE = "/survey/{secret}"
"""The same for people: the page with the form (`api/web/portal/survey_pages.py`)."""
MOST_CHARACTERS = 100


@dataclass(frozen=True)
class Link:
    """The invitation that a link belongs to, and the link's last day."""

    uscc: str
    invitation_id: str
    expires_on: date
    secret_sha256: bytes


def keep_link(unit: UnitOfWork, uscc: str, invitation: SurveyInvited) -> None:
    """Make the link of an invitation known, in the transaction that records it."""
    unit.connection.execute(
        insert(survey_links).values(
            secret_sha256=link_hash(link_secret(unit.vault, invitation.id)),
            uscc=uscc,
            invitation_id=invitation.id,
            expires_on=invitation.expires_on,
        )
    )


def link_of(unit: UnitOfWork, answer: dict[str, Any]) -> dict[str, str]:
    """The members `link` and `page` of the answer to an invitation, for machines and for people; else nothing."""
    invitation_id = answer["ids"].get(SurveyInvited.KIND)
    if invitation_id is None:
        return {}
    secret = link_secret(unit.vault, invitation_id)
    return {"link": PATH.format(secret=secret), "page": PAGE.format(secret=secret)}


def find_link(connection: Connection, secret: str) -> Link:
    """The link with this secret. Raises: NotFound, which does not say whether it came close."""
    row = None
    if len(secret) <= MOST_CHARACTERS and secret.isascii():
        query = select(survey_links).where(survey_links.c.secret_sha256 == link_hash(secret))
        row = connection.execute(query).one_or_none()
    if row is None:
        raise NotFound(
            "没有这个调查链接",
            "there is no such survey link",
            remedy="请完整复制收到的链接，或请协会重新邀请",
            remedy_en="Copy the whole link as you got it, or ask the association for a new one.",
        )
    return Link(row.uscc, row.invitation_id, row.expires_on, bytes(row.secret_sha256))


def note_use(connection: Connection, link: Link, at: Instant) -> None:
    """Note when a link was used; that it was used stands in the trail."""
    connection.execute(
        update(survey_links).where(survey_links.c.secret_sha256 == link.secret_sha256).values(used_at=at)
    )
