"""The course of an agency's standing over a stretch of time, drawn together so that it stays small (pages).

Steps come from the rows, facts from the trail. However long the stretch and however many its facts, the answer has a
bounded size: the score keeps the first, least, greatest and last value of each of COLUMNS columns, and facts of one
lane that lie so close together that they could not be told apart become one mark.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from domain.events import Event, EventAnnulled, LapseRecorded, ResultPublished, ResultRevised
from domain.ledger.reader import Reader
from domain.trail.trail import Trail
from domain.values import GRADE_LABELS, Grade
from projections.pictures.timeline_picture import LANES
from projections.replay.basis import Basis
from projections.replay.known_at import knowledge
from projections.replay.timeline import PARTS
from projections.rows.read.replayed_summary import Replayed
from projections.rows.read.row_summary import Course, Lapsed, StoodOn, changed_parts

Item = dict[str, Any]
Result = ResultPublished | ResultRevised
COLUMNS = 160
"""Into how many columns the score is drawn together."""
MOST_CHANGES = 20
"""How many of the latest changes are told."""
MOST_FACTS, MOST_ON_DAY = 5, 50
"""How many facts of a day are told with a change, and with the day itself."""
MOST_MARKS = 32
"""How many marks fit into one lane, each large enough to be hit (WCAG 2.5.8)."""
LANE_KEYS = ("complaints", "lapses", "scores", "honours", "results", "others")
"""Keys of the lanes of `timeline_picture.LANES`, in their order."""
_MORE = {
    "complaints": {"ComplaintReceived", "ComplaintDismissed", "ComplaintMerged"},
    "lapses": {"BehaviourReported", "ReportDismissed", "BadRecordReferred"},
    "results": {"AppealAdmitted", "AppealWithdrawn", "ImpactDisposed"},
}
_LANE_OF = {
    kind: key for key, (*_, kinds) in zip(LANE_KEYS, LANES, strict=True) for kind in kinds | _MORE.get(key, set())
}
_DAY = timedelta(days=1)


def rows_of(reader: Reader, basis: Basis, known_at: str | None) -> Course:
    """The rows of the agency at the basis, of which `known_at` is what was asked (an instant, `version:N`, `log:N`)."""
    at, stream = basis.known_at, basis.trail.events[0].stream
    known = knowledge(reader, known_at)
    if known.log is not None:  # known up to its last event in the log, judged by the law of the log (look_up.Asked)
        at = max(basis.trail.events[-1].recorded_at, reader.law_recorded_in_log(known.log) or "")
    return Course(reader.connection, stream, basis.law, at)


def course(basis: Basis, rows: Course | Replayed, first: date, last: date) -> Item:
    """What `GET …/course` answers beside the echo of its basis: both ends included."""
    stood = list(rows.between(first, last))
    facts = _dated(basis.trail, first, last)
    changes = list(pairwise(stood))
    return {
        "from": first.isoformat(),
        "to": last.isoformat(),
        "score": list(_score(stood, last)),
        "ended_years": list(_ended_years(basis, rows, stood)),
        "tiers": list(_runs(stood, last, lambda parts: parts["sanction"]["tier"], "tier")),
        "warnings": [one for one in _runs(stood, last, _warned_year, "year") if one["year"] is not None],
        "marks": list(_marks(basis.trail, facts, rows.lapses(first, last), first, last)),
        "results": list(_results(basis.trail, first, last)),
        "facts": sum(map(len, facts.values())),
        "days_changed": len(changes),
        "changes": [_told(one, basis.trail, facts) for one in reversed(changes[-MOST_CHANGES:])],
    }


def default_span(basis: Basis, last: date) -> tuple[date, date]:
    """A year up to `last`; all of the history where nothing happened in that year."""
    days = [basis.trail.day_of(event) for event in basis.trail.events]
    first = last - timedelta(days=364)
    if any(first <= day <= last for day in days):
        return first, last
    return min([*days, last]), last


def _dated(trail: Trail, first: date, last: date) -> dict[date, list[Event]]:
    """The facts of these days, counting or not."""
    found: dict[date, list[Event]] = defaultdict(list)
    for event in trail.events:
        if first <= trail.day_of(event) <= last:
            found[trail.day_of(event)].append(event)
    return found


def _score(stood: Sequence[StoodOn], last: date) -> Iterator[Item]:
    """The score from a day up to another, in order; null where the year is not assessed."""
    points: list[tuple[date, Item]] = []
    for one in stood:
        shown = _scored(one.parts["assessment"])
        if not points or points[-1][1] != shown:
            points.append((one.day, shown))
    kept = _drawn_together(points, stood[0].day, last)
    for place, (day, shown) in enumerate(kept):
        until = kept[place + 1][0] - _DAY if place + 1 < len(kept) else last
        yield {"from": day.isoformat(), "to": until.isoformat(), **shown}


def _scored(assessed: Mapping[str, Any]) -> Item:
    shown = {name: assessed[name] for name in ("year", "total", "grade", "label")}
    return {**shown, "provisional": assessed["provisional"], "override": bool(assessed["override"])}


def _ended_years(basis: Basis, rows: Course | Replayed, stood: Sequence[StoodOn]) -> Iterator[Item]:
    """What each assessment year of the stretch that is over by `as_of` came to: its sheet that day, and its result.

    Surveys and effect scores count for a year after its end too (R20): the score of its last day is not its result.
    """
    for year in sorted({one.parts["assessment"]["year"] for one in stood}):
        first, last = basis.law.rulebooks.span_of(year)
        if last < basis.as_of:
            sheet = _scored(rows.of_year(year, basis.as_of))
            yield {
                **sheet,
                "from": first.isoformat(),
                "to": last.isoformat(),
                "as_of": basis.as_of.isoformat(),
                "result": latest_result(basis.trail, basis.as_of, year),
            }


def _drawn_together(points: Sequence[tuple[date, Item]], first: date, last: date) -> list[tuple[date, Item]]:
    """Of each column's points the first, the least, the greatest and the last; a year's or gap's first one always."""
    days = (last - first).days + 1
    columns: dict[tuple[int, int, bool], list[tuple[date, Item]]] = defaultdict(list)
    for day, shown in points:
        columns[(day - first).days * COLUMNS // days, shown["year"], shown["total"] is None].append((day, shown))
    kept: dict[date, Item] = {}
    for several in columns.values():
        by_total = sorted(several, key=lambda one: float(one[1]["total"] or 0))
        for day, shown in (several[0], by_total[0], by_total[-1], several[-1]):
            kept[day] = shown
    return sorted(kept.items())


def _runs(stood: Sequence[StoodOn], last: date, of: Any, name: str) -> Iterator[Item]:
    """The stretches on which something of the standing stays the same."""
    since, value = stood[0].day, of(stood[0].parts)
    for one in stood[1:]:
        now = of(one.parts)
        if now != value:
            yield {"from": since.isoformat(), "to": (one.day - _DAY).isoformat(), name: value}
            since, value = one.day, now
    yield {"from": since.isoformat(), "to": last.isoformat(), name: value}


def _warned_year(parts: Mapping[str, Any]) -> int | None:
    notice = parts["warning_notice"]
    return None if notice is None else notice["year"]


def _marks(
    trail: Trail, facts: Mapping[date, Sequence[Event]], lapsed: Iterable[Lapsed], first: date, last: date
) -> Iterator[Item]:
    """The facts in their lanes: one alone with what it is, several that lie too close together as one mark."""
    lanes: dict[str, list[tuple[date, Item]]] = defaultdict(list)
    for day in sorted(facts):
        for event in facts[day]:
            kind = type(event).__name__
            one = {"event": event.id, "type": kind, "annulled_by": trail.annulled_by.get(event.id)}
            lanes[_LANE_OF.get(kind, "others")].append((day, one))
    for lapse in lapsed:
        if not _is_told(trail, facts.get(lapse.day, ()), lapse.ground):
            said = {"text": f"附件1第 {lapse.item} 项：到期扣分", "text_en": f"annex 1 item {lapse.item}: overdue"}
            lanes["lapses"].append((lapse.day, {"event": lapse.ground, "type": "lapse", "annulled_by": None, **said}))
    apart = ((last - first).days + MOST_MARKS) // MOST_MARKS
    for lane in LANE_KEYS:
        several: list[tuple[date, Item]] = []
        for day, one in sorted(lanes[lane], key=lambda pair: pair[0]):
            if several and (day - several[0][0]).days >= apart:
                yield _mark(lane, several)
                several = []
            several.append((day, one))
        if several:
            yield _mark(lane, several)


def _mark(lane: str, several: Sequence[tuple[date, Item]]) -> Item:
    kinds = Counter(one["type"] for _, one in several)
    return {
        "lane": lane,
        "from": several[0][0].isoformat(),
        "to": several[-1][0].isoformat(),
        "count": len(several),
        "annulled": sum(one["annulled_by"] is not None for _, one in several),
        "kinds": dict(kinds.most_common(3)),
        **(several[0][1] if len(several) == 1 else {}),
    }


def _is_told(trail: Trail, facts: Iterable[Event], ground: str) -> bool:
    """Whether a lapse's own mark is there already: a recorded one, or one recorded that day about the ground."""
    return isinstance(trail.by_id.get(ground), LapseRecorded) or any(
        isinstance(event, LapseRecorded) and ground in event.named() for event in facts
    )


def _results(trail: Trail, first: date, last: date) -> Iterator[Item]:
    """Published and revised results whose publication or time for appeals touches the stretch."""
    every: list[Result] = [*trail.every(ResultPublished), *trail.every(ResultRevised)]
    for event in every:
        until = event.deadline or event.occurred_on
        if event.occurred_on <= last and until >= first:
            yield result_shown(trail, event)


def result_shown(trail: Trail, event: Result) -> Item:
    """A published or revised result in short."""
    return {
        "event": event.id,
        "year": event.year,
        "published_on": event.occurred_on.isoformat(),
        "deadline": None if event.deadline is None else event.deadline.isoformat(),
        "total": event.sheet.get("total"),
        "grade": event.grade,
        "rank": event.rank,
        "label": None if event.grade is None else GRADE_LABELS[Grade(event.grade)],
        "revised": isinstance(event, ResultRevised),
        "annulled_by": trail.annulled_by.get(event.id),
    }


def latest_result(trail: Trail, by: date, year: int | None = None) -> Item | None:
    """The result that stands on a day: of the latest year, or of `year`, the one recorded last."""
    found: list[Result] = [*trail.of(ResultPublished), *trail.of(ResultRevised)]
    of_day = [event for event in found if event.occurred_on <= by and year in (None, event.year)]
    latest = max(of_day, key=lambda event: (event.year, event.version), default=None)
    return None if latest is None else result_shown(trail, latest)


def _told(change: tuple[StoodOn, StoodOn], trail: Trail, facts: Mapping[date, Sequence[Event]]) -> Item:
    """A day on which the standing changed: what was, what is, and the facts of that day that count."""
    before, after = change
    counting = [event for event in facts.get(after.day, ()) if trail.counts(event)]
    shown = [{"event": event.id, "type": type(event).__name__} for event in counting[:MOST_FACTS]]
    return {
        "date": after.day.isoformat(),
        "changed": changed_parts(before.parts, after.parts, PARTS),
        "before": in_short(before.parts),
        "after": in_short(after.parts),
        "facts": shown,
        "more": len(counting) - len(shown),
    }


def in_short(parts: Mapping[str, Any]) -> Item:
    """What of a standing is shown of a change."""
    assessed = parts["assessment"]
    return {
        "tier": parts["sanction"]["tier"],
        "verified_complaints": parts["sanction"]["verified_complaints"],
        "bad_records": parts["bad_records"]["total"],
        "filing": parts["agency"]["filing"],
        "year": assessed["year"],
        "total": assessed["total"],
        "grade": assessed["grade"],
        "provisional": assessed["provisional"],
        "warning": _warned_year(parts),
        "advisories": len(parts["advisories"]),
    }


def stops(basis: Basis, rows: Course | Replayed, day: date, last: date) -> Item:
    """Where a replay can halt beside `day`: days with facts that count, and days on which the standing changes.

    Of each: the first, the last (up to `last`), those next to `day`, how many there are and which of them `day` is.
    Also the facts of `day`, and the fact that was recorded last of all that is known.
    """
    trail = basis.trail
    with_facts = sorted({trail.day_of(event) for event in trail.events if trail.counts(event)})
    start = min(trail.day_of(event) for event in trail.events) - _DAY
    changing = [one.day for one in rows.between(start, max(last, start))][1:]
    on_day = [event for event in trail.events if trail.day_of(event) == day]
    return {
        "day": day.isoformat(),
        "facts": _beside([one for one in with_facts if one <= last], day),
        "changes": _beside(changing, day),
        "on_day": [_recorded(trail, event) for event in on_day[:MOST_ON_DAY]],
        "more_on_day": max(0, len(on_day) - MOST_ON_DAY),
        "recorded": _recorded(trail, _last_told(trail)),
    }


def _last_told(trail: Trail) -> Event:
    """The fact recorded last whose time is told."""
    hidden: frozenset[str] = frozenset() if trail.veil is None else trail.veil.hidden
    return next(event for event in reversed(trail.events) if event.id not in hidden)


def _recorded(trail: Trail, event: Event) -> Item:
    hidden = trail.veil is not None and event.id in trail.veil.hidden
    return {
        "event": event.id,
        "type": type(event).__name__,
        "version": None if hidden else event.version,
        "occurred_on": trail.day_of(event).isoformat(),
        "recorded_at": None if hidden else event.recorded_at,
        "annulled_by": trail.annulled_by.get(event.id),
        "annuls": event.event_id if isinstance(event, EventAnnulled) else None,
    }


def _beside(days: Sequence[date], day: date) -> Item:
    before, after = [one for one in days if one < day], [one for one in days if one > day]
    said = {
        "first": days[0] if days else None,
        "previous": before[-1] if before else None,
        "next": after[0] if after else None,
        "last": days[-1] if days else None,
    }
    place = len(before) + 1 if day in days else None
    return {
        **{name: None if one is None else one.isoformat() for name, one in said.items()},
        "place": place,
        "count": len(days),
    }
