"""Histories for the read models: those of the properties, and what bears on rows in ways of its own."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from domain.events import BadRecordEntered, ResultPublished, ResultRevised
from domain.measures.rulebook.rulebook import Rulebook, shipped_rulebook
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
