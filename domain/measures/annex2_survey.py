"""Annex 2 and art.23: the satisfaction survey; which form counts, and what its ten answers are worth (R22)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from fractions import Fraction

from domain.events import SurveyClosed, SurveySubmitted
from domain.facts import Facts
from domain.measures.chapter2_filing import BEFORE_THE_MEASURES
from domain.measures.implements import implements
from domain.measures.rulebook import Rulebook


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


@implements("art.13", "art.23", "R22")
def counted_forms(
    facts: Facts, year: int, first_day: date
) -> tuple[list[SurveySubmitted], list[tuple[SurveySubmitted, str, str]]]:
    """The forms of a year that count, one per client and project, and the others with the reason.

    The latest by `submitted_on`, then by recording order; none submitted after the year's survey was closed, and none
    before `first_day`, on which the Measures came into force (R4).
    """
    facts = facts.of_forms()
    closing = closing_of(facts, year)
    latest: dict[tuple[str, str | None], SurveySubmitted] = {}
    left_out: list[tuple[SurveySubmitted, str, str]] = []
    for form in facts.of(SurveySubmitted):
        if form.year != year:
            continue
        if form.occurred_on < first_day:
            left_out.append((form, *BEFORE_THE_MEASURES))
            continue
        if closing is not None and form.occurred_on > closing.occurred_on:
            day = closing.occurred_on
            left_out.append((form, f"在 {day} 截止之后提交", f"submitted after closing on {day}"))
            continue
        key = (form.client.uscc, form.project_id)
        if key in latest:
            replaced = f"被同一企业同一项目的后一份（{form.id}）取代", f"replaced by a later form ({form.id})"
            left_out.append((latest[key], *replaced))
        latest[key] = form
    return list(latest.values()), left_out


@implements("art.23", "annex1.item10", "R22")
def satisfaction(forms: list[SurveySubmitted], rulebook: Rulebook) -> Fraction | None:
    """P: the mean of the counted forms' totals, exact; None while there is no form."""
    if not forms:
        return None
    return Fraction(sum(form_total(form, rulebook) for form in forms), len(forms))
