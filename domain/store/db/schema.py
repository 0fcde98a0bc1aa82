"""The tables, as the code reads and writes them. Alembic makes them (`migrations/`); a test holds the two together."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    CheckConstraint,
    Column,
    Date,
    FetchedValue,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)

from domain.store.db.column_types import Digest, InstantColumn, Name, Position, Transaction
from domain.store.db.column_types import metadata as metadata
from domain.store.db.tables.message_tables import (
    contact_addresses,
    deliveries,
    delivery_targets,
    message_place,
    message_preferences,
    messages,
)

SERVES_FROM = "0038"  # the oldest revision whose programs may go on serving; raised by who takes away what they use

events = Table(
    "events",
    metadata,
    Column("position", Position, Identity(always=True), primary_key=True),
    Column("originator_id", Uuid, nullable=False),
    Column("originator_version", Integer, nullable=False),
    Column("topic", Text, nullable=False),
    Column("state", LargeBinary, nullable=False),
    Column("stream", Name, nullable=False),
    Column("event_id", Name, nullable=False, unique=True),
    Column("occurred_on", Date, nullable=False),
    Column("recorded_at", InstantColumn, nullable=False),
    Column("actor", Text, nullable=False),
    Column("transaction_id", Transaction, FetchedValue()),
    Column("leaf_hash", Digest, nullable=False),
    UniqueConstraint("originator_id", "originator_version"),
    CheckConstraint("length(leaf_hash) = 32", name="leaf_hash_length"),
    CheckConstraint("originator_version > 0", name="version_from_one"),
)
"""Every fact for ever. `position` only names a row: it has gaps and is no order of commits (events.md, Order)."""

Index("events_transaction_id_position", events.c.transaction_id, events.c.position).ddl_if(dialect="postgresql")

Index("events_originator_id_recorded_at", events.c.originator_id, events.c.recorded_at)

stream_heads = Table(
    "stream_heads",
    metadata,
    Column("originator_id", Uuid, primary_key=True),
    Column("stream", Name, nullable=False, unique=True),
    Column("version", Integer, nullable=False),
    Column("count", Integer, nullable=False),
    Column("last_recorded_at", InstantColumn),
    Column("hash", Digest, nullable=False),
)
"""One row per stream: what appenders lock. `hash` is SHA-256(previous hash || leaf hash), from 32 zero bytes."""

log_index = Table(
    "log_index",
    metadata,
    Column("log_index", Position, primary_key=True, autoincrement=False),
    Column("position", Position, nullable=False, unique=True),
)
"""The log's dense order, from 1: the only sequence that downstream readers and proofs may use.

No foreign key to `events`: PostgreSQL checks one by locking the event's row as the owner of `events`, from whom the
right to update it is taken. Rows get here from `events` only (`sequencer.py`), and none of those is ever deleted.
"""

sealer = Table(
    "sealer",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("horizon", Transaction),
    Column("last_log_index", Position, nullable=False),
    Column("sealed_at", InstantColumn),
    Column("waiting_for", Transaction),
    Column("waiting_since", InstantColumn),
    Column("cluster", Name),
    Column("floor", Position, nullable=False, server_default="0"),
    Column("waiting_position", Position),
    CheckConstraint("id = 1", name="one_row"),
)
"""How far the log is sealed. What each column promises: `domain/store/log/sequencer.py`."""

tree_nodes = Table(
    "tree_nodes",
    metadata,
    Column("level", Integer, primary_key=True, autoincrement=False),
    Column("place", Position, primary_key=True, autoincrement=False),
    Column("hash", Digest, nullable=False),
    CheckConstraint("length(hash) = 32", name="hash_length"),
    sqlite_with_rowid=False,
)
"""Every complete subtree of the Merkle tree over the log: level 0 are the leaf hashes, at log index - 1."""

checkpoints = Table(
    "checkpoints",
    metadata,
    Column("size", Position, primary_key=True, autoincrement=False),
    Column("root", Digest, nullable=False),
    Column("heads_count", Integer, nullable=False),
    Column("heads_root", Digest, nullable=False),
    Column("note", Text, nullable=False),
    Column("sealed_at", InstantColumn, nullable=False),
)
"""Every signed checkpoint. The largest `size` is how far the tree goes."""

sealed_heads = Table(
    "sealed_heads",
    metadata,
    Column("stream", Name, primary_key=True),
    Column("count", Integer, nullable=False),
    Column("hash", Digest, nullable=False),
    Column("highest", Integer, nullable=False),
    Column("changed_at", Position, nullable=False),
)
"""The heads that the latest checkpoint commits to (`proving.py`). They follow from the sealed log, and move with it."""
Index("sealed_heads_changed_at", sealed_heads.c.changed_at)

vault = Table(
    "vault",
    metadata,
    Column("subject_id", Name, primary_key=True),
    Column("key", LargeBinary, nullable=False),
    Column("created_at", InstantColumn, nullable=False),
    Column("hint", Digest, unique=True),
    Column("master", Name),
    Column("erased_at", InstantColumn),
)
"""One key per subject, wrapped by the master key named in `master`; empty, and without a hint, once it is erased."""

person_index = Table(
    "person_index",
    metadata,
    Column("mac", Digest, primary_key=True),
    Column("event_id", Name, primary_key=True),
    Column("subject_id", Name, primary_key=True),
    Index("person_index_subject_id", "subject_id"),
)
"""Where somebody is named, by keyed hashes of name and certificate number; without a row once the subject is erased."""

vault_secrets = Table(
    "vault_secrets",
    metadata,
    Column("name", Name, primary_key=True),
    Column("key", LargeBinary, nullable=False),
    Column("master", Name),
)

master_keys = Table(
    "master_keys",
    metadata,
    Column("id", Name, primary_key=True),
    Column("created_at", InstantColumn, nullable=False),
    *(Column(name, InstantColumn) for name in ("retired_at", "scrubbed_at")),
)
"""Which master keys have wrapped keys of this database, never the keys themselves. `scrubbed_at`: since when the
storage holds no key in clear from before the first of them."""

evidence_files = Table(
    "evidence_files",
    metadata,
    Column("id", Name, primary_key=True),
    *(Column(name, Name, nullable=False) for name in ("address", "sha256", "media_type", "owner")),
    *(Column(name, Integer, nullable=False) for name in ("size", "thumbnail")),
    Column("stored_at", InstantColumn, nullable=False),
    Column("claim", LargeBinary),
    Column("gone_at", InstantColumn),
)
"""Files of the store of evidence, one row for each upload. `claim`: the file's key for who uploaded it, for a day;
`gone_at`: since when the object is taken away, as nobody can open it any more (`domain/store/files`)."""
Index("evidence_files_sha256", evidence_files.c.sha256, evidence_files.c.owner)
Index("evidence_files_address", evidence_files.c.address)
_claimed = text("claim IS NOT NULL")
Index("evidence_files_claimed", evidence_files.c.stored_at, postgresql_where=_claimed, sqlite_where=_claimed)

evidence_uses = Table(
    "evidence_uses",
    metadata,
    Column("event_id", Name, primary_key=True),
    Column("sha256", Name, primary_key=True),
    *(Column(name, Name, nullable=False) for name in ("file_id", "stream", "subject_id")),
    Column("sealed", Text, nullable=False),
)
"""Which file proves which fact, with the file's key sealed under a subject of that fact."""
for _used in ("sha256", "file_id", "subject_id", "stream"):
    Index(f"evidence_uses_{_used}", evidence_uses.c[_used])

consultations = Table(
    "consultations",
    metadata,
    Column("id", Position, Identity(always=True), primary_key=True),
    Column("at", InstantColumn, nullable=False),
    *(Column(name, Name, nullable=False) for name in ("person_id", "role", "via", "uscc", "route")),
    *(Column(name, Text) for name in ("as_of", "known_at", "asked")),
)
"""Who read what about which agency, and on what basis; kept for a time (`access_log.py`)."""
Index("consultations_uscc", consultations.c.uscc, consultations.c.id)
Index("consultations_person_id", consultations.c.person_id, consultations.c.id)
Index("consultations_at", consultations.c.at)

persons = Table(
    "persons",
    metadata,
    Column("id", Name, primary_key=True),
    Column("name", Text, nullable=False),
    Column("created_at", InstantColumn, nullable=False),
    Column("seal", Digest),
)

tokens = Table(
    "tokens",
    metadata,
    Column("token_sha256", Digest, primary_key=True),
    Column("person_id", Name, ForeignKey("persons.id"), nullable=False),
    Column("role", Text, nullable=False),
    Column("uscc", Text),
    Column("created_at", InstantColumn, nullable=False),
    *(Column(name, InstantColumn) for name in ("expires_at", "revoked_at", "last_used_at")),
    Column("seal", Digest),
)

accounts = Table(
    "accounts",
    metadata,
    Column("id", Name, primary_key=True),
    Column("login", Name, nullable=False, unique=True),
    Column("person_id", Name, ForeignKey("persons.id"), nullable=False),
    Column("role", Text, nullable=False),
    Column("uscc", Text),
    Column("password_hash", Text, nullable=False),
    Column("created_at", InstantColumn, nullable=False),
    Column("disabled_at", InstantColumn),
    Column("seal", Digest),
    Column("handed_out_at", InstantColumn),
    Column("invitation_sha256", Digest),
    *(Column(name, InstantColumn) for name in ("invited_until", "factor_at")),
    *(Column(name, Name) for name in ("invitation", "language")),
    *(Column(name, LargeBinary) for name in ("factor", "recovery")),
    Column("factor_step", Integer),
    Column("subject", Text),
)
"""Who may sign in to the pages. What a token is for a machine, a session of an account is for a person."""

sessions = Table(
    "sessions",
    metadata,
    Column("session_sha256", Digest, primary_key=True),
    Column("account_id", Name, ForeignKey("accounts.id"), nullable=False),
    Column("created_at", InstantColumn, nullable=False),
    Column("last_used_at", InstantColumn, nullable=False),
    Column("expires_at", InstantColumn, nullable=False),
    Column("ended_at", InstantColumn),
    Column("seal", Digest),
)
Index("sessions_account_id", sessions.c.account_id)

access_changes = Table(
    "access_changes",
    metadata,
    Column("number", Position, primary_key=True, autoincrement=False),
    Column("at", InstantColumn, nullable=False),
    Column("by_person", Name),
    Column("via", Name, nullable=False),
    Column("act", Name, nullable=False),
    *(Column(name, Name, nullable=False) for name in ("person_id", "role")),
    Column("uscc", Name),
    Column("subject", Name, nullable=False),
    Column("seal", Digest, nullable=False),
    Column("reason", Text),
)
"""Who changed who may do what, numbered without a gap (`access_audit.py`). `subject`: the account's or token's id."""

workbook_runs = Table(
    "workbook_runs",
    metadata,
    Column("id", Name, primary_key=True),
    *(Column(name, Name, nullable=False) for name in ("owner", "role", "kind", "sha256", "state")),
    *(Column(name, Name) for name in ("part", "holder")),
    *(Column(name, Integer, nullable=False) for name in ("done", "facts", "recorded")),
    *(Column(name, InstantColumn, nullable=False) for name in ("created_at", "beat_at")),
    Column("name", LargeBinary, nullable=False),
    Column("found", LargeBinary),
)
"""Workbooks that are brought, for a day: how far each is, and who works on it (`domain/store/files/run_rows.py`)."""
Index("workbook_runs_owner", workbook_runs.c.owner, workbook_runs.c.created_at)
Index("workbook_runs_created", workbook_runs.c.created_at)

sign_in_failures = Table(
    "sign_in_failures",
    metadata,
    Column("login_sha256", Digest, nullable=False),
    Column("source", Name, nullable=False),
    Column("failed_at", InstantColumn, nullable=False),
)
"""Failed sign-ins of the last while, by login and address: who guesses is slowed down, nobody else (`accounts.py`)."""
Index("sign_in_failures_source", sign_in_failures.c.source, sign_in_failures.c.failed_at)

form_answers = Table(
    "form_answers",
    metadata,
    Column("form_sha256", Digest, primary_key=True),
    Column("location", Text, nullable=False),
    Column("sealed", LargeBinary),
    Column("created_at", InstantColumn, nullable=False),
)
"""Where forms of the pages led within the longest session; `sealed`: what is shown there once (`form_answers.py`)."""
Index("form_answers_created", form_answers.c.created_at)

association_profile = Table(
    "association_profile",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False),
    Column("logo", LargeBinary),
    Column("changed_at", InstantColumn, nullable=False),
    Column("changed_by", Name, nullable=False),
    CheckConstraint("id = 1", name="one_row"),
)
"""What the association is called on pages, and its logo (`association.py`)."""

REACHING_PEOPLE = (messages, message_place, contact_addresses, message_preferences, deliveries, delivery_targets)
"""Tables of `message_tables.py`."""

idempotency = Table(
    "idempotency",
    metadata,
    Column("token_sha256", Digest, primary_key=True),
    Column("key", Name, primary_key=True),
    Column("body_sha256", Digest, nullable=False),
    Column("status", Integer),
    Column("answer", LargeBinary),
    Column("created_at", InstantColumn, nullable=False),
)

survey_links = Table(
    "survey_links",
    metadata,
    Column("secret_sha256", Digest, primary_key=True),
    Column("uscc", Text, nullable=False),
    Column("invitation_id", Name, nullable=False),
    Column("expires_on", Date, nullable=False),
    Column("used_at", InstantColumn),
)

import_pieces = Table(
    "import_pieces",
    metadata,
    Column("file_sha256", Digest, primary_key=True),
    Column("piece", Integer, primary_key=True, autoincrement=False),
    Column("first_line", Integer, nullable=False),
    Column("last_line", Integer, nullable=False),
    Column("recorded_at", InstantColumn, nullable=False),
)

_row = Column("batch", Name, primary_key=True), Column("number", Integer, primary_key=True, autoincrement=False)
batch_rows = Table("batch_rows", metadata, *_row, Column("event_id", Name, nullable=False))

event_keys = Table(
    "event_keys",
    metadata,
    Column("originator_id", Uuid, primary_key=True),
    Column("key", Name, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
)
"""Under which keys the events of an agency are found again (`domain/trail/keys.py`)."""

certificates = text("key LIKE 'cert:%'")
Index("event_keys_certificate", event_keys.c.key, postgresql_where=certificates, sqlite_where=certificates)
"""Which agencies have a certificate on their staff (R37): the only keys that are looked for across agencies."""

_gone = Column("version", Integer, primary_key=True, autoincrement=False), Column("by_version", Integer, nullable=False)
annulled = Table("annulled", metadata, Column("originator_id", Uuid, primary_key=True), *_gone)
"""Which events of an agency stopped counting, and at which version of it."""


def _read_model(name: str, *values: Column[Any], key: tuple[Column[Any], ...] = ()) -> Table:
    """A bitemporal table: what holds of an agency on `[valid_from, valid_to)` as known in `[known_from, known_to)`."""
    return Table(
        name,
        metadata,
        Column("originator_id", Uuid, nullable=False),
        *key,
        Column("valid_from", Date, nullable=False),
        Column("valid_to", Date, nullable=False),
        Column("known_from", InstantColumn, nullable=False),
        Column("known_to", InstantColumn, nullable=False),
        *values,
    )


def _year() -> Column[Any]:
    return Column("year", Integer, nullable=False)


def _text(name: str, *, optional: bool = False) -> Column[Any]:
    return Column(name, Text, nullable=optional)


def _number(name: str) -> Column[Any]:
    return Column(name, Integer, nullable=False)


READ_MODELS: dict[str, Table] = {
    table.name: table
    for table in (
        _read_model(
            "agency_status",
            _text("name", optional=True), Column("category", Name), Column("category_key", Name),
            _text("filing", optional=True), _text("warning"), _text("advice"), _text("search"),
            _text("service", optional=True),
        ),
        _read_model("filed_period"),
        _read_model("project_period", _text("search"), key=(Column("key", Name, nullable=False),)),
        _read_model("conduct_lapse", _number("item"), key=(_year(), Column("key", Name, nullable=False))),
        _read_model("bad_record_count", _number("records"), key=(_year(),)),
        _read_model(
            "sanction_status",
            _text("tier"), _number("verified"), Column("since", Date), Column("until", Date), _text("events"),
        ),
        _read_model(
            "annual_score",
            *map(_number, ("forms", "a", "b", "c", "scores", "hundredths")),
            *map(_text, ("honours", "override", "quality_shown", "effect_shown", "honours_shown")), _number("rest"),
            key=(_year(),),
        ),
        _read_model(
            "published_result",
            _number("version"), _text("name", optional=True), Column("category", Name), _text("grade", optional=True),
            _text("total", optional=True), Column("hundredths", Integer), Column("rank", Integer), _number("assessed"),
            Column("deadline", Date), _number("revised"), Column("category_key", Name),
            key=(_year(), Column("key", Name, nullable=False)),
        ),
        _read_model(
            "matter",
            Column("kind", Name, nullable=False), Column("status", Name, nullable=False),
            Column("begun_on", Date, nullable=False), Column("due_on", Date), _text("about", optional=True),
            Column("about_year", Integer), _number("is_open"),
            key=(Column("key", Name, nullable=False),),
        ),
    )
}  # fmt: skip
"""The rows that answer questions; `projections/rows` says what each means. They can be thrown away and rebuilt."""

LOOK_UPS: dict[str, tuple[str, ...]] = {
    "agency_status": ("originator_id", "valid_from", "known_from"),
    "filed_period": ("originator_id", "known_to", "valid_to"),
    "project_period": ("originator_id", "known_to", "valid_to"),
    "conduct_lapse": ("originator_id", "year", "known_to", "valid_from"),
    "bad_record_count": ("originator_id", "year", "valid_from", "known_from"),
    "sanction_status": ("originator_id", "valid_from", "known_from"),
    "annual_score": ("originator_id", "year", "valid_from", "known_from"),
    "published_result": ("originator_id", "year", "version"),
    "matter": ("originator_id", "key", "known_to"),
}
"""The index of each: where one row holds on a day, the search goes back from that day; where several do, it goes by
what was still known, so that duties met long ago cost nothing."""

for _name, _columns in LOOK_UPS.items():
    Index(f"{_name}_look_up", *(READ_MODELS[_name].c[_column] for _column in _columns))

Index("published_result_year", READ_MODELS["published_result"].c.year)
_open_matters = text("is_open = 1")
_shown = "kind known_to due_on begun_on key originator_id valid_from valid_to about_year status is_open"
"""In the order in which lists show matters; with all that counting and choosing them looks at."""
_of_open = (READ_MODELS["matter"].c[one] for one in _shown.split())
Index("matter_open", *_of_open, postgresql_where=_open_matters, sqlite_where=_open_matters)
Index("matter_waiting", *(READ_MODELS["matter"].c[column] for column in ("kind", "status", "known_to")))

read_model_build = Table(
    "read_model_build",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("made_by", Integer, nullable=False),
    Column("serves_from", Name, nullable=False, server_default=SERVES_FROM),
    CheckConstraint("id = 1", name="one_row"),
)
"""Which version of the projections made the rows; 0: none yet. `serves_from`: see `SERVES_FROM`, docs/upgrades.md."""

rebuilt = Table(
    "rebuilt",
    metadata,
    Column("originator_id", Uuid, primary_key=True),
    Column("stream", Name, nullable=False),
    Column("version", Integer, nullable=False),
    Column("adoptions", Integer, nullable=False),
    Column("made_by", Integer, nullable=False),
    Column("differences", Integer, nullable=False),
    Column("rows", LargeBinary),
)
"""What `steward rebuild` has made beside the live rows: at which versions, and the rows where they differ."""

hint = Table(
    "hint",
    metadata,
    Column("id", Name, primary_key=True),
    Column("originator_id", Uuid, nullable=False),
    Column("rule", Name, nullable=False),
    Column("behaviour", Name),
    Column("year", Integer, nullable=False),
    Column("day", Date, nullable=False),
    Column("status", Name, nullable=False),
    Column("details", Text, nullable=False),
)
"""The hints of every agency as known now (R37). Not of the rows above: a hint follows from facts of several agencies,
so it is worked out after they are recorded (`projections/rows/write/hint_rows.py`), never in their transaction."""
Index("hint_waiting", hint.c.status, hint.c.day, hint.c.id)
Index("hint_of_agency", hint.c.originator_id)

hint_state = Table(
    "hint_state", metadata, Column("originator_id", Uuid, primary_key=True), Column("version", Integer, nullable=False)
)
"""Up to which version of each agency its hints are worked out."""

hint_book = Table(
    "hint_book",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("turn", Integer, nullable=False),
    Column("made_of", Name, nullable=False),
    CheckConstraint("id = 1", name="one_row"),
)
"""`turn` counts how often hints were written: who worked them out before somebody else wrote does so again. `made_of`:
by which code and law; another one, and all are worked out anew."""

APPEND_ONLY = ("events", "log_index", "tree_nodes", "checkpoints", "consultations", "access_changes")
"""The tables whose rows are never changed, nor deleted; of consultations old ones are."""

TRIGGERS: dict[str, frozenset[str]] = {
    "postgresql": frozenset({*(f"{table}_append_only" for table in APPEND_ONLY), "consultations_kept"}),
    "sqlite": frozenset(f"{table}_no_{what}" for table in APPEND_ONLY for what in ("update", "delete", "replace")),
}
"""The triggers that refuse change; a database without one of them is half migrated."""
