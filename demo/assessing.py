"""What a year's assessment of the demonstration rests on: surveys, closings, effect scores, honours (chapter 4)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from demo.business import Project
from demo.diary import Diary
from demo.temper import Temper
from domain.values import Role

_COMMENTS = (
    "服务及时，报告质量较好。",
    "希望增加现场检查频次。",
    "人员更换较频繁，沟通需加强。",
    "对隐患整改跟踪到位。",
    "培训内容实用。",
    "报告提交略有延迟。",
)
_HONOURS = (
    ("district", "大亚湾安全生产技术服务先进单位", "大亚湾应急管理局", "emergency_management"),
    ("district", "安全生产月优秀组织单位", "大亚湾应急管理局", "emergency_management"),
    ("municipal", "惠州市安全生产社会化服务示范机构", "惠州市应急管理局", "emergency_management"),
    ("provincial", "广东省安全生产技术服务创新奖", "广东省应急管理厅", "emergency_management"),
    ("district", "区级诚信经营示范单位", "大亚湾市场监督管理局", "other"),
)

CLOSINGS_BEGIN = (1, 18)
"""Month and day of the year after on which the first surveys are closed."""


def surveys(diary: Diary, temper: Temper, projects: list[Project]) -> None:
    """A form per finished project, some invited, some sent twice, some never; nothing after the closing (R22)."""
    rng = diary.rng
    for project in projects:
        if project.ended_on is None or rng.random() < 0.08:
            continue
        asked = diary.working_day(max(project.known_on, project.ended_on + timedelta(days=rng.randrange(1, 12))))
        year = project.ended_on.year  # the last one in which it served the client, also when the form comes later
        body: dict[str, Any] = {"client": project.client.client(), "project_id": project.id, "year": year}
        if rng.random() < 0.3:
            until = asked + timedelta(days=30)
            diary.add(asked, "survey-invitations", **body, invited_on=asked, expires_on=until)
            _unless_closed(diary, year, asked)
        on = diary.working_day(asked + timedelta(days=rng.randrange(1, 15)))
        _form(diary, temper, body, on)
        if rng.random() < 0.07:
            _form(diary, temper, body, diary.working_day(on + timedelta(days=rng.randrange(5, 40))))


def _form(diary: Diary, temper: Temper, body: dict[str, Any], on: date) -> None:
    late = diary.rng.random() < 0.1
    comments = diary.rng.choice(_COMMENTS) if diary.rng.random() < 0.25 else None
    entered = on + timedelta(days=diary.rng.randrange(5, 30) if late else 0)
    diary.add(
        entered,
        "surveys",
        Role.ASSOCIATION if late else Role.CLIENT,
        paper=0.02,
        **body,
        submitted_on=on,
        answers=temper.form(diary.rng),
        comments=comments,
    )
    _unless_closed(diary, body["year"], on)


def _unless_closed(diary: Diary, year: int, on: date) -> None:
    """Take the last step back when the survey may be closed by then (art.23, R22): drawn, so that all else stays."""
    if on >= date(year + 1, *CLOSINGS_BEGIN):
        diary.steps.pop()


def yearly(diary: Diary, temper: Temper, projects: list[Project], first: date, last: date) -> None:
    """Per year: the survey of those still running, effect scores, closing, honours. Some of it is missing."""
    rng = diary.rng
    for year in range(first.year, last.year + 1):
        running = _running(projects, year)
        if not running:
            continue
        december = date(year, 12, 1)
        if december <= last:
            _still_running(diary, temper, projects, year)
        for project in running:
            if rng.random() < 0.93:
                on = diary.working_day(december + timedelta(days=rng.randrange(14, 42)))
                _score(diary, temper, project, year, max(on, project.known_on))
        closed = diary.working_day(date(year + 1, *CLOSINGS_BEGIN) + timedelta(days=rng.randrange(6)))
        diary.add(closed, "survey-closings", year=year, closed_on=closed)
        honours(diary, temper, year, first)
    for year in _left_open(diary):  # of an agency that ended its business while projects ran on (R12, R32)
        closed = diary.working_day(date(year + 1, *CLOSINGS_BEGIN))
        diary.add(closed, "survey-closings", year=year, closed_on=closed)


def _left_open(diary: Diary) -> list[int]:
    """The years of which there are forms and no closing."""
    forms, closings = (
        {step.body["year"] for step in diary.steps if step.path.endswith(tail)}
        for tail in ("/surveys", "/survey-closings")
    )
    return sorted(forms - closings)


def _running(projects: list[Project], year: int) -> list[Project]:
    """One project per client served in the year: the last one that ran then."""
    by_client = {}
    for project in projects:
        if project.started_on.year <= year and (project.ended_on is None or project.ended_on.year >= year):
            by_client[project.client.uscc] = project
    return list(by_client.values())


def _still_running(diary: Diary, temper: Temper, projects: list[Project], year: int) -> None:
    on = date(year, 12, 10)
    for project in projects:
        runs = project.known_on <= on and (project.ended_on is None or project.ended_on > on)
        if runs and diary.rng.random() < 0.5:
            body: dict[str, Any] = {"client": project.client.client(), "project_id": project.id, "year": year}
            _form(diary, temper, body, diary.working_day(on + timedelta(days=diary.rng.randrange(12))))


def _score(diary: Diary, temper: Temper, project: Project, year: int, on: date) -> None:
    client = project.client.client()
    diary.add(
        on,
        "effect-scores",
        Role.REGULATOR,
        client=client,
        year=year,
        value=temper.effect_score(diary.rng),
        scored_on=on,
    )
    if diary.rng.random() < 0.05:
        again = diary.working_day(on + timedelta(days=diary.rng.randrange(3, 20)))
        value = temper.effect_score(diary.rng)
        diary.add(again, "effect-scores", Role.REGULATOR, client=client, year=year, value=value, scored_on=again)


def honours(diary: Diary, temper: Temper, year: int, first: date) -> None:
    """An honour now and then; the same reason may come back in another year, at another level (R24)."""
    if diary.rng.random() >= temper.honours:
        return
    level, reason, authority, kind = diary.rng.choice(_HONOURS)
    awarded = diary.working_day(date(year, diary.rng.randrange(3, 12), diary.rng.randrange(1, 28)))
    if awarded > first:
        diary.add(
            awarded,
            "honours",
            level=level,
            reason=reason,
            title=f"{year}年度{reason}",
            authority=authority,
            authority_kind=kind,
            awarded_on=awarded,
        )
