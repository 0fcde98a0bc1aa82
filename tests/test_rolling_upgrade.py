"""Two versions of the service on one database: what is promised between versions, on real processes under load."""

from __future__ import annotations

import pytest

from drills.rolling_upgrade import alone, contracted, side_by_side, taking_over
from drills.versions.from_commit import from_commit, reaches

EARLIER = {"5bf4a0dc192d": "asks who may go on serving", "e024ace": "from before 1.0.0, with other read models"}


@pytest.mark.slow
@pytest.mark.postgres
def test_both_versions_record_and_answer_where_only_tables_were_added() -> None:
    """The same answers of both, nothing lost or doubled, the earlier one drains; it does not start any more."""
    alone(side_by_side)


@pytest.mark.slow
@pytest.mark.postgres
def test_other_read_models_are_taken_over_at_once_and_never_mixed() -> None:
    """The earlier version answers from its own rows, then refuses by name; the audit of the later one is clean."""
    alone(taking_over)


@pytest.mark.slow
@pytest.mark.postgres
def test_a_migration_that_contracts_stops_the_earlier_version_by_name() -> None:
    """It is not ready from then on, and the later one goes on alone."""
    alone(contracted)


@pytest.mark.slow
@pytest.mark.postgres
@pytest.mark.timeout(900)
@pytest.mark.parametrize("commit", EARLIER, ids=lambda commit: EARLIER[commit])
def test_from_a_real_earlier_commit_nothing_acknowledged_is_lost(commit: str) -> None:
    """One that must not serve on says so by name; what it spoils in the rows is named by the check, and mended."""
    if not reaches(commit):
        pytest.skip(f"the history here does not reach {commit}")
    from_commit(commit)
