"""Rows in both databases: written with each event, and answering as the replay does, one agency and the district."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from api.commands import find_command
from domain.ledger import Ledger
from domain.measures.calendar import build_calendar
from domain.measures.rulebook import shipped_rulebook
from domain.store.engine import open_engine
from domain.store.migrate import migrate
from domain.values import Role, agency_stream, instant
from projections import district as replayed
from projections.ledger import open_ledger
from projections.questions import Questions
from projections.rows.answers import standing_answer
from projections.rows.district import Filters, agencies, ranking
from projections.rows.look_up import asked, asked_of_year, look_up
from tests.postgres_server import PostgresServer
from tests.rows.histories import LongHistory
from tests.specification import uscc
from tests.test_properties import CODE, Sent

BOTH = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]
AGENCIES = 14


class Recordable(LongHistory):
    """Without what has no command yet."""

    def do_result(self) -> None:
        pass


@pytest.fixture(scope="module", params=BOTH)
def ledger(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    """A district of long histories, recorded by the ledger's own way, in transactions of one to five commands."""
    if request.param == "sqlite":
        yield from _filled(f"sqlite:///{tmp_path_factory.mktemp('rows') / 'ledger.db'}")
    else:
        with PostgresServer() as server:
            yield from _filled(server.create_database("rows"))


def _filled(url: str | Path) -> Iterator[Ledger]:
    migrate(str(url))
    made = open_ledger(open_engine(str(url)))
    made.open(shipped_rulebook(), build_calendar(), actor="system")
    for number in range(AGENCIES):
        record(made, Recordable(number, 20 + 10 * number).sent, uscc(2000 + number))
    yield made
    made.engine.dispose()


def record(ledger: Ledger, history: list[Sent], code: str) -> None:
    """Send a generated history to an agency of its own."""
    chance, waiting = random.Random(code), list(history)
    while waiting:
        with ledger.writing() as unit:
            for sent in waiting[: chance.randrange(1, 6)]:
                waiting.pop(0)
                found = find_command(sent.post.replace(CODE, code))
                assert found is not None
                route, given, path_id = found
                body: dict[str, Any] = {**sent.body, **({"uscc": code} if "uscc" in sent.body else {})}
                names = {name: f"{code}{value}" for name, value in body.items() if _is_id(value)}
                unit.record(
                    given or code, route.body.model_validate({**body, **names}), actor="p", role=Role.ASSOCIATION,
                    via="api", path_id=None if path_id is None else f"{code}{path_id}", event_id=f"{code}{sent.id}",
                    new=given is None,
                )  # fmt: skip


def _is_id(value: object) -> bool:
    return isinstance(value, str) and value[:1] == "x" and value[1:].isdigit()


def test_one_look_up_answers_as_the_replay_does(ledger: Ledger) -> None:
    """Every agency at random days, as known after random versions."""
    chance = random.Random(7)
    with ledger.reading() as reader:
        questions = Questions(reader, instant(datetime.now(UTC)))
        for number in range(AGENCIES):
            code = uscc(2000 + number)
            events = reader.agency_events(code)
            for _ in range(30):
                day, known = a_day(chance, [event.occurred_on for event in events]), chance.choice(events)
                basis = questions.basis(code, day, known.recorded_at)
                at = asked(basis.law, day, known.recorded_at)
                hit = look_up(reader.connection, agency_stream(code), at)
                assert hit is not None
                answer = standing_answer(code, hit.found, basis.law, day, known.recorded_at, hit.version, at.year)
                assert answer == questions.standing(basis)


def test_an_agency_is_not_there_before_it_was_known(ledger: Ledger) -> None:
    """Neither in a look-up nor in a list, at an instant before its first event."""
    with ledger.reading() as reader:
        first = reader.agency_events(uscc(2000))[0].recorded_at
        before = instant(datetime.fromisoformat(first) - timedelta(microseconds=1))
        law = reader.law(first)
        assert law is not None
        at = asked(law, date(2024, 1, 1), before)
        assert look_up(reader.connection, agency_stream(uscc(2000)), at) is None
        assert list(agencies(reader.connection, at)) == []


def test_the_district_in_one_query_is_the_district_by_replay(ledger: Ledger) -> None:
    """With every filter, at random bases, in pages."""
    chance = random.Random(11)
    with ledger.reading() as reader:
        questions = Questions(reader, instant(datetime.now(UTC)))
        for _ in range(12):
            day, known_at = basis_of_the_district(chance, ledger)
            law = reader.law(known_at)
            assert law is not None
            every = [replayed.row(basis) for basis in questions.district(day, known_at)]
            for filters in (
                {}, {"tier": "none"}, {"tier": "blacklisted"}, {"grade": "excellent"}, {"grade": "unqualified"},
                {"grade": "qualified"}, {"filing": "filed"}, {"category": "安全管家"}, {"q": "丙"}, {"q": "914413"},
                {"tier": "recorded", "filing": "terminated"},
            ):  # fmt: skip
                expected = [row["agency"]["uscc"] for row in every if replayed.matches(row, **filters)]
                at = asked(law, day, known_at)
                assert [hit.uscc for hit in agencies(reader.connection, at, Filters(**filters))] == expected
                if expected:
                    page = agencies(reader.connection, at, Filters(**filters), after=expected[0], limit=2)
                    assert [hit.uscc for hit in page] == expected[1:3]


def test_the_ranking_in_one_query_is_the_ranking_by_replay(ledger: Ledger) -> None:
    """Ranks, order and ties of every year, at random bases."""
    chance = random.Random(13)
    with ledger.reading() as reader:
        questions = Questions(reader, instant(datetime.now(UTC)))
        for _ in range(8):
            day, known_at = basis_of_the_district(chance, ledger)
            law = reader.law(known_at)
            assert law is not None
            for year in (2021, 2022, 2023, 2024, 2025):
                expected = [(row["agency"]["uscc"], row["rank"]) for row in questions.ranking(year, day, known_at)]
                at = asked_of_year(law, day, known_at, year)
                assert [(one.hit.uscc, one.rank) for one in ranking(reader.connection, at)] == expected
                page = ranking(reader.connection, at, offset=2, limit=3)
                assert [(one.hit.uscc, one.rank) for one in page] == expected[2:5]


def a_day(chance: random.Random, days: list[date]) -> date:
    """A day around a fact, or far from all."""
    if chance.random() < 0.15:
        return chance.choice((date(1995, 1, 1), date(2021, 11, 1), date(2040, 2, 29)))
    return chance.choice(days) + timedelta(days=chance.choice((-1, 0, 1, 7, 365, 366)))


def basis_of_the_district(chance: random.Random, ledger: Ledger) -> tuple[date, str]:
    """A day, and an instant at which some agencies are known and some are not yet."""
    with ledger.reading() as reader:
        events = reader.agency_events(uscc(2000 + chance.randrange(AGENCIES)))
    return a_day(chance, [event.occurred_on for event in events]), chance.choice(events).recorded_at
