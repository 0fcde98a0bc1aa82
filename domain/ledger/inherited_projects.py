"""Projects of a predecessor that go on at the successor, each as a project of its own there (art.12, R43).

They begin on the day of the succession, with the term, client and team that they had. All that is asked about projects
(surveys, effect scores, due dates, extensions, completion) is so asked of the successor's own trail.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from domain.events import (
    AgencySucceeded,
    Event,
    EventAnnulled,
    InheritedProject,
    ProjectCancelled,
    ProjectCompleted,
    ProjectExtended,
    ProjectStarted,
    Sealed,
)
from domain.measures.chapter3_business import due_date, ended_on
from domain.measures.text.implements import implements
from domain.trail.trail import Facts, Trail

WHY_GONE = "前身的项目已不承继（R43）"
"""Why the ledger annuls a project, or its end, that it had recorded for what a predecessor had."""


@dataclass(frozen=True)
class NewFact:
    """A fact to be appended at a successor."""

    kind: type[Event]
    occurred_on: date
    event_id: str
    fields: dict[str, Any]


@implements("art.12", "R43")
def going_on(every: Facts, one: AgencySucceeded) -> Iterator[InheritedProject]:
    """The predecessor's projects that had not ended before the day of the succession, by all that is known."""
    for project in every.of(ProjectStarted):
        end = ended_on(every, project)
        if end is None or end >= one.occurred_on:
            is_completed = any(done.occurred_on == end for done in every.naming(project.id, ProjectCompleted))
            yield InheritedProject(project.id, due_date(every, project), end, is_completed)


@dataclass(frozen=True)
class Carrying:
    """What changes at a successor when its predecessor's projects do."""

    one: AgencySucceeded
    theirs: Trail
    """All that is known of the predecessor."""
    here: Trail
    """All that is known of the successor."""
    on: date
    """The day of what has changed at the predecessor: annulments show it."""
    make_id: Callable[[], str]
    seal: Callable[[str], Sealed]

    @implements("art.12", "R9", "R43")
    def changes(self, before: Sequence[InheritedProject], now: Sequence[InheritedProject]) -> Iterator[NewFact]:
        """The facts that make the successor's projects what they are now, given what went over before.

        What was recorded here about a project stays; one that somebody has annulled here is not begun again.
        """
        copies = {one.inherited_from: one for one in self.here.of(ProjectStarted)}
        was = {one.project_id: one for one in before}
        for old in before:
            if old.project_id not in {one.project_id for one in now} and old.project_id in copies:
                yield self._annulled(copies[old.project_id].id)
        for each in now:
            copy, known = copies.get(each.project_id), was.get(each.project_id)
            if known is None:
                yield from self._begun(each)
            elif copy is not None and known != each:
                yield from self._moved(copy, known, each)

    def _begun(self, each: InheritedProject) -> Iterator[NewFact]:
        theirs = self.theirs.by_id[each.project_id]
        if not isinstance(theirs, ProjectStarted):
            raise TypeError(f"{each.project_id} is no project")
        id_ = self.make_id()
        fields = {
            "project_id": id_,
            "client": theirs.client,
            "contract_no": theirs.contract_no,
            "service_type": theirs.service_type,
            "due_on": each.due_on,
            "quality_lead": theirs.quality_lead,
            "technicians": theirs.technicians,
            "inherited_from": each.project_id,
        }
        yield NewFact(ProjectStarted, max(theirs.occurred_on, self.one.occurred_on), id_, fields)
        yield from self._ended(id_, each)

    def _moved(self, copy: ProjectStarted, known: InheritedProject, each: InheritedProject) -> Iterator[NewFact]:
        if known.due_on != each.due_on:
            moved = {"project_id": copy.id, "due_on": each.due_on, "inherited_from": each.project_id}
            yield self._fact(ProjectExtended, copy.occurred_on, **moved)
        if (known.ended_on, known.is_completed) != (each.ended_on, each.is_completed):
            ends = list(self.here.naming(copy.id, ProjectCompleted, ProjectCancelled))
            theirs = [end for end in ends if end.occurred_on == known.ended_on]
            yield from (self._annulled(end.id) for end in theirs)
            if len(theirs) == len(ends):  # what was recorded here about its end stands
                yield from self._ended(copy.id, each)

    def _ended(self, project_id: str, each: InheritedProject) -> Iterator[NewFact]:
        if each.ended_on is None:
            return
        if each.is_completed:
            yield self._fact(ProjectCompleted, each.ended_on, project_id=project_id, report_filed_on=None)
        else:
            yield self._fact(ProjectCancelled, each.ended_on, project_id=project_id, reason=None)

    def _annulled(self, event_id: str) -> NewFact:
        more = {"event_id": event_id, "reason": self.seal(WHY_GONE), "basis": None}
        return NewFact(EventAnnulled, self.on, self.make_id(), more)

    def _fact(self, kind: type[Event], day: date, **fields: Any) -> NewFact:
        return NewFact(kind, day, self.make_id(), fields)
