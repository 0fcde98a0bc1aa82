"""Histories for the read models: those of the properties, and what bears on rows in ways of its own."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from msgspec import UNSET

from domain.events import (
    AgencySucceeded,
    BadRecordEntered,
    Client,
    Event,
    FactsInherited,
    Grounds,
    InheritedComplaint,
    InheritedPenalty,
    InheritedRecord,
    InheritedTag,
    InheritedWarning,
    ProjectExtended,
    ProjectStarted,
    ResultPublished,
    ResultRevised,
    Sealed,
)
from domain.ledger.inheriting import standing_about
from domain.measures.around.successions import succeeded
from domain.measures.notices import notices
from domain.measures.rulebook.rulebook import Rulebook, shipped_rulebook
from domain.trail.trail import Facts
from domain.values import instant, next_instant
from tests.specification import District, noon
from tests.test_properties import CLIENTS, CODE, TODAY, History


class LongHistory(History):
    """With terminations, new filings, changes of name, accidents, delistings, results, forms of projects."""

    def __init__(self, seed: int, length: int, rulebooks: tuple[Rulebook, ...] = (shipped_rulebook(),)) -> None:
        self.rulebooks = rulebooks
        super().__init__(seed, length)

    @property
    def district(self) -> District:
        return self._district

    @district.setter
    def district(self, _: District) -> None:
        self._district = District(clock=noon(TODAY), rulebooks=self.rulebooks)

    def do_termination(self) -> None:
        if self.random.random() < 0.3:
            self.add("termination", {"effective_on": self.day()}, "termination")

    def do_refiling(self) -> None:
        body = {"uscc": CODE, "name": self.random.choice("乙丙"), "category": "安全管家", "submitted_on": self.day()}
        self.add("", body, "filing")
        outcome = self.random.choice(("filed", "filed", "returned"))
        more = {"reasons": "材料不全"} if outcome == "returned" else {}
        self.add("filing-decision", {"outcome": outcome, "decided_on": self.day(), **more}, "decision")

    def do_rename(self) -> None:
        fields = {self.random.choice(("name", "category")): self.random.choice(("丁", "戊 己", "戊己"))}
        self.add("changes", {"changed_on": self.day(), "reported_on": self.day(), "fields": fields}, "change")

    def do_accident(self) -> None:
        first, then = sorted((self.day(), self.day()))
        body: dict[str, Any] = {"found_on": then, "severity": "general", "liability": "direct"}
        if self.random.random() < 0.5:
            body["accident_on"] = first
        if self.random.random() < 0.3:
            body["project_id"] = self.pick("project")
        self.add("accidents", body, "accident")

    def do_delisting(self) -> None:
        self.add("delisting", {"decided_on": self.day()}, "delisting")

    def do_form_of_a_project(self) -> None:
        if one := self.pick("project"):
            body = {
                "client": self.random.choice(CLIENTS),
                "project_id": one,
                "year": self.random.choice((2022, 2023)),
                "submitted_on": self.day(),
                "answers": self.random.choices("ABC", k=10),
            }
            self.add("surveys", body, "survey")

    def do_notice_and_its_service(self) -> None:
        """Something due is sent, or what was sent is served, comes back, or is acknowledged (R41)."""
        chance, agency = self.random, self.district.agencies[CODE]
        due = [one for one in notices(Facts(agency.trail, TODAY), self.district.law.rulebooks) if one.sent_on is None]
        if due and chance.random() < 0.6:
            one = chance.choice(sorted(due, key=lambda each: each.recipient != "agency")[:2])
            self.add(f"notices/{one.id}/sent", {"sent_on": self.day(), "channel": "函"}, "sent")
        elif sent := self.pick("sent"):
            out = agency.trail.by_id.get(sent)
            day = max(date.fromisoformat(self.day()), out.occurred_on if out else TODAY).isoformat()
            if chance.random() < 0.4:
                body = {"acknowledged_on": day, "evidence": [{"title": "送达回证"}]}
                self.add(f"sent-notices/{sent}/acknowledgement", body, "service")
            else:
                outcome = chance.choice(("delivered", "undeliverable"))
                self.add(
                    f"sent-notices/{sent}/service", {"served_on": day, "outcome": outcome, "way": "post"}, "service"
                )

    def do_merger(self) -> None:
        one, other = self.pick("complaint"), self.pick("complaint")
        if one and one != other:
            body = {"outcome": "merged", "findings": "核查记录", "decided_on": self.decided(one), "merged_into": other}
            self.add(f"complaints/{one}/decision", body, "decision")

    def do_lapse_on_something(self) -> None:
        body = {"item": self.random.choice((1, 2, 5, 6)), "occurred_on": self.day(), "concerns": self.pick("any")}
        self.add("lapses", body, "lapse")

    def do_record_by_hand(self) -> None:
        """A 16.8 or 16.12 as it could be entered before it came by derivation alone (R12)."""
        agency = self.district.agencies[CODE]
        id_ = f"h{agency.version}"
        agency.apply(
            BadRecordEntered(
                stream=agency.stream,
                version=agency.version + 1,
                id=id_,
                occurred_on=date.fromisoformat(self.day()),
                recorded_at=next_instant(self.district.clock, agency.trail.events[-1].recorded_at),
                actor="p",
                via="api",
                bad_record_id=id_,
                behaviour=self.random.choice(("16.8", "16.12")),
                behaviour_on=None,
                report_id=None,
                unlawful=False,
            )
        )

    def do_inheritance(self) -> None:
        """What the ledger records at a successor, and again with every later fact of a predecessor (R43)."""
        chance, agency = self.random, self.district.agencies[CODE]
        name = chance.choice(("s1", "s2", "s3"))
        before = standing_about(agency.trail.events, name)
        day = date.fromisoformat(self.day()) if before is None else before.occurred_on
        tags = [
            InheritedTag(
                tier,
                day - timedelta(days=back),
                None if tier == "recorded" else day + timedelta(days=on),
                not_public_from=day + timedelta(days=back) if chance.random() < 0.3 else None,
            )
            for tier in ("recorded", "warned", "blacklisted")
            if chance.random() < 0.4
            for back, on in [(chance.randrange(1, 300), chance.randrange(300))]
        ]
        upheld = sorted(date.fromisoformat(self.day()) for _ in range(chance.randrange(4)))
        grounds: tuple[Grounds, ...] = ("poor_quality", "missed_hazard", "other")
        days = [max(date.fromisoformat(self.day()), date(day.year, 1, 1)) for _ in range(chance.randrange(3))]
        origins = (UNSET, "o1", "o2", "o3")  # the same thing may come by two ways
        self.placed(
            FactsInherited,
            day,
            succession_id=name,
            kind="merger",
            predecessor="91441300MA4A00011L",
            names=("前身",),
            codes=("91441300MA4A00011L",),
            stands=chance.random() < 0.85,
            tags=tuple(tags),
            complaints=tuple(InheritedComplaint(one, chance.choice(grounds), chance.choice(origins)) for one in upheld),
            records=tuple(InheritedRecord("16.2", one, one.year, chance.choice(origins)) for one in days),
            penalties=tuple(
                InheritedPenalty(
                    max(date.fromisoformat(self.day()), date(day.year, 1, 1)),
                    chance.choice(("emergency_management", "other")),
                    chance.choice(origins),
                )
                for _ in range(chance.randrange(3))
            ),
            warnings=tuple(
                InheritedWarning(year, first, date(year + 1, 12, 31))
                for year in (day.year - 1, day.year)
                if chance.random() < 0.4
                for first in [date(year + 1, 1, 1) + timedelta(days=chance.randrange(300))]
            ),
            events=(),
        )

    def do_inherited_project(self) -> None:
        """A project of a predecessor goes on here; its term may have passed already (R43)."""
        day = date.fromisoformat(self.day())
        id_ = f"q{self.district.agencies[CODE].version}"
        client = self.random.choice(CLIENTS)
        self.placed(
            ProjectStarted,
            day,
            event_id=id_,
            project_id=id_,
            client=Client(client["uscc"], client["name"]),
            contract_no=None,
            service_type=None,
            due_on=day + timedelta(days=self.random.randrange(-200, 200)),
            quality_lead=None,
            technicians=(),
            inherited_from="elsewhere",
        )
        self.made.setdefault("project", []).append(id_)

    def do_inherited_extension(self) -> None:
        """The due date of an inherited project has become another one at the predecessor, earlier or later (R43)."""
        trail = self.district.agencies[CODE].trail
        here = [one for one in trail.of(ProjectStarted) if one.inherited_from is not UNSET]
        if here:
            one = self.random.choice(here)
            due = one.occurred_on + timedelta(days=self.random.randrange(-200, 300))
            more = {"project_id": one.id, "due_on": due, "inherited_from": "elsewhere"}
            self.placed(ProjectExtended, one.occurred_on, event_id=f"y{len(trail.events)}", **more)

    def do_succession(self) -> None:
        """Another agency takes the place; it may be annulled."""
        agency = self.district.agencies[CODE]
        if self.random.random() < 0.2 and succeeded(Facts(agency.trail, date.max)) is None:
            id_ = f"z{agency.version}"
            more: dict[str, Any] = {"succession_id": id_, "kind": "merger", "successors": ("91441300MA4A00011L",)}
            self.placed(AgencySucceeded, date.fromisoformat(self.day()), basis=Sealed("s", ""), event_id=id_, **more)
        elif (gone := succeeded(Facts(agency.trail, date.max))) is not None and self.random.random() < 0.3:
            self.add("annulments", {"annulled_on": self.day(), "event_id": gone.id, "reason": "误记"}, "annulment")

    def placed(self, of: type[Event], day: date, event_id: str = "", **fields: Any) -> None:
        """A fact as the ledger itself records it."""
        agency = self.district.agencies[CODE]
        agency.apply(
            of(
                stream=agency.stream,
                version=agency.version + 1,
                id=event_id or f"p{agency.version}",
                occurred_on=day,
                recorded_at=next_instant(self.district.clock, agency.trail.events[-1].recorded_at),
                actor="p",
                via="api",
                **fields,
            )
        )

    def do_result(self) -> None:
        """A year is published once and revised after that (R32, R34); the events alone, without the round."""
        agency = self.district.agencies[CODE]
        last = agency.trail.events[-1]
        year = self.random.choice((2021, 2022, 2023))
        kind = ResultRevised if any(one.year == year for one in agency.results()) else ResultPublished
        event = kind(
            stream=agency.stream,
            version=agency.version + 1,
            id=f"r{agency.version}",
            occurred_on=TODAY - timedelta(days=self.random.randrange(1200)),
            recorded_at=next_instant(self.district.clock, last.recorded_at),
            actor="p",
            via="api",
            year=year,
            grade=self.random.choice(("unqualified", "qualified")),
            rank=1,
            sheet={"assessed": True},
            basis=(),
            known_at=instant(self.district.clock),
            log_index=0,
            rulebook_sha256="",
            calendar_sha256="",
        )
        agency.apply(event)


def rulebook_from(day: str, rulebook_id: str, **changes: object) -> Rulebook:
    """The shipped rulebook with other values, under its own id from another day on."""
    content = shipped_rulebook().override(changes).content
    return Rulebook.from_content({**content, "id": rulebook_id, "effective_from": day})


LADDERS = {
    "one_year": (shipped_rulebook(),),
    "window": (rulebook_from("2021-11-01", "w", tag_term="window", recorded_term="one_year"),),
    "by_decision": (rulebook_from("2021-11-01", "d", tag_term="by_decision", counted_complaints="all"),),
    "amended": (
        shipped_rulebook(),
        rulebook_from(
            "2023-05-15",
            "amended",
            tag_term="window",
            total_cap=100,
            **{"quality.divisor": "4", "conduct.bad_record_points": "2.5", "deadlines.change_days": 3},
        ),
        rulebook_from("2024-04-01", "again", tag_term="by_decision", cycle_start="04-01"),
    ),
}
"""The four ways a tag can end, and amendments in mid-year, of values, ladder and cycle."""
