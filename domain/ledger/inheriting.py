"""What a successor inherits, worked out from its predecessor's trail whenever that changes (art.12, R43).

The unit of work records it on the successor's stream in the transaction that changed the predecessor's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import msgspec
from msgspec import UNSET

from domain.events import (
    AgencyDelisted,
    AgencySucceeded,
    BadRecordEntered,
    ComplaintUpheld,
    Event,
    EventAnnulled,
    FactsInherited,
    InformationChanged,
    InheritedComplaint,
    InheritedPenalty,
    InheritedRecord,
    InheritedTag,
    InheritedWarning,
    PenaltyImposed,
    ProjectCancelled,
    ProjectCompleted,
    ProjectExtended,
    ProjectStarted,
    RepairGranted,
    ResultPublished,
    ResultRevised,
    SurveyClosed,
    SurveySubmitted,
)
from domain.law import Law
from domain.ledger.inherited_projects import Carrying, NewFact, going_on
from domain.measures.around.publicity import PublicityEnd, PublicKind, inherited_part, publicity_ends
from domain.measures.around.successions import goes_over, inherited, inherited_complaints
from domain.measures.chapter2_filing import profile_on
from domain.measures.chapter3_sanctions import Upheld, all_records, tags
from domain.measures.chapter4_assessment import penalties, warning_notices
from domain.measures.rulebook.rulebook import assessment_year_of
from domain.measures.text.implements import implements
from domain.trail.trail import Facts, Trail

BEARING: tuple[type[Event], ...] = (
    AgencySucceeded,
    FactsInherited,
    ComplaintUpheld,
    AgencyDelisted,
    BadRecordEntered,
    SurveyClosed,
    SurveySubmitted,
    ProjectStarted,
    ProjectCompleted,
    ProjectCancelled,
    ProjectExtended,
    PenaltyImposed,
    RepairGranted,
    ResultPublished,
    ResultRevised,
    InformationChanged,
    EventAnnulled,
)
"""Facts of a predecessor that can change what its successors have of it."""


@implements("art.12", "R43")
def inheritance(trail: Trail, one: AgencySucceeded, law: Law, here: Trail, uscc: str) -> dict[str, Any]:
    """The fields of `FactsInherited` for the successor of this code, from all that is known of both."""
    own, day = one.stream.removeprefix("agency/"), one.occurred_on
    before = [each for each in inherited(Facts(trail, day)) if each.predecessor != uscc]
    fields: dict[str, object] = {
        "succession_id": one.id,
        "kind": one.kind,
        "predecessor": own,
        "names": _names(trail, day, before),
        "codes": (own, *(code for each in before for code in each.codes if code != uscc)),
        "stands": trail.counts(one),
        "tags": (),
        "complaints": (),
        "records": (),
        "penalties": (),
        "warnings": (),
        "projects": (),
        "events": (),
    }
    return fields | _what_counts(trail, one, law, here, uscc) if fields["stands"] else fields


def _names(trail: Trail, day: date, before: Sequence[FactsInherited]) -> tuple[str, ...]:
    own = profile_on(trail, day).name
    more = [name for each in before for name in each.names]
    return tuple(dict.fromkeys([*([own] if isinstance(own, str) else []), *more]))


def _what_counts(trail: Trail, one: AgencySucceeded, law: Law, here: Trail, uscc: str) -> dict[str, object]:
    """What goes over of each kind that the rulebook of the day names, with the ids behind it.

    The papers of a division may give the bad records to this successor too.
    """
    named = () if one.bad_records_to is UNSET else one.bad_records_to
    goes = goes_over(one, law.rulebooks) | ({"bad_records"} if uscc in named else set())
    every = Facts(trail, date.max)
    found: dict[str, object] = {}
    events: list[str] = []
    for kind, (field, what) in _KINDS.items():
        if kind in goes:
            of_kind = [
                (given, ids)
                for given, ids in what(every, one, law)
                if (one.ends or _is_of_before(trail, ids, one.occurred_on))
                and not _is_its_own(trail, given, ids, here, uscc)
            ]
            found[field] = tuple(given for given, _ in of_kind)
            events += [id_ for _, ids in of_kind for id_ in ids]
    return {**found, "events": tuple(dict.fromkeys(events))}


@implements("art.12", "R43")
def _is_of_before(trail: Trail, ids: Sequence[str], day: date) -> bool:
    """Whether facts are of the time before a division: a complaint by the day on which it was received.

    What is said later of one that goes on is its own, and no successor beside it has a part in it.
    """
    named = (getattr(trail.by_id[id_], "complaint_id", id_) for id_ in ids)
    return all(trail.by_id[id_].occurred_on < day for id_ in named)


@implements("art.12", "R43")
def _is_its_own(trail: Trail, given: Any, ids: Sequence[str], here: Trail, uscc: str) -> bool:
    """Whether it came from the successor itself: a part that divided off and is merged back brings it nothing anew."""
    behind = [trail.by_id[id_] for id_ in ids]
    origins = {getattr(given, "origin", UNSET), *(getattr(each, "inherited_from", UNSET) for each in behind)}
    return any(isinstance(id_, str) and id_ in here.by_id for id_ in origins) or all(
        isinstance(each, FactsInherited) and each.predecessor == uscc for each in behind
    )


_Found = list[tuple[Any, Sequence[str]]]
"""What goes over, each with the predecessor's facts behind it."""


def _tags(every: Facts, one: AgencySucceeded, law: Law) -> _Found:
    """The tags standing on the day. Of later days only those that were inherited: a complaint adds its own there."""
    day, books = one.occurred_on, law.rulebooks
    ends = publicity_ends(every.trail, books)
    standing = [
        tag
        for tag in tags(every, books.on(day), books)
        if (tag.first_day < day or tag.added_on is not None) and max(tag.first_day, day) <= (tag.last_day or date.max)
    ]
    return [
        (
            msgspec.convert(
                {
                    "tier": tag.tier.value,
                    "added_on": tag.added_on or tag.first_day,
                    "last_day": tag.last_day,
                    **({"here_from": tag.first_day} if tag.first_day > day else {}),
                    "not_public_from": _ended(ends, tag.event, "blacklist"),
                },
                InheritedTag,
            ),
            tag.because,
        )
        for tag in standing
        if tag.tier.value != "none"
    ]


def _ended(ends: Mapping[str, PublicityEnd], record: str, kind: PublicKind) -> date | None:
    """From when on a record of the predecessor, or what it has of its own one, is not public."""
    found = ends.get(record) or ends.get(inherited_part(record, kind))
    return None if found is None else found.from_on


def _complaints(every: Facts, one: AgencySucceeded, law: Law) -> _Found:
    upheld: list[Upheld] = [*every.of(ComplaintUpheld), *inherited_complaints(every)]
    upheld.sort(key=lambda each: (each.occurred_on, each.version))
    return [
        (
            InheritedComplaint(
                each.occurred_on, each.verified_grounds, each.id if isinstance(each, ComplaintUpheld) else each.origin
            ),
            (each.id,),
        )
        for each in upheld
    ]


def _from_year(one: AgencySucceeded, law: Law) -> int:
    return assessment_year_of(one.occurred_on, law.rulebooks.on(one.occurred_on))


def records_of(every: Facts, one: AgencySucceeded, law: Law) -> _Found:
    """Bad records of the year of the succession and later."""
    return [
        (
            msgspec.convert(
                {
                    "behaviour": each.behaviour,
                    "day": each.day,
                    "year": each.year,
                    "origin": each.origin or each.events[0],
                },
                InheritedRecord,
            ),
            each.events,
        )
        for each in all_records(every, law.rulebooks)
        if each.year >= _from_year(one, law) and each.day >= law.rulebooks.first_day and each.ended_on is None
    ]


def _penalties(every: Facts, one: AgencySucceeded, law: Law) -> _Found:
    books = law.rulebooks
    ends = publicity_ends(every.trail, books)
    return [
        (
            InheritedPenalty(
                each.occurred_on,
                each.authority_kind,
                not_public_from=_ended(ends, each.id, "penalty"),
                origin=each.id if isinstance(each, PenaltyImposed) else each.origin,
            ),
            (each.id,),
        )
        for each in penalties(every)
        if assessment_year_of(each.occurred_on, books.on(each.occurred_on)) >= _from_year(one, law)
    ]


def _warnings(every: Facts, one: AgencySucceeded, law: Law) -> _Found:
    ends = publicity_ends(every.trail, law.rulebooks)
    return [
        (
            InheritedWarning(each.year, each.first, each.last, not_public_from=_ended(ends, each.event, "result")),
            (each.event,),
        )
        for each in warning_notices(every, law.rulebooks)
        if each.last >= one.occurred_on
    ]


def _projects(every: Facts, one: AgencySucceeded, law: Law) -> _Found:
    return [(each, (each.project_id,)) for each in going_on(every, one)]


_KINDS: Mapping[str, tuple[str, Callable[[Facts, AgencySucceeded, Law], _Found]]] = {
    "tags": ("tags", _tags),
    "complaints": ("complaints", _complaints),
    "bad_records": ("records", records_of),
    "penalties": ("penalties", _penalties),
    "results": ("warnings", _warnings),
    "projects": ("projects", _projects),
}
"""By the word of the rulebook: the field of `FactsInherited`, and what finds it."""


def standing_about(facts: Iterable[Event], succession_id: str) -> FactsInherited | None:
    """What was recorded last at a successor about a succession."""
    last = None
    for event in facts:
        if isinstance(event, FactsInherited) and event.succession_id == succession_id:
            last = event
    return last


def is_another(before: FactsInherited | None, fields: dict[str, Any]) -> bool:
    """Whether what is inherited now is not what stands. What never stood is not recorded as gone."""
    if before is None:
        return bool(fields["stands"])
    return any(getattr(before, name) != value for name, value in fields.items())


@implements("art.12", "R43")
def passed_on(carrying: Carrying, law: Law, uscc: str) -> Iterator[NewFact]:
    """What is to be recorded at the successor of this code, first what it inherits; nothing where it has it already."""
    one = carrying.one
    fields = inheritance(carrying.theirs, one, law, carrying.here, uscc)
    before = standing_about(carrying.here.every(FactsInherited), one.id)
    if not is_another(before, fields):
        return
    yield NewFact(FactsInherited, one.occurred_on, carrying.make_id(), fields)
    yield from carrying.changes(() if before is None else before.projects, fields["projects"])
