"""A few places and a queue in which everybody gets a fair share: whoever asks much waits behind themselves.

Askers belong to groups (roles, say). Whose turn it is goes round the groups, and in each round its askers; so one who
sends eighty requests holds up their own, and next to nobody else. One asker, or one group, may also be kept from taking
all places at once, so that somebody else finds one free. When the queue is full, the newest request of whoever has most
in it is sent away.
"""

from __future__ import annotations

import asyncio
from collections import Counter, OrderedDict, deque
from collections.abc import AsyncIterator, Callable, Hashable
from contextlib import asynccontextmanager
from typing import NamedTuple

from domain.errors import Refusal


class Asker(NamedTuple):
    """Who waits: a group, and one of it."""

    group: Hashable
    one: Hashable


Turn = asyncio.Future[None]


class FairPlaces:
    """Places of one process, used from its event loop only. `of_one`, `of_group`: places that may be had at once."""

    def __init__(
        self,
        at_once: int,
        waiting: int,
        full: Callable[[], Refusal],
        *,
        of_one: int | None = None,
        of_group: int | None = None,
        waiting_of_one: int | None = None,
    ) -> None:
        self._free, self._most, self._full = at_once, waiting, full
        self._of_one, self._of_group = of_one or at_once, of_group or at_once
        self._waiting_of_one = waiting if waiting_of_one is None else waiting_of_one
        self._working: Counter[Hashable] = Counter()
        self._queues: OrderedDict[Hashable, OrderedDict[Asker, deque[Turn]]] = OrderedDict()

    @property
    def waiting(self) -> int:
        """How many wait for their turn."""
        return sum(len(turns) for queues in self._queues.values() for turns in queues.values())

    @asynccontextmanager
    async def place(self, asker: Asker) -> AsyncIterator[None]:
        """Work in the block, when it is one's turn. Raises: what `full` gives, when too many wait already."""
        turn = self._enter(asker)
        try:
            await turn
        except BaseException:  # given up, or sent away
            self._give_up(asker, turn)
            raise
        try:
            yield
        finally:
            self._leave(asker)

    def _enter(self, asker: Asker) -> Turn:
        turn: Turn = asyncio.get_running_loop().create_future()
        queues = self._queues.setdefault(asker.group, OrderedDict())
        own = queues.setdefault(asker, deque())
        own.append(turn)
        self._hand_out()
        if not turn.done():
            if len(own) > self._waiting_of_one:
                self._send_away(asker)
            elif self.waiting > self._most:
                self._send_away(self._greediest(asker))
        return turn

    def _greediest(self, newcomer: Asker) -> Asker:
        """Who has most waiting; of equals the newcomer."""
        longest, greediest = len(self._queues[newcomer.group][newcomer]), newcomer
        for queues in self._queues.values():
            for asker, turns in queues.items():
                if len(turns) > longest:
                    longest, greediest = len(turns), asker
        return greediest

    def _send_away(self, asker: Asker) -> None:
        """The newest of an asker's requests; one that was given up just now makes room as well."""
        turn = self._queues[asker.group][asker].pop()
        if not turn.done():
            turn.set_exception(self._full())
        self._tidy(asker)

    def _hand_out(self) -> None:
        """Give what is free to whose turn it is."""
        while self._free:
            asker = self._next()
            if asker is None:
                return
            queues = self._queues[asker.group]
            turn = queues[asker].popleft()
            if turn.done():  # cancelled, and its task has not run since to take it out of the queue itself
                self._tidy(asker)
                continue
            turn.set_result(None)
            queues.move_to_end(asker)
            self._queues.move_to_end(asker.group)
            self._tidy(asker)
            self._free -= 1
            self._working[asker] += 1
            self._working[asker.group] += 1

    def _next(self) -> Asker | None:
        for group, queues in self._queues.items():
            if self._working[group] < self._of_group:
                for asker in queues:
                    if self._working[asker] < self._of_one:
                        return asker
        return None

    def _give_up(self, asker: Asker, turn: Turn) -> None:
        queues = self._queues.get(asker.group)
        turns = None if queues is None else queues.get(asker)
        if turns is not None and turn in turns:
            turns.remove(turn)
            self._tidy(asker)
        elif not turn.cancelled() and turn.exception() is None:  # it was their turn at that very moment
            self._leave(asker)

    def _leave(self, asker: Asker) -> None:
        self._free += 1
        for key in (asker, asker.group):
            self._working[key] -= 1
            if not self._working[key]:
                del self._working[key]
        self._hand_out()

    def _tidy(self, asker: Asker) -> None:
        """Nobody who has nothing waiting is remembered."""
        queues = self._queues[asker.group]
        if not queues[asker]:
            del queues[asker]
        if not queues:
            del self._queues[asker.group]
