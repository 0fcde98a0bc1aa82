"""Annex 2 and art.23: the satisfaction survey; which form counts, and what its ten answers are worth (R22)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from domain.events import ProjectStarted, SurveyClosed, SurveyInvited, SurveySubmitted
from domain.measures.chapter2_filing import BEFORE_THE_MEASURES
from domain.measures.chapter3_business import served
from domain.measures.rulebook.rulebook import Rulebook, Rulebooks, year_span
from domain.measures.text.implements import implements
from domain.trail.trail import Facts
from domain.values import Bilingual


@implements("annex2", "R22")
def form_total(survey: SurveySubmitted, rulebook: Rulebook) -> int:
    """A：10分，B：7分，C：3分: the sum over the ten questions, 30 to 100 points."""
    return answers_total(survey.answers, rulebook)


def answers_total(answers: Iterable[str], rulebook: Rulebook) -> int:
    """What these answers, letters of the rulebook, are worth together in points (R22)."""
    return sum(rulebook.survey.points[answer] for answer in answers)


def closing_of(facts: Facts, year: int) -> SurveyClosed | None:
    """The closing of a year's survey, if it has been closed by `as_of`."""
    return next((closing for closing in facts.of(SurveyClosed) if closing.year == year), None)


def not_served(year: int) -> Bilingual:
    """Why a form or a score does not count: its enterprise is none of 被服务对象 (R22, R23)."""
    return f"该企业在 {year} 年度没有由本机构服务的项目", f"the enterprise had no project of the agency in {year}"


@implements("art.13", "art.23", "R4a", "R22", "R22a")
def counted_forms(
    facts: Facts, year: int, rulebooks: Rulebooks
) -> tuple[list[SurveySubmitted], list[tuple[SurveySubmitted, str, str]]]:
    """The forms of a year that count, one per client and project, and the others with the reason.

    The latest by `submitted_on`, then by recording order, of clients with a project that runs on a day of the year;
    none submitted after the year's survey was closed, and none from before the Measures were in force (R4).
    """
    facts = facts.of_forms()
    closing = closing_of(facts, year)
    clients = served(facts, *year_span(year, rulebooks))
    latest: dict[str, SurveySubmitted] = {}
    left_out: list[tuple[SurveySubmitted, str, str]] = []
    for form in facts.of(SurveySubmitted):
        if form.year != year:
            continue
        if form.occurred_on < rulebooks.first_day:
            left_out.append((form, *BEFORE_THE_MEASURES))
            continue
        if closing is not None and form.occurred_on > closing.occurred_on:
            day = closing.occurred_on
            left_out.append((form, f"在 {day} 截止之后提交", f"submitted after closing on {day}"))
            continue
        project = project_of_form(form, clients.get(form.client.uscc, []))
        if not isinstance(project, ProjectStarted):
            left_out.append((form, *project))
            continue
        if project.id in latest:
            replaced = f"被同一企业同一项目的后一份（{form.id}）取代", f"replaced by a later form ({form.id})"
            left_out.append((latest[project.id], *replaced))
        latest[project.id] = form
    return list(latest.values()), left_out


@implements("art.13", "R22")
def project_of(
    project_id: str | None, day: date, year: int, running: Sequence[ProjectStarted]
) -> ProjectStarted | Bilingual:
    """The project that a form of this day speaks for, of the client's projects that run in the year, or why none.

    It is the one that the form names, or the only one there is: so a client with one project has one voice. Of several
    it is the only one that had begun on the form's day: a contract of later does not silence what the client has said.
    """
    if not running:
        return not_served(year)
    if project_id is not None:
        named = next((one for one in running if one.id == project_id), None)
        return named or (f"所填项目在 {year} 年度没有进行", f"the project named did not run in {year}")
    if len(running) == 1:
        return running[0]
    begun = [one for one in running if one.occurred_on <= day]
    if len(begun) == 1:
        return begun[0]
    return (
        f"未写明是哪个项目，而该企业在 {year} 年度有 {len(running)} 个项目",
        f"it names no project, and the enterprise had {len(running)} in {year}",
    )


def project_of_form(form: SurveySubmitted, running: Sequence[ProjectStarted]) -> ProjectStarted | Bilingual:
    """The project that a recorded form speaks for, or why it speaks for none (R22)."""
    return project_of(form.project_id, form.occurred_on, form.year, running)


class SurveyCoverage(msgspec.Struct, frozen=True):
    """How many clients were served in the year, asked and heard (art.23) / 满意度调查覆盖情况."""

    served: Annotated[int, Meta(description="服务对象数 / clients served")]
    asked: Annotated[int, Meta(description="已邀请或已有有效问卷的 / clients invited, or with a form that counts")]
    answered: Annotated[int, Meta(description="已有有效问卷的 / clients with a form that counts")]
    forms: Annotated[int, Meta(description="有效问卷数 / forms that count")]
    closed_on: Annotated[date | None, Meta(description="调查截止之日 / day on which the survey was closed")]


@implements("art.13", "R12", "R22")
def coverage(facts: Facts, year: int, rulebooks: Rulebooks) -> SurveyCoverage:
    """全部或部分服务对象: how many clients were served in the year, asked and heard, and when the survey was closed.

    Asked are those with an invitation or with a form that counts.
    """
    facts = facts.of_forms()
    clients = served(facts, *year_span(year, rulebooks))
    forms, _ = counted_forms(facts, year, rulebooks)
    heard = {form.client.uscc for form in forms}
    invited = {one.client.uscc for one in facts.of(SurveyInvited) if one.year == year} & clients.keys()
    closing = closing_of(facts, year)
    return SurveyCoverage(
        served=len(clients),
        asked=len(invited | heard),
        answered=len(heard),
        forms=len(forms),
        closed_on=None if closing is None else closing.occurred_on,
    )


@implements("art.16(8)", "art.23", "R12")
def stands_unclosed(found: Mapping[str, Any]) -> bool:
    """Whether a year's survey, as `coverage` tells of it, has forms that count and is not closed.

    No result rests on such a one: only the closing says whether the mean makes a bad record of 16.8.
    """
    return bool(found["forms"]) and found["closed_on"] is None


@implements("art.23", "annex1.item10", "R22")
def satisfaction(forms: list[SurveySubmitted], rulebook: Rulebook) -> Fraction | None:
    """P: the mean of the counted forms' totals, exact; None while there is no form."""
    if not forms:
        return None
    return Fraction(sum(form_total(form, rulebook) for form in forms), len(forms))
