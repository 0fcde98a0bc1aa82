"""The drill of processes that die at each step of writing, a small one; the big one is `./run drill kills`."""

from __future__ import annotations

import random
from importlib import import_module

import pytest

from drills import run
from drills.kills import drill
from drills.kills.points import MOMENTS, POINTS, KillPoint, steps


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_nothing_acknowledged_is_lost_or_doubled_on_sqlite_however_the_process_dies() -> None:
    """Recording, sequencing, signing, publishing, telling, starting; audit and check find nothing."""
    assert drill.sqlite_kills(20, random.Random(11)).total() == 20


@pytest.mark.slow
@pytest.mark.postgres
@pytest.mark.timeout(900)
def test_nothing_acknowledged_is_lost_or_doubled_on_postgresql_however_the_process_dies() -> None:
    """The same, and the server itself dies now and then."""
    assert drill.postgresql_kills(10, random.Random(12)).total() == 10


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
