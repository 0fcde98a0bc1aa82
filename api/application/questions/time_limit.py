"""Until when one piece of work has to be done: a question that supposes much is stopped, not waited for."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

from api.application.problem_types import OutOfTime

T = TypeVar("T")


class TimeLimit:
    """Until when a piece of work has to be done; asked for between its steps."""

    def __init__(self, seconds: float) -> None:
        self._seconds, self._until = seconds, time.monotonic() + seconds

    def check(self) -> None:
        """Go on while there is time. Raises: OutOfTime."""
        if time.monotonic() > self._until:
            raise OutOfTime(
                f"计算超过 {self._seconds:g} 秒，已停止；没有写入任何内容",
                f"this took more than {self._seconds:g} seconds and was stopped; nothing was written",
                remedy="请减少假设的事项，分几次查询",
                remedy_en="Suppose less at a time.",
            )

    def each(self, items: Iterable[T]) -> Iterator[T]:
        """One after the other, as long as there is time. Raises: OutOfTime."""
        for one in items:
            self.check()
            yield one
