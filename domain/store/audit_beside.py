"""What lies beside the log and follows from it: keys of the vault, links, kept answers; compared with the events.

What does not follow from the log cannot be compared with it: docs/proof.md says what a change there could do.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Connection, select

from domain.errors import Unreadable
from domain.events import Event, Sealed, SubjectErased, SurveyInvited
from domain.store.links import link_hash, link_secret
from domain.store.master_key import MasterKeyMissing
from domain.store.row_seals import TABLES, is_sealed
from domain.store.schema import events, idempotency, survey_links, vault, vault_secrets
from domain.store.vault import Vault

PAGE = 500


class Finding(NamedTuple):
    """A difference: in which table, where in it, and what is wrong."""

    table: str
    place: str
    text: str
    text_en: str


def readable(table: str, found: Iterator[Finding]) -> Iterator[Finding]:
    """What was found; a value that cannot even be read is a difference too, and ends this part of the audit."""
    try:
        yield from found
    except (ArithmeticError, LookupError, Unreadable, ValueError) as error:
        said = str(error).partition("\n")[0][:300]
        yield Finding(table, "—", "有一个值无法读取", f"a value cannot be read: {type(error).__name__}: {said}")


class Beside:
    """Is shown every event of the log, and says at the end what does not follow from them."""

    def __init__(self, connection: Connection) -> None:
        self._connection, self._vault = connection, Vault(connection)
        self._sealed: list[tuple[Event, Sealed]] = []
        self._subjects: dict[str, str] = {}
        self._erased: dict[str, str] = {}
        self._invited: dict[str, SurveyInvited] = {}

    def see(self, event: Event, state: bytes) -> Iterator[Finding]:
        """One event: what is sealed in it has to open, if its key is there."""
        if isinstance(event, SubjectErased):
            self._erased[event.subject] = event.recorded_at
        elif isinstance(event, SurveyInvited):
            self._invited[event.id] = event
        if b'"sealed":' in state:
            for sealed in _sealed_in(msgspec.json.decode(state)):
                self._subjects.setdefault(sealed.subject, event.id)
                self._sealed.append((event, sealed))
        if len(self._sealed) >= PAGE:
            yield from self._open()

    def end(self) -> Iterator[Finding]:
        """What is left to say when every event was seen."""
        yield from self._open()
        yield from self._keys()
        yield from self._links()
        yield from self._answers()
        yield from self._people()

    def _people(self) -> Iterator[Finding]:
        """The rows that say who may do what are as the software wrote them."""
        for name, table in TABLES.items():
            for row in self._connection.execute(select(table)):
                if not is_sealed(self._connection, name, row._mapping):
                    first = bytes(row[0]).hex()[:16] if isinstance(row[0], (bytes, memoryview)) else str(row[0])
                    yield Finding(name, first, "不是由本软件写入或被改动过", "it was not written by the software")

    def _open(self) -> Iterator[Finding]:
        waiting, self._sealed = self._sealed, []
        try:
            self._vault.open_many([sealed for _, sealed in waiting])
        except (Unreadable, MasterKeyMissing):
            for event, sealed in waiting:
                try:
                    self._vault.open(sealed)
                except (Unreadable, MasterKeyMissing) as error:
                    place = f"{event.id}, subject {sealed.subject}"
                    yield Finding("vault", place, "封存的内容打不开：密钥被改动过", f"it cannot be opened: {error}")

    def _keys(self) -> Iterator[Finding]:
        """A subject has a key as long as no event says that it was erased, and none after that."""
        for name in self._connection.scalars(select(vault_secrets.c.name)):
            try:
                self._vault.mac(name, "")
            except (Unreadable, MasterKeyMissing) as error:
                yield Finding("vault_secrets", name, "密钥被改动过", f"its key was changed: {error}")
        known = {row.subject_id: row.erased_at for row in self._connection.execute(select(vault))}
        for subject, event_id in self._subjects.items():
            if subject not in known:
                yield Finding(
                    "vault", f"subject {subject}", f"记录 {event_id} 所封存内容的密钥不见了",
                    f"the key of what event {event_id} has sealed is gone",
                )  # fmt: skip
        for subject, erased_at in known.items():
            if (erased_at is not None) != (subject in self._erased):
                yield Finding(
                    "vault", f"subject {subject}", "是否删除与日志中的决定不符",
                    "whether it is erased is not what the log says",
                )  # fmt: skip

    def _links(self) -> Iterator[Finding]:
        """The link of an invitation can be made again from it."""
        for row in self._connection.execute(select(survey_links)):
            one = self._invited.get(row.invitation_id)
            said = (bytes(row.secret_sha256), row.uscc, row.expires_on)
            if one is None or said != (
                link_hash(link_secret(self._vault, one.id)),
                one.stream.removeprefix("agency/"),
                one.expires_on,
            ):
                place = f"invitation {row.invitation_id}"
                yield Finding("survey_links", place, "链接与邀请不符", "the link is not that of its invitation")

    def _answers(self) -> Iterator[Finding]:
        """An answer that is kept for retries names events as they were recorded."""
        kept = select(idempotency).where(idempotency.c.answer.is_not(None))
        for page in self._connection.execute(kept).partitions(PAGE):
            yield from self._of_answers(page)

    def _of_answers(self, page: Sequence[Any]) -> Iterator[Finding]:
        named: list[tuple[str, dict[str, Any]]] = []
        for row in page:
            place = f"key {row.key}"
            try:
                content = msgspec.json.decode(bytes(row.answer))
                named += [(place, one) for one in content.get("events", ())]
            except (msgspec.DecodeError, AttributeError):
                yield Finding("idempotency", place, "保存的回答无法读取", "the kept answer cannot be read")
        ids = list({one.get("id") for _, one in named})
        found: dict[str, tuple[Any, ...]] = {}
        for start in range(0, len(ids), PAGE):
            query = select(events.c.event_id, events.c.originator_version, events.c.recorded_at)
            for row in self._connection.execute(query.where(events.c.event_id.in_(ids[start : start + PAGE]))):
                found[row.event_id] = (row.originator_version, row.recorded_at)
        for place, one in named:
            if found.get(one.get("id", "")) != (one.get("version"), one.get("recorded_at")):
                yield Finding("idempotency", place, "保存的回答与记录不符", "the kept answer is not what was recorded")


def _sealed_in(value: Any) -> Iterator[Sealed]:
    if isinstance(value, dict):
        if value.keys() == {"subject", "sealed"}:
            yield Sealed(**value)
            return
        value = list(value.values())
    if isinstance(value, list):
        for inner in value:
            yield from _sealed_in(inner)
