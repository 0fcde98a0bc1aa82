"""Webhooks after Standard Webhooks (signed, with an id and a time), and WeCom's group robots: one small function each.

What they carry is what a message holds: kind, agency's code, year, day, the words, a link. No text of a record, and
nobody's name. A further kind of adapter is another function in `ADAPTERS`.
"""

from __future__ import annotations

import base64
import hmac
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime

import msgspec

from api.application.delivering.guarded_http import HttpFailed, NotAllowed, networks_of, post
from api.application.delivering.outcomes import ACCEPTED, DeliveryOutcome
from api.application.messages.told import Worded, worded
from api.settings import Settings
from domain.store.messages.delivery_rows import StoredDelivery
from domain.store.messages.target_rows import TargetAddress
from domain.values import instant

TEST = "test"
"""The kind of a delivery by which an administrator tries a target out."""
PREFIX, SECRET_BYTES = "whsec_", 32
GONE = 410
SHOWN = 120
"""So many characters of an answer are kept."""
_TRIED_OUT = Worded("试发：安全管家诚信考评台账", "a test of Steward Ledger", "R41", "/messages")


class HookData(msgspec.Struct, frozen=True):
    """What happened."""

    cause: str
    agency: str | None
    year: int | None
    due_on: str | None
    article: str
    title: str
    title_en: str
    url: str


class HookBody(msgspec.Struct, frozen=True):
    """The body of a webhook, as Standard Webhooks advises: type, time, data."""

    type: str
    timestamp: str
    data: HookData


def new_secret() -> str:
    """A secret to sign with: `whsec_` and 32 random bytes in base64."""
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def signature(secret: str, id_: str, timestamp: int, body: bytes) -> str:
    """`v1,` and HMAC-SHA256 over id, time and body, in base64 (Standard Webhooks, symmetric)."""
    key = base64.b64decode(secret.removeprefix(PREFIX))
    made = hmac.digest(key, f"{id_}.{timestamp}.".encode() + body, "sha256")
    return f"v1,{base64.b64encode(made).decode()}"


def said_of(delivery: StoredDelivery) -> Worded:
    """The words of a delivery."""
    if delivery.kind == TEST:
        return _TRIED_OUT
    return worded(delivery.kind, delivery.uscc, delivery.year, delivery.due_on, delivery.cause)


async def by_webhook(settings: Settings, delivery: StoredDelivery, address: TargetAddress) -> DeliveryOutcome:
    """Accepted with any 2xx. A redirect is not followed; 410 means that nothing is wanted any more."""
    said = said_of(delivery)
    due = None if delivery.due_on is None else delivery.due_on.isoformat()
    data = HookData(
        delivery.cause,
        delivery.uscc,
        delivery.year,
        due,
        said.article,
        said.text,
        said.text_en,
        settings.address() + said.path,
    )
    body = msgspec.json.encode(HookBody(delivery.kind, delivery.made_at, data))
    now = int(time.time())
    headers = {
        "content-type": "application/json",
        "user-agent": "steward-ledger",
        "webhook-id": delivery.id,
        "webhook-timestamp": str(now),
        "webhook-signature": " ".join(
            signature(one, delivery.id, now, body) for one in address.secrets_at(instant(datetime.now(UTC)))
        ),
    }
    status, answer = await _posted(settings, address.url, body, headers)
    if 200 <= status < 300:
        return ACCEPTED
    said_back = answer.decode("utf-8", "replace")[:SHOWN]
    if status == GONE:
        return DeliveryOutcome("refused", f"410: {said_back}", of_recipient=True)
    return DeliveryOutcome("again", f"{status}: {said_back}")


class RobotAnswer(msgspec.Struct, frozen=True):
    """What WeCom says."""

    errcode: int
    errmsg: str = ""


ROBOT_BUSY = (-1, 45009)
"""WeCom's codes for "busy" and "too many a minute"; others will not go away by themselves."""


async def by_wecom(settings: Settings, delivery: StoredDelivery, address: TargetAddress) -> DeliveryOutcome:
    """A text to a group. The address is the key of the robot, behind the one endpoint of the settings."""
    if not settings.wecom:
        return DeliveryOutcome("again", "STEWARD_WECOM is off", of_server=False)
    said = said_of(delivery)
    text = f"【安全管家诚信考评台账】{said.text}\n{settings.address()}{said.path}"
    body = msgspec.json.encode({"msgtype": "text", "text": {"content": text}})
    url = f"{settings.wecom_endpoint}?key={address.url}"
    status, answer = await _posted(settings, url, body, {"content-type": "application/json"})
    if status != 200:
        return DeliveryOutcome("again", f"{status}")
    try:
        found = msgspec.json.decode(answer, type=RobotAnswer)
    except msgspec.DecodeError:
        return DeliveryOutcome("again", "not an answer of WeCom's")
    if found.errcode == 0:
        return ACCEPTED
    what = f"{found.errcode}: {found.errmsg[:SHOWN]}"
    return DeliveryOutcome("again" if found.errcode in ROBOT_BUSY else "refused", what)


Adapter = Callable[[Settings, StoredDelivery, TargetAddress], Awaitable[DeliveryOutcome]]
ADAPTERS: dict[str, Adapter] = {"webhook": by_webhook, "wecom": by_wecom}


async def hook_outcome(settings: Settings, delivery: StoredDelivery, address: TargetAddress) -> DeliveryOutcome:
    """Deliver to a target by its adapter; what became of it."""
    try:
        return await ADAPTERS[delivery.channel](settings, delivery, address)
    except NotAllowed as error:
        return DeliveryOutcome("again", str(error))
    except HttpFailed as error:
        return DeliveryOutcome("again", str(error).replace(address.url, "…"), unanswered=True)


async def _posted(settings: Settings, url: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, bytes]:
    networks = networks_of(settings.webhook_networks)
    return await post(url, body, headers, networks, settings.webhook_seconds)
