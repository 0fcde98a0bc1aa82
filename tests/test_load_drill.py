"""The drill of mixed load, a few seconds of it; the ten minutes are `./run drill load` (bench/LOAD.md)."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest

from drills.load import drill
from drills.load.load_report import keep

SECONDS, AGENCIES = 8.0, 20


@pytest.mark.slow
@pytest.mark.postgres
@pytest.mark.timeout(600)
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_real_clients_lose_nothing_and_what_they_saw_is_reported(
    database: Literal["sqlite", "postgresql"], tmp_path: Path
) -> None:
    """Officers, agencies, the public, programs, pages and a follower; then log, audit and check are judged."""
    outcome = drill.one_run(database, AGENCIES, SECONDS)
    assert outcome.known.events
    assert {"record: lapse", "program: standing"} <= set(outcome.measured.seconds)
    wrong = {kind: dict(found) for kind, found in outcome.measured.errors.items() if found}
    assert not {kind for kind, found in wrong.items() if any(not what.startswith("404") for what in found)}, wrong
    report = tmp_path / "LOAD.md"
    for _ in range(2):
        keep(report, outcome)
    assert report.read_text("utf-8").count(f"## {outcome.title}\n") == 1
    assert "| record: lapse |" in report.read_text("utf-8")
