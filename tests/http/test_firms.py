"""One firm as everybody may read it, and one search over register, blacklist and results (art.9, 11, 17(3), 19)."""

from __future__ import annotations

from typing import Any

import pytest

from domain.values import Role
from tests.http.desk import Desk
from tests.http.world import World, body_of, new_uscc, today

HOSTILE = "<b>%_\\' OR 1=1 --"


def named(world: World, name: str, **more: Any) -> str:
    """An agency on file since 2024-01-10 under a name."""
    code = new_uscc()
    World.must(world.association.post("/v1/agencies", {**body_of("FileAgency"), "uscc": code, "name": name, **more}))
    world.done("DecideFiling", code)
    return code


def found(world: World, q: str) -> dict[str, dict[str, Any]]:
    """What the public search finds, by USCC."""
    response = world.stranger.get("/v1/public/search", q=q)
    assert response.status_code == 200, response.text
    return {one["uscc"]: one for one in response.json()["items"]}


def firm(world: World, uscc: str) -> dict[str, Any]:
    """The firm as a stranger reads it."""
    response = world.stranger.get(f"/v1/public/agencies/{uscc}")
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer


def renamed(world: World, uscc: str, name: str) -> dict[str, Any]:
    """A change of the name, reported the same day."""
    return world.done("ReportChange", uscc, changed_on="2024-05-06", reported_on="2024-05-06", fields={"name": name})


@pytest.mark.shows("art.9", "art.12", "R7")
def test_fragments_come_in_any_order_and_former_names_find_it(world: World) -> None:
    """Words in any order, part of the code, the name it had on the register; inside as well."""
    uscc = named(world, "惠州市青松（仲恺）安全技术有限公司")
    renamed(world, uscc, "广东赤柏安全服务集团")
    for typed in (
        "赤柏 广东",
        "集团　赤柏",
        "⾚柏",
        "仲恺 青松",
        "青松 (仲恺)",
        uscc[8:].lower(),
        f"{uscc[10:]} {uscc[:6]}",
    ):
        assert uscc in found(world, typed), typed
        inside = world.association.get("/v1/agencies", q=typed, limit=500).json()["items"]
        assert uscc in {one["agency"]["uscc"] for one in inside}, typed
    assert uscc not in found(world, "青松 赤榆")
    assert found(world, uscc)[uscc]["former_names"] == ["惠州市青松（仲恺）安全技术有限公司"]
    page = world.stranger.get("/search", q="仲恺 青松").text
    assert "广东赤柏安全服务集团" in page
    assert "曾用名" in page


@pytest.mark.shows("art.9", "R6")
def test_a_name_that_was_never_public_finds_nobody(world: World) -> None:
    """A filing not decided, a filing returned under another name, a change that was annulled."""
    waiting, returned = new_uscc(), new_uscc()
    for code, name in ((waiting, "未决鹭鸟安全"), (returned, "退回鹭鸟安全")):
        World.must(world.association.post("/v1/agencies", {**body_of("FileAgency"), "uscc": code, "name": name}))
    world.done("DecideFiling", returned, outcome="returned", reasons="材料不全")
    assert found(world, "鹭鸟") == {}
    for code in (waiting, returned):
        assert world.stranger.get(f"/v1/public/agencies/{code}").status_code == 404
        assert world.stranger.get(f"/firms/{code}").status_code == 404
    again = {**body_of("FileAgency"), "uscc": returned, "name": "补正白鹭安全", "submitted_on": "2024-02-01"}
    World.must(world.association.post("/v1/agencies", again))
    world.done("DecideFiling", returned, decided_on="2024-02-05")
    assert found(world, "鹭鸟") == {}
    assert found(world, "补正 白鹭")[returned]["former_names"] == []
    change = renamed(world, returned, "误登乌鸦安全")["events"][0]["id"]
    assert returned in found(world, "误登乌鸦")
    world.done("AnnulEvent", returned, event_id=change)
    assert found(world, "误登乌鸦") == {}


@pytest.mark.shows("art.11", "art.17(3)", "R16")
def test_the_blacklist_shows_wherever_the_firm_is_found(world: World) -> None:
    """Register, search and the firm's page say it; ended business takes it off the register, not off the blacklist."""
    uscc = named(world, "惠州市墨榜安全技术有限公司")
    assert found(world, "墨榜")[uscc]["blacklisted"] is None
    world.upheld(uscc, *[today()] * 2)
    assert firm(world, uscc)["blacklisted"] is None  # a warned tag is told to the agency alone (art.17(2))
    assert "警示" not in world.stranger.get(f"/firms/{uscc}").text
    world.upheld(uscc, today())
    for one in (found(world, "墨榜")[uscc], firm(world, uscc)):
        assert (one["on_file"], one["blacklisted"]["since"]) == (True, today())
    listed = world.stranger.get("/v1/public/agencies", q=uscc).json()["items"]
    assert listed[0]["blacklisted"]["since"] == today()
    for path, query in (("/register", {"q": "墨榜"}), ("/search", {"q": "墨榜"}), (f"/firms/{uscc}", {})):
        assert "badge-blacklisted" in world.stranger.get(path, **query).text
    world.done("TerminateAgency", uscc, effective_on=today())
    after = firm(world, uscc)
    assert (after["on_file"], after["filed_since"], after["address"], after["qualifications"]) == (
        False,
        None,
        None,
        [],
    )
    assert after["blacklisted"]["since"] == today()
    assert uscc in found(world, "墨榜")


@pytest.mark.shows("art.19", "art.25", "R28", "R31", "R44")
def test_a_published_year_with_its_parts_what_decided_it_and_its_waiver(own_world: World) -> None:
    """Four parts, the article, the waiver's reason, the appeal that waits; nothing before the publication."""
    world = own_world
    fined, waived = named(world, "罚单安全"), named(world, "豁免安全")
    for one in (fined, waived):
        world.done("StartProject", one, started_on="2024-02-01", due_on="2024-12-20")
        world.done("ScoreEffect", one, scored_on="2024-12-28")
    world.done("SubmitSurvey", fined, submitted_on="2024-12-10")
    world.done("CloseSurvey", fined, closed_on="2024-12-31")
    world.done("ImposePenalty", fined, decided_on="2024-09-02", authority_kind="emergency_management")
    assert firm(world, fined)["results"] == []
    world.publish()
    shown = firm(world, fined)
    (year,) = shown["results"]
    assert (year["grade"], year["decided_by"], year["override"][0]["article"]) == ("unqualified", "art.25", "art.25")
    assert set(year["parts"]) == {"conduct", "quality", "effect", "honours"}
    assert sum(float(one) for one in year["parts"].values()) == pytest.approx(float(year["total"]), abs=0.011)
    (other,) = firm(world, waived)["results"]
    assert (other["decided_by"], other["waivers"]) == ("annex1.note3", [{"part": "quality", "reason": "当年无数据"}])
    assert other["provisional"] is False
    page = world.stranger.get(f"/firms/{waived}").text
    assert "当年无数据" in page
    assert "按满分计" in page
    assert "第二十五条" in world.stranger.get(f"/firms/{fined}").text
    world.done("TerminateAgency", waived, effective_on=today())
    ended = firm(world, waived)
    assert (ended["on_file"], ended["name"], len(ended["results"])) == (False, "豁免安全", 1)
    assert found(world, "豁免")[waived]["latest_result"]["year"] == 2024


@pytest.mark.parametrize(
    "q", [HOSTILE, "\u200b\u2060", "%", "_", " ".join("甲乙丙丁戊己庚辛壬癸子丑" * 12)[:300], "🦺" * 75]
)
def test_what_is_typed_finds_nobody_by_trickery(world: World, q: str) -> None:
    """No wild card, no markup, nothing for what nobody sees; the page keeps what was typed."""
    assert found(world, q) == {}
    page = world.stranger.get("/search", q=q)
    assert page.status_code == 200
    assert "<b>%" not in page.text


@pytest.mark.parametrize("query", [{}, {"q": ""}, {"q": "长" * 301}, {"q": "a\x00b"}, {"q": "安", "limit": "0"}])
def test_a_wrong_question_names_its_parameter(world: World, query: dict[str, str]) -> None:
    """422 with the pointer; an unknown code is 404 and says what to do."""
    response = world.stranger.get("/v1/public/search", **query)
    assert (response.status_code, "errors" in response.json()) == (422, True)
    missing = world.stranger.get("/v1/public/agencies/91441300MA00000000")
    assert missing.status_code == 404


def test_the_search_goes_on_page_by_page(world: World) -> None:
    """Each once, by USCC; the cursor belongs to what was asked."""
    mine = {named(world, f"翻页鸢尾{number}号安全") for number in range(3)}
    first = world.stranger.get("/v1/public/search", q="鸢尾 翻页", limit=2).json()
    second = world.stranger.get("/v1/public/search", q="鸢尾 翻页", limit=2, cursor=first["next_cursor"]).json()
    assert [one["uscc"] for one in (*first["items"], *second["items"])] == sorted(mine)
    assert second["next_cursor"] is None
    other = world.stranger.get("/v1/public/search", q="翻页", limit=2, cursor=first["next_cursor"])
    assert other.status_code == 422


def test_inside_the_search_finds_what_is_not_public(world: World) -> None:
    """An officer finds a filing that nobody has decided, and gets to its file; a stranger does not."""
    code = new_uscc()
    World.must(world.association.post("/v1/agencies", {**body_of("FileAgency"), "uscc": code, "name": "内查雪松安全"}))
    desk = Desk(world, Role.ASSOCIATION)
    assert f'href="/agencies/{code}"' in desk.shown("/search", q="雪松 内查")
    assert code not in world.stranger.get("/search", q="雪松 内查").text
    on_file = named(world, "内查云杉安全")
    assert f'href="/agencies/{on_file}"' in desk.shown(f"/firms/{on_file}")


@pytest.mark.shows("art.8", "art.13", "R7")
def test_inside_a_client_a_contract_and_a_record_are_found(world: World) -> None:
    """By fragments in any order; an agency among its own; what was annulled finds nothing; a client may not ask."""
    mine, other = named(world, "内查金桂安全"), named(world, "内查银桂安全")
    client = {"uscc": new_uscc(), "name": "惠州石化（东联）有限公司"}
    project = world.id_of("StartProject", mine, client=client, contract_no="HT－2024／0099")
    world.id_of("StartProject", other, client=client, contract_no="HT-2024-0100")
    office = world.association

    def projects(who: Any, q: str) -> set[str]:
        return {one["agency"] for one in who.get("/v1/search", q=q).json()["projects"]}

    for q in ("东联 石化", "(东联)", client["uscc"], client["uscc"][3:15].lower()):
        assert projects(office, q) == {mine, other}, q
    assert projects(office, "ht-2024/0099") == {mine}
    own = world.person(Role.AGENCY, mine)
    assert projects(own, "东联") == {mine}
    (event,) = [one for one in world.trail(mine) if one["id"] == project]
    for q in (project, project.upper()):
        (record,) = office.get("/v1/search", q=q).json()["records"]
        assert (record["agency"], record["type"], record["recorded_at"]) == (
            mine,
            "ProjectStarted",
            event["recorded_at"],
        )
    assert office.get("/v1/search", q="log:999999999999").json()["records"] == []
    assert own.get("/v1/search", q=project).json()["records"] == []
    desk = Desk(world, Role.ASSOCIATION)
    assert f"/agencies/{mine}/events/{project}" in desk.shown("/search", q="东联 石化")
    assert client["uscc"] not in world.stranger.get("/search", q="东联 石化").text
    world.done("AnnulEvent", mine, event_id=project)
    assert projects(office, "东联") == {other}
    assert world.client_person.get("/v1/search", q="东联").status_code == 403
