"""Column types that differ between SQLite and PostgreSQL but read the same in Python."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Dialect, Integer, LargeBinary, MetaData, String, Text
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.dialects.postgresql.base import ischema_names
from sqlalchemy.types import TypeDecorator, TypeEngine, UserDefinedType

from domain.values import Instant, instant, moment

metadata = MetaData(
    naming_convention={
        "pk": "%(table_name)s_pk",
        "uq": "%(table_name)s_%(column_0_N_name)s_key",
        "ck": "%(table_name)s_%(constraint_name)s",
        "fk": "%(table_name)s_%(column_0_name)s_fk",
    }
)
"""All tables: those of `schema.py`, which brings in those of `message_tables.py`."""
INSTANT_LENGTH = len("2026-01-01T00:00:00.000000Z")


def as_instant(value: datetime | str | None) -> Instant | None:
    """What a driver gives for an instant, as an `Instant`."""
    return instant(value) if isinstance(value, datetime) else value


class InstantColumn(TypeDecorator[Instant]):
    """Takes and returns `Instant` text: `timestamptz` in PostgreSQL, the same fixed-width text in SQLite.

    In both, comparing and sorting in SQL means comparing and sorting in time.
    """

    impl = String(INSTANT_LENGTH)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """The database's own type."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(TIMESTAMP(timezone=True))
        return dialect.type_descriptor(String(INSTANT_LENGTH))

    def process_bind_param(self, value: Instant | None, dialect: Dialect) -> Any:
        """Instant -> what the driver takes; `ValueError` when the text is not an Instant, in both databases alike."""
        if value is None:
            return None
        parsed = moment(value)
        return parsed if dialect.name == "postgresql" else instant(parsed)

    def process_result_value(self, value: datetime | str | None, _: Dialect) -> Instant | None:
        """What the driver gives -> Instant."""
        return as_instant(value)


class TransactionId(UserDefinedType[int]):
    """PostgreSQL's 64-bit transaction id (`xid8`), which never wraps; an integer in Python."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        """The type's name in DDL."""
        return "xid8"

    def bind_processor(self, _: Dialect) -> Callable[[int | None], str | None]:
        """xid8 is written as text: there is no cast from bigint."""
        return lambda value: None if value is None else str(value)

    def result_processor(self, _dialect: Dialect, _coltype: object) -> Callable[[Any], int | None]:
        """psycopg2 does not know xid8 and hands over its text."""
        return lambda value: None if value is None else int(value)


ischema_names["xid8"] = TransactionId  # so that reading a database's columns knows it

Position = BigInteger().with_variant(Integer(), "sqlite")
"""SQLite numbers rows by itself only in a column declared INTEGER."""

Transaction = TransactionId().with_variant(Integer(), "sqlite")

Name = Text().with_variant(Text(collation="C"), "postgresql")
"""Text that sorts by code point in both databases, so that locks and lists have one order everywhere."""

Digest = LargeBinary(32)
"""A SHA-256 or HMAC-SHA256 value, or a 256-bit key."""
