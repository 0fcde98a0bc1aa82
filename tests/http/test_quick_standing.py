"""`GET standing` the short way: the same bytes as the full way, and never more than the token may see now."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from api.http import fast_standing as quick_standing
from api.http.fast_standing import QuickStandings
from domain.measures.calendar import build_calendar
from domain.store.access.access_audit import COMMAND_LINE
from domain.store.access.admin import revoke_by_id
from domain.store.db.engine import writing
from domain.store.db.fast_read import QuickReads, Unanswered
from domain.store.log.sequencer import seal
from domain.values import Role
from projections.rows.write.projector import open_ledger
from tests.http.world import Person, World


class Counting:
    """The reads of a service, counted; or failing."""

    def __init__(self, reads: QuickReads, *, fails: bool = False) -> None:
        self.reads, self.fails, self.asked, self.found = reads, fails, 0, 0

    async def row(self, query: str, values: Mapping[str, Any]) -> Mapping[str, Any] | None:
        self.asked += 1
        if self.fails:
            raise Unanswered("the server is gone")
        found = await self.reads.row(query, values)
        self.found += found is not None
        return found

    async def close(self) -> None:
        """Theirs."""


@contextmanager
def counted(world: World, *, fails: bool = False) -> Iterator[Counting]:
    """The service with nothing kept, its reads counted."""
    state = world.client.app.state  # type: ignore[attr-defined]
    before: QuickStandings = state.quick_standings
    counting = Counting(before._reads, fails=fails)
    state.quick_standings = QuickStandings(
        world.service.ledger, counting, world.service.housekeeper.used, world.service.readings
    )
    try:
        yield counting
    finally:
        state.quick_standings = before


def _history(world: World) -> str:
    uscc = world.filed()
    for day in ("2024-03-04", "2024-05-06", "2024-08-01"):
        complaint = world.id_of("ReceiveComplaint", uscc, received_on=day)
        world.done("DecideComplaint", uscc, complaint, decided_on=day)
    world.done("SubmitSurvey", uscc)
    return uscc


def _seen(response: Any) -> tuple[Any, ...]:
    headers = {name: response.headers.get(name) for name in ("etag", "cache-control", "vary", "content-type")}
    return response.status_code, headers, response.content


def _sealed_by(world: World, known_at: str) -> None:
    """Wait until nothing more can be recorded by that instant."""
    for _ in range(100):
        seal(world.service.ledger.engine)
        with world.service.ledger.reading() as reader:
            if (reader.sealed()[1] or "") > known_at:
                return
        time.sleep(0.1)
    raise AssertionError("the horizon does not move on")


def test_it_answers_what_the_full_way_answers(own_world: World) -> None:
    """Many bases, byte for byte; every one of them really by the short way."""
    uscc = _history(own_world)
    instants = [row["recorded_at"] for row in own_world.trail(uscc)]
    _sealed_by(own_world, instants[-1])
    chance = random.Random(7)
    asked = 0
    for _ in range(60):
        day = date(2021, 11, 1) + timedelta(days=chance.randrange(3000))
        query = chance.choice(({"as_of": day}, {"as_of": day, "known_at": chance.choice(instants)}))
        path = f"/v1/agencies/{uscc}/standing"
        with counted(own_world, fails=True):
            full = own_world.association.get(path, **query)
        with counted(own_world) as reads:
            quick = [own_world.association.get(path, **query) for _ in range(2)]
        if "known_at" not in query:  # asked at different moments
            instants_asked = [one.json()["known_at"] for one in (full, *quick)]
            assert instants_asked == sorted(set(instants_asked)), "each says when it was asked"
            bare = [
                one.content.replace(at.encode(), b"") for one, at in zip((full, *quick), instants_asked, strict=True)
            ]
            assert bare == [bare[0]] * 3
            assert len({one.headers["etag"] for one in (full, *quick)}) == 1
            assert (reads.asked, reads.found) == (2, 2), "the second time only whether something changed"
            continue
        asked += 1
        assert [_seen(one) for one in quick] == [_seen(full)] * 2
        assert (reads.asked, reads.found) == (1, 1), "the second time it was known"
    assert asked > 20


def test_what_is_out_of_the_ordinary_goes_the_full_way(world: World) -> None:
    """Refusals have the same words as ever."""
    uscc = world.filed()
    path = f"/v1/agencies/{uscc}/standing"
    assert world.stranger.get(path).status_code == 401
    assert Person(world.client, "stw_unknown").get(path).status_code == 401
    assert world.person(Role.CLIENT, uscc).get(path).status_code == 403
    assert world.person(Role.AGENCY, world.filed()).get(path).status_code == 404
    assert world.person(Role.AGENCY, uscc).get(path).status_code == 200
    assert world.association.get(path, as_off="2024-01-01").status_code == 422
    doubled = world.client.get(f"{path}?as_of=2024-01-01&as_of=2024-01-02", headers=world.association.headers)
    assert doubled.status_code == 422
    assert world.association.get(path, known_at="2999-01-01T00:00:00Z").status_code == 422
    assert world.association.get(path, known_at="2001-01-01T00:00:00Z").status_code == 404
    assert world.association.get(path, known_at="version:1").json()["version"] == 1
    assert world.client.head(path, headers=world.association.headers).status_code == 200


def test_an_answer_that_is_kept_is_shown_to_nobody_else(own_world: World) -> None:
    """Rights are looked at each time, and a token that ended is refused within a second."""
    uscc = own_world.filed()
    known_at = own_world.trail(uscc)[-1]["recorded_at"]
    _sealed_by(own_world, known_at)
    path, query = f"/v1/agencies/{uscc}/standing", {"as_of": "2024-06-30", "known_at": known_at}
    reader = own_world.person(Role.AUDITOR)
    other = own_world.person(Role.AGENCY, own_world.filed())
    with counted(own_world) as reads:
        first = reader.get(path, **query)
        again = reader.get(path, {"If-None-Match": first.headers["etag"]}, **query)
        assert (first.status_code, again.status_code, reads.asked) == (200, 304, 1)
        assert other.get(path, **query).status_code == 404
        assert reader.token is not None
        with writing(own_world.service.ledger.engine) as connection:
            revoke_by_id(connection, reader.token, by=COMMAND_LINE)
        time.sleep(quick_standing.TRUSTED_SECONDS + 0.1)
        assert reader.get(path, **query).status_code == 401


def test_a_late_fact_and_a_new_calendar_are_seen_at_once(own_world: World, tmp_path: Path) -> None:
    """Nothing is kept for an open `known_at`, and law adopted elsewhere is noticed."""
    uscc = own_world.filed()
    path = f"/v1/agencies/{uscc}/standing"
    before = own_world.association.get(path, as_of="2024-06-30").json()
    complaint = own_world.id_of("ReceiveComplaint", uscc)
    own_world.done("DecideComplaint", uscc, complaint)
    after = own_world.association.get(path, as_of="2024-06-30").json()
    assert (before["sanction"]["tier"], after["sanction"]["tier"]) == ("none", "recorded")
    overlay = tmp_path / "overlay.toml"
    overlay.write_text('[corrections]\n2026-10-10 = "ordinary"\n', encoding="utf-8")
    calendar = build_calendar(overlay)
    with open_ledger(own_world.service.ledger.engine).writing() as elsewhere:
        elsewhere.adopt_calendar(calendar, "system")
    now = own_world.association.get(path, as_of="2024-06-30").json()
    assert now["calendar"]["sha256"] == calendar.sha256 != before["calendar"]["sha256"]


def test_a_database_that_does_not_answer_is_asked_the_full_way(world: World, capfd: pytest.CaptureFixture[str]) -> None:
    """And the trouble is logged."""
    uscc = world.filed()
    with counted(world, fails=True) as reads:
        assert world.association.get(f"/v1/agencies/{uscc}/standing").status_code == 200
    assert reads.asked == 1
    captured = capfd.readouterr()
    assert "quick_read_failed" in captured.out + captured.err
