"""The drill of a cluster is run by the suite where its programs are installed, as continuous integration does."""

from __future__ import annotations

import pytest

from drills import cluster
from drills.servers.patroni_cluster import missing

LACKING = missing()


@pytest.mark.slow
@pytest.mark.postgres
@pytest.mark.cluster
@pytest.mark.skipif(bool(LACKING), reason=f"not installed: {', '.join(LACKING)} (./run drill cluster installs them)")
def test_a_cluster_loses_its_primary_a_replica_and_its_network_and_no_fact() -> None:
    """Under load, by HAProxy and by pgbouncer: each acknowledged event once, a log without gaps whose proofs join the
    checkpoints from before, and recording that goes on by itself after each blow.
    """
    cluster.main()
