"""Properties over generated histories: late, backdated and annulled facts, duplicate surveys, extensions, mergers."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from domain.errors import Refusal
from domain.events import EventAnnulled, FilingSubmitted
from domain.trail.trail import Trail
from projections.replay.sheet import Sheet
from tests.plain_answers import explained, standing
from tests.specification import District, noon, uscc

CODE = uscc(1)
PATH = f"/v1/agencies/{CODE}"
FIRST, LAST = date(2021, 9, 1), date(2025, 3, 31)
TODAY = date(2025, 6, 30)
CLIENTS = [{"uscc": uscc(100 + n), "name": f"企业{n}"} for n in range(3)]
YEARS = (2021, 2022, 2023, 2024)


@dataclass(frozen=True)
class Sent:
    """One command that was accepted, and the subject that it belongs to."""

    post: str
    body: dict[str, Any]
    id: str
    subject: str


class History:
    """Sends random commands to one agency; what is refused is left out. Ids follow from the place in the history."""

    def __init__(self, seed: int, length: int) -> None:
        self.random = random.Random(seed)
        self.sent: list[Sent] = []
        self.made: dict[str, list[str]] = {}
        self.received: dict[str, str] = {}
        self.district = District(clock=noon(TODAY))
        self.add("", {"uscc": CODE, "name": "甲", "category": "安全管家", "submitted_on": "2021-10-01"}, "filing")
        self.add("filing-decision", {"outcome": "filed", "decided_on": "2021-10-05"}, "filing")
        self.add("projects", self.project(), "project")
        for _ in range(length):
            self.step()

    def day(self) -> str:
        return (FIRST + timedelta(days=self.random.randrange((LAST - FIRST).days))).isoformat()

    def pick(self, kind: str) -> str | None:
        known = self.made.get(kind)
        return self.random.choice(known) if known else None

    def project(self) -> dict[str, Any]:
        start, due = sorted((self.day(), self.day()))
        return {"client": self.random.choice(CLIENTS), "started_on": start, "due_on": due}

    def step(self) -> None:
        options = [name for name in dir(self) if name.startswith("do_")]
        getattr(self, self.random.choice(options))()

    def add(self, tail: str, body: dict[str, Any], kind: str, subject: str | None = None) -> None:
        """Send one; the subject is what it belongs to, by default itself."""
        event_id = f"x{len(self.sent)}"
        post = f"{PATH}/{tail}" if tail else "/v1/agencies"
        try:
            self.district.send(post, body, event_id)
        except (Refusal, ValidationError):
            return
        self.sent.append(Sent(post, body, event_id, subject or event_id))
        self.made.setdefault(kind, []).append(event_id)
        self.made.setdefault("any", []).append(event_id)

    def do_change(self) -> None:
        self.add("changes", {"changed_on": self.day(), "reported_on": self.day(), "fields": {"address": "x"}}, "change")

    def do_request(self) -> None:
        first, due = sorted((self.day(), self.day()))
        item = self.random.choice((1, 3, 6, 7))
        body = {"item": item, "title": "材料", "requested_on": first, "due_on": due}
        # Pledges meet requests of item 7, so those two share a subject.
        self.add("submission-requests", body, "request")

    def do_receipt(self) -> None:
        if one := self.pick("request"):
            self.add(f"submission-requests/{one}/receipt", {"received_on": self.day()}, "receipt", one)

    def do_pledge(self) -> None:
        self.add("pledge", {"signed_on": self.day()}, "pledge")

    def do_project(self) -> None:
        self.add("projects", self.project(), "project")

    def do_extension(self) -> None:
        if one := self.pick("project"):
            self.add(f"projects/{one}/extension", {"agreed_on": self.day(), "due_on": self.day()}, "extension", one)

    def do_completion(self) -> None:
        if one := self.pick("project"):
            self.add(f"projects/{one}/completion", {"completed_on": self.day()}, "completion", one)

    def do_lapse(self) -> None:
        body = {"item": self.random.choice((1, 2, 3, 4, 5, 6, 7, 9)), "occurred_on": self.day()}
        concerns = self.pick("project") if self.random.random() < 0.5 else None
        self.add("lapses", {**body, "concerns": concerns}, "lapse", concerns)

    def do_bad_record(self) -> None:
        self.add("bad-records", {"behaviour": "16.2", "content": "核查情况", "entered_on": self.day()}, "bad_record")

    def do_complaint(self) -> None:
        grounds = self.random.choice(("missed_hazard", "poor_quality", "other"))
        self.complain(min(self.day(), self.day(), self.day()), grounds)

    def complain(self, received: str, grounds: str) -> None:
        """A complaint whose day of receipt is kept, for no decision may lie before it (R15)."""
        self.received[f"x{len(self.sent)}"] = received
        self.add("complaints", {"received_on": received, "grounds": grounds}, "complaint")

    def decided(self, complaint: str) -> str:
        """A day on which a complaint can be decided: not before it was received."""
        return max(self.day(), self.received[complaint])

    def do_decision(self) -> None:
        if one := self.pick("complaint"):
            grounds = self.random.choice(("missed_hazard", "poor_quality", "other"))
            body: dict[str, Any] = {
                "outcome": "upheld",
                "findings": "属实",
                "decided_on": self.decided(one),
                "verified_grounds": grounds,
            }
            chance = self.random.random()
            if chance < 0.1:
                body = {"outcome": "dismissed", "findings": "核查记录", "decided_on": self.decided(one)}
            self.add(f"complaints/{one}/decision", body, "decision", one)

    def do_survey(self) -> None:
        year = self.random.choice(YEARS)
        client = self.random.choice(CLIENTS)
        body = {"client": client, "year": year, "submitted_on": self.day(), "answers": self.random.choices("ABC", k=10)}
        self.add("surveys", body, "survey", f"survey {client['uscc']} {year}")

    def do_closing(self) -> None:
        year = self.random.choice(YEARS)
        self.add("survey-closings", {"year": year, "closed_on": self.day()}, "closing", f"closing {year}")

    def do_effect(self) -> None:
        year = self.random.choice(YEARS)
        client = self.random.choice(CLIENTS)
        value = f"{self.random.randrange(0, 10001) / 100:.2f}"
        body = {"client": client, "year": year, "value": value, "scored_on": self.day()}
        self.add("effect-scores", body, "effect", f"effect {client['uscc']} {year}")

    def do_honour(self) -> None:
        level = self.random.choice(("national", "provincial", "municipal", "district"))
        reason = self.random.choice("甲乙丙")
        body = {"level": level, "reason": reason, "authority_kind": "emergency_management", "awarded_on": self.day()}
        self.add("honours", body, "honour", f"honour {reason}")

    def do_penalty(self) -> None:
        if self.random.random() < 0.3:
            self.add("penalties", {"authority_kind": "emergency_management", "decided_on": self.day()}, "penalty")

    def do_annulment(self) -> None:
        if one := self.pick("any"):
            body = {"event_id": one, "reason": "更正", "annulled_on": self.day()}
            subject = next(sent.subject for sent in self.sent if sent.id == one)
            self.add("annulments", body, "annulment", subject)


def replayed(history: Iterable[Sent]) -> District:
    """The same commands sent again to a new district, in this order."""
    fresh = District(clock=noon(TODAY))
    for sent in history:
        fresh.send(sent.post, sent.body, sent.id)
    return fresh


def answers(world: District, as_of: date, known_at: str | None = None) -> dict[str, Any]:
    """What an answer says of the agency, without what only tells positions in the trail."""
    answer = standing(world.basis(CODE, as_of, known_at))
    answer["sanction"]["events"] = sorted(answer["sanction"]["events"])
    sheets = {}
    for year in YEARS:
        sheet = explained(Sheet(world.basis(CODE, as_of, known_at), year))
        sheets[year] = {part: sheet[part] for part in ("exact", "grade", "missing", "assessed", "override")}
    return {part: answer[part] for part in ("agency", "sanction", "bad_records", "assessment", "advisories")} | {
        "sheets": sheets
    }


histories = st.builds(History, seed=st.integers(0, 10**9), length=st.integers(5, 60))
days = st.dates(date(2021, 9, 1), date(2027, 12, 31))
generated = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@generated
@given(histories, days, st.integers(0, 10**6))
def test_a_fact_recorded_later_never_changes_an_answer_with_an_earlier_known_at(
    history: History, as_of: date, place: int
) -> None:
    """What was answered after k facts is answered for ever at the instant of the k-th recording."""
    cut = place % len(history.sent) + 1
    then = replayed(history.sent[:cut])
    known_at = then.agencies[CODE].trail.events[-1].recorded_at
    assert answers(then, as_of) == answers(history.district, as_of, known_at)


@generated
@given(histories, days)
def test_lines_add_up_exactly(history: History, as_of: date) -> None:
    """Full points and the lines make the category exactly, the categories the total; floors and caps hold."""
    full = {"conduct": 10, "quality": 50, "effect": 40, "honours": 0}
    for year in YEARS:
        sheet = explained(Sheet(history.district.basis(CODE, as_of), year))
        sums = {name: Fraction(points) for name, points in full.items()}
        for line in sheet["lines"]:
            sums[line["category"]] += Fraction(line["exact"])
        assert {name: str(value) for name, value in sums.items()} == {name: sheet["exact"][name] for name in full}
        if sheet["assessed"]:
            assert Fraction(sheet["exact"]["total"]) == sum(sums.values())
        assert 0 <= sums["conduct"] <= 10
        assert 0 <= sums["honours"] <= 10


@generated
@given(histories, days, st.integers(0, 10**6))
def test_annulling_and_never_having_recorded_differ_only_in_the_trail(
    history: History, as_of: date, place: int
) -> None:
    """An event annulled with what names it leaves every answer as if none of them had ever been recorded."""
    world = history.district
    trail = world.agencies[CODE].trail
    candidates = [event for event in trail.events if not event.FINAL and trail.counts(event)]
    if not candidates:
        return
    gone = candidates[place % len(candidates)]
    without = {gone.id}
    for event in trail.events:  # in recording order, so what names it comes later
        if not without.isdisjoint(event.named()):
            without.add(event.id)
    world.send(f"{PATH}/annulments", {"event_id": gone.id, "reason": "更正", "annulled_on": "2025-06-30"}, "annul")
    never = [sent for sent in history.sent if sent.id not in without and _annuls(sent) not in without]
    assert answers(world, as_of) == answers(replayed(never), as_of)


def _annuls(sent: Sent) -> str | None:
    named = sent.body.get("event_id")
    return named if isinstance(named, str) else None


@generated
@given(histories, days, st.integers(0, 10**6))
def test_the_order_of_recording_does_not_matter_for_facts_of_different_subjects(
    history: History, as_of: date, seed: int
) -> None:
    """Facts of different subjects recorded in another order give the same answers; a subject's own order is kept."""
    groups: dict[str, list[Sent]] = {}
    for sent in history.sent[2:]:
        groups.setdefault(sent.subject, []).append(sent)
    shuffled = random.Random(seed)
    waiting = [one for group in groups.values() for one in [iter(group)] * len(group)]
    shuffled.shuffle(waiting)
    again = replayed([*history.sent[:2], *(next(group) for group in waiting)])
    assert answers(again, as_of) == answers(history.district, as_of)


@generated
@given(histories, days)
def test_what_is_dated_after_the_day_changes_nothing_on_it(history: History, as_of: date) -> None:
    """An answer is the same when every later-dated fact is taken away: what is worked out once holds on all days."""
    trail = history.district.agencies[CODE].trail
    needed = {name for event in trail.events if event.occurred_on <= as_of for name in event.named()}
    kept = [
        event
        for event in trail.events
        if event.occurred_on <= as_of or event.id in needed or isinstance(event, EventAnnulled)
    ]
    if not any(isinstance(event, FilingSubmitted) for event in kept):
        return
    basis = history.district.basis(CODE, as_of)
    alone = replace(basis, trail=Trail(kept))
    for part in ("sanction", "bad_records", "assessment", "advisories"):
        assert standing(alone)[part] == standing(basis)[part]
    for year in YEARS:
        assert explained(Sheet(alone, year))["lines"] == explained(Sheet(basis, year))["lines"]


@generated
@given(histories, days)
def test_the_stretch_of_a_tier_holds_the_day_and_ends_where_the_tier_changes(history: History, as_of: date) -> None:
    """`since` and `until` enclose the day; with nothing later, the day after `until` has another tier (R17)."""
    basis = history.district.basis(CODE, as_of)
    found = standing(basis)["sanction"]
    if found["tier"] == "none":
        assert (found["since"], found["until"]) == (None, None)
        return
    assert found["since"] <= as_of.isoformat()
    if found["until"] is None:
        return
    assert as_of.isoformat() <= found["until"]
    last = date.fromisoformat(found["until"])
    later = [event for event in basis.trail.events if as_of < event.occurred_on <= last + timedelta(days=1)]
    if not later:
        after = standing(history.district.basis(CODE, last + timedelta(days=1)))["sanction"]["tier"]
        assert after != found["tier"]


def test_generated_histories_reach_what_they_are_for() -> None:
    """The generator really makes annulments, all tiers and capped categories: no property holds emptily."""
    tiers, annulled, floors = set(), 0, 0
    for seed in range(120):
        history = History(seed, 60)
        annulled += len(history.made.get("annulment", []))
        for as_of in (date(2022, 12, 31), date(2024, 6, 30)):
            basis = history.district.basis(CODE, as_of)
            tiers.add(standing(basis)["sanction"]["tier"])
            floors += any(one["capped"] for one in explained(Sheet(basis, as_of.year))["categories"])
    assert {str(tier) for tier in tiers} == {"none", "recorded", "warned", "blacklisted"}
    assert annulled > 50
    assert floors > 5
