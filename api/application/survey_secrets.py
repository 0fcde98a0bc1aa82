"""The one-time link of a survey invitation (art.23): a secret that can be made again; only its hash is kept.

The secret is HMAC-SHA256 over the invitation's id under a key of the vault: a retry of the command gives the same link,
though it is stored nowhere; and who reads the log or the table of links cannot make it.
"""

from __future__ import annotations

from typing import Any

from domain.errors import NotFound
from domain.events import SurveyInvited
from domain.ledger.ledger import UnitOfWork
from domain.store.access.tokens import Link, insert_link, link_hash, link_secret, link_with
from domain.store.db.engine import Connection
from domain.store.keys.vault import Vault

PATH = "/v1/survey-links/{secret}"
PAGE = "/survey/{secret}"
"""The same for people: the page with the form (`api/web/portal/survey_pages.py`)."""
MOST_CHARACTERS = 100


def keep_link(unit: UnitOfWork, uscc: str, invitation: SurveyInvited) -> None:
    """Make the link of an invitation known, in the transaction that records it."""
    hashed = link_hash(link_secret(unit.vault, invitation.id))
    insert_link(unit.connection, Link(uscc, invitation.id, invitation.expires_on, hashed))


def link_of(unit: UnitOfWork, answer: dict[str, Any]) -> dict[str, str]:
    """The members `link` and `page` of the answer to an invitation, for machines and for people; else nothing."""
    invitation_id = answer["ids"].get(SurveyInvited.KIND)
    return {} if invitation_id is None else link_to(unit.vault, invitation_id)


def link_to(vault: Vault, invitation_id: str) -> dict[str, str]:
    """The two members that lead to an invitation's form."""
    secret = link_secret(vault, invitation_id)
    return {"link": PATH.format(secret=secret), "page": PAGE.format(secret=secret)}


def find_link(connection: Connection, secret: str) -> Link:
    """The link with this secret. Raises: NotFound, which does not say whether it came close."""
    found = link_with(connection, secret) if len(secret) <= MOST_CHARACTERS and secret.isascii() else None
    if found is None:
        raise NotFound(
            "没有这个调查链接",
            "there is no such survey link",
            remedy="请完整复制收到的链接，或请协会重新邀请",
            remedy_en="Copy the whole link as you got it, or ask the association for a new one.",
        )
    return found
