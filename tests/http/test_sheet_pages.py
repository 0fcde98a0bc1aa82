"""The pages of the score sheet, the audit trail, one record and the comparison, on both databases."""

from __future__ import annotations

import re
import typing
from html import unescape
from typing import Any
from urllib.parse import urlencode

import msgspec
import pytest

from api.application.privacy.personal_data import HASHES
from api.http.documentation.examples import CLIENT_USCC
from api.web.agency import trail_pages as trail_page
from api.web.frame.field_names import FIELDS, VALUES
from domain import events
from domain.measures.text.annex_texts import annex1_form
from domain.values import Role
from tests.http.desk import Desk
from tests.http.test_pages import HOSTILE
from tests.http.world import APPEALED, World, body_of, new_uscc

PAGES = ("sheets/2024", "trail", "compare")


@pytest.fixture(scope="module")
def officer(world: World) -> Desk:
    return Desk(world, Role.REGULATOR)


def history(world: World) -> tuple[str, str, str]:
    """An agency with a lapse that counts and one that was annulled; their ids."""
    uscc = world.assessed()
    lapse = world.id_of("RecordLapse", uscc, occurred_on="2024-04-02")
    gone = world.id_of("RecordLapse", uscc, occurred_on="2024-05-06")
    world.done("AnnulEvent", uscc, event_id=gone, reason="重复<b>录入</b>")
    return uscc, lapse, gone


def text_of(html: str) -> str:
    """What is read, without the tags."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", html)))


@pytest.mark.shows("annex1.note2", "annex1.note3", "R26")
def test_the_sheet_has_the_official_wording_and_adds_up(world: World, officer: Desk) -> None:
    """Every word of the form; each part's formula; the parts are the total; the grade's box is ticked."""
    uscc, lapse, gone = history(world)
    sheet = world.association.get(f"/v1/agencies/{uscc}/sheets/2024").json()
    html = officer.shown(f"/agencies/{uscc}/sheets/2024", lang="zh")
    text = text_of(html)
    form = annex1_form()
    for category in form.categories:
        for item in category.items:
            assert item.requires in text
            assert item.scored in text
    assert all(note in text for note in form.notes)
    for part in sheet["categories"]:
        assert f"{part['formula'].replace(' - ', ' − ')} = {part['points']}" in text
    parts = " + ".join(one["points"] for one in sheet["categories"])
    assert f"{parts} = {sheet['total']}" in text
    assert text.count("☑") == 1
    assert f"选中： {sheet['label']}" in text
    line = html[html.index('id="item-4"') : html.index('id="item-5"')]
    assert f"/agencies/{uscc}/events/{lapse}" in line
    assert "conduct.lapse_points" in line
    assert "附件1第4项" in line
    left_out = html[html.index('id="considered"') :]
    assert f"/agencies/{uscc}/events/{gone}" in left_out


def test_the_sheet_is_on_the_basis_of_the_address(world: World, officer: Desk) -> None:
    """As known before the lapse was recorded it costs nothing, and links keep that basis."""
    uscc, lapse, _ = history(world)
    version = next(one["version"] for one in world.trail(uscc) if one["id"] == lapse)
    html = officer.shown(f"/agencies/{uscc}/sheets/2024", known_at=f"version:{version - 1}", as_of="2024-12-31")
    assert lapse not in html
    assert f"/agencies/{uscc}/sheets/2023?as_of=2024-12-31&amp;known_at=version%3A{version - 1}" in html


@pytest.mark.shows("R32")
def test_a_published_sheet_stands_beside_todays(world: World, officer: Desk) -> None:
    """One link leads from today's to the published one and back, one to what differs; each can be kept as PDF."""
    uscc = world.appealable()
    path = f"/agencies/{uscc}/sheets/{APPEALED}"
    today = officer.shown(path)
    assert f'href="{path}?of=published"' in today
    (compare,) = re.findall(r'href="([^"]*/compare\?[^"]*)"', today)
    assert officer.client.get(unescape(compare)).status_code == 200
    published = officer.shown(path, of="published")
    assert "公布的打分表" in published
    assert f'href="{path}"' in published
    for query in ({"as": "pdf"}, {"as": "pdf", "of": "published"}):
        paper = officer.get(path, **query)
        assert paper.headers["content-type"] == "application/pdf"
        assert paper.content.startswith(b"%PDF")
    other = world.filed()
    assert "of=published" not in officer.shown(f"/agencies/{other}/sheets/2024")
    assert officer.get(f"/agencies/{other}/sheets/2024", of="published").status_code == 404


def test_the_trail_says_who_what_when_and_what_was_annulled_why(world: World, officer: Desk) -> None:
    """Each record has its row and its page; an annulled one is struck through, with by whom and why, escaped."""
    uscc, lapse, gone = history(world)
    html = officer.shown(f"/agencies/{uscc}/trail", lang="zh")
    ids = [one["id"] for one in world.trail(uscc)]
    assert re.findall(r'<tr role="row" id="event-([^"]+)"', html) == ids
    row = html[html.index(f'id="event-{gone}"') :].split("</tr>")[0]
    assert "<del>" in row
    assert "已撤销" in row
    assert "重复&lt;b&gt;录入&lt;/b&gt;" in row
    assert "association 人员" in row
    kept = html[html.index(f'id="event-{lapse}"') :].split("</tr>")[0]
    assert "<del>" not in kept
    assert "计入" in kept


def test_the_trail_is_filtered_and_says_what_is_wrong_with_a_filter(world: World, officer: Desk) -> None:
    """What fits is listed and counted, the form keeps what was chosen; a wrong day is named beside its field."""
    uscc, lapse, gone = history(world)
    path = f"/agencies/{uscc}/trail"
    html = officer.shown(path, type="LapseRecorded", counts="false", to="2024-12-31")
    assert re.findall(r'id="event-([^"]+)"', html) == [gone]
    assert '<option value="LapseRecorded" selected>' in html
    assert 'name="to" type="date" value="2024-12-31"' in html
    assert "没有符合条件的记录" in officer.shown(path, type="HonourAwarded")
    response = officer.get(path, **{"from": "2024-02-31", "type": "LapseRecorded"})
    assert response.status_code == 422
    assert 'role="alert"' in response.text
    assert '<a href="#from">' in response.text
    assert 'value="2024-02-31" aria-invalid="true" aria-describedby="from-problem"' in response.text
    assert lapse not in response.text
    assert officer.get(path, cursor="broken").status_code == 422


def test_the_trail_goes_on_to_the_next_page(world: World, officer: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The pager leads through all records with the filter kept, each once."""
    monkeypatch.setattr(trail_page, "ROWS", 2)
    uscc = world.filed()
    ids = [world.id_of("RecordLapse", uscc, occurred_on=f"2024-04-0{day}") for day in range(1, 6)]
    address, seen = f"/agencies/{uscc}/trail?type=LapseRecorded", list[str]()
    while address and len(seen) < 9:
        html = officer.client.get(address).text
        seen += re.findall(r'id="event-([^"]+)"', html)
        following = re.findall(r'rel="next" href="([^"]+)"', html)
        address = unescape(following[0]) if following else ""
    assert seen == ids


def test_a_record_is_told_in_words(world: World, officer: Desk) -> None:
    """Fields and values in people's language, who and when, what it cost, and the way to its row and its forms."""
    uscc, lapse, gone = history(world)
    text = text_of(officer.shown(f"/agencies/{uscc}/events/{lapse}", lang="en"))
    assert "Tuesday 2 April 2024" in text
    assert "Item of annex 1" in text
    assert "-1.00 item 4 of the sheet of 2024" in text
    proof = world.association.get("/v1/log/inclusion", event_id=lapse).json()
    assert proof["leaf_hash"] in text
    assert "Annul it" not in text
    desk = Desk(world, Role.ASSOCIATION)
    html = desk.shown(f"/agencies/{uscc}/events/{lapse}", lang="zh")
    assert f'href="/record/annul-event?uscc={uscc}&amp;event_id={lapse}"' in html
    assert f'href="/record/correct-event?uscc={uscc}&amp;event_id={lapse}"' in html
    annulled = desk.shown(f"/agencies/{uscc}/events/{gone}", lang="zh")
    assert "在任何日期都不再计入" in annulled
    assert "重复&lt;b&gt;录入&lt;/b&gt;" in annulled
    assert "/record/annul-event" not in annulled


def test_every_kind_of_record_has_a_page(world: World, officer: Desk) -> None:
    """Whatever the trail of an agency with a long history holds can be opened in both languages."""
    uscc = world.appealable()
    for name in (
        "ReportChange",
        "RecordInspection",
        "SignPledge",
        "RequestSubmission",
        "ReportBehaviour",
        "AwardHonour",
        "ImposePenalty",
        "FindAccidentLiability",
        "InviteSurvey",
        "EnterBadRecord",
    ):
        world.done(name, uscc)
    world.appeal()
    for one in world.trail(uscc):
        for language in ("zh", "en"):
            html = officer.shown(f"/agencies/{uscc}/events/{one['id']}", lang=language)
            assert one["id"] in html
            assert "withheld" not in html


def test_fields_and_values_of_all_facts_have_names() -> None:
    """Every field of every fact of an agency, and every value out of a closed set, is named in both languages."""
    kinds = [kind for name, kind in events.EVENT_TYPES.items() if name.removeprefix("steward.") in trail_page.KINDS]
    structs: list[type[msgspec.Struct]] = [
        *kinds,
        events.Profile,
        events.Person,
        events.TeamMember,
        events.Client,
        events.Qualification,
    ]
    envelope = {field.name for field in msgspec.structs.fields(events.Event)} | {"stream", "type"}
    hidden = HASHES
    for kind in structs:
        for field in msgspec.structs.fields(kind):
            if field.name not in envelope | hidden:
                assert field.name in FIELDS, (kind.__name__, field.name)
            for value in literals(field.type):
                if field.name not in ("item", "answers", "v", "via", "behaviour", "behaviour_on"):
                    assert value in VALUES[field.name], (kind.__name__, field.name, value)


def literals(hint: Any) -> list[Any]:
    """The values of the Literal types within a type."""
    if typing.get_origin(hint) is typing.Literal:
        return list(typing.get_args(hint))
    return [value for inner in typing.get_args(hint) for value in literals(inner)]


@pytest.mark.shows("R5", "R17")
def test_two_bases_are_compared_with_their_causes(world: World, officer: Desk) -> None:
    """Before and after a second complaint: the tier is marked as different, with values and the decision behind."""
    uscc = world.filed()
    _, second = world.upheld(uscc, "2024-05-06", "2024-11-20")
    query = {"as_of": "2024-11-19", "as_of_2": "2024-11-20"}
    html = officer.shown(f"/agencies/{uscc}/compare", lang="zh", **query)
    row = re.search(r'<tr role="row" class="differs"><th[^>]*>惩戒等级.*?</tr>', html, re.DOTALL)
    assert row is not None
    assert "≠" in row[0]
    assert "警示提醒" in row[0]
    causes = html[html.index('id="causes"') :]
    assert f"/agencies/{uscc}/events/{second}" in causes
    lapse = world.id_of("RecordLapse", uscc, occurred_on="2023-04-02")
    query = {"as_of": "2024-11-20", "known_at": f"version:{world.trail(uscc)[-2]['version']}", "as_of_2": "2024-11-20"}
    assert lapse not in officer.shown(f"/agencies/{uscc}/compare", **query)
    earlier = officer.shown(f"/agencies/{uscc}/compare", lang="zh", year="2023", **query)
    assert "2023 年度服务规范" in earlier
    assert lapse in earlier[earlier.index('id="causes"') :]
    assert officer.get(f"/agencies/{uscc}/compare", year="2019", **query).status_code == 422
    same = officer.shown(f"/agencies/{uscc}/compare", lang="zh", as_of="2024-11-20", as_of_2="2024-11-20")
    assert "完全相同" in same
    assert 'class="differs"' not in same


def test_the_form_of_a_comparison_becomes_an_address(world: World, officer: Desk) -> None:
    """Clocks are of Beijing, an exact place goes before one; what is wrong is named beside its field."""
    uscc = world.filed()
    path = f"/agencies/{uscc}/compare"
    sent = {
        "sent": "1",
        "as_of": "2024-01-31",
        "local": "2024-07-01T08:00",
        "exact": "",
        "as_of_2": "",
        "local_2": "2024-07-01T08:00",
        "exact_2": "version:1",
    }
    response = officer.get(path, **sent)
    assert response.status_code == 303
    wanted = {"as_of": "2024-01-31", "known_at": "2024-07-01T00:00:00.000000Z", "known_at_2": "version:1"}
    assert response.headers["location"] == f"{path}?{urlencode(wanted)}"
    wrong = officer.get(path, known_at_2="version:99", as_of="2024-01-31")
    assert wrong.status_code == 422
    assert 'id="known_at_2-problem"' in wrong.text
    assert 'name="exact_2" placeholder="version:12, log:3456" value="version:99"' in wrong.text
    assert 'value="2024-01-31"' in wrong.text


@pytest.mark.parametrize("page", [*PAGES, "events"])
def test_who_may_open_the_pages_of_an_agency(world: World, page: str) -> None:
    """An agency its own, another's is not there; a client only trail and records; without signing in to the form."""
    uscc, other = world.filed(), world.filed()
    lapse = world.id_of("RecordLapse", uscc)
    path = f"/agencies/{uscc}/{page}" + (f"/{lapse}" if page == "events" else "")
    assert Desk(world, Role.AGENCY, uscc).get(path).status_code == 200
    assert Desk(world, Role.AGENCY, other).get(path).status_code == 404
    assert Desk(world, Role.ADMIN).get(path).status_code == 403
    expected = {"trail": 200, "events": 404}.get(page, 403)
    assert Desk(world, Role.CLIENT, CLIENT_USCC).get(path).status_code == expected
    world.client.cookies.clear()
    response = world.client.get(path, follow_redirects=False)
    assert response.status_code == 303
    assert response.headers["location"].startswith("/sign-in?")


def test_a_client_sees_its_own_complaint_only_and_no_ways_to_elsewhere(world: World) -> None:
    """Its trail has its complaint, and says which names it is not shown; no tab that it may not open."""
    uscc = world.filed()
    complaint = world.id_of("ReceiveComplaint", uscc, client_uscc=CLIENT_USCC)
    lapse = world.id_of("RecordLapse", uscc)
    desk = Desk(world, Role.CLIENT, CLIENT_USCC)
    html = desk.shown(f"/agencies/{uscc}/trail", lang="zh")
    assert complaint in html
    assert lapse not in html
    assert f'href="/agencies/{uscc}"' not in html
    assert f'href="/agencies/{uscc}/compare"' not in html
    record = desk.shown(f"/agencies/{uscc}/events/{complaint}", lang="zh")
    assert "不向您公开" in record
    assert 'id="effects"' not in record


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("page", [*PAGES, "events"])
def test_hostile_names_are_shown_as_they_are_written(world: World, officer: Desk, page: str, language: str) -> None:
    """Scripts, direction marks and long names in name, category, reasons and contract numbers do nothing; < 100 kB."""
    uscc = new_uscc()
    body = {**body_of("FileAgency"), "uscc": uscc, "name": HOSTILE, "category": "<b>类</b>"}
    world.must(world.association.post("/v1/agencies", body))
    world.done("DecideFiling", uscc)
    world.done("StartProject", uscc, contract_no="<img src=x>", due_on="2024-06-30")
    honour = world.id_of("AwardHonour", uscc, reason=HOSTILE[:100], title="<i>")
    tail = f"events/{honour}" if page == "events" else page
    response = officer.get(f"/agencies/{uscc}/{tail}", lang=language)
    assert response.status_code == 200
    assert "<bdi>&lt;script&gt;alert(1)" in response.text
    assert not re.search(r"<script>|<img src=x|<i>|<b>类|<style|\sstyle=|\son[a-z]+=", response.text)
    sizes = [len(officer.get(f"/assets/{name}").content) for name in ("portal.css", "sheet.css", "sheet.js")]
    assert len(response.content) + sum(sizes) < 100_000
