"""The questions over HTTP on both databases: both clocks, caching, pages, and what is misspelt."""

from __future__ import annotations

from typing import Any

import pytest

from api.http.documentation.examples import CLIENT_USCC
from domain.values import Role
from tests.http.world import World, body_of, new_uscc

ONE_AGENCY = ("standing", "sheets/2024", "timeline", "events")
DISTRICT = ("/v1/agencies", "/v1/rankings/2024", "/v1/notices")


@pytest.mark.parametrize("tail", ONE_AGENCY)
def test_an_unknown_agency_is_404(world: World, tail: str) -> None:
    """For a reader of everything: an unknown code, and one that is no code."""
    for uscc in (new_uscc(), "x"):
        response = world.association.get(f"/v1/agencies/{uscc}/{tail}")
        assert response.status_code == 404
        assert response.json()["detail"] == f"没有统一社会信用代码为 {uscc} 的机构"


def test_the_standing_knows_both_clocks(world: World) -> None:
    """A complaint upheld on 2024-05-06 counts from that day on, and only for who asks after it was recorded."""
    uscc = world.filed()
    path = f"/v1/agencies/{uscc}/standing"
    complaint = world.id_of("ReceiveComplaint", uscc)
    before = world.trail(uscc)[-1]["recorded_at"]
    after = world.done("DecideComplaint", uscc, complaint)
    known = {
        "now": {},
        "at": {"known_at": after["recorded_at"]},
        "version": {"known_at": f"version:{after['version']}"},
    }
    for query in known.values():
        answer = world.association.get(path, as_of="2024-05-06", **query).json()
        assert answer["sanction"]["tier"] == "recorded"
        assert answer["as_of"] == "2024-05-06"
        assert answer["version"] == after["version"]
        assert world.association.get(path, as_of="2024-05-05", **query).json()["sanction"]["tier"] == "none"
    for early in (before, f"version:{after['version'] - 1}"):
        assert world.association.get(path, as_of="2024-05-06", known_at=early).json()["sanction"]["tier"] == "none"
    offset = before.replace("Z", "+00:00")
    assert world.association.get(path, as_of="2024-05-06", known_at=offset).json()["known_at"] == before
    assert world.association.get(path, as_of="2199-01-01").json()["projected"] is True


@pytest.mark.parametrize(
    ("query", "pointer", "says"),
    [
        ({"as_off": "2024-01-01"}, "?as_off", "没有这个查询参数；可用的：as_of, known_at"),
        ({"as_of": "2024-1-1"}, "?as_of", "日期须写作 YYYY-MM-DD 的文本，如 2024-05-05"),
        ({"as_of": "2023-02-29"}, "?as_of", "没有这一天"),
        ({"as_of": "0001-01-01"}, "?as_of", "日期须在 1990-01-01 至 2200-12-31 之间"),
        ({"as_of": ""}, "?as_of", "日期须写作 YYYY-MM-DD 的文本，如 2024-05-05"),
        ({"known_at": "2024-07-01"}, "?known_at", "须为 RFC 3339 时刻"),
        ({"known_at": "2024-07-01T08:00:00"}, "?known_at", "须为 RFC 3339 时刻"),
        ({"known_at": "2024-07-01T08:00:00 08:00"}, "?known_at", "请写作 %2B"),
        ({"known_at": "2024-07-01T08:00:00.1234567Z"}, "?known_at", "至多精确到微秒"),
        ({"known_at": "2024-07-01T25:00:00Z"}, "?known_at", "没有这个时刻"),
        ({"known_at": "2999-01-01T00:00:00Z"}, "?known_at", "晚于现在"),
        ({"known_at": "version:99"}, "?known_at", "超出现有记录"),
        ({"known_at": "log:999999999"}, "?known_at", "超出现有记录"),
        ({"known_at": "version:-1"}, "?known_at", "须为 RFC 3339 时刻"),
    ],
)
def test_a_wrong_parameter_is_named(world: World, query: dict[str, str], pointer: str, says: str) -> None:
    """A misspelt name, a malformed or impossible day or instant, one in the future: 422 naming the parameter."""
    response = world.association.get(f"/v1/agencies/{world.filed()}/standing", **query)
    assert response.status_code == 422, response.text
    (error,) = response.json()["errors"]
    assert error["pointer"] == pointer
    assert says in error["detail"]
    assert error["detail_en"]


def test_a_parameter_given_twice_is_refused(world: World) -> None:
    """Of two values neither can be right; and a plus sign lost in the address gets the advice that it needs."""
    path = f"/v1/agencies/{world.filed()}/standing"
    response = world.client.get(f"{path}?as_of=2024-01-01&as_of=2024-01-02", headers=world.association.headers)
    assert response.json()["errors"][0] == {
        "pointer": "?as_of",
        "detail": "这个查询参数写了不止一次",
        "detail_en": "this query parameter is given more than once",
    }
    lost = world.client.get(f"{path}?known_at=2024-07-01T08:00:00+08:00", headers=world.association.headers)
    assert "%2B" in lost.json()["errors"][0]["detail"]


@pytest.mark.parametrize("year", ["1999", "2200", "abcd", "24", "２０２４", "2020"])
def test_a_year_that_is_none_is_404(world: World, year: str) -> None:
    """No year, or one before the Measures: there is no such sheet and no such ranking."""
    uscc = world.filed()
    assert world.association.get(f"/v1/agencies/{uscc}/sheets/{year}").status_code == 404
    if year != "2020":
        assert world.association.get(f"/v1/rankings/{year}").status_code == 404


def test_an_answer_is_revalidated_by_its_etag(world: World) -> None:
    """The same basis gives the same bytes and ETag; If-None-Match answers 304 without a body; another basis another."""
    uscc = world.filed()
    query = {"as_of": "2024-06-30", "known_at": world.trail(uscc)[-1]["recorded_at"]}
    path = f"/v1/agencies/{uscc}/standing"
    first, again = world.association.get(path, **query), world.association.get(path, **query)
    assert first.content == again.content
    etag = first.headers["etag"]
    assert etag == again.headers["etag"]
    for given in (etag, f'"x", {etag}', f"W/{etag}", "*"):
        kept = world.association.get(path, {"If-None-Match": given}, **query)
        assert (kept.status_code, kept.content, kept.headers["etag"]) == (304, b"", etag)
    assert world.association.get(path, {"If-None-Match": '"x"'}, **query).status_code == 200
    assert world.association.get(path, **{**query, "as_of": "2024-06-29"}).headers["etag"] != etag


def test_only_a_sealed_basis_is_cacheable_for_ever(own_world: World) -> None:
    """`immutable` needs both clocks named and `known_at` below the sealed horizon; else the caller has to ask again."""
    uscc = own_world.filed()
    path, at = f"/v1/agencies/{uscc}/standing", own_world.trail(uscc)[-1]["recorded_at"]
    for_ever = "private, max-age=31536000, immutable"
    again = "private, no-cache"

    def policy(target: str, **query: str) -> Any:
        return own_world.association.get(target, **query).headers["cache-control"]

    for _ in range(60):
        own_world.service.housekeeper.tidy()
        if policy(path, as_of="2024-06-30", known_at=at) == for_ever:
            break
        own_world.filed()
    both = {"as_of": "2024-06-30", "known_at": at}
    assert policy(path, **both) == for_ever
    assert policy(path, **{**both, "known_at": "version:2"}) == for_ever
    assert policy("/v1/agencies", **both) == for_ever
    for partly in ({}, {"as_of": "2024-06-30"}, {"known_at": at}):
        assert policy(path, **partly) == again
        assert policy("/v1/agencies", **partly) == again
    assert policy(f"/v1/agencies/{uscc}/events", known_at=at) == again
    with own_world.service.ledger.reading() as reader:
        _, horizon = reader.sealed()
    assert policy(path, as_of="2024-06-30", known_at=str(horizon)) == again


def test_lists_come_in_pages_of_one_moment(world: World) -> None:
    """Following the cursors gives every row once, in order, on the first page's basis, whatever comes meanwhile."""
    uscc = world.filed()
    for _ in range(5):
        world.done("SignPledge", uscc)
    path = f"/v1/agencies/{uscc}/events"
    first = world.association.get(path, limit=3).json()
    world.done("SignPledge", uscc)
    versions, page = [one["version"] for one in first["items"]], first
    while page["next_cursor"]:
        page = world.association.get(path, limit=3, cursor=page["next_cursor"]).json()
        assert page["known_at"] == first["known_at"]
        versions += [one["version"] for one in page["items"]]
    assert versions == list(range(1, 8))
    for target in DISTRICT[:2]:
        page = world.association.get(target, limit=1).json()
        assert len(page["items"]) == 1
        following = world.association.get(target, limit=1, cursor=page["next_cursor"]).json()
        assert following["known_at"] == page["known_at"]
        assert following["items"] != page["items"]


@pytest.mark.parametrize("target", DISTRICT)
def test_a_broken_or_foreign_cursor_is_refused(world: World, target: str) -> None:
    """Cut, changed or invented cursors, and one of another query: 422 naming `?cursor`. Limits outside 1-500 too."""
    world.filed(), world.filed()
    cursor = world.association.get("/v1/agencies", limit=1).json()["next_cursor"]
    for broken in (cursor[:-1], "A" + cursor[1:], "", "!", "eyJ9", cursor + "AAAA", "中"):
        response = world.association.get(target, limit=1, cursor=broken)
        assert response.status_code == 422, broken
        assert response.json()["errors"][0]["pointer"] == "?cursor"
    other = {"/v1/agencies": {"tier": "warned"}}.get(target, {})
    foreign = world.association.get(target, cursor=cursor, **other)
    assert foreign.status_code == 422
    assert "另一个查询" in foreign.json()["detail"]
    for limit in ("0", "501", "x", "1.5", "-1"):
        refused = world.association.get(target, limit=limit).json()
        assert refused["errors"][0]["pointer"] == "?limit"


def test_the_list_of_agencies_can_be_filtered(world: World) -> None:
    """Each filter keeps what it names; values outside their set are refused."""
    uscc, name = world.filed(), f"测试机构{new_uscc()}"
    waiting = new_uscc()
    body = {**body_of("FileAgency"), "uscc": waiting, "name": name}
    World.must(world.association.post("/v1/agencies", body))

    def found(**query: str) -> list[str]:
        items = world.association.get("/v1/agencies", limit=500, **query).json()["items"]
        return [one["agency"]["uscc"] for one in items]

    assert found(q=name) == [waiting]
    assert found(q=waiting.lower()) == [waiting]
    assert waiting in found(filing="submitted")
    assert uscc not in found(filing="submitted")
    assert found(q=name, tier="warned") == []
    assert found(q=name, category="综合安全服务") == [waiting]
    assert world.association.get("/v1/agencies", tier="red").json()["errors"][0]["pointer"] == "?tier"
    assert world.association.get("/v1/agencies", q="a\x00").status_code == 422
    assert world.association.get("/v1/agencies", known_at="version:1").status_code == 422


def test_the_worklist_of_notices(world: World) -> None:
    """A notice stands on the list as due until it is recorded as sent, then among the sent."""
    uscc = world.filed()
    world.done("StartProject", uscc)
    world.done("FindAccidentLiability", uscc)
    own = world.person(Role.AGENCY, uscc)
    (notice,) = own.get("/v1/notices").json()["items"]
    assert (notice["kind"], notice["recipient"], notice["sent_on"]) == ("accident", CLIENT_USCC, None)
    world.done("SendNotice", uscc, notice["id"])
    assert own.get("/v1/notices").json()["items"] == []
    (sent,) = own.get("/v1/notices", status="sent").json()["items"]
    assert (sent["id"], sent["sent_on"]) == (notice["id"], "2024-06-06")
    assert own.get("/v1/notices", status="all").json()["items"] == [sent]


def test_the_law_is_open_to_every_token(world: World) -> None:
    """Rulebook and measures: values, readings with their confirmation, code; references as people write them."""
    auditor = world.people[Role.ADMIN]
    (heading,) = auditor.get("/v1/rulebooks").json()["items"]
    book = auditor.get(f"/v1/rulebooks/{heading['id']}").json()
    assert book["sha256"] == heading["sha256"]
    assert {"deadlines.change_days", "ladder.tag_term"} <= {one["name"] for one in book["values"]}
    assert all(one["confirmed"] is False for one in book["readings"])
    assert book["defects"]
    measure = auditor.get("/v1/measures/art.17(2)").json()
    assert measure["ref"] == "art.17(2)"
    assert measure["code"]
    assert measure["text"]
    assert auditor.get("/v1/measures/17(2)").json() == measure
    assert auditor.get("/v1/measures/r16").json()["ref"] == "R16"
    for unknown in ("/v1/measures/art.99", "/v1/measures/a/b", "/v1/rulebooks/nobody"):
        assert auditor.get(unknown).status_code == 404
