"""The end of the week to appeal is told beforehand to whoever has not appealed (art.20, R3, R41), on Shanghai days."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

import pytest

from api.application.messages import telling
from domain.errors import Unreadable
from domain.events import Event
from domain.ledger.reader import Reader
from domain.values import Role
from tests.http.dated import DatedWorld
from tests.http.test_mail import Mailing, mailing, written_to
from tests.http.test_messages import Somebody, told
from tests.http.world import APPEALED, World, today

__all__ = ["mailing"]
YEAR, PUBLISHED = 2025, {"published_on": "2026-02-10", "meeting_on": "2026-02-09"}
"""The week ends on 17 February, within Spring Festival: its last day is the first working day after it, the 24th."""


class Days:
    """Somebody of an agency, and what they are reminded of on each day."""

    def __init__(self, world: World, uscc: str, monkeypatch: pytest.MonkeyPatch) -> None:
        self.world, self.somebody, self._patch = world, Somebody(world, Role.AGENCY, uscc), monkeypatch

    def on(self, day: str) -> list[str | None]:
        """The last days of which they were reminded by the end of a day, in order."""
        self._patch.setattr(telling, "shanghai_date", lambda _: date.fromisoformat(day))
        for _ in range(2):
            told(self.world)
        found = self.somebody.messages(limit=500)
        return [one["due_on"] for one in reversed(found) if one["kind"] == "appeal_due"]


def appealed(world: World, uscc: str, **changes: Any) -> str:
    """An appeal that the association enters for the agency, two days after the publication."""
    body = {"year": YEAR, "filed_on": "2026-02-12", "disputed_event_ids": [], **changes}
    return str(world.done("FileAppeal", uscc, **body)["ids"]["appeal"])


@pytest.mark.shows("art.20", "R3", "R33", "R41")
def test_who_has_not_appealed_is_reminded_of_a_last_day_that_spring_festival_moved(
    dated_world: DatedWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three days and one day before the day it was moved to; whoever appealed is left alone, who withdrew is not."""
    world = dated_world
    codes = [world.assessed(year=YEAR) for _ in range(4)]
    silent, agencys, practitioners, withdrawn = (Days(world, one, monkeypatch) for one in codes)
    world.publish(YEAR, **PUBLISHED)
    appealed(world, codes[1])
    appealed(world, codes[2], appellant={"kind": "practitioner", "name": "林晓工"})
    again = appealed(world, codes[3])
    world.must(
        world.person(Role.AGENCY, codes[3]).post(f"/v1/appeals/{again}/withdrawal", {"withdrawn_on": "2026-02-13"})
    )
    for day in ("2026-02-14", "2026-02-16", "2026-02-20"):
        assert silent.on(day) == [], "around the day on which seven days are over"
    assert silent.on("2026-02-21") == ["2026-02-24"], "a holiday, and three days before"
    assert silent.on("2026-02-23") == ["2026-02-24"] * 2
    for day in ("2026-02-24", "2026-02-25", "2026-03-03"):
        assert silent.on(day) == ["2026-02-24"] * 2
    assert agencys.on("2026-03-03") == []
    assert practitioners.on("2026-03-03") == withdrawn.on("2026-03-03") == ["2026-02-24"] * 2
    (first, *_) = [one for one in silent.somebody.messages(limit=500) if one["kind"] == "appeal_due"]
    assert "2025 年度考评结果的异议期于 2026-02-24 24:00 届满" in first["title"]["text"]
    assert (first["article"], silent.somebody.desk.get(first["path"]).status_code) == ("art.20", 200)


@pytest.mark.shows("art.20", "R34", "R36", "R41")
def test_of_a_result_that_another_took_the_place_of_nobody_is_reminded(
    dated_world: DatedWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reopened for a late fact, the result has a week of its own: of the day of the one before nothing is said."""
    world = dated_world
    uscc = world.assessed(year=YEAR)
    days = Days(world, uscc, monkeypatch)
    world.publish(YEAR, **PUBLISHED)
    late = world.done("RecordLapse", uscc, item=4, occurred_on=f"{YEAR}-09-09")
    world.clock.at("2026-02-19")
    path = f"/v1/impacts/{late['touched'][0]['impact']}/disposal"
    body = {"outcome": "reopened", "disposed_on": "2026-02-19", "reason": "迟到的事实属实"}
    world.must(world.people[Role.COMMITTEE].post(path, body))
    assert days.on("2026-02-21") == [], "three days before the end of the first result's week"
    assert days.on("2026-02-23") == ["2026-02-26"]
    assert days.on("2026-02-25") == ["2026-02-26"] * 2


@pytest.mark.shows("art.20", "R41")
def test_a_missed_day_is_made_up_for_but_not_once_the_week_is_over(
    dated_world: DatedWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody is told to appeal by a day that has passed; the last day itself is in time."""
    world = dated_world
    days = Days(world, world.assessed(year=YEAR), monkeypatch)
    world.publish(YEAR, **PUBLISHED)
    assert days.on("2026-02-20") == []
    assert days.on("2026-02-25") == [], "a service that was away for five days"


@pytest.mark.shows("art.20", "R41")
def test_on_the_last_day_what_was_missed_is_told_once(dated_world: DatedWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not as many times as days were missed."""
    world = dated_world
    days = Days(world, world.assessed(year=YEAR), monkeypatch)
    world.publish(YEAR, **PUBLISHED)
    assert days.on("2026-02-20") == []
    assert days.on("2026-02-24") == ["2026-02-24"]


@pytest.mark.shows("art.20", "R41")
def test_an_e_mail_that_waited_does_not_remind_who_has_appealed_since(
    mailing: Mailing, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was put off by a mail server that was away, say; of two agencies the other one's goes out."""
    world = mailing.world
    appealing, silent = world.assessed(year=APPEALED), world.assessed(year=APPEALED)
    for number, uscc in enumerate((appealing, silent)):
        written_to(mailing, Somebody(world, Role.AGENCY, uscc), f"{number}@agency.example.cn")
    world.publish(APPEALED)
    mailing.delivered()
    mailing.server.taken.clear()
    (last,) = {one.due_on for one in mailing.rows("result_published")}
    with monkeypatch.context() as patch:
        patch.setattr(telling, "shanghai_date", lambda _: date.fromordinal(last.toordinal() - 1))
        told(world, mails=True)
    assert {one.state for one in mailing.rows("appeal_due")} == {"waiting"}
    appealed(world, appealing, year=APPEALED, filed_on=today())
    mailing.delivered()
    assert [str(one["To"]) for one in mailing.server.taken if "异议期" in str(one["Subject"])] == [
        "1@agency.example.cn"
    ]
    assert sorted(one.state for one in mailing.rows("appeal_due")) == ["closed", "sent"]


@pytest.mark.shows("art.20", "R41")
def test_an_appeal_that_cannot_be_read_keeps_nobody_else_from_the_reminder(
    dated_world: DatedWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever filed it is not told that there is none."""
    world, real = dated_world, Reader.named
    codes = [world.assessed(year=YEAR) for _ in range(2)]
    silent, filed = (Days(world, one, monkeypatch) for one in codes)
    world.publish(YEAR, **PUBLISHED)
    bad = appealed(world, codes[1])

    def named(reader: Reader, event_ids: Iterable[str]) -> dict[str, Event]:
        ids = list(event_ids)
        if ids == [bad]:
            raise Unreadable("position 7: no such event")
        return real(reader, ids)

    monkeypatch.setattr(Reader, "named", named)
    assert silent.on("2026-02-21") == ["2026-02-24"]
    assert filed.on("2026-02-21") == []
