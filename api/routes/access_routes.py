"""Routes about people and tokens, what was changed of their access, and who looked at what.

Accounts and tokens over HTTP: the administrator's routes (api.md: admin has users and tokens only).

What is a secret is in the answer that makes it, once, and nowhere else: not in the log, not in a list.

Who changed who may do what, for the auditor and the administrators themselves.

Who looked at what about whom, for the auditor.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from fastapi import APIRouter, Path, Query, Request
from pydantic import StringConstraints
from starlette.responses import Response

from api.application.access_acts import (
    AccessWanted,
    FactorReset,
    NewAccount,
    NewPassword,
    NewToken,
    Revocation,
    SubjectLinked,
    link_account,
    make_account,
    make_token,
    reset_password,
    revoke_token,
    set_access,
    take_off_factor,
)
from api.application.answers.access import AccessToken, AccountShown, InvitationsMade
from api.application.inviting import (
    InvitationWanted,
    ManyInvitations,
    NewInvitation,
    change_invitation,
    invite_all,
    invite_person,
)
from api.application.questions.service.access_questions import (
    access_changes_listed,
    accounts_listed,
    consultations_listed,
    tokens_listed,
)
from api.http.documentation.openapi import access_docs, list_docs
from api.http.guard import GuardedRoute
from api.http.query_params import WORDS, Cursor, FirstDay, LastDay, Limit, UsccFilter
from api.http.responses import answered
from api.http.sort_params import AccessChangeSort, AccountSort, ConsultationSort, Direction, LatestFirst
from domain.values import Role

router = APIRouter(route_class=GuardedRoute)
TAG = "账户与令牌"
AccountWords = Annotated[
    str | None,
    StringConstraints(min_length=1, max_length=64),
    Query(description="登录名或姓名中的字词 / words of login or name"),
]
SoughtName = Annotated[
    str | None,
    *WORDS,
    Query(description="只列按此姓名或证书编号查人的 / only searches for the person of this name or certificate number"),
]
AccountId = Annotated[str, Path(alias="id")]
AccountRole = Annotated[Role | None, Query(description="角色 / role")]
AccountState = Annotated[
    Literal["enabled", "disabled", "handed_out", "invited", "without_second_factor"] | None,
    Query(description="状态；handed_out 为密码尚未由本人更改 / state; handed_out: the password is not its owner's yet"),
]


@router.get("/v1/accounts", tags=[TAG], **list_docs("accounts"))
def accounts(
    request: Request,
    q: AccountWords = None,
    role: AccountRole = None,
    uscc: UsccFilter = None,
    state: AccountState = None,
    sort: AccountSort = None,
    order: Direction = "asc",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """账户，按登录名或其他列 / The accounts by login or another column, disabled ones too."""
    return answered(request, accounts_listed, q, role, uscc, state, sort, order, limit, cursor)


@router.post("/v1/invitations", tags=[TAG], **access_docs("invite"))
def invite(request: Request, body: NewInvitation) -> Response:
    """邀请一人：本人凭链接自设密码，七天内用一次 / Invite somebody: a link, used once in a week, sets the password.

    The association invites people of agencies and clients only. The link is in this answer only.
    """
    return _done(invite_person(request.app.state.service, request.state.caller, body))


@router.post("/v1/invitations/batch", tags=[TAG], **access_docs("invite_many"))
def invite_batch(request: Request, body: ManyInvitations) -> Response:
    """一次邀请至多 100 人：全部或一个也不，不对的逐项指出 / Invite many at once, all or nobody.

    Each wrong item is named. The links are in this answer only, in the order of the items.
    """
    made = invite_all(request.app.state.service, request.state.caller, body)
    return _done(InvitationsMade(items=tuple(made)))


@router.post("/v1/accounts/{id}/invitation", tags=[TAG], **access_docs("change_invitation"))
def invitation(request: Request, account: AccountId, body: InvitationWanted) -> Response:
    """换发邀请链接（旧的作废），或撤销 / Another link, which ends the one before, or none any more."""
    return _done(change_invitation(request.app.state.service, request.state.caller, account, body))


@router.post("/v1/accounts/{id}/second-factor", tags=[TAG], **access_docs("reset_second_factor"))
def second_factor(request: Request, account: AccountId, body: FactorReset) -> Response:
    """手机和备用码都丢失时停用其两步验证，须说明理由 / Take off a lost second factor; sessions end."""
    return _done(take_off_factor(request.app.state.service, request.state.caller, account, body))


@router.post("/v1/accounts/{id}/subject", tags=[TAG], **access_docs("link_subject"))
def subject(request: Request, account: AccountId, body: SubjectLinked) -> Response:
    """关联身份提供方的用户编号（不写为取消关联），结束其会话 / Link the provider's subject, or none; sessions end."""
    return _done(link_account(request.app.state.service, request.state.caller, account, body))


@router.post("/v1/accounts", tags=[TAG], **access_docs("create_account"))
def create(request: Request, body: NewAccount) -> Response:
    """新建账户；密码只在这次回答里，首次登录须更改 / Make an account; a password that was made is in this answer only.

    Whoever signs in with it the first time has to change it.
    """
    service, caller = request.app.state.service, request.state.caller
    return _done(make_account(service, caller, body))


@router.post("/v1/accounts/{id}/password", tags=[TAG], **access_docs("reset_password"))
def reset(request: Request, id: str, body: NewPassword) -> Response:  # noqa: A002  # the contract's name
    """重设密码，结束其全部会话，下次登录须更改 / Another password, to be changed at the next sign-in; sessions end."""
    service, caller = request.app.state.service, request.state.caller
    return _done(reset_password(service, caller, id, body))


@router.post("/v1/accounts/{id}/access", tags=[TAG], **access_docs("set_access"))
def change_access(request: Request, id: str, body: AccessWanted) -> Response:  # noqa: A002
    """停用、启用账户，或结束其会话 / Disable or enable an account, or end its sessions."""
    service, caller = request.app.state.service, request.state.caller
    return _done(set_access(service, caller, id, body))


@router.get("/v1/tokens", tags=[TAG], **list_docs("tokens"))
def tokens(request: Request, limit: Limit = 50, cursor: Cursor = None) -> Response:
    """令牌的编号、持有人和期限，没有令牌本身 / The tokens' ids, holders and terms, never the tokens."""
    return answered(request, tokens_listed, limit, cursor)


@router.post("/v1/tokens", tags=[TAG], **access_docs("create_token"))
def create_token(request: Request, body: NewToken) -> Response:
    """新建令牌；令牌只在这次回答里 / Make a token; it is in this answer only."""
    service, caller = request.app.state.service, request.state.caller
    return _done(make_token(service, caller, body))


@router.post("/v1/tokens/{id}/revocation", tags=[TAG], **access_docs("revoke_token"))
def revoke(request: Request, id: str, body: Revocation) -> Response:  # noqa: A002
    """撤销令牌，立即生效 / End a token now."""
    service, caller = request.app.state.service, request.state.caller
    return _done(revoke_token(service, caller, id, body))


def _done(content: AccountShown | AccessToken | InvitationsMade) -> Response:
    return Response(msgspec.json.encode(content), 201, {"Cache-Control": "no-store"}, "application/json")


PersonFilter = Annotated[
    str | None, StringConstraints(min_length=1, max_length=64), Query(description="人员编号 / the person's id")
]


@router.get("/v1/consultations", tags=["监督"], **list_docs("consultations"))
def consultations(
    request: Request,
    uscc: UsccFilter = None,
    person: PersonFilter = None,
    first: FirstDay = None,
    last: LastDay = None,
    name: SoughtName = None,
    sort: ConsultationSort = None,
    order: LatestFirst = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """查阅记录，最近的在前：谁何时按什么基准查了哪家机构 / Who read what about which agency, the latest first."""
    return answered(request, consultations_listed, uscc, person, first, last, name, sort, order, limit, cursor)


@router.get("/v1/access-changes", tags=["监督"], **list_docs("access_changes"))
def access_changes(
    request: Request,
    person: PersonFilter = None,
    first: FirstDay = None,
    last: LastDay = None,
    sort: AccessChangeSort = None,
    order: LatestFirst = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """权限变更记录，最近的在前：谁何时为谁新建、重设、停用或撤销了什么 / Who changed whose access, the latest first.

    `person` finds changes by and of a person. `by` is null for the command line, `subject` the id of the account or
    token.
    """
    return answered(request, access_changes_listed, person, first, last, sort, order, limit, cursor)
