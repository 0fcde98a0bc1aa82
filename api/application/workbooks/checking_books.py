"""Every row decided on the trail as it would be, before anything is recorded: what is right, what is wrong and where.

A row that was recorded before, by this file or another one, is known by what it says and is recorded once only. What
is ready waits on disk, not in memory.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice

import msgspec
from pydantic import ValidationError

from api.application.batches.agencies_meant import agencies_meant
from api.application.beforehand import OpenVault
from api.application.importer.check import HELD_EVENTS, Agencies
from api.application.importer.lines import wrong_fields
from api.application.importer.spool import Spool
from api.application.privacy.authorisation import Caller
from api.application.workbooks.cell_values import CellFault
from api.application.workbooks.equal_facts import EqualFacts, EqualRow
from api.application.workbooks.facts_given_out import cells_of_event, contracts_of
from api.application.workbooks.kinds.sheet_kinds import RECORD, ROW, Body, SheetKind
from api.application.workbooks.reading_books import Book, SheetRow
from api.application.workbooks.row_bodies import RowBody, RowFault, body_of_cells, field_at, row_body, with_project
from domain.agency import Agency, unknown_agency
from domain.commands.base import Recording
from domain.commands.filing import FileAgency
from domain.errors import Contradiction, Refusal
from domain.events import Event
from domain.ledger.ledger import Ledger, Reader
from domain.ledger.reader import CrossAgency
from domain.values import FOREVER, Bilingual, Instant, Role, agency_stream, moment, next_instant, normal_uscc

PART = 2_000
"""Rows that are looked up and decided together."""
Progress = Callable[[int], None]


@dataclass
class BookChecked:
    """How a check ended."""

    rows: int = 0
    good: int = 0
    """Rows that are ready to be recorded."""
    wrong: int = 0
    before: int = 0
    """Rows that are recorded already."""
    nothing: int = 0
    """Rows that say that there is nothing to record."""
    facts: int = 0
    """Facts that the good rows make."""
    unknown: tuple[str, ...] = ()
    """Headings that nobody reads."""
    faults: dict[int, list[RowFault]] = field(default_factory=dict)
    equal: list[EqualRow] = field(default_factory=list)
    """Good rows that say what is recorded already, or what an earlier row says (R46): recorded all the same."""

    def fault(self, one: RowFault) -> None:
        """Something is wrong with a row."""
        self.faults.setdefault(one.row, []).append(one)


class BookCheck:
    """Checks one file for who brings it; what is ready is left in the spool, by the row that it comes from."""

    def __init__(self, ledger: Ledger, reader: Reader, kind: SheetKind, role: Role, spool: Spool, now: Instant) -> None:
        law = reader.law(FOREVER)
        if law is None:
            raise Contradiction("账本尚未启用", "the ledger has not been opened")
        self._ledger, self._reader, self._kind, self._law = ledger, reader, kind, law
        self._role, self._spool, self._now = role, spool, now
        self._agencies = Agencies(partial(ledger.agency, reader), spool, HELD_EVENTS)
        self._seen: Counter[str] = Counter()
        self._equal = EqualFacts(reader, ledger.memory.mapper)
        self.found = BookChecked()

    def of(self, book: Book, progress: Progress = lambda rows: None) -> BookChecked:
        """Check every row. `progress` is told how many are checked."""
        self.found.unknown = tuple(book.headed.unknown)
        rows = book.rows()
        together: dict[tuple[str, str, str], list[RowBody]] = {}
        while part := list(islice(rows, PART)):
            ready = self._read(book, part)
            if self._kind.together is None:
                self._decide_all([[one] for one in ready])
            else:
                for one in ready:
                    body = one.body or {}
                    key = (one.agency, str(body.get("changed_on")), str(body.get("reported_on")))
                    together.setdefault(key, []).append(one)
            progress(self.found.rows)
        groups = list(together.values())
        for place in range(0, len(groups), PART):
            self._decide_all(groups[place : place + PART])
        self.found.wrong = len(self.found.faults)
        self.found.equal.sort()
        return self.found

    def _read(self, book: Book, part: list[SheetRow]) -> list[RowBody]:
        """The rows of a part that could be read, each with the code of its agency."""
        bodies = []
        for row in part:
            self.found.rows += 1
            body, faults = row_body(book, self._kind, row)
            for fault in faults:
                self.found.fault(fault)
            if body is not None and body.body is None:
                self.found.nothing += 1
            elif body is not None:
                bodies.append(body)
        if self._kind.route.body is FileAgency:
            return bodies
        meant = agencies_meant(self._ledger, [one.agency for one in bodies])
        known = []
        for one in bodies:
            agency = meant[one.agency]
            if agency.problem is None:
                known.append(one._replace(agency=agency.uscc))
            else:
                self.found.fault(RowFault(one.row, "agency", agency.problem))
        return known

    def _decide_all(self, groups: list[list[RowBody]]) -> None:
        """Decide facts, each of the rows that make it up.

        Agency by agency, those of one in their order: a trail is built once a part, not once a row.
        """
        groups = sorted(groups, key=lambda group: group[0].agency)
        bodies = [self._body(group) for group in groups]
        ids = [self._id(group[0].agency, body) for group, body in zip(groups, bodies, strict=True)]
        given_out = [group[0].record for group in groups if group[0].record is not None]
        recorded = self._reader.named([*ids, *given_out])
        for group, body, event_id in zip(groups, bodies, ids, strict=True):
            stands = recorded.get(group[0].record or "")
            if event_id in recorded or (stands is not None and self._is_of(stands, group, body)):
                self.found.before += len(group)
                continue
            changed = [RowFault(group[0].row, RECORD.field, _CHANGED)] if stands is not None else []
            faults = changed or list(self._decided(group[0], body, event_id))
            if faults:
                for row in group:
                    for fault in faults:
                        self.found.fault(fault._replace(row=row.row))
            else:
                self.found.good += len(group)
                self.found.facts += 1
        self.found.equal += self._equal.taken()

    def _is_of(self, event: Event, group: list[RowBody], body: Body) -> bool:
        """Whether rows say what they were given out with for a fact of this ledger."""
        uscc = event.stream.removeprefix(agency_stream(""))
        if normal_uscc(group[0].agency) != uscc:
            return False
        contracts = contracts_of(self._agencies.get(uscc).trail.events) if self._kind.name == "surveys" else {}
        said = cells_of_event(self._reader, Caller("", self._role, None, b""), self._kind, event, contracts)
        bodies = [body_of_cells(self._kind, one.cells) or {} for one in said]
        return bool(bodies) and body == (bodies[0] if self._kind.together is None else self._kind.together(bodies))

    def _body(self, group: list[RowBody]) -> Body:
        bodies = [one.body or {} for one in group]
        return bodies[0] if self._kind.together is None else self._kind.together(bodies)

    def _id(self, agency: str, body: Body) -> str:
        """Of the fact: by what it says, and the how-manieth of its kind in this file that says so (UUID version 5).

        Under the vault's secret: nobody can find out by trying what a fact said whose people were forgotten.
        """
        said = msgspec.json.encode([self._kind.name, agency, body], order="deterministic").decode()
        hashed = self._reader.vault.keyed_hash(f"workbook {said}")
        self._seen[hashed] += 1
        return str(uuid.uuid5(_WORKBOOKS, f"{hashed} {self._seen[hashed]}"))

    def _decided(self, row: RowBody, body: Body, event_id: str) -> Iterator[RowFault]:
        """Decide one fact on the trail as the rows before have left it; what is wrong with it."""
        try:
            uscc = normal_uscc(row.agency)
        except ValueError:
            yield RowFault(row.row, "uscc", ("信用代码的长度、字符或校验位不对", "not a valid credit code"))
            return
        agency = self._agencies.get(uscc)
        is_filing = self._kind.route.body is FileAgency
        try:
            if agency.version == 0 and not is_filing:
                raise unknown_agency(uscc)
            body = with_project(body, agency)
            command = self._kind.route.body.model_validate(body)
            event = command.record(agency, self._recording(agency, event_id))
        except CellFault as fault:
            yield RowFault(row.row, "project_id", fault.said)
        except ValidationError as error:
            for one in wrong_fields(row.row, error.errors(include_url=False), body):
                pointer = one.pointer.removeprefix("/body")
                yield RowFault(row.row, field_at(self._kind, pointer), (one.detail, one.detail_en))
        except Refusal as refusal:
            said = f"{refusal.text}；{refusal.remedy}", f"{refusal.text_en}. {refusal.remedy_en}"
            yield RowFault(row.row, ROW if not refusal.pointer else field_at(self._kind, refusal.pointer), said)
        else:
            agency.pending_events.clear()
            self._equal.note(row.row, event)
            self._agencies.grown()
            self._spool.keep_event(uscc, row.row, event)
            kept: dict[str, object] = {"id": event_id, "body": body}
            self._spool.keep_command(row.row, uscc, None, self._kind.path, kept)

    def _recording(self, agency: Agency, event_id: str) -> Recording:
        last = agency.trail.events[-1].recorded_at if agency.trail.events else None
        supposed = Recording.supposed(
            self._law,
            next_instant(moment(self._now), last),
            event_id,
            "import",
            elsewhere=CrossAgency(self._reader, agency.stream),
        )
        return replace(supposed, role=self._role, vault=OpenVault(self._reader.vault))


_CHANGED: Bilingual = (
    "这条记录已在台账中，但这一行与它不同：更正请用“更正”，另记一件请清空“记录编号”",
    "this record stands in the ledger, and the row says something else: correct the record, or clear its number",
)
_WORKBOOKS = uuid.UUID("6f0f2a86-5d0e-5b39-9a33-7e0d3c1b9a10")
"""Our namespace of the ids of facts that came in workbooks (RFC 9562, 5.5)."""
