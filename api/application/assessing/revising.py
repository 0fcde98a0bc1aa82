"""A result is revised: by a decided appeal, or reopened for a later fact. Ranks of the category follow (R34, R36)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from fractions import Fraction
from typing import NamedTuple

from api.application.action_context import ActionContext
from api.application.answers.receipts import DecidedResult, RevisedRank
from domain.events import Event, RankMoved, RanksRevised, ResultPublished, ResultRevised
from domain.ledger.ledger import UnitOfWork
from domain.measures.chapter4_appeals import appeal_week, week_after_revision
from domain.measures.chapter4_assessment import Candidate, moving, ranked_by_category
from domain.measures.text.implements import implements
from domain.values import Grade, agency_stream, assessment_stream
from projections.answers.comparisons import AnswerDifference
from projections.answers.scalars import plain, read_as
from projections.compare.publication import Draft, Published, as_decided, full_sheet, summary_of
from projections.compare.standing_difference import sheet_differences
from projections.rows.read.published import StandingResult, results_of_year


class RevisionReason(NamedTuple):
    """Why a result is revised."""

    appeal_id: str | None = None
    impact_id: str | None = None


class Revision(NamedTuple):
    """What was recorded: the agency's revised result, and the ranks that moved with it."""

    result: ResultRevised
    moved: tuple[RankMoved, ...]

    def decided(self) -> DecidedResult:
        """The revised result, as a receipt shows it."""
        one = self.result
        return DecidedResult(
            id=one.id,
            year=one.year,
            total=one.sheet["total"],
            grade=None if one.grade is None else Grade(one.grade),
            rank=one.rank,
            replaces=one.replaces,
            difference=read_as(tuple[AnswerDifference, ...], one.difference),
            deadline=one.deadline,
        )

    def ranks(self) -> tuple[RevisedRank, ...]:
        """Whose ranks moved, as a receipt shows it."""
        return tuple(
            RevisedRank(
                uscc=moved.uscc, category=moved.category, before=moved.before, after=moved.after, result=moved.result_id
            )
            for moved in self.moved
        )


def differs(found: Published, draft: Draft) -> bool:
    """Whether anything of the sheet, or the category, is another than published: else there is nothing to publish."""
    return bool(_differences(found, draft))


@implements("R30", "R34")
def _differences(found: Published, draft: Draft) -> list[dict[str, object]]:
    """What another draft changes of the standing result: its sheet, and the category in which it is ranked."""
    old = dict(full_sheet(found.events, found.standing))
    before, after = found.standing.sheet.get("category"), draft.category
    if before == after:
        return plain(sheet_differences(old, draft.sheet))  # type: ignore[no-any-return]
    moved: dict[str, object] = {
        "field": "category",
        "before": before,
        "after": after,
        "events": [],
        "why": "年度最后一天的服务机构类型不同，名次在该类型中排定（第十九条、R30）",
        "why_en": "another category on the year's last day: it is ranked there (art.19, R30)",
    }
    return [moved, *plain(sheet_differences(old, draft.sheet))]


@implements("art.19", "art.20", "R30", "R34")
def revise(
    act: ActionContext, unit: UnitOfWork, found: Published, draft: Draft, on: date, why: RevisionReason
) -> Revision:
    """Record the revised result, every rank of the category that moves with it, and the decision on the ranks.

    Each opens a new week for the agency whose result it changes. Needs the district's lock.
    """
    year, uscc = found.first.year, draft.uscc
    before = list(results_of_year(unit.connection, year))
    ranks = ranks_with(before, draft)
    law = unit.law()
    recorded_on = unit.day_at(unit.lock_district(year))
    limit = appeal_week(on, recorded_on, law.rulebooks, law.calendar).day
    mine = week_after_revision(limit, found.standing.deadline)
    others = set(moving({one.uscc: one.result.rank for one in before}, ranks, uscc))
    moved_ones = [one for one in before if one.uscc in others]
    unit.take([agency_stream(one.uscc) for one in moved_ones], year)
    rest = unit.reader.named(one.event_id for one in moved_ones)
    result = act.append(
        unit, ResultRevised, draft.stream, on, year=year, rank=ranks.get(uscc),
        grade=None if draft.grade is None else draft.grade.value, sheet=as_decided(draft.sheet), basis=draft.basis,
        known_at=draft.sheet["known_at"], log_index=found.first.log_index, replaces=found.standing.id,
        rulebook_sha256=draft.sheet["rulebook"]["sha256"], calendar_sha256=draft.sheet["calendar"]["sha256"],
        difference=(*_rank_difference(found.standing.rank, ranks.get(uscc)), *_differences(found, draft)),
        deadline=mine, **why._asdict(),
    )  # fmt: skip
    moved = tuple(_move(act, unit, one, rest[one.event_id], ranks.get(one.uscc), on, limit, why) for one in moved_ones)
    act.append(
        unit,
        RanksRevised,
        assessment_stream(year),
        on,
        year=year,
        result_id=result.id,
        uscc=uscc,
        moved=moved,
        **why._asdict(),
    )
    return Revision(result, moved)  # type: ignore[arg-type]  # as appended


def ranks_with(standing: Sequence[StandingResult], draft: Draft) -> dict[str, int]:
    """The ranks of all agencies of a year, per category, with this draft in place of the agency's result (R30)."""
    candidates = [
        Candidate(one.uscc, one.result.category_key, Grade(one.result.grade), Fraction(one.result.hundredths, 100))
        for one in standing
        if one.uscc != draft.uscc and one.result.hundredths is not None and one.result.grade is not None
    ]
    if draft.total is not None and draft.grade is not None:
        candidates.append(Candidate(draft.uscc, draft.group, draft.grade, draft.total))
    return dict(ranked_by_category(candidates))


def _move(
    act: ActionContext,
    unit: UnitOfWork,
    standing: StandingResult,
    old: Event,
    rank: int | None,
    on: date,
    limit: date,
    why: RevisionReason,
) -> RankMoved:
    """Another agency's result with its new rank: its own sheet stands on."""
    if not isinstance(old, (ResultPublished, ResultRevised)):
        raise LookupError(f"{standing.uscc}: its standing result {old.id} is none: run steward check")
    before = standing.result.rank
    sheet_of = old.sheet_of if isinstance(old, ResultRevised) and old.sheet_of is not None else old.id
    event = act.append(
        unit, ResultRevised, old.stream, on, year=old.year, grade=old.grade, rank=rank,
        sheet=summary_of(old.sheet), basis=(), known_at=old.known_at, log_index=old.log_index,
        rulebook_sha256=old.rulebook_sha256, calendar_sha256=old.calendar_sha256, sheet_of=sheet_of, replaces=old.id,
        difference=tuple(_rank_difference(before, rank)), deadline=week_after_revision(limit, old.deadline),
        **why._asdict(),
    )  # fmt: skip
    return RankMoved(standing.uscc, standing.result.category, before, rank, event.id)


def _rank_difference(before: int | None, after: int | None) -> list[dict[str, object]]:
    if before == after:
        return []
    return [
        {
            "field": "rank",
            "before": before,
            "after": after,
            "events": [],
            "why": "同类型机构的名次重新排定（R30、R34）",
            "why_en": "ranks of the category were derived anew (R30, R34)",
        }
    ]
