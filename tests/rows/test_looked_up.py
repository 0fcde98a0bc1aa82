"""What commands see under a lock, looked up by key, is what the replay sees: notices and hints, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import text

from api.application.commands import find_command
from domain.ledger.ledger import Ledger
from domain.ledger.reader import CrossAgency
from domain.measures.hints import hints
from domain.measures.notices import notices
from domain.store.db.schema import event_keys
from domain.trail.trail import Facts, Trail
from domain.values import Role, instant
from projections.answers.scalars import plain
from projections.replay.queries import Hints, ReplayQueries
from tests.databases import Databases
from tests.rows.ledgers import BOTH, Recordable, new_ledger, record
from tests.specification import uscc

LONG = [uscc(3000 + number) for number in range(6)]
STAFFED = [uscc(3100 + number) for number in range(3)]
CODES = [*LONG, *STAFFED]
DAYS = (date(2022, 6, 30), date(2023, 6, 30), date(2030, 1, 1))


@pytest.fixture(scope="module", params=BOTH)
def ledger(request: pytest.FixtureRequest, databases: Databases) -> Iterator[Ledger]:
    """Six agencies of long histories, and three that share certificates, the third for a while only."""
    with new_ledger(request.param, databases) as made:
        for number, code in enumerate(LONG):
            record(made, Recordable(number, 60 + 30 * number).sent, code)
        for code in STAFFED:
            send(made, code, "/v1/agencies", uscc=code, name="甲", category="安全管家", submitted_on="2022-01-04")
        staff(made, STAFFED[0], "2023-01-02", "AQ-1", "AQ-2")
        staff(made, STAFFED[1], "2023-02-01", "AQ-2")
        staff(made, STAFFED[2], "2023-03-01", "AQ-1")
        staff(made, STAFFED[2], "2023-04-03", "AQ-9")
        yield made


def staff(ledger: Ledger, code: str, day: str, *certificates: str) -> None:
    personnel = [{"name": "林工", "certificate_no": number} for number in certificates]
    path = f"/v1/agencies/{code}/changes"
    send(ledger, code, path, changed_on=day, reported_on=day, fields={"personnel": personnel})


def send(ledger: Ledger, code: str, path: str, **body: Any) -> None:
    found = find_command(path)
    assert found is not None
    with ledger.writing() as unit:
        command = found[0].body.model_validate(body)
        unit.record(code, command, actor="p", role=Role.ASSOCIATION, via="api", new=path == "/v1/agencies")


def test_notices_and_hints_are_the_same_looked_up_and_replayed(ledger: Ledger) -> None:
    """Every notice with its id and every hint with what settled it, also after annulments."""
    seen = 0
    for code in CODES:
        with ledger.writing() as unit:
            stream, lazy, law = unit.agency(code).stream, unit.agency(code).trail, unit.law()
            whole = Trail(unit.reader.events(stream))
            for day in DAYS:
                assert notices(Facts(lazy, day), law.rulebooks) == notices(Facts(whole, day), law.rulebooks)
                by_key = hints(Facts(lazy, day), law, CrossAgency(unit.reader, stream))
                assert by_key == hints(Facts(whole, day), law, CrossAgency(unit.reader, stream))
                seen += len(by_key)
    assert seen > 50


def test_a_looked_up_trail_is_never_empty(ledger: Ledger) -> None:
    """Whoever would walk through it is stopped, instead of finding nothing."""
    with ledger.writing() as unit:
        trail = unit.agency(CODES[0]).trail
        with pytest.raises(TypeError, match="cannot be walked through"):
            trail.events  # noqa: B018  # asking is what is refused


@pytest.mark.shows("art.16(9)", "R37")
def test_shared_certificates_are_found_by_key_at_every_basis(ledger: Ledger) -> None:
    """One agency asked alone: its partners of the time, from the first common day on, as known then."""
    with ledger.reading() as reader:
        now = instant(datetime.now(UTC))

        def partners(code: str, as_of: date, known_at: str | None = None) -> list[tuple[str, str]]:
            basis = ReplayQueries(reader, now).basis(code, as_of, known_at)
            rows = plain(Hints(reader, known_at).of(basis))
            return sorted(
                (row["elsewhere"][0]["uscc"], row["day"]) for row in rows if row["rule"] == "shared_certificate"
            )

        first = reader.agency_events(STAFFED[0])
        assert partners(STAFFED[0], date(2023, 2, 28)) == [(STAFFED[1], "2023-02-01")]
        both = [(STAFFED[1], "2023-02-01"), (STAFFED[2], "2023-03-01")]
        assert partners(STAFFED[0], date(2023, 3, 1)) == partners(STAFFED[0], date(2029, 1, 1)) == both
        assert partners(STAFFED[0], date(2029, 1, 1), f"version:{len(first)}") == []
        assert partners(STAFFED[2], date(2029, 1, 1)) == [(STAFFED[0], "2023-03-01")]
        keys = event_keys.select().where(event_keys.c.key.startswith("cert:"))
        assert len(reader.connection.execute(keys).all()) == 5


def test_the_index_serves_the_look_up_across_agencies(ledger: Ledger) -> None:
    """The planner can use the index of certificates for what the look-up asks."""
    with ledger.reading() as reader:
        connection = reader.connection
        look_up = text("SELECT originator_id FROM event_keys WHERE key LIKE 'cert:%' AND key = 'cert:x'")
        explain = "EXPLAIN QUERY PLAN" if connection.dialect.name == "sqlite" else "EXPLAIN"
        if connection.dialect.name == "postgresql":
            connection.execute(text("SET LOCAL enable_seqscan = off"))
        plan = connection.execute(text(f"{explain} {look_up}")).all()
        assert "event_keys_certificate" in "\n".join(str(row) for row in plan)
