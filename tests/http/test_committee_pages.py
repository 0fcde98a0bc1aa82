"""Pages of an appeal, a year and an impact on both databases: what they show, to whom, and what their forms do."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import pytest

from domain.store.access.access_audit import COMMAND_LINE
from domain.store.access.accounts import account_of
from domain.store.access.tokens import create_token
from domain.store.db.engine import writing
from domain.values import Role, assessment_stream
from tests.http.dated import DatedWorld
from tests.http.desk import Desk, fields_of
from tests.http.files import pdf
from tests.http.test_contested_routes import YEAR, Contested
from tests.http.test_pages import HOSTILE
from tests.http.world import Person, World, body_of, new_uscc, today

REASONS = '<b>经复核</b> & "属实" \u202e不足'


@pytest.fixture
def contested(dated_world: DatedWorld) -> Contested:
    """A world of its own: a year is published once, on its day; the week of art.20 is long over today."""
    made = Contested(dated_world)
    dated_world.clock.at(today())
    return made


def decision(desk: Desk, contested: Contested, **changes: Any) -> dict[str, Any]:
    """The form of the appeal's page as a browser would send it."""
    filled = fields_of(desk.shown(f"/appeals/{contested.appeal}"))
    kept = {name: filled[name] for name in ("key", "version", "uscc", "decided_on")}
    return {**kept, "annul": contested.upheld[:1], "outcome": "upheld", "reasons": REASONS, **changes}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_an_appeal_shows_both_sheets_and_what_can_be_ticked(contested: Contested, language: str) -> None:
    """Published and today's score, every disputed fact with a box, other facts of the sheet, the dossier, no script."""
    desk = Desk(contested.world, Role.COMMITTEE)
    text = desk.shown(f"/appeals/{contested.appeal}", lang=language)
    found = contested.committee.get(f"/v1/appeals/{contested.appeal}").json()
    assert found["published_sheet"]["total"] in text
    for event in (*contested.upheld, contested.beyond):
        assert f'name="annul" value="{event}"' in text
    assert f"/appeals/{contested.appeal}?dossier=zip" in text
    assert len(re.findall(r"<h1>", text)) == 1
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|https?://", text)
    response = desk.get(f"/appeals/{contested.appeal}", dossier="zip")
    assert response.headers["content-type"] == "application/zip"
    assert response.content[:2] == b"PK"


def test_facts_of_one_line_are_told_apart(own_world: World) -> None:
    """Two survey forms and two scores: each with its client and its own value; that a line costs is said of both."""
    uscc, second = own_world.assessed(), {"uscc": new_uscc(), "name": "惠州市第二家<化工>厂"}
    answers = ["A"] * 8 + ["B", "C"]
    own_world.done("StartProject", uscc, client=second, due_on="2025-12-20")
    ids = [
        own_world.id_of("SubmitSurvey", uscc, year=YEAR, client=second, submitted_on="2024-12-11", answers=answers),
        own_world.id_of("ScoreEffect", uscc, year=YEAR, client=second, scored_on="2024-12-29", value="77.5"),
    ]
    own_world.publish()
    filed = own_world.done("FileAppeal", uscc, year=YEAR, filed_on="2025-03-12", disputed_event_ids=ids)
    path, desk = f"/appeals/{filed['ids']['appeal']}", Desk(own_world, Role.COMMITTEE)
    sheet = desk.shown(path)
    boxes = {
        event: re.sub(r"<[^>]*>", "", box)
        for event, box in re.findall(r'name="annul" value="([^"]*)"[^>]*>(.*?)</label>', sheet, re.DOTALL)
    }
    for event, own in zip(ids, ("本份 90 分", "本次评分 77.5"), strict=True):
        assert "惠州市第二家&lt;化工&gt;厂" in boxes[event]
        assert own in boxes[event]
        assert "2 条记录合计" in boxes[event]
    assert all("惠州市第二家" not in box for event, box in boxes.items() if event not in ids)
    form = {"annul": ids, "uscc": uscc, "act": "try"}
    for text in (desk.send(path, form).text, desk.send(path, {**form, "part": "1"}).text):
        each = re.search(r'<ul class="each">(.*?)</ul>', text, re.DOTALL)
        assert each is not None
        assert each[1].count("惠州市第二家&lt;化工&gt;厂") == 2
    assert "this form: 90 points" in desk.shown(path, lang="en")


def test_trying_shows_the_result_and_records_nothing(contested: Contested) -> None:
    """By the button as a page with the box still ticked; for the script as just that part of it."""
    desk, path = Desk(contested.world, Role.AUDITOR), f"/appeals/{contested.appeal}"
    supposed = contested.supposed(contested.upheld[0])
    form = {"annul": contested.upheld[:1], "uscc": contested.hit, "act": "try"}
    text = desk.send(path, form).text
    assert f"<strong>{supposed['after']['total']}</strong>" in text
    assert f'value="{contested.upheld[0]}" form="decision" checked' in text
    part = desk.send(path, {**form, "part": "1"}).text
    assert f"<strong>{supposed['after']['total']}</strong>" in part
    assert "<html" not in part
    assert contested.committee.get(f"/v1{path}").json()["status"] == "open"


@pytest.mark.shows("art.20", "R34")
def test_a_decision_is_asked_about_once_more_and_then_public(contested: Contested) -> None:
    """Checking records nothing; deciding records once, however often it is sent; the public page shows the revision."""
    desk, path = Desk(contested.world, Role.COMMITTEE), f"/appeals/{contested.appeal}"
    form = decision(desk, contested)
    asked = desk.send(path, {**form, "act": "check"})
    assert asked.status_code == 200
    assert "还没有记录任何内容" in asked.text
    assert "&lt;b&gt;经复核&lt;/b&gt;" in asked.text
    assert contested.committee.get(f"/v1{path}").json()["status"] == "open"
    after = contested.supposed(contested.upheld[0])["after"]["total"]
    first, second = (desk.followed(path, {**form, "act": "decide"}) for _ in range(2))
    assert after in first.text
    assert "决定已记录" in second.text
    assert "&lt;b&gt;经复核&lt;/b&gt;" in second.text
    auditor = Desk(contested.world, Role.AUDITOR)
    assert "决定已记录" in auditor.shown(path, receipt="decision"), "the link can be sent"
    found = contested.committee.get(f"/v1{path}").json()
    assert [one["type"] for one in found["proceedings"]].count("AppealUpheld") == 1
    assert found["proceedings"][0]["via"] == "page"
    assert found["proceedings"][0]["fact"]["reasons"] == REASONS
    assert after in contested.world.stranger.get(f"/results/{YEAR}").text
    assert "&lt;b&gt;经复核&lt;/b&gt;" in desk.shown(path)
    assert 'name="outcome"' not in desk.shown(path)


@pytest.mark.shows("art.20", "R34")
def test_the_public_is_told_of_the_weeks_of_revised_results(contested: Contested) -> None:
    """Long after the publication's week: a revision opens one for whose result it changes, and each page says so."""
    desk, public = Desk(contested.world, Role.COMMITTEE), contested.world.stranger
    pages = ("/results", f"/results/{YEAR}", "/appeal")
    for path in pages:
        text = public.get(path, lang="zh").text
        assert "异议期已于 2025年3月17日" in text
        assert "仍可提出异议" not in text
    form = decision(desk, contested, decided_on=today())
    assert desk.send(f"/appeals/{contested.appeal}", {**form, "act": "decide"}).status_code == 303
    last = contested.committee.get(f"/v1/assessments/{YEAR}").json()["last_deadline"]["day"]
    day = date.fromisoformat(last)
    for path in pages:
        text = public.get(path, lang="zh").text
        assert f"其中 1 个修订过的结果仍可提出异议，最迟到 {day.year}年{day.month}月{day.day}日" in text
        assert "1 revised result can still be appealed" in public.get(path, lang="en").text


@pytest.mark.parametrize(
    ("changes", "field", "said"),
    [
        ({"reasons": ""}, "reasons", "缺少"),
        ({"outcome": ""}, "outcome", "缺少"),
        ({"outcome": "dismissed"}, "annul", "不撤销"),
        ({"annul": []}, "annul", "须写明"),
        ({"decided_on": "2025-02-30"}, "decided_on", "没有这一天"),
        (
            {"replace-0-kind": "lapses", "replace-0-body-item": "4", "replace-0-body-occurred_on": ""},
            "replace-0-body-occurred_on",
            "缺少",
        ),
    ],
)
def test_what_is_refused_stands_next_to_its_field(
    contested: Contested, changes: dict[str, Any], field: str, said: str
) -> None:
    """422 with a summary that leads to the field, the message beside it, and all that was typed still there."""
    desk, path = Desk(contested.world, Role.COMMITTEE), f"/appeals/{contested.appeal}"
    response = desk.send(path, {**decision(desk, contested, **changes), "act": "check"})
    assert response.status_code == 422, response.text
    assert 'role="alert"' in response.text
    assert f'href="#{field}"' in response.text
    assert f'id="{field}"' in response.text
    beside = re.search(rf'id="{field}-problem">([^<]*)', response.text)
    assert beside is not None
    assert said in beside[1]
    if "reasons" not in changes:
        assert "&lt;b&gt;经复核&lt;/b&gt; &amp; &#34;属实&#34;" in response.text


@pytest.mark.shows("R34")
def test_what_the_api_would_refuse_is_refused_when_it_is_checked(contested: Contested) -> None:
    """An undisputed fact, a day before the filing: in the API's own words, before anybody is asked to confirm."""
    desk, path = Desk(contested.world, Role.COMMITTEE), f"/appeals/{contested.appeal}"
    for changes, field in (({"annul": [contested.beyond]}, "annul"), ({"decided_on": "2025-03-11"}, "decided_on")):
        form = decision(desk, contested, **changes)
        body = {name: form[name] for name in ("outcome", "decided_on", "reasons", "annul")}
        refused = contested.committee.post(f"/v1{path}/decision", body).json()
        response = desk.send(path, {**form, "act": "check"})
        assert response.status_code == 422
        assert "确认对异议的决定" not in response.text
        assert refused["detail"] in response.text
        assert refused["remedy"] in response.text
        assert f'id="{field}-problem"' in response.text
    first, second = decision(desk, contested), decision(desk, contested, decided_on="2025-03-20")
    desk.send(path, {**first, "act": "decide"})
    again = desk.send(path, {**second, "act": "check"})
    assert again.status_code == 422
    assert "已于" in again.text


def test_a_decision_on_a_fact_that_was_moved_is_refused(contested: Contested) -> None:
    """What somebody recorded since the page was opened is noticed: the version moved, nothing is recorded."""
    desk, path = Desk(contested.world, Role.COMMITTEE), f"/appeals/{contested.appeal}"
    form = decision(desk, contested)
    contested.world.id_of("RecordLapse", contested.hit, item=4, occurred_on="2025-01-08")
    response = desk.send(path, {**form, "act": "decide"})
    assert response.status_code == 422
    assert 'id="refused"' in response.text
    assert contested.committee.get(f"/v1{path}").json()["status"] == "open"


@pytest.mark.shows("R35")
def test_who_recorded_what_is_disputed_is_told_not_to_decide(contested: Contested) -> None:
    """The page says so in place of the form; another member has it; a form sent all the same is refused."""
    world, desk = contested.world, Desk(contested.world, Role.COMMITTEE)
    with writing(world.service.ledger.engine) as connection:
        found = account_of(connection, desk.login)
        assert found is not None
        token = create_token(connection, found[0].person_id, Role.COMMITTEE, by=COMMAND_LINE)
    own = Person(world.client, token)
    body = {**body_of("AnnulEvent"), "event_id": contested.beyond}
    annulled = world.must(own.post(f"/v1/agencies/{contested.hit}/annulments", body))["events"][0]["id"]
    filed = world.done("FileAppeal", contested.hit, year=YEAR, filed_on="2025-03-13", disputed_event_ids=[annulled])
    path = f"/appeals/{filed['ids']['appeal']}"
    text = desk.shown(path)
    assert "不能决定这件异议" in text
    assert 'name="outcome"' not in text
    assert 'name="outcome"' in Desk(world, Role.COMMITTEE).shown(path)
    form = {"outcome": "dismissed", "decided_on": "2025-03-20", "reasons": "无", "act": "decide"}
    refused = desk.send(path, {**form, "uscc": contested.hit})
    assert refused.status_code == 422
    assert 'href="/rules#R35"' in refused.text


def test_an_agency_withdraws_its_own_and_sees_no_others(contested: Contested) -> None:
    """In two steps; another agency's appeal does not exist for it; clients have no such page."""
    path, world = f"/appeals/{contested.appeal}", contested.world
    assert Desk(world, Role.AGENCY, contested.other).get(path).status_code == 404
    assert Desk(world, Role.CLIENT, "91441302MA5A00001N").get(path).status_code == 403
    assert world.stranger.client.get(path, follow_redirects=False).headers["location"].startswith("/sign-in")
    desk = Desk(world, Role.AGENCY, contested.hit)
    assert 'name="outcome"' not in desk.shown(path)
    form = {"withdrawn_on": today(), "uscc": contested.hit}
    assert "确认撤回" in desk.send(path, {**form, "act": "check-withdraw"}).text
    assert desk.send(path, {**form, "act": "withdraw"}).status_code == 303
    assert contested.committee.get(f"/v1{path}").json()["status"] == "withdrawn"


@pytest.mark.shows("R33")
def test_a_late_appeal_is_admitted_before_it_is_decided(contested: Contested) -> None:
    """The committee gives the reason; then the form for the decision is there."""
    world, desk = contested.world, Desk(contested.world, Role.COMMITTEE)
    filed = world.done("FileAppeal", contested.hit, year=YEAR, filed_on="2025-04-12", disputed_event_ids=[])
    path = f"/appeals/{filed['ids']['appeal']}"
    text = desk.shown(path)
    assert "受理逾期异议" in text
    assert 'name="outcome"' not in text
    refused = desk.send(path, {"act": "admit", "decided_on": "2025-04-14", "reason": ""})
    assert refused.status_code == 422
    assert 'id="reason-problem"' in refused.text
    assert desk.send(path, {"act": "admit", "decided_on": "2025-04-14", "reason": "住院"}).status_code == 303
    assert 'name="outcome"' in desk.shown(path)


@pytest.mark.shows("R33", "R36")
def test_what_can_be_done_about_a_late_appeal_is_said(contested: Contested) -> None:
    """On its page and on the year's: admit and then decide, or withdraw; the year waits for it, and names it."""
    world, desk = contested.world, Desk(contested.world, Role.COMMITTEE)
    assert "逾期的异议也算未决" not in desk.shown(f"/years/{YEAR}")
    filed = world.done("FileAppeal", contested.hit, year=YEAR, filed_on="2025-04-12", disputed_event_ids=[])
    path = f"/appeals/{filed['ids']['appeal']}"
    for who in (desk, Desk(world, Role.ASSOCIATION), Desk(world, Role.AGENCY, contested.hit)):
        text = who.shown(path)
        for said in ("受理后决定“不成立”", "提出人撤回异议", f"{YEAR} 年度不能办结"):
            assert said in text
    text = desk.shown(f"/years/{YEAR}")
    assert "逾期的异议也算未决" in text
    assert f'<a href="{path}">' in text
    assert f'<a href="/appeals/{contested.appeal}">' in text
    assert "two ways" in desk.shown(path, lang="en")
    assert "cannot be closed before that" in desk.shown(f"/years/{YEAR}", lang="en")
    assert "two ways" not in desk.shown(f"/appeals/{contested.appeal}")


def _status(world: World) -> str:
    return str(world.people[Role.COMMITTEE].get(f"/v1/assessments/{YEAR}").json()["status"])


@pytest.mark.shows("art.19", "R25", "R32")
def test_a_year_is_published_with_waivers_and_closed(dated_world: DatedWorld) -> None:
    """What lacks a reason is named; with one the counts are asked about and published once; then it is closed."""
    name_uscc = new_uscc()
    dated_world.must(
        dated_world.association.post("/v1/agencies", {**body_of("FileAgency"), "uscc": name_uscc, "name": HOSTILE})
    )
    dated_world.done("DecideFiling", name_uscc)
    dated_world.done("StartProject", name_uscc, started_on=f"{YEAR}-02-01", due_on=f"{YEAR}-12-20")
    dated_world.assessed()
    desk, path = Desk(dated_world, Role.COMMITTEE), f"/years/{YEAR}"
    text = desk.shown(path)
    assert "<script>alert" not in text
    assert f'name="waive-{name_uscc}-quality"' in text
    assert first_days(text) == {"meeting_on": f"{YEAR + 1}-01-01", "published_on": f"{YEAR + 1}-01-01"}
    dated_world.clock.at("2025-03-10")
    form = {
        "reason": "当日公示",
        "meeting_on": "2025-03-07",
        "published_on": "2025-03-10",
        f"waive-{name_uscc}-quality": "当年无数据",
    }
    refused = desk.send(path, {**form, "act": "check"})
    assert refused.status_code == 422
    assert "还有 1 项缺失" in refused.text
    assert 'value="当年无数据"' in refused.text
    form |= {"rest": "1", "rest_reason": "当年无评分"}
    asked = desk.send(path, {**form, "act": "check"}).text
    assert "公布 2024 年度共 2 个结果" in asked
    settled = fields_of(asked)["settled-waivers"]
    assert settled.count('"uscc"') == 2
    assert _status(dated_world) == "unpublished"
    for _ in range(2):
        sent = {**form, "settled-waivers": settled, "key": "one", "act": "publish"}
        assert desk.send(path, sent).status_code == 303
    assert _status(dated_world) == "published"
    text = desk.shown(path, lang="zh")
    assert "所有异议期已届满" in text
    first = first_days(text)["closed_on"]
    dated_world.clock.at("2025-06-03")
    too_early = str(date.fromisoformat(first) - timedelta(days=1))
    assert desk.send(path, {"closed_on": too_early, "act": "close"}).status_code == 422
    assert "确认办结" in desk.send(path, {"closed_on": first, "act": "check-close"}).text
    assert "确认办结" in desk.send(path, {"closed_on": "2025-06-03", "act": "check-close"}).text
    assert desk.send(path, {"closed_on": "2025-03-11", "act": "close"}).status_code == 422
    minutes = [("file:/evidence", ("会议纪要.pdf", pdf(), "application/pdf"))]
    closing = {"csrf": desk.csrf(), "closed_on": "2025-06-03", "act": "check-close"}
    carried = fields_of(desk.client.post(path, data=closing, files=minutes).text)
    assert desk.send(path, {**carried, "act": "close"}).status_code == 303
    with dated_world.service.ledger.reading() as reader:
        closed = reader.events(assessment_stream(YEAR))[-1]
    assert [paper.title for paper in closed.evidence] == ["会议纪要"]
    assert "已办结" in desk.shown(path)
    assert 'value="check"' not in Desk(dated_world, Role.AUDITOR).shown("/years/2025", lang="en")


def first_days(text: str) -> dict[str, str]:
    """The first day that each date field of a page offers."""
    found = re.findall(r'<input id="(\w+)" name="\w+" type="date"[^>]*? min="([^"]+)"', text)
    return dict(found)


def test_a_wrong_day_of_publication_is_told_at_its_field(own_world: World) -> None:
    """A day that does not exist, and one before the year is over, at `published_on`; agencies have no such page."""
    own_world.assessed()
    desk, path = Desk(own_world, Role.COMMITTEE), f"/years/{YEAR}"
    for day, act in (
        ("2025-02-30", "check"),
        ("2024-12-31", "check"),
        ("2999-01-01", "check"),
        ("2024-12-30", "publish"),
    ):
        form = {"meeting_on": day, "published_on": day, "rest": "1", "rest_reason": "无", "act": act}
        response = desk.send(path, form)
        assert response.status_code == 422
        assert 'id="published_on-problem"' in response.text
    assert Desk(own_world, Role.AGENCY, own_world.filed()).get(path).status_code == 403
    assert desk.get("/years/1999").status_code == 404


@pytest.mark.shows("R32", "R45")
def test_what_cannot_be_published_is_not_asked_about(own_world: World) -> None:
    """A meeting after the publication, or nobody assessed: the API's words when it is checked."""
    desk, path = Desk(own_world, Role.COMMITTEE), f"/years/{YEAR}"
    assert "没有可公布的结果" in desk.shown(path)
    body = {"meeting_on": "2025-03-11", "published_on": "2025-03-10", "waivers": []}
    refused = own_world.people[Role.COMMITTEE].post(f"/v1/assessments/{YEAR}/publication", body).json()
    form = {"reason": "当日公示", "meeting_on": "2025-03-11", "published_on": "2025-03-10", "act": "check"}
    response = desk.send(path, form)
    assert response.status_code == 422
    assert refused["detail"] in response.text
    assert 'id="meeting_on-problem"' in response.text
    empty = desk.send(path, {**form, "meeting_on": "2025-03-07"})
    assert empty.status_code == 422
    assert "没有可公布的内容，而公布不可撤回" in empty.text
    own_world.assessed()
    assert "没有可公布的结果" not in desk.shown(path)
    form |= {"meeting_on": "2025-03-07"}
    assert "公布 2024 年度共 1 个结果" in desk.send(path, form).text


@pytest.mark.shows("R36")
def test_an_impact_is_disposed_of_with_a_reason(contested: Contested) -> None:
    """What reopening would change is shown; reopening asks once more and publishes; the agency sees its own only."""
    world = contested.world
    (touched,) = world.done("RecordLapse", contested.other, item=4, occurred_on="2024-09-09")["touched"]
    path, desk = f"/impacts/{touched['impact']}", Desk(world, Role.COMMITTEE)
    would = contested.committee.get(f"/v1{path}").json()["reopened"]
    text = desk.shown(path)
    assert would["after"]["total"] in text
    assert Desk(world, Role.AGENCY, contested.hit).get(path).status_code == 404
    assert 'name="outcome"' not in Desk(world, Role.AGENCY, contested.other).shown(path)
    form = {"outcome": "reopened", "disposed_on": "2025-05-08", "reason": REASONS, "key": "once"}
    assert desk.send(path, {**form, "outcome": "", "act": "check"}).status_code == 422
    asked = desk.send(path, {**form, "act": "check"}).text
    assert would["after"]["total"] in asked
    assert "结果仍为合格" in asked
    assert f"名次仍为 {would['ranks']['after']}" in asked
    assert desk.send(path, {**form, "act": "dispose"}).status_code == 303
    text = desk.shown(path)
    assert "已重开并修订" in text
    assert "&lt;b&gt;经复核&lt;/b&gt;" in text


@pytest.mark.shows("R36")
def test_reopening_is_asked_about_with_grade_and_rank(contested: Contested) -> None:
    """A complaint is annulled late: the confirmation says that the grade changes with it, and both ranks."""
    world, body = contested.world, {**body_of("AnnulEvent"), "event_id": contested.upheld[0]}
    annulled = world.must(world.association.post(f"/v1/agencies/{contested.hit}/annulments", body))
    path, desk = f"/impacts/{annulled['touched'][0]['impact']}", Desk(world, Role.COMMITTEE)
    would = contested.committee.get(f"/v1{path}").json()["reopened"]
    assert (would["before"]["grade"], would["after"]["grade"]) == ("unqualified", "qualified")
    form = {"outcome": "reopened", "disposed_on": "2025-05-08", "reason": REASONS, "act": "check"}
    asked = desk.send(path, form).text
    assert "结果由不合格变为合格" in asked
    assert f"名次仍为 {would['ranks']['after']}" in asked
    said = desk.send(f"{path}?lang=en", form).text
    assert "grade from unqualified to qualified" in said
