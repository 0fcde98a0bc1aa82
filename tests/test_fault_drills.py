"""The table of faults is gone through by the suite, on real processes and both databases."""

from __future__ import annotations

import pytest

from drills import faults


@pytest.mark.slow
@pytest.mark.postgres
@pytest.mark.timeout(1200)
def test_each_fault_of_the_table_is_seen_and_mended_without_hands() -> None:
    """Under load: named by readyz, 503 and no other error meanwhile, nothing acknowledged is lost, audits clean."""
    faults.main()
