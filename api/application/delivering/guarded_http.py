"""HTTP to addresses that somebody typed: only to networks that are allowed, and to nothing else by any detour.

A name is resolved once, every address of it is judged, and the connection goes to the address that was judged: what the
name says a moment later (DNS rebinding) does not matter. Redirects are not followed, proxies of the environment are
not asked, the answer is read up to a limit and a time. TLS names and checks the host as typed.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterable, Mapping
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import NamedTuple
from urllib.parse import urlsplit

from httpcore2 import (
    SOCKET_OPTION,
    AnyIOBackend,
    AsyncConnectionPool,
    AsyncNetworkBackend,
    AsyncNetworkStream,
    NetworkError,
    ProtocolError,
    TimeoutException,
    UnsupportedProtocol,
)

MOST_BYTES = 64 * 1024
MOST_ADDRESS = 2000
Address = IPv4Address | IPv6Address
Networks = tuple[IPv4Network | IPv6Network, ...]
_EMBEDDING = ip_network("64:ff9b::/96"), ip_network("64:ff9b:1::/48"), ip_network("2002::/16"), ip_network("2001::/32")
"""IPv6 networks in whose addresses an IPv4 address hides, which may be a private one (NAT64, 6to4, Teredo)."""


class NotAllowed(Exception):
    """The address is not one that may be reached; nothing was sent."""


class HttpFailed(Exception):
    """No answer: no connection, broken off, or too slow."""


class HookAnswer(NamedTuple):
    """An answer: its status and the beginning of its body."""

    status: int
    body: bytes


def networks_of(setting: str) -> Networks:
    """The networks that a setting allows besides the public internet."""
    return tuple(ip_network(one) for one in setting.split(",") if one)


def is_allowed(address: Address, networks: Networks) -> bool:
    """Whether an address is in the public internet, or in an allowed network."""
    plain: Address = address
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        plain = address.ipv4_mapped
    if any(plain in network for network in networks if network.version == plain.version):
        return True
    hides = any(plain in network for network in _EMBEDDING if network.version == plain.version)
    return plain.is_global and not plain.is_multicast and not plain.is_reserved and not hides


def require_address(url: str, networks: Networks) -> None:
    """An address that may be typed: https, or http to a literal address in an allowed network; no password in it.

    Raises: NotAllowed. What its name resolves to is judged with every connection.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise NotAllowed(f"no address: {error}") from error
    if len(url) > MOST_ADDRESS or not url.isascii() or any(one <= " " for one in url):
        raise NotAllowed("an address has up to 2,000 plain characters without blanks")
    more = "@" in parts.netloc or parts.fragment or port == 0
    if parts.scheme not in ("http", "https") or not parts.hostname or more:
        raise NotAllowed("an address is https://host/path, without a user and without #")
    literal = _literal(parts.hostname)
    if literal is not None and not is_allowed(literal, networks):
        raise NotAllowed(f"{literal} is not in a network that may be reached (STEWARD_WEBHOOK_NETWORKS)")
    within = literal is not None and any(literal in one for one in networks if one.version == literal.version)
    if parts.scheme == "http" and not within:
        raise NotAllowed("http without TLS is for literal addresses in allowed networks only")


def _literal(host: str) -> Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


class GuardedBackend(AsyncNetworkBackend):
    """Connects to addresses that were judged."""

    def __init__(self, networks: Networks) -> None:
        self._networks, self._plain = networks, AnyIOBackend()
        self._connected: list[AsyncNetworkStream] = []

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[SOCKET_OPTION] | None = None,
    ) -> AsyncNetworkStream:
        """Resolve, judge all addresses, connect to the first. Raises: NotAllowed, NetworkError."""
        loop = asyncio.get_running_loop()
        try:
            found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError as error:
            raise NetworkError(f"the name {host} is not found") from error
        addresses = [ip_address(str(one[4][0]).partition("%")[0]) for one in found]
        for address in addresses:
            if not is_allowed(address, self._networks):
                raise NotAllowed(f"{host} is {address}, which is not in a network that may be reached")
        made = await self._plain.connect_tcp(str(addresses[0]), port, timeout, local_address, socket_options)
        self._connected.append(made)
        return made

    async def hang_up(self) -> None:
        """Drop every connection: the pool forgets one whose TLS was still being agreed on when the time was over."""
        while self._connected:
            await self._connected.pop().aclose()

    async def sleep(self, seconds: float) -> None:
        """Wait, between tries of a connection."""
        await self._plain.sleep(seconds)


async def post(url: str, body: bytes, headers: Mapping[str, str], networks: Networks, seconds: float) -> HookAnswer:
    """Post bytes; the answer, whatever its status. Raises: NotAllowed, HttpFailed."""
    require_address(url, networks)
    waits = dict.fromkeys(("connect", "read", "write", "pool"), seconds)
    sent, backend = list(headers.items()), GuardedBackend(networks)
    try:
        async with (
            asyncio.timeout(seconds),
            AsyncConnectionPool(network_backend=backend) as pool,
            pool.stream("POST", url, headers=sent, content=body, extensions={"timeout": waits}) as answer,
        ):
            read = bytearray()
            async for part in answer.aiter_stream():
                read += part
                if len(read) > MOST_BYTES:
                    break
            return HookAnswer(answer.status, bytes(read[:MOST_BYTES]))
    except (NetworkError, ProtocolError, TimeoutException, UnsupportedProtocol, TimeoutError, OSError) as error:
        raise HttpFailed(f"{type(error).__name__}: {error}") from error
    finally:
        await backend.hang_up()
