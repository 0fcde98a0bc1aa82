"""Public lists from the rows are what the replay gives, on both databases, for generated histories on random days."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from msgspec import UNSET

from domain.events import AgencyFiled, EventAnnulled, InformationChanged
from domain.ledger.ledger import Ledger, Reader
from domain.measures.chapter2_filing import filing_state, filings, profile_on
from domain.trail.trail import Trail
from domain.values import Instant, instant
from projections.answers.scalars import plain
from projections.public.firms import firms_found
from projections.public.public import Public
from projections.replay.known_at import Basis
from projections.replay.queries import ReplayQueries
from projections.replay.standing import agency_name, sanction_part
from projections.rows.read.register import SHOWN_FIELDS, RegisterFilter
from tests.databases import Databases
from tests.rows.ledgers import BOTH, Recordable, new_ledger, record
from tests.specification import noon, uscc

AGENCIES = 12
EVERY = RegisterFilter(1000)


class Changing(Recordable):
    """With more changes of what the register shows, terminations and upheld complaints than others have."""

    def do_particulars(self) -> None:
        shown: dict[str, Any] = {
            "address": self.random.choice(("东区", "西区")),
            "scope": [self.random.choice("甲乙")],
            "qualifications": [{"name": "资质", "no": "1", "valid_until": self.day()}],
            "personnel": [{"name": "张三"}],
        }
        name = self.random.choice(list(shown))
        body = {"changed_on": self.day(), "reported_on": self.day(), "fields": {name: shown[name]}}
        self.add("changes", body, "change")

    def do_end(self) -> None:
        self.do_termination()

    def do_quick_complaints(self) -> None:
        day = self.day()
        for _ in range(3):
            self.complain(day, "poor_quality")
            body = {"outcome": "upheld", "findings": "属实", "decided_on": day, "verified_grounds": "poor_quality"}
            self.add(f"complaints/{self.made['complaint'][-1]}/decision", body, "decision")


@pytest.fixture(scope="module", params=BOTH)
def ledger(request: pytest.FixtureRequest, databases: Databases) -> Iterator[Ledger]:
    """A district whose agencies come and go."""
    with new_ledger(request.param, databases) as made:
        for number in range(AGENCIES):
            record(made, Changing(number, 20 + 8 * number).sent, uscc(4000 + number))
        yield made


def some_days() -> list[date]:
    chance = random.Random(5)
    far = [date(1995, 1, 1), date(2021, 11, 1), date(2040, 2, 29)]
    return [*far, *(date(2021, 9, 1) + timedelta(days=chance.randrange(1500)) for _ in range(40))]


def district(reader: Reader, day: date) -> list[Basis]:
    return list(ReplayQueries(reader, instant(datetime.now(UTC))).district(day))


def register_item(basis: Basis) -> dict[str, Any]:
    """What the register shows, from the whole trail."""
    profile, who = profile_on(basis.trail, basis.as_of), plain(agency_name(basis))
    standing = [one.filed_on for one in filings(basis.facts) if one.outcome == "filed" and one.ended_on is None]
    qualifications = () if profile.qualifications is UNSET else profile.qualifications
    return {
        "uscc": who["uscc"],
        "name": who["name"],
        "category": who["category"],
        "filed_since": min(day.isoformat() for day in standing if day is not None),
        "scope": [] if profile.scope is UNSET else list(profile.scope),
        "address": None if profile.address is UNSET else profile.address,
        "qualifications": [{"name": one.name, "valid_until": str(one.valid_until)} for one in qualifications],
        "blacklisted": term(basis),
    }


def term(basis: Basis) -> dict[str, Any] | None:
    """From when to when it is blacklisted, from the whole trail."""
    found = plain(sanction_part(basis))
    return {"since": found["since"], "until": found["until"]} if found["tier"] == "blacklisted" else None


def learned(trail: Trail) -> Instant:
    """When something that the register shows last came in or was taken back."""
    shown = {
        event.id: event.recorded_at
        for event in trail.events
        if isinstance(event, AgencyFiled)
        or (
            isinstance(event, InformationChanged)
            and any(getattr(event.fields, field) is not UNSET for field in SHOWN_FIELDS)
        )
    }
    annulled = [one.recorded_at for one in trail.events if isinstance(one, EventAnnulled) and one.event_id in shown]
    return max(*shown.values(), *annulled, "")


def test_the_register_is_the_register_by_replay(ledger: Ledger) -> None:
    """Every item and its date, in the order of codes and of dates, whole and in pages; some day has some, not all."""
    sizes = set()
    with ledger.reading() as reader:
        for day in some_days():
            on_file = [one for one in district(reader, day) if filing_state(one.facts) == "filed"]
            expected = [register_item(one) for one in on_file]
            public = Public(reader, instant(noon(day)))
            found = public.agencies(EVERY)
            assert plain([one.item for one in found]) == expected
            assert (
                plain([one.item for one in public.agencies(RegisterFilter(3, after=uscc(4003)))])
                == [one for one in expected if one["uscc"] > uscc(4003)][:3]
            )
            newest = public.agencies(EVERY, newest_first=True)
            dates = {one.item.uscc: one.known_from for one in newest}
            assert dates == {register_item(one)["uscc"]: learned(one.trail) for one in on_file}
            assert list(dates.values()) == sorted(dates.values(), reverse=True)
            sizes.add(len(expected))
    assert 0 in sizes
    assert any(0 < size < AGENCIES for size in sizes)


def test_the_search_is_the_search_by_replay(ledger: Ledger) -> None:
    """Found by their code: who is on file or blacklisted, with the term; nobody else, as no result is published."""
    with ledger.reading() as reader:
        for day in some_days():
            known = [(one, filing_state(one.facts) == "filed", term(one)) for one in district(reader, day)]
            expected = [
                (plain(agency_name(one))["uscc"], filed, listed) for one, filed, listed in known if filed or listed
            ]
            found = firms_found(Public(reader, instant(noon(day))), "1300 9144", after=None, limit=EVERY.limit)
            assert [(one.uscc, one.on_file, plain(one.blacklisted)) for one in found] == expected


def test_the_blacklist_is_the_blacklist_by_replay(ledger: Ledger) -> None:
    """Every item in the order of codes; listed agencies that are no longer on file among them."""
    states = set()
    with ledger.reading() as reader:
        for day in some_days():
            expected = []
            for basis in district(reader, day):
                sanction, who = plain(sanction_part(basis)), plain(agency_name(basis))
                if sanction["tier"] == "blacklisted":
                    states.add(who["filing"])
                    expected.append(
                        {name: who[name] for name in ("uscc", "name", "category")}
                        | {name: sanction[name] for name in ("since", "until")}
                        | {"article": "art.17(3)"}
                    )
            public = Public(reader, instant(noon(day)))
            assert plain([one.item for one in public.blacklist(EVERY)]) == expected
            newest = [one.known_from for one in public.blacklist(EVERY, newest_first=True)]
            assert newest == sorted(newest, reverse=True)
            assert len(newest) == len(expected)
    assert {"filed", "terminated"} <= states
