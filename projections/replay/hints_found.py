"""Hints by replay (R37): of one agency, with the staff of others found by key, or agency by agency of the district."""

from __future__ import annotations

from domain.ledger.reader import CrossAgency, Reader
from domain.measures.hints import Hint, hints
from domain.trail.trail import Trail
from domain.values import FOREVER
from projections.answers.districts import ElsewhereFact, HintFound
from projections.answers.standings import AgencyName
from projections.replay.basis import Basis
from projections.replay.known_at import KnownAt, knowledge
from projections.replay.standing import agency_name


class Hints:
    """The hints of one agency or of many at one `known_at`; the staff of others is read at the same."""

    def __init__(self, reader: Reader, known_at: str | None) -> None:
        self._reader, self._known = reader, knowledge(reader, known_at)
        self._others: dict[str, Trail | None] = {}

    def of(self, basis: Basis) -> list[HintFound]:
        """The hints of an agency that its facts give by the basis, open or settled, by day."""
        agency = agency_name(basis)
        elsewhere = CrossAgency(self._reader, basis.trail.events[0].stream, lambda other: self._trail(other, basis))
        of_whom = AgencyName(agency.uscc, agency.name)
        return [_row(one, of_whom) for one in hints(basis.facts, basis.law, elsewhere)]

    def _trail(self, stream: str, basis: Basis) -> Trail | None:
        """What was known of another agency; `version:N` of the one asked about is an instant to the others."""
        if stream not in self._others:
            events = self._reader.events(stream)
            asked = self._known if self._known.version is None else KnownAt(instant=basis.known_at)
            known = asked.among(self._reader, events, FOREVER)
            self._others[stream] = Trail(known) if known else None
        return self._others[stream]


def _row(hint: Hint, agency: AgencyName) -> HintFound:
    return HintFound(
        id=hint.id,
        agency=agency,
        rule=hint.rule,
        behaviour=hint.behaviour,
        article=hint.article,
        day=hint.day,
        text=hint.text,
        text_en=hint.text_en,
        events=hint.events,
        elsewhere=tuple(ElsewhereFact(uscc, event) for uscc, event in hint.elsewhere),
        status=hint.status,
        settled_by=hint.settled_by,
    )
