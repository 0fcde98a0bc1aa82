"""How much may be asked: bytes of a body, heavy questions at a time, requests and failures per minute.

How many requests an address and a token may make a minute, counted in this process (api.md: 429, Retry-After).

A moving window in steps of a second. Memory is bounded: who was seen longest ago is forgotten first. (The store of the
package `limits` keeps every key that it ever saw, and starts threads: who invents tokens could fill the memory.)

How large a request's body may be, by its route: small where little is said, and small where anybody may send it.

What a body costs before it is refused is paid by everybody who waits meanwhile, so it must not grow with what a
stranger sends: bytes, members (`api/application/parsing/strict_json.py`), and with them the errors of validation.

Questions that replay whole histories: few at a time, the next ones wait in a short queue.

So a burst of them leaves threads and cores to who records and to who asks for a standing; and each caller has a fair
share of the places (`fair.py`).
"""

from __future__ import annotations

import hashlib
import ipaddress
import time
from collections import OrderedDict, deque
from collections.abc import Hashable
from functools import lru_cache
from typing import NamedTuple

from starlette.requests import cookie_parser
from starlette.types import Scope

from api.application.parsing.strict_json import MOST_MEMBERS
from api.application.privacy.authorisation import (
    APPEAL_WHAT_IF,
    BATCH_PREVIEW,
    BATCHES,
    PUBLIC,
    WHAT_IF,
    WORKBOOK_FACTS,
    Caller,
    rights_of,
)
from api.application.problem_types import TooManyRequests
from api.http.limits.fair import Asker, FairPlaces
from api.http.request import COOKIE
from domain.errors import Busy
from domain.values import Role

WINDOW_SECONDS = 60
MOST_KEYS = 50_000
FAILED_COSTS = 10
"""What a stranger's failed try counts for its address (`middleware.py` says which those are): guessing ends soon."""
NOT_COUNTED = frozenset({"/healthz", "/readyz"})
"""Asked by the machinery around the service, and cheap."""


class _Seen:
    """The last minute of one key: how much in each second, and in all."""

    __slots__ = ("steps", "total")

    def __init__(self) -> None:
        self.steps: deque[list[int]] = deque()
        self.total = 0

    def add(self, second: int, cost: int) -> None:
        """Count."""
        if self.steps and self.steps[-1][0] == second:
            self.steps[-1][1] += cost
        else:
            self.steps.append([second, cost])
        self.total += cost


class Window:
    """Requests of the last minute by key; at most `most`, and 0 for no limit."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._seen: OrderedDict[Hashable, _Seen] = OrderedDict()

    def wait(self, key: Hashable, now: float, cost: int = 1) -> int:
        """Count a request, or give the seconds after which it would be taken; 0 when it is taken."""
        if not self._most:
            return 0
        seen = self._of(key, now)
        over = seen.total + cost - self._most
        if over <= 0:
            seen.add(int(now), cost)
            return 0
        for second, count in seen.steps:
            over -= count
            if over <= 0:
                return max(1, second + WINDOW_SECONDS - int(now))
        return WINDOW_SECONDS

    def add(self, key: Hashable, now: float, cost: int) -> None:
        """Count what was taken already."""
        if self._most:
            self._of(key, now).add(int(now), cost)

    def _of(self, key: Hashable, now: float) -> _Seen:
        """What still counts of a key."""
        seen = self._seen.get(key)
        if seen is None:
            seen = self._seen[key] = _Seen()
            if len(self._seen) > MOST_KEYS:
                self._seen.popitem(last=False)
        else:
            self._seen.move_to_end(key)
        steps = seen.steps
        while steps and steps[0][0] <= now - WINDOW_SECONDS:
            seen.total -= steps.popleft()[1]
        return seen


class Rates:
    """What the edge asks before it lets a request in. Called from the event loop only: nothing is locked."""

    def __init__(self, per_address: int, per_token: int) -> None:
        self._addresses, self._tokens = Window(per_address), Window(per_token)

    def let_in(self, scope: Scope) -> None:
        """Count a request for its address and for the token or session it carries. Raises: TooManyRequests."""
        if scope["path"] in NOT_COUNTED:
            return
        now = time.monotonic()
        waits = self._addresses.wait(address_of(scope), now)
        secret = secret_in(scope)
        if not waits and secret is not None:
            waits = self._tokens.wait(hashlib.sha256(secret).digest(), now)
        if waits:
            raise TooManyRequests(
                f"请求过于频繁，请 {waits} 秒后再试",
                f"too many requests: try again in {waits} seconds",
                remedy="请降低频率；大量事实请用 steward import，持续跟进请用 GET /v1/log",
                remedy_en="Ask less often; use steward import for many facts and GET /v1/log to follow.",
                seconds=waits,
            )

    def failed(self, scope: Scope) -> None:
        """The request was a stranger's failed try."""
        self._addresses.add(address_of(scope), time.monotonic(), FAILED_COSTS - 1)


def address_of(scope: Scope) -> str:
    """Who is counted: the client's address, as the server has it from the socket or from a trusted proxy.

    Of IPv6 the first 64 bits: whoever has one address there has all of them.
    """
    client = scope.get("client")
    return "-" if client is None else _network(client[0])


@lru_cache(maxsize=10_000)
def _network(host: str) -> str:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, 64), strict=False))
    return host


def secret_in(scope: Scope) -> bytes | None:
    """What a request names its sender by: the Authorization header, else the cookie of a session."""
    found = None
    for name, value in scope["headers"]:
        if name == b"authorization":
            return bytes(value)
        if name == b"cookie":
            found = cookie_parser(value.decode("latin-1")).get(COOKIE, found)
    return None if found is None else found.encode()


SMALL_BYTES = 64 * 1024
"""Room for a survey form with the longest comments, however they are escaped; an account or a token needs less."""
SMALL_MEMBERS = 1_000
_MANY = frozenset({"/v1/assessments/{year}/publication", BATCHES, BATCH_PREVIEW})
"""Bodies that may name very many agencies: a year's waivers (R25), a batch."""
MANY_MEMBERS = 60_000


class BodyLimits(NamedTuple):
    """What one body may have."""

    bytes: int
    members: int

    def within(self, most_bytes: int) -> int:
        """The bytes, where the service as a whole takes fewer."""
        return min(self.bytes, most_bytes)


def limits_of(method: str, path: str) -> BodyLimits:
    """The limits of a route; `bytes` as many as the setting `body_limit` gives where nothing smaller is due."""
    rights = rights_of(method, path)
    if rights is PUBLIC or rights.keys() == {Role.ADMIN}:
        return BodyLimits(SMALL_BYTES, SMALL_MEMBERS)
    return BodyLimits(2**62, MANY_MEMBERS if path in _MANY else MOST_MEMBERS)


HEAVY = frozenset(
    {
        ("POST", WHAT_IF),
        ("POST", APPEAL_WHAT_IF),
        ("POST", BATCH_PREVIEW),
        ("GET", "/v1/agencies/{uscc}/timeline"),
        ("GET", "/v1/agencies/{uscc}/comparison"),
        ("GET", "/v1/agencies/{uscc}/certificate"),
        ("GET", "/v1/agencies/{uscc}/results/{year}"),
        ("GET", "/v1/appeals/{id}"),
        ("GET", "/v1/appeals/{id}/dossier"),
        ("GET", "/v1/appeals/{appeal}/explanation"),
        ("GET", "/v1/appeals/{appeal}/decision-letter"),
        ("GET", "/v1/notice-links/{secret}/letter"),
        ("GET", "/v1/assessments/{year}/results-paper"),
        ("GET", "/v1/assessments/{year}/sheets-paper"),
        ("GET", "/v1/assessments/{year}"),
        ("GET", "/v1/hints"),
        ("GET", "/v1/notices"),
        ("GET", WORKBOOK_FACTS),
    }
)
"""The routes that take part."""


class ConcurrencyLimit(FairPlaces):
    """The places of one process, shared fairly by role and by token: an agency is one, however many tokens it has.

    One caller has at most half of them, one role never all (where there are two): whoever else asks finds a free one.
    """

    def __init__(self, at_once: int, waiting: int) -> None:
        super().__init__(
            at_once,
            waiting,
            too_many,
            of_one=max(1, at_once // 2),
            of_group=max(1, at_once - 1),
            waiting_of_one=(waiting + 3) // 4,
        )


def asker_of(caller: Caller | None, address: str) -> Asker:
    """Who is counted for a question: the enterprise, else the token or session; without any, the address."""
    if caller is None:
        return Asker("public", address)
    return Asker(caller.role, caller.uscc or caller.scope)


def too_many() -> Busy:
    """The refusal of what would take much work while enough of it waits already."""
    return Busy(
        "需要大量计算的查询太多",
        "too many questions that take much work wait already",
        remedy="请稍后重试",
        remedy_en="Try again in a moment.",
    )
