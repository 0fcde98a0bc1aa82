"""The outermost layer: a reference for each request, security headers, one log line, and no failure untold.

Plain ASGI, so that nothing is buffered and no further task is made.
"""

from __future__ import annotations

import asyncio
import secrets
import time

import anyio
import structlog
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.application.privacy.authorisation import EVIDENCE, WORKBOOK
from api.application.problem_types import TooManyRequests, TooSlow
from api.http.fast_standing import answered_quickly
from api.http.limits.rates import Rates, secret_in
from api.http.metrics import METHODS, Metrics
from api.http.problems import FAILURES, PROBLEMS, InItsKind, ProblemAnswer, on_failure, on_refusal
from api.http.public_address import prefix_of
from api.settings import Settings
from domain.errors import Refusal
from domain.spans import TraceSpan, collects, span

log = structlog.get_logger("steward")

UNAUTHENTICATED, TOO_MANY = 401, 429
REFUSED_FROM, FAILED_FROM = 400, 500
MOST_DRAINED_BYTES = 8 * 1024 * 1024
"""How much of an unwanted body is taken in before answering, so that the sender gets to read the answer."""

MOST_DRAINING_SECONDS = 2.0

SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cache-Control": "no-store",
}
"""Set where an answer does not say otherwise. With a stricter referrer policy browsers send forms as `Origin: null`."""
HSTS = "max-age=31536000"
STRICT_POLICY = "default-src 'none'; frame-ancestors 'none'"
DOCS_POLICY = (
    "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; frame-ancestors 'none'"
)
DOCS_PATHS = ("/docs", "/redoc")


class Edge:
    """One request at a time: `api/app.py` puts it around everything."""

    def __init__(self, app: ASGIApp, settings: Settings, metrics: Metrics, in_its_kind: InItsKind) -> None:
        self.app, self._metrics, self._in_its_kind = app, metrics, in_its_kind
        self._rates = Rates(settings.rate_per_address, settings.rate_per_token)
        self._body_seconds, self._upload_seconds = settings.body_seconds, settings.upload_seconds
        self._prefix = prefix_of(settings.public_url)
        given = SECURITY_HEADERS | ({"Strict-Transport-Security": HSTS} if settings.by_https else {})
        self._headers = [(name.lower().encode(), value.encode()) for name, value in given.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the application answer, and see to it that there is an answer."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        seconds = self._upload_seconds if brings_files(scope) else self._body_seconds
        exchange = _Exchange(scope, receive, send, self._headers, (seconds, self._body_seconds), self._prefix)
        inner: Scope = {**scope, "steward.reference": exchange.reference, PROBLEMS: exchange.problems}
        if self._prefix:
            _below(inner, self._prefix)
        if scope["method"] == "HEAD":
            inner["method"] = "GET"
        with span(scope["method"] if scope["method"] in METHODS else "other", headers=_traced(scope)) as own:
            await self._answer(scope, inner, exchange, own)

    async def _answer(self, scope: Scope, inner: Scope, exchange: _Exchange, own: TraceSpan) -> None:
        try:
            self._rates.let_in(scope)
            answer = await self._quickly(inner) or self.app
            await answer(inner, exchange.receive, exchange.send)
            if _is_a_failed_try(inner, exchange.status):
                self._rates.failed(scope)
        except TooManyRequests as refusal:
            response = self._worded(inner, await on_refusal(Request(inner), refusal))
            await response(scope, exchange.receive, exchange.send)
        except Exception as error:  # noqa: BLE001  # the last place where a failure can become an answer
            response = self._worded(inner, on_failure(exchange.reference, error))
            if exchange.status is None:
                await response(scope, exchange.receive, exchange.send)
        finally:
            self._metrics.answered(scope["method"], *exchange.note(inner, own))

    def _worded(self, inner: Scope, refused: ProblemAnswer) -> Response:
        refused.note(inner)
        return self._in_its_kind(Request(inner), refused)

    async def _quickly(self, inner: Scope) -> Response | None:
        """The answer of the short way, or its refusal, which it has no application around it to word."""
        try:
            return await answered_quickly(inner)
        except Refusal as refusal:
            return self._worded(inner, await on_refusal(Request(inner), refusal))


def _traced(scope: Scope) -> dict[str, str]:
    """What a caller says of the trace that its request belongs to (W3C Trace Context)."""
    if not collects():
        return {}
    given = ((name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"])
    return {name: value for name, value in given if name in ("traceparent", "tracestate")}


def _below(scope: Scope, prefix: str) -> None:
    """Take the sub-path off, which a proxy may have left before the path or may have taken off itself.

    Everything inside knows paths without it; it is put before links and redirections on the way out.
    """
    path: str = scope["path"]
    if path == prefix or path.startswith(prefix + "/"):
        scope["path"] = path.removeprefix(prefix) or "/"
        scope["raw_path"] = scope.get("raw_path", b"").removeprefix(prefix.encode()) or b"/"
    if scope["path"].startswith(DOCS_PATHS):
        scope["root_path"] = prefix  # what FastAPI's own pages put before their addresses


_WORKBOOKS = WORKBOOK.partition("{")[0]


def brings_files(scope: Scope) -> bool:
    """Whether somebody who is known, by token or session, sends files: these may take their time to arrive."""
    kind = next((value for name, value in scope["headers"] if name == b"content-type"), b"").lower()
    sends = scope["path"].endswith(EVIDENCE) or _WORKBOOKS in scope["path"] or kind.startswith(b"multipart/form-data")
    return sends and secret_in(scope) is not None


def _is_a_failed_try(scope: Scope, status: int | None) -> bool:
    """Whether a stranger was refused where one can guess, or make us read a body: a token or session that is none, a
    form or body of somebody unknown, a link that is none.
    """
    if status is None or not 400 <= status < 500 or status == TOO_MANY:
        return False
    state = scope.get("state", {})
    if state.get("caller") is not None or state.get("visitor") is not None:
        return False
    if status == UNAUTHENTICATED and secret_in(scope) is not None:
        return True
    route: str = getattr(scope.get("route"), "path", "")
    return scope["method"] == "POST" or "{secret}" in route


class _Exchange:
    """What is known of one request while it is answered."""

    def __init__(
        self,
        scope: Scope,
        receive: Receive,
        send: Send,
        headers: list[tuple[bytes, bytes]],
        seconds: tuple[float, float],
        prefix: str,
    ) -> None:
        self._scope, self._receive, self._send, self._prefix = scope, receive, send, prefix
        self._headers, (self._body_seconds, self._piece_seconds) = headers, seconds
        self.reference = secrets.token_hex(8)
        self.status: int | None = None
        self.problems: list[str] = []
        """The kinds of problem it came to (`problems.py`); the last one counts."""
        self._began = time.perf_counter()
        self._more_body = scope["method"] in ("POST", "PUT", "PATCH", "DELETE")

    async def receive(self) -> Message:
        """The next piece; of the body, each piece and the whole within their times. Raises: TooSlow."""
        if not self._more_body:
            return await self._take()
        left = self._began + self._body_seconds - time.perf_counter()
        try:
            return await asyncio.wait_for(self._take(), max(min(left, self._piece_seconds), 0.001))
        except TimeoutError:
            self._more_body = False  # nothing more is waited for
            raise TooSlow(
                f"请求体没有在 {self._body_seconds:g} 秒内传完",
                f"the body did not arrive within {self._body_seconds:g} seconds",
                remedy="请检查网络后重试；大量事实请用 steward import",
                remedy_en="Check the network and try again; use steward import for many facts.",
            ) from None

    async def _take(self) -> Message:
        message = await self._receive()
        self._more_body = message["type"] == "http.request" and message.get("more_body", False)
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            if self._more_body:
                await self._drain()
            self._dress(MutableHeaders(scope=message))
        elif self._scope["method"] == "HEAD" and message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await self._send(message)

    async def _drain(self) -> None:
        """A server that closes on unread bytes resets the connection, and the refusal is lost with it."""
        taken = 0
        headers = dict(self._scope["headers"])
        with anyio.move_on_after(MOST_DRAINING_SECONDS):
            while self._more_body and taken <= MOST_DRAINED_BYTES and b"expect" not in headers:
                taken += len((await self._take()).get("body", b"")) + 1

    def _dress(self, headers: MutableHeaders) -> None:
        said = {name for name, _ in headers.raw}
        headers.raw.extend(one for one in self._headers if one[0] not in said)  # many at once: every answer has them
        is_docs = self._scope["path"].startswith(DOCS_PATHS)
        headers.setdefault("Content-Security-Policy", DOCS_POLICY if is_docs else STRICT_POLICY)
        headers["X-Request-Id"] = self.reference
        there = headers.get("location", "")
        if self._prefix and there.startswith("/") and not there.startswith("//"):
            headers["location"] = self._prefix + there

    def problem(self) -> str | None:
        """The kind of problem that it ended in; None: in none, or a page has dealt with it."""
        is_broken_off = not FAILURES.isdisjoint(self.problems)  # perhaps in the middle of an answer that began well
        if not is_broken_off and (self.status is None or self.status < REFUSED_FROM):
            return None
        return self.problems[-1] if self.problems else "other"

    def note(self, inner: Scope, own: TraceSpan) -> tuple[str | None, int | None, float, str | None]:
        """One line per request: the route as it is declared, never the path, query, body or token themselves.

        Gives route, status, seconds and the kind of problem. `own`: the request's span, which is told the same.
        """
        route: str | None = getattr(inner.get("route"), "path", None)
        seconds, problem = time.perf_counter() - self._began, self.problem()
        log.info(
            "request",
            reference=self.reference,
            method=self._scope["method"],
            route=route,
            status=self.status,
            milliseconds=round(seconds * 1000, 1),
            **({} if problem is None else {"problem": problem}),
        )
        if collects():
            self._tell(own, route, problem)
        return route, self.status, seconds, problem

    def _tell(self, own: TraceSpan, route: str | None, problem: str | None) -> None:
        method = self._scope["method"] if self._scope["method"] in METHODS else "other"
        own.rename(f"{method} {route or 'none'}")
        own.note(
            {
                "http.request.method": method,
                "http.route": route or "none",
                "http.response.status_code": self.status or 0,
                "steward.reference": self.reference,
            }
        )
        if problem is not None and (self.status is None or self.status >= FAILED_FROM or problem in FAILURES):
            own.failed(problem)
        elif problem is not None:
            own.note({"steward.problem": problem})
