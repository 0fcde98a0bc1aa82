"""Hints (线索): facts that suggest that a behaviour of art.16 should be looked into (R37). They never count.

A hint has no event of its own: it follows from the facts, and is gone when they are. Its id follows from its rule and
its events, so it survives replays.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from domain.events import BadRecordEntered, HintDismissed
from domain.measures.hint_grounds import (
    Ground,
    TheLaw,
    beyond_qualification,
    changes_reported_late,
    shared_certificates,
    survey_answers,
    weak_teams,
    without_project,
)
from domain.measures.staff import Elsewhere
from domain.measures.text.implements import implements
from domain.trail.trail import Facts
from domain.values import Instant

Status = Literal["open", "dismissed", "recorded"]
_ID = re.compile(r"h-([0-9A-Z]{18})-[0-9a-f]{24}", re.ASCII)


@dataclass(frozen=True)
class Hint:
    """One hint at one agency."""

    id: str
    rule: str
    behaviour: str | None
    """The code of art.16 that it suggests (R11); None: something does not fit, look what it is."""
    day: date
    """The day from which the facts suggest it."""
    text: str
    text_en: str
    events: tuple[str, ...]
    """The agency's own facts that suggest it."""
    elsewhere: tuple[tuple[str, str], ...]
    """USCC and event of other agencies' facts that do: not for the agency's eyes."""
    known_from: Instant
    """When the last of all these facts was recorded."""
    status: Status = "open"
    settled_by: str | None = None
    """The dismissal or the bad record that settled it."""

    @property
    def article(self) -> str | None:
        """The item of art.16 that it suggests."""
        return None if self.behaviour is None else f"art.16({self.behaviour.removeprefix('16.')})"


def hint_id(uscc: str, rule: str, events: Iterable[str]) -> str:
    """The id of a hint, from its rule and events alone: it is the same in every replay (R37)."""
    return f"h-{uscc}-{hashlib.sha256('|'.join((rule, *events)).encode()).hexdigest()[:24]}"


def agency_of_hint(id_: str) -> str | None:
    """The USCC inside a hint's id; None for what is no such id."""
    found = _ID.fullmatch(id_)
    return None if found is None else found[1]


@implements("R37")
def hints(facts: Facts, law: TheLaw, elsewhere: Elsewhere) -> list[Hint]:
    """Every hint that the facts give by `as_of`, open or settled, by day. None before the Measures (R4)."""
    grounds = (
        *changes_reported_late(facts, law),
        *survey_answers(facts, law),
        *shared_certificates(facts, law, elsewhere),
        *weak_teams(facts, law),
        *beyond_qualification(facts, law),
        *without_project(facts, law),
    )
    found = [_hint(one) for one in grounds if law.rulebooks.first_day <= one.day <= facts.as_of]
    return _settled(sorted(found, key=lambda one: (one.day, one.id)), facts)


def _hint(ground: Ground) -> Hint:
    uscc = ground.events[0].stream.partition("/")[2]
    own = tuple(dict.fromkeys(event.id for event in ground.events))
    others = tuple((one.uscc, one.event) for one in ground.others)
    return Hint(
        id=hint_id(uscc, ground.rule, (*own, *(event for _, event in others))),
        rule=ground.rule,
        behaviour=ground.behaviour,
        day=ground.day,
        text=ground.text,
        text_en=ground.text_en,
        events=own,
        elsewhere=others,
        known_from=max([one.recorded_at for one in ground.events] + [one.recorded_at for one in ground.others]),
    )


def _settled(found: list[Hint], facts: Facts) -> list[Hint]:
    """The hints with what settled them: a dismissal, the bad record that names it, or one of the same code.

    A bad record that names no hint settles one: of those known when it was recorded, and of a day up to its entry, the
    one whose day is its `behaviour_on`, else the oldest open one.
    """
    records = sorted(facts.of(BadRecordEntered), key=lambda one: one.version)
    settled: dict[str, tuple[Status, str]] = {one.hint_id: ("dismissed", one.id) for one in facts.of(HintDismissed)}
    settled |= {one.hint_id: ("recorded", one.id) for one in records if one.hint_id is not None}
    for record in records:
        if record.hint_id is not None:
            continue
        fitting = [
            hint
            for hint in found
            if hint.behaviour == record.behaviour
            and hint.id not in settled
            and hint.known_from < record.recorded_at
            and hint.day <= record.occurred_on
        ]
        if fitting:
            meant = next((hint for hint in fitting if hint.day == record.behaviour_on), fitting[0])
            settled[meant.id] = ("recorded", record.id)
    nothing: tuple[Status, None] = ("open", None)
    return [
        replace(hint, status=status, settled_by=by) for hint in found for status, by in (settled.get(hint.id, nothing),)
    ]
