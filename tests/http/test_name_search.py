"""Names are found however either side was typed: brackets, width, spaces, case, unseen characters, radicals."""

from __future__ import annotations

from typing import Any

import pytest

from domain.folding import category_fold, compared, seen
from domain.values import Role
from tests.http.desk import Desk
from tests.http.world import World, body_of, new_uscc, today

NAME = "惠州市长风（大亚湾）Safety 安全技术有限公司"
TYPED = [
    "长风(大亚湾)",
    "长风（大亚湾）",
    "长风 ( 大亚湾 )",
    "长风〔大亚湾〕",
    "SAFETY安全",
    "ｓａｆｅｔｙ 安全",
    "safety  安全",
    "长\u200b风",
    "⻓⻛",
    "y安全\u3000技术",
    "y安全技术有限\u00ad公司",
    "⼤亚湾",
]


@pytest.fixture(scope="module")
def uscc(world: World) -> str:
    """An agency on file under that name."""
    code = new_uscc()
    World.must(world.association.post("/v1/agencies", {**body_of("FileAgency"), "uscc": code, "name": NAME}))
    world.done("DecideFiling", code)
    return code


@pytest.mark.parametrize("typed", TYPED)
def test_an_agency_is_found_by_its_name_in_every_list(world: World, uscc: str, typed: str) -> None:
    """The list of agencies, the public register and its feed, their pages, and the forms' search for an agency."""
    assert uscc in {one["agency"]["uscc"] for one in world.association.get("/v1/agencies", q=typed).json()["items"]}
    assert uscc in {one["uscc"] for one in world.stranger.get("/v1/public/agencies", q=typed).json()["items"]}
    assert uscc in world.stranger.get("/v1/public/agencies.atom", q=typed).text
    assert uscc in world.stranger.get("/register", q=typed).text


def test_the_pages_of_those_who_are_signed_in_find_it_too(world: World, uscc: str) -> None:
    """The page of agencies, and the first step of a form."""
    desk = Desk(world, Role.ASSOCIATION)
    for typed in ("长风 (大亚湾)", "⻓⻛", "SAFETY"):
        for page in ("/agencies", "/record", "/record/record-lapse"):
            assert uscc in desk.shown(page, q=typed)


@pytest.mark.parametrize("typed", ["长风(惠阳)", "短风", "safely"])
def test_another_name_is_still_another(world: World, uscc: str, typed: str) -> None:
    """Folding is no guessing."""
    assert uscc not in {one["uscc"] for one in world.stranger.get("/v1/public/agencies", q=typed).json()["items"]}


def test_personal_data_is_searched_the_same_way(world: World, uscc: str) -> None:
    """Whose data is kept: a name with a space in it is found without."""
    world.done("RecordInspection", uscc, findings="负责人 张（三）到场")
    found = world.association.get(f"/v1/agencies/{uscc}/subjects", q="张(三)").json()["items"]
    assert len(found) == 1


def test_what_is_folded_and_what_is_not() -> None:
    """The three strengths: what is stored loses the unseen alone; categories keep their case; searches lose most."""
    assert seen("甲\u200b（乙）\U000e0100 丙") == "甲（乙）\U000e0100 丙"
    assert category_fold(" 甲　Ａ b\u200b（一）\ufe00") == "甲Ab(一)"
    assert compared("【甲】－〔乙〕—ＡＢ·・") == "(甲)-(乙)-ab··"
    assert compared("⻩⻰⻦") == compared("黄龙鸟")


def test_ascii_is_folded_as_all_else_is() -> None:
    """It goes a shorter way: every character of it, and every two side by side, come out as beside a Chinese one."""
    characters = [chr(code) for code in range(128)]
    for one in characters:
        assert "一" + compared(one) == compared("一" + one), ascii(one)
        for other in characters:
            assert "一" + compared(one + other) == compared("一" + one + other), ascii(one + other)


OLD, NEW = "惠州市昔日（大亚湾）安全技术有限公司", "惠州市今时（大亚湾）安全技术有限公司"


@pytest.fixture(scope="module")
def renamed(own_district: World) -> str:
    """On the blacklist, with a published result and one of each worklist, under another name than it had before."""
    world = own_district
    code = new_uscc()
    World.must(world.association.post("/v1/agencies", {**body_of("FileAgency"), "uscc": code, "name": OLD}))
    world.done("DecideFiling", code)
    world.assessed(code)
    neighbour = world.assessed()
    world.done("ReportChange", code, changed_on="2024-12-30", reported_on="2024-12-31", fields={"name": NEW})
    world.publish()
    world.upheld(code, *[today()] * 3)
    world.upheld(neighbour, *[today()] * 3)
    for one in (code, neighbour):
        lapse = world.id_of("RecordLapse", one, item=4, occurred_on="2024-09-01")
        world.done("FileObjection", one, event_id=lapse)
        world.done("ReportBehaviour", one)
        world.done("RequestSubmission", one, due_on="2099-12-31")
        world.done("FileAppeal", one, year=2024, filed_on="2025-03-12", disputed_event_ids=[])
    return code


@pytest.fixture(scope="module")
def own_district(module_world: World) -> World:
    """A district of its own: a year is published in it."""
    return module_world


PUBLIC_LISTS = ("/v1/public/blacklist", "/v1/public/results/2024")
PUBLIC_PAGES = ("/blacklist", "/results/2024")
INSIDE_LISTS = ("appeals", "objections", "reports", "submissions", "impacts", "notices", "hints")
TYPED_NAMES = ("昔日 大亚湾", "(大亚湾) 今时", "技术 ⼤亚湾 今时")


def codes(answer: Any) -> set[str]:
    assert answer.status_code == 200, answer.text
    rows = [one if "uscc" in one else one["agency"] for one in answer.json()["items"]]
    return {one["uscc"] for one in rows if one is not None}  # a year's matters are no agency's


@pytest.mark.shows("art.19", "art.17(3)", "R7")
def test_published_lists_are_narrowed_by_the_names_that_they_tell(own_district: World, renamed: str) -> None:
    """Fragments in any order, former names, part of the code; ranks stay; a feed refuses what it lacks."""
    stranger = own_district.stranger
    for path, page in zip(PUBLIC_LISTS, PUBLIC_PAGES, strict=True):
        assert len(codes(stranger.get(path))) > 1
        for typed in (*TYPED_NAMES, renamed.lower(), f"今时 {renamed[10:]}"):
            assert codes(stranger.get(path, q=typed)) == {renamed}, (path, typed)
            assert f"/firms/{renamed}" in stranger.get(page, q=typed).text
        assert codes(stranger.get(path, q="今时 昔日")) == set(), "no one name has both"
        nobody = stranger.get(page, q="没有这家").text
        assert "没有这样的机构" in nobody
        assert renamed not in nobody
        feed = stranger.get(path, q="今时", _headers={"Accept": "application/atom+xml"})
        assert (feed.status_code, feed.json()["errors"][0]["pointer"]) == (422, "?q")
    (one,) = stranger.get("/v1/public/results/2024", q="今时").json()["items"]
    (among,) = (row for row in stranger.get("/v1/public/results/2024").json()["items"] if row["uscc"] == renamed)
    assert one == among


@pytest.mark.shows("art.19", "R7", "R30")
def test_lists_inside_are_narrowed_by_name_and_keep_their_pages(own_district: World, renamed: str) -> None:
    """Ranking, every worklist and what waits: by API and page; a cursor belongs to its words."""
    world, desk = own_district, Desk(own_district, Role.ASSOCIATION)
    lists = {"/v1/rankings/2024": {"as_of": "2024-12-31"}, "/v1/matters": {"whose": "all"}}
    lists |= {f"/v1/{name}": {"status": "all"} for name in INSIDE_LISTS}
    for path, query in lists.items():
        everybody = codes(world.association.get(path, limit=500, **query))
        for typed in TYPED_NAMES:
            assert codes(world.association.get(path, q=typed, limit=500, **query)) == {renamed} & everybody, (
                path,
                typed,
            )
        assert codes(world.association.get(path, q="没有这家", **query)) == set()
    for name in INSIDE_LISTS:
        assert 'name="q"' in desk.shown(f"/todo/{name}", q="没有这家")
    for page in ("/rankings/2024", "/matters", "/todo/submissions"):
        shown = desk.shown(page, q="昔日 大亚湾")
        assert renamed in shown
        assert shown.count('class="code"') > 0
        assert renamed not in desk.shown(page, q="没有这家")
    ranked = {one["agency"]["uscc"]: one["rank"] for one in world.association.get("/v1/rankings/2024").json()["items"]}
    (one,) = world.association.get("/v1/rankings/2024", q="今时").json()["items"]
    assert one["rank"] == ranked[renamed]
    first = world.association.get("/v1/submissions", limit=1, status="all").json()["next_cursor"]
    assert world.association.get("/v1/submissions", cursor=first, limit=1, status="all", q="今时").status_code == 422
    other = world.person(Role.AGENCY, world.filed())
    assert codes(other.get("/v1/submissions", q="今时")) == codes(other.get("/v1/matters", q="今时")) == set()
