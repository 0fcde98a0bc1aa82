"""Loading archives into a database without a ledger: all of it in one transaction, audited before it is committed.

What follows from the events is made again from them: their order, the tree and the columns beside the stored text. Then
everything is read once more as `steward audit` reads it (every hash, every signature, every key of the vault, every
file), and a single difference ends it with nothing loaded.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice, pairwise

import msgspec
from sqlalchemy import Connection, Engine, func, insert, inspect, select, text, update

from domain.errors import Contradiction, Unreadable
from domain.proof.check import ProofError, VerifierKey, leaf_hash, parse_checkpoint, parse_note
from domain.proof.tree import Node, grown, nodes_of
from domain.store.archive.archive_export import EVIDENCE, LOG, PAGE, TABLES, WAITING
from domain.store.archive.archive_file import ArchiveReader, ArchiveRefused
from domain.store.archive.archive_rows import archived_tables, row_of
from domain.store.db.column_types import Transaction
from domain.store.db.dialect import is_postgresql
from domain.store.db.engine import writing
from domain.store.db.migrate import upgrade_to, upgrade_to_head
from domain.store.db.privileges import ensure_service_role
from domain.store.db.schema import events, log_index, sealer, tree_nodes, vault
from domain.store.db.state import State, holds_events, known_revisions, state_of
from domain.store.files.objects import Objects
from domain.store.keys.master_key import keys_of, missing
from domain.store.log.mapper import EventMapper
from domain.store.log.sequencer import CLUSTER
from domain.store.proof.audit import Auditor
from domain.store.proof.audit_beside import Finding

SHOWN = 5
"""How many differences a refusal names."""


class _Event(msgspec.Struct, frozen=True):
    """A line of the log."""

    log_index: int | None
    topic: str
    state: str


def require_chain(archives: Sequence[ArchiveReader]) -> None:
    """A whole archive, and increments that each go on where the one before ends. Raises: ArchiveRefused."""
    first = archives[0].manifest
    if first.since:
        raise _refused(
            archives[0],
            f"这是第 {first.since} 条之后的增量，缺少它所接续的归档",
            f"it is an increment after entry {first.since}, and the archive that it goes on from is missing",
        )
    for before, after in pairwise(archives):
        if (after.manifest.ledger, after.manifest.since) != (first.ledger, before.manifest.size):
            raise _refused(
                after,
                f"它接续第 {after.manifest.since} 条，而前一份止于第 {before.manifest.size} 条，或属于另一台账",
                f"it goes on from entry {after.manifest.since} and the one before ends at {before.manifest.size}, or "
                "it is of another ledger",
            )


def load_files(archives: Sequence[ArchiveReader], objects: Objects) -> int:
    """Put the files of evidence into their store; how many. Whatever happens later, each is only what its name says.

    Raises: ArchiveRefused; StoreFull, StoreUnavailable.
    """
    count, wanted = 0, set(archives[-1].manifest.evidence)
    for archive in archives:
        held = (name for name in archive.manifest.members if name.startswith(EVIDENCE))
        for name in (name for name in held if name.removeprefix(EVIDENCE) in wanted):
            address, digest = name.removeprefix(EVIDENCE), hashlib.sha256()
            with tempfile.TemporaryFile() as file:
                for portion in archive.portions(name):
                    digest.update(portion)
                    file.write(portion)
                if digest.hexdigest() != address:
                    raise _refused(archive, f"{name} 的内容与名称不符", f"{name} is not what its name says")
                objects.put(address, file)
            count += 1
    return count


def load(engine: Engine, archives: Sequence[ArchiveReader], keys: Sequence[VerifierKey], objects: Objects) -> Auditor:
    """Load and audit; what was counted. `engine`: of the login that owns the tables, with its master keys.

    Raises: Contradiction where a ledger is there already; ArchiveRefused with the differences; MasterKeyMissing; Busy.
    """
    if is_postgresql(engine):
        with engine.connect() as connection:
            ensure_service_role(connection)
    with writing(engine) as connection:
        _prepare(connection, archives[-1])
        try:
            _load_log(connection, archives)
            _load_tables(connection, archives)
        except (ValueError, KeyError, TypeError, ProofError, Unreadable) as error:
            raise _refused(archives[-1], "有内容无法读取", f"something in it cannot be read ({error})") from error
        upgrade_to_head(connection)
        _require_master_keys(connection)
        auditor = Auditor(connection, keys, (), objects)
        found = list(islice(auditor.run(), SHOWN))
        if found:
            raise _differs(archives[-1], found)
    return auditor


def _prepare(connection: Connection, archive: ArchiveReader) -> None:
    """Tables of the version that made the archive, and no event in them."""
    revision = archive.manifest.revision
    if revision not in known_revisions():
        raise _refused(
            archive,
            f"由更新的版本（{archive.manifest.software}）制作，请先升级本程序",
            f"a later version of the software ({archive.manifest.software}) made it: upgrade this one first",
        )
    state = state_of(connection)
    if state is not State.EMPTY and holds_events(connection):
        raise Contradiction(
            "目标数据库中已有台账，不覆盖",
            "there is a ledger in this database already, and it is not overwritten",
            remedy="请指定空数据库（--database），或先移走原文件",
            remedy_en="Name an empty database (--database), or move the file away first.",
        )
    if state is State.EMPTY:
        upgrade_to(connection, revision)
    elif connection.scalar(text("SELECT version_num FROM alembic_version")) != revision:
        raise _refused(
            archive,
            f"数据库已建立为另一版本，归档的版本为 {revision}；请用空数据库",
            f"the database was migrated to another revision than {revision}, the archive's: use an empty one",
        )


def _load_log(connection: Connection, archives: Sequence[ArchiveReader]) -> None:
    """Events in the order of the log, those without a place last; the tree as far as the last checkpoint goes."""
    mapper, note = EventMapper(), archives[-1].manifest.checkpoint
    proven = parse_checkpoint(parse_note(note.encode()).text).size if note else 0
    edge: dict[Node, bytes] = {}
    size = 0
    for archive in archives:
        for page in _pages(archive, LOG):
            if [one.log_index for one in page] != list(range(size + 1, size + len(page) + 1)):
                raise ValueError(f"{LOG} is not dense after entry {size}")
            _insert(connection, mapper, page)
            leaves = [leaf_hash(one.state.encode()) for one in page][: max(proven - size, 0)]
            made = grown(size, leaves, edge)
            if made:
                nodes = [{"level": level, "place": place, "hash": hash_} for (level, place), hash_ in made.items()]
                connection.execute(insert(tree_nodes), nodes)
                known = {**edge, **made}
                edge = {node: known[node] for node in nodes_of((0, size + len(leaves)))}
            size += len(page)
        if size != archive.manifest.size:
            raise ValueError(f"{LOG} ends at {size}, and the manifest says {archive.manifest.size}")
    _give_places(connection, size)
    for page in _pages(archives[-1], WAITING):
        _insert(connection, mapper, page)


def _insert(connection: Connection, mapper: EventMapper, page: Sequence[_Event]) -> None:
    """Rows whose columns are taken from the stored text itself: nothing beside it can say something else."""
    rows = []
    for one in page:
        state = one.state.encode()
        event = mapper.decode(one.topic, state, f"{LOG}, entry {one.log_index}")
        rows.append(
            {
                "originator_id": event.originator_id,
                "originator_version": event.version,
                "topic": one.topic,
                "state": state,
                "stream": event.stream,
                "event_id": event.id,
                "occurred_on": event.occurred_on,
                "recorded_at": event.recorded_at,
                "actor": event.actor,
                "leaf_hash": leaf_hash(state),
            }
        )
    connection.execute(insert(events), rows)


def _give_places(connection: Connection, size: int) -> None:
    """The rows are numbered in the order in which they were inserted, which is that of the log."""
    number = func.row_number().over(order_by=events.c.position)
    connection.execute(insert(log_index).from_select(["log_index", "position"], select(number, events.c.position)))
    values: dict[str, object] = {"last_log_index": size}
    if is_postgresql(connection):
        lowest = text("SELECT pg_snapshot_xmin(pg_current_snapshot()) AS lowest").columns(lowest=Transaction)
        values |= {
            "horizon": connection.scalar(lowest),
            "cluster": connection.scalar(text(CLUSTER)),
            "floor": connection.scalar(select(func.coalesce(func.max(events.c.position), 0))),
        }
    connection.execute(update(sealer).values(values))


def _load_tables(connection: Connection, archives: Sequence[ArchiveReader]) -> None:
    """All other tables as the last archive has them; of the checkpoints, what each has added."""
    there = set(inspect(connection).get_table_names())  # an archive of an earlier version knows fewer
    for table in (one for one in archived_tables() if one.name in there):
        name = f"{TABLES}{table.name}.jsonl"
        if connection.execute(select(func.count()).select_from(table)).scalar():
            connection.execute(table.delete())  # the one row that a migration makes
        for archive in archives if table.name == "checkpoints" else archives[-1:]:
            if name in archive.manifest.members:
                lines = archive.lines(name)
                while rows := [row_of(table, line) for line in islice(lines, PAGE)]:
                    connection.execute(insert(table), rows)


def _require_master_keys(connection: Connection) -> None:
    """Before anything is decrypted: the keys that wrap the vault's are here. Raises: MasterKeyMissing."""
    masters = keys_of(connection)
    used = sorted(one for one in connection.scalars(select(vault.c.master).distinct()) if one is not None)
    if lacking := [one for one in used if not masters.has(one)]:
        raise missing(masters.folder, lacking)


def _pages(archive: ArchiveReader, name: str) -> Iterator[list[_Event]]:
    lines = archive.lines(name)
    while page := [msgspec.json.decode(line, type=_Event) for line in islice(lines, PAGE)]:
        yield page


def _differs(archive: ArchiveReader, found: Iterable[Finding]) -> ArchiveRefused:
    shown = list(found)
    return _refused(
        archive,
        "核对不符：" + "；".join(f"{one.table} {one.place}：{one.text}" for one in shown),
        "it does not hold together: " + "; ".join(f"{one.table} {one.place}: {one.text_en}" for one in shown),
    )


def _refused(archive: ArchiveReader, text_: str, text_en: str) -> ArchiveRefused:
    return ArchiveRefused(
        f"归档 {archive.path.name}：{text_}",
        f"the archive {archive.path.name}: {text_en}",
        remedy="未载入任何内容",
        remedy_en="Nothing was loaded.",
    )
