"""Chapter 3 of the Measures, services: submissions, projects, what is missed (art.13-15; annex1 items 1-7, 9)."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from msgspec import UNSET

from domain.events import (
    LapseRecorded,
    PledgeSigned,
    ProjectCancelled,
    ProjectCompleted,
    ProjectExtended,
    ProjectPlanFiled,
    ProjectStarted,
    SubmissionReceived,
    SubmissionRequested,
    TeamMember,
)
from domain.measures.calendar import Calendar
from domain.measures.chapter2_filing import BEFORE_THE_MEASURES, ONE_DAY, Lapse, duty_ended, late_changes
from domain.measures.rulebook.rulebook import Rulebook, Rulebooks
from domain.measures.text.implements import implements
from domain.trail.trail import Facts
from domain.values import normal_text

_SUBMISSIONS = {
    1: ("登记材料", "registration materials"),
    3: ("信息表", "information forms"),
    6: ("总结等材料", "summaries and reports"),
    7: ("诚信从业承诺书", "the pledge"),
}
_BY_HAND = {
    1: "未按时按要求提交登记材料",
    2: "登记内容变更未及时更新",
    3: "未按时按要求提供信息表",
    4: "缺席会议、培训等活动",
    5: "未在合同期限内完成约定服务",
    6: "未按要求上报总结等材料",
    7: "未如期签订承诺书",
    9: "过程记录等资料未及时归档或未按期限保存",
}
_BY_HAND_EN = {
    1: "registration materials not handed in in time or as required",
    2: "changed particulars not updated in time",
    3: "information forms not handed in in time or as required",
    4: "absent from a meeting, training or the like",
    5: "agreed service not done within the contract's term",
    6: "summaries or the like not handed in as required",
    7: "pledge not signed in time",
    9: "process records not archived in time or not kept for their term",
}


@implements("annex1.item1", "annex1.item3", "annex1.item6", "annex1.item7", "art.21", "art.26", "R8", "R8a", "R8d")
def overdue_submissions(facts: Facts) -> list[Lapse]:
    """未按时按要求提交: not met by its due date, one lapse from the day after; late receipt changes nothing."""
    lapses = []
    for request in facts.of(SubmissionRequested):
        if request.due_on >= facts.as_of or duty_ended(facts, request.occurred_on, request.due_on):
            continue
        if any(receipt.occurred_on <= request.due_on for receipt in facts.naming(request.id, SubmissionReceived)):
            continue
        if request.item == 7 and any(
            request.occurred_on <= pledge.occurred_on <= request.due_on for pledge in facts.of(PledgeSigned)
        ):
            continue
        what, what_en = _SUBMISSIONS[request.item]
        lapses.append(
            Lapse(
                item=request.item,
                article="art.26" if request.item == 7 else "art.21",
                appears_on=request.due_on + ONE_DAY,
                counts_on=request.due_on,
                ground=request.id,
                events=(request.id,),
                text=f"{what}《{request.title}》截止 {request.due_on}（含当日），逾期未收到",
                text_en=f"{what_en} “{request.title}” due by {request.due_on} (inclusive), not received by then",
                version=request.version,
            )
        )
    return lapses


def due_date(facts: Facts, project: ProjectStarted) -> date:
    """The project's due date as extensions agreed on or before it have moved it (R9), or the predecessor's (R43)."""
    due = project.due_on
    extensions = facts.naming(project.id, ProjectExtended)
    for extension in sorted(extensions, key=lambda event: (event.occurred_on, event.version)):
        # Agreed before the contract began, with a date that had passed when it began: nothing to extend.
        in_time = extension.occurred_on <= due and extension.due_on >= project.occurred_on
        if in_time or extension.inherited_from is not UNSET:
            due = extension.due_on
    return due


def ended_on(facts: Facts, project: ProjectStarted) -> date | None:
    """The day of completion or cancellation, None while the project runs (R9, R10)."""
    ends = [event.occurred_on for event in facts.naming(project.id, ProjectCompleted, ProjectCancelled)]
    return min(ends, default=None)


@implements("art.15", "R9", "R43")
def is_late(facts: Facts, project: ProjectStarted) -> bool:
    """Whether its due date has passed and it was not ended by then; a termination ends the duty.

    An inherited one whose due date lay before the succession was late at the predecessor, not here (R43).
    """
    due, end = due_date(facts, project), ended_on(facts, project)
    if project.inherited_from is not UNSET and due < project.occurred_on:
        return False
    return due < facts.as_of and (end is None or end > due) and not duty_ended(facts, project.occurred_on, due)


@implements("art.15", "annex1.item5", "R9")
def overdue_projects(facts: Facts) -> list[Lapse]:
    """在合同规定时限内未完成服务: neither completed nor cancelled by the due date, one lapse from the day after."""
    lapses = []
    for project in facts.of(ProjectStarted):
        due = due_date(facts, project)
        if not is_late(facts, project):
            continue
        name = project.contract_no or project.id
        lapses.append(
            Lapse(
                item=5,
                article="art.15",
                appears_on=due + ONE_DAY,
                counts_on=due,
                ground=project.id,
                events=(project.id, *(e.id for e in facts.naming(project.id, ProjectExtended) if e.occurred_on <= due)),
                text=f"项目 {name} 期限 {due}（含当日），逾期未完成",
                text_en=f"project {name} due by {due} (inclusive), not completed by then",
                version=project.version,
            )
        )
    return lapses


@implements("art.15(1)", "R9")
def team_shortfalls(project: ProjectStarted, rulebook: Rulebook) -> list[tuple[str, str]]:
    """What a project's team lacks of art.15(1), as (Chinese, English); a flag, never a refusal.

    1名…安全工程师 and 不少于2名…技术人员: so many people, each counted in one place only.
    """
    team = rulebook.team
    lacking = []
    lead = project.quality_lead
    if lead is None or Fraction(lead.years) < team.lead_years or not _is_safety_engineer(lead.qualification):
        lacking.append(
            (
                f"无从事相关工作满 {team.lead_years} 年的安全工程师任质量控制负责人",
                f"no safety engineer with at least {team.lead_years} years of work as quality lead",
            )
        )
    able: list[TeamMember] = []
    twice = False
    for one in project.technicians:
        again = any(_is_same_person(one, other) for other in (lead, *able) if other is not None)
        twice = twice or again
        if not again and Fraction(one.years) >= team.technician_years:
            able.append(one)
    if len(able) < team.technicians:
        said, said_en = ("（同一人只计一处）", " (each person counts once)") if twice else ("", "")
        lacking.append(
            (
                f"从事相关工作满 {team.technician_years} 年的技术人员少于 {team.technicians} 名{said}",
                f"fewer than {team.technicians} technicians with {team.technician_years} or more years{said_en}",
            )
        )
    return lacking


def _is_same_person(one: TeamMember, other: TeamMember) -> bool:
    """By the certificate where both have one, else by the name: namesakes are told apart by their certificates."""
    if one.certificate_hash and other.certificate_hash:
        return one.certificate_hash == other.certificate_hash
    return bool(one.name_hash) and one.name_hash == other.name_hash


_SAFETY_ENGINEER = re.compile(
    r"安全(?:生产|工程|技术|管理)?(?:专业)?(?:正高级|高级|中级|初级|助理)?工程师|工程师\(.*安全.*\)|注安"
    r"|safety.*engineer"
)


def _is_safety_engineer(qualification: str | None) -> bool:
    """Whether what is filed as qualification is a 安全工程师; one left out is not held against the project."""
    return qualification is None or _SAFETY_ENGINEER.search(normal_text(qualification)) is not None


@implements("art.15(2)", "art.15(3)", "R9")
def papers_of(facts: Facts, project: ProjectStarted) -> tuple[list[date], date | None]:
    """The days on which plans were filed with the client, and the day of the closing report."""
    plans = [plan.occurred_on for plan in facts.naming(project.id, ProjectPlanFiled)]
    reports = [done.report_filed_on for done in facts.naming(project.id, ProjectCompleted)]
    return plans, reports[0] if reports else None


@implements("annex1.item4", "annex1.item9", "annex1.item1", "annex1.item3", "art.21", "R8c")
def lapses_by_hand(facts: Facts) -> list[Lapse]:
    """Lapses entered by the association, each on its own day."""
    return [
        Lapse(
            item=lapse.item,
            article=f"annex1.item{lapse.item}",
            appears_on=lapse.occurred_on,
            counts_on=lapse.occurred_on,
            ground=_ground(facts, lapse),
            events=(lapse.id,),
            text=_BY_HAND[lapse.item],
            text_en=_BY_HAND_EN[lapse.item],
            version=lapse.version,
        )
        for lapse in facts.of(LapseRecorded)
    ]


def _ground(facts: Facts, lapse: LapseRecorded) -> str:
    """The project or request behind what a lapse concerns; without any, the lapse is its own ground."""
    if lapse.concerns is None:
        return lapse.id
    concerned = facts.trail.by_id.get(lapse.concerns)
    if concerned is None:  # known at a place of the log before the fact that it concerns (log:N)
        return lapse.concerns
    if isinstance(concerned, LapseRecorded):
        return _ground(facts, concerned)
    if isinstance(concerned, (ProjectPlanFiled, ProjectExtended, ProjectCompleted, ProjectCancelled)):
        return concerned.project_id
    return concerned.request_id if isinstance(concerned, SubmissionReceived) else concerned.id


@dataclass(frozen=True)
class Considered:
    """A lapse with the reason why it does not count, or none when it does."""

    lapse: Lapse
    reason: tuple[str, str] | None


@implements("annex1.note2", "R4a", "R7", "R8", "R8c", "R8e", "R9")
def lapses(facts: Facts, rulebooks: Rulebooks, calendar: Calendar) -> list[Considered]:
    """All lapses that have appeared by `as_of`, by day of appearance, each with the reason if it does not count.

    The same ground under the same item counts once: the one that appears first (R8c). Nothing before the first rulebook
    counts (R4). What has appeared stays as it is whatever the later days bring, so it is worked out once for all days.
    """
    every = facts.trail.remember(
        ("lapses", rulebooks, calendar), lambda: _considered(Facts(facts.trail, date.max), rulebooks, calendar)
    )
    return every[: bisect_right(every, facts.as_of, key=lambda one: one.lapse.appears_on)]


def _considered(facts: Facts, rulebooks: Rulebooks, calendar: Calendar) -> list[Considered]:
    derived = [*late_changes(facts, rulebooks, calendar), *overdue_submissions(facts), *overdue_projects(facts)]
    found: list[Considered] = []
    seen: dict[tuple[int, str], Lapse] = {}
    # A derived lapse comes first among those of one day: the sort is stable.
    for lapse in sorted([*derived, *lapses_by_hand(facts)], key=lambda one: one.appears_on):
        if lapse.counts_on < rulebooks.first_day:
            found.append(Considered(lapse, BEFORE_THE_MEASURES))
            continue
        first = seen.setdefault((lapse.item, lapse.ground), lapse)
        same = f"同一事由已计（{first.events[0]}）", f"the same ground counted ({first.events[0]})"
        found.append(Considered(lapse, None if first is lapse else same))
    return found


def runs(facts: Facts, project: ProjectStarted, first: date, last: date) -> bool:
    """Whether a project runs on a day from `first` to `last`, both included, as known up to `as_of` (R10, R22)."""
    end = ended_on(facts, project)
    return max(project.occurred_on, first) <= min(last if end is None else min(end, last), facts.as_of)


@implements("annex1.note4", "R10")
def in_business(facts: Facts, first: date, last: date) -> bool:
    """Whether some project runs on a day from `first` to `last` (both included), as known up to `as_of`."""
    return any(runs(facts, project, first, last) for project in facts.of(ProjectStarted))


@implements("art.13", "art.22", "R22", "R23")
def served(facts: Facts, first: date, last: date) -> dict[str, list[ProjectStarted]]:
    """被服务对象: the projects that run on a day from `first` to `last`, by the client's USCC, in recording order."""
    found: dict[str, list[ProjectStarted]] = {}
    for project in facts.trail.of(ProjectStarted):
        if runs(facts, project, first, last):
            found.setdefault(project.client.uscc, []).append(project)
    return found


@implements("R22")
def serving(facts: Facts, client: str, first: date, last: date) -> list[ProjectStarted]:
    """The projects of one client that run on a day from `first` to `last`, both included, in recording order."""
    return [one for one in facts.trail.projects_for(client) if runs(facts, one, first, last)]
