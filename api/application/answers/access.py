"""Accounts, tokens, who changed them, and who looked at what: for administrators and the auditor."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import UNSET, UnsetType

from domain.store.access.access_audit import AccessAction
from domain.store.access.invitations import InvitationState
from domain.values import Role
from projections.answers.scalars import Moment, Uscc, member

PersonId = Annotated[str, member("人员编号", "id of a person", examples=["0193aef1-1f0b-7a44-8d11-c5be2f7e9036"])]
Holder = Annotated[Uscc | None, member("所属单位；不属于任何单位为空", "of an agency or a client; null for others")]


class AccountShown(msgspec.Struct, frozen=True, kw_only=True):
    """An account, with the password where it was made by the service: in that answer alone / 账户."""

    id: Annotated[str, member("账户编号", "id of the account")]
    login: Annotated[str, member("登录名", "name to sign in with", examples=["chen.guodong"])]
    person: Annotated[str, member("姓名", "name of its holder")]
    person_id: PersonId
    role: Role
    uscc: Holder
    created_at: Moment
    disabled_at: Annotated[Moment | None, member("停用时刻", "since when it is disabled; null: it is not")]
    last_used_at: Annotated[Moment | None, member("最近使用", "when it was last used")]
    signed_in: Annotated[int, member("可用的会话数", "how many sessions can still be used", ge=0)]
    handed_out_at: Annotated[
        Moment | None, member("密码由他人发给、本人尚未更改，自何时", "since when somebody else knows the password")
    ] = None
    invitation: Annotated[
        InvitationState | None,
        member("邀请的状态；没有邀请为空", "what became of the invitation; null: there was none"),
    ] = None
    invited_until: Annotated[Moment | None, member("邀请链接的期限", "until when the link can be used")] = None
    second_factor_at: Annotated[
        Moment | None, member("两步验证自何时启用", "since when signing in needs a second factor; null: it does not")
    ] = None
    link: Annotated[
        str | UnsetType,
        member("邀请链接的路径，只在这次回答里", "path of the invitation, in the answer that made it alone"),
    ] = UNSET
    password: Annotated[str | UnsetType, member("新密码，只在这次回答里", "in the answer that made it alone")] = UNSET


class InvitationsMade(msgspec.Struct, frozen=True, kw_only=True):
    """The accounts of those who were invited at once, each with its link, in that answer alone / 一次发出的邀请."""

    items: Annotated[tuple[AccountShown, ...], member("按请求中的次序", "in the order of the request")]


class AccessToken(msgspec.Struct, frozen=True, kw_only=True):
    """A token by its id, with its secret in the answer that made it alone / 令牌."""

    id: Annotated[str, member("令牌散列的开头，不是秘密", "beginning of its hash, which is no secret")]
    person: Annotated[str, member("姓名", "name of its holder")]
    person_id: PersonId
    role: Role
    uscc: Holder
    created_at: Moment
    expires_at: Annotated[Moment | None, member("到期时刻；没有期限为空", "when it ends; null: without an end")]
    revoked_at: Annotated[Moment | None, member("撤销时刻", "since when it is revoked; null: it is not")]
    last_used_at: Annotated[Moment | None, member("最近使用", "when it was last used")]
    token: Annotated[str | UnsetType, member("令牌，只在这次回答里", "in the answer that made it alone")] = UNSET


class AccessChangeShown(msgspec.Struct, frozen=True, kw_only=True):
    """Who changed whose access, when and how / 一次权限变更."""

    number: Annotated[int, member("序号", "its number", ge=1)]
    at: Moment
    by: Annotated[PersonId | None, member("办理人；命令行为空", "who did it; null at the command line")]
    by_name: str | None
    via: Annotated[str, member("途径", "by which way", examples=["api", "page", "cli"])]
    act: Annotated[AccessAction, member("做了什么", "what was done")]
    person: PersonId
    person_name: str | None
    role: Role
    uscc: Holder
    subject: Annotated[str, member("账户或令牌的编号", "id of the account or token")]
    reason: Annotated[str | None, member("理由", "why, where it has to be said; else null")]


class ConsultedAgency(msgspec.Struct, frozen=True, kw_only=True):
    """About whom it was asked / 所查的机构."""

    uscc: Uscc


class ConsultationShown(msgspec.Struct, frozen=True, kw_only=True):
    """Who read what about which agency, on which basis / 一次查阅."""

    at: Moment
    person: PersonId
    person_name: str | None
    role: Role
    via: Annotated[str, member("途径", "by which way", examples=["api"])]
    agency: Annotated[ConsultedAgency | None, member("所查的机构；按人查找为空", "null: a search for a person")]
    route: Annotated[str, member("方法和路径", "method and path", examples=["GET /v1/agencies/{uscc}/standing"])]
    as_of: Annotated[str | None, member("所问的日子", "the day asked about")]
    known_at: Annotated[str | None, member("所知的时刻", "the instant asked about")]
    asked: Annotated[str | None, member("其余参数", "what else was asked for, as name=value&…")]
    whom: Annotated[
        str | dict[str, bool] | None,
        member(
            "按人查找在该机构查到的人；已删除则为标记", "whom a search for a person found there; a mark once erased"
        ),
    ]
