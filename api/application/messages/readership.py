"""Which kinds of messages a role is told of, and what somebody may read of what they were told (R39, R41).

Whoever left a role reads no more of what it was told, neither by e-mail nor in the message centre.
"""

from __future__ import annotations

from typing import get_args

from api.application.messages.reminders import ARISEN, REMINDED
from api.application.messages.told import CLIENT_OF_COMPLAINT, TOLD, MessageKind
from api.application.privacy.authorisation import Caller
from domain.measures.text.implements import implements
from domain.store.db.engine import Connection
from domain.store.messages.message_rows import MessageScope, Recipient, accounts_of
from domain.values import Role


def kinds_of(role: Role) -> tuple[MessageKind, ...]:
    """The kinds of messages that people in a role are told, in the order of the table."""
    means = {role} | ({CLIENT_OF_COMPLAINT} if role is Role.CLIENT else set())
    told = {one.kind for tellings in TOLD.values() for one in tellings if means & set(one.to)}
    told |= {one.kind for one in REMINDED.values() if one.to is role}
    told |= {one.kind for one in ARISEN.values() if role in one.to}
    told |= {"corrected"} if told else set()
    told |= {"target_disabled"} if role is Role.ADMIN else set()
    return tuple(kind for kind in get_args(MessageKind) if kind in told)


def may_read(owner: Recipient, kind: str, uscc: str | None, enterprise: str | None) -> bool:
    """Whether an account may be told of this: what its role is told, an agency's of its own alone, and a client's what
    was told for that enterprise.

    Whoever was told in another role, or for another enterprise, is not told by e-mail once they have left it.
    """
    is_own = owner.role is not Role.AGENCY or uscc is None or owner.uscc == uscc
    return kind in kinds_of(owner.role) and is_own and told_for(owner) == enterprise


def told_for(owner: Recipient) -> str | None:
    """The enterprise for which a client is told; None of who is told in another role."""
    return owner.uscc if owner.role is Role.CLIENT else None


@implements("R39", "R41")
def scopes_for(connection: Connection, caller: Caller) -> list[MessageScope]:
    """What a caller may read of what they were told: as who they are here, or as any account of theirs."""
    owners = {(one.role, one.uscc) for one in accounts_of(connection, caller.person_id)}
    return [
        MessageScope(kinds_of(role), uscc if role is Role.AGENCY else None, uscc if role is Role.CLIENT else None)
        for role, uscc in owners | {(caller.role, caller.uscc)}
    ]
