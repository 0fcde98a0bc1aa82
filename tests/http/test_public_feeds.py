"""The feeds: valid by RFC 4287 whatever a name holds, dated by the ledger, with ids that stay."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element

import pytest

from api.http.responses import atom
from domain.ledger.ledger import Ledger
from domain.measures.calendar import build_calendar
from domain.measures.rulebook.rulebook import shipped_rulebook
from domain.store.db.engine import open_engine
from domain.store.db.migrate import migrate
from domain.values import Grade, Role, instant
from projections.answers.registers import ResultDetails
from projections.answers.scalars import BilingualText, plain, read_as
from projections.public import feeds
from projections.public.feeds import MOST_CHARACTERS, MOST_ENTRIES, agencies_feed, blacklist_feed, results_feed
from projections.public.public import Public, PublicResult, PublicYear, results_answer
from projections.rows.read.register import RegisterFilter
from projections.rows.write.projector import open_ledger
from tests.http.atom_rules import ATOM, entries, feed_in, link, text
from tests.http.world import ROWS, World, body_of, new_uscc, today
from tests.specification import noon, uscc

REGISTER, BLACKLIST = "/v1/public/agencies.atom", "/v1/public/blacklist.atom"
ODD_NAMES = (
    "<b>甲</b> & 乙 ]]> \"引号\" 'x'",
    "شركة السلامة מבטח",
    "\u202e倒写\u202c",
    "非字符\ufffe在此",
    "𠮷野安全 🦺",
    "&#x0; &amp; <!--",
)


def of(feed: Element, code: str) -> Element:
    """The entry of an agency."""
    (found,) = [one for one in entries(feed) if code in text(one, "content")]
    return found


def read(world: World, path: str, **query: Any) -> Element:
    response = world.stranger.get(path, **query)
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "application/atom+xml"
    return feed_in(response.content)


@pytest.mark.parametrize("name", ODD_NAMES)
def test_any_name_makes_a_valid_feed(world: World, name: str) -> None:
    """Markup, right-to-left text, what XML cannot hold and letters beyond the basic plane, in name and category."""
    code = new_uscc()
    body = {**body_of("FileAgency"), "uscc": code, "name": name, "category": name, "scope": [name, name]}
    world.must(world.association.post("/v1/agencies", body))
    world.done("DecideFiling", code)
    world.upheld(code, *[today()] * 3)
    shown = name.replace("\ufffe", "\ufffd").strip("\u202e\u202c")  # what nobody sees is left out (R47)
    for path, query in ((REGISTER, {"q": code}), (REGISTER, {"category": name}), (BLACKLIST, {})):
        entry = of(read(world, path, **query), code)
        assert text(entry, "title") == shown
        category = entry.find(f"{ATOM}category")
        assert category is not None
        assert category.get("term") == shown


def test_a_feed_says_what_the_list_says(world: World) -> None:
    """The same particulars in words, under Chinese and English labels; the links lead to feed and list."""
    code = world.filed()
    feed = read(world, REGISTER, q=code)
    assert text(of(feed, code), "content").split("\n") == [
        f"统一社会信用代码 USCC：{code}",
        "服务机构类型 category：综合安全服务",
        "备案自 on file since：2024-01-10",
        "服务范围 scope：隐患排查、安全培训",
        "地址 address：惠州市大亚湾区澳头街道中兴北路 8 号",
        "资质 qualifications：安全评价机构资质（至 until 2027-06-30）",
    ]
    for relation, kind in (("self", "application/atom+xml"), ("alternate", "application/json")):
        address = urlsplit(link(feed, relation))
        assert (address.scheme, address.netloc) == ("http", "testserver")
        response = world.client.get(f"{address.path}?{address.query}")
        assert response.headers["content-type"] == kind
        assert code in response.text
    world.upheld(code, *[today()] * 3)
    assert f"列入日 blacklisted since：{today()}" in text(of(read(world, BLACKLIST), code), "content")


def test_links_begin_as_the_request_does_and_ids_do_not(world: World) -> None:
    """Asked for under another host, links lead there; ids and dates stay; both ways of asking give the same bytes."""
    code = world.filed()
    ours = read(world, REGISTER, q=code)
    response = world.stranger.get(REGISTER, {"Host": "register.example:8443"}, q=code)
    theirs = feed_in(response.content)
    assert link(theirs, "self").startswith("http://register.example:8443/v1/public/agencies.atom?q=")
    for name in ("id", "updated"):
        assert text(ours, name) == text(theirs, name)
        assert text(of(ours, code), name) == text(of(theirs, code), name)
    by_accept = world.stranger.get("/v1/public/agencies", {"Accept": "application/atom+xml"}, q=code)
    assert by_accept.content == world.stranger.get(REGISTER, q=code).content


def test_an_entry_is_dated_by_when_the_ledger_learned_of_it(world: World) -> None:
    """Decision, change of what is shown, and its annulment date it anew; what is not shown does not; its id stays."""
    code = world.submitted()
    filed = world.done("DecideFiling", code)["recorded_at"]
    entry = of(read(world, REGISTER, q=code), code)
    id_ = text(entry, "id")
    assert text(entry, "updated") == filed
    world.done("ReportChange", code)
    world.done("EnterBadRecord", code)
    world.done("StartProject", code)
    world.done("FindAccidentLiability", code)
    assert text(of(read(world, REGISTER, q=code), code), "updated") == filed
    change = world.done("ReportChange", code, fields={"address": "西区 9 号"})
    assert text(of(read(world, REGISTER, q=code), code), "updated") == change["recorded_at"]
    annulled = world.done("AnnulEvent", code, event_id=change["events"][0]["id"])
    entry = of(read(world, REGISTER, q=code), code)
    assert (text(entry, "updated"), text(entry, "id")) == (annulled["recorded_at"], id_)
    world.upheld(code, *[today()] * 3)
    listed = of(read(world, BLACKLIST), code)
    assert text(listed, "updated") == world.trail(code)[-1]["recorded_at"]
    assert text(listed, "id") != id_


def test_the_newest_come_first_and_a_feed_is_short(own_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """By when the ledger learned of them, the latest date being the feed's own; an empty one has the ledger's."""
    with own_world.service.ledger.reading() as reader:
        opened = reader.events("ledger")[0].recorded_at
    assert text(read(own_world, REGISTER), "updated") == opened
    assert text(read(own_world, BLACKLIST), "updated") == opened
    codes = [own_world.filed() for _ in range(4)]
    own_world.done("ReportChange", codes[1], fields={"scope": ["咨询"]})
    monkeypatch.setattr(feeds, "MOST_ENTRIES", 3)
    feed = read(own_world, REGISTER)
    dates = [text(one, "updated") for one in entries(feed)]
    assert dates == sorted(dates, reverse=True)
    assert text(feed, "updated") == dates[0]
    assert [of(feed, code) for code in (codes[1], codes[3], codes[2])] == entries(feed)


def test_long_particulars_are_cut(own_world: World) -> None:
    """A feed is a short thing: of a hundred long scopes it shows the beginning."""
    code = own_world.submitted()
    own_world.done("DecideFiling", code)
    own_world.done("ReportChange", code, fields={"scope": [f"{number}{'长' * 290}" for number in range(100)]})
    (line,) = [one for one in text(of(read(own_world, REGISTER), code), "content").split("\n") if "scope" in one]
    assert len(line.partition("：")[2]) == MOST_CHARACTERS
    assert line.endswith("…")


def row(number: int, **more: Any) -> PublicResult:
    values: dict[str, Any] = {
        "uscc": uscc(number),
        "name": f"机构 <{number}>",
        "category": "甲" if number % 2 else "乙",
        "grade": Grade.QUALIFIED,
        "total": "80.00",
        "rank": 1,
        "published_on": date(2025, 3, 1),
        "known_from": instant(noon(date(2025, 3, 1)).replace(microsecond=number)),
    }
    return PublicResult(**{**values, **more})


@pytest.mark.shows("art.19", "R30")
def test_results_are_listed_per_category_by_rank() -> None:
    """Ranks ascending, equal ones by code, those without one last; what is shown of each, and nothing else."""
    rows = [
        row(1, rank=2, total="80.00"),
        row(3, rank=None, grade=None, total=None),
        row(5, rank=1, total="91.00"),
        row(9, rank=2),
        row(7, rank=4, grade=Grade.UNQUALIFIED, total="60.00", revised=True),
        row(2, rank=1),
    ]
    published = PublicYear(2024, date(2025, 3, 1), date(2025, 3, 10), 6, 1, None)
    without = [
        row(
            11,
            said=ResultDetails(assessed=False, reasons=(BilingualText("无项目", "no project"),), appeal_pending=True),
        )
    ]
    answer = plain(results_answer(rows, without, published, {"as_of": date(2025, 6, 30), "demonstration": True}))
    assert (answer["published_on"], answer["deadline"], answer["closed_on"]) == ("2025-03-01", "2025-03-10", None)
    assert answer["not_assessed"] == [
        {
            "uscc": uscc(11),
            "name": "机构 <11>",
            "category": "甲",
            "published_on": "2025-03-01",
            "deadline": None,
            "reasons": [{"text": "无项目", "text_en": "no project"}],
            "appeal_pending": True,
        }
    ]
    assert (answer["year"], answer["as_of"], answer["demonstration"]) == (2024, "2025-06-30", True)
    assert [(one["category"], one["rank"], one["uscc"]) for one in answer["items"]] == [
        ("乙", 1, uscc(2)),
        ("甲", 1, uscc(5)),
        ("甲", 2, uscc(1)),
        ("甲", 2, uscc(9)),
        ("甲", 4, uscc(7)),
        ("甲", None, uscc(3)),
    ]
    assert answer["items"][4] == {
        "uscc": uscc(7),
        "name": "机构 <7>",
        "category": "甲",
        "grade": "unqualified",
        "label": "不合格",
        "total": "60.00",
        "rank": 4,
        "published_on": "2025-03-01",
        "revised": True,
        "deadline": None,
        "provisional": False,
    }
    assert (answer["items"][5]["grade"], answer["items"][5]["label"]) == (None, None)


def test_results_make_a_valid_feed_of_a_hundred() -> None:
    """Of 150 the 100 recorded last; a revision says what it changed and has its own date; an empty one is valid too."""
    rows = [row(number) for number in range(150)]
    said = read_as(
        ResultDetails,
        {
            "assessed": True,
            "override": [{"kind": "penalty", "article": "art.25"}],
            "waivers": [{"part": "effect", "reason": "无法评分"}],
            "appeal_pending": True,
            "revisions": [
                {
                    "published_on": "2025-04-01",
                    "because_of": "appeal",
                    "changed": [{"field": "total", "before": "78.00", "after": "80.00"}],
                }
            ],
        },
    )
    revised = row(7, known_from=instant(noon(date(2025, 4, 1))), revised=True, said=said)
    rows[7] = revised
    feed = feed_in(atom(results_feed(rows, 2024, {}, "2021-11-01T00:00:00.000000Z"), "https://example.org"))
    assert len(entries(feed)) == MOST_ENTRIES
    assert text(entries(feed)[0], "title") == "机构 <7>"
    content = text(entries(feed)[0], "content")
    for words in (
        "修订 revised 2025-04-01",
        "total: 78.00 → 80.00",
        "行政处罚 penalty",
        "无法评分",
        "an appeal is pending",
    ):
        assert words in content
    assert text(feed, "updated") == revised.known_from == text(entries(feed)[0], "updated")
    assert link(feed, "self") == "https://example.org/v1/public/results/2024.atom"
    assert text(entries(feed)[1], "title") == "机构 <149>"
    again = feed_in(atom(results_feed([row(7)], 2024, {}, "2021-11-01T00:00:00.000000Z"), "https://example.org"))
    assert text(entries(again)[0], "id") == text(entries(feed)[0], "id")
    empty = feed_in(atom(results_feed([], 2023, {}, "2021-11-01T00:00:00.000000Z"), "https://example.org"))
    assert text(empty, "updated") == "2021-11-01T00:00:00.000000Z"
    assert text(empty, "id") != text(feed, "id")


def test_a_demonstration_says_so_in_every_list_and_entry(tmp_path: Any) -> None:
    """Invented agencies are never mistaken for real ones: in the list, in the feed's title and in each entry's."""
    ledger = demonstration(f"sqlite:///{tmp_path / 'demo.db'}")
    with ledger.reading() as reader:
        public = Public(reader, instant(noon(date(2024, 7, 1))))
        assert public.echo() == {"as_of": date(2024, 7, 1), "demonstration": True}
        assert [one.item.uscc for one in public.agencies(RegisterFilter(5))] == [uscc(1)]
        for made in (agencies_feed(public), blacklist_feed(public), results_feed([row(1)], 2024, public.echo(), "")):
            assert made.title.startswith("【演示数据 demonstration】")
            assert all(one.title.startswith("【演示数据 demonstration】") for one in made.entries)
    ledger.engine.dispose()


def demonstration(url: str) -> Ledger:
    """A demonstration with one agency on file."""

    def clock() -> datetime:
        return noon(date(2024, 6, 1))

    migrate(url)
    ledger = open_ledger(open_engine(url))
    ledger.open(shipped_rulebook(), build_calendar(), actor="s", demonstration=True, clock=clock)
    with ledger.writing(clock) as unit:
        for name, more in (("FileAgency", {"uscc": uscc(1)}), ("DecideFiling", {})):
            command = ROWS[name].body.model_validate({**body_of(name), **more})
            unit.record(
                uscc(1),
                command,
                actor="p",
                role=Role.ASSOCIATION,
                via="api",
                path_id=None,
                event_id=name,
                new=bool(more),
            )
    return ledger


@pytest.mark.shows("art.17(3)", "R16")
def test_the_feed_tells_who_has_left_the_blacklist(world: World) -> None:
    """By an annulment, or by a delisting: an entry of its own that says since when and why, and the listing is gone;
    who was never shown there, and who is listed again, has none."""
    by_annulment, by_term, never, again = (world.filed() for _ in range(4))
    for code in (by_annulment, again):
        world.upheld(code, *[today()] * 3)
        assert "列入日" in text(of(read(world, BLACKLIST), code), "content")
        upheld = [one["id"] for one in world.trail(code) if one["type"] == "ComplaintUpheld"]
        world.done("AnnulEvent", code, event_id=upheld[0])
    world.upheld(again, today())
    world.upheld(never, *["2022-03-01"] * 3)
    feed = read(world, BLACKLIST)
    left = of(feed, by_annulment)
    assert "不再列入黑名单" in text(left, "title")
    assert "已撤销" in text(left, "content")
    assert f"不再列入，自 not listed since：{today()}" in text(left, "content")
    assert "列入日" in text(of(feed, again), "content")
    assert not [one for one in entries(feed) if never in text(one, "content")], "its term was over when it was recorded"
    assert not [one for one in entries(feed) if by_term in text(one, "content")]
    dates = [text(one, "updated") for one in entries(feed)]
    assert dates == sorted(dates, reverse=True)


@pytest.mark.shows("art.17(3)", "R16")
def test_a_term_that_is_over_is_told_for_a_while(tmp_path: Any) -> None:
    """By time alone: shown on the last day, told from the next one on, forgotten after ninety days."""
    ledger = demonstration(f"sqlite:///{tmp_path / 'demo.db'}")

    def clock() -> datetime:
        return noon(date(2024, 6, 1))

    with ledger.writing(clock) as unit:
        for number in range(3):
            for name, more in (("ReceiveComplaint", {}), ("DecideComplaint", {"decided_on": "2024-05-20"})):
                command = ROWS[name].body.model_validate({**body_of(name), **more})
                path_id = f"complaint-{number}" if more else None
                unit.record(
                    uscc(1),
                    command,
                    actor="p",
                    role=Role.ASSOCIATION,
                    via="api",
                    path_id=path_id,
                    event_id=f"decision-{number}" if more else f"complaint-{number}",
                    new=False,
                )

    def said(day: date) -> list[str]:
        with ledger.reading() as reader:
            return [one.title for one in blacklist_feed(Public(reader, instant(noon(day)))).entries]

    assert [one for one in said(date(2025, 5, 20)) if "不再" in one] == []
    assert len(said(date(2025, 5, 20))) == 1
    for day in (date(2025, 5, 21), date(2025, 8, 1)):
        (title,) = said(day)
        assert "不再列入黑名单" in title
    assert said(date(2025, 9, 1)) == []
    ledger.engine.dispose()
