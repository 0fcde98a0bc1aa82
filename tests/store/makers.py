"""Facts to store: one of every type, and appending them as the ledger does."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date
from typing import Any

from msgspec import inspect
from sqlalchemy import Connection, Engine

from domain.events import EVENT_TYPES, Event, LapseRecorded
from domain.store.db.engine import writing
from domain.store.log.mapper import EventMapper
from domain.store.log.recorder import LedgerRecorder
from domain.store.log.stream_heads import StreamHead, advanced, lock_head
from domain.values import agency_stream, new_id, next_instant


class _UndoneError(Exception):
    """Ends a transaction."""


STREAM = agency_stream("91440300MA5EXAMPLE")
MAPPER = EventMapper()


def lapse(head: StreamHead) -> Event:
    """The fact that follows a head, by the database's clock."""
    return lapses(head, 1)[0]


def lapses(head: StreamHead, count: int) -> list[Event]:
    """So many facts that follow a head, one after the other."""
    made: list[Event] = []
    at = head.last_recorded_at
    for version in range(head.version + 1, head.version + count + 1):
        at = next_instant(head.db_now, at)
        made.append(
            LapseRecorded(
                stream=head.stream,
                version=version,
                id=new_id(),
                occurred_on=date(2024, 2, 29),
                recorded_at=at,
                actor="0190-person",
                via="api",
                item=4,
                concerns=None,
            )
        )
    return made


def append_within(connection: Connection, stream: str = STREAM, count: int = 1) -> list[Event]:
    """Lock, decide, insert, advance: the ledger's way, in a given transaction."""
    head = lock_head(connection, stream)
    facts = lapses(head, count)
    stored = [MAPPER.to_stored_event(fact) for fact in facts]
    heads = [(head, advanced(head, stored))]
    LedgerRecorder(connection.engine).insert_events(stored, connection=connection, heads=heads)
    return facts


def append(engine: Engine, stream: str = STREAM, count: int = 1) -> list[Event]:
    """The same in a transaction of its own."""
    with writing(engine) as connection:
        return append_within(connection, stream, count)


@contextmanager
def undone(engine: Engine) -> Iterator[Connection]:
    """A writing transaction whose block ends by an error: nothing of it may stay."""
    with suppress(_UndoneError), writing(engine) as connection:
        yield connection
        raise _UndoneError


def one_of_each() -> list[Event]:
    """An event of every type, every field filled with something that JSON could get wrong."""
    made = []
    for version, kind in enumerate(EVENT_TYPES.values(), start=1):
        info = inspect.type_info(kind)
        assert isinstance(info, inspect.StructType)
        fields = {field.name: _sample(field.type) for field in info.fields}
        at = f"2024-02-29T23:59:59.{version:06d}Z"
        fields |= {"v": 1, "stream": STREAM, "version": version, "id": new_id(), "recorded_at": at}
        made.append(kind(**fields))
    return made


def _sample(kind: inspect.Type) -> Any:
    match kind:
        case inspect.UnionType(types=types):
            return _sample(next(one for one in types if not isinstance(one, inspect.NoneType | inspect.CustomType)))
        case inspect.LiteralType(values=values):
            return values[-1]
        case inspect.StrType(pattern=str()):
            return "12.5"
        case inspect.StrType():
            return '安全“评价” "\\\u2028\U00020bb7é'
        case inspect.BoolType():
            return True
        case inspect.IntType():
            return 9007199254740993
        case inspect.DateType():
            return date(2024, 2, 29)
        case inspect.VarTupleType(item_type=item):
            return (_sample(item),) * (kind.min_length or 2)
        case inspect.DictType():
            return {"值": [1, "0.50", None, True], "a": {"z": 1, "b": 2}}
        case inspect.StructType(cls=cls, fields=fields):
            return cls(**{field.name: _sample(field.type) for field in fields})
    raise AssertionError(f"no sample for {kind}")
