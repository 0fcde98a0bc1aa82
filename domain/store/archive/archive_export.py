"""Writing an archive: one moment of the ledger, row by row, while it is served (docs/archive.md)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import IO, Any, NamedTuple

import msgspec
from sqlalchemy import Connection, Engine, Row, null, select

from domain.errors import Contradiction
from domain.proof.check import parse_checkpoint, parse_note
from domain.store.archive.archive_file import FORMAT, ArchiveManifest, ArchiveWriter
from domain.store.archive.archive_rows import CHECKPOINTS, NUMBERED, archived_tables, columns_of, line_of
from domain.store.db.engine import reading
from domain.store.db.schema import checkpoints, events, evidence_files, log_index
from domain.store.db.state import known_revisions
from domain.store.files.objects import Objects
from domain.store.log.sequencer import sealed_until, without_place
from domain.store.proof.proof_reader import latest_checkpoint
from domain.store.proof.restored import holds, origins_of
from domain.values import LEDGER_STREAM, instant, stream_id
from domain.version import software

PAGE = 1_000
LOG, WAITING, README = "log.jsonl", "waiting.jsonl", "README.txt"
EVIDENCE, TABLES = "evidence/", "tables/"
EXPLAINED = """安全管家服务质量台账的归档，格式 {format}
MANIFEST.json  清单：各文件的长度与 SHA-256    MANIFEST.note  清单的签名（C2SP signed-note，Ed25519）
log.jsonl      事件，按日志序号，state 为存储的原文（叶散列为 SHA-256(0x00 || state)，树为 RFC 6962）
waiting.jsonl  尚无日志序号的事件              tables/        其余各表，每行一个 JSON
evidence/      证据文件，已加密，以其字节的 SHA-256 命名
个人信息已加密，解密的主密钥不在其中。载入：steward restore 归档.zip [增量.zip …] --database URL

An archive of a Steward Ledger, format {format}
MANIFEST.json  every member's length and SHA-256    MANIFEST.note  its signature (C2SP signed-note, Ed25519)
log.jsonl      events by log index; `state` is the stored text (leaf: SHA-256(0x00 || state); tree: RFC 6962)
waiting.jsonl  events without a place in the log    tables/        all other tables, one JSON object a row
evidence/      files of evidence, encrypted, named by the SHA-256 of their bytes
Personal data is encrypted, and the master key is not in here. Load: steward restore ARCHIVE.zip [INCREMENT.zip ...]
"""


class Since(NamedTuple):
    """What an increment goes on from: the place in the log, and which files of evidence are there already."""

    size: int = 0
    evidence: frozenset[str] = frozenset()


def since_of(engine: Engine, before: ArchiveManifest) -> Since:
    """What goes on from an archive. Raises: Contradiction when the log does not begin with what it holds."""
    note = before.checkpoint
    with reading(engine) as connection:
        same = _ledger(connection) == before.ledger and before.size <= sealed_until(connection)[0]
        if note and same:
            same = holds(connection, parse_checkpoint(parse_note(note.encode()).text))
    if not same:
        raise Contradiction(
            "该归档不是本日志的开头：它属于另一台账，或台账已由较早的备份恢复",
            "the log does not begin with what that archive holds: it is of another ledger, or this one was restored",
            remedy="请不带 --since 做一份完整的归档",
            remedy_en="Make a whole archive, without --since.",
        )
    return Since(before.size, frozenset(before.evidence))


def export(
    engine: Engine, objects: Objects, file: IO[bytes], sign: Callable[[str], str], since: Since
) -> ArchiveManifest:
    """Write one moment of a ledger. `sign`: makes a signed note by the keys of the log.

    Raises: Unreadable when a file of evidence is not in its store; StoreUnavailable; what the signer raises.
    """
    writer = ArchiveWriter(file)
    with reading(engine) as connection:
        own = _ledger(connection)
        size, signed = sealed_until(connection)[0], latest_checkpoint(connection)
        origin = origins_of(connection)[-1][0]
        writer.add(README, [EXPLAINED.format(format=FORMAT).encode()], rows=True)
        writer.add(LOG, _log(connection, since.size, size), rows=True)
        writer.add(WAITING, _waiting(connection), rows=True)
        for table in archived_tables():
            query = select(*columns_of(table)).order_by(*([NUMBERED[table.name]] if table.name in NUMBERED else []))
            if table.name == CHECKPOINTS:
                query = query.where(checkpoints.c.size > since.size).order_by(checkpoints.c.size)
            writer.add(f"{TABLES}{table.name}.jsonl", _rows(connection, query), rows=True)
        evidence = _addresses(connection)
        for address in evidence:
            if address not in since.evidence:
                writer.add(EVIDENCE + address, objects.read(address))
    manifest = ArchiveManifest(
        format=FORMAT,
        ledger=own,
        origin=origin,
        made_at=instant(datetime.now(UTC)),
        software=software(),
        revision=known_revisions()[0],
        since=since.size,
        size=size,
        checkpoint="" if signed is None else signed.note,
        evidence=evidence,
        members=writer.members,
    )
    writer.close(manifest, sign)
    return manifest


def _ledger(connection: Connection) -> str:
    """The ledger's name for ever: the id of the event that opened it."""
    own = select(events.c.event_id).where(events.c.originator_id == stream_id(LEDGER_STREAM))
    return str(connection.scalar(own.order_by(events.c.originator_version).limit(1)))


def _log(connection: Connection, after: int, until: int) -> Iterator[bytes]:
    """A page at a time, so that a long log takes no more memory than a short one."""
    both = log_index.join(events, events.c.position == log_index.c.position)
    query = select(log_index.c.log_index, events.c.topic, events.c.state).select_from(both)
    while after < until:
        page = query.where(log_index.c.log_index > after, log_index.c.log_index <= min(after + PAGE, until))
        rows = connection.execute(page.order_by(log_index.c.log_index)).all()
        yield from map(_event, rows)
        after = min(after + PAGE, until)


def _waiting(connection: Connection) -> Iterator[bytes]:
    query = select(null().label("log_index"), events.c.topic, events.c.state).where(without_place())
    yield from map(_event, connection.execute(query.order_by(events.c.recorded_at, events.c.position)))


def _event(row: Row[Any]) -> bytes:
    content = {"log_index": row.log_index, "topic": row.topic, "state": bytes(row.state).decode("utf-8")}
    return msgspec.json.encode(content) + b"\n"


def _rows(connection: Connection, query: Any) -> Iterator[bytes]:
    with connection.execution_options(stream_results=True).execute(query.execution_options(yield_per=PAGE)) as rows:
        for row in rows.mappings():
            yield line_of(dict(row))


def _addresses(connection: Connection) -> list[str]:
    """The objects that are there: of files whose subject is not erased."""
    query = select(evidence_files.c.address).where(evidence_files.c.gone_at.is_(None)).distinct()
    return sorted(connection.scalars(query))
