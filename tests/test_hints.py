"""Hints at their boundaries (R37): what gives one and what does not."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from domain.events import Event
from domain.measures import hint_grounds
from domain.measures.chapter3_business import served
from domain.measures.hints import Hint
from domain.measures.staff import stays
from domain.trail.keys import keys_of
from domain.trail.trail import Facts
from tests.specification import District, noon, uscc

A, B = uscc(65), uscc(66)
PATH = f"/v1/agencies/{A}"
CLIENT = {"uscc": uscc(500), "name": "甲化工"}
MEMBER = {"name": "王工", "years": 5}
PROJECT = {
    "client": CLIENT,
    "started_on": "2024-01-02",
    "due_on": "2035-12-31",
    "quality_lead": MEMBER,
    "technicians": [{"name": "李工", "years": 3}, {"name": "赵工", "years": 2}],
}
LATER = date(2030, 12, 31)


def filed(code: str = A, world: District | None = None, **more: Any) -> District:
    """An agency filed since November 2021."""
    world = world or District(clock=noon(LATER))
    world.send(
        "/v1/agencies", {"uscc": code, "name": "甲", "category": "安全管家", "submitted_on": "2021-11-01", **more}
    )
    world.send(f"/v1/agencies/{code}/filing-decision", {"outcome": "filed", "decided_on": "2021-11-02"})
    return world


def found(world: District, rule: str, day: date = LATER, code: str = A) -> list[Hint]:
    return [hint for hint in world.hints(code, day) if hint.rule == rule]


def survey(world: District, answers: str, day: str = "2024-06-03", **more: Any) -> Event:
    body = {"client": CLIENT, "year": 2024, "submitted_on": day, "answers": list(answers), **more}
    return world.send(f"{PATH}/surveys", body)


@pytest.mark.shows("R37")
@pytest.mark.parametrize(
    ("number", "answer", "behaviour"),
    [
        (3, "B", "16.4"),
        (3, "C", "16.4"),
        (4, "C", "16.2"),
        (1, "C", "16.3"),
        (3, "A", None),
        (4, "B", None),
        (1, "B", None),
        (4, "A", None),
        (2, "C", None),
        (10, "C", None),
    ],
)
def test_only_these_answers_are_hints(number: int, answer: str, behaviour: str | None) -> None:
    """Question 3 other than A, questions 4 and 1 only C, no other question at all."""
    world = filed()
    world.send(f"{PATH}/projects", PROJECT)
    survey(world, "A" * (number - 1) + answer + "A" * (10 - number))
    assert [hint.behaviour for hint in world.hints(A, LATER)] == ([] if behaviour is None else [behaviour])


@pytest.mark.parametrize(
    ("started", "completed", "hinted"),
    [
        ("2023-12-31", "2024-01-01", False),
        ("2023-06-01", "2023-12-31", True),
        ("2024-12-31", None, False),
        ("2025-01-01", None, True),
    ],
)
def test_a_project_on_one_day_of_the_year_is_enough(started: str, completed: str | None, hinted: bool) -> None:
    """A survey of 2024 fits a project that ran on a day of it, the first or the last."""
    world = filed()
    project = world.send(f"{PATH}/projects", {**PROJECT, "started_on": started})
    if completed is not None:
        world.send(f"{PATH}/projects/{project.id}/completion", {"completed_on": completed})
    form = survey(world, "A" * 10)
    assert [hint.events for hint in found(world, "no_project")] == ([(form.id,)] if hinted else [])


def test_another_clients_project_does_not_help() -> None:
    """The project has to be the client's own; of several scores of a year the latest is the hint."""
    world = filed()
    world.send(f"{PATH}/projects", {**PROJECT, "client": {"uscc": uscc(501), "name": "乙"}})
    scores = [
        world.send(f"{PATH}/effect-scores", {"client": CLIENT, "year": 2024, "value": 80, "scored_on": day})
        for day in ("2025-01-10", "2025-01-09")
    ]
    assert [(hint.behaviour, hint.events) for hint in found(world, "no_project")] == [(None, (scores[0].id,))]


@pytest.mark.parametrize(
    ("lead", "technicians", "hinted"),
    [("2", ["1", "1"], False), ("1.99", ["1", "1"], True), ("2", ["1", "0.99"], True), ("2", ["1"], True)],
)
def test_a_team_is_weighed_by_the_article(lead: str, technicians: list[str], hinted: bool) -> None:
    """Exactly two years and twice one year are enough."""
    world = filed()
    team = {
        "quality_lead": {"name": "王", "years": lead},
        "technicians": [{"name": name, "years": years} for name, years in zip("赵孙", technicians, strict=False)],
    }
    world.send(f"{PATH}/projects", {**PROJECT, **team})
    assert bool(found(world, "weak_team")) is hinted


@pytest.mark.parametrize(
    ("qualifications", "completed", "day"),
    [
        ([{"name": "甲证", "valid_until": "2024-03-31"}], None, "2024-04-01"),
        ([{"name": "甲证", "valid_until": "2024-03-31"}], "2024-03-31", None),
        ([{"name": "甲证", "valid_until": "2024-03-31"}], "2024-04-01", "2024-04-01"),
        ([{"name": "甲证", "valid_until": "2024-01-01"}], None, "2024-01-02"),
        ([{"name": "甲证"}], None, None),
        ([{"name": "甲证", "valid_until": "2024-03-31"}, {"name": "甲证", "valid_until": "2040-03-31"}], None, None),
        ([{"name": "甲证", "valid_until": "2024-03-31", "scope": ["检测"]}], None, None),
        ([{"name": "甲证", "valid_until": "2024-03-31", "scope": ["评价 "]}], None, "2024-04-01"),
    ],
)
def test_a_qualification_holds_through_its_last_day(
    qualifications: list[dict[str, Any]], completed: str | None, day: str | None
) -> None:
    """From the day after, while the project runs; not one for other services, nor one renewed under its name."""
    world = filed(qualifications=qualifications)
    project = world.send(f"{PATH}/projects", {**PROJECT, "service_type": "评价"})
    if completed is not None:
        world.send(f"{PATH}/projects/{project.id}/completion", {"completed_on": completed})
    hinted = found(world, "qualification_expired")
    assert [hint.day.isoformat() for hint in hinted] == ([] if day is None else [day])
    if day is not None:
        last_day = date.fromordinal(date.fromisoformat(day).toordinal() - 1)
        assert found(world, "qualification_expired", last_day) == []


def test_a_renewal_filed_in_time_leaves_no_hint() -> None:
    """The particulars of each day count: renewed by a change before the last day."""
    world = filed(qualifications=[{"name": "甲证", "valid_until": "2024-03-31"}])
    world.send(f"{PATH}/projects", {**PROJECT, "service_type": "评价"})
    fields = {"qualifications": [{"name": "甲证", "valid_until": "2027-03-31"}]}
    world.send(f"{PATH}/changes", {"changed_on": "2024-03-30", "reported_on": "2024-03-31", "fields": fields})
    assert found(world, "qualification_expired", date(2027, 3, 31)) == []
    assert len(found(world, "qualification_expired", date(2027, 4, 1))) == 1


@pytest.mark.parametrize(
    ("scope", "service", "hinted"),
    [(["评价"], "检测", True), (["评价"], " 评价", False), ([], "检测", False), (["评价"], None, False)],
)
def test_a_service_is_compared_with_the_filed_scope(scope: list[str], service: str | None, hinted: bool) -> None:
    """However it is spaced; nothing can be said where no scope is filed or no service named."""
    world = filed(scope=scope)
    project = world.send(f"{PATH}/projects", {**PROJECT, "service_type": service})
    assert [hint.events[0] for hint in found(world, "outside_scope")] == ([project.id] if hinted else [])


def person(number: str) -> dict[str, str]:
    return {"name": "林工", "certificate_no": number}


def staffed(code: str, world: District, day: str, *numbers: str, **more: Any) -> Event:
    fields = {"personnel": [person(number) for number in numbers], **more}
    body = {"changed_on": day, "reported_on": day, "fields": fields}
    return world.send(f"/v1/agencies/{code}/changes", body)


@pytest.mark.shows("art.16(9)", "R37")
@pytest.mark.parametrize(("leaves", "hinted"), [("2024-03-01", False), ("2024-03-02", True)])
def test_one_common_day_is_enough_for_a_shared_certificate(leaves: str, hinted: bool) -> None:
    """On B's staff from 1 March: A's last day has to be that day, not the day before."""
    world = filed(B, filed())
    mine = staffed(A, world, "2024-02-01", "AQ-1", "AQ-2")
    staffed(A, world, leaves, "AQ-2")
    theirs = staffed(B, world, "2024-03-01", "AQ-1")
    hints = found(world, "shared_certificate")
    assert [(h.day.isoformat(), h.events, h.elsewhere) for h in hints] == (
        [("2024-03-01", (mine.id,), ((B, theirs.id),))] if hinted else []
    )


def test_two_people_of_the_same_records_are_one_hint() -> None:
    """The pair of records is looked into once; the text says how many people it concerns."""
    world = filed(B, filed())
    staffed(A, world, "2024-02-01", "AQ-1", "AQ-2", "AQ-3")
    staffed(B, world, "2024-03-01", "AQ-1", "AQ-2")
    (hint,) = found(world, "shared_certificate")
    assert hint.text.startswith("2 名")
    assert B not in hint.text + hint.text_en


def test_another_category_or_a_terminated_agency_shares_nothing() -> None:
    """同类机构, 同时: neither where the category is another one on every common day, nor after the termination."""
    world = filed(B, filed())
    staffed(A, world, "2024-02-01", "AQ-1")
    staffed(B, world, "2024-03-01", "AQ-1", category="消防")
    assert found(world, "shared_certificate") == []
    staffed(B, world, "2024-05-01", "AQ-1", category="安全管家")
    assert [hint.day.isoformat() for hint in found(world, "shared_certificate")] == ["2024-05-01"]
    world = filed(B, filed())
    world.send(f"/v1/agencies/{B}/termination", {"effective_on": "2024-04-01"})
    staffed(B, world, "2024-01-01", "AQ-1")
    staffed(A, world, "2024-04-01", "AQ-1")
    assert found(world, "shared_certificate") == []


def test_a_stay_is_unbroken_while_the_certificate_is_named() -> None:
    """Changes that keep a person do not begin anew; who comes back does; a returned filing registers nobody."""
    world = filed(personnel=[person("AQ-1")])
    staffed(A, world, "2024-02-01", "AQ-1", "AQ-2")
    staffed(A, world, "2024-03-01", "AQ-2")
    staffed(A, world, "2024-04-01", "AQ-1", "AQ-2")
    spans = {(one.first.isoformat(), one.last.isoformat()) for one in stays(world.agencies[A].trail)}
    assert spans == {("2021-11-01", "2024-02-29"), ("2024-02-01", "9999-12-31"), ("2024-04-01", "9999-12-31")}
    returned = District(clock=noon(LATER))
    returned.send(
        "/v1/agencies",
        {"uscc": A, "name": "甲", "category": "安全管家", "submitted_on": "2022-01-04", "personnel": [person("AQ-1")]},
    )
    assert len(stays(returned.agencies[A].trail)) == 1
    returned.send(f"{PATH}/filing-decision", {"outcome": "returned", "decided_on": "2022-01-05", "reasons": "缺件"})
    assert stays(returned.agencies[A].trail) == []


def test_certificates_are_keys_of_filings_and_changes_only_where_staff_is_named() -> None:
    """Each certificate once an event; a change of something else has none."""
    world = filed(personnel=[person("AQ-1"), person("AQ-1"), {"name": "无证"}])
    staffed(A, world, "2024-02-01", "AQ-1", "AQ-2")
    world.send(f"{PATH}/changes", {"changed_on": "2024-02-02", "reported_on": "2024-02-02", "fields": {"address": "x"}})
    counts = [sum(key.startswith("cert:") for key in keys_of(event)) for event in world.agencies[A].trail.events]
    assert counts == [1, 0, 2, 0]


def test_what_lies_before_the_measures_is_no_hint() -> None:
    """A project and a survey of October 2021 are none; one that runs on is one from the first day of the Measures."""
    world = filed()
    weak = {**PROJECT, "technicians": [], "started_on": "2021-09-01"}
    world.send(f"{PATH}/projects", weak)
    over = world.send(f"{PATH}/projects", weak)
    world.send(f"{PATH}/projects/{over.id}/completion", {"completed_on": "2021-10-31"})
    survey(world, "CCCCCCCCCC", "2021-10-31", year=2021)
    assert [(hint.rule, hint.day.isoformat()) for hint in world.hints(A, LATER)] == [("weak_team", "2021-11-01")]
    assert world.hints(A, date(2021, 10, 31)) == []


def test_projects_are_looked_at_once_a_year_not_once_a_form(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten forms of one year ask for that year's clients no more often than one does: a board waited minutes for it."""
    asked: list[tuple[date, date]] = []

    def counted(facts: Facts, first: date, last: date) -> Any:
        asked.append((first, last))
        return served(facts, first, last)

    monkeypatch.setattr(hint_grounds, "served", counted)
    times = []
    for forms in (1, 10):
        world = filed()
        for day in range(1, forms + 1):
            survey(world, "A" * 10, f"2024-06-{day:02}")
        asked.clear()
        assert found(world, "no_project")
        times.append(len(asked))
    assert times[0] == times[1] > 0
