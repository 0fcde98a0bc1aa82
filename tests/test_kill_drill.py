"""The drill of processes that die at each step of writing, a small one; the big one is `./run drill kills`."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from drills import run
from drills.common import Failed
from drills.kills import drill
from drills.kills.patience import moving
from drills.kills.points import MOMENTS, POINTS, KillPoint, steps
from drills.kills.tally import Judged, Tally

KILLS = {"sqlite": 8, "postgresql": 6}
"""A process takes seconds to come to its step, with clients that never rest: so many here, hundreds by command."""


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_nothing_acknowledged_is_lost_or_doubled_on_sqlite_however_the_process_dies(tmp_path: Path) -> None:
    """Recording, sequencing, signing, publishing, telling, starting; audit and check find nothing."""
    tally = Tally(tmp_path / "tally")
    drill.sqlite_kills(KILLS["sqlite"], 11, tally)
    drill.sqlite_kills(KILLS["sqlite"], 11, tally)
    assert tally.deaths("sqlite") == Tally(tmp_path / "tally").deaths("sqlite") == KILLS["sqlite"]


@pytest.mark.slow
@pytest.mark.postgres
@pytest.mark.timeout(900)
def test_nothing_acknowledged_is_lost_or_doubled_on_postgresql_however_the_process_dies() -> None:
    """The same, and the server itself dies now and then."""
    tally = Tally()
    drill.postgresql_kills(KILLS["postgresql"], 12, tally)
    assert tally.deaths("postgresql") == KILLS["postgresql"]


@pytest.mark.parametrize("point", POINTS, ids=lambda one: str(one.where))
def test_every_step_is_one_that_the_product_has(point: KillPoint) -> None:
    """A function that was renamed would be a step at which nothing dies any more."""
    module, _, path = point.where.partition(":")
    owner: object = import_module(module)
    for name in path.split("."):
        owner = getattr(owner, name)
    assert callable(owner)
    assert {(point, moment) for moment in MOMENTS} <= {*steps("sqlite"), *steps("postgresql")}


def test_long_drills_are_run_by_name_and_take_options(capsys: pytest.CaptureFixture[str]) -> None:
    """What they are given is theirs; options without a name, or for several, are refused."""
    assert {"kills", "load", "faults"} <= set(run.names())
    assert run.main(["--sqlite", "1"]) == 2
    assert run.main(["faults", "kills", "--sqlite", "1"]) == 2
    assert run.main(["kills", "--sqlite", "0", "--postgres", "0"]) == 0
    assert "passed" in capsys.readouterr().out


def test_runs_go_on_from_what_was_judged_and_add_up(tmp_path: Path) -> None:
    """Each ledger is on the disk once it was judged; each has chances of its own."""
    first = Tally(tmp_path / "tally")
    first.add(
        Judged("sqlite", 50, 1_700, "1/sqlite/0", {"recording": 49, "outbox": 1}, version="1.0.0+aa", at="2026-01-02")
    )
    again = Tally(tmp_path / "tally")
    lacking = [(number, begun) for number, _, begun in _three(again)]
    assert lacking == [(50, "2/sqlite/50"), (20, "2/sqlite/100")]
    (line,) = again.lines()
    said = json.loads(line.removeprefix("KILLS "))
    assert (said["database"], said["deaths"], said["ledgers"]) == ("sqlite", 120, 3)
    assert (said["acknowledged"], said["lost"], said["doubled"]) == (1_702, 0, 0)
    assert said["parts"] == {"outbox": 1, "recording": 119}
    assert said["first"] == "2026-01-02"


def _three(tally: Tally) -> Iterator[tuple[int, random.Random, str]]:
    """What is lacking until 120, each judged at once."""
    for number, chance, begun in drill.lacking("sqlite", 120, 2, tally):
        yield number, chance, begun
        tally.add(Judged("sqlite", number, 1, begun, {"recording": number}))


def test_what_moves_is_waited_for_and_what_stands_still_is_not() -> None:
    """Slow is no fault: each step begins the time anew. The last that was seen is said."""
    steps_left = iter(range(5, -1, -1))
    assert moving(lambda: next(steps_left), lambda seen: seen == 0, "slow", still=1.0) == 0
    with pytest.raises(Failed, match="stuck: nothing has moved for 0 s: 7"):
        moving(lambda: 7, lambda seen: seen == 0, "stuck", still=0.0)
