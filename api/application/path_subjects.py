"""What a path without a USCC names: the agency is found by the id."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from domain.commands.reports import unknown_hint
from domain.errors import NotFound
from domain.measures.hints import agency_of_hint
from domain.store.db.engine import Connection
from domain.store.log.recorder import find_event
from domain.store.log.stream_heads import head_of
from domain.values import agency_stream

_AGENCIES = agency_stream("")


@dataclass(frozen=True)
class Subject:
    """A kind of thing with ids of its own."""

    agency_of: Callable[[Connection, str], str | None]
    """The USCC of the agency that an id is about; None for an unknown one. The command still looks what it names."""
    unknown: Callable[[], NotFound]
    """The refusal of an unknown id."""


def of_an_event(connection: Connection, event_id: str) -> str | None:
    """The agency on whose stream an event stands."""
    found = find_event(connection, event_id)
    if found is None or not found[0].startswith(_AGENCIES):
        return None
    return found[0].removeprefix(_AGENCIES)


def _of_a_hint(connection: Connection, id_: str) -> str | None:
    uscc = agency_of_hint(id_)
    return None if uscc is None or head_of(connection, agency_stream(uscc)) is None else uscc


def _unknown_objection() -> NotFound:
    return NotFound(
        "没有路径里这个编号的异议",
        "there is no objection with the path's id",
        cites=("R38",),
        remedy="请核对编号",
        remedy_en="Check the id.",
    )


def _unknown_repair() -> NotFound:
    return NotFound(
        "没有路径里这个编号的信用修复申请",
        "there is no application for repair with the path's id",
        cites=("R42",),
        remedy="请核对编号",
        remedy_en="Check the id.",
    )


repairs = Subject(of_an_event, _unknown_repair)
hints = Subject(_of_a_hint, unknown_hint)
objections = Subject(of_an_event, _unknown_objection)
