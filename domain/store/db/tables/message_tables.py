"""The tables of reaching people (R41): what they are told, where they want it, and what leaves the service."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Date, ForeignKey, Index, Integer, Table, Text

from domain.store.db.column_types import InstantColumn, Name, Position, metadata

messages = Table(
    "messages",
    metadata,
    Column("id", Name, primary_key=True),
    Column("person_id", Name, ForeignKey("persons.id"), nullable=False),
    Column("kind", Name, nullable=False),
    Column("cause", Text, nullable=False),
    Column("uscc", Text),
    Column("year", Integer),
    Column("due_on", Date),
    Column("at", InstantColumn, nullable=False),
    Column("read_at", InstantColumn),
    Column("enterprise", Text),
)
"""Who was told what (R41), once a person, cause and kind; the words are made when it is read (`message_rows.py`).
`enterprise`: for which a client was told it."""
Index("messages_person", messages.c.person_id, messages.c.read_at, messages.c.at)
Index("messages_cause", messages.c.cause)
Index("messages_at", messages.c.at)

message_place = Table(
    "message_place",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("log_index", Position, nullable=False),
    Column("reminded_on", Date),
    CheckConstraint("id = 1", name="message_place_one_row"),
)
"""Up to which log index people were told, and of what is due up to which day."""

contact_addresses = Table(
    "contact_addresses",
    metadata,
    Column("person_id", Name, ForeignKey("persons.id"), primary_key=True),
    Column("subject", Name, nullable=False),
    Column("sealed", Text, nullable=False),
    Column("code_sealed", Text),
    Column("code_until", InstantColumn),
    Column("tries_left", Integer, nullable=False),
    Column("language", Name, nullable=False),
    Column("given_at", InstantColumn, nullable=False),
    Column("verified_at", InstantColumn),
)
"""Where somebody wants to be written to, encrypted under a key of its own (`contact_rows.py`)."""

message_preferences = Table(
    "message_preferences",
    metadata,
    Column("person_id", Name, ForeignKey("persons.id"), primary_key=True),
    Column("kind", Name, primary_key=True),
    Column("email", Name, nullable=False),
)
"""Which kinds somebody wants by e-mail, where that is not what everybody gets."""

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", Name, primary_key=True),
    Column("channel", Name, nullable=False),
    Column("recipient", Name, nullable=False),
    Column("kind", Name, nullable=False),
    Column("cause", Text, nullable=False),
    Column("uscc", Text),
    Column("year", Integer),
    Column("due_on", Date),
    Column("made_at", InstantColumn, nullable=False),
    Column("state", Name, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_at", InstantColumn, nullable=False),
    Column("claim", Name),
    Column("failure", Text),
    Column("done_at", InstantColumn),
)
"""What leaves the service, one row a recipient, kind, cause and channel, and what became of it (`delivery_rows.py`)."""
Index("deliveries_state", deliveries.c.state, deliveries.c.next_at)
Index("deliveries_made_at", deliveries.c.made_at)
Index("deliveries_cause", deliveries.c.cause)
Index("deliveries_recipient", deliveries.c.recipient, deliveries.c.kind)

delivery_targets = Table(
    "delivery_targets",
    metadata,
    Column("id", Name, primary_key=True),
    Column("name", Text, nullable=False),
    Column("channel", Name, nullable=False),
    Column("role", Name, nullable=False),
    Column("uscc", Text),
    Column("subject", Name, nullable=False),
    Column("sealed", Text, nullable=False),
    Column("created_at", InstantColumn, nullable=False),
    Column("created_by", Name, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("disabled_at", InstantColumn),
    Column("kinds", Text),
    Column("deleted_at", InstantColumn),
)
"""Programs and robots that are told as a person in a role would be; address and secret encrypted (`target_rows.py`)."""
