"""The public lists over HTTP on both databases: who stands on them on which day, pages, caching, negotiation."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from starlette.requests import Request

from api.http.request import prefers
from api.http.responses import PUBLIC_SECONDS, public_answer
from domain.values import SHANGHAI, instant
from projections.answers.scalars import plain
from projections.public.public import Public
from projections.rows.read.register import RegisterFilter
from tests.http.world import World, body_of, new_uscc, today
from tests.specification import noon

LISTS = ("/v1/public/agencies", "/v1/public/blacklist")
FEEDS = tuple(f"{path}.atom" for path in LISTS)
MANY = RegisterFilter(500)


def items(world: World, path: str, **query: Any) -> dict[str, dict[str, Any]]:
    """All pages of a public list, by USCC."""
    found: dict[str, dict[str, Any]] = {}
    cursor: dict[str, str] = {}
    while True:
        response = world.stranger.get(path, limit=500, **query, **cursor)
        assert response.status_code == 200, response.text
        page = response.json()
        found |= {one["uscc"]: one for one in page["items"]}
        if page["next_cursor"] is None:
            return found
        cursor = {"cursor": page["next_cursor"]}


@contextmanager
def on(world: World, day: date) -> Iterator[Public]:
    """Public answers as they are, or would be, on a day."""
    with world.service.ledger.reading() as reader:
        yield Public(reader, instant(noon(day)))


def on_register(world: World, uscc: str, day: date) -> bool:
    with on(world, day) as public:
        return uscc in {one.item.uscc for one in public.agencies(RegisterFilter(500, q=uscc))}


def on_blacklist(world: World, uscc: str, day: date) -> bool:
    with on(world, day) as public:
        return uscc in {one.item.uscc for one in public.blacklist(MANY)}


@pytest.mark.shows("art.9", "R6")
def test_the_register_shows_an_agency_from_its_filing_decision_on(world: World) -> None:
    """Submitted: not shown. Filed: shown with its particulars, its qualifications by name and validity, no person."""
    uscc = world.submitted()
    assert uscc not in items(world, LISTS[0])
    world.done("DecideFiling", uscc)
    assert items(world, LISTS[0], q=uscc) == {
        uscc: {
            "uscc": uscc,
            "name": "惠州市安恒安全技术服务有限公司",
            "category": "综合安全服务",
            "filed_since": "2024-01-10",
            "scope": ["隐患排查", "安全培训"],
            "address": "惠州市大亚湾区澳头街道中兴北路 8 号",
            "qualifications": [{"name": "安全评价机构资质", "valid_until": "2027-06-30"}],
            "blacklisted": None,
        }
    }
    assert not on_register(world, uscc, date(2024, 1, 9))
    assert on_register(world, uscc, date(2024, 1, 10))


def test_the_register_shows_what_changed(world: World) -> None:
    """Reported changes show, an annulled one no longer; an agency that has said nothing more has nulls and no lists."""
    uscc = world.filed()
    fields = {"name": "惠州市新名称有限公司", "address": "霞涌街道 1 号", "scope": ["咨询"], "qualifications": []}
    change = world.id_of("ReportChange", uscc, fields=fields)
    shown = items(world, LISTS[0], q="新名称")[uscc]
    assert {name: shown[name] for name in fields} == fields
    world.done("AnnulEvent", uscc, event_id=change)
    assert items(world, LISTS[0], q=uscc)[uscc]["address"] == "惠州市大亚湾区澳头街道中兴北路 8 号"
    bare = new_uscc()
    body = {name: body_of("FileAgency")[name] for name in ("name", "category", "submitted_on")}
    world.must(world.association.post("/v1/agencies", {**body, "uscc": bare}))
    world.done("DecideFiling", bare)
    shown = items(world, LISTS[0], q=bare)[bare]
    assert (shown["address"], shown["scope"], shown["qualifications"]) == (None, [], [])


@pytest.mark.shows("art.11", "R6")
def test_a_terminated_agency_is_off_the_register_on_its_day(world: World) -> None:
    """Announced beforehand it stays until the day before; terminated today it is gone at once; refiled it is back."""
    day = date.fromisoformat(today())
    uscc, gone = world.filed(), world.filed()
    world.done("TerminateAgency", uscc, effective_on=(day + timedelta(days=30)).isoformat())
    assert uscc in items(world, LISTS[0])
    assert on_register(world, uscc, day + timedelta(days=29))
    assert not on_register(world, uscc, day + timedelta(days=30))
    world.done("TerminateAgency", gone, effective_on=day.isoformat())
    assert gone not in items(world, LISTS[0])
    assert "<entry>" not in world.stranger.get(FEEDS[0], q=gone).text
    again = {**body_of("FileAgency"), "uscc": gone, "submitted_on": day.isoformat()}
    world.must(world.association.post("/v1/agencies", again))
    world.done("DecideFiling", gone, decided_on=day.isoformat())
    assert items(world, LISTS[0])[gone]["filed_since"] == day.isoformat()


@pytest.mark.shows("art.17(3)", "R16")
def test_a_blacklisted_agency_is_listed_for_a_year_and_gone_the_day_after(world: World) -> None:
    """Two upheld complaints: not listed. The third, on 2024-05-06: listed until 2025-05-06, gone on the 7th."""
    uscc = world.filed()
    world.upheld(uscc, "2024-03-04", "2024-04-08")
    assert not on_blacklist(world, uscc, date(2024, 5, 6))
    world.upheld(uscc, "2024-05-06")
    assert not on_blacklist(world, uscc, date(2024, 5, 5))
    with on(world, date(2024, 5, 6)) as public:
        (found,) = plain([one.item for one in public.blacklist(MANY) if one.item.uscc == uscc])
    assert found == {
        "uscc": uscc,
        "name": "惠州市安恒安全技术服务有限公司",
        "category": "综合安全服务",
        "since": "2024-05-06",
        "until": "2025-05-06",
        "article": "art.17(3)",
    }
    assert on_blacklist(world, uscc, date(2025, 5, 6))
    assert not on_blacklist(world, uscc, date(2025, 5, 7))


def test_an_annulled_complaint_takes_the_agency_off_the_blacklist_at_once(world: World) -> None:
    """Listed today; one of the three decisions annulled: gone from the list at once, and the feed says so."""
    uscc = world.filed()
    decisions = world.upheld(uscc, *[today()] * 3)
    assert items(world, LISTS[1])[uscc]["since"] == today()
    assert uscc in world.stranger.get(FEEDS[1]).text
    world.done("AnnulEvent", uscc, event_id=decisions[0])
    assert uscc not in items(world, LISTS[1])
    (said,) = [one for one in world.stranger.get(FEEDS[1]).text.split("<entry>") if uscc in one]
    assert "不再列入，自" in said, "the feed tells that it has left, and nothing else of it"
    assert uscc in items(world, LISTS[0])


def test_a_blacklisting_outlives_the_filing(world: World) -> None:
    """A terminated agency is off the register and stays on the blacklist: tags persist (R6)."""
    uscc = world.filed()
    world.upheld(uscc, *[today()] * 3)
    world.done("TerminateAgency", uscc, effective_on=today())
    assert uscc not in items(world, LISTS[0])
    assert uscc in items(world, LISTS[1])


def test_the_register_is_narrowed_and_read_in_pages(own_world: World) -> None:
    """By category, by part of name or code; pages follow the codes, and none is missed when one before leaves."""
    codes = sorted(own_world.filed() for _ in range(5))
    own_world.done("ReportChange", codes[4], fields={"category": "评价"})
    assert list(items(own_world, LISTS[0], category="评价")) == [codes[4]]
    assert list(items(own_world, LISTS[0], q="安恒")) == codes
    assert items(own_world, LISTS[0], q="没有这家") == {}
    first = own_world.stranger.get(LISTS[0], limit=2).json()
    assert [one["uscc"] for one in first["items"]] == codes[:2]
    own_world.done("TerminateAgency", codes[0], effective_on=today())
    second = own_world.stranger.get(LISTS[0], limit=2, cursor=first["next_cursor"]).json()
    assert [one["uscc"] for one in second["items"]] == codes[2:4]
    third = own_world.stranger.get(LISTS[0], limit=2, cursor=second["next_cursor"]).json()
    assert ([one["uscc"] for one in third["items"]], third["next_cursor"]) == ([codes[4]], None)
    for code in codes[1:4]:
        own_world.upheld(code, *[today()] * 3)
    first = own_world.stranger.get(LISTS[1], limit=2).json()
    second = own_world.stranger.get(LISTS[1], limit=2, cursor=first["next_cursor"]).json()
    assert [one["uscc"] for one in (*first["items"], *second["items"])] == codes[1:4]


def forged(*place: object) -> str:
    """A cursor that is whole, with what it should not say."""
    raw = json.dumps(place).encode()
    check = hashlib.sha256(b"steward-cursor" + raw).digest()[:8]
    return base64.urlsafe_b64encode(raw + check).rstrip(b"=").decode()


def test_a_cursor_leads_to_no_earlier_day(own_world: World) -> None:
    """The past of a list cannot be asked for: neither by parameter nor by a cursor made by hand."""
    own_world.filed()
    own_world.filed()
    cursor = own_world.stranger.get(LISTS[0], limit=1).json()["next_cursor"]
    question = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))[:-8])[0]
    past = (question, 0, "2024-06-01", "2024-07-01T00:00:00.000000Z")
    for made in (forged(*past), forged(question, "91"), forged(question, "\x00"), cursor[:-1], "x"):
        response = own_world.stranger.get(LISTS[0], limit=1, cursor=made)
        assert response.status_code == 422, made
        assert response.json()["errors"][0]["pointer"] == "?cursor"
    assert own_world.stranger.get(LISTS[0], limit=1, q="惠", cursor=cursor).status_code == 422
    for name in ("as_of", "known_at"):
        for path in (*LISTS, *FEEDS):
            assert own_world.stranger.get(path, **{name: "2024-06-01"}).status_code == 422


@pytest.mark.parametrize("path", [*LISTS, *FEEDS])
def test_anybodys_cache_may_keep_it_for_a_moment(world: World, path: str) -> None:
    """Public for at most a minute, with an ETag that stays while nothing shown changes, and 304 for who has it."""
    uscc = world.filed()
    query = {"q": uscc} if "agencies" in path else {}
    first = world.stranger.get(path, **query)
    policy, _, seconds = first.headers["cache-control"].partition("=")
    assert policy == "public, max-age"
    assert 0 <= int(seconds) <= PUBLIC_SECONDS
    assert first.headers["vary"] == "Accept"
    world.done("RecordLapse", uscc)
    again = world.stranger.get(path, {"If-None-Match": first.headers["etag"]}, **query)
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    if query:
        world.done("ReportChange", uscc, fields={"address": "西区 9 号"})
        changed = world.stranger.get(path, {"If-None-Match": first.headers["etag"]}, **query)
        assert changed.status_code == 200
        assert changed.headers["etag"] != first.headers["etag"]


@pytest.mark.parametrize(
    ("clock", "seconds"),
    [
        (datetime(2024, 5, 6, 15, 58, 59, tzinfo=UTC), 60),
        (datetime(2024, 5, 6, 15, 59, 30, tzinfo=UTC), 30),
        (datetime(2024, 5, 6, 23, 59, 59, 900_000, tzinfo=SHANGHAI), 0),
        (datetime(2024, 5, 7, 0, 0, tzinfo=SHANGHAI), 60),
    ],
)
def test_a_cache_forgets_at_midnight_in_shanghai(clock: datetime, seconds: int) -> None:
    """What is of one day is not shown on the next, when an agency may be off its list."""
    request = Request({"type": "http", "headers": []})
    response = public_answer(request, b"{}", "application/json", clock)
    assert response.headers["cache-control"] == f"public, max-age={seconds}"


@pytest.mark.parametrize(
    ("accept", "is_feed"),
    [
        ("application/atom+xml", True),
        ("application/atom+xml, */*", True),
        ("application/atom+xml;q=0.9, */*;q=0.8", True),
        ("Application/Atom+XML ; Q=0.5", True),
        ("application/atom+xml;q=0.4, application/json;q=0.5", False),
        ("application/atom+xml, application/json", False),
        ("application/atom+xml;q=0", False),
        ("application/atom+xml;q=much, text/html", False),
        ("*/*", False),
        ("application/*", False),
        ("text/html", False),
        ("", False),
    ],
)
def test_the_feed_is_given_to_who_would_rather_have_it(world: World, accept: str, is_feed: bool) -> None:
    """`Accept` with its qualities (RFC 9110, 12.5.1); JSON where both are as welcome or neither is named."""
    assert prefers(Request({"type": "http", "headers": [(b"accept", accept.encode())]}), FEED, JSON) == is_feed
    response = world.stranger.get(LISTS[1], {"Accept": accept})
    assert response.headers["content-type"] == (FEED if is_feed else JSON)


FEED, JSON = "application/atom+xml", "application/json"


def test_a_feed_has_no_pages(world: World) -> None:
    """`limit` and `cursor` are refused with it, whichever way it is asked for, and named."""
    for path, headers in ((LISTS[0], {"Accept": FEED}), (FEEDS[0], {}), (LISTS[1], {"Accept": FEED})):
        for name in ("limit", "cursor"):
            response = world.stranger.get(path, headers, **{name: "5"})
            assert response.status_code == 422
            assert response.json()["errors"][0]["pointer"] == f"?{name}"
