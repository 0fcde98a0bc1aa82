"""Record a batch of commands in one transaction: every row, or nothing and what is wrong with each (api.md)."""

from __future__ import annotations

from msgspec import UNSET
from msgspec.structs import asdict

from api.application.action_context import ActionContext, Members
from api.application.answers.receipts import BatchRecorded, ImpactTouched, RecordedRow
from api.application.background.readiness import Service
from api.application.batches.batch_lines import BatchIn, BatchLine, all_refused, lines_of, must_not_have_moved
from api.application.categories import said_of_category
from api.application.idempotency import Answered
from api.application.record import link_of, record_in_unit, recorded
from domain.events import Event
from domain.ledger.ledger import UnitOfWork
from domain.measures.text.implements import implements
from domain.store.log.batch_rows import rows_of_batch
from domain.values import agency_stream


def record_batch(service: Service, context: ActionContext, batch: BatchIn) -> Answered:
    """Record all rows, or answer as the first time. Raises: BatchRefused with every refused row; nothing was recorded.

    Of two batches about the same agencies the second waits: streams are locked in the order of their names.
    """
    answered = context.carry_out(lambda unit: _Recording(context, unit).of(batch), _links)
    service.housekeeper.recorded()
    return answered


class _Recording:
    """One batch in one transaction."""

    def __init__(self, context: ActionContext, unit: UnitOfWork) -> None:
        self._context, self._unit = context, unit
        self._made: list[tuple[BatchLine, list[Event], list[Event]]] = []
        """Each row with its fact and what goes with it, and the equal ones that stood before."""

    @implements("R46")
    def of(self, batch: BatchIn) -> BatchRecorded:
        """The receipt. Raises: BatchRefused."""
        context, unit = self._context, self._unit
        lines = lines_of(unit.connection, context.caller, batch, context.make_id)
        for uscc in lines.usccs():
            unit.lock(agency_stream(uscc))
        unit.expect((one.request.uscc, one.request.command, one.request.path_id) for one in lines.read)
        versions = {uscc: unit.agency(uscc, new=True).version for uscc in lines.usccs()}

        def record(line: BatchLine) -> None:
            uscc = line.request.uscc
            must_not_have_moved(line, versions[uscc], batch.versions.get(uscc, versions[uscc]))
            events = record_in_unit(context, unit, line.request, line.event_id)
            self._made.append((line, events, unit.similar(events[:1])))

        lines.decided(record)
        if lines.refused:
            raise all_refused(lines.refused)
        batch_id = context.make_id()
        unit.beside.append(rows_of_batch(batch_id, ((line.number, events[0]) for line, events, _ in self._made)))
        latest = max(event.recorded_at for _, events, _ in self._made for event in events)
        return BatchRecorded(batch=batch_id, recorded_at=latest, count=len(self._made), rows=tuple(self._rows()))

    def _rows(self) -> list[RecordedRow]:
        unit, touched = self._unit, dict[str, list[ImpactTouched]]()
        for one in unit.projected().touched:
            hit = ImpactTouched(impact=one.impact_id, result=one.result_id, year=one.year)
            touched.setdefault(one.cause, []).append(hit)
        rows = []
        for line, events, similar in self._made:
            uscc = line.request.uscc
            receipt = asdict(recorded(uscc, unit.agency(uscc), events, (), similar))
            receipt["touched"] = tuple(hit for event in events for hit in touched.get(event.id, ())) or UNSET
            said = said_of_category(unit, events)
            rows.append(RecordedRow(**receipt, **said, row=line.number, ref=line.given.ref or UNSET))
        return rows


def _links(unit: UnitOfWork, answer: Members) -> Members:
    """The one-time links of invitations, which are kept nowhere (art.23)."""
    return {"rows": [one | link_of(unit, one) for one in answer["rows"]]}
