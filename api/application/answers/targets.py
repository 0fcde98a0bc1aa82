"""Programs and robots that are told as a person in a role would be, as they are shown (R41)."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import UNSET, UnsetType

from api.application.messages.told import MessageKind
from domain.store.messages.target_rows import HookChannel
from domain.values import Role
from projections.answers.scalars import Moment, member


class TargetShown(msgspec.Struct, frozen=True, kw_only=True):
    """A target / 一个接收地址."""

    id: str
    name: str
    channel: HookChannel
    role: Annotated[Role, member("按哪种角色告知", "it is told what somebody in this role is told")]
    uscc: str | None
    host: Annotated[str | None, member("主机；机器人的密钥不显示", "where it is; the key of a robot is never shown")]
    created_at: Moment
    failures: Annotated[int, member("最近连续失败次数", "failed tries since the last that was accepted", ge=0)]
    disabled_at: Moment | None
    kinds: Annotated[
        tuple[MessageKind, ...] | None,
        member("只告知这些种类；空为全部", "told of these kinds alone; null: of every one that its role is told"),
    ]
    secret: Annotated[str | UnsetType, member("验签密钥，只给出一次", "given once, when it is made")] = UNSET
    both_until: Annotated[
        Moment | UnsetType, member("此前新旧密钥并用", "until then signatures of both secrets are sent")
    ] = UNSET
