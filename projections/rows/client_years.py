"""What clients and the regulator say of a year, counted day by day in one pass over the events (art.22, art.23).

The Measures count a day's forms and scores from all facts up to it (`annex2_survey.py: counted_forms`,
`annex1_score.py: counted_scores`). Asked for every day after a late fact, that would be all facts for each day; here a
day costs what comes with it. A property holds both together.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from fractions import Fraction
from functools import lru_cache
from operator import attrgetter
from typing import NamedTuple

from domain.events import (
    EffectScored,
    Event,
    ProjectCancelled,
    ProjectCompleted,
    ProjectStarted,
    SurveyClosed,
    SurveyInvited,
    SurveySubmitted,
)
from domain.measures.annex2_survey import project_of_form
from domain.measures.chapter3_business import due_date
from domain.measures.rulebook.rulebook import Rulebooks, assessment_year_of, year_span
from domain.measures.text.implements import implements
from domain.trail.trail import Facts, Trail

Counts = tuple[int, ...]
NO_COUNTS: Counts = (0,) * 6
"""Survey forms, their answers A, B, C; clients with an effect score, the sum of those scores in hundredths."""
_Coming = ProjectStarted | SurveySubmitted | EffectScored
_IN_ORDER = attrgetter("occurred_on", "version")
_ENDS = (ProjectCompleted, ProjectCancelled)


class ClientYear:
    """What bears on a year and counts, of the events of some clients in recording order."""

    def __init__(self, year: int, events: Sequence[Event], books: Rulebooks) -> None:
        self._first, last = year_span(year, books)
        self.days: set[date] = set()
        """The days on which something of it happened."""
        self._arriving: dict[date, list[_Coming]] = {}
        ended: dict[str, date] = {}
        projects: list[ProjectStarted] = []
        said: list[SurveySubmitted | EffectScored] = []
        closed: date | None = None
        for event in events:
            match event:
                case ProjectStarted():
                    projects.append(event)
                case SurveySubmitted() | EffectScored() if event.year == year:
                    said.append(event)
                case ProjectCompleted() | ProjectCancelled():
                    ended[event.project_id] = min(event.occurred_on, ended.get(event.project_id, event.occurred_on))
                    self.days.add(event.occurred_on)
                case SurveyClosed() if event.year == year:
                    closed = min(event.occurred_on, closed or event.occurred_on)
                    self.days.add(event.occurred_on)
        for project in projects:
            day, end = project.occurred_on, ended.get(project.id, date.max)
            since = max(day, self._first)
            if since <= last and end >= self._first:
                self.days |= {day, since}
                if end >= since:
                    self._arriving.setdefault(since, []).append(project)
        for one in said:
            day = one.occurred_on
            self.days.add(day)
            is_late = closed is not None and day > closed and isinstance(one, SurveySubmitted)
            if day >= books.first_day and not is_late:
                self._arriving.setdefault(day, []).append(one)

    @implements("art.13", "art.22", "art.23", "annex1.item11", "R22", "R23")
    def counts(self, days: Sequence[date]) -> dict[date, Counts]:
        """What counts on each of these days, which are in order."""
        clients: dict[str, _Client] = {}
        waiting, found = sorted(self._arriving), {}
        total, place = NO_COUNTS, 0
        for day in days:
            moved: dict[str, list[_Coming]] = {}
            while place < len(waiting) and waiting[place] <= day:
                for event in self._arriving[waiting[place]]:
                    moved.setdefault(event.client.uscc, []).append(event)
                place += 1
            for uscc, events in moved.items():
                client = clients.setdefault(uscc, _Client())
                before, now = client.counts, client.after(events)
                total = tuple(one + new - old for one, new, old in zip(total, now, before, strict=True))
            found[day] = total
        return found


class _Client:
    """What one client has said up to a day."""

    def __init__(self) -> None:
        self.counts: Counts = NO_COUNTS
        self._running: list[ProjectStarted] = []
        self._forms: list[SurveySubmitted] = []
        self._speaks: dict[str, SurveySubmitted] = {}
        self._said: Counts = NO_COUNTS[:4]
        self._score: EffectScored | None = None

    def after(self, events: Sequence[_Coming]) -> Counts:
        """What counts when these have come too."""
        begun = [event for event in events if isinstance(event, ProjectStarted)]
        forms = sorted((event for event in events if isinstance(event, SurveySubmitted)), key=_IN_ORDER)
        scores = [event for event in events if isinstance(event, EffectScored)]
        anew = self._takes_another_meaning(begun)
        self._running += begun
        self._forms += forms
        if anew:
            self._speaks, self._said = {}, NO_COUNTS[:4]
        for form in self._forms if anew else forms:
            self._hear(form)
        if scores:
            self._score = max([*scores, *((self._score,) if self._score is not None else ())], key=_IN_ORDER)
        is_scored = self._score is not None and bool(self._running)
        scored = (1, hundredths(self._score.value)) if is_scored and self._score is not None else (0, 0)
        self.counts = (*self._said, *scored)
        return self.counts

    def _takes_another_meaning(self, begun: Sequence[ProjectStarted]) -> bool:
        """Whether what the client has said before may speak for another project, or for one, or for none now (R22).

        Not where several ran before, all that begins does so after what was said, and nothing said names it.
        """
        if not begun or not self._forms:
            return bool(begun)
        last, names = self._forms[-1].occurred_on, {form.project_id for form in self._forms}
        return len(self._running) < 2 or any(one.occurred_on <= last or one.id in names for one in begun)

    def _hear(self, form: SurveySubmitted) -> None:
        project = project_of_form(form, self._running)
        if isinstance(project, ProjectStarted):
            added, replaced = _answers(form.answers), self._speaks.get(project.id)
            taken = (0,) * 4 if replaced is None else _answers(replaced.answers)
            self._said = tuple(one + new - old for one, new, old in zip(self._said, added, taken, strict=True))
            self._speaks[project.id] = form


def counts_of_form(form: SurveySubmitted) -> Counts:
    """What one form adds to the counts where it speaks (R22)."""
    return (*_answers(form.answers), 0, 0)


@lru_cache(maxsize=10_000)
def _answers(answers: tuple[str, ...]) -> Counts:
    """One form, and how often each letter stands in it."""
    return 1, answers.count("A"), answers.count("B"), answers.count("C")


@lru_cache(maxsize=10_000)
def hundredths(value: str) -> int:
    """A score in hundredths of a point."""
    return int(Fraction(value) * 100)


def answers(form: SurveySubmitted, invited: SurveyInvited) -> bool:
    """Whether a form answers an invitation: through its link, or sent in otherwise by that client for that year.

    A client has one voice per project and year (R22): whoever has sent it in need not be asked again.
    """
    if form.invitation_id is not None:
        return form.invitation_id == invited.id
    alike = (form.client.uscc, form.year) == (invited.client.uscc, invited.year)
    return alike and form.occurred_on >= invited.occurred_on and invited.project_id in (None, form.project_id)


class ServedYear(NamedTuple):
    """A client that is served in an assessment year, from a day on."""

    client: str
    name: str
    year: int
    since: date
    last: date
    """The year's last day."""


def served_years(books: Rulebooks, client: str, events: Sequence[Event]) -> dict[int, ServedYear]:
    """The years in which some project of the client runs, each from the first day in it (R22).

    A project that nobody has ended is followed for a year beyond its due date: it stands on the worklist itself.

    `events`: its projects and what moved or ended them, in recording order.
    """
    found: dict[int, ServedYear] = {}
    naming: dict[str, list[Event]] = {}
    for event in events:
        if not isinstance(event, ProjectStarted):
            for named in event.named():
                naming.setdefault(named, []).append(event)
    for project in (one for one in events if isinstance(one, ProjectStarted)):
        moved = naming.get(project.id, [])
        end = min((one.occurred_on for one in moved if isinstance(one, _ENDS)), default=None)
        if end is None:
            due = due_date(Facts(Trail([project, *moved]), date.max), project) if moved else project.due_on
            last, more = max(project.occurred_on, due), 2
        else:
            last, more = max(project.occurred_on, end), 1
        for year in range(_year(books, project.occurred_on), _year(books, last) + more):
            first, until = books.span_of(year)
            since = max(first, project.occurred_on)
            if first <= until and (year not in found or since < found[year].since):
                found[year] = ServedYear(client, project.client.name, year, since, until)
    return found


def _year(books: Rulebooks, day: date) -> int:
    return assessment_year_of(day, books.on(day))
