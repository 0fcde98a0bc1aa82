"""The questions of api.md that need the events themselves, answered from one snapshot by replay.

What the rows can answer is asked in `row_queries.py`; the tests and `steward check` hold the two together.

The audit trail of an agency: every event in recording order, whether it counts, what is to be noted.

Hints by replay (R37): of one agency, with the staff of others found by key, or agency by agency of the district.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import date
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from domain.agency import unknown_agency, unknown_then
from domain.disclosure.who_reads import of_month
from domain.errors import Invalid
from domain.events import Event, InformationChanged, ProjectStarted
from domain.law import Law, must_be_assessed
from domain.ledger.reader import CrossAgency, Reader
from domain.measures.around.agency_statements import statements
from domain.measures.chapter2_filing import change_deadline
from domain.measures.chapter3_business import papers_of, team_shortfalls
from domain.measures.hints import Hint, hints
from domain.measures.notices import notices
from domain.trail.trail import MonthVeil, Trail
from domain.values import FOREVER, Instant, agency_stream, shanghai_date
from projections.answers.districts import DueNotice, ElsewhereFact, HintFound
from projections.answers.sheets import ScoreSheet
from projections.answers.standings import AgencyName, Standing
from projections.answers.trail_items import RecordedEvent, StatementBeside, Timeline, TrailEvent, TrailFlag
from projections.fact_kinds import fact_label
from projections.replay.known_at import EARLIEST, Basis, KnownAt, knowledge, not_future
from projections.replay.standing import agency_name, served, sheet_answer, standing
from projections.replay.timeline import timeline

ENVELOPE = ("id", "version", "occurred_on", "recorded_at", "actor", "via", "note", "note_audience", "evidence")
_NOT_SHOWN = {*ENVELOPE, "type", "v", "stream"}


def entry(event: Event, basis: Basis) -> TrailEvent:
    """One event of the trail. Sealed fields stay sealed here: whoever may read them opens them at the edge."""
    late = (shanghai_date(event.recorded_at) - event.occurred_on).days
    return TrailEvent(
        **_recorded(event),
        counts=basis.trail.counts(event),
        annulled_by=basis.trail.annulled_by.get(event.id),
        recorded_days_later=max(0, late),
        flags=tuple(flags(event, basis)),
        statement=_beside(event, basis),
    )


def _beside(event: Event, basis: Basis) -> StatementBeside | UnsetType:
    found = statements(basis.trail).get(event.id)
    if found is None:
        return UNSET
    return StatementBeside(found.id, found.occurred_on, msgspec.json.decode(msgspec.json.encode(found.content)))


def recorded_entry(event: Event) -> RecordedEvent:
    """What was recorded, without what became of it."""
    return RecordedEvent(**_recorded(event))


def _recorded(event: Event) -> dict[str, Any]:
    stored = msgspec.json.decode(msgspec.json.encode(event))
    name = type(event).__name__
    return {
        **{field: stored[field] for field in ENVELOPE},
        "type": name,
        "label": fact_label(name),
        "fact": {field: value for field, value in stored.items() if field not in _NOT_SHOWN},
    }


def flags(event: Event, basis: Basis) -> list[TrailFlag]:
    """What the Measures note about a recorded fact without refusing it: a weak team, missing papers, a late change."""
    if isinstance(event, ProjectStarted):
        return _of_project(event, basis)
    if isinstance(event, InformationChanged):
        limit = change_deadline(event, basis.law.rulebooks, basis.law.calendar)
        if limit is not None and event.reported_on > limit.day:
            said = f"{limit.day} 到期，{event.reported_on} 才报送", f"due by {limit.day}, came {event.reported_on}"
            return [TrailFlag("art.12", *said)]
    return []


def _of_project(project: ProjectStarted, basis: Basis) -> list[TrailFlag]:
    rulebook = basis.law.rulebooks.on(project.occurred_on)
    found = [TrailFlag("art.15(1)", text, text_en) for text, text_en in team_shortfalls(project, rulebook)]
    inherited = project.inherited_from is not UNSET
    if inherited:
        found.append(TrailFlag("art.12", "承继自前身的项目", "goes on from the predecessor's"))
    plans, report = papers_of(basis.facts, project)
    if not plans and not inherited:  # the plan was filed, or not, with the predecessor's
        found.append(TrailFlag("art.15(2)", "实施方案尚未报备", "no project plan has been filed"))
    if report is None:
        found.append(TrailFlag("art.15(3)", "总结报告尚未报送", "no closing report has been filed"))
    return found


class ReplayQueries:
    """Answers at the edge's clock: `now` is the default and the latest `known_at`, `today` the default `as_of`."""

    def __init__(self, reader: Reader, now: Instant, hidden: frozenset[str] = frozenset()) -> None:
        """`hidden`: survey forms of which whoever asks is told the month alone (R39)."""
        self.reader, self.hidden = reader, hidden
        self.now = now
        self.today = shanghai_date(now)
        self._laws: dict[Instant, Law | None] = {}

    # ---- the basis ----

    def basis(self, uscc: str, as_of: date | None = None, known_at: str | None = None) -> Basis:
        """One agency on `as_of` as known at `known_at`: an instant, `version:N` or `log:N` (api.md, Reading).

        404 for an agency not known at that instant; 422 for a `known_at` that lies in the future or is malformed.
        """
        known = knowledge(self.reader, known_at)
        events = self.reader.agency_events(uscc)
        if not events:
            raise unknown_agency(uscc)
        basis = self._basis(events, known, as_of)
        if basis is None:
            raise unknown_then(uscc)
        return basis

    def _basis(self, events: tuple[Event, ...], known: KnownAt, as_of: date | None) -> Basis | None:
        """The basis of one agency's events; None when it was not known then."""
        if not events:
            return None
        latest = max(self.now, events[-1].recorded_at)
        at = known.instant or latest
        if known.log is None and known.version is None:
            not_future(at, latest)
        trail = known.among(self.reader, events, latest)
        if known.version is not None:
            at = trail[-1].recorded_at if trail else EARLIEST
        if self.hidden and (known.log is not None or known.version is not None):
            at = max((one.recorded_at for one in trail if one.id not in self.hidden), default=EARLIEST)
        law = known.law if known.log is not None else self._law(at)
        if not trail or law is None:
            return None
        return Basis(
            self._trail(events, trail, at, live=known == knowledge(self.reader, None)), law, as_of or self.today, at
        )

    def _law(self, at: Instant) -> Law | None:
        """What was adopted by an instant: asked of the snapshot once, however many agencies it judges."""
        if at not in self._laws:
            self._laws[at] = self.reader.law(at)
        return self._laws[at]

    def _trail(self, events: tuple[Event, ...], known: Sequence[Event], at: Instant, *, live: bool) -> Trail:
        """The trail of what is known, with what is not told of it."""
        if not self.hidden or not self.hidden.intersection(event.id for event in events):
            return self.reader.trail_of(known)
        of_forms = [event for event in of_month(events, at) if event.id in self.hidden]
        told = [event for event in known if event.id not in self.hidden]
        trail = Trail(sorted([*told, *of_forms], key=lambda event: event.version))
        trail.veil = MonthVeil(Trail(of_month(events, at)), self.hidden, live)
        return trail

    # ---- one agency ----

    def standing(self, basis: Basis) -> Standing:
        """Tier, bad records and score, with the grounds."""
        return standing(basis)

    def sheet(self, basis: Basis, year: int) -> ScoreSheet:
        """The score sheet of a year with its explanation. 404 for a year before the Measures."""
        must_be_assessed(basis.law, year)
        return sheet_answer(basis, year)

    def timeline(self, basis: Basis, first: date | None = None, last: date | None = None) -> Timeline:
        """Every day on which the standing changes, by default from the first fact to today or the latest dated fact."""
        dates = [basis.trail.day_of(event) for event in basis.trail.events]
        first = first or min(dates)
        last = last or max(self.today, *dates)
        if last < first:
            raise Invalid(
                f"to（{last}）早于 from（{first}）",
                f"to ({last}) lies before from ({first})",
                remedy="请对调两个日期",
                remedy_en="Swap the two dates.",
                pointer="?to",
            )
        return timeline(basis, first, last)

    def trail(self, basis: Basis) -> list[TrailEvent]:
        """The audit trail as known at the basis, in recording order; sealed fields are still sealed."""
        return [entry(event, basis) for event in basis.trail.events]

    def notices(self, basis: Basis) -> list[DueNotice]:
        """The notices of one agency that are due by the basis, sent or not (R18)."""
        agency = agency_name(basis)
        of_whom = AgencyName(agency.uscc, agency.name)
        return [
            DueNotice(
                one.id,
                of_whom,
                one.kind,
                one.article,
                one.recipient,
                one.cause,
                one.due_on,
                one.text,
                one.text_en,
                one.sent_on,
                None if one.service is None else served(one.service),
            )
            for one in notices(basis.facts, basis.law.rulebooks)
        ]

    # ---- the district ----

    def district(
        self, as_of: date | None = None, known_at: str | None = None, *, only: Collection[str] | None = None
    ) -> Iterator[Basis]:
        """The bases of all agencies, or of these, known at `known_at` (an instant or `log:N`), by USCC."""
        known = knowledge(self.reader, known_at)
        streams = None if only is None else [agency_stream(uscc) for uscc in only]
        for events in self.reader.agencies(streams):
            basis = self._basis(events, known, as_of)
            if basis is not None:
                yield basis


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
