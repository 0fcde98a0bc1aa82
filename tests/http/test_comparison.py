"""`comparison` over HTTP on both databases: two bases, what differs and by which events, and who may ask."""

from __future__ import annotations

from typing import Any

import pytest

from domain.values import Role
from projections.compare.causes import Grouped, accounts, by_cause
from tests.http.desk import Desk
from tests.http.world import World, new_uscc


def told(answer: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The differences of the standings by field."""
    return {one["field"]: one for one in answer["difference"]}


def upheld(world: World) -> tuple[str, str, str]:
    """An agency in business with an upheld complaint of 2024-05-06: its code, the decision, the instant before it."""
    uscc = world.filed()
    world.id_of("StartProject", uscc)
    complaint = world.id_of("ReceiveComplaint", uscc)
    before = str(world.trail(uscc)[-1]["recorded_at"])
    return uscc, str(world.done("DecideComplaint", uscc, complaint)["events"][0]["id"]), before


def test_two_bases_differ_by_what_was_recorded_between_them(world: World) -> None:
    """One day, known before and after a complaint was upheld: tier, record, points and total name its decision."""
    uscc, decision, before = upheld(world)
    path = f"/v1/agencies/{uscc}/comparison"
    query = {"as_of": "2024-06-30", "known_at": before, "as_of_2": "2024-06-30"}
    answer = world.association.get(path, **query).json()
    assert answer["agency"]["uscc"] == uscc
    assert (answer["before"]["known_at"], answer["before"]["sanction"]["tier"]) == (before, "none")
    assert (
        answer["after"]
        == world.association.get(
            f"/v1/agencies/{uscc}/standing", as_of="2024-06-30", known_at=answer["after"]["known_at"]
        ).json()
    )
    differences = told(answer)
    assert set(differences) == {
        "sanction.tier",
        "sanction.since",
        "sanction.events",
        "sanction.verified_complaints",
        "bad_records.year",
        "bad_records.total",
        "assessment.conduct",
        "assessment.total",
    }
    for one in differences.values():
        assert one["events"] == [decision], one
        assert one["why"], one
        assert one["why_en"], one
    assert (differences["assessment.conduct"]["before"], differences["assessment.conduct"]["after"]) == (
        "10.00",
        "8.00",
    )
    assert "没有此记录" in differences["sanction.tier"]["why"]
    (sheets,) = answer["sheets"]
    assert sheets["year"] == 2024
    assert (
        sheets["after"]
        == world.association.get(
            f"/v1/agencies/{uscc}/sheets/2024", as_of="2024-06-30", known_at=answer["after"]["known_at"]
        ).json()
    )
    assert [one["field"] for one in sheets["difference"]] == ["conduct", "total"]
    versions = {"known_at": "version:4", "known_at_2": "version:5", "as_of": "2024-06-30", "as_of_2": "2024-06-30"}
    assert set(told(world.association.get(path, **versions).json())) == set(differences)


def test_an_annulment_is_named_with_what_it_annulled(world: World) -> None:
    """The later side counts the decision no longer: both it and its annulment are behind the difference."""
    uscc, decision, _ = upheld(world)
    annulment = world.done("AnnulEvent", uscc, event_id=decision)["events"][0]["id"]
    query = {"as_of": "2024-06-30", "known_at": "version:5", "as_of_2": "2024-06-30", "known_at_2": "version:6"}
    answer = world.association.get(f"/v1/agencies/{uscc}/comparison", **query).json()
    conduct = told(answer)["assessment.conduct"]
    assert (conduct["before"], conduct["after"], conduct["events"]) == ("8.00", "10.00", [decision, annulment])
    assert f"已撤销：{annulment}" in conduct["why"]
    (sheets,) = answer["sheets"]
    considered = next(one for one in sheets["difference"] if one["field"] == "considered")
    assert considered["events"] == [decision]


def test_time_alone_is_named_where_no_fact_moved(world: World) -> None:
    """On 2024-05-06 a first complaint counts within one year, on 2025-05-07 no longer; the year has turned too."""
    uscc, _, _ = upheld(world)
    answer = world.association.get(f"/v1/agencies/{uscc}/comparison", as_of="2024-12-31", as_of_2="2025-05-07").json()
    counted = told(answer)["sanction.verified_complaints"]
    assert (counted["before"], counted["after"], counted["events"]) == (1, 0, [])
    assert "2024-12-31" in counted["why"]
    assert "2025-05-07" in counted["why"]
    assert "2025" in told(answer)["assessment.year"]["why"]
    first, then = answer["sheets"]
    assert (first["year"], then["year"]) == (2024, 2025)
    assert then["before"] is None
    assert then["after"]["year"] == 2025
    assert then["difference"] == []
    assert first["before"]["as_of"] == "2024-12-31"
    assert first["after"]["as_of"] == "2025-05-07"


def test_one_basis_compared_with_itself_has_no_difference(world: World) -> None:
    """By default both sides are today as known now; and the same position twice is the same."""
    uscc, _, _ = upheld(world)
    path = f"/v1/agencies/{uscc}/comparison"
    assert world.association.get(path).json()["difference"] == []
    query = {"as_of": "2024-06-30", "known_at": "version:5", "as_of_2": "2024-06-30", "known_at_2": "version:5"}
    answer = world.association.get(path, **query).json()
    assert (answer["difference"], answer["sheets"][0]["difference"]) == ([], [])
    assert answer["before"] == answer["after"]


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ({"as_of_2": "2024-1-1"}, "?as_of_2"),
        ({"known_at_2": "2024-07-01"}, "?known_at_2"),
        ({"known_at_2": "version:99"}, "?known_at_2"),
        ({"known_at_2": "log:999999999"}, "?known_at_2"),
        ({"known_at_2": "2999-01-01T00:00:00Z"}, "?known_at_2"),
        ({"known_at": "version:99"}, "?known_at"),
        ({"as_off": "2024-01-01"}, "?as_off"),
    ],
)
def test_a_wrong_parameter_is_named(world: World, query: dict[str, str], pointer: str) -> None:
    """422 at the parameter of the side that is wrong."""
    response = world.association.get(f"/v1/agencies/{world.filed()}/comparison", **query)
    assert response.status_code == 422, response.text
    assert response.json()["errors"][0]["pointer"] == pointer


def test_an_agency_that_was_not_known_is_404(world: World) -> None:
    """On either side; and for an agency's token another agency is as if it did not exist."""
    uscc = world.filed()
    for query in ({"known_at": "2020-01-01T00:00:00Z"}, {"known_at_2": "2020-01-01T00:00:00Z"}):
        assert world.association.get(f"/v1/agencies/{uscc}/comparison", **query).status_code == 404
    own = world.person(Role.AGENCY, uscc)
    assert own.get(f"/v1/agencies/{uscc}/comparison").status_code == 200
    for other in (world.filed(), new_uscc()):
        assert own.get(f"/v1/agencies/{other}/comparison").status_code == 404
    assert world.client_person.get(f"/v1/agencies/{uscc}/comparison").status_code == 403


def test_only_two_sealed_bases_are_cacheable_for_ever(own_world: World) -> None:
    """All four parameters named and both instants below the sealed horizon; else the caller has to ask again."""
    uscc = own_world.filed()
    path, at = f"/v1/agencies/{uscc}/comparison", own_world.trail(uscc)[-1]["recorded_at"]
    query = {"as_of": "2024-06-30", "known_at": at, "as_of_2": "2024-07-31", "known_at_2": "version:1"}

    def policy(**given: str) -> str:
        response = own_world.association.get(path, **given)
        assert response.status_code == 200, response.text
        return str(response.headers["cache-control"])

    for _ in range(60):
        own_world.service.housekeeper.tidy()
        if "immutable" in policy(**query):
            break
        own_world.filed()
    assert "immutable" in policy(**query)
    for name in query:
        assert policy(**{other: value for other, value in query.items() if other != name}) == "private, no-cache"
    with own_world.service.ledger.reading() as reader:
        _, horizon = reader.sealed()
    assert policy(**{**query, "known_at_2": str(horizon)}) == "private, no-cache"


def grouped(world: World, uscc: str, answer: dict[str, Any]) -> Grouped:
    """The differences of a comparison by their causes, as the page has them."""
    entries = {str(one["id"]): one for one in world.trail(uscc)}
    sides = [one[side] for one in answer["sheets"] for side in ("before", "after")]
    return by_cause(answer["difference"], entries, [line for sheet in sides for line in sheet["lines"]])


@pytest.mark.shows("R17", "R26", "art.17")
def test_a_cause_stands_once_with_all_that_it_moved(world: World) -> None:
    """An upheld complaint that was annulled, and three lapses: two causes, each with its fields; points add up."""
    uscc, decision, _ = upheld(world)
    before = str(world.trail(uscc)[-1]["recorded_at"])
    lapses = [world.id_of("RecordLapse", uscc, occurred_on=f"2024-0{month}-10") for month in (2, 3, 4)]
    annulment = world.id_of("AnnulEvent", uscc, event_id=decision, annulled_on="2024-06-01")
    query = {"as_of": "2024-06-30", "known_at": before, "as_of_2": "2024-06-30"}
    answer = world.association.get(f"/v1/agencies/{uscc}/comparison", **query).json()
    found = grouped(world, uscc, answer)
    by_events = {frozenset(one.events): one for one in found.causes}
    assert by_events.keys() == {frozenset({decision, annulment}), frozenset(lapses)}
    complaint, absences = by_events[frozenset({decision, annulment})], by_events[frozenset(lapses)]
    assert {one["field"] for one in complaint.moved} == {one["field"] for one in answer["difference"]}
    assert {one["field"] for one in absences.moved} == {"assessment.conduct", "assessment.total"}
    assert "art.17" in complaint.articles
    assert "art.16(12)" in complaint.articles
    assert "art.16" not in absences.articles
    assert len(found.fields) == len(answer["difference"])
    said = [sentence for one in found.causes for sentence in one.said]
    assert len(said) == len(set(said))
    (conduct,) = [one for one in accounts(answer["sheets"], found) if one.part == "conduct"]
    assert (conduct.before, conduct.after, conduct.change) == ("8.00", "7.00", "−1.00")
    assert {one.causes: one.points for one in conduct.shares} == {
        (complaint.number,): "+2.00",
        (absences.number,): "−3.00",
    }


def test_a_page_names_an_annulled_complaint_once(world: World) -> None:
    """Where eight fields follow from one decision, the page has one cause, and the fields refer to it."""
    uscc, decision, before = upheld(world)
    text = Desk(world, Role.REGULATOR).shown(
        f"/agencies/{uscc}/compare", lang="zh", as_of="2024-06-30", known_at=before, as_of_2="2024-06-30"
    )
    causes = text[text.index('id="causes"') :].partition("</ol>")[0]
    assert causes.count("<li value=") == 1
    assert causes.count(f"/events/{decision}") <= 2
    for words in ("惩戒等级", "本年度不良信息", "服务规范", "合计得分", "第十七条"):
        assert words in causes, words
    changed = text[text.index('id="changed"') :]
    assert changed.count('href="#cause-1"') == 8
    assert "−2.00（原因 1）" in text


def test_without_entries_facts_of_one_field_are_told_together() -> None:
    """A frozen difference, of which no record is at hand; another law is no cause, and nothing of a reason is lost."""
    said: tuple[tuple[str, list[str], tuple[str, str]], ...] = (
        ("quality", ["a", "b"], ("两份新表", "two")),
        ("total", ["a", "b"], ("合计：服务质量", "summed: quality")),
        ("grade", [], ("规则不同", "another rulebook")),
    )
    rows = [{"field": field, "events": events, "why": zh, "why_en": en} for field, events, (zh, en) in said]
    found = by_cause(rows, {})
    (cause,) = found.causes
    assert (cause.events, cause.said) == (("a", "b"), (("两份新表", "two"),))
    assert [one.rest for one in found.fields] == [
        (),
        (("合计：服务质量", "summed: quality"),),
        (("规则不同", "another rulebook"),),
    ]
