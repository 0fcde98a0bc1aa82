"""What a batch would do were it recorded now: every row decided by its real command on the trail as it would then be.

Nothing is written: no event, no row, no key. Whether a row could be recorded is always said; what it would do, as far
as there is time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from api.application.answers.batches import BatchPreview, EqualFact, PreviewedRow, RowEffects, SheetChange
from api.application.batches.batch_lines import BatchIn, BatchLine, BatchLines, lines_of, must_not_have_moved
from api.application.beforehand import OpenVault, equal_before
from api.application.parsing.refused_bodies import row_problem
from api.application.problem_types import OutOfTime
from api.application.questions.inquiry import Inquiry, TimeLimit
from domain.agency import Agency, unknown_agency
from domain.commands.base import Recording
from domain.errors import NotFound
from domain.events import Event
from domain.law import Law, must_be_assessed
from domain.ledger.reader import CrossAgency, Reader
from domain.measures.rulebook.rulebook import assessment_year_of
from domain.measures.text.implements import implements
from domain.store.files.papers import StoredPapers
from domain.store.log.event_index_sql import StoredEntries
from domain.trail.trail import Trail
from domain.values import FOREVER, moment, new_id, next_instant
from projections.answers.districts import DueNotice
from projections.answers.standings import AgencyName
from projections.compare.basis_difference import BasisDifference
from projections.compare.comparison import touched_results
from projections.compare.standing_difference import SUMMARY, Side, sheet_differences, standing_differences
from projections.replay.known_at import Basis
from projections.replay.queries import ReplayQueries
from projections.rows.read.published import LATEST, names_on
from projections.rows.read.row_queries import RowQueries


@dataclass
class _Supposed:
    """An agency as it would stand after the rows so far."""

    side: Side
    """With an empty trail before its first event."""
    version: int
    """Of what is recorded by now."""
    due: list[DueNotice] | None = None
    """The notices that it brings about, once they were asked for."""

    @property
    def events(self) -> list[Event]:
        """All that is on its trail, supposed or not."""
        return self.side.basis.trail.events


class Preview:
    """One preview, of one snapshot of the ledger."""

    def __init__(self, inquiry: Inquiry, questions: ReplayQueries, reader: Reader) -> None:
        law = reader.law(FOREVER)
        if law is None:
            raise unknown_agency("")  # nothing was opened, so nobody is on file
        self._inquiry, self._questions, self._reader = inquiry, questions, reader
        self._law: Law = law
        self._held: dict[str, _Supposed] = {}
        self._made: dict[int, PreviewedRow] = {}
        self._deadline = TimeLimit(inquiry.service.settings.what_if_seconds)
        self._worked_out = True
        self._names: dict[str, str | None] = {}
        self._known = RowQueries(reader, questions.now).district(None, None).known_at

    @implements("R5", "R46")
    def of(self, batch: BatchIn) -> BatchPreview:
        """What the rows would do, and which would be refused."""
        lines = lines_of(self._reader.connection, self._inquiry.caller, batch, new_id)
        usccs = {*lines.usccs(), *(one.uscc for one in lines.refused if one.uscc is not None)}
        self._names = names_on(self._reader.connection, usccs, LATEST, self._known) if usccs else {}
        versions: dict[str, int] = {}
        last = {line.request.uscc: line.number for line in lines.read}

        def suppose(line: BatchLine) -> None:
            uscc = line.request.uscc
            if uscc not in self._held:
                self._held[uscc] = self._agency(uscc)
            agency = self._held[uscc]
            versions.setdefault(uscc, agency.version)
            try:
                must_not_have_moved(line, agency.version, batch.versions.get(uscc, agency.version))
                self._made[line.number] = self._row(line, agency)
            finally:
                if last[uscc] == line.number:  # histories are held no longer than they are needed
                    del self._held[uscc]

        lines.decided(suppose)
        return BatchPreview(
            as_of=self._questions.today,
            recordable=len(self._made),
            refused=len(batch.commands) - len(self._made),
            worked_out=self._worked_out,
            versions=versions,
            rows=tuple(self._rows(lines)),
        )

    def _rows(self, lines: BatchLines) -> Iterator[PreviewedRow]:
        refused = {one.number: one for one in lines.refused}
        for number in sorted({*self._made, *refused}):
            if number in self._made:
                yield self._made[number]
                continue
            one = refused[number]
            agency = None if one.uscc is None else self._named(one.uscc)
            yield PreviewedRow(row=number, post=one.post, agency=agency, refused=row_problem(one))

    def _named(self, uscc: str) -> AgencyName:
        return AgencyName(uscc, self._names.get(uscc))

    def _agency(self, uscc: str) -> _Supposed:
        try:
            basis = self._questions.basis(uscc)
        except NotFound:
            return _Supposed(Side(Basis(Trail(), self._law, self._questions.today, self._questions.now)), 0)
        return _Supposed(Side(basis), basis.version)

    def _row(self, line: BatchLine, agency: _Supposed) -> PreviewedRow:
        """Decide one row and let the agency stand as after it. Raises: a Refusal; then it stands as before."""
        before, request = agency.side, line.request
        trial = Agency.of(request.uscc)
        trial.trail = Trail(agency.events)
        trial.trail.veil = before.basis.trail.veil
        trial.version = max((one.version for one in agency.events), default=0)
        if trial.version == 0 and not request.may_create:
            raise unknown_agency(request.uscc)
        event = request.command.record(trial, self._recording(line, trial))
        entries = StoredEntries(
            self._reader.connection, trial.stream, self._inquiry.service.ledger.memory.mapper, is_new=not agency.events
        )
        similar = equal_before(self._reader.vault, entries, event)
        agency.side, due = Side(replace(before.basis, trail=trial.trail)), agency.due
        agency.due = None
        return PreviewedRow(
            row=line.number,
            post=line.given.post,
            agency=self._named(request.uscc),
            event=type(event).__name__,
            occurred_on=event.occurred_on,
            similar=tuple(
                EqualFact(
                    event=one.id,
                    version=one.version,
                    recorded_at=one.recorded_at,
                    type=type(one).__name__,
                    occurred_on=one.occurred_on,
                )
                for one in reversed(similar)
            ),
            effects=self._effects(before, agency, due, event) if before.basis.trail.events else None,
        )

    def _recording(self, line: BatchLine, trial: Agency) -> Recording:
        caller = self._inquiry.caller
        last = max((one.recorded_at for one in trial.trail.events), default=None)
        return Recording(
            actor=caller.person_id,
            role=caller.role,
            via=caller.via,
            law=self._law,
            recorded_at=next_instant(moment(self._questions.now), last),
            event_id=line.event_id,
            vault=OpenVault(self._reader.vault),
            path_id=line.request.path_id,
            enterprise=caller.uscc,
            elsewhere=CrossAgency(self._reader, trial.stream),
            papers=StoredPapers(self._reader.connection, self._reader.vault),
        )

    def _effects(self, before: Side, agency: _Supposed, due: list[DueNotice] | None, event: Event) -> RowEffects | None:
        """What the row does today, in each year that it bears on, and to whom notice falls due; None out of time.

        `due`: the notices before it, where an earlier row has asked for them.
        """
        after = agency.side
        try:
            self._deadline.check()
        except OutOfTime:
            self._worked_out = False
            return None
        moved = BasisDifference.between(before.basis, after.basis)
        sheets = []
        for year in self._years(event):
            found = sheet_differences(before.sheet(year), after.sheet(year), moved)
            found = [one for one in found if year != after.year or one.field not in SUMMARY]
            if found:
                sheets.append(SheetChange(year=year, difference=tuple(found)))
        known = {one.id for one in (self._questions.notices(before.basis) if due is None else due)}
        agency.due = list(self._questions.notices(after.basis))
        return RowEffects(
            difference=tuple(standing_differences(before, after, moved)),
            sheets=tuple(sheets),
            notices=tuple(one for one in agency.due if one.id not in known and one.sent_on is None),
            touched=tuple(touched_results(before.basis, after.basis)),
        )

    def _years(self, event: Event) -> list[int]:
        """The assessment years of the fact's day, of the year that it names, and of today, as far as there are any."""
        books = self._law.rulebooks
        days = {event.occurred_on, self._questions.today}
        years = {assessment_year_of(max(day, books.first_day), books.on(max(day, books.first_day))) for day in days}
        named = getattr(event, "year", None)
        return [year for year in sorted({*years, *([named] if named else [])}) if self._is_assessed(year)]

    def _is_assessed(self, year: int) -> bool:
        try:
            must_be_assessed(self._law, year)
        except NotFound:
            return False
        return True
