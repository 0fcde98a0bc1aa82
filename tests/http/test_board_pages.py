"""The board, the lists of agencies and rankings, and the worklists as pages; on both databases."""

from __future__ import annotations

import re
from html import unescape

import pytest

from domain.values import Role
from tests.http.dated import DatedWorld
from tests.http.desk import Desk
from tests.http.test_pages import HOSTILE
from tests.http.world import APPEALED, World, body_of, new_uscc, today

LISTS = ("appeals", "objections", "reports", "submissions", "impacts", "notices", "hints")
READERS = (Role.ASSOCIATION, Role.COMMITTEE, Role.REGULATOR, Role.AUDITOR)


@pytest.fixture(scope="module")
def world(module_world: World) -> World:
    """Of this file alone: its pages and years are the whole district's."""
    return module_world


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("path", ["/board", "/agencies", f"/rankings/{APPEALED}", *(f"/todo/{one}" for one in LISTS)])
def test_readers_open_every_page_in_both_languages(world: World, path: str, language: str) -> None:
    """The association and the auditor get it, the public is led to sign in, a client is refused; it stays small."""
    for role in (Role.ASSOCIATION, Role.AUDITOR):
        text = Desk(world, role).shown(path, lang=language)
        assert f'<html lang="{"zh-CN" if language == "zh" else "en"}">' in text
        assert text.count("<h1>") == 1
        assert len(text.encode()) < 70_000
        assert not re.search(r"\sstyle=|\son[a-z]+=|https?://", text)
    assert world.client.get(path, follow_redirects=False).status_code == 303
    client = Desk(world, Role.CLIENT, body_of("SubmitSurvey")["client"]["uscc"])
    assert client.get(path).status_code == 403


def test_the_board_leads_from_each_number_to_its_list(world: World) -> None:
    """The tiles and charts carry the API's numbers; their links keep the basis; each list shows its count."""
    uscc = world.filed()
    world.upheld(uscc, *[today()] * 3)
    world.done("ReportBehaviour", uscc)
    desk = Desk(world, Role.ASSOCIATION)
    day = "2024-06-30"
    text = desk.shown("/board", as_of=day)
    numbers = world.association.get("/v1/statistics", as_of=day).json()
    (tile,) = re.findall(rf'href="/agencies\?as_of={day}"><strong>(\d+)</strong>', text)
    assert int(tile) == numbers["agencies"]
    assert f"/agencies?as_of={day}&amp;tier=blacklisted" in text
    waiting = {one["list"]: one["open"] for one in world.association.get("/v1/worklists").json()["items"]}
    shown = re.findall(r'<h3><a href="/todo/(\w+)[^"]*">[^<]*</a> <span class="count">(\d+)', text)
    matters = world.association.get("/v1/matters/counts", whose="all").json()["items"]
    of_kind = {one["kind"]: sum(one[due] for due in ("overdue", "today", "this_week", "later")) for one in matters}
    waiting["hints"] = of_kind.get("hint", 0)
    waiting["notices"] = sum(of_kind.get(kind, 0) for kind in ("notice", "referral", "correction"))
    assert {name: int(count) for name, count in shown} == waiting


def test_the_board_offers_what_a_role_may_record(world: World) -> None:
    """The association records complaints, the regulator penalties, the auditor nothing."""
    texts = {role: Desk(world, role).shown("/board") for role in READERS}
    assert 'href="/record/receive-complaint"' in texts[Role.ASSOCIATION]
    assert "impose-penalty" not in texts[Role.ASSOCIATION]
    assert 'href="/record/impose-penalty"' in texts[Role.REGULATOR]
    assert "/record/" not in texts[Role.AUDITOR].replace("/record/answer", "")
    assert Desk(world, Role.AGENCY, world.filed()).get("/board").status_code == 403


def test_agencies_are_found_filtered_and_shown_on_the_basis(world: World) -> None:
    """By part of the name and by tier, as known today and as known before; what was typed stays in the form."""
    name, uscc = f"惠州市寻找{new_uscc()}有限公司", new_uscc()
    world.must(world.association.post("/v1/agencies", {**body_of("FileAgency"), "uscc": uscc, "name": name}))
    world.done("DecideFiling", uscc)
    world.upheld(uscc, *[today()] * 3)
    desk = Desk(world, Role.REGULATOR)
    text = desk.shown("/agencies", q=name[3:9], tier="blacklisted")
    assert f'<a href="/agencies/{uscc}"><bdi>{name}</bdi></a>' in text
    assert "黑名单</span>" in text
    assert f'value="{name[3:9]}"' in text
    assert uscc not in desk.shown("/agencies", q=name, tier="none")
    before = desk.shown("/agencies", q=name, as_of="2024-02-01")
    assert f'href="/agencies/{uscc}?as_of=2024-02-01"' in before
    assert "黑名单</span>" not in before
    assert desk.get("/agencies", tier="red").status_code == 422


def test_an_agency_sees_itself_alone(world: World) -> None:
    """Its own row, its own ranking, its own matters; lists that are not for it are refused."""
    uscc, other = world.assessed(), world.assessed()
    for one in (uscc, other):
        world.done("FileObjection", one, event_id=world.id_of("RecordLapse", one))
    desk = Desk(world, Role.AGENCY, uscc)
    for path in ("/agencies", "/rankings/2024", "/todo/objections"):
        text = desk.shown(path)
        assert uscc in text
        assert other not in text
    assert "/record/answer-objection" not in desk.shown("/todo/objections")
    assert desk.get("/todo/reports").status_code == 403
    assert "/todo/reports" not in desk.shown("/todo/appeals")
    assert '<nav class="main"' in desk.shown("/agencies")
    assert f'href="/agencies/{uscc}"' in desk.shown("/account")


def test_names_and_words_from_outside_are_escaped(world: World) -> None:
    """A name with a script and direction marks, and such grounds, show as they are written."""
    uscc = new_uscc()
    world.must(world.association.post("/v1/agencies", {**body_of("FileAgency"), "uscc": uscc, "name": HOSTILE}))
    world.done("DecideFiling", uscc)
    lapse = world.id_of("RecordLapse", uscc)
    world.done("FileObjection", uscc, event_id=lapse, grounds='<img src=x onerror="alert(1)">\u202e🦺')
    world.assessed(uscc)
    desk = Desk(world, Role.ASSOCIATION)
    for path in ("/agencies", "/todo/objections", "/rankings/2024", "/board"):
        text = desk.shown(path)
        assert "<script>alert" not in text, path
        assert "<img src=x" not in text
    assert "&lt;img src=x" in desk.shown("/todo/objections")
    assert "<bdi>&lt;script&gt;alert(1)" in desk.shown("/agencies", q=uscc)


@pytest.mark.shows("R30")
def test_a_ranking_says_whether_it_is_published_and_which_ranks_are_shared(own_world: World) -> None:
    """Before: a preview. After: published, with the way to the published list. Two equal totals share rank 1."""
    first, second = own_world.assessed(), own_world.assessed()
    desk = Desk(own_world, Role.COMMITTEE)
    text = desk.shown("/rankings/2024")
    assert "本年度结果尚未公布" in text
    assert text.count("<small>并列</small>") == 2
    assert f'href="/agencies/{first}/sheets/2024"' in text
    assert f'href="/agencies/{second}/sheets/2024"' in text
    assert 'href="/rankings/2023"' in text
    own_world.publish()
    text = desk.shown("/rankings/2024", lang="en")
    assert "The results were published on Monday 10 March 2025" in text
    assert 'href="/results/2024"' in text
    assert desk.get("/rankings/2019").status_code == 404


def test_each_matter_leads_to_where_it_is_dealt_with(world: World) -> None:
    """For the association the forms, prefilled; who may not deal with it gets no link to them."""
    uscc = world.filed()
    report = world.id_of("ReportBehaviour", uscc)
    lapse = world.id_of("RecordLapse", uscc)
    objection = world.id_of("FileObjection", uscc, event_id=lapse)
    request = world.id_of("RequestSubmission", uscc, due_on="2024-07-15")
    due = world.id_of("RequestSubmission", uscc, due_on="2099-07-15")
    world.done("StartProject", uscc)
    world.done("FindAccidentLiability", uscc)
    desk, auditor = Desk(world, Role.ASSOCIATION), Desk(world, Role.AUDITOR)
    behaviour = body_of("ReportBehaviour")["behaviour"]
    for name, link in {
        "reports": f"/record/enter-bad-record?uscc={uscc}&report_id={report}&behaviour={behaviour}",
        "objections": f"/record/answer-objection?id={objection}",
        "submissions": f"/record/receive-submission?uscc={uscc}&id={due}",
    }.items():
        assert link in links(desk, name)
        assert uscc in desk.shown_at(f"{link}&as_of=2024-12-31"), "the form, filled in"
        assert not [one for one in links(auditor, name) if one.startswith("/record/")]
    (notice,) = [one for one in links(desk, "notices") if one.startswith(f"/record/send-notice?uscc={uscc}")]
    assert "&id=n-" in notice
    text = desk.shown("/todo/submissions", status="lapsed")
    assert "已过期" in text
    assert f'/agencies/{uscc}/events/{request}"' in text
    assert desk.get("/todo/nothing").status_code == 404


@pytest.mark.shows("R3", "R33")
def test_an_appeal_is_never_overdue(dated_world: DatedWorld) -> None:
    """Nothing says by when it is decided: since when it waits is told; a late one waits to be admitted."""
    uscc = dated_world.assessed()
    dated_world.publish()
    ids = {
        day: dated_world.done("FileAppeal", uscc, year=2024, filed_on=day, disputed_event_ids=[])["ids"]["appeal"]
        for day in ("2025-03-12", "2025-04-12")
    }
    desk = Desk(dated_world, Role.COMMITTEE)
    for path in ("/board", "/todo/appeals"):
        text = desk.shown(path, lang="zh")
        assert "过期" not in text.replace("过期的排在前面", "")
        assert "2025年3月12日" in text
        assert "逾期提出，待受理" in text
        assert "overdue" not in desk.shown(path, lang="en").replace("what is overdue comes first", "")
    dated_world.must(
        dated_world.people[Role.COMMITTEE].post(
            f"/v1/appeals/{ids['2025-04-12']}/admission", {"reason": "住院", "decided_on": "2025-04-14"}
        )
    )
    text = desk.shown("/todo/appeals", lang="zh")
    assert "逾期提出，已受理" in text
    assert "2025年4月12日" in text


def test_matters_dealt_with_are_listed_under_their_state(world: World) -> None:
    """A dismissed report is gone from the open ones and on the list of the dismissed, without a form."""
    uscc = world.filed()
    report = world.id_of("ReportBehaviour", uscc)
    world.done("DismissReport", uscc, report)
    desk = Desk(world, Role.ASSOCIATION)
    assert uscc not in desk.shown("/todo/reports")
    text = desk.shown("/todo/reports", status="dismissed")
    assert uscc in text
    assert "不予登记</span>" in text
    assert report not in text


def test_a_list_goes_on_to_the_next_page(own_world: World) -> None:
    """The pager leads on, keeping filters and basis."""
    codes = {own_world.filed() for _ in range(27)}
    desk = Desk(own_world, Role.AUDITOR)
    first = desk.shown("/agencies", filing="filed", as_of="2024-06-30")
    (following,) = re.findall(r'rel="next" href="([^"]+)"', first)
    second = desk.shown_at(unescape(following))
    pages = [set(re.findall(r'code"[^>]*>(\w+)<', text)) for text in (first, second)]
    assert [len(one) for one in pages] == [25, 2]
    assert pages[0] | pages[1] == codes
    assert 'href="/agencies?as_of=2024-06-30&amp;filing=filed"' in second


def links(desk: Desk, name: str) -> list[str]:
    text = desk.shown(f"/todo/{name}")
    while True:
        found = [unescape(one) for one in re.findall(r'<a class="button[^"]*" href="([^"]+)"', text)]
        following = re.findall(r'rel="next" href="([^"]+)"', text)
        if not following:
            return found
        rest = desk.shown_at(unescape(following[0]))
        text = text.replace('rel="next" href=', "") + rest[rest.index("<main") :]
