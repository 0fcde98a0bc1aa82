"""What suggests a behaviour of art.16, one function per kind of hint, in the order of R37."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Protocol

from domain.events import (
    EffectScored,
    Event,
    FilingSubmitted,
    InformationChanged,
    Profile,
    ProjectStarted,
    Qualification,
    SurveySubmitted,
)
from domain.measures.annex2_survey import project_of_form
from domain.measures.calendar import Calendar
from domain.measures.chapter2_filing import ONE_DAY, late_changes, profile_on, saying
from domain.measures.chapter3_business import ended_on, served, team_shortfalls
from domain.measures.rulebook.kinds import group_of
from domain.measures.rulebook.rulebook import Rulebooks, year_span
from domain.measures.staff import Elsewhere, Stay, stays
from domain.measures.text.implements import implements
from domain.trail.trail import Facts, Trail
from domain.values import normal_text


class TheLaw(Protocol):
    """What hints need of the law: a `Law` has it, and so has the `Recording` of a command."""

    @property
    def rulebooks(self) -> Rulebooks:
        """The rulebooks adopted."""
        ...

    @property
    def calendar(self) -> Calendar:
        """The holiday calendar adopted."""
        ...


@dataclass(frozen=True)
class Ground:
    """Facts that suggest a behaviour."""

    rule: str
    behaviour: str | None
    """The code of art.16 (R11); None: something does not fit, look what it is."""
    day: date
    """The day from which they suggest it."""
    text: str
    text_en: str
    events: tuple[Event, ...]
    others: tuple[Stay, ...] = ()
    """What stands at other agencies."""


@implements("art.16(7)", "R37")
def changes_reported_late(facts: Facts, law: TheLaw) -> Iterator[Ground]:
    """未及时报送机构情况等信息: a change reported after its deadline (R7), from the day after the deadline."""
    for lapse in late_changes(facts, law.rulebooks, law.calendar):
        change = facts.trail.by_id[lapse.ground]
        yield Ground("late_change", "16.7", lapse.appears_on, lapse.text, lapse.text_en, (change,))


_ANSWERS = (
    ("secrets_leaked", "16.4", 3, "BC", "泄露了技术或商业秘密", "technical or business secrets were leaked"),
    ("visits_missed", "16.2", 4, "C", "到现场的次数不满足需要", "visits to the site were too few"),
    ("service_unclear", "16.3", 1, "C", "不清楚提供了哪些服务", "it is not clear what was provided"),
)
"""Rule, code, number of the question of annex 2, and the answers to it that are meant."""


@implements("art.16(2)", "art.16(3)", "art.16(4)", "R37")
def survey_answers(facts: Facts, law: TheLaw) -> Iterator[Ground]:
    """泄露秘密、应到现场而未到、误导服务对象: what a client's last word for a project and year says of them."""
    for form in _last_forms(facts, law):
        for rule, behaviour, number, meant, says, says_en in _ANSWERS:
            answer = form.answers[number - 1]
            if answer in meant:
                text = f"{form.year} 年度满意度调查第 {number} 题答 {answer}：{says}"
                text_en = f"answer {number} of the survey of {form.year} is {answer}: {says_en}"
                yield Ground(rule, behaviour, form.occurred_on, text, text_en, (form,))


def _served_by_year(facts: Facts, law: TheLaw) -> Callable[[int], dict[str, list[ProjectStarted]]]:
    """What tells the clients of a year with their projects; every project is looked at once a year, not once a form."""
    return cache(lambda year: served(facts, *year_span(year, law.rulebooks)))


def _last_forms(facts: Facts, law: TheLaw) -> list[SurveySubmitted]:
    """Without those replaced by a later one of the same client, project and year (R22)."""
    served_in = _served_by_year(facts, law)
    last: dict[tuple[str, str | None, int], SurveySubmitted] = {}
    for form in facts.of(SurveySubmitted):
        project = project_of_form(form, served_in(form.year).get(form.client.uscc, []))
        about = project.id if isinstance(project, ProjectStarted) else form.project_id
        last[form.client.uscc, about, form.year] = form
    return list(last.values())


@implements("art.16(9)", "R37")
def shared_certificates(facts: Facts, law: TheLaw, elsewhere: Elsewhere) -> Iterator[Ground]:
    """同时在两个以上（含两个）同类机构登记执业: a certificate on the staff of two agencies of one category at once.

    One for each pair of records that put people on both staffs, from the first day on which somebody stood on both.
    """
    own: dict[str, list[Stay]] = {}
    for stay in stays(facts.trail):
        own.setdefault(stay.certificate, []).append(stay)
    pairs: dict[tuple[str, str], tuple[date, set[str], Stay]] = {}
    for other in elsewhere.stays(own.keys()) if own else ():
        for stay in own.get(other.certificate, ()):
            day = max(stay.first, other.first, law.rulebooks.first_day)
            known = law.rulebooks.on(day).categories.known
            alike = group_of(stay.category, known) == group_of(other.category, known)
            if alike and day <= min(stay.last, other.last, facts.as_of):
                first, people, kept = pairs.get((stay.event, other.event), (day, set(), other))
                pairs[stay.event, other.event] = min(first, day), people | {other.certificate}, kept
    for (event, _), (day, people, other) in pairs.items():
        text = f"{len(people)} 名从业人员的证书自 {day} 起同时登记在另一家同类机构"
        text_en = f"certificates of {len(people)} on the staff stand at another agency of the category, from {day}"
        yield Ground("shared_certificate", "16.9", day, text, text_en, (facts.trail.by_id[event],), (other,))


@implements("art.15(1)", "art.16(10)", "R37")
def weak_teams(facts: Facts, law: TheLaw) -> Iterator[Ground]:
    """从业人员…不符合相关规定或基本条件: a project's team below art.15(1), from the project's start."""
    for project in facts.of(ProjectStarted):
        day = _first_day(facts, law, project)
        lacking = team_shortfalls(project, law.rulebooks.on(project.occurred_on))
        if lacking and day is not None:
            text, text_en = "；".join(one for one, _ in lacking), "; ".join(one for _, one in lacking)
            yield Ground("weak_team", "16.10", day, text, text_en, (project,))


def _first_day(facts: Facts, law: TheLaw, project: ProjectStarted) -> date | None:
    """The first day on which a project runs under the Measures (R4); None for one that had ended by then."""
    begin, end = law.rulebooks.first_day, ended_on(facts, project)
    if project.occurred_on < begin and end is not None and end < begin:
        return None
    return max(project.occurred_on, begin)


@implements("art.7", "art.16(5a)", "R37")
def beyond_qualification(facts: Facts, law: TheLaw) -> Iterator[Ground]:
    """超出资质证书业务范围: a service type outside the filed scope, or served after its qualification has expired."""
    filed = _Filed(facts.trail)
    for project in facts.of(ProjectStarted):
        first = _first_day(facts, law, project)
        if project.service_type is None or first is None:
            continue
        service = normal_text(project.service_type)
        scope, said = filed.scope(project.occurred_on)
        if scope and service not in scope:
            text = f"服务类型“{project.service_type}”不在备案的业务范围内"
            text_en = f"the service type “{project.service_type}” lies outside the filed scope"
            yield Ground("outside_scope", "16.5a", first, text, text_en, (project, *said))
        last = min(ended_on(facts, project) or facts.as_of, facts.as_of)
        for day in sorted({first} | {after for after in filed.days_after_expiry if first < after <= last}):
            expired = filed.expired(service, day)
            if expired is not None:
                text = f"资质“{expired.name}”已于 {expired.valid_until} 到期，项目在其后仍在提供服务"
                text_en = f"the qualification “{expired.name}” expired on {expired.valid_until}, the service went on"
                said = filed.said(day, "qualifications")
                yield Ground("qualification_expired", "16.5a", day, text, text_en, (project, *said))
                break


class _Filed:
    """Scope and qualifications as filed, by day."""

    def __init__(self, trail: Trail) -> None:
        self._trail = trail.about(("scope", "qualifications"))
        self._profiles: dict[date, Profile] = {}
        profiles = [
            *(one.profile for one in self._trail.of(FilingSubmitted)),
            *(one.fields for one in self._trail.of(InformationChanged)),
        ]
        every = [one for profile in profiles for one in profile.qualifications or ()]
        self.days_after_expiry = {one.valid_until + ONE_DAY for one in every if one.valid_until is not None}

    def _on(self, day: date) -> Profile:
        if day not in self._profiles:
            self._profiles[day] = profile_on(self._trail, day)
        return self._profiles[day]

    def said(self, day: date, field: str) -> tuple[Event, ...]:
        """The record that says so."""
        found = saying(self._trail, day, field)
        return () if found is None else (found,)

    def scope(self, day: date) -> tuple[set[str], tuple[Event, ...]]:
        """What may be served, of the agency and of its qualifications together, and where it says so."""
        profile = self._on(day)
        own, of_qualifications = profile.scope or (), [s for one in profile.qualifications or () for s in one.scope]
        return {normal_text(one) for one in (*own, *of_qualifications)}, self.said(
            day, "scope" if own else "qualifications"
        )

    def expired(self, service: str, day: date) -> Qualification | None:
        """A qualification for this service that has expired by the day, and no other of its name is valid."""
        given = self._on(day).qualifications or ()
        for_it = [one for one in given if not one.scope or service in map(normal_text, one.scope)]
        valid = {one.name for one in for_it if one.valid_until is None or day <= one.valid_until}
        return next((one for one in for_it if one.name not in valid), None)


@implements("R37")
def without_project(facts: Facts, law: TheLaw) -> Iterator[Ground]:
    """An effect score or a survey of a client that no project of the year serves: to be checked, no code."""
    scores = {(one.client.uscc, one.year): one for one in facts.of(EffectScored)}  # the latest of a year (R23)
    every: list[SurveySubmitted | EffectScored] = [*_last_forms(facts, law), *scores.values()]
    served_in = _served_by_year(facts, law)
    for said in every:
        if said.client.uscc in served_in(said.year):
            continue
        what, what_en = ("效果评分", "an effect score") if isinstance(said, EffectScored) else ("调查表", "a survey")
        text = f"{said.client.name} 在 {said.year} 年度没有项目，却有{what}"
        text_en = f"{said.client.name} has {what_en} of {said.year}, but no project in that year"
        yield Ground("no_project", None, said.occurred_on, text, text_en, (said,))
