"""Traces by OpenTelemetry (OTLP over HTTP) where STEWARD_TRACES_URL names a collector; needs the extra `traces`.

Spans are sent by a thread of their own in batches: a collector that is slow or gone holds up nothing, what it does not
take is dropped. A caller's `traceparent` is continued (W3C Trace Context), with its decision whether to record; what is
begun here is recorded for the share that is set. OpenTelemetry's own variables (`OTEL_EXPORTER_OTLP_HEADERS`,
`OTEL_RESOURCE_ATTRIBUTES`, `OTEL_BSP_…`) hold as well. Nothing global is set: libraries that would report more than
our spans (addresses with their queries, statements) find no provider.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from api.application.problem_types import NotReady, problem_type_of
from api.settings import Settings
from domain import spans
from domain.errors import Refusal
from domain.spans import SpanCollector, SpanValue, TraceSpan
from domain.version import software

if TYPE_CHECKING:
    from opentelemetry.sdk.trace.export import SpanExporter

SEND_SECONDS = 5.0
"""How long the collector may take for a batch, its retries included; a stop waits no longer."""
NO_FAILURE_BELOW = 500


class TracesUnavailable(NotReady):
    """Traces are asked for, and what sends them is not installed."""


class _Open:
    """An open span of OpenTelemetry's."""

    def __init__(self, own: Any, error: Any) -> None:
        self._own, self._error = own, error

    def rename(self, name: str) -> None:
        self._own.update_name(name)

    def note(self, attributes: Mapping[str, SpanValue]) -> None:
        self._own.set_attributes(dict(attributes))

    def failed(self, kind: str) -> None:
        self._own.set_attribute("error.type", kind)
        self._own.set_status(self._error)


def require_traces(settings: Settings) -> None:
    """What sends traces is there, if they are asked for; said before anything is served. Raises: TracesUnavailable."""
    start_traces(settings)()


def start_traces(settings: Settings, exporter: SpanExporter | None = None) -> Callable[[], None]:
    """Collect this process's spans, as set; what ends it, sending what waits. Raises: TracesUnavailable.

    `exporter`: where they go instead.
    """
    if not settings.traces_url:
        return lambda: None
    try:
        from opentelemetry import trace
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
        from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
    except ImportError as error:
        raise TracesUnavailable(
            f"缺少 OpenTelemetry 组件（{error.name}）",
            f"what sends traces is missing ({error.name})",
            remedy="pip install 'steward-ledger[traces]'，或不设置 STEWARD_TRACES_URL",
            remedy_en="pip install 'steward-ledger[traces]', or leave STEWARD_TRACES_URL out.",
        ) from None
    provider = TracerProvider(
        sampler=ParentBased(TraceIdRatioBased(settings.traces_share)),
        resource=Resource.create({"service.name": "steward", "service.version": software()}),
        shutdown_on_exit=False,
    )
    sent = exporter or OTLPSpanExporter(endpoint=settings.traces_url, timeout=SEND_SECONDS)
    provider.add_span_processor(BatchSpanProcessor(sent, export_timeout_millis=SEND_SECONDS * 1000))
    tracer, propagator = provider.get_tracer("steward", software()), TraceContextTextMapPropagator()
    failure = trace.Status(trace.StatusCode.ERROR)

    @contextmanager
    def collector(
        name: str, attributes: Mapping[str, SpanValue], headers: Mapping[str, str] | None
    ) -> Iterator[TraceSpan]:
        began = tracer.start_as_current_span(
            name,
            context=None if headers is None else propagator.extract(headers),
            kind=trace.SpanKind.INTERNAL if headers is None else trace.SpanKind.SERVER,
            attributes=dict(attributes),
            record_exception=False,  # its words may name somebody
            set_status_on_exception=False,
        )
        with began as own:
            opened = _Open(own, failure)
            try:
                yield opened
            except Exception as error:
                if _is_failure(error):
                    opened.failed(type(error).__name__)
                raise

    return _collecting(collector, provider)


def _collecting(collector: SpanCollector, provider: Any) -> Callable[[], None]:
    spans.collect(collector)

    def end() -> None:
        spans.collect_no_more(collector)
        provider.shutdown()

    return end


def _is_failure(error: Exception) -> bool:
    """A refusal is an answer, unless it says that something does not work."""
    return not isinstance(error, Refusal) or problem_type_of(error).status >= NO_FAILURE_BELOW
