"""What one more fact changes of a year, told from the facts beside it, is what counting the year says (R22, R23)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import islice
from random import Random
from typing import Any

import pytest

from bench.generate import History, command_of, record
from bench.place import fill
from domain.events import Event, EventAnnulled, ProjectStarted, Sealed, SurveyClosed
from domain.ledger.ledger import Ledger
from domain.store.log.event_index_sql import StoredEntries
from domain.trail.event_index import EventIndexInMemory
from domain.trail.keys import DayWindow, ends_at, forms_at, projects_at, scores_at, type_key
from domain.trail.trail import Trail
from domain.values import agency_stream
from projections.rebuild.reproject import differences, laws_of, made_anew
from projections.rows.client_years import served_years
from projections.rows.write import score_rows
from projections.rows.write.clients import wanted_of_clients
from projections.rows.write.clients.one_fact_more import YearStep, one_more
from projections.rows.write.current_rows import CurrentRows, merged
from projections.rows.write.projector import rows_in_memory
from projections.rows.write.row_context import Context
from projections.rows.write.worklist_rows import MATTERS
from tests.databases import Databases
from tests.rows.ledgers import BOTH, new_ledger
from tests.rows.test_client_years import CLIENTS, history
from tests.specification import District

LAW = District().law
SEEDS = 250
WHY = Sealed("s", "")


def dense(seed: int) -> list[Event]:
    """Several short histories of the same two clients as one: nothing of years that have not begun, some annulled."""
    chance, made = Random(seed), list[Event]()
    for part in range(3):
        ids: dict[str, str] = {}
        for event in history(Random(f"{seed} {part}")):
            if getattr(event, "year", 0) > event.occurred_on.year:
                continue
            ids[event.id] = f"event-{part}-{event.version}"
            own: dict[str, Any] = {"id": ids[event.id], "version": len(made) + 1}
            own["recorded_at"] = f"2024-01-01T00:00:00.{len(made) + 1:06}Z"
            if getattr(event, "project_id", None) is not None:
                own["project_id"] = ids[event.project_id]  # type: ignore[attr-defined]  # asked for above
            made.append(_with(event, own))
            if chance.random() < 0.08:
                gone: dict[str, Any] = {"id": f"gone-{len(made)}", "version": len(made) + 1, "event_id": made[-1].id}
                gone["recorded_at"] = f"2024-01-01T00:00:00.{len(made) + 1:06}Z"
                envelope = {name: getattr(event, name) for name in ("stream", "occurred_on", "actor", "via")}
                made.append(EventAnnulled(**envelope, **gone, reason=WHY, basis=None))
    return made


def _with(event: Event, own: dict[str, Any]) -> Event:
    values = {name: getattr(event, name) for name in event.__struct_fields__}
    return type(event)(**{**values, **own})


def rows_of(live: CurrentRows) -> list[str]:
    """Every row, whether it stands or not."""
    return sorted(repr((row.place, row.step, row.known_from, row.known_to)) for row in live.opened)


@pytest.mark.shows("R22", "R23")
def test_it_is_what_counting_the_year_says(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whole histories projected both ways leave the same rows, and facts are told each way."""
    told = {"the same": 0, "another": 0, "counted": 0}

    def watched(context: Context, event: Event) -> list[YearStep] | None:
        found = one_more(context, event)
        told["counted" if found is None else "another" if found else "the same"] += 1
        return found

    for seed in range(SEEDS):
        events = dense(seed)
        monkeypatch.setattr(score_rows, "one_more", watched)
        short = rows_of(rows_in_memory(events, [("", LAW)])[0])
        monkeypatch.setattr(score_rows, "one_more", lambda *_: None)
        assert short == rows_of(rows_in_memory(events, [("", LAW)])[0]), seed
    assert min(told.values()) > 300, told


@pytest.mark.shows("R22", "R23")
def test_what_is_wanted_of_clients_is_what_all_facts_say() -> None:
    """Year by year as facts come, it ends with what is worked out from all facts that count at once."""
    compared = 0
    for seed in range(SEEDS):
        live, entries = rows_in_memory(dense(seed), [("", LAW)])
        counting = [one.event for one in entries.within("")]  # what has a day: projects, their ends, forms, scores
        counting = [event for event in counting if (entry := entries.one(event.id)) and entry.gone_at is None]
        closings = [one.event for one in entries.under([type_key(SurveyClosed)])]
        closings = [event for event in closings if (entry := entries.one(event.id)) and entry.gone_at is None]
        expected: dict[Any, Any] = {}
        for client in CLIENTS:
            projects = {one.id for one in counting if isinstance(one, ProjectStarted) and one.client == client}
            own = [
                one
                for one in counting
                if (one.client == client if hasattr(one, "client") else getattr(one, "project_id", None) in projects)
            ]
            served = served_years(LAW.rulebooks, client.uscc, own).values()
            expected |= wanted_of_clients._wanted(served, Trail([*own, *closings]))
        found = {place: live.steps(place) for place in live.places() if place.table == MATTERS}
        found = {place: steps for place, steps in found.items() if place.key.startswith(("survey:", "effect:"))}
        assert found == {place: merged(steps) for place, steps in expected.items()}, seed
        compared += len(found)
    assert compared > 500


@pytest.fixture(params=BOTH)
def ledger(request: pytest.FixtureRequest, databases: Databases) -> Iterator[Ledger]:
    """An agency with facts recorded singly, in pieces, and some annulled."""
    with new_ledger(request.param, databases) as made:
        facts = History(5, 1.0).facts(260)
        for fact in islice(facts, 110):
            with made.writing() as unit:
                agency, command = command_of(fact)
                record(unit, fact, agency, command)
        fill(made, facts)
        yield made


def test_windows_of_the_database_are_those_in_memory(ledger: Ledger) -> None:
    """On either database, at every day of a fact; and all rows and keys are what is made anew."""
    with ledger.reading() as reader:
        history = History(5, 1.0)
        stream = agency_stream(history.uscc)
        assert not list(differences(reader, made_anew(reader, stream, laws_of(reader))))
        events = reader.events(stream)
        entries = EventIndexInMemory()
        for event in events:
            entries.add(event)
        clients = sorted({one.client.uscc for one in events if isinstance(one, ProjectStarted)})
        asked = 0
        for client in clients:
            places = (projects_at(client), ends_at(client), forms_at(client, 2025, None), scores_at(client, 2026))
            days = {one.occurred_on + timedelta(days=by) for one in events[::9] for by in (0, 1)}
            windows = [DayWindow(place, day, after) for place in places for day in days for after in (False, True)]
            for start in range(0, len(windows), 4):
                stored = StoredEntries(reader.connection, stream, reader.memory.mapper)
                some = windows[start : start + 4]
                found = stored.beside(some, len(events))
                assert found == entries.beside(some, len(events))
                asked += sum(map(len, found or ()))
        assert asked > 1_000
