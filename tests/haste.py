"""What tests do without: dear passwords, waiting for a disk that no test takes the power from, and statements that are
written anew for each of thousands of databases.

Only in the process of the tests: the processes that they start, and kill, are as in production.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlalchemy import Engine
from sqlalchemy.util import LRUCache

from domain.store.access import passwords
from domain.store.db import engine

prepare_durably = engine._prepare_sqlite
"""How a connection to SQLite is prepared in production."""


class _WrittenOnce(LRUCache[Any, Any]):
    """The SQL of statements for all databases of a kind: SQLAlchemy keeps it for each engine, under its dialect.

    The dialects of a kind are made alike, by `engine.py`: what is written for one is what would be for any other.
    """

    __slots__ = ()

    def get(self, key: Any, default: Any = None) -> Any:
        return super().get(key[1:], default)

    def __setitem__(self, key: Any, value: Any) -> None:
        super().__setitem__(key[1:], value)


_WRITTEN = {kind: _WrittenOnce(4_000) for kind in ("sqlite", "postgresql")}
_open = engine._engine


def _open_hastily(*arguments: Any, **options: Any) -> Engine:
    made = _open(*arguments, **options)
    made._compiled_cache = _WRITTEN[made.dialect.name]
    return made


def _prepare_hastily(dbapi: Any, record: Any) -> None:
    prepare_durably(dbapi, record)
    dbapi.execute("PRAGMA synchronous = OFF")


@contextmanager
def haste() -> Iterator[None]:
    """In the block, a password is tried cheaply, what is written is left to the operating system, and statements are
    put into SQL once for all databases.

    A try costs 0.1 s and 64 MiB on purpose (`test_passwords` shows it in earnest). An acknowledged commit survives the
    end of the process, as with the tests' PostgreSQL; `test_engine` shows that it survives a power cut in production.
    """
    cheap = PasswordHash([Argon2Hasher(time_cost=1, memory_cost=64, parallelism=1)])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_hasher", cheap)
        patch.setattr(engine, "_prepare_sqlite", _prepare_hastily)
        patch.setattr(engine, "_engine", _open_hastily)
        patch.setattr(os, "fsync", os.fstat)  # which also refuses what is no open file
        yield
