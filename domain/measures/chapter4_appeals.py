"""Chapter 4 of the Measures, the week after publication: what a result rests on, appeals, revisions (art.19-20)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from typing import NamedTuple, TypeVar

from msgspec.structs import replace

from domain.errors import Contradiction, Forbidden
from domain.events import (
    AppealAdmitted,
    AppealDismissed,
    AppealFiled,
    AppealPartlyUpheld,
    AppealUpheld,
    AppealWithdrawn,
    ComplaintDismissed,
    ComplaintMerged,
    ComplaintUpheld,
    Event,
    EventAnnulled,
    ImpactDisposed,
    ObjectionFiled,
    RepairApplied,
    ResultPublished,
    ResultRevised,
)
from domain.measures.calendar import Calendar, Deadline, deadline
from domain.measures.rulebook.rulebook import Rulebooks
from domain.measures.text.implements import implements
from domain.trail.trail import Trail
from domain.values import GRADE_RANK, SHANGHAI, TIER_RANK, Grade, Instant, Tier, instant

R = TypeVar("R")
Result = ResultPublished | ResultRevised
Upheld = AppealUpheld | AppealPartlyUpheld
Decision = AppealUpheld | AppealPartlyUpheld | AppealDismissed | AppealWithdrawn
DECISIONS = (AppealUpheld, AppealPartlyUpheld, AppealDismissed, AppealWithdrawn)


# ---- deadlines ----


@implements("art.20", "R3")
def appeal_deadline(published_on: date, rulebooks: Rulebooks, calendar: Calendar) -> Deadline:
    """请于一周内…提出: the last day on which an appeal is in time, by the rulebook of the day of publication (R4)."""
    return deadline(published_on, rulebooks.on(published_on).deadlines.appeal_days, calendar)


@implements("art.20", "R32", "R41", "R45")
def appeal_week(given: date, recorded_on: date, rulebooks: Rulebooks, calendar: Calendar) -> Deadline:
    """The week of a publication, decision, reopening or moved rank: from the day given, or of recording if later.

    What nobody could read yet takes nobody's time to appeal. `recorded_on`: the Shanghai day of recording.
    """
    return appeal_deadline(max(given, recorded_on), rulebooks, calendar)


@implements("art.20", "R41")
def week_after_revision(limit: date, running: date | None) -> date:
    """The last day to appeal against a revised result: of its own week, or of one that runs and is never cut short."""
    return max(limit, running or limit)


def end_of_day(day: date) -> Instant:
    """The instant at which a deadline has passed: 24:00 in Shanghai on its last day (R2)."""
    return instant(datetime.combine(day + timedelta(days=1), time(0), SHANGHAI).astimezone(UTC))


# ---- results ----


def standing_result(events: Iterable[Event], year: int) -> Result | None:
    """The result of the year that was recorded last, which stands; None where none was published."""
    found = [one for one in events if isinstance(one, (ResultPublished, ResultRevised)) and one.year == year]
    return found[-1] if found else None


def appealed_result(results: Sequence[R], filed_on: date, day_of: Callable[[R], date]) -> R | None:
    """The result of a year that an appeal of this day is against, of its results in recording order (R33).

    The last that was published by then; before any was, the first. `day_of`: the day of a result's publication.
    """
    by_then = [one for one in results if day_of(one) <= filed_on]
    return next(reversed(by_then or results[:1]), None)


def result_day(result: Result) -> date:
    """The day on which a result looks at its year: that of the publication, also when it was revised later (R32)."""
    return date.fromisoformat(result.sheet.get("as_of", result.occurred_on.isoformat()))


def result_total(result: Result) -> Fraction | None:
    """The score of record that was published, in points; None for an agency that was not assessed (R29)."""
    total = result.sheet.get("total")
    return None if total is None else Fraction(total)


class Outcome(NamedTuple):
    """What an agency has of a year: its grade and the score of record; both None for who was not assessed (R29)."""

    grade: str | None
    total: Fraction | None


def outcome_of(result: Result) -> Outcome:
    """The outcome that was published."""
    return Outcome(result.grade, result_total(result))


@implements("art.20", "R34")
def is_worse(before: Outcome, after: Outcome) -> bool:
    """Whether an outcome is to the agency's disadvantage: a lower grade, or fewer points in the same.

    For who was not assessed nothing is worse. Not to be assessed any more is, unless it takes away an `unqualified`.
    """
    if before.grade is None:
        return False
    if after.grade is None:
        return before.grade != Grade.UNQUALIFIED.value
    if after.grade != before.grade:
        return GRADE_RANK[Grade(after.grade)] > GRADE_RANK[Grade(before.grade)]
    return before.total is not None and after.total is not None and after.total < before.total


@implements("R34", "R36")
def resting_on(events: Sequence[Event], year: int, published: Collection[int]) -> list[Event]:
    """The events on which the standing result of a year rests, of all events of the agency.

    `published`: the versions that the publication knew (those up to its place in the log). Each decision that revised
    the result since took facts away and put others in; each reopening let in the later fact that it was for. A decision
    after which the result was kept changed nothing of it.
    """
    trail = Trail(events)
    revised = {
        one.appeal_id or one.impact_id
        for one in events
        if isinstance(one, ResultRevised) and one.year == year and one.sheet_of is None
    }
    resting = [event for event in events if event.version in published]
    for event in events:
        if isinstance(event, (AppealUpheld, AppealPartlyUpheld)) and event.appeal_id in revised:
            resting = with_changes(resting, changes_of(trail, event.annulled, event.replaced))
        elif isinstance(event, ImpactDisposed) and event.outcome == "reopened" and event.impact_id in revised:
            resting = with_changes(resting, [trail.by_id[event.cause]])
    return resting


def with_changes(resting: Iterable[Event], changes: Iterable[Event]) -> list[Event]:
    """A basis with more events in it, in recording order. Of one annulment several facts may be taken away by it."""
    found = {(event.version, getattr(event, "event_id", "")): event for event in (*resting, *changes)}
    return [found[place] for place in sorted(found)]


def changes_of(trail: Trail, annulled: Iterable[str], replaced: Iterable[str]) -> Iterator[Event]:
    """What a decision changes of a basis: the annulments, each of just the disputed fact, and the new facts."""
    for event_id in annulled:
        annulment = trail.by_id[trail.annulled_by[event_id]]
        if isinstance(annulment, EventAnnulled):  # it may be of a fact that this one names, and by somebody else
            yield annulment if annulment.event_id == event_id else replace(annulment, event_id=event_id)
    for event_id in replaced:
        yield trail.by_id[event_id]


# ---- appeals ----


@dataclass(frozen=True)
class AppealState:
    """An appeal and what became of it so far."""

    filed: AppealFiled
    admitted: AppealAdmitted | None
    decision: Decision | None

    @property
    def status(self) -> str:
        """`awaiting_admission`, `open`, `upheld`, `partly_upheld`, `dismissed` or `withdrawn`."""
        if self.decision is not None:
            return _STATUS[type(self.decision)]
        return "open" if self.filed.in_time or self.admitted is not None else "awaiting_admission"

    @property
    def is_open(self) -> bool:
        """Whether the committee still has to deal with it; one that awaits admission is open (R36)."""
        return self.decision is None


_STATUS: dict[type[Event], str] = {
    AppealUpheld: "upheld",
    AppealPartlyUpheld: "partly_upheld",
    AppealDismissed: "dismissed",
    AppealWithdrawn: "withdrawn",
}


@implements("art.20", "R33")
def appeal_state(trail: Trail, filed: AppealFiled) -> AppealState:
    """How an appeal stands by what names it."""
    admitted = next(trail.naming(filed.id, AppealAdmitted), None)
    decision: Decision | None = next(iter(trail.naming(filed.id, *DECISIONS)), None)  # type: ignore[assignment]
    return AppealState(filed, admitted, decision)


@implements("R35", "R38")
def made_by(trail: Trail, event_ids: Iterable[str], person_id: str) -> list[Event]:
    """What somebody recorded or verified of these facts: who did neither decides an appeal nor answers an objection."""
    behind: list[Event] = []
    for event_id in event_ids:
        fact: Event = trail.by_id[event_id]
        behind += [fact, *(trail.by_id[one] for one in fact.named() if one in trail.by_id)]
        behind += trail.naming(event_id, ComplaintUpheld, ComplaintDismissed, ComplaintMerged)
    return list({event.id: event for event in behind if event.actor == person_id}.values())


# ---- what may be decided, and by whom ----


@implements("R35")
def must_be_impartial(trail: Trail, filed: AppealFiled, person_id: str) -> None:
    """Refuse a decision by who recorded or verified a disputed fact. Raises: Forbidden."""
    for event in made_by(trail, filed.disputed, person_id):
        raise Forbidden(
            f"您记录或核实了所争议的事实（{event.id}），不能决定这件异议",
            f"you recorded or verified what is disputed ({event.id}): you do not decide this appeal",
            cites=("R35",),
            remedy="请由委员会的其他成员决定",
            remedy_en="Let another member of the committee decide.",
        )


@implements("R38")
def must_not_answer_for_oneself(trail: Trail, objection: ObjectionFiled, person_id: str) -> None:
    """Refuse the answer of who made the record, or decided what it rests on (as R35). Raises: Forbidden."""
    for event in made_by(trail, [objection.event_id], person_id):
        raise Forbidden(
            f"您记录或核实了该记录（{event.id}），不能答复对它的更正申请",
            f"you recorded or verified this record ({event.id}): you do not answer the objection to it",
            cites=("R38", "R35"),
            remedy="请由协会的其他人员答复",
            remedy_en="Let somebody else of the association answer.",
        )


@implements("R42", "R35")
def must_not_repair_own(trail: Trail, repair: RepairApplied, person_id: str) -> None:
    """Refuse a decision on repair by who made or verified the record, as with an appeal (R35). Raises: Forbidden."""
    for event in made_by(trail, [repair.event_id], person_id):
        raise Forbidden(
            f"您记录或核实了该记录（{event.id}），不能决定对它的信用修复申请",
            f"you recorded or verified this record ({event.id}): you do not decide on its repair",
            cites=("R42", "R35"),
            remedy="请由协会的其他人员决定",
            remedy_en="Let somebody else of the association decide.",
        )


@implements("art.20", "R34")
def must_not_harm(
    published: tuple[Outcome, Outcome],
    tiers: Iterable[tuple[Tier, Tier]],
    years: Iterable[tuple[int, Outcome, Outcome]],
    *,
    replaces: bool,
) -> None:
    """Refuse a decision that leaves the appellant worse off, in the published result or in the ledger.

    Each pair is what stands without the decision and with it: the published result, the tier on every day on which it
    can change, the sheet of each year from the contested one on. They are looked at in this order, no further than the
    first that is worse. `replaces`: whether the decision records facts in place of others. Raises: Contradiction.
    """
    harm = next(_harms(published, tiers, years), None)
    if harm is not None:
        raise Contradiction(
            f"这一决定会使申诉人的{harm[0]}变差：异议不得使提出者处于更不利的地位",
            f"this decision would worsen {harm[1]} of the appellant: an appeal is never to its disadvantage",
            cites=("art.20", "R34"),
            remedy="对申诉人不利的事实须另案处理：这里只作有利的更正，其余另行登记",
            remedy_en="What is to the appellant's disadvantage belongs into a proceeding of its own: record it apart.",
            pointer="/replace" if replaces else "/annul",
        )


def _harms(
    published: tuple[Outcome, Outcome],
    tiers: Iterable[tuple[Tier, Tier]],
    years: Iterable[tuple[int, Outcome, Outcome]],
) -> Iterator[tuple[str, str]]:
    if is_worse(*published):
        yield "已公布的结果", "the published result"
    if any(TIER_RANK[after] > TIER_RANK[before] for before, after in tiers):
        yield "惩戒等级", "the sanction tier"
    for year, before, after in years:
        if is_worse(before, after):
            yield f"{year} 年度得分或等次", f"the points or the grade of {year}"
