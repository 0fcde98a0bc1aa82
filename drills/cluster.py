"""A cluster under Patroni loses its primary, a replica and its network under load: what was acknowledged stands.

The service goes by HAProxy to whichever node is the primary, and once more through pgbouncer by transaction; questions
go to the replicas, by HAProxy's other address, and no answer is old (`copies/replica_readers.py`). After each blow:
recording goes on by itself, the cluster is whole again, and proofs join the checkpoint from before with the one of now
(C2SP tlog-checkpoint).
"""

from __future__ import annotations

import contextlib
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from domain.proof.check import verify_consistency
from drills.common import Failed, require, step
from drills.copies.replica_readers import ReplicaReaders
from drills.failover import Load, nothing_is_lost
from drills.servers.patroni_cluster import Cluster, ClusterNode, missing
from drills.service import Running

_UNLIMITED = {"STEWARD_RATE_PER_TOKEN": "0", "STEWARD_RATE_PER_ADDRESS": "0", "STEWARD_METRICS": "anyone"}
PACKAGES = "etcd-server patroni haproxy pgbouncer"
AGAIN_SECONDS = 90.0
"""By when recording has to go on, on the slowest machine; how long it took is said."""


def main() -> None:
    """Four blows with the service at the primary's address, one behind the pool. Raises: Failed."""
    if lacking := missing():
        raise Failed(
            f"not installed: {', '.join(lacking)} (Debian: apt-get install etcd-server patroni haproxy pgbouncer)"
        )
    begun = time.monotonic()
    with contextlib.closing(Cluster()) as cluster:
        step(f"three nodes, etcd, HAProxy and pgbouncer run after {time.monotonic() - begun:.0f} s")
        with tempfile.TemporaryDirectory(prefix="steward-drill-") as folder, _serving(cluster, Path(folder)) as serving:
            service, load, readers = serving
            for blow in (switched_over, primary_killed, replica_stopped, primary_cut_off):
                _strike(cluster, service, load, blow)
                readers.wait_for_replica(AGAIN_SECONDS)
            with _pooled(cluster, service, Path(folder)) as (pooled, through):
                _strike(cluster, pooled, through, switched_over)
                _answers_alike(service, pooled, load)
            load.take_over(through)
            readers.end()
            nothing_is_lost(service, load, cluster)
            gaps = cluster.ask("SELECT max(log_index) - count(*) FROM log_index")
            require(gaps == 0, "the log has no gap")


def failovers(count: int) -> int:
    """So many changes of the primary: killed, planned, cut off in turn; nothing is lost. Raises: Failed.

    How many facts were acknowledged meanwhile.
    """
    if lacking := missing():
        raise Failed(f"not installed: {', '.join(lacking)}")
    with (
        contextlib.closing(Cluster()) as cluster,
        tempfile.TemporaryDirectory(prefix="steward-drill-") as folder,
        _serving(cluster, Path(folder)) as (service, load, readers),
    ):
        blows = (primary_killed, switched_over, primary_cut_off)
        for number in range(count):
            step(f"failover {number + 1} of {count}")
            _strike(cluster, service, load, blows[number % len(blows)])
            readers.wait_for_replica(AGAIN_SECONDS)
        readers.end()
        nothing_is_lost(service, load, cluster)
        gaps = cluster.ask("SELECT max(log_index) - count(*) FROM log_index")
        require(gaps == 0, f"after {count} failovers the log has no gap")
        return len(load.acknowledged)


def switched_over(cluster: Cluster, leader: ClusterNode) -> Callable[[], None]:
    """Planned: another node becomes the primary."""
    cluster.switch_over(leader)
    cluster.wait_for_leader(other_than=leader)
    return lambda: None


def primary_killed(cluster: Cluster, leader: ClusterNode) -> Callable[[], None]:
    """The primary's machine is gone, and comes back later."""
    leader.kill()
    cluster.wait_for_leader(other_than=leader)
    return leader.patroni.again


def replica_stopped(cluster: Cluster, leader: ClusterNode) -> Callable[[], None]:
    """A replica is stopped, be it the one that acknowledges."""
    replica = next(one for one in cluster.nodes if one is not leader)
    replica.patroni.end()
    return replica.patroni.again


def primary_cut_off(cluster: Cluster, leader: ClusterNode) -> Callable[[], None]:
    """Nothing reaches the primary, which goes on believing that it is one for a while."""
    leader.cut()
    cluster.wait_for_leader(other_than=leader)
    return leader.mend


def _strike(
    cluster: Cluster, service: Running, load: Load, blow: Callable[[Cluster, ClusterNode], Callable[[], None]]
) -> None:
    before, leader = _checkpoint(service), cluster.wait_for_leader()
    begun = time.monotonic()
    mend = blow(cluster, leader)
    load.wait_for_more(5, AGAIN_SECONDS)
    step(f"{blow.__name__.replace('_', ' ')}: recording again {time.monotonic() - begun:.1f} s later")
    mend()
    cluster.wait_for_members(len(cluster.nodes))
    after = _checkpoint(service)
    joined = service.ask("GET", f"/v1/log/consistency?from={before['size']}&to={after['size']}").body
    first, second = (bytes.fromhex(one["root"]) for one in (before, after))
    proof = [bytes.fromhex(one) for one in joined["proof"]]
    verify_consistency(before["size"], after["size"], first, second, proof)
    step(f"ok: the log of {before['size']} leaves is the beginning of that of {after['size']}")


def _checkpoint(service: Running) -> dict[str, Any]:
    """The log's signed size and root, as soon as the service answers."""
    until = time.monotonic() + AGAIN_SECONDS
    while (answer := service.ask("GET", "/v1/log/checkpoint")).status != 200:
        if time.monotonic() > until:
            raise Failed(f"no checkpoint: {answer.status} {answer.body}")
        time.sleep(0.2)
    found: dict[str, Any] = answer.body
    return found


def _answers_alike(service: Running, pooled: Running, load: Load) -> None:
    """From many threads, two kinds of question each: what comes through the pool is what comes without it."""
    codes, wrong = list(load.acknowledged)[:40], []

    def compare(part: list[str]) -> None:
        for code in part:
            for path in (f"/v1/agencies/{code}/standing?as_of=2024-02-01", f"/v1/agencies/{code}/standing"):
                direct, through = (one.ask("GET", path) for one in (service, pooled))
                if direct.status != 200 or _facts(direct.body) != _facts(through.body):
                    wrong.append((path, direct, through))

    threads = [threading.Thread(target=compare, args=(codes[start::4],)) for start in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    require(not wrong, f"{2 * len(codes)} standings are the same through the pool {wrong[:1] or ''}")


def _facts(standing: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in standing.items() if name != "known_at"}


@contextlib.contextmanager
def _serving(cluster: Cluster, folder: Path) -> Iterator[tuple[Running, Load, ReplicaReaders]]:
    """Commands go to the primary, questions to the replicas, both through HAProxy."""
    replicas = {"STEWARD_READ_DATABASE_URL": cluster.url(cluster.replicas)}
    service = Running(cluster.url(cluster.primary), folder, **_UNLIMITED, **replicas)
    try:
        load = Load(service)
        load.wait_for_more(20, AGAIN_SECONDS)
        readers = ReplicaReaders(service, load)
        readers.wait_for_replica(AGAIN_SECONDS)
        yield service, load, readers
    finally:
        service.stop()


@contextlib.contextmanager
def _pooled(cluster: Cluster, service: Running, folder: Path) -> Iterator[tuple[Running, Load]]:
    """A second process of the service, through the pool, with the same keys; it records too while it runs."""
    more = folder / "pooled"
    more.mkdir()
    keys = {"STEWARD_KEY_DIR": str(folder / "keys")}
    pooled = Running(cluster.url(cluster.pool), more, token=service.token, **_UNLIMITED, **keys)
    try:
        through = Load(pooled, first=6_000_000)
        through.wait_for_more(20, AGAIN_SECONDS)
        yield pooled, through
        through.stop()
    finally:
        pooled.stop()


if __name__ == "__main__":
    main()
