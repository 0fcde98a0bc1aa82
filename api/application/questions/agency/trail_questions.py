"""The audit trail of an agency: its events in recording order, and one event with what followed from it (api.md)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import Any, NamedTuple

from msgspec.structs import asdict

from api.application.answers.receipts import ImpactTouched, SimilarFact
from api.application.privacy.authorisation import Caller, Reach
from api.application.privacy.personal_data import is_of_client, is_of_informant, shown
from api.application.questions.inquiry import Answer, Inquiry, path_uscc, question
from api.application.questions.pagination import page
from domain.events import (
    AppealFiled,
    Event,
    EventAnnulled,
    ObjectionFiled,
    ResultPublished,
    ResultRevised,
    StatementFiled,
)
from domain.ledger.reader import Reader
from domain.similar import content_key, same_words, sealed_content
from domain.store.access.tokens import colleagues_of
from domain.store.log.event_index_sql import MOST_SIMILAR
from domain.values import Role, month_end, shanghai_date
from projections.replay.effects import effects, event_named, recorded_together, related, unknown_event
from projections.replay.known_at import Basis
from projections.replay.queries import entry
from projections.replay.standing import agency_name
from projections.rows.read.published import OpenMatter, WorklistFilter, matters

_ABOUT_A_FORM = (AppealFiled, ObjectionFiled, StatementFiled, EventAnnulled, ResultPublished, ResultRevised)
"""Facts about a form that say nothing of its client."""


class TrailFilter(NamedTuple):
    """What a reader of the trail looks for; None leaves it open. A cursor belongs to exactly this."""

    type: str | None
    counts: str | None
    first: Any
    last: Any
    first_recorded: Any
    last_recorded: Any
    actor: str | None
    ids: frozenset[str] | None

    def fits(self, event: Event, basis: Basis, caller: Caller) -> bool:
        """Whether an event is among them, as far as this caller may know it: of a hidden form its month (R39)."""
        if basis.trail.veil is not None and event.id in basis.trail.veil.hidden:
            return self._fits_hidden(event, basis)
        return (
            (self.type is None or type(event).__name__ == self.type)
            and (self.counts is None or basis.trail.counts(event) == (self.counts == "true"))
            and (self.first is None or self.first <= event.occurred_on)
            and (self.last is None or event.occurred_on <= self.last)
            and (self.first_recorded is None or self.first_recorded <= shanghai_date(event.recorded_at))
            and (self.last_recorded is None or shanghai_date(event.recorded_at) <= self.last_recorded)
            and (self.actor is None or (event.actor == self.actor and not _hides_actor(event, caller)))
            and (self.ids is None or event.id in self.ids)
        )

    def _fits_hidden(self, event: Event, basis: Basis) -> bool:
        """As `fits`: every day of its month is its day, and who recorded it when is nobody's and never."""
        return (
            (self.type is None or type(event).__name__ == self.type)
            and (self.counts is None or basis.trail.counts(event) == (self.counts == "true"))
            and (self.first is None or self.first <= month_end(event.occurred_on))
            and (self.last is None or event.occurred_on.replace(day=1) <= self.last)
            and self.first_recorded is None
            and self.last_recorded is None
            and self.actor is None
            and (self.ids is None or event.id in self.ids)
        )


def _hides_actor(event: Event, caller: Caller) -> bool:
    """Who recorded what informants said is not told to the agency, not by a filter either."""
    return caller.role is Role.AGENCY and is_of_informant(type(event).__name__)


def ids_of(text: str) -> frozenset[str]:
    """The ids of a list by commas."""
    return frozenset(one for one in text.split(",") if one)


@question("/v1/agencies/{uscc}/events")
def events_of(
    inquiry: Inquiry,
    uscc: str,
    known_at: str | None = None,
    kind: str | None = None,
    counts: str | None = None,
    first: date | None = None,
    last: date | None = None,
    recorded_from: date | None = None,
    recorded_to: date | None = None,
    actor: str | None = None,
    ids: str | None = None,
    order: str = "recorded",
    limit: int = 50,
    cursor: str | None = None,
) -> Answer:
    """The audit trail in recording order: what counts, who recorded it."""
    caller = inquiry.caller
    wanted = TrailFilter(
        kind, counts, first, last, recorded_from, recorded_to, actor, None if ids is None else ids_of(ids)
    )
    part = page(cursor, limit, question=("events", path_uscc(uscc), *wanted[:-1], ids, order), at=known_at)
    with inquiry.replaying() as (questions, reader):
        basis = questions.basis(path_uscc(uscc), None, part.known_at)
        may_see = _sight(inquiry, reader, basis)
        found = [one for one in basis.trail.events if wanted.fits(one, basis, caller) and may_see(one)]
        found = _forms_last(inquiry, found if order == "recorded" else found[::-1])
        cut, next_cursor = part.cut(found, None, basis.known_at)
        items = shown(reader, caller, [entry(one, basis) for one in cut])
        content = {**_trail_echo(basis), "count": len(found), "items": items, "next_cursor": next_cursor}
    return Answer(content)


@question("/v1/agencies/{uscc}/events/{id}")
def event_of(inquiry: Inquiry, uscc: str, id: str, as_of: date | None = None, known_at: str | None = None) -> Answer:  # noqa: A002
    """One record in full, whether it counts, what followed from it."""
    caller = inquiry.caller
    with inquiry.replaying() as (questions, reader):
        basis = questions.basis(path_uscc(uscc), as_of, known_at)
        found, may_see = event_named(basis, id), _sight(inquiry, reader, basis)
        if not may_see(found):
            raise unknown_event(id)
        (item,) = shown(reader, caller, [entry(found, basis)])
        veil = basis.trail.veil
        hidden = veil is not None and found.id in veil.hidden
        content = {
            "agency": agency_name(basis),
            **basis.echo(basis.rulebook),
            "event": item,
            "can_be_annulled": not found.FINAL and basis.trail.counts(found),
            "log_index": None if hidden else reader.log_index_of(found.stream, found.version),
            **asdict(related(basis, found, _apart(basis, found, may_see))),
            **_receipt_of(inquiry, reader, basis, found, may_see),
            "effects": None if inquiry.reach is Reach.PART else effects(basis, found),
        }
    return Answer(content)


def evidence_seen(inquiry: Inquiry, uscc: str, event_id: str) -> list[dict[str, object]]:
    """The papers of a record as the caller may see them. Raises: NotFound for a record that is not for them."""
    with inquiry.replaying() as (questions, reader):
        basis = questions.basis(path_uscc(uscc))
        found = event_named(basis, event_id)
        if not _sight(inquiry, reader, basis)(found):
            raise unknown_event(event_id)
        (item,) = shown(reader, inquiry.caller, [entry(found, basis)])
    return list(item["evidence"])


def _receipt_of(
    inquiry: Inquiry, reader: Reader, basis: Basis, found: Event, may_see: Callable[[Event], bool]
) -> dict[str, object]:
    """What a receipt says beside the record: which equal facts stood already (R46), which results it touches (R36).

    Whether what others wrote is the same is told to nobody who may not read it: an agency learns it of its own alone.
    """
    hidden: frozenset[str] = frozenset() if basis.trail.veil is None else basis.trail.veil.hidden
    if found.id in hidden:
        return {"similar": (), "touched": ()}
    together = [one for one in recorded_together(basis.trail.events, found) if one.id not in hidden]
    impacts: Iterable[OpenMatter] = ()
    if inquiry.reach is not Reach.PART:
        wanted = WorklistFilter("impact", "all", uscc=found.stream.removeprefix("agency/"))
        impacts = matters(reader.connection, wanted)
    ids = {one.id for one in together}
    touched = [one for one in impacts if one.matter.about in ids]
    alike = _alike(reader, basis, together) if _may_compare(inquiry, reader, found) else []
    return {
        "similar": tuple(
            SimilarFact(event=one.id, version=one.version, recorded_at=one.recorded_at) for one in alike if may_see(one)
        ),
        "touched": tuple(
            ImpactTouched(impact=one.id, result=one.id.partition("~")[0], year=one.matter.about_year or 0)
            for one in touched
        ),
    }


def _may_compare(inquiry: Inquiry, reader: Reader, found: Event) -> bool:
    caller = inquiry.caller
    if caller.role is not Role.AGENCY:
        return True
    own = colleagues_of(reader.connection, caller.uscc) if caller.uscc else ()
    return found.actor in {caller.person_id, *own}


def _alike(reader: Reader, basis: Basis, together: Sequence[Event]) -> list[Event]:
    """The facts recorded before these that say the same and count, latest first as far as a receipt names them."""
    first, found = together[0].version, dict[str, Event]()
    before = [one for one in basis.trail.events if one.version < first and basis.trail.counts(one)]
    for event in together[:MOST_SIMILAR]:
        key = content_key(event)
        same = [one for one in before if type(one) is type(event) and key is not None and content_key(one) == key]
        own = reader.vault.open_many(sealed_content(event)) if same else []
        found |= {
            one.id: one for one in same[-MOST_SIMILAR:] if same_words(own, reader.vault.open_many(sealed_content(one)))
        }
    return sorted(found.values(), key=lambda one: one.version)


def _apart(basis: Basis, found: Event, may_see: Callable[[Event], bool]) -> Callable[[Event], bool]:
    """Which related events are told: between a hidden form and its project, its client's, none (R39)."""
    hidden: frozenset[str] = frozenset() if basis.trail.veil is None else basis.trail.veil.hidden
    if found.id in hidden:
        return lambda one: may_see(one) and isinstance(one, _ABOUT_A_FORM)
    return lambda one: may_see(one) and (one.id not in hidden or isinstance(found, _ABOUT_A_FORM))


def _forms_last(inquiry: Inquiry, found: list[Event]) -> list[Event]:
    """Hidden forms after all others, in the order of their handles: a place among others would tell their time."""
    veil = inquiry.veil
    hidden = {} if veil is None else veil.by_id
    forms = sorted((one for one in found if one.id in hidden), key=lambda one: hidden[one.id].handle)
    return [one for one in found if one.id not in hidden] + forms if forms else found


def _sight(inquiry: Inquiry, reader: Reader, basis: Basis) -> Callable[[Event], bool]:
    """Which events of the agency the caller may see: a client its own."""
    if inquiry.reach is not Reach.PART:
        return lambda _: True
    uscc = inquiry.caller.uscc
    return lambda one: is_of_client(one, uscc, basis.trail, reader.vault)


def _trail_echo(basis: Basis) -> dict[str, object]:
    echo = basis.echo(basis.rulebook)
    return {
        "agency": agency_name(basis),
        **{name: value for name, value in echo.items() if name not in ("as_of", "projected")},
    }
