"""Who asks what under load: officers who record, agencies, the public, programs that ask of the past, people on pages,
and a program that follows the log. Each pauses as people do; who is slowed down asks less, so rates say little.
"""

from __future__ import annotations

import asyncio
import random
import time
import uuid
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from urllib.parse import quote, urlencode

from demo.invented_names import uscc
from domain.values import instant
from drills.load.http_clients import HttpClient, Measured

FIRST_DAY, DAYS = date(2022, 1, 3), 1_600
FILED_MEANWHILE = 9_000_000
PAUSES = {"officer": 0.3, "agency": 0.5, "public": 0.5, "program": 0.1, "reader": 2.0}
"""Seconds between two requests of somebody, on the average."""
COUNTS = {"officer": 6, "agency": 6, "public": 6, "program": 4, "reader": 3}
"""How many there are of each."""


@dataclass
class Acknowledged:
    """What clients were told is recorded, and what the follower has seen."""

    events: dict[str, str] = field(default_factory=dict)
    """The agency of each event, by its id."""
    seen: Counter[int] = field(default_factory=Counter)
    """How often each place of the log came by the stream."""
    last_seen: int = 0
    out_of_order: int = 0
    reconnected: int = 0


@dataclass(frozen=True)
class Crowd:
    """All of them, over one service."""

    port: int
    codes: list[str]
    tokens: dict[str, str]
    """By role; of agencies by code."""
    login: tuple[str, str]
    begun: float
    until: float
    measured: Measured
    known: Acknowledged
    chance: random.Random

    async def run(self) -> None:
        """Until the time is over; then the follower goes on until it has seen all that was acknowledged."""
        acts = {
            "officer": self._officer,
            "agency": self._agency,
            "public": self._public,
            "program": self._program,
            "reader": self._reader,
        }
        following = asyncio.create_task(self._follow())
        await asyncio.gather(*(act() for name, act in acts.items() for _ in range(COUNTS[name])))
        end = await self._recorded_up_to()
        with suppress(TimeoutError):
            async with asyncio.timeout(120):
                while self.known.last_seen < end:
                    await asyncio.sleep(0.2)
        following.cancel()
        with suppress(asyncio.CancelledError):
            await following

    def _client(self, token: str = "", cookie: str = "") -> HttpClient:
        return HttpClient(self.port, self.measured, token, cookie)

    async def _pause(self, who: str) -> bool:
        """Wait a moment; whether there is time left."""
        await asyncio.sleep(self.chance.expovariate(1 / PAUSES[who]))
        return time.monotonic() < self.until

    def _code(self) -> str:
        return self.chance.choice(self.codes)

    def _day(self, after: int = 0) -> str:
        return (FIRST_DAY + timedelta(days=after + self.chance.randrange(DAYS - after))).isoformat()

    async def _recorded_up_to(self) -> int:
        heard = await self._client(self.tokens["association"]).ask("", "GET", "/v1/log?after=0&limit=1")
        await asyncio.sleep(3)  # what was recorded last gets its place
        heard = await self._client(self.tokens["association"]).ask("", "GET", "/v1/log?after=0&limit=1")
        return int(heard.content["sealed"])

    async def _officer(self) -> None:
        """Records what happens in a working day; now and then an agency is filed, a complaint received and decided."""
        client = self._client(self.tokens["association"])
        while await self._pause("officer"):
            code, draw = self._code(), self.chance.random()
            if draw < 0.1:
                number = FILED_MEANWHILE + self.chance.randrange(10**6)
                code = uscc(number)
                body = {"uscc": code, "name": f"机构{number}", "category": "综合安全管家", "submitted_on": self._day()}
                await self._record(client, "record: filing", "/v1/agencies", body, code)
            elif draw < 0.3:
                await self._complaint(client, code)
            elif draw < 0.6:
                body = {"inspected_on": self._day(), "findings": "资料齐全"}
                await self._record(client, "record: inspection", f"/v1/agencies/{code}/inspections", body, code)
            else:
                lapse = {"item": self.chance.choice((1, 4, 7, 9)), "occurred_on": self._day()}
                await self._record(client, "record: lapse", f"/v1/agencies/{code}/lapses", lapse, code)

    async def _complaint(self, client: HttpClient, code: str) -> None:
        day = self._day()
        body = {"received_on": day, "grounds": "poor_quality"}
        event = await self._record(client, "record: complaint", f"/v1/agencies/{code}/complaints", body, code)
        if event is not None:
            said = {"outcome": "dismissed", "decided_on": day, "findings": "不属实"}
            path = f"/v1/agencies/{code}/complaints/{event}/decision"
            await self._record(client, "record: decision", path, said, code)

    async def _record(
        self, client: HttpClient, kind: str, path: str, body: Mapping[str, object], code: str
    ) -> str | None:
        """Under one key until it is answered; the id of the fact where it is recorded."""
        key = str(uuid.uuid4())
        for _ in range(20):
            heard = await client.ask(kind, "POST", path, body, Idempotency_Key=key)
            if heard.status == 201:
                event = str(heard.content["events"][0]["id"])
                self.known.events[event] = code
                return event
            if heard.status not in (0, 503):
                return None
            await asyncio.sleep(1)
        return None

    async def _agency(self) -> None:
        """Looks at what is said of it."""
        code = self.chance.choice([one for one in self.tokens if one in set(self.codes)])
        client = self._client(self.tokens[code])
        while await self._pause("agency"):
            ask = self.chance.choice(("standing", "timeline", "file", "sheets/2025", "events"))
            await client.ask(f"agency: {ask}", "GET", f"/v1/agencies/{code}/{ask}")

    async def _public(self) -> None:
        """Looks a firm up."""
        client = self._client()
        while await self._pause("public"):
            path = self.chance.choice(
                ("/v1/public/agencies", f"/firms/{self._code()}", f"/search?q={quote('机构')}", "/")
            )
            await client.ask(f"public: {path.split('?')[0].split('/9')[0] or '/'}", "GET", path)

    async def _program(self) -> None:
        """Asks for standings on days of the past, as known then and as known now."""
        client = self._client(self.tokens["regulator"])
        while await self._pause("program"):
            path = f"/v1/agencies/{self._code()}/standing?as_of={self._day()}"
            if self.chance.random() < 0.5:
                ago = timedelta(seconds=self.chance.uniform(0, time.monotonic() - self.begun))
                past = instant(datetime.now(UTC) - ago)
                await client.ask("program: standing, past known_at", "GET", f"{path}&known_at={past}")
            else:
                await client.ask("program: standing", "GET", path)

    async def _reader(self) -> None:
        """Signs in and reads pages and lists."""
        login, password = self.login
        form = {"Content_Type": "application/x-www-form-urlencoded"}
        body = urlencode({"login": login, "password": password}).encode()
        signed = await self._client().ask("page: sign-in", "POST", "/sign-in", body, **form)
        client = self._client(cookie=signed.headers.get("set-cookie", ""))
        while await self._pause("reader"):
            path = self.chance.choice(
                ("/board", "/matters", "/agencies", f"/agencies/{self._code()}", "/rankings/2025")
            )
            kind = "/agencies/{uscc}" if path.count("/") > 1 and path.startswith("/agencies") else path
            await client.ask(f"page: {kind}", "GET", path)

    async def _follow(self) -> None:
        """Each place of the log as it is given, from the beginning; goes on after the last one known."""
        while True:
            client = self._client(self.tokens["association"])
            with suppress(OSError, asyncio.IncompleteReadError):
                async for index in client.follow("/v1/log?after=0", self.known.last_seen):
                    self.known.seen[index] += 1
                    self.known.out_of_order += index != self.known.last_seen + 1
                    self.known.last_seen = index
            self.known.reconnected += 1
            await asyncio.sleep(0.2)
