"""Every form that did something leads to a page with an address (303), once: a second try leads to the same one.

A form that did nothing yet (preview, question, refusal) gets an address too, where its page stands as it was answered:
going back to it, reloading it and marking it work, which a browser refuses for the answer to a form itself.

What may be shown only once (a password, a token, links, recovery codes) stands in no address: it waits, encrypted, for
the browser that sent the form (`domain/store/access/form_answers.py`), and is gone when it was shown.
"""

from __future__ import annotations

import hashlib
import hmac
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import urlencode, urlsplit

import msgspec
import structlog
from cryptography.exceptions import InvalidTag
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api.http.request import COOKIE
from api.web.frame.visitors import FIELD
from domain.errors import Refusal
from domain.store.access.form_answers import (
    AnsweredBefore,
    FormName,
    form_named,
    keep_answer,
    read_shown,
    take_shown,
    where_it_led,
)
from domain.store.db.engine import Connection, writing
from domain.values import new_id

log = structlog.get_logger("steward")
STEP = "answered"
"""The parameter that names the page of a form that did nothing yet."""
_HTML = "text/html"
KEY = "key"
"""The hidden field of a form that tells it from others: what is sent again with the same one does nothing again."""
Keep = Callable[[Connection, str, Any], None]
"""Keeps where the form leads, and what is shown there once (None: nothing), in the transaction of what it does."""


@dataclass(frozen=True)
class ShownOnce:
    """What an address promises to show once: the value the first time, nothing afterwards or to anybody else."""

    value: Any

    @property
    def shown(self) -> bool:
        """Whether it is shown now; if not, the page says that it was."""
        return self.value is not None


def see_other(request: Request, path: str, **query: str) -> Response:
    """To a page after a form was taken (303): reloading it, going back and sending its address on all work.

    The language of the form's own address goes along; `path` may have a query and a place in the page.
    """
    parts = urlsplit(path)
    lang = request.query_params.get("lang")
    more = urlencode({**query, **({"lang": lang} if lang in ("zh", "en") else {})})
    whole = parts._replace(query="&".join(filter(None, (parts.query, more))))
    return RedirectResponse(whole.geturl(), 303, {"Cache-Control": "no-store"})


def name_of_form(request: Request) -> str:
    """What the form that was sent is called in an address: the same for one that is sent again unchanged.

    It follows from the form's key, from all that was filled in and from the session's secret, and tells none of them;
    a form without a key is like no other.
    """
    kept: str | None = getattr(request.state, "form_name", None)
    if kept is None:
        form = request.state.form
        fields = [(name, value) for name, value in form.multi_items() if isinstance(value, str) and name != FIELD]
        said = msgspec.json.encode(fields) if form.get(KEY) else new_id().encode()
        kept = hmac.new(request.cookies.get(COOKIE, "").encode(), b"steward form\0" + said, hashlib.sha256).hexdigest()[
            :32
        ]
        request.state.form_name = kept
    return kept


def _named(request: Request, name: str) -> FormName:
    return form_named(request.cookies.get(COOKIE, ""), name)


def done_once(request: Request, do: Callable[[Keep], None], *refusals: type[Exception]) -> str:
    """Where the form leads: `do` keeps it in its own transaction; the second of two tries is led to the same place.

    In a thread of its own. Raises: what `do` raises, where nothing was done before; `refusals`: what it may raise
    beside a Refusal because the first try has been taken.
    """
    led: list[str] = []

    def keep(connection: Connection, location: str, shown: Any = None) -> None:
        sealed = None if shown is None else msgspec.json.encode(shown)
        keep_answer(connection, _named(request, name_of_form(request)), location, sealed)
        led.append(location)

    if (there := _before(request)) is not None:
        return there
    overtaken: tuple[type[Exception], ...] = (AnsweredBefore, Refusal, *refusals)
    try:
        do(keep)
    except overtaken:
        if (there := _before(request)) is None:
            raise
        return there
    return led[0]


def _before(request: Request) -> str | None:
    with request.app.state.service.ledger.reading() as reader:
        return where_it_led(reader.connection, _named(request, name_of_form(request)))


async def led_before(request: Request) -> Response | None:
    """To where the same form led before; None for one that was not taken yet. For acts that judge a form first."""
    there = await run_in_threadpool(_before, request)
    return None if there is None else see_other(request, there)


def kept_beside(request: Request, location: str, shown: Any = None) -> None:
    """Keep where a form led, and what is shown there once, after an act with its own way of being done once."""
    form = _named(request, name_of_form(request))
    try:
        with writing(request.app.state.service.ledger.engine, beside=True) as connection:
            if where_it_led(connection, form) is None:
                keep_answer(connection, form, location, None if shown is None else msgspec.json.encode(shown))
    except AnsweredBefore:
        return


async def shown_once(request: Request, once: str) -> ShownOnce | None:
    """What the address promises to show (`?once=`), taken away by being shown; None for an address without."""
    return await run_in_threadpool(partial(_shown, request, once)) if once else None


def _shown(request: Request, once: str) -> ShownOnce:
    with writing(request.app.state.service.ledger.engine, beside=True) as connection:
        try:
            found = take_shown(connection, _named(request, once))
        except InvalidTag:  # changed in the database
            found = None
    return ShownOnce(None if found is None else msgspec.json.decode(found))


async def with_address(request: Request, response: Response) -> Response:
    """The page that answers a form which did nothing yet, at an address of its own (303), kept for this session.

    Only for a browser that goes there: a script has asked for the page itself. Where nothing can be kept (the database
    takes no writes) the page is shown without an address, and the log says so.
    """
    goes_there = request.headers.get("sec-fetch-mode") == "navigate" and request.cookies.get(COOKIE)
    is_page = response.headers.get("content-type", "").startswith(_HTML) and not 300 <= response.status_code < 400
    if not goes_there or not is_page:
        return response
    name = new_id()
    try:
        await run_in_threadpool(_keep_page, request, name, response)
    except Refusal as error:
        log.warning("form_page_not_kept", path=request.url.path, error=type(error).__name__)
        return response
    query = [(key, value) for key, value in request.query_params.multi_items() if key not in (STEP, "lang")]
    led = see_other(request, f"{request.url.path}?{urlencode([*query, (STEP, name)])}")
    led.raw_headers += [one for one in response.raw_headers if one[0] == b"set-cookie"]  # the language, say
    return led


async def page_at_step(request: Request, step: str) -> Response:
    """The page that was kept under this name; to the page itself where it is none of this session's, or too old."""
    found = await run_in_threadpool(_kept_page, request, step)
    if found is not None:
        return Response(zlib.decompress(found.body), found.status, found.headers)
    query = [(key, value) for key, value in request.query_params.multi_items() if key not in (STEP, "lang")]
    return see_other(request, request.url.path + (f"?{urlencode(query)}" if query else ""))


class _KeptPage(msgspec.Struct):
    status: int
    headers: dict[str, str]
    body: bytes


def _keep_page(request: Request, name: str, response: Response) -> None:
    headers = {key: value for key, value in response.headers.items() if key not in ("content-length", "set-cookie")}
    kept = msgspec.msgpack.encode(_KeptPage(response.status_code, headers, zlib.compress(bytes(response.body))))
    with writing(request.app.state.service.ledger.engine, beside=True) as connection:
        keep_answer(connection, _named(request, STEP + name), request.url.path, kept)


def _kept_page(request: Request, name: str) -> _KeptPage | None:
    with request.app.state.service.ledger.reading() as reader:
        try:
            found = read_shown(reader.connection, _named(request, STEP + name))
        except InvalidTag:  # changed in the database
            return None
    return None if found is None else msgspec.msgpack.decode(found, type=_KeptPage)
