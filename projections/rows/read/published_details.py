"""What is said beside a published result: waived parts, what decided art.25, revisions, appeals (R32-R34, R44).

Nothing here names a person or an event: the public reads all of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from domain.assessment import AssessmentRound
from domain.events import Event, ResultPublished, ResultRevised
from domain.ledger.reader import Reader
from domain.measures.text.implements import implements
from domain.store.keys.vault import Vault
from domain.values import assessment_stream
from projections.answers.registers import OverrideKind, PartPoints, PublishedChange, PublishedRevision, ResultDetails
from projections.answers.results import WaiverReason
from projections.answers.scalars import BilingualText, JudgedPart
from projections.rows.read.published import WorklistFilter, matters

Result = ResultPublished | ResultRevised

_ERASED = "（理由已依法删除 reason erased）"
_BY_DECISION = "委员会修订结果时未要求补齐，理由见该决定 / let pass by the decision that revised the result"
_CHANGED = ("category", "assessed", "conduct", "quality", "effect", "honours", "total", "grade", "rank")
"""What a revision can change, as far as everybody may read it: no lines and no events."""


@implements("R25", "R44")
def waivers(reader: Reader, uscc: str, year: int, missing: Iterable[str]) -> list[WaiverReason]:
    """The parts that a published result lacks, each with the reason for which the committee let it pass."""
    parts = list(missing)
    if not parts:
        return []
    said = AssessmentRound.of(year, reader.events(assessment_stream(year))).published
    waived = {} if said is None else {one.part: one.reason for one in said.waivers if one.uscc == uscc}
    texts = dict(zip(waived, Vault(reader.connection).open_many(list(waived.values())), strict=True))
    return [
        WaiverReason(part=JudgedPart(part), reason=(texts[part] or _ERASED) if part in texts else _BY_DECISION)
        for part in parts
    ]


@implements("R29", "R32")
def why_left_out(events: Mapping[str, Event], event_id: str) -> tuple[BilingualText, ...]:
    """Why an agency was not assessed, as its result says."""
    result = events.get(event_id)
    return _reasons(result.sheet) if isinstance(result, (ResultPublished, ResultRevised)) else ()


def _reasons(sheet: Mapping[str, Any]) -> tuple[BilingualText, ...]:
    return tuple(BilingualText(one["text"], one["text_en"]) for one in sheet.get("not_assessed", ()))


def details(reader: Reader, year: int, standing: Mapping[str, str]) -> dict[str, ResultDetails]:
    """What is said beside these standing results (USCC: id of the result), by USCC."""
    chains = _chains(reader, standing)
    pending = {one.uscc for one in matters(reader.connection, WorklistFilter("appeal", year=year))}
    found = {}
    for uscc, chain in chains.items():
        sheet = _sheet(chain)
        missing = sheet.get("missing", ()) if sheet.get("assessed") else ()
        found[uscc] = ResultDetails(
            assessed=bool(chain[-1].sheet.get("assessed")),
            reasons=_reasons(sheet),
            override=tuple(OverrideKind(kind=one["kind"], article=one["article"]) for one in sheet.get("override", ())),
            waivers=tuple(waivers(reader, uscc, year, missing)),
            appeal_pending=uscc in pending,
            revisions=tuple(_revisions(chain)),
            parts=_parts(sheet),
        )
    return found


def _parts(sheet: Mapping[str, Any]) -> PartPoints | None:
    """The four parts as they were published; None where an old sheet does not say them."""
    said = {name: sheet[name] for name in PartPoints.__struct_fields__ if sheet.get(name) is not None}
    return PartPoints(**said) if len(said) == len(PartPoints.__struct_fields__) else None


def _chains(reader: Reader, standing: Mapping[str, str]) -> dict[str, list[Result]]:
    """Each agency's results of the year up to the one that stands, the published one first."""
    known: dict[str, Event] = {}
    wanted = set(standing.values())
    while wanted:
        got = reader.named(wanted)
        known |= got
        wanted = {
            one.replaces for one in got.values() if isinstance(one, ResultRevised) and one.replaces
        } - known.keys()
    return {uscc: list(reversed(list(_back(known, event_id)))) for uscc, event_id in standing.items()}


def _back(known: Mapping[str, Event], event_id: str | None) -> Iterator[Result]:
    while event_id is not None:
        one = known[event_id]
        if not isinstance(one, (ResultPublished, ResultRevised)):
            raise LookupError(f"{event_id} is no result: run steward check")
        yield one
        event_id = one.replaces if isinstance(one, ResultRevised) else None


def _sheet(chain: list[Result]) -> Mapping[str, Any]:
    """The sheet that stands: that of the last result of which more than the rank was revised."""
    own = (one for one in reversed(chain) if not (isinstance(one, ResultRevised) and one.sheet_of is not None))
    return next(own).sheet


@implements("R34", "R36")
def _revisions(chain: list[Result]) -> Iterator[PublishedRevision]:
    """Each revision: its day, what for, and what it changed."""
    for one in chain:
        if isinstance(one, ResultRevised):
            yield PublishedRevision(
                published_on=one.occurred_on,
                because_of="rank"
                if one.sheet_of is not None
                else "appeal"
                if one.appeal_id is not None
                else "late_fact",
                changed=tuple(
                    PublishedChange(field=row["field"], before=row["before"], after=row["after"])
                    for row in one.difference
                    if row["field"] in _CHANGED
                ),
            )
