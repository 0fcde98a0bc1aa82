"""The drill of base backups and point-in-time recovery is run by the suite where pgBackRest is installed."""

from __future__ import annotations

import pytest

from drills.copies import point_in_time
from drills.servers.pgbackrest import lacking

LACKING = lacking()


@pytest.mark.slow
@pytest.mark.postgres
@pytest.mark.cluster
@pytest.mark.skipif(
    bool(LACKING), reason=f"not installed: {', '.join(LACKING)} (./run drill point_in_time installs it)"
)
def test_a_cluster_restored_to_a_moment_says_what_was_lost() -> None:
    """A base backup, the disk lost, the cluster as it was at a moment: no writes until somebody accepts that by name,
    and what receipts at hand prove is exactly what the log says may be lost.
    """
    point_in_time.main()
