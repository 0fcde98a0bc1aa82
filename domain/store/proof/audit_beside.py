"""What lies beside the log and follows from it: keys of the vault, links, persons; compared with the events.

What does not follow from the log cannot be compared with it: docs/proof.md says what a change there could do.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Connection, select

from domain.errors import Unreadable
from domain.events import Event, LedgerOpened, Sealed, SubjectErased, SurveyInvited
from domain.store.access.row_macs import TABLES, is_sealed
from domain.store.access.tokens import LINK_SECRET, link_hash, link_secret
from domain.store.db.schema import (
    access_changes,
    accounts,
    master_keys,
    person_index,
    persons,
    survey_links,
    tokens,
    vault,
    vault_secrets,
)
from domain.store.db.tables.message_tables import contact_addresses, delivery_targets
from domain.store.files.file_rows import CLAIMS, has_claims
from domain.store.keys.master_key import MasterKeyMissing
from domain.store.keys.vault import Vault

PAGE = 500
_KEYED_HASH = re.compile(rb'_hash":"[0-9a-f]{64}"')
"""A member of an event that is made with the secret `keyed_hash`."""


class Finding(NamedTuple):
    """A difference: in which table, where in it, and what is wrong."""

    table: str
    place: str
    text: str
    text_en: str


def readable(table: str, found: Iterator[Finding]) -> Iterator[Finding]:
    """What was found; a value that cannot even be read is a difference too, and ends this part of the audit.

    SQLite takes any type into any column, hence TypeError.
    """
    try:
        yield from found
    except (ArithmeticError, LookupError, TypeError, Unreadable, ValueError) as error:
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
        self._demonstration = False
        self._actors, self._has_hashes = set[str](), False

    def see(self, event: Event, state: bytes) -> None:
        """One event."""
        self._actors.add(event.actor)
        if not self._has_hashes and b'_hash":"' in state:
            self._has_hashes = _KEYED_HASH.search(state) is not None
        if isinstance(event, SubjectErased):
            self._erased[event.subject] = event.recorded_at
        elif isinstance(event, SurveyInvited):
            self._invited[event.id] = event
        elif isinstance(event, LedgerOpened):
            self._demonstration = event.demonstration
        if b'"sealed":' in state:
            for sealed in _sealed_in(msgspec.json.decode(state)):
                self._subjects.setdefault(sealed.subject, event.id)
                self._sealed.append((event, sealed))

    @property
    def is_full(self) -> bool:
        """Whether so much that is sealed was seen that it should be opened now."""
        return len(self._sealed) >= PAGE

    def end(self, of_files: dict[str, str]) -> Iterator[Finding]:
        """What is left to say when every event was seen. `of_files`: subjects of their files, each with an event."""
        yield from self.open()
        self._subjects = {**of_files, **self._subjects}
        yield from self._keys()
        yield from self._links()
        yield from self._people()
        yield from self._named()

    def _people(self) -> Iterator[Finding]:
        """The rows that say who may do what are as the software wrote them."""
        for name, table in TABLES.items():
            for row in self._connection.execute(select(table)):
                if not is_sealed(self._connection, name, row._mapping):
                    first = bytes(row[0]).hex()[:16] if isinstance(row[0], (bytes, memoryview)) else str(row[0])
                    yield Finding(name, first, "不是由本软件写入或被改动过", "it was not written by the software")

    def open(self) -> Iterator[Finding]:
        """What is sealed in the events that were seen has to open, if its key is there."""
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
        """A subject has a key as long as no event says that it was erased, and none after that.

        No event tells of addresses that people are written to at, and of programs that are told (R41): a row does, and
        one that was taken away has left a destroyed key behind. The row of a deleted program stays and says so.
        """
        yield from self._secrets()
        rows = self._connection.execute(select(vault)).all()
        masters = set(self._connection.scalars(select(master_keys.c.id)))
        for name in sorted({row.master for row in rows if row.master is not None} - masters):
            yield Finding("master_keys", name, "在用的主密钥不在表中", "a master key that is in use is not among them")
        known = {row.subject_id: row.erased_at for row in rows}
        of_people = self._connection.scalars(select(contact_addresses.c.subject))
        targets = self._connection.execute(select(delivery_targets.c.subject, delivery_targets.c.deleted_at)).all()
        beside = {str(subject): contact_addresses.name for subject in of_people}
        beside |= {str(one.subject): delivery_targets.name for one in targets}
        deleted = {str(one.subject): one.deleted_at for one in targets if one.deleted_at is not None}
        named = self._subjects.keys() | self._erased.keys() | beside.keys()
        for subject in sorted(one for one, erased_at in known.items() if one not in named and erased_at is None):
            yield Finding("vault", f"subject {subject}", "没有任何记录提到它", "no event has anything sealed by it")
        for subject in sorted(beside.keys() - known.keys()):
            text, text_en = (
                f"{beside[subject]} 所封存内容的密钥不见了",
                f"the key of what {beside[subject]} holds is gone",
            )
            yield Finding("vault", f"subject {subject}", text, text_en)
        for subject, event_id in self._subjects.items():
            if subject not in known:
                yield Finding(
                    "vault",
                    f"subject {subject}",
                    f"记录 {event_id} 所封存内容的密钥不见了",
                    f"the key of what event {event_id} has sealed is gone",
                )
        erased = deleted | self._erased
        for subject, erased_at in known.items():
            if subject in named and erased_at != erased.get(subject):
                yield Finding(
                    "vault",
                    f"subject {subject}",
                    "是否删除与日志中的决定不符",
                    "whether it is erased is not what the log says",
                )
        for subject in sorted(set(self._connection.scalars(select(person_index.c.subject_id))) & self._erased.keys()):
            yield Finding("person_index", f"subject {subject}", "已删除的人员仍可查到", "an erased person can be found")

    def _secrets(self) -> Iterator[Finding]:
        """Secrets can be opened; each that something stored was made with is there, and no other."""
        stored = set(self._connection.scalars(select(vault_secrets.c.name)))
        used = {
            "hint": self._connection.scalar(select(vault.c.hint).where(vault.c.hint.is_not(None)).limit(1)) is not None,
            "keyed_hash": self._has_hashes,
            LINK_SECRET: bool(self._linked()),
            CLAIMS: has_claims(self._connection),
        }
        for name in sorted(stored - used.keys()):
            yield Finding("vault_secrets", name, "本软件没有的密钥", "a secret that the software does not have")
        for name in sorted(name for name, is_used in used.items() if is_used and name not in stored):
            yield Finding("vault_secrets", name, "密钥不见了", "this secret is gone, and was used")
        for name in sorted(stored & used.keys()):
            try:
                self._vault.mac(name, "")
            except (Unreadable, MasterKeyMissing) as error:
                yield Finding("vault_secrets", name, "密钥被改动过", f"its key was changed: {error}")

    def _named(self) -> Iterator[Finding]:
        """Whoever recorded something, holds an account or token, or changed one, is among the persons."""
        known = set(self._connection.scalars(select(persons.c.id)))
        columns = (tokens.c.person_id, accounts.c.person_id, access_changes.c.person_id, access_changes.c.by_person)
        named = self._actors.union(*(self._connection.scalars(select(column).distinct()) for column in columns))
        for person in sorted(one for one in named if one is not None and one not in known):
            yield Finding("persons", person, "记录提到的人员不见了", "somebody whom records name is gone")

    def _linked(self) -> set[str]:
        """The invitations that have a link: imported ones, and those of a demonstration's making, have none."""
        return {id_ for id_, one in self._invited.items() if one.via != "import" and not self._demonstration}

    def _links(self) -> Iterator[Finding]:
        """The link of an invitation can be made again from it, and is there for each that has one."""
        rows = self._connection.execute(select(survey_links)).all()
        for invitation in self._linked() - {row.invitation_id for row in rows}:
            yield Finding("survey_links", f"invitation {invitation}", "邀请的链接不见了", "its link is gone")
        for row in rows if self._vault.has_secret(LINK_SECRET) else ():
            one = self._invited.get(row.invitation_id)
            said = (bytes(row.secret_sha256), row.uscc, row.expires_on)
            if one is None or said != (
                link_hash(link_secret(self._vault, one.id)),
                one.stream.removeprefix("agency/"),
                one.expires_on,
            ):
                place = f"invitation {row.invitation_id}"
                yield Finding("survey_links", place, "链接与邀请不符", "the link is not that of its invitation")


def _sealed_in(value: Any) -> Iterator[Sealed]:
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            if one.keys() == {"subject", "sealed"}:
                yield Sealed(**one)
                continue
            one = one.values()
        waiting += [inner for inner in one if isinstance(inner, (dict, list))]
