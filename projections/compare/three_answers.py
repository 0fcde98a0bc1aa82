"""A contested result: as published, and as known now under the rulebook of then and under today's (R32-R36)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from typing import Any, Literal, TypedDict

from domain.events import AppealFiled, Event, ResultPublished, ResultRevised
from domain.law import under
from domain.measures.chapter4_appeals import end_of_day
from domain.values import GRADE_LABELS, Grade
from projections.answers.results import DeadlineShown
from projections.compare.publication import Published, draft_of, full_sheet
from projections.compare.standing_difference import sheet_differences
from projections.replay.known_at import Basis

Result = ResultPublished | ResultRevised


def three_answers(found: Published, now: Basis, today: date, contested: Result | None = None) -> list[dict[str, Any]]:
    """As published; the same date as known now under the law of then; and under the rulebook in force today.

    `now`: the agency with the law as known now. `contested`: by default the result that stands. Each
    later answer says what differs from the one before, and why.
    """
    of_then = replace(now, law=found.law, as_of=found.day)
    current = under(now.law, now.law.rulebooks.on(today))
    of_now = replace(now, law=current, as_of=found.day)
    sheets = [dict(full_sheet(found.events, contested or found.standing))]
    sheets += [draft_of(basis, found.first.year).sheet for basis in (of_then, of_now)]
    names = (
        ("as_published", "公布的结果", "as published"),
        ("known_now_rules_of_then", "同一日期，按现在所知、当时的规则", "as known now, by the rulebook of then"),
        ("known_now_rules_of_now", "同一日期，按现在所知、现行规则", "as known now, by the current rulebook"),
    )
    return [
        {
            "answer": name,
            "text": text,
            "text_en": text_en,
            "total": sheet.get("total"),
            "grade": sheet.get("grade"),
            "rulebook": sheet.get("rulebook"),
            "sheet": sheet,
            "difference": [] if place == 0 else sheet_differences(sheets[place - 1], sheet),
        }
        for place, ((name, text, text_en), sheet) in enumerate(zip(names, sheets, strict=True))
    ]


def result_named(found: Published, result_id: str) -> Result:
    """The published or revised result with this id. Raises: LookupError when it is not among the agency's."""
    for event in found.events:
        if event.id == result_id and isinstance(event, (ResultPublished, ResultRevised)):
            return event
    raise LookupError(f"{result_id} is no result of this agency: run steward check")


def result_json(result: Result, events: Iterable[Event], *, with_sheet: bool = True) -> dict[str, object]:
    """A published result as answers show it."""
    revised = result if isinstance(result, ResultRevised) else None
    sheet = {"sheet": dict(full_sheet(events, result))} if with_sheet else {}
    return {
        "id": result.id,
        "year": result.year,
        "published_on": result.occurred_on.isoformat(),
        "recorded_at": result.recorded_at,
        "total": result.sheet.get("total"),
        "grade": result.grade,
        "label": None if result.grade is None else GRADE_LABELS[Grade(result.grade)],
        "rank": result.rank,
        "known_at": result.known_at,
        "log_index": result.log_index,
        "basis": list(result.basis),
        "rulebook_sha256": result.rulebook_sha256,
        "calendar_sha256": result.calendar_sha256,
        "provisional": False,
        "deadline": deadline_shown(result.deadline),
        "revised": revised is not None,
        "replaces": None if revised is None else revised.replaces,
        "appeal": None if revised is None else revised.appeal_id,
        "impact": None if revised is None else revised.impact_id,
        "difference": [] if revised is None else list(revised.difference),
        **sheet,
    }


def deadline_shown(day: date | None) -> DeadlineShown | None:
    """A deadline as its last day, and the instant at which it has passed (R2)."""
    return None if day is None else DeadlineShown(day=day, instant=end_of_day(day))


class FiledPart(TypedDict):
    """What every answer says of an appeal as it was filed (R33)."""

    year: int
    filed_on: date
    in_time: bool
    deadline: DeadlineShown | None
    result: str
    appellant_kind: Literal["agency", "practitioner"]
    disputed_event_ids: tuple[str, ...]


def filed_part(filed: AppealFiled) -> FiledPart:
    """An appeal as it was filed, in the words of answers."""
    return {
        "year": filed.year,
        "filed_on": filed.occurred_on,
        "in_time": filed.in_time,
        "deadline": deadline_shown(filed.deadline),
        "result": filed.result_id,
        "appellant_kind": filed.appellant_kind,
        "disputed_event_ids": tuple(filed.disputed),
    }
