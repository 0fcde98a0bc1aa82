"""People are invited: an account that waits for its owner, who sets the password by a link; one, or many at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from msgspec import UNSET, UnsetType
from pydantic import Field, StringConstraints

from api.application.access_acts import AccountHolder, Beside, NewAccount, by_caller, holder_of, log_change, nothing
from api.application.answers.access import AccountShown
from api.application.background.readiness import Service
from api.application.privacy.authorisation import Caller
from api.application.questions.service.access_questions import account_shown
from domain.commands.fields import Body
from domain.errors import Invalid, Refusal
from domain.store.access.admin import BOUND, account_row
from domain.store.access.invitations import invite, invite_again, revoke_invitation
from domain.store.db.engine import Connection, writing
from domain.values import Role

INVITATION_PAGE = "/invitation/"
"""Where an invitation leads, with its secret."""
MOST_INVITED = 100
"""At once: so that one answer, and one page, shows all links."""


class NewInvitation(AccountHolder):
    """An account whose owner sets the password by a link. `language`: in which the page greets them."""

    login: Annotated[str, StringConstraints(strict=True, max_length=200)]
    language: Literal["zh", "en"] = "zh"


class InvitationWanted(Body):
    """Another link, which ends the one before, or none any more."""

    invitation: Literal["again", "revoked"]


class ManyInvitations(Body):
    """People invited at once: all of them or nobody."""

    items: Annotated[tuple[NewInvitation, ...], Field(min_length=1, max_length=MOST_INVITED)]


class RowsRefused(Exception):
    """Some of many could not be invited, so nobody was. `rows`: which, from 0, and why."""

    def __init__(self, rows: Sequence[tuple[int, Refusal]]) -> None:
        super().__init__(str(rows[0][1]))
        self.rows = tuple(rows)


def invite_person(service: Service, caller: Caller, body: NewInvitation, beside: Beside = nothing) -> AccountShown:
    """Make an account that waits for its owner; the link is in this answer only."""
    with writing(service.ledger.engine) as connection:
        made = _invite(connection, caller, body)
        beside(connection, made)
    log_change(caller, "invited", account=made.id, role=made.role)
    return made


def invite_many(
    service: Service,
    caller: Caller,
    bodies: Sequence[NewAccount | NewInvitation],
    *,
    preview: bool = False,
    beside: Beside = nothing,
) -> list[AccountShown]:
    """All of them or none, in one transaction; for a preview none. Raises: RowsRefused."""
    made, wrong = list[AccountShown](), list[tuple[int, Refusal]]()
    with writing(service.ledger.engine) as connection:
        for place, body in enumerate(bodies):
            try:
                made.append(_invite(connection, caller, body))
            except Refusal as refusal:
                wrong.append((place, refusal))
        if wrong:
            raise RowsRefused(wrong)
        if preview:
            connection.rollback()
        else:
            beside(connection, made)
    for one in () if preview else made:
        log_change(caller, "invited", account=one.id, role=one.role)
    return made


def invite_all(service: Service, caller: Caller, body: ManyInvitations) -> list[AccountShown]:
    """Invite all of a body or nobody; each item that is wrong is named at its place. Raises: Invalid."""
    try:
        return invite_many(service, caller, body.items)
    except RowsRefused as error:
        wrong = tuple((f"/items/{place}{one.pointer or ''}", one.text, one.text_en) for place, one in error.rows)
        raise Invalid(
            f"{len(wrong)} 项不对，一个邀请也没有发出",
            f"{len(wrong)} items are wrong, and nobody was invited",
            remedy="请改正所列各项后再全部提交",
            remedy_en="Correct the items that are named, and send all of them again.",
            more=wrong,
        ) from None


def change_invitation(
    service: Service, caller: Caller, id_: str, body: InvitationWanted, beside: Beside = nothing
) -> AccountShown:
    """Another link, in this answer only, or the end of the one that there is."""
    link: str | UnsetType = UNSET
    with writing(service.ledger.engine) as connection:
        if body.invitation == "again":
            link = INVITATION_PAGE + invite_again(connection, id_, by=by_caller(caller))
        else:
            revoke_invitation(connection, id_, by=by_caller(caller))
        made = account_shown(account_row(connection, id_), link=link)
        beside(connection, made)
    log_change(caller, "invitation " + body.invitation, account=id_)
    return made


def _invite(connection: Connection, caller: Caller, body: NewAccount | NewInvitation) -> AccountShown:
    if caller.role is not Role.ADMIN and body.role not in BOUND:
        raise Invalid(
            "协会只能邀请服务机构和生产经营单位的人员",
            "the association invites people of agencies and clients only",
            pointer="/role",
            remedy="其他角色请由管理员邀请",
            remedy_en="Let an administrator invite others.",
        )
    person_id = holder_of(connection, body)
    language = body.language if isinstance(body, NewInvitation) else "zh"
    made, secret = invite(connection, body.login, person_id, body.role, body.uscc, language, by=by_caller(caller))
    return account_shown(account_row(connection, made), link=INVITATION_PAGE + secret)
