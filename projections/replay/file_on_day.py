"""An agency's file (档案) by replay: what filing, changes and projects say on a day. Sealed texts stay sealed here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from fractions import Fraction
from typing import NamedTuple

from msgspec import UNSET

from domain.events import (
    AppealFiled,
    EffectScored,
    FilingSubmitted,
    InformationChanged,
    PledgeSigned,
    Profile,
    ProjectCompleted,
    ProjectStarted,
    ResultPublished,
)
from domain.measures.annex1_score import counted_scores
from domain.measures.chapter2_filing import duty_ended, profile_on
from domain.measures.chapter3_business import due_date, ended_on, is_late, papers_of, runs
from domain.measures.rulebook.rulebook import year_span
from domain.measures.text.implements import implements
from domain.values import rounded
from projections.answers.agency_file import (
    AppealOnFile,
    EffectOnFile,
    Expiry,
    NameOnFile,
    PledgeOnFile,
    ProjectOnFile,
    ProjectState,
    QualificationOnFile,
)
from projections.replay.known_at import Basis

MONTH, TWO_MONTHS = timedelta(days=30), timedelta(days=60)
"""How long before its last day something is marked as about to expire (R40 says sixty for qualifications)."""
_ORDER: tuple[ProjectState, ...] = ("overdue", "running", "completed", "cancelled", "terminated")
_ONE_DAY = timedelta(days=1)


class FileOnDay(NamedTuple):
    """What the file says but for the people, who are sealed in `profile`."""

    profile: Profile
    qualifications: tuple[QualificationOnFile, ...]
    former_names: tuple[NameOnFile, ...]
    projects: tuple[ProjectOnFile, ...]
    pledges: tuple[PledgeOnFile, ...]
    published_years: tuple[int, ...]
    appeals: tuple[AppealOnFile, ...]


@implements("art.8", "art.12", "art.26", "R7")
def file_on(basis: Basis) -> FileOnDay:
    """The file of one agency at a basis."""
    facts = basis.facts
    profile = profile_on(basis.trail, basis.as_of)
    results = {one.year for one in facts.of(ResultPublished)}
    return FileOnDay(
        profile,
        tuple(_qualifications(profile, basis.as_of)),
        tuple(_former_names(basis)),
        tuple(sorted(_projects(basis), key=_place)),
        tuple(PledgeOnFile(event=one.id, signed_on=one.occurred_on) for one in reversed(facts.of(PledgeSigned))),
        tuple(sorted(results, reverse=True)),
        tuple(AppealOnFile(appeal=one.id, year=one.year, filed_on=one.occurred_on) for one in facts.of(AppealFiled)),
    )


def expiry_on(last: date | None, on: date) -> Expiry | None:
    """How a last day of validity is marked on a day; the last day itself is still valid. None: there is none."""
    if last is None:
        return None
    if last < on:
        return "expired"
    return "within_30_days" if last - on <= MONTH else "within_60_days" if last - on <= TWO_MONTHS else "later"


def _qualifications(profile: Profile, on: date) -> Iterator[QualificationOnFile]:
    """As they were filed, what expires first before the rest."""
    held = profile.qualifications or ()
    for one in sorted(held, key=lambda one: one.valid_until or date.max):
        expiry = expiry_on(one.valid_until, on)
        yield QualificationOnFile(name=one.name, no=one.no, scope=one.scope, valid_until=one.valid_until, expiry=expiry)


def _former_names(basis: Basis) -> list[NameOnFile]:
    """The names before the one of the day, each with its days, the last one first."""
    said = [*basis.facts.of(FilingSubmitted), *basis.facts.of(InformationChanged)]
    stretches: list[tuple[str, date]] = []
    for day in sorted({one.occurred_on for one in said}):
        name = profile_on(basis.trail.about(("name",)), day).name
        if name is not UNSET and (not stretches or stretches[-1][0] != name):
            stretches.append((name, day))
    following = [day for _, day in stretches[1:]]
    found = [
        NameOnFile(name=name, first=first, last=after - _ONE_DAY)
        for (name, first), after in zip(stretches, following, strict=False)
    ]
    return found[::-1]


@implements("art.15", "R9", "R23")
def _projects(basis: Basis) -> Iterator[ProjectOnFile]:
    facts = basis.facts
    scores = list(_scores(basis))
    for project in facts.of(ProjectStarted):
        due, end = due_date(facts, project), ended_on(facts, project)
        state = _state(basis, project, due, end)
        plans, report = papers_of(facts, project)
        yield ProjectOnFile(
            project=project.id,
            client=project.client.uscc,
            client_name=project.client.name,
            contract_no=project.contract_no,
            service_type=project.service_type,
            started_on=project.occurred_on,
            due_on=due,
            ended_on=end,
            state=state,
            late=is_late(facts, project),
            days_left=(due - basis.as_of).days if state in ("overdue", "running") else None,
            plan_filed_on=min(plans, default=None),
            report_filed_on=report,
            effect_scores=tuple(_scores_of(basis, project, scores)),
        )


def _state(basis: Basis, project: ProjectStarted, due: date, end: date | None) -> ProjectState:
    facts = basis.facts
    if end is not None:
        done = any(one.occurred_on == end for one in facts.naming(project.id, ProjectCompleted))
        return "completed" if done else "cancelled"
    if duty_ended(facts, project.occurred_on, due):
        return "terminated"
    return "overdue" if is_late(facts, project) else "running"


def _scores(basis: Basis) -> Iterator[EffectScored]:
    """The scores that count, of every year (R23)."""
    for year in sorted({one.year for one in basis.facts.of(EffectScored)}):
        yield from counted_scores(basis.facts, year, basis.law.rulebooks)[0]


def _scores_of(basis: Basis, project: ProjectStarted, scores: Iterable[EffectScored]) -> Iterator[EffectOnFile]:
    for one in scores:
        span = year_span(one.year, basis.law.rulebooks)
        if one.client.uscc == project.client.uscc and runs(basis.facts, project, *span):
            yield EffectOnFile(year=one.year, value=rounded(Fraction(one.value)), event=one.id)


def _place(project: ProjectOnFile) -> tuple[int, int, str]:
    """What presses first: overdue by due date, then running, then what ended last."""
    day = project.due_on if project.ended_on is None else date.max - (project.ended_on - date.min)
    return _ORDER.index(project.state), day.toordinal(), project.project
