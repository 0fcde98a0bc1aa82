"""Spans: which steps a request or a task took and how long each, where an operator collects them (STEWARD_TRACES_URL).

Whoever takes a step says so by `span`; who collects is set once a process by `collect`. While nobody does, a span is a
function call and nothing else is imported. Names and attributes are ours alone (routes, kinds, tasks, counts): never an
address, a query, a body, a parameter of a statement or the words of an error, in which somebody may be named.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

SpanValue = str | int | float | bool


class TraceSpan(Protocol):
    """A step under way."""

    def rename(self, name: str) -> None:
        """Give it a better name than it began with: the route is known only when it was found."""

    def note(self, attributes: Mapping[str, SpanValue]) -> None:
        """Say more of it."""

    def failed(self, kind: str) -> None:
        """It ended in an error of this kind."""


class SpanCollector(Protocol):
    """Makes spans and sends them on."""

    def __call__(
        self, name: str, attributes: Mapping[str, SpanValue], headers: Mapping[str, str] | None
    ) -> AbstractContextManager[TraceSpan]:
        """A span within the present one; with `headers` of a request, one within the caller's (W3C Trace Context)."""


class _Untold:
    def rename(self, name: str) -> None:
        """Nobody collects."""

    def note(self, attributes: Mapping[str, SpanValue]) -> None:
        """Nobody collects."""

    def failed(self, kind: str) -> None:
        """Nobody collects."""


_NOBODY: AbstractContextManager[TraceSpan] = nullcontext(_Untold())
_collectors: list[SpanCollector] = []


def span(
    name: str, attributes: Mapping[str, SpanValue] | None = None, *, headers: Mapping[str, str] | None = None
) -> AbstractContextManager[TraceSpan]:
    """What is done in the block, as a span; an error that leaves the block marks it by its class.

    `headers`: of the request that begins here, which may name the span of whoever sent it.
    """
    return _collectors[-1](name, attributes or {}, headers) if _collectors else _NOBODY


def collects() -> bool:
    """Whether anybody collects spans: what is worked out for a span alone need not be else."""
    return bool(_collectors)


def collect(collector: SpanCollector) -> None:
    """From now on this process's spans go to it, until `collect_no_more`."""
    _collectors.append(collector)


def collect_no_more(collector: SpanCollector) -> None:
    """It gets no more spans; nothing happens where it got none."""
    if collector in _collectors:
        _collectors.remove(collector)
