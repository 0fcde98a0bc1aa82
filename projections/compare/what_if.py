"""What if: an agency's trail in memory with facts taken away and added, decided by the real commands (api.md, R5).

Nothing is written: no event, no row, no key. What comes out is a basis like any other, for whatever takes one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from itertools import count
from typing import Any, Protocol

from domain.agency import Agency
from domain.commands.base import Command, NoVault, Recording, unknown_in_body
from domain.commands.surveys import AnnulEvent
from domain.errors import Refusal
from domain.events import AgencySucceeded, Event, EventAnnulled
from domain.law import Law
from domain.ledger.inherited_projects import Carrying, NewFact
from domain.ledger.inheriting import passed_on
from domain.measures.rulebook.rulebook import RulebookInvalid
from domain.measures.staff import NOWHERE, Elsewhere
from domain.measures.text.implements import implements
from domain.trail.trail import MonthVeil, Trail
from domain.values import agency_stream, moment, next_instant, shanghai_date
from projections.replay.known_at import Basis

_REASON = "假设 what-if"


class Added(Protocol):
    """A command to be decided on the changed trail, the id that its fact gets, and where its refusals point."""

    @property
    def command(self) -> Command: ...

    @property
    def path_id(self) -> str | None: ...

    @property
    def event_id(self) -> str: ...

    def refused(self, refusal: Refusal) -> Refusal: ...


@implements("R5")
def hypothetical(
    basis: Basis,
    annul: Sequence[str] = (),
    add: Sequence[Added] = (),
    *,
    law: Law | None = None,
    actor: str = "",
    elsewhere: Elsewhere = NOWHERE,
    still_time: Callable[[], None] = lambda: None,
) -> Basis:
    """The basis as it would be had these events been annulled and then these commands been recorded, all at once.

    `annul` is a set: what stops counting with another one of it may stand in it too. The new events come right after
    the basis' instant; the answer's `known_at` stays. `law`: judged and decided by another one than the basis';
    `elsewhere`: the other agencies, on which a bad record that names a hint depends (R37). `still_time` is called
    before each step, and raises when there is none left.
    Raises: Invalid for an id that is not on the trail, Contradiction for what is annulled already or cannot be, both
    with a pointer `/annul/N`; the refusals of the commands as `Added.refused` words them.
    """
    law = law or basis.law
    agency = Agency.blank(basis.trail.events[0].stream)
    agency.trail, agency.version = Trail(basis.trail.events), basis.trail.events[-1].version
    today = shanghai_date(basis.known_at)

    def record(command: Command, event_id: str, path_id: str | None = None) -> None:
        still_time()
        last = max(basis.known_at, agency.trail.events[-1].recorded_at)
        at = next_instant(moment(last), last)
        supposed = Recording.supposed(
            law, at, event_id, "api", actor=actor, path_id=path_id, elsewhere=elsewhere, supposed_on=today
        )
        command.record(agency, supposed)

    for place, event_id in enumerate(annul):
        if event_id not in agency.trail.by_id:
            raise unknown_in_body(f"annul/{place}")
        if event_id in agency.trail.annulled_by and event_id not in basis.trail.annulled_by:
            continue  # it went with another one of the set
        try:
            record(AnnulEvent(event_id=event_id, reason=_REASON, annulled_on=today), f"what-if-annulment-{place + 1}")
        except Refusal as refusal:
            refusal.pointer = f"/annul/{place}"
            raise
    for one in add:
        try:
            record(one.command, one.event_id, one.path_id)
        except Refusal as refusal:
            raise one.refused(refusal) from None
    agency.trail.veil = _veiled(basis.trail.veil, agency.trail.events[len(basis.trail.events) :])
    return replace(basis, trail=agency.trail, law=law)


def _veiled(veil: MonthVeil | None, supposed: Sequence[Event]) -> MonthVeil | None:
    """What is supposed changes nothing of forms that are not told by name, but that one of them is annulled (R39).

    A project annulled, a closing or a form added would else tell whose form says what.
    """
    gone = (
        []
        if veil is None
        else [event for event in supposed if isinstance(event, EventAnnulled) and event.event_id in veil.hidden]
    )
    return replace(veil, forms=Trail([*veil.forms.events, *gone])) if veil is not None and gone else veil


def added_by(before: Basis, after: Basis) -> list[Event]:
    """The events that a hypothetical basis has more than the one that it was made from."""
    return after.trail.events[len(before.trail.events) :]


@implements("R5")
def overridden(law: Law, changes: Mapping[str, Any]) -> Law:
    """The law with other values in all its rulebooks, by name or parameter. Raises: RulebookInvalid at `/rulebook`."""
    if not changes:
        return law
    try:
        return replace(law, rulebooks=law.rulebooks.override(changes))
    except RulebookInvalid as refusal:
        refusal.pointer = "/rulebook"
        raise


@implements("art.12", "R5", "R43")
def at_successors(
    supposed: Basis, basis_of: Callable[[str], Basis | None], today: date
) -> Iterator[tuple[Basis, Basis]]:
    """What is supposed of a predecessor, at its successors and theirs: each as it is and as it would be.

    `basis_of`: the basis of another agency by its code, None where it was not known. Those of which nothing that they
    inherit changes are left out.
    """
    numbers = count(1)
    found: dict[str, tuple[Basis, Basis]] = {}
    waiting = [supposed]
    while waiting:
        own = waiting.pop(0)
        pairs = [(one, uscc) for one in own.trail.every(AgencySucceeded) for uscc in one.successors]
        for one, uscc in pairs:
            known = found.get(uscc)
            if known is None and agency_stream(uscc) != one.stream and (basis := basis_of(uscc)) is not None:
                known = basis, replace(basis, law=supposed.law)
            if known is None:
                continue
            carrying = Carrying(
                one, own.trail, known[1].trail, today, lambda: f"what-if-inherited-{next(numbers)}", NoVault().seal
            )
            if new := list(passed_on(carrying, supposed.law, uscc)):
                found[uscc] = known[0], replace(known[1], trail=_with(known[1].trail, new))
                waiting.append(found[uscc][1])
    yield from found.values()


def _with(trail: Trail, new: Sequence[NewFact]) -> Trail:
    """A trail with facts that the ledger itself would record at the end of it."""
    events = [*trail.events]
    for one in new:
        last = events[-1]
        events.append(
            one.kind(
                stream=last.stream,
                version=last.version + 1,
                id=one.event_id,
                occurred_on=one.occurred_on,
                recorded_at=next_instant(moment(last.recorded_at), last.recorded_at),
                actor="",
                via="api",
                **one.fields,
            )
        )
    return Trail(events)
