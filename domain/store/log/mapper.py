"""Events to stored bytes and back: UTF-8 JSON with sorted keys, under a permanent topic (events.md)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import msgspec
from eventsourcing.persistence import Cipher, Compressor, JSONTranscoder, Mapper, StoredEvent, Transcoder

from domain.errors import Unreadable
from domain.events import EVENT_TYPES, Event, topic_of
from domain.proof.check import leaf_hash
from domain.values import Instant, stream_id

EventDecoder = msgspec.json.Decoder[Event]


@dataclass(frozen=True)
class LedgerStoredEvent(StoredEvent):
    """A row of `events`. The columns besides `state` repeat what the bytes say, for finding; the bytes decide."""

    originator_id: UUID
    stream: str
    event_id: str
    occurred_on: date
    recorded_at: Instant
    actor: str
    leaf_hash: bytes
    position: int | None = None
    """Names the row once it is stored; not an order (events.md)."""


StateRow = tuple[int, str, bytes, str, str, int]
"""Version, topic, bytes, id, stream and position of a stored event."""


class EventMapper(Mapper[UUID]):
    """The library's mapper, with typed decoders in place of its generic transcoder; keeps no state between events."""

    def __init__(
        self, transcoder: Transcoder | None = None, compressor: Compressor | None = None, cipher: Cipher | None = None
    ) -> None:
        if compressor or cipher:
            raise ValueError("stored bytes are plain JSON for ever (events.md): neither compressor nor cipher")
        super().__init__(transcoder or JSONTranscoder())
        self._encoder = msgspec.json.Encoder(order="sorted")
        self._decoders: dict[str, EventDecoder] = {
            topic: msgspec.json.Decoder(kind) for topic, kind in EVENT_TYPES.items()
        }

    def to_stored_event(self, domain_event: Any) -> LedgerStoredEvent:
        """The row that records an event. Raises: TypeError for what is no event of `domain.events`."""
        topic = topic_of(type(domain_event))
        if EVENT_TYPES.get(topic) is not type(domain_event):
            raise TypeError(f"not an event of domain.events: {type(domain_event).__name__}")
        event: Event = domain_event
        state = self._encoder.encode(event)
        return LedgerStoredEvent(
            originator_id=event.originator_id,
            originator_version=event.version,
            topic=topic,
            state=state,
            stream=event.stream,
            event_id=event.id,
            occurred_on=event.occurred_on,
            recorded_at=event.recorded_at,
            actor=event.actor,
            leaf_hash=leaf_hash(state),
        )

    def to_domain_event(self, stored_event: StoredEvent) -> Event:
        """The event that a row records. Raises: Unreadable, when bytes and columns do not say the same."""
        event = self.decode(stored_event.topic, stored_event.state, stored_event)
        wrong = []
        if event.version != stored_event.originator_version:
            wrong.append(f"version {event.version}")
        if event.originator_id != stored_event.originator_id:
            wrong.append(f"stream {event.stream}")
        if isinstance(stored_event, LedgerStoredEvent):
            wrong += [f"{name} {value!r}" for name, value in _disagreements(event, stored_event)]
        if wrong:
            raise Unreadable(f"{_named(stored_event)}: the stored bytes say {', '.join(wrong)}", _id_of(stored_event))
        return event

    def decode(self, topic: str, state: bytes, where: StoredEvent | str = "") -> Event:
        """The event in some bytes, with nothing compared to its row; `where` is named if that fails.

        For reading many rows that are checked otherwise. Raises: Unreadable.
        """
        decoder = self._decoders.get(topic)
        if decoder is None:
            said = f"{_named(where)}: unknown topic {topic!r}: written by a newer version of the software?"
            raise Unreadable(said, _id_of(where))
        try:
            return decoder.decode(state)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise Unreadable(f"{_named(where)}: undecodable bytes: {error}", _id_of(where)) from error

    def decode_all(self, rows: Iterable[StateRow]) -> Iterator[Event]:
        """The events in rows: the quick way for whole streams.

        Raises: Unreadable, also when version, id or stream are not what the bytes say.
        """
        for row in rows:
            version, topic, state, event_id, stream, position = row
            decoder = self._decoders.get(topic)
            try:
                event = self.decode(topic, state) if decoder is None else decoder.decode(state)
            except (msgspec.DecodeError, UnicodeDecodeError, Unreadable) as error:
                raise Unreadable(f"{_place(position, stream, version, topic)}: {error}", event_id) from error
            if (event.version, event.id, event.stream) != (version, event_id, stream):
                said = f"version {event.version}, id {event.id}, stream {event.stream!r}"
                raise Unreadable(f"{_place(position, stream, version, topic)}: the stored bytes say {said}", event_id)
            yield event


def _disagreements(event: Event, stored: LedgerStoredEvent) -> list[tuple[str, object]]:
    pairs = (
        ("stream", event.stream, stored.stream),
        ("id", event.id, stored.event_id),
        ("occurred_on", event.occurred_on, stored.occurred_on),
        ("recorded_at", event.recorded_at, stored.recorded_at),
        ("actor", event.actor, stored.actor),
    )
    found: list[tuple[str, object]] = [(name, said) for name, said, column in pairs if said != column]
    if stream_id(stored.stream) != stored.originator_id:
        found.append(("originator_id", stream_id(stored.stream)))
    return found


def _named(where: StoredEvent | str) -> str:
    """Where the event lies, for whoever has to look at it."""
    if isinstance(where, str):
        return where or "stored event"
    if isinstance(where, LedgerStoredEvent):
        return _place(where.position, where.stream, where.originator_version, where.topic)
    place = f"version {where.originator_version}, topic {where.topic!r}"
    return f"stored event of originator {where.originator_id}, {place}"


def _id_of(where: StoredEvent | str) -> str:
    return where.event_id if isinstance(where, LedgerStoredEvent) else ""


def _place(position: int | None, stream: str, version: int, topic: str) -> str:
    return f"stored event at position {position}, stream {stream!r}, version {version}, topic {topic!r}"
