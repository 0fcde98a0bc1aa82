"""Import of reports, objections and hints; what records several facts at once is refused by name (R11, R37, R38)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from api.application.importer.lines import LineError
from api.application.importer.run import ImportOutcome, run_import
from domain.events import Event, HintDismissed
from domain.ledger.ledger import Ledger
from domain.values import instant
from projections.replay.queries import Hints, ReplayQueries
from tests.cli.import_files import CLIENT, agency_of, command, filing, write
from tests.databases import Databases
from tests.rows.ledgers import BOTH, new_ledger


@pytest.fixture(params=BOTH)
def ledger(request: pytest.FixtureRequest, databases: Databases) -> Iterator[Ledger]:
    """An opened ledger on either database."""
    with new_ledger(request.param, databases) as made:
        yield made


def imported(ledger: Ledger, file: Path) -> tuple[ImportOutcome, list[LineError]]:
    errors: list[LineError] = []
    return run_import(ledger, file, "赵六", on_error=errors.append), errors


def events(ledger: Ledger) -> tuple[Event, ...]:
    with ledger.reading() as reader:
        return reader.agency_events(agency_of(0))


def test_what_records_several_facts_is_not_imported(ledger: Ledger, tmp_path: Path) -> None:
    """A correction and an answer to an objection: refused at their lines, with the way out; nothing is recorded."""
    answer = {"answered_on": "2023-04-01", "outcome": "refused", "reasons": "属实"}
    replace: list[Any] = []
    lines = [
        filing(0),
        command(0, "lapses", "l", item=4, occurred_on="2023-03-01"),
        command(0, "corrections", event_id="$l", reason="有误", annulled_on="2023-04-01", replace=replace),
        {"post": "/v1/objections/x/answer", "body": answer},
    ]
    outcome, errors = imported(ledger, write(tmp_path / "f.jsonl", lines))
    assert (outcome.status, [(one.line, one.pointer) for one in errors]) == ("refused", [(3, "/post"), (4, "/post")])
    assert all("HTTP" in one.remedy for one in errors)
    assert events(ledger) == ()


def test_reports_objections_and_dismissed_hints_are_imported(ledger: Ledger, tmp_path: Path) -> None:
    """Reports and objections like any fact; a hint's agency is found by its id, an unknown one is refused."""
    answers = ["A", "A", "B", *"AAAAAAA"]
    facts = [
        filing(0),
        command(0, "surveys", client=CLIENT, year=2023, submitted_on="2023-05-04", answers=answers),
        command(0, "reports", "r", received_on="2023-05-05", behaviour="16.2"),
        command(0, "reports/$r/dismissal", "d", dismissed_on="2023-05-08", reason="查无实据"),
        command(0, "objections", filed_on="2023-05-09", event_id="$d", grounds="理由有误"),
    ]
    assert imported(ledger, write(tmp_path / "a.jsonl", facts))[0].recorded == 5
    with ledger.reading() as reader:
        basis = ReplayQueries(reader, instant(datetime.now(UTC))).basis(agency_of(0))
        hint = next(row for row in Hints(reader, None).of(basis) if row.behaviour == "16.4")

    def dismissal(id_: str) -> Path:
        body = {"dismissed_on": "2023-05-10", "reason": "误填"}
        return write(tmp_path / f"{id_[-3:]}.jsonl", [{"post": f"/v1/hints/{id_}/dismissal", "body": body}])

    assert imported(ledger, dismissal(hint.id))[0].recorded == 1
    assert type(events(ledger)[-1]) is HintDismissed
    for unknown in ("x", f"h-{agency_of(0)}-{'0' * 24}", f"h-{agency_of(5)}-{'1' * 24}"):
        outcome, (error,) = imported(ledger, dismissal(unknown))
        assert (outcome.status, error.pointer, error.rule) == ("refused", "/post", "R37")
