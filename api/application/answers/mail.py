"""E-mail to people, and everything that leaves the service to reach them, as it is shown (R41)."""

from __future__ import annotations

from typing import Annotated

import msgspec

from api.application.messages.told import MessageKind
from domain.store.messages.contact_rows import HowMailed, Language
from domain.store.messages.delivery_rows import Channel, DeliveryState
from projections.answers.scalars import BilingualText, Moment, member


class MailChoice(msgspec.Struct, frozen=True, kw_only=True):
    """How one kind of message is mailed to the caller / 一种消息如何发邮件."""

    kind: MessageKind
    title: BilingualText
    email: HowMailed
    usual: Annotated[HowMailed, member("未作选择时", "how it is mailed to whoever has not chosen")]


class MailSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Where and of what the caller is written to / 本人的邮件通知设置."""

    offered: Annotated[bool, member("本系统是否发邮件", "whether this service sends e-mail at all")]
    email: Annotated[str | None, member("邮箱地址；未填为空", "null: none was given")]
    verified_at: Annotated[Moment | None, member("何时验证；未验证为空", "null: its code was not typed yet")]
    language: Annotated[Language | None, member("邮件用语", "the language of the e-mails")]
    kinds: tuple[MailChoice, ...]


class DeliveryShown(msgspec.Struct, frozen=True, kw_only=True):
    """Something that leaves the service for one recipient / 一次发送."""

    id: Annotated[str, member("发送编号，也在邮件的 Message-ID 里", "also in the e-mail's Message-ID")]
    channel: Channel
    recipient: Annotated[str, member("收件人的人员编号，或接收地址的编号", "a person's id; of a webhook its target's")]
    recipient_name: str | None
    kind: Annotated[
        str, member("消息种类；digest 为每日汇总，address_check 为邮箱验证", "or digest, address_check, test")
    ]
    title: BilingualText
    made_at: Moment
    state: DeliveryState
    attempts: Annotated[int, member("已试次数", "how often it was tried", ge=0)]
    next_at: Annotated[Moment | None, member("下次何时再试；只有等待中的有", "of what waits only")]
    failure: Annotated[str | None, member("上次为何未成", "why the last try failed, without any address")]
    done_at: Moment | None


class DeliveriesChanged(msgspec.Struct, frozen=True, kw_only=True):
    """What became of trying again or closing / 重发或关闭了多少."""

    changed: Annotated[int, member("改动的条数", "how many were in a state that allows it", ge=0)]
