"""An administrator makes, tries out and switches the targets of webhooks and robots (R41)."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, Literal
from urllib.parse import urlsplit

from msgspec import UNSET
from pydantic import Field, StringConstraints

from api.application.answers.pages import Listing
from api.application.answers.targets import TargetShown
from api.application.background.readiness import Service
from api.application.delivering.guarded_http import NotAllowed, networks_of, require_address
from api.application.delivering.hooks import TEST, new_secret
from api.application.privacy.authorisation import Caller
from api.application.questions.inquiry import Answer, Inquiry, now, question
from api.application.questions.pagination import page
from domain.commands.fields import Body, Label, Uscc
from domain.errors import Contradiction, Invalid
from domain.measures.text.implements import implements
from domain.store.access.access_audit import AccessAction, By, note
from domain.store.db.engine import Connection, writing
from domain.store.messages.delivery_rows import Delivery, keep_deliveries
from domain.store.messages.target_rows import (
    HookChannel,
    Target,
    TargetAddress,
    add_target,
    address_of_target,
    all_targets,
    switch_target,
    target_named,
)
from domain.values import Role, instant, new_id

ROBOT_KEY = re.compile(r"[A-Za-z0-9-]{8,64}")
MOST_TARGETS = 50


class NewTarget(Body):
    """A target: where it is, and as which role it is told. `url`: of a robot its key alone."""

    name: Label
    channel: HookChannel
    url: Annotated[str, StringConstraints(strict=True, strip_whitespace=True, min_length=1, max_length=2000)]
    role: Role
    uscc: Uscc | None = None


class TargetWanted(Body):
    """Switch a target on or off, or send it a test."""

    act: Annotated[Literal["enabled", "disabled", "test"], Field(description="启用、停用或试发 / on, off or a test")]


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
        id_ = add_target(connection, body.name, body.channel, body.role, body.uscc, address, caller.person_id)
        _note(connection, caller, AccessAction.TARGET_CREATED, target_named(connection, id_))
        return _shown(connection, target_named(connection, id_), secret)


def change_target(service: Service, caller: Caller, id_: str, body: TargetWanted) -> TargetShown:
    """Switch a target, or send it a test, which shows among the deliveries what became of it. Raises: NotFound."""
    with writing(service.ledger.engine) as connection:
        target = target_named(connection, id_)
        if body.act == "test":
            at = instant(datetime.now(UTC))
            keep_deliveries(
                connection, [Delivery(target.channel, id_, TEST, new_id(), None, None, None, at, next_at=at)]
            )
        else:
            switch_target(connection, id_, on=body.act == "enabled")
            act = AccessAction.TARGET_ENABLED if body.act == "enabled" else AccessAction.TARGET_DISABLED
            _note(connection, caller, act, target)
        made = _shown(connection, target_named(connection, id_))
    service.wake_courier()
    return made


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
    address = address_of_target(connection, target)
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
        secret=secret or UNSET,
    )
