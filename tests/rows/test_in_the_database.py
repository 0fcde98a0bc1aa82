"""Rows in both databases: written with each event, and answering as the replay does, one agency and the district."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest
from sqlalchemy import select

from domain.errors import Invalid, NotFound
from domain.ledger.ledger import Ledger, Reader
from domain.measures.rulebook.kinds import group_of
from domain.store.db.schema import events as stored
from domain.store.db.schema import log_index
from domain.store.log.sequencer import seal
from domain.values import TIER_LABELS, Grade, Tier, instant, rounded
from projections.answers.scalars import plain
from projections.replay.queries import ReplayQueries
from projections.rows.read.district import NO_FILTERS, Filters
from projections.rows.read.row_queries import RowQueries
from tests.databases import Databases
from tests.rows import district_by_replay as replayed
from tests.rows.ledgers import BOTH, Recordable, new_ledger, record
from tests.specification import uscc

AGENCIES = 14


@pytest.fixture(scope="module", params=BOTH)
def ledger(request: pytest.FixtureRequest, databases: Databases) -> Iterator[Ledger]:
    """A district of long histories."""
    with new_ledger(request.param, databases) as made:
        for number in range(AGENCIES):
            record(made, Recordable(number, 20 + 10 * number).sent, uscc(2000 + number))
        while seal(made.engine):
            pass
        yield made


def test_one_look_up_answers_as_the_replay_does(ledger: Ledger) -> None:
    """Every agency at random days, as known after random events: by their instant, version and place in the log."""
    chance = random.Random(7)
    with ledger.reading() as reader:
        questions, rows = (
            ReplayQueries(reader, instant(datetime.now(UTC))),
            RowQueries(reader, instant(datetime.now(UTC))),
        )
        sealed, _ = reader.sealed()
        for number in range(AGENCIES):
            code = uscc(2000 + number)
            events = reader.agency_events(code)
            for _ in range(30):
                day, known = a_day(chance, [event.occurred_on for event in events]), chance.choice(events)
                log = chance.randrange(known_in_log(reader, code), sealed + 1)
                for known_at in (known.recorded_at, f"version:{known.version}", f"log:{log}"):
                    expected = questions.standing(questions.basis(code, day, known_at))
                    assert rows.standing(code, day, known_at) == expected
            assert rows.standing(code).version == len(events)


def known_in_log(reader: Reader, code: str) -> int:
    """The place in the log from which an agency is known."""
    first = reader.agency_events(code)[0].id
    place: int | None = reader.connection.scalar(
        select(log_index.c.log_index)
        .join(stored, stored.c.position == log_index.c.position)
        .where(stored.c.event_id == first)
    )
    assert place is not None
    return place


def test_an_agency_is_not_there_before_it_was_known(ledger: Ledger) -> None:
    """Neither in a look-up nor in a list, at an instant or place of the log before its first event."""
    with ledger.reading() as reader:
        first = reader.agency_events(uscc(2000))[0].recorded_at
        before = instant(datetime.fromisoformat(first) - timedelta(microseconds=1))
        rows = RowQueries(reader, instant(datetime.now(UTC)))
        for known_at in (before, f"log:{known_in_log(reader, uscc(2000)) - 1}", "log:0", "version:0"):
            with pytest.raises(NotFound):
                rows.standing(uscc(2000), date(2024, 1, 1), known_at)
            if known_at != "version:0":
                basis = rows.district(date(2024, 1, 1), known_at)
                assert rows.agencies(basis, NO_FILTERS) == []
                assert rows.ranking(basis, 2024) == []
                assert rows.statistics(basis).agencies == 0


def test_what_is_not_known_yet_is_refused(ledger: Ledger) -> None:
    """The same refusals as by replay: positions beyond the last, instants to come, a version for the district."""
    with ledger.reading() as reader:
        now = instant(datetime.now(UTC))
        questions, rows = ReplayQueries(reader, now), RowQueries(reader, now)
        for known_at in ("version:99999", "log:99999", "2999-01-01T00:00:00.000000Z"):
            with pytest.raises(Invalid) as by_replay:
                questions.basis(uscc(2000), None, known_at)
            with pytest.raises(Invalid) as by_rows:
                rows.standing(uscc(2000), None, known_at)
            assert str(by_rows.value) == str(by_replay.value)
            with pytest.raises(Invalid):
                rows.district(None, known_at)


FILTERS: list[dict[str, str]] = [
    {},
    {"tier": "none"},
    {"tier": "blacklisted"},
    {"grade": "excellent"},
    {"grade": "unqualified"},
    {"grade": "qualified"},
    {"filing": "filed"},
    {"category": "安全管家"},
    {"q": "丙"},
    {"q": "914413"},
    {"tier": "recorded", "filing": "terminated"},
]


def test_the_district_in_one_query_is_the_district_by_replay(ledger: Ledger) -> None:
    """Every row with every filter, whole and in pages, and the statistics, at random bases."""
    chance = random.Random(11)
    with ledger.reading() as reader:
        questions, rows = (
            ReplayQueries(reader, instant(datetime.now(UTC))),
            RowQueries(reader, instant(datetime.now(UTC))),
        )
        for _ in range(12):
            day, known_at = basis_of_the_district(chance, reader)
            every = [replayed.row(basis) for basis in questions.district(day, known_at)]
            basis = rows.district(day, known_at)
            assert_statistics(plain(rows.statistics(basis)), every)
            for filters in FILTERS:
                expected = [row for row in every if replayed.matches(row, **filters)]
                asked_for = Filters(**filters)
                assert plain(rows.agencies(basis, asked_for)) == expected
                assert plain(rows.agencies(basis, asked_for, offset=1, limit=2)) == expected[1:3]
            one = chance.choice(every)
            assert plain(rows.agencies(basis, Filters(uscc=one["agency"]["uscc"]))) == [one]


def assert_statistics(found: dict[str, Any], every: list[dict[str, Any]]) -> None:
    """The statistics are what counting the rows by hand gives."""
    assessed = [row["assessment"] for row in every if row["assessment"]["assessed"]]
    totals = [Fraction(one["total"]) for one in assessed]
    assert found["agencies"] == len(every)
    assert found["tiers"] == [
        {"tier": tier, "label": TIER_LABELS[tier], "agencies": sum(row["sanction"]["tier"] == tier for row in every)}
        for tier in Tier
    ]
    assert [one["agencies"] for one in found["grades"]] == [
        sum(row["assessment"]["grade"] == grade for row in every) for grade in Grade
    ]
    assert found["ungraded"] == sum(row["assessment"]["grade"] is None for row in every)
    filings = {one["filing"]: one["agencies"] for one in found["filings"]}
    assert filings == Counter(row["agency"]["filing"] for row in every)
    grouped = Counter(group_of(row["agency"]["category"], {}) for row in every)
    assert {group_of(one["category"], {}): one["agencies"] for one in found["categories"]} == grouped
    assert len(found["categories"]) == len(grouped)
    assert found["assessed"] == {
        "agencies": len(assessed),
        "complete": sum(one["complete"] for one in assessed),
        "mean_total": rounded(sum(totals, Fraction(0)) / len(totals)) if totals else None,
    }
    assert found["bad_records"] == {part: sum(row["bad_records"][part] for row in every) for part in ("year", "total")}


def test_the_ranking_in_one_query_is_the_ranking_by_replay(ledger: Ledger) -> None:
    """Every row, rank, order and tie of every year, whole and in pages, at random bases."""
    chance = random.Random(13)
    with ledger.reading() as reader:
        questions, rows = (
            ReplayQueries(reader, instant(datetime.now(UTC))),
            RowQueries(reader, instant(datetime.now(UTC))),
        )
        for _ in range(8):
            day, known_at = basis_of_the_district(chance, reader)
            basis = rows.district(day, known_at)
            for year in (2021, 2022, 2023, 2024, 2025, 2027):
                expected = replayed.ranking(year, questions.district(day, known_at))
                assert plain(rows.ranking(basis, year)) == expected
                assert plain(rows.ranking(basis, year, offset=2, limit=3)) == expected[2:5]
                one = chance.choice(expected)
                assert plain(rows.ranking(basis, year, uscc=one["agency"]["uscc"])) == [one]


def a_day(chance: random.Random, days: list[date]) -> date:
    """A day around a fact, or far from all."""
    if chance.random() < 0.15:
        return chance.choice((date(1995, 1, 1), date(2021, 11, 1), date(2040, 2, 29)))
    return chance.choice(days) + timedelta(days=chance.choice((-1, 0, 1, 7, 365, 366)))


def basis_of_the_district(chance: random.Random, reader: Reader) -> tuple[date, str]:
    """A day, and an instant or place of the log at which some agencies are known and some are not yet."""
    sealed, _ = reader.sealed()
    events = reader.agency_events(uscc(2000 + chance.randrange(AGENCIES)))
    known = f"log:{chance.randrange(20, sealed + 1)}" if chance.random() < 0.5 else chance.choice(events).recorded_at
    return a_day(chance, [event.occurred_on for event in events]), known
