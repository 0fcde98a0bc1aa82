"""Accounts and tokens are made, changed and ended: the administrator's alone (api.md: admin has users and tokens only).

What is a secret is in the answer that makes it, once, and nowhere else: not in the log, not in a list. Every change
leaves a row in `access_changes`, written where it is made (`domain/store`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar, Literal

import structlog
from msgspec import UNSET, UnsetType
from pydantic import Field, StringConstraints

from api.application.answers.access import AccessToken, AccountShown
from api.application.background.readiness import Service
from api.application.privacy.authorisation import Caller
from api.application.questions.service.access_questions import account_shown, token_shown
from domain.commands.fields import Body, Day, Id, Label, Uscc
from domain.errors import Invalid, Refusal
from domain.store.access.access_audit import By
from domain.store.access.accounts import create_account, disable_account, set_password, sign_out
from domain.store.access.admin import (
    BOUND,
    account_row,
    end_of,
    made_password,
    names_of,
    require_another_admin,
    revoke_by_id,
    token_of,
)
from domain.store.access.invitations import invite, invite_again, revoke_invitation
from domain.store.access.passwords import hash_password
from domain.store.access.second_factor import reset_factor
from domain.store.access.tokens import create_person, create_token, is_person, token_hash
from domain.store.db.engine import Connection, writing
from domain.values import ROLE_NAMES, Role, instant

log = structlog.get_logger("steward")
INVITATION_PAGE = "/invitation/"
"""Where an invitation leads, with its secret."""
Password = Annotated[str, StringConstraints(strict=True)]
"""Its length is checked where it is hashed, so that the message is the same everywhere."""


class _Holder(Body):
    """Whose it is: a person known already, by id, or a new one, by name; and in which role."""

    role: Role
    uscc: Uscc | None = None
    person_id: Id | None = None
    person: Label | None = None


class NewAccount(_Holder):
    """An account. Without a password one is made."""

    VERBATIM: ClassVar[frozenset[str]] = frozenset({"password"})

    login: Annotated[str, StringConstraints(strict=True, max_length=200)]
    password: Password | None = None


class NewInvitation(_Holder):
    """An account whose owner sets the password by a link. `language`: in which the page greets them."""

    login: Annotated[str, StringConstraints(strict=True, max_length=200)]
    language: Literal["zh", "en"] = "zh"


class InvitationWanted(Body):
    """Another link, which ends the one before, or none any more."""

    invitation: Literal["again", "revoked"]


class FactorReset(Body):
    """Why somebody's second factor is taken off: it stands in the record of changes."""

    reason: Annotated[str, StringConstraints(strict=True, strip_whitespace=True, min_length=4, max_length=500)]


class NewToken(_Holder):
    """A token, valid up to and with `expires_on` (Shanghai), or without end."""

    expires_on: Day | None = None


class NewPassword(Body):
    """Another password of an account; without one, one is made."""

    VERBATIM: ClassVar[frozenset[str]] = frozenset({"password"})

    password: Password | None = None


class AccessWanted(Body):
    """Open an account again, close it with its sessions, or only end its sessions."""

    access: Literal["enabled", "disabled", "signed_out"]


class Revocation(Body):
    """Said in so many words, since it cannot be taken back."""

    revoked: Annotated[Literal[True], Field(description="撤销后不能恢复 / it cannot be taken back")]


def make_account(service: Service, caller: Caller, body: NewAccount) -> AccountShown:
    """Make an account; a password that was made is in this answer only.

    Whoever signs in with it the first time has to change it.
    """
    password = body.password if body.password is not None else made_password()
    hashed = hash_password(password, body.login, body.person or "")
    with writing(service.ledger.engine) as connection:
        person_id = _person(connection, body)
        created = create_account(connection, body.login, hashed, person_id, body.role, body.uscc, by=_by(caller))
        row = account_row(connection, created)
    _note(caller, "account created", account=created, role=body.role)
    return account_shown(row, UNSET if body.password is not None else password)


class RowRefused(Exception):
    """One of many could not be made, so none was. `place`: which, from 0."""

    def __init__(self, place: int, refusal: Refusal) -> None:
        super().__init__(str(refusal))
        self.place, self.refusal = place, refusal


def reset_password(service: Service, caller: Caller, id_: str, body: NewPassword) -> AccountShown:
    """Another password, to be changed at the next sign-in; sessions end."""
    password = body.password if body.password is not None else made_password()
    with service.ledger.reading() as reader:
        names = names_of(reader.connection, id_)
    hashed = hash_password(password, *names)
    with writing(service.ledger.engine) as connection:
        set_password(connection, id_, hashed, by=_by(caller))
        row = account_row(connection, id_)
    _note(caller, "password reset", account=id_)
    return account_shown(row, UNSET if body.password is not None else password)


def set_access(service: Service, caller: Caller, id_: str, body: AccessWanted) -> AccountShown:
    """Disable or enable an account, or end its sessions."""
    with writing(service.ledger.engine) as connection:
        if body.access == "signed_out":
            sign_out(connection, id_, by=_by(caller))
        else:
            if body.access == "disabled":
                require_another_admin(connection, id_)
            disable_account(connection, id_, disabled=body.access == "disabled", by=_by(caller))
        row = account_row(connection, id_)
    _note(caller, "account " + body.access, account=id_)
    return account_shown(row)


def invite_person(service: Service, caller: Caller, body: NewInvitation) -> AccountShown:
    """Make an account that waits for its owner; the link is in this answer only."""
    with writing(service.ledger.engine) as connection:
        made = _invite(connection, caller, body)
    _note(caller, "invited", account=made.id, role=made.role)
    return made


def invite_many(
    service: Service, caller: Caller, bodies: Sequence[NewAccount | NewInvitation], *, preview: bool = False
) -> list[AccountShown]:
    """All of them or none, in one transaction; for a preview none. Raises: RowRefused."""
    made: list[AccountShown] = []
    with writing(service.ledger.engine) as connection:
        for place, body in enumerate(bodies):
            try:
                made.append(_invite(connection, caller, body))
            except Refusal as refusal:
                raise RowRefused(place, refusal) from None
        if preview:
            connection.rollback()
    for one in () if preview else made:
        _note(caller, "invited", account=one.id, role=one.role)
    return made


def change_invitation(service: Service, caller: Caller, id_: str, body: InvitationWanted) -> AccountShown:
    """Another link, in this answer only, or the end of the one that there is."""
    link: str | UnsetType = UNSET
    with writing(service.ledger.engine) as connection:
        if body.invitation == "again":
            link = INVITATION_PAGE + invite_again(connection, id_, by=_by(caller))
        else:
            revoke_invitation(connection, id_, by=_by(caller))
        row = account_row(connection, id_)
    _note(caller, "invitation " + body.invitation, account=id_)
    return account_shown(row, link=link)


def take_off_factor(service: Service, caller: Caller, id_: str, body: FactorReset) -> AccountShown:
    """Take off a second factor that is lost; sessions end. The owner sets up another one where the role needs it."""
    with writing(service.ledger.engine) as connection:
        reset_factor(connection, id_, body.reason, by=_by(caller))
        row = account_row(connection, id_)
    _note(caller, "second factor reset", account=id_)
    return account_shown(row)


def _invite(connection: Connection, caller: Caller, body: NewAccount | NewInvitation) -> AccountShown:
    if caller.role is not Role.ADMIN and body.role not in BOUND:
        raise Invalid(
            "协会只能邀请服务机构和生产经营单位的人员",
            "the association invites people of agencies and clients only",
            pointer="/role",
            remedy="其他角色请由管理员邀请",
            remedy_en="Let an administrator invite others.",
        )
    person_id = _person(connection, body)
    language = body.language if isinstance(body, NewInvitation) else "zh"
    made, secret = invite(connection, body.login, person_id, body.role, body.uscc, language, by=_by(caller))
    return account_shown(account_row(connection, made), link=INVITATION_PAGE + secret)


def make_token(service: Service, caller: Caller, body: NewToken) -> AccessToken:
    """Make a token; it is in this answer only."""
    until = None if body.expires_on is None else end_of(body.expires_on)
    if until is not None and until <= instant(datetime.now(UTC)):
        raise Invalid(
            "最后有效日已过",
            "the last valid day has passed",
            pointer="/expires_on",
            remedy="请填写今天或以后的日期",
            remedy_en="Give today or later.",
        )
    with writing(service.ledger.engine) as connection:
        secret = create_token(connection, _person(connection, body), body.role, body.uscc, until, by=_by(caller))
        row = token_of(connection, token_hash(secret))
    _note(caller, "token created", token=row.id, role=body.role)
    return token_shown(row, secret)


def revoke_token(service: Service, caller: Caller, id_: str, body: Revocation) -> AccessToken:
    """End a token now."""
    with writing(service.ledger.engine) as connection:
        row = revoke_by_id(connection, id_, by=_by(caller))
    _note(caller, "token revoked", token=row.id)
    return token_shown(row)


def _person(connection: Connection, body: _Holder) -> str:
    """The holder's id, made if need be. Raises: Invalid where person, role and enterprise do not fit together."""
    if (body.uscc is not None) != (body.role in BOUND):
        needs, (name, name_en) = body.role in BOUND, ROLE_NAMES[body.role]
        raise Invalid(
            f"角色“{name}”{'须填' if needs else '不填'}所属单位的统一社会信用代码",
            f"the role {name_en} {'needs' if needs else 'takes no'} USCC of an enterprise",
            pointer="/uscc",
        )
    if (body.person_id is None) == (body.person is None):
        raise Invalid(
            "请选择已有人员，或填写新人员的姓名，二者取一",
            "name a person who is known, or a new one: one of both",
            pointer="/person",
        )
    if body.person is not None:
        return create_person(connection, body.person)
    if body.person_id is None or not is_person(connection, body.person_id):
        raise Invalid("没有这个人员编号", "there is no person with this id", pointer="/person_id")
    return body.person_id


def _by(caller: Caller) -> By:
    """Who changes it: so it stands in the record (`domain/store/access/access_audit.py`)."""
    return By(caller.person_id, caller.via)


def _note(caller: Caller, what: str, **which: Any) -> None:
    """Write a change of access to the log of the service, outside the database; never a secret or a name."""
    log.info("access", act=what, by=_by(caller).person_id, **{name: str(value) for name, value in which.items()})
