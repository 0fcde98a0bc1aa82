"""An administrator makes, tries out, changes and deletes the targets of webhooks and robots (R41)."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from datetime import timedelta
from typing import Annotated, Literal, cast
from urllib.parse import urlsplit

from msgspec import UNSET
from pydantic import Field, StringConstraints

from api.application.answers.pages import Listing
from api.application.answers.targets import TargetShown
from api.application.background.readiness import Service
from api.application.delivering.guarded_http import NotAllowed, networks_of, require_address
from api.application.delivering.hooks import TEST, new_secret
from api.application.messages.outgoing import CORRECTED
from api.application.messages.readership import kinds_of
from api.application.messages.told import MessageKind
from api.application.privacy.authorisation import Caller
from api.application.questions.inquiry import Answer, Inquiry, now, question
from api.application.questions.pagination import page
from domain.commands.fields import Body, Label, Uscc
from domain.errors import Contradiction, Invalid
from domain.measures.text.implements import implements
from domain.store.access.access_audit import AccessAction, By, note
from domain.store.db.dialect import database_clock
from domain.store.db.engine import Connection, writing
from domain.store.messages.delivery_rows import Delivery, close_those_to, keep_deliveries
from domain.store.messages.target_rows import (
    HookChannel,
    Target,
    TargetAddress,
    add_target,
    address_of_target,
    all_targets,
    choose_kinds,
    delete_target,
    renew_secret,
    switch_target,
    target_named,
)
from domain.values import Role, instant, new_id

ROBOT_KEY = re.compile(r"[A-Za-z0-9-]{8,64}")
MOST_TARGETS = 50
OVERLAP = timedelta(hours=72)
"""How long a secret signs after it was replaced: as long as something may be tried again."""
MOST_SECRETS = 4
"""So many sign at most: whoever renews more often than every day has them end."""
Kinds = Annotated[tuple[MessageKind, ...], Field(min_length=1, max_length=100)]


class NewTarget(Body):
    """A target: where it is, and as which role it is told. `url`: of a robot its key alone."""

    name: Label
    channel: HookChannel
    url: Annotated[str, StringConstraints(strict=True, strip_whitespace=True, min_length=1, max_length=2000)]
    role: Role
    uscc: Uscc | None = None
    kinds: Annotated[
        Kinds | None, Field(description="只告知这些种类；空为全部 / told of these kinds alone; null: of every one")
    ] = None


class TargetWanted(Body):
    """Switch a target on or off, send it a test, choose its kinds, give it another secret, or delete it."""

    act: Annotated[
        Literal["enabled", "disabled", "test", "kinds", "secret", "deleted"],
        Field(description="启用、停用、试发、选种类、换密钥、删除 / on, off, a test, kinds, another secret, delete"),
    ]
    kinds: Annotated[
        Kinds | None, Field(description="act 为 kinds 时：告知的种类，空为全部 / with `kinds`: which; null: every one")
    ] = None
    at_once: Annotated[
        bool, Field(description="act 为 secret 时：旧密钥立即停用 / with `secret`: sign with the one before no longer")
    ] = False


def make_target(service: Service, caller: Caller, body: NewTarget) -> TargetShown:
    """Make a target; the secret by which it can tell us from others is in this answer only.

    Raises: Invalid for an address that may not be reached, Contradiction where robots are switched off.
    """
    _require_reachable(service, body)
    if (body.uscc is not None) != (body.role in (Role.AGENCY, Role.CLIENT)):
        raise Invalid(
            "机构和企业的接收地址须填所属单位，其他角色不填",
            "targets of agencies and clients need an enterprise, others take none",
            pointer="/uscc",
            remedy="请填写或清空统一社会信用代码",
            remedy_en="Give the USCC, or leave it empty.",
        )
    _require_told(body.role, body.kinds)
    secret = new_secret() if body.channel == "webhook" else ""
    with writing(service.ledger.engine) as connection:
        if len(all_targets(connection)) >= MOST_TARGETS:
            raise Contradiction(
                f"接收地址至多 {MOST_TARGETS} 个",
                f"there are at most {MOST_TARGETS} targets",
                remedy="请停用并改用已有的",
                remedy_en="Use one that is there.",
            )
        address = TargetAddress(body.url, secret)
        id_ = add_target(
            connection, body.name, body.channel, body.role, body.uscc, address, caller.person_id, body.kinds
        )
        _note(connection, caller, AccessAction.TARGET_CREATED, target_named(connection, id_))
        return _shown(connection, target_named(connection, id_), secret)


def change_target(service: Service, caller: Caller, id_: str, body: TargetWanted) -> TargetShown:
    """Do with a target what is wanted. A test shows among the deliveries what became of it.

    Another secret is in this answer only. What a deleted one has not got is closed. Raises: NotFound, Invalid,
    Contradiction for another secret of a robot, whose address is its secret.
    """
    with writing(service.ledger.engine) as connection:
        target = target_named(connection, id_, held=True)
        shown = _ACTS[body.act](connection, target, body)
        if body.act in _NOTED:
            _note(connection, caller, _NOTED[body.act], target)
    service.wake_courier()
    if body.act == "deleted":
        service.housekeeper.recorded(erased=True)
    return shown


def _tested(connection: Connection, target: Target, _: TargetWanted) -> TargetShown:
    at = instant(database_clock(connection))
    test = Delivery(target.channel, target.id, TEST, new_id(), None, None, None, at, next_at=at)
    keep_deliveries(connection, [test])
    return _shown(connection, target)


def _switched(connection: Connection, target: Target, body: TargetWanted) -> TargetShown:
    switch_target(connection, target.id, on=body.act == "enabled")
    return _shown(connection, target_named(connection, target.id))


def _chosen(connection: Connection, target: Target, body: TargetWanted) -> TargetShown:
    _require_told(target.role, body.kinds)
    choose_kinds(connection, target.id, body.kinds)
    return _shown(connection, target_named(connection, target.id))


def _renewed(connection: Connection, target: Target, body: TargetWanted) -> TargetShown:
    if target.channel == "wecom":
        raise Contradiction(
            "群机器人没有验签密钥：它的地址就是密钥",
            "a robot has no secret to sign with: its address is its secret",
            pointer="/act",
            remedy="请在企业微信中重置机器人，在这里新建一个，再删除旧的",
            remedy_en="Reset the robot in WeCom, make another target here, and delete this one.",
        )
    at, address = database_clock(connection), address_of_target(connection, target)
    if not body.at_once and address is not None and len(address.secrets_at(instant(at))) >= MOST_SECRETS:
        raise Contradiction(
            f"现有 {MOST_SECRETS} 个密钥同时签名，不再并用更多",
            f"{MOST_SECRETS} secrets sign at the moment, and no more do",
            pointer="/at_once",
            remedy="请等旧密钥到期，或更换时让旧密钥立即停用（at_once）",
            remedy_en="Wait until an old one ends, or have them end now with at_once.",
        )
    secret, until = new_secret(), None if body.at_once else instant(at + OVERLAP)
    renew_secret(connection, target, secret, instant(at), until)
    return _shown(connection, target_named(connection, target.id), secret)


def _deleted(connection: Connection, target: Target, _: TargetWanted) -> TargetShown:
    why = f"the target “{target.name}” was deleted"
    close_those_to(connection, target.id, instant(database_clock(connection)), why)
    shown = _shown(connection, target)
    delete_target(connection, target)
    return shown


_ACTS: dict[str, Callable[[Connection, Target, TargetWanted], TargetShown]] = {
    "enabled": _switched,
    "disabled": _switched,
    "test": _tested,
    "kinds": _chosen,
    "secret": _renewed,
    "deleted": _deleted,
}
_NOTED = {
    "enabled": AccessAction.TARGET_ENABLED,
    "disabled": AccessAction.TARGET_DISABLED,
    "kinds": AccessAction.TARGET_KINDS,
    "secret": AccessAction.TARGET_RENEWED,
    "deleted": AccessAction.TARGET_DELETED,
}


def kinds_to_choose(role: Role) -> tuple[MessageKind, ...]:
    """What a target of a role may be told of, or not; that something does not count any more, it is told always."""
    return tuple(one for one in kinds_of(role) if one != CORRECTED)


def _require_told(role: Role, kinds: Collection[MessageKind] | None) -> None:
    for kind in kinds or ():
        if kind not in kinds_to_choose(role):
            raise Invalid(
                f"这种角色没有这种消息：{kind}",
                f"this role is never told of this kind: {kind}",
                pointer="/kinds",
                remedy=f"请从这些中选：{'、'.join(kinds_to_choose(role))}",
                remedy_en=f"Choose among {', '.join(kinds_to_choose(role))}.",
            )


@question("/v1/delivery-targets")
@implements("R41")
def targets_listed(inquiry: Inquiry, limit: int = 50, cursor: str | None = None) -> Answer:
    """The targets, in the order in which they were made; never a secret."""
    part = page(cursor, limit, question=("delivery-targets",))
    with inquiry.snapshot.open() as reader:
        rows = all_targets(reader.connection)[part.offset : part.offset + part.limit + 1]
        found, following = part.part([_shown(reader.connection, one) for one in rows], None, now())
    return Answer(Listing(items=tuple(found), next_cursor=following))


def _require_reachable(service: Service, body: NewTarget) -> None:
    if body.channel == "wecom":
        if not service.settings.wecom:
            raise Contradiction(
                "没有启用企业微信群机器人",
                "group robots of WeCom are switched off",
                pointer="/channel",
                remedy="请设置 STEWARD_WECOM=true（见运维手册）",
                remedy_en="Set STEWARD_WECOM=true (operations manual).",
            )
        if not ROBOT_KEY.fullmatch(body.url):
            raise Invalid(
                "不是机器人的密钥",
                "this is no key of a robot",
                pointer="/url",
                remedy="请只填 Webhook 地址中 key= 后面的部分",
                remedy_en="Give only what stands behind key= in the robot’s address.",
            )
        return
    try:
        require_address(body.url, networks_of(service.settings.webhook_networks))
    except NotAllowed as error:
        raise Invalid(
            "这个地址不能作为接收地址：须为公网上的 https 地址，或 STEWARD_WEBHOOK_NETWORKS 允许的网段",
            f"this address cannot be a target: {error}",
            pointer="/url",
            remedy="请填写 https://主机/路径；内网地址由运维人员在设置中允许",
            remedy_en="Give https://host/path; the operator allows inner networks in the settings.",
        ) from error


def _note(connection: Connection, caller: Caller, act: AccessAction, target: Target) -> None:
    """What programs are told is access, too: who opened it stands in the record of changes."""
    by = By(caller.person_id, caller.via)
    note(connection, by, act, target.id, person_id=caller.person_id, role=target.role, uscc=target.uscc)


def _shown(connection: Connection, target: Target, secret: str = "") -> TargetShown:
    address, at = address_of_target(connection, target), instant(database_clock(connection))
    is_robot = target.channel == "wecom"
    return TargetShown(
        id=target.id,
        name=target.name,
        channel="wecom" if is_robot else "webhook",
        role=target.role,
        uscc=target.uscc,
        host=None if is_robot or address is None else urlsplit(address.url).netloc,
        created_at=target.created_at,
        failures=target.failures,
        disabled_at=target.disabled_at,
        kinds=cast("tuple[MessageKind, ...] | None", target.kinds),
        secret=secret or UNSET,
        both_until=UNSET if address is None or len(address.secrets_at(at)) == 1 else address.before_until,
    )
