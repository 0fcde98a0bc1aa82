"""Names are found however either side was typed: brackets, width, spaces, case, unseen characters, radicals."""

from __future__ import annotations

import pytest

from domain.folding import category_fold, compared, seen
from domain.values import Role
from tests.http.desk import Desk
from tests.http.world import World, body_of, new_uscc

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
