"""Chapter 4 of the Measures, facts that come in after a publication: what they touch, what becomes of it (R36)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import date

from domain.errors import Contradiction, Invalid, already
from domain.events import Event, EventAnnulled, ImpactDisposed, ResultPublished, ResultRevised
from domain.measures.chapter4_appeals import Outcome, Upheld, is_worse
from domain.measures.text.implements import implements
from domain.values import Grade


def impact_id(result_id: str, cause: str) -> str:
    """The id of what a later fact would change of a result: the same in every replay."""
    return f"{result_id}~{cause}"


# ---- what a late fact touches ----


@implements("R34", "R36")
def is_of_a_decision(
    event: Event, appeals: Collection[str], decided: Iterable[Upheld], is_late: Callable[[str], bool]
) -> bool:
    """Whether an event is part of the decision of an appeal about a year, which revises the result itself (R34).

    `appeals`: ids of the appeals about the year; `decided`: those that were upheld. `is_late`: whether the year's
    results never rested on the fact of an id; what such a fact opened is void with its annulment.
    """
    if isinstance(event, EventAnnulled):
        return event.appeal_id in appeals or is_late(event.event_id)
    return any(event.id in one.replaced for one in decided)


@implements("R34", "R36")
def ever_rested_on(
    fact: Event, results: Sequence[Event], decided: Iterable[Upheld], disposed: Callable[[], Iterable[Event]]
) -> bool:
    """Whether a year's results ever rested on a fact: known at the publication, or let in since.

    `results`: those of the year in recording order; `decided`: appeals about it that were upheld; `disposed`: the
    disposals at this agency. A reopening of another year, or one that changed nothing, let nothing in.
    """
    first = results[0]
    known = first.sheet.get("version", first.version) if isinstance(first, ResultPublished) else first.version
    if fact.version <= known or any(fact.id in one.replaced for one in decided):
        return True
    revised = {one.impact_id for one in results if isinstance(one, ResultRevised) and one.sheet_of is None}
    return any(
        isinstance(one, ImpactDisposed) and one.cause == fact.id and one.impact_id in revised for one in disposed()
    )


# ---- what becomes of it ----


def must_be_open(is_open: bool, status: str) -> None:
    """Refuse a second disposal. `status`: what became of it. Raises: Contradiction."""
    if not is_open:
        raise already(f"该影响已处理（{status}）", f"this impact has been disposed of ({status})", "R36")


@implements("R36")
def must_not_lie_before_the_result(disposed_on: date, published_on: date) -> None:
    """Refuse a disposal dated before the result that it is about. Raises: Contradiction."""
    if disposed_on < published_on:
        raise Contradiction(
            f"处理日期（{disposed_on}）早于结果公布之日（{published_on}）",
            f"the day of disposal ({disposed_on}) lies before the result's day ({published_on})",
            cites=("R36",),
            remedy="请核对日期",
            remedy_en="Check the date.",
            pointer="/disposed_on",
        )


@implements("R36")
def is_for_the_worse(before: Outcome, after: Outcome, *, other_category: bool) -> bool:
    """Whether reopening is not plainly for the better: a lower grade or total, another category, or 不合格 at all."""
    came = before.grade is None and after.grade == Grade.UNQUALIFIED.value
    return other_category or is_worse(before, after) or came


@implements("R36")
def must_have_heard(hearing_on: date | None, since: date, disposed_on: date) -> None:
    """Refuse to reopen a final result to the worse without a hearing after the late fact came in (R36).

    `since`: the day on which that fact was recorded. Raises: Contradiction, Invalid.
    """
    if hearing_on is None:
        raise Contradiction(
            "最终结果只能为机构的利益重开；不利于机构的，须另行决定：先听取其意见，再给一周提出异议",
            "a final result is reopened only for the better of the agency; to its disadvantage only by a decision "
            "of its own, after a hearing and with a whole week to appeal",
            cites=("art.20", "R36"),
            remedy="请先听取机构意见，并填写听证日期（hearing_on），或维持公布的结果",
            remedy_en="Hear the agency first and give the day (hearing_on), or keep what was published.",
            pointer="/hearing_on",
        )
    if not since <= hearing_on <= disposed_on:
        raise Invalid(
            f"听证日期（{hearing_on}）不在该事实登记之日（{since}）与处理日期（{disposed_on}）之间",
            f"the hearing ({hearing_on}) was not between the day on which the fact was recorded ({since}) "
            f"and the day of disposal ({disposed_on})",
            cites=("R36",),
            remedy="请核对日期",
            remedy_en="Check the dates.",
            pointer="/hearing_on",
        )
