"""Fixtures of the command line's tests: a way to run it, and a small demonstration to ask."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from api.cli.main import app
from demo.making import make
from demo.plan import Size
from domain.measures.calendar import build_calendar
from domain.measures.rulebook.rulebook import shipped_rulebook
from domain.store.db.engine import open_engine
from domain.store.db.migrate import migrate
from projections.rows.write.projector import open_ledger

Run = Callable[..., Any]
SMALL = Size(agencies=5, facts=400, seed=7, until=date(2024, 6, 28))


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Runs `steward` with these arguments in this process: exit_code, stdout, stderr."""
    for name in ("STEWARD_DATABASE_URL", "STEWARD_TRACEBACK"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("STEWARD_DATA_DIR", str(tmp_path / "data"))

    def steward(*arguments: object) -> Any:
        return CliRunner().invoke(app, [str(one) for one in arguments], prog_name="steward")

    return steward


@pytest.fixture(scope="session")
def demonstration(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The URL of a small demonstration on SQLite, for reading only."""
    url = f"sqlite:///{tmp_path_factory.mktemp('cli') / 'demo.db'}"
    engine = open_engine(url)
    migrate(engine)
    make(open_ledger(engine), shipped_rulebook(), build_calendar(), SMALL)
    engine.dispose()
    return url


@pytest.fixture
def new_url(tmp_path: Path) -> str:
    """The URL of a SQLite file that is not there yet."""
    return f"sqlite:///{tmp_path / 'new.db'}"
