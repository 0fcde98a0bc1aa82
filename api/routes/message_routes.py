"""Routes about reaching people (R41): what one was told, where one is written to, and what leaves the service."""

from __future__ import annotations

from typing import Annotated

import msgspec
from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from api.application.delivering.mail_acts import (
    AddressCode,
    DeliveriesWanted,
    MailAddress,
    MailPreferences,
    change_deliveries,
    give_mail_address,
    set_mail_preferences,
    verify_mail_address,
)
from api.application.delivering.mail_questions import deliveries_listed, mail_settings_asked
from api.application.delivering.target_acts import NewTarget, TargetWanted, change_target, make_target, targets_listed
from api.application.messages.message_acts import ReadMessages, read_messages
from api.application.questions.service.message_questions import messages_told
from api.http.documentation.openapi import access_docs, question_docs
from api.http.guard import GuardedRoute
from api.http.query_params import Cursor, Limit
from api.http.responses import answered
from domain.store.messages.delivery_rows import DeliveryState

router = APIRouter(route_class=GuardedRoute)
TAG = "消息"
Unread = Annotated[bool, Query(description="只列未读的 / only those not opened yet")]
TargetId = Annotated[str, Path(alias="id", max_length=64)]
InState = Annotated[
    DeliveryState, Query(description="dead 为已放弃、待管理员处理 / dead: given up, for an administrator to look at")
]


@router.get("/v1/messages", tags=[TAG], **question_docs("messages"))
def messages(request: Request, unread: Unread = False, limit: Limit = 50, cursor: Cursor = None) -> Response:
    """告知本人的消息，最近的在前 / What the caller was told, the latest first (R41)."""
    return answered(request, messages_told, unread, limit, cursor)


@router.post("/v1/messages/read", tags=[TAG], **access_docs("read_messages"))
def read(request: Request, body: ReadMessages) -> Response:
    """把本人的消息标为已读；不写编号为全部 / Mark the caller's messages as read; without ids all of them."""
    return _done(read_messages(request.app.state.service, request.state.caller, body))


@router.get("/v1/mail-settings", tags=[TAG], **question_docs("mail_settings"))
def mail_settings(request: Request) -> Response:
    """本人的邮箱，及各种消息如何发邮件 / Where and of what the caller is written to."""
    return answered(request, mail_settings_asked)


@router.post("/v1/mail-settings/address", tags=[TAG], **access_docs("mail_address"))
def address(request: Request, body: MailAddress) -> Response:
    """填写或更换邮箱：系统向它发一个验证码；不写地址为不再发邮件 / Give an address: a code is sent to it.

    Without an address no e-mail is sent any more, and the one before is forgotten.
    """
    return _done(give_mail_address(request.app.state.service, request.state.caller, body))


@router.post("/v1/mail-settings/verification", tags=[TAG], **access_docs("mail_verification"))
def verification(request: Request, body: AddressCode) -> Response:
    """输入邮件里的验证码，此后才向该邮箱发消息 / Type the code that was sent; from then on messages go there."""
    return _done(verify_mail_address(request.app.state.service, request.state.caller, body))


@router.post("/v1/mail-settings/preferences", tags=[TAG], **access_docs("mail_preferences"))
def preferences(request: Request, body: MailPreferences) -> Response:
    """各种消息即时发、每日汇总或不发邮件；未写的按通常办法 / How each kind is mailed: at once, daily, or not."""
    return _done(set_mail_preferences(request.app.state.service, request.state.caller, body))


@router.get("/v1/deliveries", tags=[TAG], **question_docs("deliveries"))
def deliveries(request: Request, state: InState = "dead", limit: Limit = 50, cursor: Cursor = None) -> Response:
    """发往系统之外的消息及其状态，最近的在前 / What leaves the service, in one state, the latest first."""
    return answered(request, deliveries_listed, state, limit, cursor)


@router.post("/v1/deliveries/state", tags=[TAG], **access_docs("change_deliveries"))
def change(request: Request, body: DeliveriesWanted) -> Response:
    """重发或关闭：写明编号的，或全部已放弃的 / Try again or close those named, or all that were given up."""
    return _done(change_deliveries(request.app.state.service, request.state.caller, body))


@router.get("/v1/delivery-targets", tags=[TAG], **question_docs("delivery_targets"))
def targets(request: Request, limit: Limit = 50, cursor: Cursor = None) -> Response:
    """接收消息的程序和机器人；没有密钥 / The programs and robots that are told; never a secret."""
    return answered(request, targets_listed, limit, cursor)


@router.post("/v1/delivery-targets", tags=[TAG], **access_docs("create_target"))
def make(request: Request, body: NewTarget) -> Response:
    """新建接收地址（Standard Webhooks，或企业微信群机器人）；验签密钥只在这次回答里 / Make a target.

    The secret by which it verifies our signatures is in this answer only. Redirects are not followed.
    """
    return _done(make_target(request.app.state.service, request.state.caller, body))


@router.post("/v1/delivery-targets/{id}/state", tags=[TAG], **access_docs("change_target"))
def switch(request: Request, target: TargetId, body: TargetWanted) -> Response:
    """启用、停用或试发 / Switch a target on or off, or send it a test."""
    return _done(change_target(request.app.state.service, request.state.caller, target, body))


def _done(content: msgspec.Struct) -> Response:
    return Response(msgspec.json.encode(content), 201, {"Cache-Control": "no-store"}, "application/json")
