"""The first pass: every line is decided on the trail as it would be, and nothing is written to the ledger."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from functools import partial
from typing import BinaryIO

from pydantic import ValidationError

from api.application.commands import CommandRoute, find_command, is_act
from api.application.importer.lines import CommandLine, LineError, parse_line, raw_lines, refused, wrong_fields
from api.application.importer.spool import References, Spool, event_id
from api.application.path_subjects import Subject
from domain.agency import Agency, unknown_agency
from domain.commands.base import Recording
from domain.commands.filing import FileAgency
from domain.errors import Contradiction, Refusal
from domain.ledger.ledger import Ledger, Reader
from domain.ledger.reader import CrossAgency
from domain.store.files.papers import StoredPapers
from domain.values import FOREVER, Instant, moment, next_instant, normal_uscc

HELD_EVENTS = 20_000
"""How many events of agencies are held in memory at once, in all; one agency is held whole, however long its trail."""


class Agencies:
    """Agencies as they would stand: recorded events, then those of earlier lines. The least recently used go first."""

    def __init__(self, load: Callable[[str], Agency], spool: Spool, most_events: int) -> None:
        self._load, self._spool, self._most = load, spool, most_events
        self._held: OrderedDict[str, Agency] = OrderedDict()
        self._events = 0

    def get(self, uscc: str) -> Agency:
        """The agency; version 0 when neither the ledger nor the file knows it."""
        agency = self._held.get(uscc)
        if agency is None:
            agency = self._held[uscc] = self._built(uscc)
            self._events += agency.version
            self._drop()
        self._held.move_to_end(uscc)
        return agency

    def grown(self) -> None:
        """The agency that was asked for last got one more event."""
        self._events += 1
        self._drop()

    def _built(self, uscc: str) -> Agency:
        agency = self._load(uscc)
        for event in self._spool.events(uscc):
            agency.apply(event)
        return agency

    def _drop(self) -> None:
        """Let the agencies go that were asked for least recently, never the last one."""
        while self._events > self._most and len(self._held) > 1:
            _, gone = self._held.popitem(last=False)
            self._events -= gone.version


class Check:
    """Checks the lines of one file. After `errors()` has run out, `lines` and `refused` tell how it went."""

    def __init__(
        self,
        ledger: Ledger,
        reader: Reader,
        spool: Spool,
        file_sha256: bytes,
        now: Instant,
        done_up_to: int,
        actor: str = "",
    ) -> None:
        law = reader.law(FOREVER)
        if law is None:
            raise Contradiction(
                "账本尚未启用",
                "the ledger has not been opened",
                remedy="请先启动服务",
                remedy_en="Start the service first.",
            )
        self._reader, self._spool, self._sha256, self._now, self._law = reader, spool, file_sha256, now, law
        self._agencies = Agencies(partial(ledger.agency, reader), spool, HELD_EVENTS)
        self._references = References(spool, file_sha256)
        self._done_up_to, self._actor = done_up_to, actor
        self._papers = StoredPapers(reader.connection, reader.vault)
        self.lines = self.recorded_before = self.refused = 0

    def errors(self, file: BinaryIO, progress: Callable[[int], None]) -> Iterator[LineError]:
        """Every error of every line, as it is found; `progress` is told the bytes read."""
        for raw in raw_lines(file):
            found = list(self._line_errors(raw))
            self.lines += 1
            self.refused += bool(found)
            progress(raw.end)
            yield from found

    def _line_errors(self, raw: object) -> Iterator[LineError]:
        try:
            line = parse_line(raw)  # type: ignore[arg-type]
        except LineError as error:
            yield error
            return
        if line.ref is not None and (other := self._spool.name(line.ref, line.number)) is not None:
            yield LineError(
                line.number,
                "/ref",
                "api.md",
                f"第 {other} 行已用此名称",
                f"line {other} bears this name already",
                "每个名称只用一次",
                "Use each name once.",
            )
        if line.number <= self._done_up_to:  # recorded in an earlier run; later lines may name it
            self.recorded_before += 1
            return
        try:
            self._decide(line)
        except ValidationError as error:
            yield from wrong_fields(line.number, error.errors(include_url=False), line.body)
        except LineError as error:
            yield error
        else:
            return
        if line.ref is not None:
            self._spool.refuse_name(line.ref, line.number)
        self._note_refused_filing(line)

    def _decide(self, line: CommandLine) -> None:
        """Raises: LineError, ValidationError."""
        path, body = self._references.resolve(line)
        route, uscc, path_id = _command_of(line.number, path)
        command = route.body.model_validate(body)
        is_filing = isinstance(command, FileAgency)
        if isinstance(command, FileAgency):
            uscc = command.uscc
        elif route.subject is not None:
            uscc = self._found(line.number, route.subject, path_id or "")
        else:
            uscc = _path_uscc(line.number, uscc or "")
        agency = self._agencies.get(uscc)
        if agency.version == 0 and not is_filing:
            raise self._unknown(line.number, uscc)
        last = agency.trail.events[-1].recorded_at if agency.trail.events else None
        recording = Recording.supposed(
            self._law,
            next_instant(moment(self._now), last),
            event_id(self._sha256, line.number),
            "import",
            path_id=path_id,
            actor=self._actor,
            elsewhere=CrossAgency(self._reader, agency.stream),
            papers=self._papers,
        )
        try:
            event = command.record(agency, recording)
        except Refusal as refusal:
            raise refused(line.number, refusal) from None
        agency.pending_events.clear()
        self._agencies.grown()
        self._spool.keep_event(uscc, line.number, event)
        self._spool.keep_command(line.number, uscc, path_id, path, body)

    def _found(self, line: int, subject: Subject, id_: str) -> str:
        """The agency that a path's id is about. Raises: LineError."""
        uscc = subject.agency_of(self._reader.connection, id_)
        if uscc is None:
            raise refused(line, subject.unknown())
        return uscc

    def _unknown(self, line: int, uscc: str) -> LineError:
        filing = self._spool.refused_filing(uscc)
        error = refused(line, unknown_agency(uscc))
        if filing is not None:
            error.because = filing
            error.detail = f"该机构的备案（第 {filing} 行）被拒绝，因此无此机构"
            error.detail_en = f"the filing of this agency, line {filing}, is refused, so there is no such agency"
            error.remedy, error.remedy_en = f"先改正第 {filing} 行", f"Correct line {filing} first."
        return error

    def _note_refused_filing(self, line: CommandLine) -> None:
        found = find_command(line.post)
        if found is not None and found[0].body is FileAgency:
            try:
                self._spool.refuse_filing(normal_uscc(str(line.body.get("uscc", ""))), line.number)
            except ValueError:
                return  # a wrong code names no agency that later lines could mean


def _command_of(line: int, path: str) -> tuple[CommandRoute, str | None, str | None]:
    found = find_command(path)
    if found is None and is_act(path):
        raise _by_http(line)
    if found is None:
        raise LineError(
            line,
            "/post",
            "api.md",
            "没有这个命令",
            "there is no such command",
            "请对照接口文档中的命令表，路径以 /v1/ 开头",
            "Compare it with the table of commands; paths begin with /v1/.",
        )
    if found[0].body.SEVERAL_FACTS:
        raise _by_http(line)
    return found


def _by_http(line: int) -> LineError:
    return LineError(
        line,
        "/post",
        "api.md",
        "这个命令一次记录多件事实，不能用文件导入",
        "this command records several facts at once and cannot be imported",
        "请通过 HTTP 办理",
        "Send it over HTTP.",
    )


def _path_uscc(line: int, text: str) -> str:
    try:
        return normal_uscc(text)
    except ValueError:
        raise LineError(
            line,
            "/post",
            "api.md",
            "路径里的统一社会信用代码不对（GB 32100-2015）",
            "the USCC in the path is not valid",
            "请与营业执照核对",
            "Compare it with the business licence.",
        ) from None
