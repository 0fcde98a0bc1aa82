"""The address by which people reach the service: what links, feeds and the check of forms go by.

Behind a reverse proxy the service sees the proxy's name for it, which is of no use to anybody else. So the operator
names the public address (`STEWARD_PUBLIC_URL`), with a sub-path where the service has only a part of a site; without it
the request's own is taken. A proxy that is trusted may name the host in `X-Forwarded-Host` (`Forwarded`).
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.types import Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

MOST_CHARACTERS = 200
_LINKS = re.compile(rb'\b(href|src|action|formaction|data-[a-z-]+)="/(?!/)')


def base_of(request: Request) -> str:
    """Where the service is for people, without a slash at the end."""
    public: str = request.app.state.service.settings.public_url
    return public or str(request.base_url).rstrip("/")


def prefix_of(public_url: str) -> str:
    """The sub-path of a public address, `/steward` say; empty where it has a host of its own."""
    return urlsplit(public_url).path


def is_foreign(request: Request) -> bool:
    """Whether the browser says that another site's page sent this request (CSRF).

    `Sec-Fetch-Site` is the browser's own word on it and holds whatever a proxy made of the host; where it is missing
    (plain HTTP, old browsers) `Origin` is compared with the public address and with the host that was asked.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site not in ("same-origin", "none")
    origin = request.headers.get("origin")
    if origin is None:
        return False
    parts = urlsplit(request.app.state.service.settings.public_url)
    return origin.lower() != f"{parts.scheme}://{parts.netloc}" and urlsplit(origin).netloc != request.headers.get(
        "host"
    )


def origin_and_host(request: Request) -> tuple[str, str]:
    """What the browser and the request say, as far as it can be shown and logged."""
    origin, host = (request.headers.get(name, "-")[:MOST_CHARACTERS] for name in ("origin", "host"))
    return origin, host


def with_prefix(prefix: str, body: bytes) -> bytes:
    """A page whose links lead below a sub-path. Text that somebody typed cannot look like a link: it is escaped."""
    return _LINKS.sub(rb'\1="' + prefix.encode() + b"/", body) if prefix else body


class Forwarded(ProxyHeadersMiddleware):
    """Believes a trusted proxy whom it asks for (X-Forwarded-For), how (-Proto) and, beyond uvicorn, where (-Host)."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # type: ignore[override]
        """Let the application see the request as the proxy got it."""
        inner: Any = scope
        client = scope.get("client")
        if scope["type"] == "http" and client is not None and client[0] in self.trusted_hosts:
            hosts = [value for name, value in scope["headers"] if name == b"x-forwarded-host"]
            if len(hosts) == 1:
                others = [(name, value) for name, value in scope["headers"] if name != b"host"]
                first = hosts[0].split(b",")[0].strip()
                inner = {**scope, "headers": [(b"host", first), *others]}
        await super().__call__(inner, receive, send)  # type: ignore[arg-type]
