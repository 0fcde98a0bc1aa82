"""The drills of restores and of files changed under the service are run by the suite, on real processes."""

from __future__ import annotations

import pytest

from drills import replaced_file, restore


@pytest.mark.slow
@pytest.mark.postgres
def test_a_restored_ledger_says_so_and_loses_nothing_unsaid() -> None:
    """An older copy is read only until it is accepted by name; a left-over log of changes is never played in unseen;
    a dump in another cluster is refused, then sequenced, and nothing is missing from the log or a certificate.
    """
    restore.main()


@pytest.mark.slow
def test_nothing_is_acknowledged_into_a_file_that_lost_its_name() -> None:
    """Deleted, replaced, its log deleted, damaged: 503 with a type and a remedy, not ready; no new ledger."""
    replaced_file.main()
