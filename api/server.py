"""The process that serves: its log, its connections, and how it ends."""

from __future__ import annotations

import asyncio
import logging
import socket
import sys
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any, TextIO, cast

import structlog
import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from api.app import create_app
from api.application.problem_types import PROBLEM_TYPES
from api.http.problems import ProblemAnswer, problem
from api.listening import bound, listen
from api.settings import Settings
from api.starting import start, stop
from api.unfailing_stream import UnfailingStream
from domain.ledger.ledger import Ledger
from domain.store.db.postgresql import hurry_unless_it_answers

SWITCH_SECONDS = 0.001
"""How long a thread that computes keeps the interpreter from the event loop, which needs it often and briefly."""
MOST_HEAD_BYTES = 64 * 1024
"""Of address and headers: five hundred ids in a query have room."""


def log_as_json(level: str) -> None:
    """One JSON object a line on standard error, ours and the libraries' alike."""
    common: list[structlog.typing.Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    render = structlog.processors.JSONRenderer(ensure_ascii=False)
    stream = UnfailingStream(sys.stderr)
    handler = logging.StreamHandler(stream)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=common, processor=render))
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)
    structlog.configure(
        processors=[*common, render],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(cast(TextIO, stream)),
    )


def serve(
    settings: Settings,
    held: socket.socket | None = None,
    *,
    told: Callable[[Ledger], None] = lambda _: None,
    prepared: bool = False,
) -> None:
    """Serve until a signal asks to stop; requests under way are answered first. `held`: the address, taken already.

    `told`: called with the ledger before anything is served; `prepared`: see `start`.
    Raises a Refusal, before anything is served: AddressTaken, and for a database that must not be.
    """
    held = held or bound(settings.host, settings.port)
    sys.setswitchinterval(SWITCH_SECONDS)
    log_as_json(settings.log_level)
    service = start(settings, prepared=prepared)
    try:
        told(service.ledger)
        listen(held)
    except BaseException:
        stop(service)
        raise
    app = create_app(settings, service)
    _Server(server_config(app, settings), app, settings.drain_seconds).run([held])


def server_config(app: FastAPI, settings: Settings) -> uvicorn.Config:
    """The server's own settings. Its access log stays off: it would write down paths and queries."""

    class Protocol(PatientProtocol):
        header_seconds = settings.header_seconds
        most = settings.connections
        turned_away = staticmethod(app.state.metrics.refused)

    return uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        http=Protocol,
        access_log=False,
        server_header=False,
        log_config=None,
        proxy_headers=False,  # `Forwarded` in the application sees to it
        timeout_keep_alive=settings.keep_alive_seconds,
        timeout_graceful_shutdown=settings.shutdown_seconds,
    )


def too_many_connections() -> ProblemAnswer:
    """What who comes beyond the most connections is told: uvicorn's own limit would not say when to try again."""
    return problem(
        PROBLEM_TYPES["busy"],
        "连接已满",
        "all connections are in use",
        headers={"Connection": "close", "X-Content-Type-Options": "nosniff"},
        remedy="请稍后用同一 Idempotency-Key 重试",
        remedy_en="Try again in a moment with the same Idempotency-Key.",
    )


def head_too_large() -> ProblemAnswer:
    """What is answered to a head that nobody's browser or client sends."""
    return problem(
        PROBLEM_TYPES["head-too-large"],
        f"地址和请求头超过 {MOST_HEAD_BYTES} 字节",
        f"address and headers are over {MOST_HEAD_BYTES} bytes",
        headers={"Connection": "close", "X-Content-Type-Options": "nosniff"},
        remedy="请把内容放进请求体",
        remedy_en="Send what you have to say in the body.",
    )


class PatientProtocol(HttpToolsProtocol):
    """A connection that has to send the whole head of a request within a time from its beginning, and from the first
    byte of each further request on; bodies have a time of their own (`middleware.py`). A head has a size, too.
    """

    header_seconds = 20.0
    most = 1_000
    """Connections, and requests under way, beyond which one is sent away."""
    turned_away: Callable[[str], None] = staticmethod(lambda kind: None)
    """Told of the kind of problem with which one is sent away, as the application never hears of it."""
    _head: asyncio.TimerHandle | None = None
    _head_bytes = 0
    """Of a head that is not whole yet, as far as it came in pieces."""

    def connection_made(self, transport: Any) -> None:
        """The first head is waited for."""
        super().connection_made(transport)
        self._wait_for_head()

    def on_message_begin(self) -> None:
        """Another request begins."""
        super().on_message_begin()
        self._wait_for_head()

    def data_received(self, data: bytes) -> None:
        """More of a request; of a head only as much as one may have."""
        super().data_received(data)
        self._head_bytes = 0 if self._head is None else self._head_bytes + len(data)
        if self._head_bytes > MOST_HEAD_BYTES and not self.transport.is_closing():
            self.turned_away("head-too-large")
            self.transport.write(b"HTTP/1.1 431 Request Header Fields Too Large\r\nConnection: close\r\n\r\n")
            self.transport.close()

    def on_headers_complete(self) -> None:
        """The head is there."""
        self._head_is_there()
        crowded = len(self.connections) >= self.most or len(self.tasks) >= self.most
        size = len(self.url) + sum(len(name) + len(value) for name, value in self.headers)
        away = too_many_connections() if crowded else head_too_large() if size > MOST_HEAD_BYTES else None
        if away is not None:
            self.turned_away(away.kind.name)
        self.app = away or self.config.loaded_app
        super().on_headers_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nobody waits any longer."""
        self._head_is_there()
        super().connection_lost(exc)

    def _wait_for_head(self) -> None:
        if self._head is None:
            self._head = self.loop.call_later(self.header_seconds, self.transport.abort)

    def _head_is_there(self) -> None:
        if self._head is not None:
            self._head.cancel()
            self._head = None


class _Server(uvicorn.Server):
    """uvicorn waits for open answers before it tells the application to end: streams have to be ended first."""

    def __init__(self, config: uvicorn.Config, app: FastAPI, drain_seconds: float = 0.0) -> None:
        super().__init__(config)
        self._app, self._drain, self._draining = app, drain_seconds, False

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Asked to stop: first not ready any more, for as long as is set; asked again, at once."""
        if self._draining or not self._drain or not hasattr(self._app.state, "service"):
            super().handle_exit(sig, frame)
            return
        self._draining = True
        degraded = self._app.state.service.degraded
        degraded.set("stopping", "服务正在停止，请改向其他实例", "the service is stopping: ask another instance")
        ending = threading.Timer(self._drain, super().handle_exit, (sig, None))
        ending.daemon = True
        ending.start()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start as always, and say where: uvicorn leaves that out when it is given a socket that is bound already."""
        await super().startup(sockets)
        if self.started and not self.should_exit:
            for held in sockets or ():
                host, port = held.getsockname()[:2]
                where = f"[{host}]" if ":" in host else host
                structlog.get_logger().info("serving", address=f"http://{where}:{port}/")

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the streams, then stop as always; what waits for a database that says nothing is not waited for."""
        if hasattr(self._app.state, "service"):
            await asyncio.to_thread(hurry_unless_it_answers, self._app.state.service.ledger.engine)
        if hasattr(self._app.state, "feed"):
            await self._app.state.feed.close()
        await super().shutdown(sockets)
