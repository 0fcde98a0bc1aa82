"""A preview tells every year that recording changes, and no other: held against the sheets before and after it."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest

from domain.values import Role
from tests.http.desk import Desk
from tests.http.test_form_pages import Pairs, hidden, main_of, previewed, typed
from tests.http.world import CLIENT_PARTY, World, body_of, today

FIRST_YEAR = 2021
GRADES = {"excellent": "优秀", "qualified": "合格", "unqualified": "不合格", None: "未评定"}
Case = tuple[str, Pairs]


@pytest.fixture
def world(module_world: World) -> World:
    """One for this file: surveys of 2025 stay open here, and elsewhere that year is published."""
    return module_world


def sheets(world: World, uscc: str) -> dict[int, dict[str, Any]]:
    """Every year's sheet as of today."""
    years = range(FIRST_YEAR, int(today()[:4]) + 1)
    return {year: world.association.get(f"/v1/agencies/{uscc}/sheets/{year}").json() for year in years}


def told_and_done(world: World, desk: Desk, command: str, fields: Pairs) -> tuple[str, set[int]]:
    """Preview and record; what the preview said of each year has to be what came of it. The years that changed."""
    uscc = fields["agency"]
    before = sheets(world, uscc)
    text = unescape(desk.send(f"/record/{command}", fields | {"do": "preview"}).text)
    assert 'value="record"' in text, main_of(text)
    receipt = desk.followed(f"/record/{command}", {**hidden(text), "do": "record"})
    assert "已记录" in receipt.text, main_of(receipt.text)
    changed: set[int] = set()
    after = sheets(world, uscc)
    for year, then in after.items():
        first = before[year]
        score = f"{year} 年度得分：{first['total'] or '—'} → {then['total'] or '—'}。"
        grade = f"{year} 年度考评等次：{GRADES[first['grade']]} → {GRADES[then['grade']]}。"
        same = {name: first[name] == then[name] for name in ("total", "grade", "missing", "lines")}
        assert (score in text) is not same["total"], (year, score, main_of(text))
        provisional = first["provisional"] or then["provisional"]  # whose grade is not said yet (R44)
        assert (grade in text) is not (same["grade"] or provisional), (year, grade, main_of(text))
        assert same["lines"] or f"{year} 年度打分表上变动的条目" in text, main_of(text)
        assert not all(same.values()) or f"{year} 年度打分表" not in text, main_of(text)
        if not all(same.values()):
            changed.add(year)
    assert not changed or "都不变" not in text, main_of(text)
    return text, changed


def _score(world: World, uscc: str) -> Case:
    return "score-effect", typed(
        "score-effect", {**body_of("ScoreEffect"), "year": 2025, "value": "40", "scored_on": "2026-02-20"}
    )


def _survey(world: World, uscc: str) -> Case:
    body = {**body_of("SubmitSurvey"), "year": 2025, "answers": ["C"] * 10, "submitted_on": "2026-01-10"}
    return "submit-survey", typed("submit-survey", body)


def _closing(world: World, uscc: str) -> Case:
    world.done("SubmitSurvey", uscc, year=2025, answers=["C"] * 10, submitted_on="2026-01-05")
    return "close-survey", {"/year": "2025", "/closed_on": "2026-01-20"}


def _annulled_score(world: World, uscc: str) -> Case:
    event = world.id_of("ScoreEffect", uscc, year=2025, value="20", scored_on="2026-02-20")
    return "annul-event", {"/event_id": event, "/reason": "录错", "/annulled_on": today()}


def _annulled_survey(world: World, uscc: str) -> Case:
    event = world.id_of("SubmitSurvey", uscc, year=2025, answers=["C"] * 10, submitted_on="2026-01-10")
    return "annul-event", {"/event_id": event, "/reason": "录错", "/annulled_on": today()}


def _objection(world: World, uscc: str) -> Case:
    event = world.id_of("ScoreEffect", uscc, year=2025, value="20", scored_on="2026-02-20")
    objection = world.id_of("FileObjection", uscc, event_id=event)
    answer = {"/outcome": "annulled", "/answered_on": today(), "/reasons": "属实"}
    return "answer-objection", {"id": objection, **answer}


def _request(world: World, uscc: str) -> Case:
    body = {**body_of("RequestSubmission"), "requested_on": "2025-12-20", "due_on": "2026-01-10"}
    return "request-submission", typed("request-submission", body)


def _change(world: World, uscc: str) -> Case:
    body = {"changed_on": "2025-12-28", "reported_on": "2026-03-01", "fields": {"address": "新地址"}}
    return "report-change", typed("report-change", body)


def _project(world: World, uscc: str) -> Case:
    body = {**body_of("StartProject"), "started_on": "2025-11-03", "due_on": "2026-02-01"}
    return "start-project", typed("start-project", body)


def _moved_complaint(world: World, uscc: str) -> Case:
    complaint = world.id_of("ReceiveComplaint", uscc, received_on="2025-12-01")
    decision = world.done("DecideComplaint", uscc, complaint, decided_on="2025-12-20")["events"][0]["id"]
    again = body_of("DecideComplaint") | {"decided_on": "2026-01-05"}
    replace = [{"post": f"/v1/agencies/{uscc}/complaints/{complaint}/decision", "body": again}]
    body = {"event_id": decision, "reason": "日期有误", "annulled_on": today(), "replace": replace}
    return "correct-event", typed("correct-event", body)


CASES: tuple[tuple[Callable[[World, str], Case], set[int]], ...] = (
    (_score, {2025}),
    (_survey, {2025}),
    (_closing, {2025}),
    (_annulled_score, {2025}),
    (_annulled_survey, {2025}),
    (_objection, {2025}),
    (_request, {2026}),
    (_change, {2026}),
    (_project, {2026}),
    (_moved_complaint, {2025, 2026}),
)


@pytest.mark.parametrize(("case", "years"), CASES, ids=[case.__name__.strip("_") for case, _ in CASES])
def test_every_year_that_changes_is_told(world: World, case: Callable[[World, str], Case], years: set[int]) -> None:
    """A fact that counts in another year than that of its day (R7-R9, R12, R22, R23), or stops counting there."""
    uscc = world.filed()
    world.done("StartProject", uscc, started_on="2025-02-01", due_on="2025-12-20")  # whose survey stays open
    world.done("SubmitSurvey", uscc, year=2025, submitted_on="2025-12-10")
    world.done("ScoreEffect", uscc, year=2025, scored_on="2025-12-28")
    world.done("StartProject", uscc, started_on="2026-01-02", due_on="2099-12-31")
    command, fields = case(world, uscc)
    role = Role.REGULATOR if command == "score-effect" else Role.ASSOCIATION
    _, changed = told_and_done(world, Desk(world, role), command, {"agency": uscc, **fields})
    assert years <= changed


def test_what_lasts_is_told_for_every_later_year(world: World) -> None:
    """A termination of years ago ends the assessment of each year that follows (R29)."""
    uscc = world.filed()
    world.done("StartProject", uscc, started_on="2024-02-01", due_on="2099-12-31")
    fields = {"agency": uscc, "/effective_on": "2024-06-30"}
    text, changed = told_and_done(world, Desk(world, Role.ASSOCIATION), "terminate-agency", fields)
    assert changed >= {2025, 2026}
    assert "2024-06-30 的备案状态：已备案 → 已终止" in text


def test_nothing_changes_names_the_years_that_were_looked_at(world: World) -> None:
    """An inspection of last year changes nothing; the preview says of which years it says so."""
    uscc = world.assessed(year=2025)
    fields = {"agency": uscc, "/inspected_on": "2025-03-12"}
    text, changed = told_and_done(world, Desk(world, Role.ASSOCIATION), "record-inspection", fields)
    assert changed == set()
    assert re.search(r"2025、2026\S* 年度的得分、等次和名次都不变", text), main_of(text)


def test_reasons_and_tiers_name_their_day_or_year(world: World) -> None:
    """What was so on a day and what is so today are told apart (art.17, R16)."""
    uscc = world.assessed()
    decisions = world.upheld(uscc, "2024-03-04", "2024-05-06")
    fields = {"agency": uscc, "/event_id": decisions[1], "/reason": "复核不成立", "/annulled_on": today()}
    text, changed = told_and_done(world, Desk(world, Role.ASSOCIATION), "annul-event", fields)
    assert 2024 in changed
    assert "2024-05-06 的惩戒等级：警示提醒 → 记录备案" in text
    why = text[text.index("逐项原因") :]
    assert "<h3>2024-05-06 的状态</h3>" in why
    assert f"<h3>2024 年度打分表（截至 {today()}）</h3>" in why


def test_closing_a_year_that_goes_on_warns(world: World) -> None:
    """Forms of the current year that come tomorrow will not count any more (R22); nor those of a closed year."""
    uscc, year = world.filed(), today()[:4]
    project = world.id_of("StartProject", uscc, started_on=f"{year}-01-01", due_on="2099-12-31")
    desk = Desk(world, Role.ASSOCIATION)
    closing = {"agency": uscc, "/year": year, "/closed_on": today()}
    warned = f"在 {today()} 之后提交的 {year} 年度调查表，一律不再计入"
    text, _ = told_and_done(world, desk, "close-survey", closing)
    assert warned in text
    inviting = {
        "agency": uscc,
        "/year": year,
        "/project_id": project,
        "/invited_on": today(),
        "/expires_on": "2099-12-31",
        "/client/uscc": CLIENT_PARTY["uscc"],
        "/client/name": CLIENT_PARTY["name"],
    }
    said = f"{year} 年度的满意度调查已于 {today()} 关闭"
    assert said in desk.send("/record/invite-survey", inviting).text
    assert said not in desk.send("/record/invite-survey", {**inviting, "/year": str(int(year) - 1)}).text
    past = {"agency": uscc, "/year": "2024", "/closed_on": "2025-01-20"}
    assert "一律不再计入" not in desk.send("/record/close-survey", past).text
    assert previewed(desk, "invite-survey", inviting)
