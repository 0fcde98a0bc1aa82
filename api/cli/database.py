"""Opening the ledger for one command: one that is there, or one that may be made."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import typer
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from api.application.background.checkpoint_signer import CheckpointSigner
from api.application.background.opening import compare_with_signed, require_own_keys, require_whole, watch_clock
from api.cli.running import tell
from api.settings import Settings
from domain.errors import Refusal
from domain.ledger.ledger import Ledger
from domain.ledger.memory import StreamCache
from domain.store.db.db_errors import DatabaseRefused
from domain.store.db.engine import Engine, database_url, embedded_file, open_engine
from domain.store.db.migrate import migrate, require_current
from domain.store.keys.master_key import use_keys
from domain.store.keys.wrapping import ensure_master_key
from domain.store.log.sequencer import bind_cluster, seal
from domain.values import LEDGER_STREAM
from projections.rebuild.rebuild import require_rows
from projections.rows.write.projector import open_ledger


class DatabaseMissing(DatabaseRefused):
    """There is no such file: a command that only reads makes none."""


def settings_for(database: str | None, **flags: object) -> Settings:
    """The service's settings, with what the command line says in place of the environment. Raises: BadParameter."""
    given = {name: value for name, value in {"database_url": database, **flags}.items() if value is not None}
    try:
        settings = Settings(**given)  # type: ignore[arg-type]  # checked by pydantic
        database_url(settings.database)
    except ValueError as error:
        said = "; ".join(map(_said, error.errors())) if isinstance(error, ValidationError) else str(error)
        raise typer.BadParameter(f"数据库地址或设置有误 / wrong database URL or setting: {said}") from None
    return settings


def _said(error: ErrorDetails) -> str:
    """What is wrong with a setting, by its name where it is one alone; never what was given, which may be secret."""
    name = "".join(f"STEWARD_{part.upper()}: " for part in map(str, error["loc"]))
    return f"{name}{error['msg'].removeprefix('Value error, ')}"


@contextmanager
def existing_ledger(
    database: str | None, *, cached_events: int | None = None, rows_of_any_age: bool = False
) -> Iterator[Ledger]:
    """A ledger that is there, with rows made by this version. Raises: DatabaseMissing, the other DatabaseRefused."""
    settings = settings_for(database)
    _require_file(settings)
    with _engine(settings) as engine:
        require_current(engine)
        compare_with_signed(engine, settings)
        ledger = _ledger(engine, cached_events)
        _require_opened(ledger)
        if not rows_of_any_age:
            require_rows(engine)
            ledger.own_rows_only = True
        yield ledger


@contextmanager
def opened_ledger(database: str | None, *, cached_events: int | None = None) -> Iterator[Ledger]:
    """A ledger for recording: made, migrated and opened as `serve` does if need be. Sealed at the end."""
    from api.starting import make_ready  # the use cases load slowly: only who needs them waits

    settings = settings_for(database)
    require_own_keys(settings)
    with _engine(settings) as engine:
        make_ready(engine, settings)
        ledger = _ledger(engine, cached_events)
        ledger.own_rows_only = True
        watch_clock(ledger, settings)
        yield ledger
        seal_all(engine, settings)


@contextmanager
def blank_ledger(database: str | None) -> Iterator[Ledger]:
    """A ledger whose tables are there and which may not be opened yet: for the demonstration."""
    from api.application.delivering.signing_by_link import ensure_persons  # as above

    settings = settings_for(database)
    require_own_keys(settings)
    with _engine(settings) as engine:
        require_whole(engine, settings)
        require_own_keys(settings, engine)
        migrate(engine)
        bind_cluster(engine)
        compare_with_signed(engine, settings)
        ensure_master_key(engine)
        ensure_persons(engine)
        yield open_ledger(engine)
        seal_all(engine, settings)


def _ledger(engine: Engine, cached_events: int | None) -> Ledger:
    """The ledger, with fewer events kept in memory where a command says so."""
    ledger = open_ledger(engine)
    if cached_events is not None:
        ledger.memory.streams = StreamCache(cached_events)
    return ledger


def seal_all(engine: Engine, settings: Settings) -> None:
    """Give what was recorded its place in the log now, and sign it, so that it need not wait for a service.

    What was recorded stands even if it cannot be signed here (no key, say): that is told, and the service will sign.
    """
    while seal(engine):
        pass
    try:
        CheckpointSigner(engine, settings).bring_up()
    except Refusal as refusal:
        tell(refusal)


def is_new(database: str | None) -> bool:
    """Whether the embedded file is not there yet."""
    return _missing_file(settings_for(database)) is not None


@contextmanager
def _engine(settings: Settings) -> Iterator[Engine]:
    engine = open_engine(settings.database)
    use_keys(engine, settings.keys)
    try:
        yield engine
    finally:
        engine.dispose()


def _missing_file(settings: Settings) -> Path | None:
    file = embedded_file(settings.database)
    return file if file is not None and not file.exists() else None


def _require_file(settings: Settings) -> None:
    file = _missing_file(settings)
    if file is not None:
        raise DatabaseMissing(
            f"没有数据库文件 {file}",
            f"there is no database file {file}",
            remedy="请核对 --database，或先运行 steward serve、demo 或 import 建立",
            remedy_en="check --database, or make it first with steward serve, demo or import",
        )


def _require_opened(ledger: Ledger) -> None:
    with ledger.reading() as reader:
        if not reader.events(LEDGER_STREAM):
            raise DatabaseMissing(
                "数据库中尚未启用账本",
                "no ledger has been opened in this database",
                remedy="请先运行 steward serve、demo 或 import",
                remedy_en="run steward serve, demo or import first",
            )
