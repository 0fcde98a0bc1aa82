"""The sealed log, its signed checkpoints and proofs (RFC 6962): hashes in hexadecimal, notes as they were signed."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import UNSET, UnsetType

from api.application.answers.pages import NextCursor
from projections.answers.scalars import EventId, Moment, Uscc, member

_ROOT = "de2e258171b42c00168fd006344940172b2b98d66919ab62252a40ea74d1568e"
Hash = Annotated[str, member("SHA-256，十六进制", "SHA-256 in hexadecimal", pattern="^[0-9a-f]{64}$", examples=[_ROOT])]
Note = Annotated[str, member("签名的文本（C2SP signed-note）", "the signed note (C2SP)")]
LogIndex = Annotated[int, member("日志序号，从 1 起", "place in the log, from 1", ge=1)]
LogSize = Annotated[int, member("日志条数", "how many entries", ge=0)]


class LogItem(msgspec.Struct, frozen=True, kw_only=True):
    """An event by its place in the log: `state` is the stored text itself, personal data sealed / 日志的一条."""

    log_index: LogIndex
    id: EventId
    type: str
    agency: Annotated[Uscc | None, member("机构；不是机构的记录为空", "null for what is about no agency")]
    stream: Annotated[str, member("所在的流", "its stream", examples=["agency/91441300MA4X2Y7K18"])]
    originator_id: str
    version: int
    topic: str
    recorded_at: Moment
    state: Annotated[str, member("存储的原文", "the stored text, byte for byte")]
    leaf_hash: Hash


class LogPage(msgspec.Struct, frozen=True, kw_only=True):
    """A page of the log / 日志的一页."""

    after: Annotated[int, member("从此序号之后", "after this index", ge=0)]
    sealed: Annotated[int, member("已封存到", "how far the log is sealed", ge=0)]
    items: tuple[LogItem, ...]
    next_cursor: NextCursor


class StreamHeads(msgspec.Struct, frozen=True, kw_only=True):
    """The tree over the heads of all streams / 全部流首的散列树."""

    count: int
    root: Hash


class CheckpointShown(msgspec.Struct, frozen=True, kw_only=True):
    """A signed checkpoint: how many entries the log has, and the root over them / 签名的检查点."""

    size: LogSize
    root: Hash
    heads: StreamHeads
    note: Note
    sealed_at: Moment


class LogAt(msgspec.Struct, frozen=True, kw_only=True):
    """A log by its name, size and root / 某一时刻的日志."""

    origin: str
    size: LogSize
    root: Hash


class LostEntries(msgspec.Struct, frozen=True, kw_only=True):
    """Entries of the longer log that may be lost, both ends included / 可能丢失的条目."""

    first: Annotated[int, member("首条", "the first")] = msgspec.field(name="from")
    last: Annotated[int, member("末条", "the last")] = msgspec.field(name="to")


class AcceptedRestore(msgspec.Struct, frozen=True, kw_only=True):
    """A restore from an older copy that was accepted: by whom, and what may be lost / 已接受的恢复."""

    event_id: EventId
    accepted_at: Moment
    by: Annotated[str, member("接受人", "who accepted it")]
    reason: str
    old: LogAt
    new: LogAt
    lost: LostEntries


class Cosignature(msgspec.Struct, frozen=True, kw_only=True):
    """Who has seen the log grow and nothing in it change, and when / 见证人的联署."""

    witness: Annotated[str, member("见证人", "its name")]
    key: Annotated[str, member("公钥", "its key")]
    at: Moment


class CosignedNote(msgspec.Struct, frozen=True, kw_only=True):
    """The latest checkpoint that witnesses have cosigned / 最近一个已联署的检查点."""

    size: LogSize
    note: Note
    cosignatures: tuple[Cosignature, ...]


class StampedNote(msgspec.Struct, frozen=True, kw_only=True):
    """The latest checkpoint with a time stamp of an authority / 最近一个带时间戳的检查点."""

    size: LogSize
    note: Note
    token: Annotated[str, member("RFC 3161 应答（DER，base64）", "the answer of RFC 3161 (DER, base64)")]
    at: Moment


class LogCheckpoint(msgspec.Struct, frozen=True, kw_only=True):
    """The signed checkpoint of the log, its keys, and every restore that was accepted / 日志的检查点."""

    origin: Annotated[str, member("日志的名称", "name of the log")]
    size: LogSize
    root: Hash
    heads: StreamHeads
    note: Note
    sealed_at: Moment
    keys: Annotated[tuple[str, ...], member("验证密钥", "keys to verify it with")]
    restores: Annotated[
        tuple[AcceptedRestore, ...] | UnsetType, member("曾由较早备份恢复", "restores from older copies")
    ] = UNSET
    cosigned: Annotated[CosignedNote | UnsetType, member("见证人已联署的", "what witnesses have cosigned")] = UNSET
    timestamped: Annotated[StampedNote | UnsetType, member("带时间戳的", "with a time stamp")] = UNSET


class LogConsistency(msgspec.Struct, frozen=True, kw_only=True):
    """That the log of one size is the beginning of the log of another / 一致性证明."""

    first: LogSize = msgspec.field(name="from")
    last: LogSize = msgspec.field(name="to")
    from_root: Hash
    to_root: Hash
    proof: tuple[Hash, ...]


class LogInclusion(msgspec.Struct, frozen=True, kw_only=True):
    """That an event is in the log / 包含证明."""

    event_id: EventId
    log_index: LogIndex
    leaf_index: Annotated[int, member("叶子序号，从 0 起", "place of the leaf, from 0", ge=0)]
    leaf_hash: Hash
    size: LogSize
    root: Hash
    proof: tuple[Hash, ...]
    checkpoint: Annotated[Note | None, member("恰好该条数时的检查点", "made at exactly this size; null: none was")]


class LogReceipt(msgspec.Struct, frozen=True, kw_only=True):
    """A receipt: one file that is checked without this service / 回执."""

    format: Annotated[str, member("格式", "format", examples=["steward-receipt/1"])]
    event_id: EventId
    log_index: LogIndex
    leaf_hash: Hash
    recorded_at: Moment
    size: LogSize
    proof: tuple[Hash, ...]
    receipt: Note
    checkpoint: Note
    state: Annotated[str | None, member("存储的原文；不提供为空", "the stored text; null where withheld")]
    software: Annotated[str, member("程序版本", "version of the code")]


class AgencyHead(msgspec.Struct, frozen=True, kw_only=True):
    """How many events an agency has, their chained hash, and the proof of it / 一家机构全部事件的条数与链散列."""

    agency: Uscc
    stream: str
    count: int
    hash: Hash
    index: Annotated[int, member("在流首树中的位置", "place in the tree of heads", ge=0)]
    proof: tuple[Hash, ...]
    checkpoint: CheckpointShown
