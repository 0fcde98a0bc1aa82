"""Places in which everybody has a fair share, however much one of them asks for."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Coroutine
from typing import Any

import pytest

from api.http.limits.fair import Asker, FairPlaces
from api.http.limits.rates import ConcurrencyLimit
from domain.errors import Busy

GREEDY, MODEST = Asker("agency", "A"), Asker("regulator", "R")


def run(story: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(story, 20))


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


class Visits:
    """People in a queue: who works now, in which order they came to it, who was sent away."""

    def __init__(self, places: FairPlaces) -> None:
        self._places = places
        self.began: list[Asker] = []
        self.away: list[Asker] = []
        self._ends: list[tuple[Asker, asyncio.Event]] = []
        self._tasks: list[asyncio.Task[None]] = []

    async def come(self, asker: Asker, times: int = 1) -> None:
        self._tasks += [asyncio.create_task(self._visit(asker)) for _ in range(times)]
        await settle()

    async def _visit(self, asker: Asker) -> None:
        try:
            async with self._places.place(asker):
                self.began.append(asker)
                end = asyncio.Event()
                self._ends.append((asker, end))
                await end.wait()
        except Busy:
            self.away.append(asker)

    async def end_one(self) -> None:
        """The one who has worked for longest is done."""
        self._ends.pop(0)[1].set()
        await settle()

    @property
    def at_work(self) -> list[Asker]:
        return [asker for asker, _ in self._ends]

    async def all_done(self) -> None:
        while self._ends:
            await self.end_one()
        await asyncio.gather(*self._tasks)


def busy() -> Busy:
    return Busy("满", "full")


def test_one_who_asks_eighty_times_does_not_starve_another() -> None:
    """The regulator finds a place free though an agency has sent eighty; and none of the regulator's is sent away."""

    async def story() -> None:
        visits = Visits(ConcurrencyLimit(4, 64))
        await visits.come(GREEDY, 80)
        assert visits.at_work == [GREEDY] * 2, "half of the places"
        assert set(visits.away) == {GREEDY}
        await visits.come(MODEST)
        assert visits.at_work == [GREEDY, GREEDY, MODEST], "at once"
        for _ in range(17):
            await visits.come(MODEST)
            await visits.end_one()
        await visits.all_done()
        assert visits.began.count(MODEST) == 18
        assert MODEST not in visits.away
        assert visits.began.count(GREEDY) == 2 + 16

    run(story())


def test_many_of_one_role_leave_a_place_to_the_others() -> None:
    """Whoever makes ten tokens of one role has three of four places, and the fourth is free for another role."""

    async def story() -> None:
        visits = Visits(ConcurrencyLimit(4, 64))
        for number in range(10):
            await visits.come(Asker("agency", number), 4)
        assert len(visits.at_work) == 3
        await visits.come(MODEST)
        assert visits.at_work[-1] == MODEST
        await visits.all_done()

    run(story())


def test_turns_go_round_groups_and_askers() -> None:
    """With one place: a group after the other, and within it one asker after the other, each in the order they came."""

    async def story() -> None:
        a, b, c = Asker("x", "a"), Asker("x", "b"), Asker("y", "c")
        visits = Visits(FairPlaces(1, 100, busy))
        for asker, times in ((a, 4), (b, 2), (c, 2)):
            await visits.come(asker, times)
        await visits.all_done()
        assert visits.began == [a, a, c, b, c, a, b, a]

    run(story())


def test_a_full_queue_sends_away_whoever_has_most_in_it() -> None:
    """Not the one who comes last with a single request."""

    async def story() -> None:
        visits = Visits(FairPlaces(1, 5, busy))
        await visits.come(GREEDY, 6)
        assert visits.away == []
        await visits.come(MODEST)
        assert visits.away == [GREEDY]
        await visits.come(GREEDY)
        assert visits.away == [GREEDY] * 2
        await visits.all_done()
        assert MODEST in visits.began[:3]

    run(story())


def test_nobody_waits_where_nobody_may() -> None:
    """No queue: a place that is free is taken, and else one is sent away."""

    async def story() -> None:
        visits = Visits(FairPlaces(1, 0, busy))
        await visits.come(MODEST, 2)
        assert (visits.at_work, visits.away) == ([MODEST], [MODEST])
        await visits.all_done()

    run(story())


@pytest.mark.parametrize("meanwhile", ["a place comes free", "somebody is to be sent away"])
def test_one_who_gives_up_holds_up_nobody(meanwhile: str) -> None:
    """A request is cancelled, and before its task has run again it is its turn, or it is the newest of a full queue."""

    async def story() -> None:
        places, end, began = FairPlaces(1, 2, busy), asyncio.Event(), []

        async def visit(asker: Asker, name: str) -> None:
            async with places.place(asker):
                began.append(name)
                await end.wait()

        first, second, third = (asyncio.create_task(visit(GREEDY, name)) for name in ("1st", "2nd", "3rd"))
        await settle()
        if meanwhile == "a place comes free":
            end.set()  # wakes the first before the one who gives up
            others = [first, third]
            second.cancel()
        else:
            others = [first, second, asyncio.create_task(visit(MODEST, "4th"))]  # comes before the task of the third
            third.cancel()
            await settle()
            end.set()
        await asyncio.gather(*others)
        assert len(began) == len(others)
        assert (places.waiting, places._free, places._queues) == (0, 1, {})

    run(story())


@pytest.mark.parametrize("seed", range(5))
def test_no_place_is_lost_or_had_twice(seed: int) -> None:
    """Whoever comes, works, fails or gives up, at any moment: at most so many at once, and all are free at the end."""

    async def story() -> None:
        chance, places, now = random.Random(seed), FairPlaces(3, 8, busy, of_one=2, of_group=3), 0

        async def visit(asker: Asker) -> None:
            nonlocal now
            try:
                async with places.place(asker):
                    now += 1
                    assert now <= 3
                    try:
                        await asyncio.sleep(chance.random() / 200)
                        if chance.random() < 0.2:
                            raise ZeroDivisionError
                    finally:
                        now -= 1
            except (Busy, ZeroDivisionError):
                pass

        tasks = []
        for _ in range(300):
            asker = Asker(chance.choice("xy"), chance.randrange(4))
            tasks.append(asyncio.create_task(visit(asker)))
            if chance.random() < 0.3:
                chance.choice(tasks).cancel()
            await asyncio.sleep(chance.random() / 500)
        done = await asyncio.gather(*tasks, return_exceptions=True)
        assert {type(one) for one in done} <= {type(None), asyncio.CancelledError}
        assert (places.waiting, places._free, places._queues, places._working) == (0, 3, {}, {})

    run(story())
