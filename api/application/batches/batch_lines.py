"""The commands of a batch, each read as its own route would read it: path, right, body, names (api.md, Commands).

What is wrong with one row never hides what is wrong with another.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated

import msgspec
from pydantic import Field, ValidationError

from api.application.action_context import CommandRequest
from api.application.commands import CommandRoute, find_command, is_act
from api.application.parsing.strict_json import resolved
from api.application.parsing.validation_texts import field_errors
from api.application.privacy.authorisation import Caller, rights_of
from api.application.problem_types import BatchRefused, RefusedRow
from api.application.questions.inquiry import path_uscc, require_right
from api.application.record import agency_about
from domain.commands.base import Command
from domain.commands.fields import CommandIn, Part, Uscc
from domain.commands.filing import FileAgency
from domain.errors import Contradiction, Forbidden, Invalid, NotFound, Refusal, VersionConflict
from domain.store.db.engine import Connection
from domain.values import normal_uscc

MOST_ROWS = 1000
"""Of one batch: more is a matter for an import, which goes on where it stopped."""
MOST_PLACES = 100
"""So many places are named above all rows; each row names its own."""
REFUSALS = (Invalid, Contradiction, NotFound, Forbidden, VersionConflict)
"""What a row can be refused with; anything else stops the whole batch as it would stop a single command."""
_BESIDE = {"note", "note_audience", "evidence"}
"""What does not make of two rows two facts (R46)."""
_canonical = msgspec.json.Encoder(order="sorted")


class BatchIn(Part):
    """Commands to be recorded together: all of them or none (R46: no row twice)."""

    commands: Annotated[tuple[CommandIn, ...], Field(min_length=1, max_length=MOST_ROWS)]
    key: Annotated[str, Field(min_length=1, max_length=255)] | None = None
    """In place of the header Idempotency-Key."""
    versions: Annotated[dict[Uscc, int], Field(default_factory=dict, max_length=MOST_ROWS)]
    """The version of each agency that has to stand, as a preview gave it; those left out may have moved."""


@dataclass(frozen=True)
class BatchLine:
    """One row, read: what it asks for, and the id that its fact gets."""

    number: int
    """From 1."""
    given: CommandIn
    route: CommandRoute
    request: CommandRequest
    event_id: str
    refers: frozenset[int]
    """The rows whose facts it names."""

    def refused(self, refusal: Refusal, because: int | None = None) -> RefusedRow:
        """This row with what it is refused for."""
        return refused_row(self.number, self.given.post, refusal, self.request.uscc, because)

    @property
    def says(self) -> bytes:
        """Equal for two rows that would record the same of the same agency."""
        what = self.request
        body = what.command.model_dump(mode="json", exclude=_BESIDE)
        return _canonical.encode([self.route.path, what.uscc, what.path_id, body])


def refused_row(
    number: int, post: str, refusal: Refusal, uscc: str | None = None, because: int | None = None
) -> RefusedRow:
    """A refused row. The refusal's pointers, which are into the command's body, then lead into the batch's."""
    at = f"/commands/{number - 1}"
    refusal.more = tuple((f"{at}/body{pointer}", text, text_en) for pointer, text, text_en in refusal.more)
    refusal.pointer = f"{at}/post" if refusal.pointer is None else f"{at}/body{refusal.pointer}"
    return RefusedRow(number, post, uscc, refusal, because)


def all_refused(rows: list[RefusedRow]) -> BatchRefused:
    """The refusal of a batch for these rows."""
    ordered = sorted(rows, key=lambda one: one.number)
    count, first = len(ordered), ordered[0]
    more = [
        place
        for one in ordered
        for place in one.refusal.more or ((one.refusal.pointer or "", one.refusal.text, one.refusal.text_en),)
    ]
    return BatchRefused(
        f"{count} 行被拒绝，整批没有记录；第 {first.number} 行：{first.refusal.text}",
        f"{count} rows are refused, nothing of the batch was recorded; row {first.number}: {first.refusal.text_en}",
        remedy="请按 rows 逐行改正，再提交整批",
        remedy_en="Correct the rows as `rows` says and send the whole batch again.",
        more=tuple(more[:MOST_PLACES]),
        rows=tuple(ordered),
    )


@dataclass
class BatchLines:
    """The rows of a batch: those that can be asked of the ledger, and those that are refused as they are written."""

    read: list[BatchLine] = field(default_factory=list)
    refused: list[RefusedRow] = field(default_factory=list)

    def usccs(self) -> list[str]:
        """The agencies that the rows are about, in the order in which streams are locked."""
        return sorted({one.request.uscc for one in self.read})

    def decided(self, decide: Callable[[BatchLine], None]) -> None:
        """Have each row decided in order; what is refused joins `refused`, and what refers to a refused row."""
        gone = {one.number for one in self.refused}
        for line in self.read:
            cause = min(line.refers & gone, default=None)
            try:
                if cause is not None:
                    raise _because(cause)
                decide(line)
            except REFUSALS as refusal:
                gone.add(line.number)
                self.refused.append(line.refused(refusal, cause))


def lines_of(connection: Connection, caller: Caller, batch: BatchIn, make_id: Callable[[], str]) -> BatchLines:
    """The rows of a batch, each under the right of its single command. `make_id`: gives each fact its id."""
    found, names, said = BatchLines(), dict[str, tuple[int, str]](), dict[bytes, int]()
    for number, given in enumerate(batch.commands, 1):
        event_id = make_id()
        try:
            if given.ref is not None and names.setdefault(given.ref, (number, event_id))[0] != number:
                raise _name_taken(names[given.ref][0])
            line = _line(connection, caller, number, given, event_id, names)
            if (before := said.setdefault(line.says, number)) != number:
                raise _twice(line, before)
            found.read.append(line)
        except ValidationError as error:
            found.refused.append(refused_row(number, given.post, _wrong_body(error, given), _agency_in(given.post)))
        except REFUSALS as refusal:
            found.refused.append(refused_row(number, given.post, refusal, _agency_in(given.post)))
    return found


def _line(
    connection: Connection,
    caller: Caller,
    number: int,
    given: CommandIn,
    event_id: str,
    names: dict[str, tuple[int, str]],
) -> BatchLine:
    """Raises: one of REFUSALS, ValidationError."""
    refers = set[int]()

    def find(name: str, pointer: str) -> str:
        if name not in names or names[name][0] == number:
            raise _unknown_name(pointer)
        refers.add(names[name][0])
        return names[name][1]

    path, body = resolved(given.post, given.body, find)
    route, named, path_id = _route_of(path)
    rights = rights_of("POST", route.path)
    require_right(rights, caller, named)
    command: Command = route.body.model_validate(body)
    if route.subject is not None:
        uscc = agency_about(connection, caller, route.subject, path_id or "")
    else:
        uscc = command.uscc if isinstance(command, FileAgency) else path_uscc(named or "")
    may_create = named is None and path_id is None
    request = CommandRequest(command, uscc, path_id, may_create=may_create)
    return BatchLine(number, given, route, request, event_id, frozenset(refers))


def _agency_in(post: str) -> str | None:
    """The agency that a row's path names, for what is said of a row that cannot be read."""
    known = find_command(post)
    try:
        return normal_uscc(known[1] or "") if known is not None else None
    except ValueError:
        return None


def _route_of(path: str) -> tuple[CommandRoute, str | None, str | None]:
    found = find_command(path)
    if found is not None and not found[0].body.SEVERAL_FACTS:
        return found
    if found is None and not is_act(path):
        raise Invalid(
            "没有这个命令",
            "there is no such command",
            cites=("api.md",),
            remedy="请对照接口文档中的命令表，路径以 /v1/ 开头",
            remedy_en="Compare it with the table of commands; paths begin with /v1/.",
        )
    raise Invalid(
        "这个命令一次记录多件事实，不能放在批次里",
        "this command records several facts at once and can be in no batch",
        cites=("api.md",),
        remedy="请单独提交",
        remedy_en="Send it by itself.",
    )


def _wrong_body(error: ValidationError, given: CommandIn) -> Invalid:
    located = [{**one, "loc": ("body", *one["loc"])} for one in error.errors(include_url=False)]
    places = field_errors(located, given.body)
    first, more = places[0], len(places) - 1
    return Invalid(
        f"{first['pointer']}：{first['detail']}" + (f"（另有 {more} 处）" if more else ""),
        f"{first['pointer']}: {first['detail_en']}" + (f" (and {more} more)" if more else ""),
        cites=("api.md",),
        remedy="请改正这一行的内容",
        remedy_en="Correct the row's body.",
        pointer=first["pointer"],
        more=tuple((one["pointer"], one["detail"], one["detail_en"]) for one in places),
    )


def _twice(line: BatchLine, before: int) -> Invalid:
    uscc = line.request.uscc
    return Invalid(
        f"与第 {before} 行相同：同一机构（{uscc}）、同一事项、同样内容",
        f"the same as row {before}: one agency ({uscc}), one matter, the same content",
        cites=("R46",),
        remedy="请删去重复的一行；确为两件事实的，请写明区别或单独记录",
        remedy_en="Take the doubled row out; if they are two facts, say what differs or record one by itself.",
    )


def _because(row: int) -> Invalid:
    return Invalid(
        f"所引用的第 {row} 行被拒绝",
        f"it refers to row {row}, which is refused",
        cites=("api.md",),
        remedy=f"先改正第 {row} 行",
        remedy_en=f"Correct row {row} first.",
    )


def _unknown_name(pointer: str) -> Invalid:
    inside = pointer.removeprefix("/body")
    return Invalid(
        "引用了前面各行没有定义的名称",
        "refers to a name that no earlier row bears",
        cites=("api.md",),
        remedy="请在被引用的行写 ref，且放在前面；以 $ 开头的普通文本写作 $$",
        remedy_en="Give the row referred to a ref and put it first; text that begins with a dollar is written $$.",
        pointer=None if inside == pointer else inside,
    )


def _name_taken(row: int) -> Invalid:
    return Invalid(
        f"第 {row} 行已用此名称（ref）",
        f"row {row} bears this name (ref) already",
        cites=("api.md",),
        remedy="每个名称只用一次",
        remedy_en="Use each name once.",
    )


def must_not_have_moved(line: BatchLine, stands: int, expected: int) -> None:
    """The row's agency is as it was previewed. Raises: VersionConflict."""
    uscc = line.request.uscc
    if stands == expected:
        return
    raise VersionConflict(
        f"{uscc} 的记录已到第 {stands} 条，预览时是第 {expected} 条",
        f"{uscc} is at version {stands}, it was at {expected} when it was previewed",
        cites=("api.md",),
        remedy="请重新预览后再提交",
        remedy_en="Preview the batch again, then send it.",
    )
