"""One command of HTTP: key, lock, version, decision and answer, in one transaction."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, Literal

import msgspec
from eventsourcing.persistence import IntegrityError
from starlette.requests import Request
from starlette.responses import Response

from api.application import idempotency, survey_secrets
from api.application.acts import act_of
from api.application.categories import said_of_category
from api.application.command_request import CommandRequest
from api.application.problem_types import Malformed
from domain.agency import Agency
from domain.errors import Refusal, VersionConflict
from domain.events import Event, EventAnnulled, SurveyInvited
from domain.ledger.ledger import Ledger, UnitOfWork
from domain.ledger.read_models import Touched
from projections.replay.basis import demonstration_mark

CREATED = 201
REPLAYED = "Idempotent-Replayed"
ANY_VERSION: Literal["*"] = "*"
_VERSION = re.compile(r'"(\d{1,9})"', re.ASCII)


def expected_version(given: str | None) -> int | Literal["*"] | None:
    """The version that `If-Match` names, `*` for any that exists (RFC 9110, 13.1.1). Raises: Malformed."""
    if given is None or given.strip() == ANY_VERSION:
        return None if given is None else ANY_VERSION
    found = _VERSION.fullmatch(given.strip())
    if found is None:
        raise Malformed(
            'If-Match 须写作 "版本号"（含引号）或 *',
            'If-Match has to be "<version>", with its quotes, or *',
            remedy="请填写上一次读取时的 version",
            remedy_en="Give the version that was read last.",
        )
    return int(found[1])


def record(ledger: Ledger, order: CommandRequest, request: Request, body: Any) -> Response:
    """Record what the order says, or answer as the first time. Raises: a Refusal; then nothing was recorded."""
    headers = request.headers
    this = idempotency.attempt(order.caller.scope, headers.get(idempotency.HEADER), order.path, body)
    expected = expected_version(headers.get("if-match"))
    content, replayed = at_once(ledger, this, lambda: _in_one_transaction(ledger, order, this, expected))
    return created(content, replayed=replayed)


def at_once(
    ledger: Ledger, this: idempotency.Attempt | None, once: Callable[[], tuple[dict[str, Any], bool]]
) -> tuple[dict[str, Any], bool]:
    """Do it, or answer as another attempt that was faster: it holds the key by now, or is why this one is refused."""
    try:
        return once()
    except IntegrityError:  # its answer is there now
        return once()
    except Refusal:
        found = given_before(ledger, this)
        if found is None:
            raise
        return found, True


def given_before(ledger: Ledger, this: idempotency.Attempt | None) -> dict[str, Any] | None:
    """What an earlier attempt with this key was answered. Raises: KeyReused."""
    if this is None:
        return None
    with ledger.reading() as reader:
        found = idempotency.first_answer(reader.connection, this)
    return None if found is None else idempotency.decoded(found)


def created(content: dict[str, Any], *, replayed: bool) -> Response:
    """201 with the answer; a header says that it was given before."""
    more = {REPLAYED: "true"} if replayed else {}
    return Response(msgspec.json.encode(content), CREATED, {"Cache-Control": "no-store", **more}, "application/json")


def _in_one_transaction(
    ledger: Ledger, order: CommandRequest, this: idempotency.Attempt | None, expected: int | Literal["*"] | None
) -> tuple[dict[str, Any], bool]:
    with ledger.writing() as unit:
        content, replayed = keyed(unit, this, lambda: _record(unit, order, expected))
        return content | survey_secrets.link_of(unit, content), replayed


def keyed(
    unit: UnitOfWork, this: idempotency.Attempt | None, record: Callable[[], dict[str, Any]]
) -> tuple[dict[str, Any], bool]:
    """What `record` answers, kept under the key; or what it answered the first time, and True. Raises: KeyReused.

    The library's IntegrityError at the end of the transaction when another one has taken the key meanwhile.
    """
    if this is None:
        return record(), False
    replay = idempotency.first_answer(unit.connection, this)
    if replay is not None:
        return idempotency.decoded(replay), True
    content = record()
    unit.beside.append(idempotency.kept(this, CREATED, msgspec.json.encode(content)))
    return content, False


def _record(unit: UnitOfWork, order: CommandRequest, expected: int | Literal["*"] | None) -> dict[str, Any]:
    agency = unit.agency(order.uscc, new=order.may_create)
    if expected == ANY_VERSION and agency.version == 0:
        raise VersionConflict("尚无该机构的记录", "there is no record of this agency yet")
    if isinstance(expected, int):
        agency.must_be_at(expected)
    if order.before is not None:
        order.before(unit, agency)
    events = act_of(order.command)(unit, order)
    for event in events:
        if isinstance(event, SurveyInvited):
            survey_secrets.keep_link(unit, order.uscc, event)
    similar = unit.similar([event for event in events if event.stream == agency.stream])
    touched = unit.projected().touched
    answer = recorded(order.uscc, agency, events, touched, similar)
    return {**answer, **said_of_category(unit, events), **demonstration_mark(unit.law())}


def touched_json(touched: Sequence[Touched]) -> list[dict[str, Any]]:
    """The published results that a fact would change: each stays on the worklist of impacts until disposed of (R36)."""
    return [{"impact": one.impact_id, "result": one.result_id, "year": one.year} for one in touched]


def recorded(
    uscc: str, agency: Agency, events: Sequence[Event], touched: Sequence[Touched] = (), similar: Sequence[Event] = ()
) -> dict[str, Any]:
    """The answer to a command as api.md writes it: what was recorded at this agency, in order, the fact itself first.

    `ids` names the first of each kind; annulments name what stops counting with their events; `similar` what was there
    before and says the same (R46).
    """
    own = [event for event in events if event.stream == agency.stream]
    ids: dict[str, str] = {}
    for event in own:
        if event.KIND is not None:
            ids.setdefault(event.KIND, event.id)
    answer: dict[str, Any] = {
        "agency": uscc,
        "version": own[-1].version,
        "recorded_at": own[-1].recorded_at,
        "events": [
            {
                "id": event.id,
                "type": type(event).__name__,
                "version": event.version,
                "occurred_on": event.occurred_on.isoformat(),
                "recorded_at": event.recorded_at,
            }
            for event in own
        ],
        "ids": ids,
        "similar": [{"event": one.id, "recorded_at": one.recorded_at} for one in similar],
    }
    if touched:
        answer["touched"] = touched_json(touched)
    annulments = [event for event in own if isinstance(event, EventAnnulled)]
    if annulments:
        named = {event.event_id for event in annulments}
        gone = [one for event in annulments for one in agency.trail.gone_with(event) if one.id not in named]
        answer["also_annulled"] = [one.id for one in sorted(gone, key=lambda one: one.version)]
    return answer
