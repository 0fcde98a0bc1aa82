"""What differs between two bases of one agency: facts that count on one side only, the law, the days asked about."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from domain.events import Event, EventAnnulled
from domain.law import Law
from domain.measures.rulebook.rulebook import Rulebook
from domain.values import Bilingual
from projections.fact_kinds import fact_label
from projections.replay.known_at import Basis

MOST_SAID = 8
"""How many facts or lines a reason spells out; it then says how many there are."""


@dataclass(frozen=True)
class MovedFact:
    """A fact that counts on one side only."""

    event: Event
    came: bool
    """It counts after, and did not before; else the other way round."""
    reason: Bilingual
    """Why it does not count on the other side."""
    annulment: str | None
    """What annulled it there."""

    def said(self) -> Bilingual:
        """The fact, and why it counts on one side only."""
        event, name = self.event, type(self.event).__name__
        verb, verb_en = ("计入", "counts now") if self.came else ("不再计入", "counts no longer")
        return (
            f"{verb}：{event.occurred_on} {fact_label(name)}（{event.id}，{self.reason[0]}）",
            f"{verb_en}: {name} of {event.occurred_on} ({event.id}, {self.reason[1]})",
        )


class BasisDifference:
    """The facts that count on one side only, by id, and what else differs: law, day, what was known."""

    def __init__(
        self, moves: Iterable[MovedFact], law: list[Bilingual], day: list[Bilingual], known: list[Bilingual]
    ) -> None:
        self.moves = {move.event.id: move for move in moves}
        self.law, self._day, self._known = law, day, known

    @classmethod
    def between(cls, before: Basis, after: Basis) -> BasisDifference:
        """Between two bases of one agency."""
        first, then = _in_effect(before), _in_effect(after)
        moves = [_move(event, after, came=False) for id_, event in first.items() if id_ not in then]
        moves += [_move(event, before, came=True) for id_, event in then.items() if id_ not in first]
        return cls(
            sorted(moves, key=lambda move: move.event.version),
            _law_said(before.law, after.law, before.rulebook, after.rulebook),
            _days_said(before.as_of.isoformat(), after.as_of.isoformat()),
            _known_said(before.known_at, after.known_at),
        )

    @classmethod
    def of_answers(cls, before: Mapping[str, Any], after: Mapping[str, Any]) -> BasisDifference:
        """Between two answers of which no trail is at hand: what their own words about their basis say."""

        def named(answer: Mapping[str, Any], part: str) -> str | None:
            given = answer.get(part)
            return None if given is None else f"{given['id']} {given['sha256'][:12]}"

        law = _changed("规则", "the rulebook", named(before, "rulebook"), named(after, "rulebook"))
        law += _changed("节假日日历", "the calendar", named(before, "calendar"), named(after, "calendar"))
        return cls(
            (),
            law,
            _days_said(before.get("as_of"), after.get("as_of")),
            _known_said(before.get("known_at"), after.get("known_at")),
        )

    def among(self, ids: Iterable[str]) -> list[str]:
        """The events among these that moved."""
        return [id_ for id_ in ids if id_ in self.moves]

    def naming(self, ids: Iterable[str], *kinds: type[Event]) -> list[str]:
        """The moved facts of these types that name one of these events."""
        wanted = set(ids)
        return self.of(*kinds, where=lambda event: not wanted.isdisjoint(event.named()))

    def of(self, *kinds: type[Event], where: Callable[[Any], bool] = lambda _: True) -> list[str]:
        """The moved facts of these types."""
        return [
            id_ for id_, move in self.moves.items() if isinstance(move.event, kinds or (Event,)) and where(move.event)
        ]

    def only_facts(self) -> bool:
        """Whether nothing but facts can be behind a difference: one law, one day."""
        return not self.law and not self._day

    def with_annulments(self, ids: Iterable[str]) -> list[str]:
        """These events, each followed by the annulment that ended it on one side; each once."""
        found: dict[str, None] = {}
        for id_ in ids:
            found[id_] = None
            move = self.moves.get(id_)
            if move is not None and move.annulment is not None:
                found[move.annulment] = None
        return list(found)

    def said(self, ids: Iterable[str]) -> list[Bilingual]:
        """What moved among these events, in words."""
        return [self.moves[id_].said() for id_ in dict.fromkeys(ids) if id_ in self.moves]

    def otherwise(self) -> list[Bilingual]:
        """What is behind a difference that no fact explains: another law, else time alone, else what was known."""
        return self.law + self._day or self._known or [("所依据的答复不同", "the answers rest on different grounds")]


def shortened(said: list[Bilingual]) -> list[Bilingual]:
    """The first few, and how many there are."""
    if len(said) <= MOST_SAID:
        return said
    return [*said[:MOST_SAID], (f"等共 {len(said)} 项", f"and others, {len(said)} in all")]


def _in_effect(basis: Basis) -> dict[str, Event]:
    return {
        event.id: event
        for event in basis.trail.events
        if basis.trail.day_of(event) <= basis.as_of
        and basis.trail.counts(event)
        and not isinstance(event, EventAnnulled)
    }


def _move(event: Event, without: Basis, *, came: bool) -> MovedFact:
    """Why it does not count at the basis that is `without` it."""
    side, side_en = ("此前", "before: ") if came else ("", "now: ")
    annulment = without.trail.annulled_by.get(event.id)
    if annulment is not None:
        return MovedFact(event, came, (f"{side}已撤销：{annulment}", f"{side_en}annulled by {annulment}"), annulment)
    if event.id not in without.trail.by_id:
        return MovedFact(event, came, (f"{side}没有此记录", f"{side_en}not on record"), None)
    day = without.as_of
    return MovedFact(event, came, (f"截至 {day} 尚未生效", f"{side_en}not yet in effect on {day}"), None)


def _law_said(before: Law, after: Law, on_day: Rulebook, on_day_after: Rulebook) -> list[Bilingual]:
    def named(books: Iterable[Rulebook]) -> str:
        return "、".join(f"{book.id} {book.sha256[:12]}" for book in books)

    known = tuple(before.rulebooks), tuple(after.rulebooks)
    said = _changed("规则", "the rulebook", *map(named, known)) if known[0] != known[1] else []
    said = said or _changed("规则", "the rulebook", named([on_day]), named([on_day_after]))
    return said + _changed(
        "节假日日历", "the calendar", *(f"{one.calendar.id} {one.calendar.sha256[:12]}" for one in (before, after))
    )


def _days_said(before: str | None, after: str | None) -> list[Bilingual]:
    if before is None or after is None or before == after:
        return []
    text = f"所问的日子由 {before} 变为 {after}：期限届满、期间届满或年度更替"
    return [(text, f"the day asked about moved from {before} to {after}: a due date, a term or a year has passed")]


def _known_said(before: str | None, after: str | None) -> list[Bilingual]:
    return _changed("所知的时刻", "what was known at", before, after)


def _changed(what: str, what_en: str, before: str | None, after: str | None) -> list[Bilingual]:
    if before == after:
        return []
    return [(f"{what}由 {before} 变为 {after}", f"{what_en} changed from {before} to {after}")]
