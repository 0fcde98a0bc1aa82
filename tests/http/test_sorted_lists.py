"""Lists sorted by a column: by the interface and on the pages, whose headings are links; and the board's charts."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from html import unescape
from itertools import groupby
from typing import Any

import pytest

from api.web.district.board_charts import FLOOR, TOP, complaints_chart, scores_chart
from domain.values import Role
from projections.answers.districts import MonthOfComplaints, ScoreBand
from tests.http.desk import Desk
from tests.http.test_sorted_records import sorting_link
from tests.http.world import World, body_of, new_uscc, today

YEAR = 2024
Row = dict[str, Any]
TIERS = ("none", "recorded", "warned", "blacklisted")


@pytest.fixture(scope="module")
def world(module_world: World) -> World:
    """A district of its own: agencies that differ in name, category, tier, score and bad records, and what waits."""
    for number, (name, category) in enumerate(
        (("丙安全技术有限公司", "安全评价"), ("甲安全技术有限公司", "消防技术服务"), ("乙安全技术有限公司", "安全评价"))
    ):
        uscc = new_uscc()
        body = {**body_of("FileAgency"), "uscc": uscc, "name": name, "category": category}
        module_world.must(module_world.association.post("/v1/agencies", body))
        module_world.done("DecideFiling", uscc)
        module_world.assessed(uscc, YEAR)
        module_world.upheld(uscc, *[f"{YEAR}-0{day + 3}-06" for day in range((0, 1, 3)[number])])
        for day in range(number):
            module_world.done("RecordLapse", uscc, occurred_on=f"{YEAR}-0{day + 3}-04")
            module_world.done("EnterBadRecord", uscc, entered_on=f"{YEAR}-0{day + 5}-0{number}")
            module_world.done("RequestSubmission", uscc, due_on="2099-12-31")
            module_world.done("FileObjection", uscc, event_id=module_world.id_of("RecordLapse", uscc))
    module_world.filed()
    return module_world


COLUMNS: dict[str, Callable[[Row], Any]] = {
    "code": lambda one: one["agency"]["uscc"],
    "name": lambda one: one["agency"]["name"],
    "category": lambda one: one["agency"]["category"],
    "filing": lambda one: one["agency"]["filing"],
    "tier": lambda one: TIERS.index(one["sanction"]["tier"]),
    "grade": lambda one: {"excellent": 0, "qualified": 1, "unqualified": 2}.get(one["assessment"]["grade"]),
    "total": lambda one: None if one["assessment"]["total"] is None else float(one["assessment"]["total"]),
    "bad_records": lambda one: one["bad_records"]["year"],
}


def all_of(world: World, path: str, **query: Any) -> list[Row]:
    """A whole list, two rows at a time."""
    found: list[Row] = []
    while True:
        answer = world.association.get(path, limit=2, **query).json()
        found += answer["items"]
        if answer["next_cursor"] is None:
            return found
        query["cursor"] = answer["next_cursor"]


@pytest.mark.parametrize("order", ["asc", "desc"])
@pytest.mark.parametrize("column", COLUMNS)
def test_agencies_come_by_every_column_and_the_pages_fit_together(world: World, column: str, order: str) -> None:
    """What has nothing in the column comes last, either way; every agency once."""
    found = all_of(world, "/v1/agencies", sort=column, order=order, as_of=f"{YEAR}-12-31")
    assert len({one["agency"]["uscc"] for one in found}) == len(found) == 4
    values = [COLUMNS[column](one) for one in found]
    known = [value for value in values if value is not None]
    assert values == sorted(known, reverse=order == "desc") + [None] * (len(values) - len(known))
    assert column == "filing" or len(set(known)) > 1, "nothing was sorted"


def test_a_ranking_is_sorted_within_its_categories(world: World) -> None:
    """By total from below, or by name: the categories stay together, ranks are what they were."""
    ranked = all_of(world, f"/v1/rankings/{YEAR}")
    by_total = all_of(world, f"/v1/rankings/{YEAR}", sort="total")
    by_name = all_of(world, f"/v1/rankings/{YEAR}", sort="name", order="desc")
    groups = [one["category_group"] for one in ranked if one["rank"]]
    for other in (by_total, by_name):
        assert [one["category_group"] for one in other if one["rank"]] == groups
        assert sorted(map(str, other)) == sorted(map(str, ranked))
    first = [one for one in by_total if one["category_group"] == groups[0] and one["rank"]]
    assert [float(one["total"]) for one in first] == sorted(float(one["total"]) for one in first)
    names = [one["agency"]["name"] for one in by_name if one["category_group"] == groups[0] and one["rank"]]
    assert names == sorted(names, reverse=True)


def test_worklists_come_by_agency(world: World) -> None:
    """By the code of the agency, from above; the default is as before."""
    for path in ("/v1/objections", "/v1/submissions"):
        found = [one["agency"]["uscc"] for one in all_of(world, path, sort="agency", order="desc")]
        assert found == sorted(found, reverse=True)
        assert len(set(found)) > 1
        assert all_of(world, path, sort="due") == all_of(world, path)
    matters = [one["agency"] for one in all_of(world, "/v1/matters", sort="agency", order="desc")]
    codes = [one["uscc"] for one in matters if one is not None]
    assert matters[: len(matters) - len(codes)] == [None] * (len(matters) - len(codes)), "the district's come first"
    assert codes == sorted(codes, reverse=True)
    assert len(matters) == len(all_of(world, "/v1/matters"))


@pytest.mark.parametrize("past", [False, True])
@pytest.mark.parametrize(("path", "column", "day"), [("/v1/notices", "due", "due_on"), ("/v1/hints", "day", "day")])
def test_notices_and_hints_come_by_day_and_agency(world: World, path: str, column: str, day: str, past: bool) -> None:
    """Of now from rows and of a past basis by replay, in the same order; by itself the first day comes first."""
    basis = {"as_of": str(date.fromisoformat(today()) + timedelta(days=1))} if past else {}
    query = {"status": "all", **basis}
    by_itself = all_of(world, path, **query)
    assert len({one["agency"]["uscc"] for one in by_itself}) > 1, "nothing can be sorted"
    assert by_itself == all_of(world, path, sort=column, **query)
    for order in ("asc", "desc"):
        days = [one[day] for one in all_of(world, path, sort=column, order=order, **query)]
        assert days == sorted(days, reverse=order == "desc")
        found = all_of(world, path, sort="agency", order=order, **query)
        codes = [one["agency"]["uscc"] for one in found]
        assert codes == sorted(codes, reverse=order == "desc")
        for _, of in groupby(found, lambda one: str(one["agency"]["uscc"])):
            within = [one[day] for one in of]
            assert within == sorted(within)
        assert sorted(one["id"] for one in found) == sorted(one["id"] for one in by_itself)


@pytest.mark.parametrize("path", ["/todo/notices", "/todo/hints"])
def test_notices_and_hints_sort_by_their_headings(world: World, path: str) -> None:
    """From below first, then the other way round; what the list is narrowed by stays."""
    desk = Desk(world, Role.ASSOCIATION)
    once = desk.shown_at(sorting_link(desk.shown(path, status="all"), "agency"))
    assert once.count('aria-sort="ascending"') == 1
    again = sorting_link(once, "agency")
    assert {"status=all", "order=desc"} <= set(again.partition("?")[2].split("&"))
    assert desk.shown_at(again).count('aria-sort="descending"') == 1


@pytest.mark.parametrize(
    ("path", "column"),
    [
        ("/v1/notices", "agency"),
        ("/v1/hints", "agency"),
        ("/v1/agencies", "total"),
        (f"/v1/rankings/{YEAR}", "name"),
        ("/v1/objections", "agency"),
        ("/v1/accounts", "name"),
    ],
)
def test_a_cursor_of_another_order_and_an_unknown_column_are_refused(world: World, path: str, column: str) -> None:
    """A page of one order never goes on in another; the refusal names the parameter."""
    who = world.people[Role.ADMIN] if path == "/v1/accounts" else world.association
    Desk(world, Role.CLIENT, body_of("SubmitSurvey")["client"]["uscc"])
    Desk(world, Role.REGULATOR)
    first = who.get(path, sort=column, limit=1).json()
    assert first["next_cursor"]
    other = who.get(path, sort=column, order="desc", limit=1, cursor=first["next_cursor"])
    assert other.status_code == 422
    wrong = who.get(path, sort="colour")
    assert wrong.status_code == 422
    assert [one["pointer"] for one in wrong.json()["errors"]] == ["?sort"]


def test_accounts_come_by_name(world: World) -> None:
    """By name from above, and the logins decide between equals."""
    for _ in range(2):
        Desk(world, Role.AUDITOR)
    found = world.people[Role.ADMIN].get("/v1/accounts", sort="name", order="desc", limit=500).json()["items"]
    names = [one["person"] for one in found]
    assert names == sorted(names, reverse=True)
    equal = [one["login"] for one in found if one["person"] == names[-1]]
    assert equal == sorted(equal)


PAGES = {
    f"/agencies?as_of={YEAR}-12-31": "total",
    f"/rankings/{YEAR}": "name",
    "/todo/submissions": "agency",
    "/register": "category",
}


@pytest.mark.parametrize("path", PAGES)
def test_the_headings_of_a_page_are_links_that_turn_its_order(world: World, path: str) -> None:
    """Pressed once it is sorted by the column, twice from the other end; `aria-sort` says so, the basis stays."""
    desk, column = Desk(world, Role.ASSOCIATION), PAGES[path]
    text, link = desk.shown_at(path), ""
    for way, order in (("ascending", ""), ("descending", "desc")):
        (link,) = set(re.findall(rf'<a class="sort" href="([^"]*sort={column}[^"]*)"', text))
        assert ("order=desc" in link) == bool(order)
        text = desk.shown_at(unescape(link))
        assert text.count("aria-sort=") == text.count("<thead")
        assert re.search(rf'aria-sort="{way}"><a class="sort" href="[^"]*sort={column}', text)
    if "as_of" in path:
        assert f"as_of={YEAR}-12-31" in link
    assert desk.get(path.partition("?")[0], sort="colour").status_code == 422


def test_the_register_goes_on_in_its_order(world: World) -> None:
    """The public register by name: the same agencies as without, in the other order."""
    text = world.stranger.get("/register", sort="name", order="desc").text
    names = re.findall(r"<th scope=\"row\"[^>]*><a href=\"/firms/[^\"]*\"><bdi>([^<]*)</bdi>", text)
    assert names == sorted(names, reverse=True)
    assert len(names) == 4


def test_the_foot_adds_up_the_bad_records(world: World) -> None:
    """The sum of the column, over all that the list shows."""
    text = Desk(world, Role.ASSOCIATION).shown("/agencies", as_of=f"{YEAR}-12-31")
    found = world.association.get("/v1/agencies", as_of=f"{YEAR}-12-31").json()["items"]
    (foot,) = re.findall(r"<tfoot.*?</tfoot>", text, re.DOTALL)
    assert "合计 4 家" in foot
    assert f">{sum(one['bad_records']['year'] for one in found)}</td>" in foot


# ---- charts ----


def test_the_charts_carry_the_numbers_of_the_lists(world: World) -> None:
    """Each band holds the assessed agencies of the list with such a total; the months hold the complaints."""
    day = f"{YEAR}-12-31"
    statistics = world.association.get("/v1/statistics", as_of=day).json()
    totals = [one["assessment"]["total"] for one in world.association.get("/v1/agencies", as_of=day).json()["items"]]
    for band in statistics["scores"]:
        high = band["below_points"] or 1000
        inside = [one for one in totals if one is not None and band["from_points"] <= float(one) < high]
        assert len(inside) == band["agencies"], band
    assert sum(one["agencies"] for one in statistics["scores"]) == statistics["assessed"]["agencies"] == 3
    months = {one["month"]: (one["received"], one["upheld"]) for one in statistics["complaints"]}
    assert len(months) == 24
    assert max(months) == f"{YEAR}-12"
    assert {month: both for month, both in months.items() if any(both)} == {
        f"{YEAR}-03": (2, 2),
        f"{YEAR}-04": (1, 1),
        f"{YEAR}-05": (1, 1),
    }
    text = Desk(world, Role.ASSOCIATION).shown("/board", as_of=day)
    (chart,) = re.findall(r'<section class="panel chart" aria-labelledby="by-month">.*?</section>', text, re.DOTALL)
    assert '<tr><th scope="row">2024年3月</th><td class="number">2</td><td class="number">2</td>' in chart


def test_a_complaint_that_waits_or_was_annulled_is_no_upheld_one(world: World) -> None:
    """On the basis: as known before, as it stands, and after the decision was annulled."""
    uscc = world.filed()
    day = today()

    def counted() -> tuple[int, int]:
        last = world.association.get("/v1/statistics").json()["complaints"][-1]
        assert last["month"] == day[:7]
        return last["received"], last["upheld"]

    received, upheld = counted()
    complaint = world.id_of("ReceiveComplaint", uscc, received_on=day)
    assert counted() == (received + 1, upheld)
    decided = world.done("DecideComplaint", uscc, complaint, decided_on=day)["events"][0]["id"]
    assert counted() == (received + 1, upheld + 1)
    world.done("AnnulEvent", uscc, event_id=decided, annulled_on=day)
    assert counted() == (received + 1, upheld)


def test_the_year_before_is_what_was_published(world: World) -> None:
    """None before it is published; then the totals of the public results."""
    at = f"{YEAR + 1}-12-31"
    assert world.association.get("/v1/statistics", as_of=at).json()["published_before"] is None
    world.publish(YEAR)
    before = world.association.get("/v1/statistics", as_of=at).json()["published_before"]
    results = world.stranger.get(f"/v1/public/results/{YEAR}").json()["items"]
    assert before["year"] == YEAR
    totals = [float(one["total"]) for one in results if one["total"] is not None]
    for band in before["scores"]:
        high = band["below_points"] or 1000
        assert band["agencies"] == len([one for one in totals if band["from_points"] <= one < high])
    assert sum(one["agencies"] for one in before["scores"]) == len(totals) > 0
    public = world.stranger.get(f"/results/{YEAR}", sort="name", order="desc").text
    (first, *_) = [re.findall(r"<bdi>([^<]*)</bdi></a>", one) for one in public.split("<tbody")[1:]]
    assert first == sorted(first, reverse=True)
    assert len(first) == 2


def test_a_picture_of_nothing_and_of_one_thing() -> None:
    """Without numbers there is no picture; the highest column reaches the top, a part stands within its column."""
    assert scores_chart([ScoreBand(0, 50, 0), ScoreBand(50, None, 0)]).is_empty
    assert complaints_chart([]).is_empty
    assert complaints_chart([]).places == ()
    months = [MonthOfComplaints(f"2024-{month:02}", 0, 0) for month in range(1, 13)]
    later = [MonthOfComplaints(f"2025-{month:02}", month % 5, min(month % 5, 1)) for month in range(1, 13)]
    drawn = complaints_chart(months + later)
    columns = [column for place in drawn.places for column in place.columns]
    highest = max(columns, key=lambda one: one.number)
    assert (highest.y, highest.height) == (TOP, FLOOR - TOP)
    for place in drawn.places:
        now, part, before = place.columns
        assert part.x == now.x
        assert part.height <= now.height
        assert before.x >= now.x + now.width - 0.02
        assert before.number == 0
