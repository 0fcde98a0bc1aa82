"""`rebuild` and `check`: exit codes that scripts can use, differences by agency and day."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from sqlalchemy import text

from demo.invented_names import uscc
from domain.store.db.engine import open_engine, writing
from tests.cli.conftest import Run


@pytest.fixture
def own_copy(demonstration: str, tmp_path: Path) -> str:
    """A copy of the demonstration that may be spoilt."""
    shutil.copy(demonstration.removeprefix("sqlite:///"), tmp_path / "copy.db")
    return f"sqlite:///{tmp_path / 'copy.db'}"


def execute(url: str, *statements: str) -> None:
    """What somebody does to the database behind our back."""
    engine = open_engine(url)
    with writing(engine) as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


def test_check_says_nothing_is_wrong_with_a_demonstration(run: Run, own_copy: str) -> None:
    """Exit code 0, and how much was compared."""
    checked = run("check", "--database", own_copy, "--jobs", 1)
    assert checked.exit_code == 0, checked.stderr
    assert checked.stdout == ""
    assert "5 agencies" in checked.stderr
    assert " 0 differences" in checked.stderr


def test_a_spoilt_row_is_named_and_mended(run: Run, own_copy: str) -> None:
    """Exit code 7 from `check`, the agency and day of the row, and `rebuild` puts it right."""
    execute(own_copy, "UPDATE agency_status SET category = 'x'")
    checked = run("check", "--database", own_copy, "--jobs", 1)
    assert checked.exit_code == 7
    assert f"uscc={uscc(1)}  table=agency_status  day=" in checked.stdout
    as_json = run("check", "--database", own_copy, "--jobs", 2, "--sample", 3, "--seed", 5, "--json")
    assert as_json.exit_code == 7
    assert json.loads(as_json.stdout)["agencies"] == 3
    rebuilt = run("rebuild", "--database", own_copy, "--jobs", 2, "--json")
    assert rebuilt.exit_code == 0, rebuilt.stderr
    assert 3 <= json.loads(rebuilt.stdout)["swapped"] <= 5
    assert run("check", "--database", own_copy).exit_code == 0


def test_a_row_that_an_earlier_version_wrote_is_named_and_mended(run: Run, own_copy: str) -> None:
    """It lacks a column of this one; nothing ends with an error that nobody can read."""
    execute(own_copy, "UPDATE agency_status SET service = NULL")
    checked = run("check", "--database", own_copy, "--jobs", 1)
    assert (checked.exit_code, "unexpected" in checked.stderr) == (7, False)
    assert f"uscc={uscc(1)}" in checked.stdout
    assert "its status lacks what this version needs" in checked.stdout
    assert run("rebuild", "--database", own_copy).exit_code == 0
    assert run("check", "--database", own_copy).exit_code == 0


def test_rows_of_another_version_are_refused_until_they_are_rebuilt(run: Run, own_copy: str) -> None:
    """Exit code 3 with the remedy, which works."""
    execute(own_copy, "UPDATE read_model_build SET made_by = 0", "DELETE FROM agency_status")
    refused = run("standing", uscc(1), "--database", own_copy)
    assert refused.exit_code == 3
    assert "steward rebuild" in refused.stderr
    assert run("rebuild", "--database", own_copy, "--afresh").exit_code == 0
    assert run("standing", uscc(1), "--database", own_copy).exit_code == 0


def test_an_unreadable_event_is_named(run: Run, own_copy: str) -> None:
    """Exit code 8 with position, agency and type; nothing is replaced."""
    execute(
        own_copy,
        "DROP TRIGGER events_no_update",
        f"UPDATE events SET state = x'7b7d' WHERE stream = 'agency/{uscc(3)}' AND originator_version = 2",  # noqa: S608
    )
    execute(
        own_copy,
        ("CREATE TRIGGER events_no_update BEFORE UPDATE ON events BEGIN SELECT RAISE(ABORT, 'append only'); END"),
    )
    for command in ("rebuild", "check"):
        stopped = run(command, "--database", own_copy, "--jobs", 1)
        assert stopped.exit_code == 8
        assert f"stream 'agency/{uscc(3)}'" in stopped.stderr
        assert "at position " in stopped.stderr
        assert "topic 'steward.AgencyFiled'" in stopped.stderr
