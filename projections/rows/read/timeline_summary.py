"""The course of an agency's standing over a stretch of time, drawn together so that it stays small (pages).

Steps come from the rows, facts from the trail. However long the stretch and however many its facts, the answer has a
bounded size: the score keeps the first, least, greatest and last value of each of COLUMNS columns, and facts of one
lane that lie so close together that they could not be told apart become one mark.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import pairwise
from operator import attrgetter
from typing import NamedTuple, TypeVar

from msgspec.structs import asdict, replace

from domain.events import Event, EventAnnulled, LapseRecorded, ResultPublished, ResultRevised
from domain.ledger.reader import Reader
from domain.trail.trail import Trail
from domain.values import GRADE_LABELS, Grade
from projections.answers.standings import AssessmentSummary, StandingParts
from projections.answers.summaries import (
    ChangeInShort,
    DaysBeside,
    EndedYear,
    FactInShort,
    Lane,
    RecordedInShort,
    ReplaySteps,
    ResultInShort,
    ScoreInShort,
    ScoreStretch,
    StandingInShort,
    TierStretch,
    TimelineMark,
    TimelineSummary,
    WarningStretch,
)
from projections.pictures.timeline_axis import LANE_OF, LANES
from projections.replay.known_at import Basis, knowledge
from projections.replay.timeline import changed_parts
from projections.rows.read.row_summary import Course, Lapsed, Replayed, StoodOn

Result = ResultPublished | ResultRevised
T = TypeVar("T")
COLUMNS = 160
"""Into how many columns the score is drawn together."""
MOST_CHANGES = 20
"""How many of the latest changes are told."""
MOST_FACTS, MOST_ON_DAY = 5, 50
"""How many facts of a day are told with a change, and with the day itself."""
MOST_MARKS = 32
"""How many marks fit into one lane, each large enough to be hit (WCAG 2.5.8)."""
_DAY = timedelta(days=1)


def rows_of(reader: Reader, basis: Basis, known_at: str | None) -> Course:
    """The rows of the agency at the basis, of which `known_at` is what was asked (an instant, `version:N`, `log:N`)."""
    at, stream = basis.known_at, basis.trail.events[0].stream
    known = knowledge(reader, known_at)
    if known.log is not None:  # known up to its last event in the log, judged by the law of the log (look_up.Asked)
        at = max(basis.trail.events[-1].recorded_at, reader.law_recorded_in_log(known.log) or "")
    return Course(reader.connection, stream, basis.law, at)


def course(basis: Basis, rows: Course | Replayed, first: date, last: date) -> TimelineSummary:
    """What `GET …/course` answers beside the echo of its basis: both ends included."""
    stood = list(rows.between(first, last))
    facts = _dated(basis.trail, first, last)
    changes = list(pairwise(stood))
    return TimelineSummary(
        first_day=first,
        last_day=last,
        score=tuple(_score(stood, last)),
        ended_years=tuple(_ended_years(basis, rows, stood)),
        tiers=tuple(TierStretch(*one) for one in _runs(stood, last, lambda parts: parts.sanction.tier)),
        warnings=tuple(
            WarningStretch(since, until, year)
            for since, until, year in _runs(stood, last, _warned_year)
            if year is not None
        ),
        marks=tuple(_marks(basis.trail, facts, rows.lapses(first, last), first, last)),
        results=tuple(_results(basis.trail, first, last)),
        facts=sum(map(len, facts.values())),
        days_changed=len(changes),
        changes=tuple(_told(one, basis.trail, facts) for one in reversed(changes[-MOST_CHANGES:])),
    )


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


def _score(stood: Sequence[StoodOn], last: date) -> Iterator[ScoreStretch]:
    """The score from a day up to another, in order; null where the year is not assessed."""
    points: list[tuple[date, ScoreInShort]] = []
    for one in stood:
        shown = _scored(one.parts.assessment)
        if not points or points[-1][1] != shown:
            points.append((one.day, shown))
    kept = _drawn_together(points, stood[0].day, last)
    for place, (day, shown) in enumerate(kept):
        until = kept[place + 1][0] - _DAY if place + 1 < len(kept) else last
        yield ScoreStretch(first_day=day, last_day=until, **asdict(shown))


def _scored(assessed: AssessmentSummary) -> ScoreInShort:
    return ScoreInShort(
        assessed.year, assessed.total, assessed.grade, assessed.label, assessed.provisional, bool(assessed.override)
    )


def _ended_years(basis: Basis, rows: Course | Replayed, stood: Sequence[StoodOn]) -> Iterator[EndedYear]:
    """What each assessment year of the stretch that is over by `as_of` came to: its sheet that day, and its result.

    Surveys and effect scores count for a year after its end too (R20): the score of its last day is not its result.
    """
    for year in sorted({one.parts.assessment.year for one in stood}):
        first, last = basis.law.rulebooks.span_of(year)
        if last < basis.as_of:
            yield EndedYear(
                **asdict(_scored(rows.of_year(year, basis.as_of))),
                first_day=first,
                last_day=last,
                as_of=basis.as_of,
                result=latest_result(basis.trail, basis.as_of, year),
            )


def _drawn_together(
    points: Sequence[tuple[date, ScoreInShort]], first: date, last: date
) -> list[tuple[date, ScoreInShort]]:
    """The first, the least, the greatest and the last point of each column; a year's or gap's first one always."""
    days = (last - first).days + 1
    columns: dict[tuple[int, int, bool], list[tuple[date, ScoreInShort]]] = defaultdict(list)
    for day, shown in points:
        columns[(day - first).days * COLUMNS // days, shown.year, shown.total is None].append((day, shown))
    kept: dict[date, ScoreInShort] = {}
    for several in columns.values():
        by_total = sorted(several, key=lambda one: float(one[1].total or 0))
        for day, shown in (several[0], by_total[0], by_total[-1], several[-1]):
            kept[day] = shown
    return sorted(kept.items())


def _runs(stood: Sequence[StoodOn], last: date, of: Callable[[StandingParts], T]) -> Iterator[tuple[date, date, T]]:
    """The stretches on which something of the standing stays the same: first day, last day, and what it is."""
    since, value = stood[0].day, of(stood[0].parts)
    for one in stood[1:]:
        now = of(one.parts)
        if now != value:
            yield since, one.day - _DAY, value
            since, value = one.day, now
    yield since, last, value


def _warned_year(parts: StandingParts) -> int | None:
    return None if parts.warning_notice is None else parts.warning_notice.year


def _marks(
    trail: Trail, facts: Mapping[date, Sequence[Event]], lapsed: Iterable[Lapsed], first: date, last: date
) -> Iterator[TimelineMark]:
    """The facts in their lanes: one alone with what it is, several that lie too close together as one mark."""
    lanes: dict[Lane, list[_Marked]] = defaultdict(list)
    for day in sorted(facts):
        for event in facts[day]:
            kind = type(event).__name__
            lanes[LANE_OF.get(kind, "others")].append(_Marked(day, event.id, kind, trail.annulled_by.get(event.id)))
    for lapse in lapsed:
        if not _is_told(trail, facts.get(lapse.day, ()), lapse.ground):
            lanes["lapses"].append(_Marked(lapse.day, lapse.ground, "lapse", None, lapse.item))
    apart = ((last - first).days + MOST_MARKS) // MOST_MARKS
    for lane in LANES:
        several: list[_Marked] = []
        for one in sorted(lanes[lane], key=attrgetter("day")):
            if several and (one.day - several[0].day).days >= apart:
                yield _together(lane, several)
                several = []
            several.append(one)
        if several:
            yield _together(lane, several)


class _Marked(NamedTuple):
    """A fact, or a lapse by date, that is to be shown in a lane."""

    day: date
    id: str
    kind: str
    annulled_by: str | None
    item: int | None = None
    """Of annex 1, for a lapse that no fact tells of."""


def _alone(lane: Lane, one: _Marked) -> TimelineMark:
    mark = TimelineMark(
        lane=lane,
        first_day=one.day,
        last_day=one.day,
        count=1,
        annulled=int(one.annulled_by is not None),
        kinds={one.kind: 1},
        event=one.id,
        type=one.kind,
        annulled_by=one.annulled_by,
    )
    if one.item is None:
        return mark
    text, text_en = f"附件1第 {one.item} 项：到期扣分", f"annex 1 item {one.item}: overdue"
    return replace(mark, text=text, text_en=text_en)


def _together(lane: Lane, several: Sequence[_Marked]) -> TimelineMark:
    """What lies close together in a lane as one mark; one alone with what it is."""
    if len(several) == 1:
        return _alone(lane, several[0])
    return TimelineMark(
        lane=lane,
        first_day=several[0].day,
        last_day=several[-1].day,
        count=len(several),
        annulled=sum(one.annulled_by is not None for one in several),
        kinds=dict(Counter(one.kind for one in several).most_common(3)),
    )


def _is_told(trail: Trail, facts: Iterable[Event], ground: str) -> bool:
    """Whether a lapse's own mark is there already: a recorded one, or one recorded that day about the ground."""
    return isinstance(trail.by_id.get(ground), LapseRecorded) or any(
        isinstance(event, LapseRecorded) and ground in event.named() for event in facts
    )


def _results(trail: Trail, first: date, last: date) -> Iterator[ResultInShort]:
    """Published and revised results whose publication or time for appeals touches the stretch."""
    every: list[Result] = [*trail.every(ResultPublished), *trail.every(ResultRevised)]
    for event in every:
        until = event.deadline or event.occurred_on
        if event.occurred_on <= last and until >= first:
            yield result_shown(trail, event)


def result_shown(trail: Trail, event: Result) -> ResultInShort:
    """A published or revised result in short."""
    return ResultInShort(
        event.id,
        event.year,
        event.occurred_on,
        event.deadline,
        event.sheet.get("total"),
        event.grade,
        event.rank,
        None if event.grade is None else GRADE_LABELS[Grade(event.grade)],
        isinstance(event, ResultRevised),
        trail.annulled_by.get(event.id),
    )


def latest_result(trail: Trail, by: date, year: int | None = None) -> ResultInShort | None:
    """The result that stands on a day: of the latest year, or of `year`, the one recorded last."""
    found: list[Result] = [*trail.of(ResultPublished), *trail.of(ResultRevised)]
    of_day = [event for event in found if event.occurred_on <= by and year in (None, event.year)]
    latest = max(of_day, key=lambda event: (event.year, event.version), default=None)
    return None if latest is None else result_shown(trail, latest)


def _told(change: tuple[StoodOn, StoodOn], trail: Trail, facts: Mapping[date, Sequence[Event]]) -> ChangeInShort:
    """A day on which the standing changed: what was, what is, and the facts of that day that count."""
    before, after = change
    counting = [event for event in facts.get(after.day, ()) if trail.counts(event)]
    shown = tuple(FactInShort(event.id, type(event).__name__) for event in counting[:MOST_FACTS])
    return ChangeInShort(
        after.day,
        changed_parts(before.parts, after.parts),
        in_short(before.parts),
        in_short(after.parts),
        shown,
        len(counting) - len(shown),
    )


def in_short(parts: StandingParts) -> StandingInShort:
    """What of a standing is shown of a change."""
    assessed = parts.assessment
    return StandingInShort(
        parts.sanction.tier,
        parts.sanction.verified_complaints,
        parts.bad_records.total,
        parts.agency.filing,
        assessed.year,
        assessed.total,
        assessed.grade,
        assessed.provisional,
        _warned_year(parts),
        len(parts.advisories),
    )


def stops(basis: Basis, rows: Course | Replayed, day: date, last: date) -> ReplaySteps:
    """Where a replay can halt beside `day`: days with facts that count, and days on which the standing changes.

    Of each: the first, the last (up to `last`), those next to `day`, how many there are and which of them `day` is.
    Also the facts of `day`, and the fact that was recorded last of all that is known.
    """
    trail = basis.trail
    with_facts = sorted({trail.day_of(event) for event in trail.events if trail.counts(event)})
    start = min(trail.day_of(event) for event in trail.events) - _DAY
    changing = [one.day for one in rows.between(start, max(last, start))][1:]
    on_day = [event for event in trail.events if trail.day_of(event) == day]
    return ReplaySteps(
        day,
        _beside([one for one in with_facts if one <= last], day),
        _beside(changing, day),
        tuple(_recorded(trail, event) for event in on_day[:MOST_ON_DAY]),
        max(0, len(on_day) - MOST_ON_DAY),
        _recorded(trail, _last_told(trail)),
    )


def _last_told(trail: Trail) -> Event:
    """The fact recorded last whose time is told."""
    hidden: frozenset[str] = frozenset() if trail.veil is None else trail.veil.hidden
    return next(event for event in reversed(trail.events) if event.id not in hidden)


def _recorded(trail: Trail, event: Event) -> RecordedInShort:
    hidden = trail.veil is not None and event.id in trail.veil.hidden
    return RecordedInShort(
        event.id,
        type(event).__name__,
        None if hidden else event.version,
        trail.day_of(event),
        None if hidden else event.recorded_at,
        trail.annulled_by.get(event.id),
        event.event_id if isinstance(event, EventAnnulled) else None,
    )


def _beside(days: Sequence[date], day: date) -> DaysBeside:
    before, after = [one for one in days if one < day], [one for one in days if one > day]
    return DaysBeside(
        days[0] if days else None,
        before[-1] if before else None,
        after[0] if after else None,
        days[-1] if days else None,
        len(before) + 1 if day in days else None,
        len(days),
    )
