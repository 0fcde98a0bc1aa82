"""The Measures at their boundaries and under other parameters, where a worked case cannot say it shortly."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from domain.errors import Contradiction, Invalid
from domain.events import BadRecordEntered, Event, GradeName, ResultPublished, ResultRevised, Sealed
from domain.law import Law
from domain.measures.calendar import Calendar
from domain.measures.chapter3_sanctions import tags
from domain.measures.notices import notices
from domain.measures.rulebook.rulebook import Rulebooks, shipped_rulebook
from domain.trail.trail import Trail
from domain.values import Role
from projections.replay.queries import entry
from projections.replay.sheet import Sheet
from tests.plain_answers import explained, standing, summary
from tests.specification import CALENDAR, District, noon, uscc

A = uscc(65)
PATH = f"/v1/agencies/{A}"
CLIENT = {"uscc": uscc(500), "name": "甲化工"}
MEMBER = {"name": "王工", "years": 5}
PROJECT = {
    "client": CLIENT,
    "started_on": "2021-11-02",
    "due_on": "2035-12-31",
    "quality_lead": MEMBER,
    "technicians": [{"name": "李工", "years": 3}, {"name": "赵工", "years": 2}],
}


def filed(**overrides: Any) -> District:
    """An agency filed and in business since November 2021, under the shipped rulebook with other values if given."""
    world = District(rulebooks=(shipped_rulebook().override(overrides),)) if overrides else District()
    world.clock = noon(date(2030, 12, 31))
    world.send("/v1/agencies", {"uscc": A, "name": "甲", "category": "安全管家", "submitted_on": "2021-11-01"})
    world.send(f"{PATH}/filing-decision", {"outcome": "filed", "decided_on": "2021-11-02"})
    world.send(f"{PATH}/projects", PROJECT)
    return world


def uphold(world: District, day: str, grounds: str = "missed_hazard") -> Event:
    """A complaint received and upheld on one day."""
    complaint = world.send(f"{PATH}/complaints", {"received_on": day, "grounds": grounds})
    body = {"outcome": "upheld", "findings": "属实", "decided_on": day, "verified_grounds": grounds}
    return world.send(f"{PATH}/complaints/{complaint.id}/decision", body)


def sanction(world: District, day: str) -> tuple[str, str | None, str | None]:
    """Tier, since and until on a day."""
    found = standing(world.basis(A, date.fromisoformat(day)))["sanction"]
    return found["tier"], found["since"], found["until"]


@pytest.mark.shows("art.17", "R16")
def test_under_window_the_tier_follows_the_rolling_count() -> None:
    """With tag_term window the tier falls with the count: warned while two lie within a year, then recorded."""
    world = filed(**{"ladder.tag_term": "window"})
    uphold(world, "2024-02-11")
    uphold(world, "2024-05-06")
    assert sanction(world, "2024-05-05") == ("recorded", "2024-02-11", None)
    assert sanction(world, "2024-05-06") == ("warned", "2024-05-06", "2025-02-11")
    assert sanction(world, "2025-02-11") == ("warned", "2024-05-06", "2025-02-11")
    assert sanction(world, "2025-02-12") == ("recorded", "2025-02-12", None)


@pytest.mark.shows("art.17", "R16")
@pytest.mark.parametrize("term", ["one_year", "window", "by_decision"])
def test_a_ladder_without_a_recorded_step_never_says_recorded(term: str) -> None:
    """With the steps warned and blacklisted alone, no setting of tag_term and recorded_term makes a recorded tag."""
    world = filed(**{"ladder.tiers": ["warned", "blacklisted"], "ladder.tag_term": term})
    uphold(world, "2024-02-11")
    assert sanction(world, "2024-02-11") == ("warned", "2024-02-11", "2025-02-11")
    assert sanction(world, "2025-02-12") == ("none", None, None)


@pytest.mark.shows("art.17(1)", "art.17(2)", "R16")
def test_of_two_upheld_on_one_day_the_first_is_recorded_and_the_second_warned() -> None:
    """In the order of recording: one notice of the warning is due, none twice, and the recorded tag outlives it."""
    world = filed()
    first, second = uphold(world, "2024-06-03"), uphold(world, "2024-06-03")
    made = tags(world.basis(A, date(2024, 6, 3)).facts, shipped_rulebook(), Rulebooks((shipped_rulebook(),)))
    assert [(one.tier, one.event, one.because) for one in made] == [
        ("recorded", first.id, (first.id,)),
        ("warned", second.id, (first.id, second.id)),
    ]
    basis = world.basis(A, date(2024, 6, 3))
    assert [(one.kind, one.cause) for one in notices(basis.facts, basis.law.rulebooks)] == [("warned", second.id)]
    assert sanction(world, "2025-06-04") == ("recorded", "2025-06-04", None)


@pytest.mark.shows("art.17", "R16", "R18")
def test_a_warning_needs_no_correction_for_a_complaint_of_its_day_that_was_not_counted_for_it() -> None:
    """Of three on one day the warning rests on the first two; the third is annulled: the warning stays right."""
    world = filed()
    _, second, third = (uphold(world, "2024-06-03") for _ in range(3))
    basis = world.basis(A, date(2024, 6, 3))
    (warning,) = (one for one in notices(basis.facts, basis.law.rulebooks) if one.kind == "warned")
    assert warning.cause == second.id
    world.send(f"{PATH}/notices/{warning.id}/sent", {"sent_on": "2024-06-04", "channel": "书面"})
    world.send(f"{PATH}/annulments", {"event_id": third.id, "reason": "有误", "annulled_on": "2024-06-20"})
    assert "correction" not in [kind for kind, _, _ in due(world, "2030-12-31")]


@pytest.mark.shows("art.17(1)", "R16")
def test_a_recorded_tag_can_be_given_a_term() -> None:
    """With recorded_term one_year the tag stands through its anniversary and is gone the day after."""
    world = filed(**{"ladder.recorded_term": "one_year"})
    uphold(world, "2024-02-29")
    assert sanction(world, "2025-02-28") == ("recorded", "2024-02-29", "2025-02-28")
    assert sanction(world, "2025-03-01") == ("none", None, None)


@pytest.mark.shows("art.17(3)", "R16")
def test_by_decision_the_blacklist_lasts_until_a_delisting_which_restarts_the_count() -> None:
    """With tag_term by_decision blacklisted has no end of its own; complaints up to the delisting count no more."""
    world = filed(**{"ladder.tag_term": "by_decision"})
    for day in ("2023-01-10", "2023-02-10", "2023-03-10"):
        uphold(world, day)
    assert sanction(world, "2026-01-01") == ("blacklisted", "2023-03-10", None)
    world.send(f"{PATH}/delisting", {"decided_on": "2023-06-01"})
    assert sanction(world, "2023-05-31")[0] == "blacklisted"
    assert sanction(world, "2023-06-01")[0] == "warned"  # the second complaint's own tag stands for its year
    uphold(world, "2023-06-02")
    counted = standing(world.basis(A, date(2023, 6, 2)))["sanction"]["verified_complaints"]
    assert counted == 1


@pytest.mark.shows("art.17(3)", "R16")
def test_a_delisting_is_refused_where_tags_end_by_themselves() -> None:
    """Under the shipped rulebook nobody is released by decision; the refusal names the article."""
    with pytest.raises(Contradiction, match=r"art\.17\(3\)"):
        filed().send(f"{PATH}/delisting", {"decided_on": "2024-01-01"})


@pytest.mark.shows("R15", "R16")
def test_all_upheld_complaints_count_when_the_rulebook_says_so() -> None:
    """With counted_complaints all, one upheld on other grounds adds a tag too; by default it does not."""
    by_default, every = filed(), filed(**{"ladder.counted_complaints": "all"})
    for world in (by_default, every):
        uphold(world, "2024-03-01", "other")
    assert sanction(by_default, "2024-03-01")[0] == "none"
    assert sanction(every, "2024-03-01")[0] == "recorded"


@pytest.mark.shows(
    "art.16",
    "art.16(1)",
    "art.16(2)",
    "art.16(3)",
    "art.16(4)",
    "art.16(5a)",
    "art.16(5b)",
    "art.16(6)",
    "art.16(7)",
    "art.16(8)",
    "art.16(9)",
    "art.16(10)",
    "art.16(11)",
    "art.16(12)",
    "art.16(13)",
    "annex1.item8",
)
@pytest.mark.parametrize("n", ["1", "2", "3", "4", "5a", "5b", "6", "7", "8", "9", "10", "11", "12", "13"])
def test_each_of_the_fourteen_behaviours_is_one_bad_record_and_two_points(n: str) -> None:
    """不良信息一次扣 2 分: each code counts one from its day on, cites its own item of art.16, costs 2 points."""
    world = filed()
    record = _made(world, n)
    assert standing(world.basis(A, date(2024, 5, 5)))["bad_records"] == {"year": 0, "total": 0}
    assert standing(world.basis(A, date(2024, 5, 6)))["bad_records"] == {"year": 1, "total": 1}
    lines = explained(Sheet(world.basis(A, date(2024, 12, 31)), 2024))["lines"]
    (line,) = (one for one in lines if one["item"] == 8)
    assert (line["article"], line["paragraph"]) == ("art.16", f"art.16({n})")
    assert (line["points"], line["events"]) == ("-2.00", [record.id])


def _made(world: District, n: str) -> Event:
    """A bad record of 2024-05-06: 16.8 by closing a survey with a low mean, 16.12 by upholding a complaint (R12)."""
    if n == "12":
        return uphold(world, "2024-05-06", "other")
    if n == "8":
        form = {"client": CLIENT, "year": 2024, "submitted_on": "2024-05-06", "answers": ["C"] * 10}
        world.send(f"{PATH}/surveys", form)
        return world.send(f"{PATH}/survey-closings", {"year": 2024, "closed_on": "2024-05-06"})
    body = {"behaviour": f"16.{n}", "content": "核查情况", "entered_on": "2024-05-06"}
    return world.send(f"{PATH}/bad-records", body)


@pytest.mark.shows("art.16(8)", "art.16(12)", "R12")
@pytest.mark.parametrize("code", ["16.8", "16.12"])
def test_what_comes_by_derivation_is_not_entered_by_hand(code: str) -> None:
    """Refused by name: a survey's closing makes 16.8, an upheld complaint 16.12; by hand they would cost double."""
    body = {"behaviour": code, "content": "核查情况", "entered_on": "2024-05-06"}
    with pytest.raises(ValueError, match=f"{code} is not entered by hand.*R12"):
        filed().send(f"{PATH}/bad-records", body)


@pytest.mark.shows("art.16", "R12")
@pytest.mark.parametrize("content", [None, "", "  "])
def test_a_bad_record_says_what_happened(content: str | None) -> None:
    """It needs a statement, and may name who of the agency it was; both are sealed."""
    world = filed()
    body = {"behaviour": "16.3", "entered_on": "2024-05-06", "practitioner": "王工"}
    with pytest.raises(ValueError, match="content"):
        world.send(f"{PATH}/bad-records", body if content is None else {**body, "content": content})
    record = world.send(f"{PATH}/bad-records", {**body, "content": "方案为模板"})
    assert isinstance(record, BadRecordEntered)
    assert isinstance(record.content, Sealed)
    assert isinstance(record.practitioner, Sealed)


def test_a_fifteenth_behaviour_is_refused() -> None:
    """A code that art.16 does not know is an error of the body, not a bad record."""
    with pytest.raises(ValueError, match="behaviour"):
        filed().send(f"{PATH}/bad-records", {"behaviour": "16.14", "content": "核查情况", "entered_on": "2024-05-06"})


@pytest.mark.shows("art.15(1)", "R9")
@pytest.mark.parametrize(
    ("lead", "technicians", "lacking"),
    [
        ("2", ("1", "1"), 0),
        ("1.99", ("1", "1"), 1),
        ("2", ("1", "0.99"), 1),
        ("2", ("1",), 1),
        (None, (), 2),
        ("2.01", ("1", "1", "0"), 0),
    ],
)
def test_a_team_below_the_article_is_accepted_and_flagged(
    lead: str | None, technicians: tuple[str, ...], lacking: int
) -> None:
    """二年以上, 一年以上, 不少于2名: at the number it is enough, just below it is flagged, never refused."""
    world = filed()
    body = {
        **PROJECT,
        "quality_lead": None if lead is None else {"name": "王", "years": lead},
        "technicians": [{"name": name, "years": years} for name, years in zip("李赵孙", technicians, strict=False)],
    }
    project = world.send(f"{PATH}/projects", body)
    flags = entry(project, world.basis(A, date(2024, 1, 1))).flags
    assert sum(flag.article == "art.15(1)" for flag in flags) == lacking


@pytest.mark.shows("art.15(2)", "art.15(3)")
def test_plan_and_closing_report_are_noted_until_they_are_filed() -> None:
    """A project shows what it lacks of art.15(2) and (3), and no longer when it has come in."""
    world = filed()
    project = world.send(f"{PATH}/projects", PROJECT)

    def lacks(day: date) -> list[str]:
        return [flag.article for flag in entry(project, world.basis(A, day)).flags]

    assert lacks(date(2024, 3, 1)) == ["art.15(2)", "art.15(3)"]
    world.send(f"{PATH}/projects/{project.id}/plan", {"filed_on": "2024-02-01"})
    world.send(
        f"{PATH}/projects/{project.id}/completion", {"completed_on": "2024-05-01", "report_filed_on": "2024-05-03"}
    )
    assert lacks(date(2024, 3, 1)) == ["art.15(3)"]
    assert lacks(date(2024, 5, 1)) == []


def due(world: District, day: str) -> list[tuple[str, str, bool]]:
    """Kind, recipient and whether it was sent, of the notices due by a day."""
    basis = world.basis(A, date.fromisoformat(day))
    found = notices(basis.facts, basis.law.rulebooks)
    return sorted((one.kind, one.recipient, one.sent_on is not None) for one in found)


@pytest.mark.shows("art.17(2)", "art.17(3)", "R18")
def test_tags_make_notices_due_with_ids_that_survive_replays() -> None:
    """The second complaint makes one notice, the third four; ids follow from cause, kind and recipient alone."""
    world = filed()
    for day in ("2024-02-01", "2024-03-01", "2024-04-01"):
        uphold(world, day)
    assert due(world, "2024-02-29") == []
    assert due(world, "2024-03-01") == [("warned", "agency", False)]
    assert [one[:2] for one in due(world, "2024-04-01")] == [
        ("blacklisted", "agency"),
        ("blacklisted", "enterprises"),
        ("blacklisted", "public_site"),
        ("blacklisted", "regulator"),
        ("warned", "agency"),
    ]
    basis = world.basis(A, date(2024, 4, 1))
    first = [one.id for one in notices(basis.facts, basis.law.rulebooks)]
    again = world.basis(A, date(2025, 4, 1))
    assert first == [one.id for one in notices(again.facts, again.law.rulebooks)]


@pytest.mark.shows("R18")
def test_a_sent_notice_whose_ground_is_annulled_makes_a_correction_due() -> None:
    """Sent once, refused twice; when the decision behind it is annulled, its correction falls due and can be sent."""
    world = filed()
    uphold(world, "2024-02-01")
    second = uphold(world, "2024-03-01")
    basis = world.basis(A, date(2024, 3, 1))
    (notice,) = notices(basis.facts, basis.law.rulebooks)
    world.send(f"{PATH}/notices/{notice.id}/sent", {"sent_on": "2024-03-05", "channel": "挂号信"})
    assert due(world, "2024-03-05") == [("warned", "agency", True)]
    with pytest.raises(Contradiction, match="R18"):
        world.send(f"{PATH}/notices/{notice.id}/sent", {"sent_on": "2024-03-06", "channel": "挂号信"})
    world.send(f"{PATH}/annulments", {"event_id": second.id, "reason": "查证有误", "annulled_on": "2024-06-01"})
    assert due(world, "2024-06-01") == [("correction", "agency", False)]


@pytest.mark.shows("art.16", "R14")
def test_an_unlawful_bad_record_makes_a_referral_due_until_it_is_recorded() -> None:
    """涉及违法违规的，报送监管部门: due to the regulator, met by the referral with its reference, once."""
    world = filed()
    body = {"behaviour": "16.4", "content": "核查情况", "entered_on": "2024-03-01", "unlawful": True}
    record = world.send(f"{PATH}/bad-records", body)
    lawful = world.send(f"{PATH}/bad-records", {"behaviour": "16.2", "content": "核查情况", "entered_on": "2024-03-01"})
    assert due(world, "2024-03-01") == [("referral", "regulator", False)]
    referral = {"referred_on": "2024-03-04", "reference": "湾安函〔2024〕3号"}
    world.send(f"{PATH}/bad-records/{record.id}/referral", referral)
    assert due(world, "2024-03-04") == [("referral", "regulator", True)]
    for one in (record, lawful):
        with pytest.raises(Contradiction, match="R14"):
            world.send(f"{PATH}/bad-records/{one.id}/referral", referral)


@pytest.mark.shows("art.11", "art.18", "R19")
def test_terminations_and_accidents_make_notices_due() -> None:
    """A termination is published; an accident's finding goes to every client with a project running that day."""
    world = filed()
    world.send(f"{PATH}/projects", {**PROJECT, "client": {"uscc": uscc(501), "name": "乙"}, "started_on": "2024-05-02"})
    world.send(
        f"{PATH}/accidents",
        {"found_on": "2024-07-01", "accident_on": "2024-05-01", "severity": "general", "liability": "indirect"},
    )
    world.send(f"{PATH}/termination", {"effective_on": "2024-09-01"})
    assert due(world, "2024-09-01") == [("accident", CLIENT["uscc"], False), ("terminated", "public_site", False)]


def result(
    world: District, kind: type[ResultPublished | ResultRevised], grade: GradeName, day: str, year: int = 2023
) -> None:
    """Put a published or revised result on the trail, as the committee's commands will."""
    agency = world.agencies[A]
    last = agency.trail.events[-1]
    agency.apply(
        kind(
            stream=last.stream,
            version=last.version + 1,
            id=f"r{last.version}",
            occurred_on=date.fromisoformat(day),
            recorded_at=last.recorded_at,
            actor="c",
            via="api",
            year=year,
            grade=grade,
            rank=None,
            sheet={},
            basis=(),
            known_at=last.recorded_at,
            log_index=0,
            rulebook_sha256="",
            calendar_sha256="",
        )
    )


@pytest.mark.shows("art.19", "R31")
def test_a_published_unqualified_gives_a_warning_notice_through_the_year_after() -> None:
    """From publication to 31 December of the year after, not a day longer; a revision to another grade lifts it."""
    world = filed()
    result(world, ResultPublished, "unqualified", "2024-03-15")

    def notice(day: str) -> Any:
        return standing(world.basis(A, date.fromisoformat(day)))["warning_notice"]

    assert notice("2024-03-14") is None
    assert notice("2024-03-15")["until"] == "2024-12-31"
    assert notice("2024-12-31")["year"] == 2023
    assert notice("2025-01-01") is None
    assert ("unqualified", "agency", False) in due(world, "2024-03-15")
    result(world, ResultRevised, "qualified", "2024-04-10")
    assert notice("2024-04-09") is not None
    assert notice("2024-04-10") is None


@pytest.mark.shows("art.19", "R31")
def test_a_result_published_late_warns_in_the_year_of_publication() -> None:
    """Published two years later, the notice stands for the rest of the year of publication."""
    world = filed()
    result(world, ResultPublished, "unqualified", "2025-06-01", year=2022)
    found = standing(world.basis(A, date(2025, 6, 1)))["warning_notice"]
    assert (found["since"], found["until"]) == ("2025-06-01", "2025-12-31")


@pytest.mark.shows("R4", "R5")
def test_a_later_rulebook_judges_by_date_without_touching_code() -> None:
    """The sheet takes the rulebook of min(as_of, year's last day), the tier that of as_of; earlier years stay."""
    first = shipped_rulebook()
    content = first.content | {"id": "dayawan-2025", "effective_from": "2025-01-01"}
    second = type(first).from_content(content).override({"conduct.bad_record_points": 3, "ladder.tag_term": "window"})
    world = filed()
    world.law = Law(Rulebooks([first, second]), CALENDAR, False)
    for day in ("2024-05-06", "2025-05-06"):
        world.send(f"{PATH}/bad-records", {"behaviour": "16.2", "content": "核查情况", "entered_on": day})
    for year, points in ((2024, "-2.00"), (2025, "-3.00")):
        sheet = Sheet(world.basis(A, date(2025, 12, 31)), year)
        assert [line["points"] for line in explained(sheet)["lines"]] == [points]
    uphold(world, "2024-02-11")
    uphold(world, "2024-05-06")
    assert sanction(world, "2024-12-31")[2] == "2025-05-06"
    assert sanction(world, "2025-01-01")[2] == "2025-02-11"


@pytest.mark.shows("R2")
def test_a_deadline_in_a_year_without_calendar_says_that_it_is_provisional() -> None:
    """Weekends only where the calendar does not reach yet, and the answer says so."""
    world = filed()
    early = Calendar.from_content({**CALENDAR.content, "years": {"2021": CALENDAR.content["years"]["2021"]}})
    world.send(f"{PATH}/changes", {"changed_on": "2024-03-01", "reported_on": "2024-03-05", "fields": {"address": "x"}})
    assert standing(world.basis(A, date(2024, 4, 1)))["calendar"]["status"] == "adopted"
    world.law = replace(world.law, calendar=early)
    assert standing(world.basis(A, date(2024, 4, 1)))["calendar"]["status"] == "provisional"


def of_today() -> Iterator[tuple[str, dict[str, Any], str]]:
    """Commands that an agency may send: path, body with today's dates, and the date that has to be of today."""
    yield (
        "changes",
        {"changed_on": "2031-03-04", "reported_on": "2031-03-04", "fields": {"address": "x"}},
        "reported_on",
    )
    yield "pledge", {"signed_on": "2031-03-04"}, "signed_on"
    yield "termination", {"effective_on": "2031-03-04"}, "effective_on"
    yield "projects/$p/plan", {"filed_on": "2031-03-04"}, "filed_on"
    yield "projects/$p/completion", {"completed_on": "2031-03-04"}, "completed_on"


@pytest.mark.shows("R8b")
@pytest.mark.parametrize(("tail", "body", "field"), list(of_today()), ids=lambda value: str(value)[:24])
def test_an_agency_records_what_happens_today_and_only_the_association_dates_back(
    tail: str, body: dict[str, Any], field: str
) -> None:
    """Yesterday's date is refused from the agency with R8b and the field, and accepted from the association."""
    for role in (Role.AGENCY, Role.ASSOCIATION):
        world = filed()
        project = next(iter(world.agencies[A].trail.of(type(world.agencies[A].trail.events[2]))))
        path = f"{PATH}/{tail.replace('$p', project.id)}"
        world.clock, world.role = noon(date(2031, 3, 4)), role
        earlier = {**body, field: "2031-03-03"}
        if role is Role.AGENCY:
            with pytest.raises(Invalid, match="R8b") as caught:
                world.send(path, earlier)
            assert caught.value.pointer == f"/{field}"
            world.send(path, body)
        else:
            world.send(path, earlier)


@pytest.mark.shows("R8b", "art.12")
def test_an_agency_may_report_a_change_of_some_days_ago_and_start_an_existing_contract() -> None:
    """Art.12 gives seven days after the change, and a contract may have begun before it was registered."""
    world = filed()
    world.clock, world.role = noon(date(2031, 3, 4)), Role.AGENCY
    world.send(f"{PATH}/changes", {"changed_on": "2031-02-28", "reported_on": "2031-03-04", "fields": {"address": "x"}})
    world.send(f"{PATH}/projects", {**PROJECT, "started_on": "2030-01-01"})


@pytest.mark.shows("annex1.item4", "art.21", "annex1.item9")
@pytest.mark.parametrize("item", [1, 2, 3, 4, 5, 6, 7, 9])
def test_each_item_of_conduct_costs_one_point_by_hand(item: int) -> None:
    """发现一次扣 1 分: items 1-7 and 9; repeated lapses add up, and what was not there before is not deducted."""
    world = filed()
    for day in ("2024-03-01", "2024-04-01"):
        world.send(f"{PATH}/lapses", {"item": item, "occurred_on": day})
    points = [summary(Sheet(world.basis(A, date(2024, 3, day)), 2024))["conduct"] for day in (1, 31)]
    assert points == ["9.00", "9.00"]
    assert summary(Sheet(world.basis(A, date(2024, 4, 1)), 2024))["conduct"] == "8.00"


@pytest.mark.shows("art.10")
def test_an_inspection_stands_on_the_trail_and_changes_no_score() -> None:
    """定期…检查: the findings are kept; what follows from them is entered as a lapse or a bad record."""
    world = filed()
    before = standing(world.basis(A, date(2024, 5, 6)))
    event = world.send(f"{PATH}/inspections", {"inspected_on": "2024-05-06", "findings": "资料齐全"})
    after = standing(world.basis(A, date(2024, 5, 6)))
    row = entry(event, world.basis(A, date(2024, 5, 6)))
    assert (row.type, row.counts) == ("InspectionRecorded", True)
    assert {key: after[key] for key in ("sanction", "bad_records", "assessment")} == {
        key: before[key] for key in ("sanction", "bad_records", "assessment")
    }


@pytest.mark.shows("art.2", "art.8")
def test_the_trail_begins_with_a_filing() -> None:
    """Nothing can be recorded of an agency that has never filed: it does not exist here."""
    world = District(clock=noon(date(2024, 1, 1)))
    with pytest.raises(Exception, match="no agency"):
        world.send(f"{PATH}/pledge", {"signed_on": "2024-01-01"})
    assert Trail().events == []
    world.send("/v1/agencies", {"uscc": A, "name": "甲", "category": "安全管家", "submitted_on": "2024-01-01"})
    world.send(f"{PATH}/pledge", {"signed_on": "2024-01-01"})


@pytest.mark.shows("annex3", "art.26", "R8a")
@pytest.mark.parametrize(("signed", "conduct"), [("2024-03-31", "10.00"), ("2024-04-01", "9.00"), (None, "9.00")])
def test_a_pledge_signed_by_the_due_date_meets_an_open_request_of_item_7(signed: str | None, conduct: str) -> None:
    """On the due date is in time, the day after is not, never is not."""
    world = filed()
    world.send(
        f"{PATH}/submission-requests",
        {"item": 7, "title": "承诺书", "requested_on": "2024-03-01", "due_on": "2024-03-31"},
    )
    if signed is not None:
        world.send(f"{PATH}/pledge", {"signed_on": signed})
    assert summary(Sheet(world.basis(A, date(2024, 4, 30)), 2024))["conduct"] == conduct


@pytest.mark.shows("art.13", "art.23", "annex2")
def test_a_survey_names_a_project_of_that_client_or_none() -> None:
    """A form that names another client's project contradicts the trail; one without a project is accepted."""
    world = filed()
    project = world.agencies[A].trail.events[2]
    form = {"client": CLIENT, "year": 2024, "submitted_on": "2024-12-01", "answers": ["A"] * 10}
    with pytest.raises(Contradiction, match=r"art\.13"):
        world.send(f"{PATH}/surveys", {**form, "client": {"uscc": uscc(501), "name": "乙"}, "project_id": project.id})
    world.send(f"{PATH}/surveys", {**form, "project_id": project.id})
    world.send(f"{PATH}/surveys", form)
    assert summary(Sheet(world.basis(A, date(2024, 12, 31)), 2024))["quality"] == "50.00"


@pytest.mark.shows("art.15", "annex1.item5", "R9")
def test_an_extension_cannot_end_before_it_is_agreed() -> None:
    """Dates that contradict each other inside one body are refused, naming the field."""
    world = filed()
    project = world.agencies[A].trail.events[2]
    with pytest.raises(ValueError, match="due_on"):
        world.send(f"{PATH}/projects/{project.id}/extension", {"agreed_on": "2024-05-02", "due_on": "2024-05-01"})


@pytest.mark.shows("R4", "art.28")
def test_what_lies_before_the_measures_is_shown_as_considered_and_counts_nowhere() -> None:
    """Bad records, complaints, lapses and honours of October 2021 are named with the reason, and count for nothing."""
    world = filed()
    early = [
        world.send(f"{PATH}/bad-records", {"behaviour": "16.2", "content": "核查情况", "entered_on": "2021-10-31"}),
        uphold(world, "2021-10-31"),
        world.send(f"{PATH}/lapses", {"item": 4, "occurred_on": "2021-10-31"}),
        world.send(
            f"{PATH}/honours",
            {"level": "district", "reason": "甲", "authority_kind": "emergency_management", "awarded_on": "2021-10-31"},
        ),
    ]
    basis = world.basis(A, date(2021, 12, 31))
    sheet = explained(Sheet(basis, 2021))
    assert sheet["lines"] == []
    assert {event for one in sheet["considered"] for event in one["events"]} == {event.id for event in early}
    assert standing(basis)["bad_records"] == {"year": 0, "total": 0}
    assert standing(basis)["sanction"]["tier"] == "none"


def state(world: District, day: str) -> str | None:
    """The filing's state on a day."""
    found: str | None = standing(world.basis(A, date.fromisoformat(day)))["agency"]["filing"]
    return found


def new_district() -> District:
    """Nothing recorded yet, late enough that every date may be entered."""
    return District(clock=noon(date(2030, 12, 31)))


FILING = {"uscc": A, "name": "甲", "category": "安全管家"}


@pytest.mark.shows("art.8", "art.9", "R6")
def test_a_decision_dated_before_its_filing_takes_effect_with_the_filing() -> None:
    """Dates in any order are accepted; a filing that was decided is never left undecided by them."""
    world = new_district()
    world.send("/v1/agencies", {**FILING, "submitted_on": "2024-03-01"})
    world.send(f"{PATH}/filing-decision", {"outcome": "filed", "decided_on": "2024-02-01"})
    assert [state(world, day) for day in ("2024-02-15", "2024-03-01")] == [None, "filed"]


@pytest.mark.shows("art.8", "R6")
def test_a_return_dated_late_does_not_undo_a_newer_filing() -> None:
    """Each decision is of its own filing: what was returned stays returned, what was filed is filed."""
    world = new_district()
    world.send("/v1/agencies", {**FILING, "submitted_on": "2024-03-01"})
    world.send(f"{PATH}/filing-decision", {"outcome": "returned", "decided_on": "2024-03-20", "reasons": "缺材料"})
    world.send("/v1/agencies", {**FILING, "submitted_on": "2024-03-21", "name": "乙"})
    world.send(f"{PATH}/filing-decision", {"outcome": "filed", "decided_on": "2024-03-10"})
    assert [state(world, day) for day in ("2024-03-15", "2024-03-20", "2024-03-21")] == [
        "submitted",
        "returned",
        "filed",
    ]


@pytest.mark.shows("art.11", "R6")
def test_a_planned_termination_keeps_the_agency_filed_until_its_day_and_a_new_filing_survives_it() -> None:
    """Off the public list from the effective date, not from the recording; filed anew before, it stays filed."""
    world = new_district()
    world.send("/v1/agencies", {**FILING, "submitted_on": "2024-01-01"})
    world.send(f"{PATH}/filing-decision", {"outcome": "filed", "decided_on": "2024-01-02"})
    world.send(f"{PATH}/termination", {"effective_on": "2024-12-31"})
    assert [state(world, day) for day in ("2024-12-30", "2024-12-31")] == ["filed", "terminated"]
    with pytest.raises(Contradiction, match="R6"):
        world.send("/v1/agencies", {**FILING, "submitted_on": "2024-06-01"})
    world.send("/v1/agencies", {**FILING, "submitted_on": "2024-12-31", "name": "丙"})
    world.send(f"{PATH}/filing-decision", {"outcome": "filed", "decided_on": "2025-01-05"})
    assert [state(world, day) for day in ("2025-01-04", "2025-01-05")] == ["submitted", "filed"]
    assert standing(world.basis(A, date(2025, 1, 5)))["agency"]["name"] == "丙"


@pytest.mark.shows("art.11", "R6")
def test_a_termination_dated_before_the_filing_ends_it_and_another_is_refused() -> None:
    """A slip in the date does not leave it filed for ever; the refusal does not advise to annul a final fact."""
    world = new_district()
    world.send("/v1/agencies", {**FILING, "submitted_on": "2022-01-01"})
    world.send(f"{PATH}/filing-decision", {"outcome": "filed", "decided_on": "2022-01-05"})
    world.send(f"{PATH}/termination", {"effective_on": "2021-12-01"})
    assert state(world, "2022-01-05") == "terminated"
    with pytest.raises(Contradiction) as caught:
        world.send(f"{PATH}/termination", {"effective_on": "2023-12-01"})
    assert "annul it first" not in caught.value.remedy_en


@pytest.mark.shows("art.12", "R7")
def test_a_rejected_refiling_does_not_rename_the_agency_and_a_late_report_does() -> None:
    """The particulars are those of what was filed; a change recorded after the filing shows, whatever its date."""
    world = new_district()
    world.send("/v1/agencies", {**FILING, "submitted_on": "2024-03-01"})
    world.send(f"{PATH}/filing-decision", {"outcome": "filed", "decided_on": "2024-03-02"})
    world.send(f"{PATH}/changes", {"changed_on": "2024-02-27", "reported_on": "2024-03-08", "fields": {"name": "新甲"}})
    assert standing(world.basis(A, date(2024, 3, 8)))["agency"]["name"] == "新甲"
    world.send(f"{PATH}/termination", {"effective_on": "2024-06-01"})
    world.send("/v1/agencies", {**FILING, "submitted_on": "2024-07-01", "name": "冒名", "category": "消防"})
    world.send(f"{PATH}/filing-decision", {"outcome": "returned", "decided_on": "2024-07-05", "reasons": "不符"})
    agency = standing(world.basis(A, date(2024, 8, 1)))["agency"]
    assert (agency["name"], agency["category"], agency["filing"]) == ("新甲", "安全管家", "returned")


@pytest.mark.shows("R4", "R22", "R23")
def test_surveys_and_scores_from_before_the_measures_are_shown_and_cost_nothing() -> None:
    """A form or score of October 2021 does not lower the sheet of 2021, nor does a survey of 2020 make a bad record."""
    world = filed()
    form = {"client": CLIENT, "year": 2021, "submitted_on": "2021-10-15", "answers": ["C"] * 10}
    survey = world.send(f"{PATH}/surveys", form)
    body = {"client": CLIENT, "year": 2021, "value": 0, "scored_on": "2021-10-15"}
    score = world.send(f"{PATH}/effect-scores", body)
    world.send(f"{PATH}/survey-closings", {"year": 2021, "closed_on": "2021-12-31"})
    world.send(f"{PATH}/surveys", {**form, "year": 2020, "submitted_on": "2022-01-05"})
    world.send(f"{PATH}/survey-closings", {"year": 2020, "closed_on": "2022-01-10"})
    sheet = explained(Sheet(world.basis(A, date(2022, 2, 1)), 2021))
    assert (sheet["total"], sheet["missing"]) == ("100.00", ["quality", "effect"])
    assert {survey.id, score.id} <= {event for one in sheet["considered"] for event in one["events"]}
    assert standing(world.basis(A, date(2022, 2, 1)))["bad_records"]["total"] == 0


@pytest.mark.shows("R18")
def test_a_sent_warning_needs_no_correction_when_the_tag_only_becomes_heavier() -> None:
    """A late complaint turns warned into blacklisted: four notices more fall due, nothing that was sent was wrong."""
    world = filed()
    uphold(world, "2024-02-01")
    uphold(world, "2024-03-01")
    basis = world.basis(A, date(2024, 3, 1))
    (notice,) = notices(basis.facts, basis.law.rulebooks)
    world.send(f"{PATH}/notices/{notice.id}/sent", {"sent_on": "2024-03-05", "channel": "函"})
    uphold(world, "2024-01-15")
    assert "correction" not in {kind for kind, _, _ in due(world, "2024-12-31")}


@pytest.mark.shows("R14", "R18")
def test_a_referral_whose_bad_record_is_annulled_is_corrected_at_the_regulator() -> None:
    """What was referred stays known: the regulator is told; and a referral cannot be passed off as just sent."""
    world = filed()
    record = world.send(
        f"{PATH}/bad-records",
        {"behaviour": "16.4", "content": "核查情况", "entered_on": "2024-03-01", "unlawful": True},
    )
    basis = world.basis(A, date(2024, 3, 1))
    (notice,) = notices(basis.facts, basis.law.rulebooks)
    with pytest.raises(Contradiction, match="R14"):
        world.send(f"{PATH}/notices/{notice.id}/sent", {"sent_on": "2024-03-02", "channel": "函"})
    world.send(f"{PATH}/bad-records/{record.id}/referral", {"referred_on": "2024-03-04", "reference": "3号"})
    world.send(f"{PATH}/annulments", {"event_id": record.id, "reason": "有误", "annulled_on": "2024-04-01"})
    assert due(world, "2024-04-01") == [("correction", "regulator", False)]


def two_rulebooks(second_from: str, **values: Any) -> Rulebooks:
    """The shipped rulebook, and one with other values from a later day."""
    first = shipped_rulebook()
    content = first.override(values).content
    return Rulebooks([first, type(first).from_content({**content, "id": "later", "effective_from": second_from})])


@pytest.mark.shows("R24", "R4")
def test_a_reason_is_credited_once_whatever_a_later_rulebook_pays() -> None:
    """What it had earned before is what the rulebook of that year's sheet paid: nothing is paid twice."""
    world = filed()
    points = {"national": 10, "provincial": 6, "municipal": 5, "district": 3}
    world.law = Law(two_rulebooks("2023-07-01", **{"honours.points": points}), CALENDAR, False)
    for day in ("2023-03-01", "2024-03-01"):
        body = {"level": "national", "reason": "同一原因", "authority_kind": "emergency_management", "awarded_on": day}
        world.send(f"{PATH}/honours", body)
    earned = [summary(Sheet(world.basis(A, date(2024, 12, 31)), year))["honours"] for year in (2023, 2024)]
    assert earned == ["10.00", "0.00"]


@pytest.mark.shows("R18", "R4")
def test_a_later_rulebook_neither_revives_nor_revokes_notices_of_earlier_tags() -> None:
    """What was due is judged by the rulebook of the tag's own day."""
    world = filed()
    uphold(world, "2024-02-01", "other")
    uphold(world, "2024-03-01", "other")
    world.law = Law(two_rulebooks("2025-01-01", **{"ladder.counted_complaints": "all"}), CALENDAR, False)
    assert due(world, "2025-06-01") == []


@pytest.mark.shows("R16", "R16a")
def test_delisting_an_agency_that_is_not_blacklisted_restarts_nothing() -> None:
    """Only a release from the blacklist restarts the count."""
    world = filed(**{"ladder.tag_term": "by_decision"})
    uphold(world, "2024-01-10")
    uphold(world, "2024-02-10")
    world.send(f"{PATH}/delisting", {"decided_on": "2024-02-20"})
    uphold(world, "2024-03-10")
    assert sanction(world, "2024-03-10")[0] == "blacklisted"


@pytest.mark.shows("R9")
def test_an_extension_to_a_day_before_the_start_extends_nothing() -> None:
    """No lapse appears on a day before the project began."""
    world = filed()
    body = {**PROJECT, "started_on": "2024-04-28", "due_on": "2025-01-11"}
    project = world.send(f"{PATH}/projects", body)
    world.send(f"{PATH}/projects/{project.id}/extension", {"agreed_on": "2022-08-19", "due_on": "2022-11-07"})
    assert summary(Sheet(world.basis(A, date(2024, 12, 31)), 2022))["conduct"] == "10.00"
    (line,) = explained(Sheet(world.basis(A, date(2025, 1, 12)), 2025))["lines"]
    assert line["occurred_on"] == "2025-01-12"


@pytest.mark.shows("R8c")
def test_a_lapse_that_concerns_another_lapse_has_its_ground() -> None:
    """Through however many entries by hand: the same project under the same item counts once."""
    world = filed()
    project = world.agencies[A].trail.events[2]
    first = world.send(f"{PATH}/lapses", {"item": 5, "occurred_on": "2024-03-01", "concerns": project.id})
    world.send(f"{PATH}/lapses", {"item": 5, "occurred_on": "2024-03-02", "concerns": first.id})
    assert summary(Sheet(world.basis(A, date(2024, 12, 31)), 2024))["conduct"] == "9.00"


@pytest.mark.shows("R26")
def test_rounding_is_explained_under_a_cap_that_did_not_cut() -> None:
    """Where the shown parts do not add up to the shown total, the sheet says so, whatever the rulebook's cap."""
    for overrides in ({}, {"total.cap": 200}):
        world = filed(**overrides)
        for number in range(3):
            client = {"uscc": uscc(600 + number), "name": f"企业{number}"}
            answers = ["B" if place <= number else "A" for place in range(10)]
            world.send(
                f"{PATH}/surveys", {"client": client, "year": 2024, "submitted_on": "2024-12-01", "answers": answers}
            )
            body = {"client": client, "year": 2024, "value": f"{80 + number}.33", "scored_on": "2024-12-01"}
            world.send(f"{PATH}/effect-scores", body)
        sheet = explained(Sheet(world.basis(A, date(2024, 12, 31)), 2024))
        parts = sum(float(sheet[name]) for name in ("conduct", "quality", "effect", "honours"))
        assert (sheet["rounding"] is not None) == (f"{parts:.2f}" != sheet["total"])


@pytest.mark.shows("R26")
def test_annulled_facts_are_shown_as_considered() -> None:
    """What would count had it not been annulled is named with the annulment."""
    world = filed()
    record = world.send(f"{PATH}/bad-records", {"behaviour": "16.2", "content": "核查情况", "entered_on": "2024-05-06"})
    world.send(f"{PATH}/annulments", {"event_id": record.id, "reason": "有误", "annulled_on": "2024-06-01"})
    sheet = explained(Sheet(world.basis(A, date(2024, 12, 31)), 2024))
    assert sheet["lines"] == []
    assert [one["events"] for one in sheet["considered"]] == [[record.id]]
