"""`GET /metrics` (api.md): how much is asked, how fast it is answered, how far the log is sealed. Nobody's data.

Labels are routes as declared, methods and statuses: never a code, a name or a query.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache

from fastapi import APIRouter, Request
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics, generate_latest
from prometheus_client.core import CounterMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from starlette.types import Scope

from api.application.background.read_replica import ReadReplica
from api.http.documentation.openapi import metrics_docs
from api.http.guard import GuardedRoute
from domain.errors import Busy, NotFound
from domain.ledger.ledger import Ledger
from domain.store.db.postgresql import takes_writes
from domain.store.files.file_rows import figures
from domain.store.log.sequencer import sealed_until, unsealed
from domain.store.messages.delivery_rows import depth
from domain.store.proof.proof_reader import Signed, latest_checkpoint
from domain.values import Instant, instant, moment
from projections.rebuild.rebuild import rows_made_by
from projections.rows.write.projector import MADE_BY

router = APIRouter(route_class=GuardedRoute)
MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0)
disable_created_metrics()  # type: ignore[no-untyped-call]  # else each series has a second one, of when it began
_FORWARDED = frozenset({b"forwarded", b"x-forwarded-for", b"x-real-ip", b"via"})


class _Failures(Collector):
    """Failed rounds by task: the housekeeper counts them itself, because readiness asks for them too."""

    def __init__(self) -> None:
        self.by_task: dict[str, int] = {}

    def collect(self) -> Iterator[Metric]:
        """The figures of this moment, as `prometheus_client` collects them."""
        failures = CounterMetricFamily("steward_background_failures", "Failed rounds behind", labels=("task",))
        for task, count in self.by_task.items():
            failures.add_metric((task,), count)
        yield failures


class _Asked(Collector):
    """Questions by who answered them: counted by the service, which knows it alone."""

    def __init__(self) -> None:
        self.by: dict[str, int] = {}

    def collect(self) -> Iterator[Metric]:
        """The figures of this moment, as `prometheus_client` collects them."""
        asked = CounterMetricFamily("steward_replica_questions", "Snapshots for questions", labels=("answered_by",))
        for by, count in self.by.items():
            asked.add_metric((by,), count)
        yield asked


class Metrics:
    """The figures of one process since it began."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "steward_requests", "Requests answered", ("method", "route", "status"), registry=self._registry
        )
        self._seconds = Histogram(
            "steward_request_seconds", "Time until answered", ("route",), buckets=_SECONDS, registry=self._registry
        )
        self._problems = Counter(
            "steward_problems", "Requests refused or failed, by kind", ("type", "route"), registry=self._registry
        )
        self._series: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}
        """By method, route and status: found here, counting takes a third of the time of `labels`."""
        self._failures = _Failures()
        self._registry.register(self._failures)
        self._sealed = self._gauge("steward_log_sealed_events", "Events that have their place in the log")
        self._unsealed = self._gauge("steward_log_unsealed_events", "Recorded events that wait for their place")
        self._lag = self._gauge("steward_log_unsealed_seconds", "How long the first of them has waited")
        self._signed = self._gauge("steward_log_signed_events", "Events that a signed checkpoint covers")
        self._age = self._gauge("steward_log_checkpoint_age_seconds", "How old the latest checkpoint is; -1: none yet")
        self._readings = self._gauge("steward_consultations_waiting", "Consultations that are not written down yet")
        self._database = self._gauge("steward_database_up", "Whether the database answers; if not, its figures are old")
        self._writable = self._gauge("steward_database_writable", "Whether it takes writes")
        self._files = self._gauge("steward_evidence_files", "Files of evidence that are stored")
        self._file_bytes = self._gauge("steward_evidence_bytes", "How many bytes they have, unencrypted")
        self._loose = self._gauge("steward_evidence_unrecorded_files", "Files that no fact names yet")
        self._rows = self._gauge("steward_read_models_version", "Which version of the projections made the rows")
        self._gauge("steward_read_models_wanted", "Which version of the projections this code has").set(MADE_BY)
        self._to_deliver = self._gauge("steward_deliveries_waiting", "What waits to leave the service for people")
        self._overdue = self._gauge("steward_deliveries_overdue_seconds", "How long the first that is due has waited")
        self._dead = self._gauge("steward_deliveries_given_up", "Deliveries given up, for an administrator to look at")
        self._replica_set = self._gauge("steward_replica_configured", "Whether a read replica is set")
        self._replica_used = self._gauge("steward_replica_in_use", "Whether questions go to it (readyz says why not)")
        self._replica_seconds = self._gauge("steward_replica_lag_seconds", "For how long it has lacked something")
        self._replica_events = self._gauge("steward_replica_lag_events", "Places of the log that it lacks")
        self._replica_asked = _Asked()
        self._registry.register(self._replica_asked)
        self._degraded = Gauge(
            "steward_degraded", "What stands still, by name (readyz says more)", ("reason",), registry=self._registry
        )
        label = ("witness",)
        name, text = "steward_witness_signed_events", "Events that a witness has vouched for, by witness"
        self._vouched = Gauge(name, text, label, registry=self._registry)
        name, text = "steward_witness_failures", "How often a witness or authority has not vouched since the start"
        self._not_vouched = Gauge(name, text, label, registry=self._registry)
        name, text = "steward_checkpoint_copy_failures", "Failures to put a checkpoint at its second place"
        self._copies = Gauge(name, text, labelnames=("place",), registry=self._registry)

    def _gauge(self, name: str, text: str) -> Gauge:
        return Gauge(name, text, registry=self._registry)

    def answered(self, method: str, route: str | None, status: int | None, seconds: float, problem: str | None) -> None:
        """Count one request. `problem`: of which kind it is (`problem_types.py`); None where it came to none."""
        if problem is not None:
            self.refused(problem, route)
        key = (method if method in METHODS else "other", route or "none", status or 0)
        series = self._series.get(key)
        if series is None:
            series = self._series[key] = self._requests.labels(*key), self._seconds.labels(key[1])
        requests, times = series
        requests.inc()
        times.observe(seconds)

    def refused(self, problem: str, route: str | None = None) -> None:
        """Count one problem; also of a request that did not get as far as the application."""
        self._problems.labels(problem, route or "none").inc()

    def page(self, request: Request) -> bytes:
        """All figures, in the text format of Prometheus."""
        service = request.app.state.service
        try:
            self._ask(service.ledger)
        except Busy:
            self._database.set(0)
        self._readings.set(service.readings.waiting)
        self._failures.by_task = dict(service.housekeeper.failures)
        for place, times in service.housekeeper.copies.failures.items():
            self._copies.labels(place).set(times)
        for witness, size in service.witnesses.sizes.items():
            self._vouched.labels(witness).set(size)
        for witness, times in service.witnesses.failures.items():
            self._not_vouched.labels(witness).set(times)
        self._tell_of(service.replica)
        self._degraded.clear()
        for reason in service.degraded.reasons():
            self._degraded.labels(reason.name).set(1)
        return generate_latest(self._registry)

    def _tell_of(self, replica: ReadReplica | None) -> None:
        self._replica_set.set(replica is not None)
        if replica is not None:
            state = replica.state
            self._replica_used.set(state.in_use)
            self._replica_seconds.set(state.behind_seconds)
            self._replica_events.set(state.behind_events)
            self._replica_asked.by = dict(replica.answered_by)

    def _ask(self, ledger: Ledger) -> None:
        """What the database knows. Raises: Busy."""
        with ledger.reading() as reader:
            connection = reader.connection
            sealed, _ = sealed_until(connection)
            waiting, since = unsealed(connection)
            signed: Signed | None = latest_checkpoint(connection)
            writable = takes_writes(connection)
            stored = figures(connection)
            made_by = rows_made_by(connection)
            leaving = depth(connection, instant(datetime.now(UTC)))
        self._database.set(1)
        self._rows.set(made_by)
        self._writable.set(writable)
        self._files.set(stored.files)
        self._file_bytes.set(stored.bytes)
        self._loose.set(stored.unrecorded)
        self._to_deliver.set(leaving.waiting)
        self._overdue.set(0 if leaving.oldest is None else _age(leaving.oldest))
        self._dead.set(leaving.dead)
        self._sealed.set(sealed)
        self._unsealed.set(waiting)
        self._lag.set(0 if since is None else _age(since))
        self._signed.set(0 if signed is None else signed.size)
        self._age.set(-1 if signed is None else _age(signed.sealed_at))


@router.get("/metrics", tags=["运行"], **metrics_docs())
async def metrics(request: Request) -> Response:
    """运行指标（Prometheus 文本格式），默认只答本机 / Figures for Prometheus; by default for this machine only."""
    allowed = request.app.state.service.settings.metrics
    if allowed == "off" or (allowed == "loopback" and not is_local(request.scope)):
        raise NotFound(
            "没有这个路径",
            "there is no such path",
            remedy="运行指标默认只答本机，见 STEWARD_METRICS",
            remedy_en="By default for this machine only, see STEWARD_METRICS.",
        )
    content = await run_in_threadpool(request.app.state.metrics.page, request)
    return Response(content, media_type=MEDIA_TYPE)


def is_local(scope: Scope) -> bool:
    """Whether somebody on this machine asks, and asks directly: a proxy here asks for others."""
    client = scope.get("client")
    if client is None or any(name in _FORWARDED for name, _ in scope["headers"]):
        return False
    return _is_loopback(client[0])


def _age(at: Instant) -> float:
    return max(0.0, (datetime.now(UTC) - moment(at)).total_seconds())


@lru_cache(maxsize=1000)
def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
