"""What the check of a workbook found, as it is kept between check and confirmation; how far a workbook is."""

from __future__ import annotations

import zlib
from typing import NamedTuple

import msgspec

from api.application.workbooks.checking_books import BookChecked
from api.application.workbooks.equal_facts import EqualRow
from api.application.workbooks.kinds.book_registry import BOOKS
from api.application.workbooks.kinds.sheet_kinds import SheetKind
from api.application.workbooks.row_bodies import RowFault
from domain.errors import Refusal, Unreadable
from domain.store.files.run_rows import RunPart, RunRow, RunState, opened_text, sealed_text
from domain.store.keys.vault import Vault
from domain.values import Instant


class RefusedRun(NamedTuple):
    """Why a workbook was not finished, and what to do."""

    text: str
    text_en: str
    remedy: str
    remedy_en: str


UNFORESEEN = RefusedRun(
    "发生意外错误，没有办完",
    "something unforeseen went wrong, it was not finished",
    "请重新上传：已登记的行不会重复登记；如再次出现，请告知管理员",
    "Send it again: rows that are recorded are not recorded twice. If it comes back, tell the administrator.",
)


class BookFound(msgspec.Struct):
    """What was found in a workbook, and how its recording ended."""

    rows: int = 0
    good: int = 0
    wrong: int = 0
    before: int = 0
    """Rows that were recorded before."""
    nothing: int = 0
    """Rows that say that there is nothing to record."""
    facts: int = 0
    """Facts that the good rows make."""
    unknown: tuple[str, ...] = ()
    """Headings that nobody reads."""
    faults: list[RowFault] = []
    """By row."""
    equal: list[EqualRow] = []
    stopped: RowFault | None = None
    """A row that was refused when it was recorded; those after it are not recorded."""
    refused: RefusedRun | None = None

    def by_row(self) -> dict[int, list[RowFault]]:
        """What is wrong with each row."""
        found: dict[int, list[RowFault]] = {}
        for one in self.faults:
            found.setdefault(one.row, []).append(one)
        return found

    def sealed(self, vault: Vault, run_id: str) -> bytes:
        """As it is kept."""
        return sealed_text(vault, run_id, msgspec.msgpack.encode(self))


def found_in(checked: BookChecked) -> BookFound:
    """The outcome of a check."""
    return BookFound(
        rows=checked.rows,
        good=checked.good,
        wrong=checked.wrong,
        before=checked.before,
        nothing=checked.nothing,
        facts=checked.facts,
        unknown=checked.unknown,
        faults=[fault for _, of_row in sorted(checked.faults.items()) for fault in of_row],
        equal=checked.equal,
    )


def refused_run(refusal: Refusal) -> BookFound:
    """The outcome of what was refused as a whole."""
    said = RefusedRun(refusal.text, refusal.text_en, refusal.remedy, refusal.remedy_en)
    return BookFound(refused=said)


class RunSeen(NamedTuple):
    """How far a workbook is at one moment: what a page or an answer says follows from one look."""

    id: str
    kind: SheetKind
    file_name: str
    created_at: Instant
    state: RunState
    part: RunPart | None
    done: int
    facts: int
    recorded: int
    found: BookFound | None
    """None until it is checked."""

    @property
    def busy(self) -> bool:
        """Whether something goes on."""
        return self.state in ("checking", "recording")


def seen_run(vault: Vault, row: RunRow) -> RunSeen:
    """A row as it is seen. Raises: Unreadable where it was changed in the database."""
    name = opened_text(vault, row.id, row.name).decode()
    found = None if row.found is None else _found(opened_text(vault, row.id, row.found))
    kind = BOOKS[row.kind]
    return RunSeen(row.id, kind, name, row.created_at, row.state, row.part, row.done, row.facts, row.recorded, found)


def _found(said: bytes) -> BookFound:
    try:
        return msgspec.msgpack.decode(said, type=BookFound)
    except (msgspec.MsgspecError, zlib.error) as error:
        raise Unreadable("what was found in a workbook is not what was written") from error
