"""Somebody says where and of what they want to be written to; an administrator has deliveries tried again or closed.

An address counts once the code that was sent to it is typed by its owner, signed in: nobody has another one written to.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from api.application.answers.mail import DeliveriesChanged, MailSettings
from api.application.background.opening import is_demonstration
from api.application.background.readiness import Service
from api.application.delivering.mail_questions import mail_settings_of
from api.application.messages.outgoing import ADDRESS_CHECK, usual
from api.application.messages.readership import kinds_of
from api.application.messages.told import MessageKind
from api.application.privacy.authorisation import Caller
from api.setting_values import MAIL_ADDRESS
from domain.commands.fields import Body, Id
from domain.errors import Contradiction, Invalid
from domain.store.db.dialect import database_clock
from domain.store.db.engine import writing
from domain.store.messages.contact_rows import (
    HowMailed,
    Language,
    address_of,
    give_address,
    prefer,
    take_away_address,
    verify_address,
    wrong_code,
)
from domain.store.messages.delivery_rows import Delivery, DeliveryState, change_state, keep_deliveries
from domain.values import instant

MOST = 500
"""Deliveries named in one request."""
_BEFORE: dict[Literal["waiting", "closed"], tuple[DeliveryState, ...]] = {
    "waiting": ("dead", "closed", "sent"),
    "closed": ("dead", "waiting"),
}


class MailAddress(Body):
    """Where e-mail goes and in which language; without an address none is sent any more."""

    email: Annotated[str, StringConstraints(strict=True, strip_whitespace=True, max_length=254)] | None = None
    language: Language = "zh"


class AddressCode(Body):
    """The six digits that were sent to the address."""

    code: Annotated[str, StringConstraints(strict=True, strip_whitespace=True, min_length=1, max_length=20)]


class MailPreferences(Body):
    """How kinds of messages are mailed to the caller; one that is not named is as for everybody."""

    kinds: Annotated[dict[MessageKind, HowMailed], Field(max_length=100)]


class DeliveriesWanted(Body):
    """Which deliveries are tried again (`waiting`) or closed: those named, or all that were given up."""

    state: Literal["waiting", "closed"]
    ids: Annotated[tuple[Id, ...], Field(max_length=MOST)] | None = None


def give_mail_address(service: Service, caller: Caller, body: MailAddress) -> MailSettings:
    """Take an address and send a code to it, or take the address away. Raises: Invalid, Contradiction."""
    engine = service.ledger.engine
    if body.email is None:
        with writing(engine) as connection:
            gone = take_away_address(connection, caller.person_id)
        service.housekeeper.recorded(erased=gone)
        return mail_settings_of(service, caller)
    if is_demonstration(service.ledger):
        raise Contradiction(
            "演示系统不向外发送任何消息，验证码也不会发出",
            "nothing leaves a demonstration: no code would ever come",
            pointer="/email",
            remedy="请看消息页；正式系统才发邮件",
            remedy_en="See the page of messages. A ledger that is none sends e-mail.",
        )
    if not service.settings.smtp_host:
        raise Contradiction(
            "本系统没有设置邮件服务器，不发邮件",
            "this service has no mail server and sends no e-mail",
            pointer="/email",
            remedy="请管理员设置 STEWARD_SMTP_HOST（见运维手册）；消息页照常告知",
            remedy_en="The administrator sets STEWARD_SMTP_HOST (operations manual). The page of messages tells all.",
        )
    if not MAIL_ADDRESS.fullmatch(body.email):
        raise Invalid(
            "不是邮箱地址",
            "this is no mail address",
            pointer="/email",
            remedy="请填写形如 name@example.cn 的地址",
            remedy_en="Give one like name@example.cn.",
        )
    with writing(engine) as connection:
        give_address(connection, caller.person_id, body.email, body.language, check=ADDRESS_CHECK)
        given = address_of(connection, caller.person_id)
        at = instant(database_clock(connection)) if given is None else given.given_at
        check = Delivery("email", caller.person_id, ADDRESS_CHECK, at, None, None, None, at, next_at=at)
        keep_deliveries(connection, [check])
    service.housekeeper.recorded(erased=True)  # the address before, if there was one
    service.wake_courier()
    return mail_settings_of(service, caller)


def verify_mail_address(service: Service, caller: Caller, body: AddressCode) -> MailSettings:
    """Type the code. Raises: Invalid for a wrong one, Contradiction where none waits."""
    with writing(service.ledger.engine) as connection:
        right = verify_address(connection, caller.person_id, body.code)
    if not right:
        raise wrong_code()
    return mail_settings_of(service, caller)


def set_mail_preferences(service: Service, caller: Caller, body: MailPreferences) -> MailSettings:
    """Choose how kinds are mailed. Raises: Invalid for a kind that the caller's role is never told."""
    own = kinds_of(caller.role)
    for kind in body.kinds:
        if kind not in own:
            raise Invalid(
                f"您的角色不会收到这种消息：{kind}",
                f"your role is never told of this kind: {kind}",
                pointer=f"/kinds/{kind}",
                remedy="请从 GET /v1/mail-settings 列出的种类中选",
                remedy_en="Choose among the kinds that GET /v1/mail-settings lists.",
            )
    chosen: dict[str, HowMailed] = {kind: how for kind, how in body.kinds.items() if how != usual(kind)}
    with writing(service.ledger.engine) as connection:
        prefer(connection, caller.person_id, chosen, own)
    return mail_settings_of(service, caller)


def change_deliveries(service: Service, caller: Caller, body: DeliveriesWanted) -> DeliveriesChanged:
    """Try these again from the beginning, or close them. Without ids: all that were given up.

    What is closed or was sent is tried again by name only.
    """
    before: tuple[DeliveryState, ...] = ("dead",) if body.ids is None else _BEFORE[body.state]
    with writing(service.ledger.engine) as connection:
        changed = change_state(connection, body.ids, before, body.state, instant(database_clock(connection)))
    service.wake_courier()
    return DeliveriesChanged(changed=changed)
