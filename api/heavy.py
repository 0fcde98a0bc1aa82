"""Questions that replay whole histories: few at a time, the next ones wait in a short queue, and none works for ever.

So a burst of them leaves threads and cores to who records and to who asks for a standing.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager
from typing import TypeVar

from api.permissions import APPEAL_WHAT_IF, WHAT_IF
from api.problem_types import OutOfTime
from domain.errors import Busy

T = TypeVar("T")
HEAVY = frozenset(
    {
        ("POST", WHAT_IF),
        ("POST", APPEAL_WHAT_IF),
        ("GET", "/v1/agencies/{uscc}/timeline"),
        ("GET", "/v1/agencies/{uscc}/comparison"),
        ("GET", "/v1/agencies/{uscc}/certificate"),
        ("GET", "/v1/agencies/{uscc}/results/{year}"),
        ("GET", "/v1/appeals/{id}"),
        ("GET", "/v1/appeals/{id}/dossier"),
        ("GET", "/v1/assessments/{year}"),
        ("GET", "/v1/hints"),
        ("GET", "/v1/notices"),
    }
)
"""The routes that take part."""


class Heavy:
    """The places of one process."""

    def __init__(self, at_once: int, waiting: int) -> None:
        self._places = asyncio.Semaphore(at_once)
        self._most, self._waiting = waiting, 0

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """Work in the block, when it is one's turn. Raises: Busy when too many wait already."""
        if self._places.locked() and self._waiting >= self._most:
            raise Busy(
                "需要大量计算的查询太多", "too many questions that take much work wait already",
                remedy="请稍后重试", remedy_en="Try again in a moment.",
            )  # fmt: skip
        self._waiting += 1
        try:
            await self._places.acquire()
        finally:
            self._waiting -= 1
        try:
            yield
        finally:
            self._places.release()


class Deadline:
    """Until when a piece of work has to be done; asked for between its steps."""

    def __init__(self, seconds: float) -> None:
        self._seconds, self._until = seconds, time.monotonic() + seconds

    def check(self) -> None:
        """Go on while there is time. Raises: OutOfTime."""
        if time.monotonic() > self._until:
            raise OutOfTime(
                f"计算超过 {self._seconds:g} 秒，已停止；没有写入任何内容",
                f"this took more than {self._seconds:g} seconds and was stopped; nothing was written",
                remedy="请减少假设的事项，分几次查询", remedy_en="Suppose less at a time.",
            )  # fmt: skip

    def each(self, items: Iterable[T]) -> Iterator[T]:
        """One after the other, as long as there is time. Raises: OutOfTime."""
        for one in items:
            self.check()
            yield one
