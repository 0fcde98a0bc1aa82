"""One appeal: the published sheet, today's, the difference, and the dossier for who decides (R33-R35).

What a decision would change, before it is taken: an appeal decided so, a later fact let in (R34, R36).
"""

from __future__ import annotations

import re
from itertools import count
from typing import Annotated

from msgspec.structs import replace
from pydantic import Field

from api.application.assessing.appeal import Appeal, appeal_of
from api.application.assessing.dossier import ZIP, dossier
from api.application.assessing.impact_decisions import no_such_impact
from api.application.assessing.revising import differs, ranks_with
from api.application.nested_commands import embedded
from api.application.privacy.authorisation import APPEAL_WHAT_IF
from api.application.privacy.personal_data import shown
from api.application.questions.inquiry import Answer, FileAnswer, Inquiry, TimeLimit, question
from api.application.questions.papers.issuing import prepared
from api.application.questions.year.worklist_questions import impact_part, matter_part
from domain.commands.base import unknown_in_body
from domain.commands.fields import Commands, Id, Part
from domain.events import ImpactDisposed, ResultRevised
from domain.measures.chapter4_appeals import changes_of, is_worse, made_by, outcome_of, result_total
from domain.measures.chapter4_assessment import moving
from domain.measures.text.implements import implements
from domain.store.db.engine import Connection
from domain.values import rounded
from projections.answers.comparisons import AnswerDifference
from projections.compare.basis_difference import BasisDifference
from projections.compare.publication import Draft, Published, again, draft_of, full_sheet, judged_again, published
from projections.compare.standing_difference import sheet_differences
from projections.compare.three_answers import result_json, result_named
from projections.compare.what_if import added_by, hypothetical
from projections.replay.known_at import Basis
from projections.replay.queries import recorded_entry
from projections.replay.standing import agency_name
from projections.rows.read.published import WorklistFilter, matters, results_of_year


@question("/v1/appeals/{id}")
def appeal_in_full(inquiry: Inquiry, id: str) -> Answer:  # noqa: A002  # the name in the path
    """An appeal: the published sheet, today's, and the difference."""
    with inquiry.replaying() as (questions, reader):
        uscc, filed = appeal_of(reader, id, inquiry.own_only)
        inquiry.about = uscc
        found, caller = Appeal(questions, uscc, filed), inquiry.caller
        separate = inquiry.service.settings.separate_duties
        conflict = made_by(found.basis.trail, filed.disputed, caller.person_id) if separate else []
        content = {**found.answer(caller), "conflict": [one.id for one in conflict]}
    return Answer(content)


@question("/v1/appeals/{id}/dossier")
def dossier_of(inquiry: Inquiry, id: str, known_at: str | None = None) -> FileAnswer:  # noqa: A002  # as above
    """The dossier of an appeal: one ZIP, the same bytes from the same log."""
    at = prepared(inquiry, known_at)
    with inquiry.replaying() as (questions, reader):
        uscc, filed = appeal_of(reader, id, inquiry.own_only)
        inquiry.about = uscc
        found = Appeal(questions, uscc, filed, f"log:{at.log_index}")
        archive = dossier(questions, found, inquiry, at)
    name = f"dossier-{uscc}-{filed.year}-{filed.id[:8]}-log{at.log_index}.zip"
    return FileAnswer(archive, name, ZIP)


MOST_ALONE = 40
"""Up to so many annulments each one's own share is worked out: a sheet apiece."""
_SUPPOSED = re.compile(r" ?[（(]what-if-annulment-\d+[）)]|：what-if-annulment-\d+| by what-if-annulment-\d+")
_KEPT = (
    "这样决定，重新测算不优于已公布的结果：已公布的结果维持不变（R34）",
    "decided so, the result is no better for the appellant: what was published stands (R34)",
)
_REVISED = ("这样决定，公布的结果将修订", "decided so, the published result is revised")


class SupposedDecision(Part):
    """What is supposed to be decided: facts annulled, commands recorded in their place. Both may be left out."""

    annul: Annotated[tuple[Id, ...], Field(max_length=500)] = ()
    replace: Commands = ()


@question(APPEAL_WHAT_IF, method="POST")
def decision_supposed(inquiry: Inquiry, id: str, body: SupposedDecision) -> Answer:  # noqa: A002  # the name in the path
    """What a decision would change (R34); nothing is written."""
    deadline = TimeLimit(inquiry.service.settings.what_if_seconds)
    with inquiry.replaying() as (questions, reader):
        own = inquiry.own_only
        uscc, filed = appeal_of(reader, id, own)
        inquiry.about = uscc
        found = published(reader, uscc, filed.year)
        if found is None:
            raise LookupError(f"{id} is an appeal against no result: run steward check")
        basis = questions.basis(uscc)
        for place, one in enumerate(body.annul):
            if one not in basis.trail.by_id:
                raise unknown_in_body(f"annul/{place}")
        numbers = count(1)
        add = embedded(body.replace, "replace", uscc, lambda: f"what-if-{next(numbers)}")
        fresh = [one for one in dict.fromkeys(body.annul) if one not in basis.trail.annulled_by]
        supposed = hypothetical(basis, fresh, add, actor=inquiry.caller.person_id, still_time=deadline.check)
        ids, at = [one.event_id for one in add], supposed.trail.events[-1].recorded_at
        after = again(found, at, changes_of(supposed.trail, body.annul, ids))
        content = {
            "id": filed.id,
            "agency": agency_name(basis),
            "year": filed.year,
            "known_at": basis.known_at,
            "version": basis.version,
            "not_disputed": [one for one in body.annul if one not in filed.disputed],
            "supposed": [
                {"id": event.id, "type": type(event).__name__, "occurred_on": event.occurred_on.isoformat()}
                for event in added_by(basis, supposed)
            ],
            **_consequences(reader.connection, found, after, others=own is None),
            "each": [
                _alone(found, one, judged_again(found, at, [one], (), supposed.trail))
                for one in deadline.each(dict.fromkeys(body.annul[:MOST_ALONE]))
            ],
        }
    return Answer(content)


@implements("R34", "R36")
def _consequences(
    connection: Connection, found: Published, basis: Basis, *, others: bool, reopened: bool = False
) -> dict[str, object]:
    """The result that stands, the one that would at this basis, and the ranks; as the decision would record them.

    `reopened`: for a later fact, which may be to the agency's disadvantage; an appeal never is.
    """
    draft, moved = draft_of(basis, found.first.year), BasisDifference.between(again(found, basis.known_at), basis)
    sheet = dict(full_sheet(found.events, found.standing))
    grade = None if draft.grade is None else draft.grade.value
    kept = is_worse(outcome_of(found.standing), draft.outcome) or not differs(found, draft)
    kept = kept and not reopened
    text, text_en = _KEPT if kept else _REVISED
    return {
        "before": {
            "total": sheet["total"],
            "grade": found.standing.grade,
            "rank": found.standing.rank,
            "result": found.standing.id,
            "sheet": sheet,
        },
        "after": {"total": draft.sheet["total"], "grade": grade, "sheet": draft.sheet},
        "kept": kept,
        "text": text,
        "text_en": text_en,
        "difference": [_readable(one) for one in sheet_differences(sheet, draft.sheet, moved)],
        "ranks": _ranks(connection, found, draft, kept=kept, others=others),
    }


def _readable(one: AnswerDifference) -> AnswerDifference:
    """A difference without the ids of annulments that nobody has recorded."""
    return replace(one, why=_SUPPOSED.sub("", one.why), why_en=_SUPPOSED.sub("", one.why_en))


def _ranks(connection: Connection, found: Published, draft: Draft, *, kept: bool, others: bool) -> dict[str, object]:
    """The agency's rank before and after, and whose ranks move with it; others are only counted unless `others`."""
    rows = list(results_of_year(connection, found.first.year))
    ranks = {one.uscc: one.result.rank for one in rows} if kept else ranks_with(rows, draft)
    moved = set(moving({one.uscc: one.result.rank for one in rows}, ranks, draft.uscc))
    others_moving = [
        {"uscc": one.uscc, "name": one.result.name, "before": one.result.rank, "after": ranks.get(one.uscc)}
        for one in rows
        if one.uscc in moved
    ]
    return {
        "before": found.standing.rank,
        "after": ranks.get(draft.uscc),
        "moved": len(moved),
        "others": others_moving if others else None,
    }


def _alone(found: Published, event_id: str, draft: Draft) -> dict[str, object]:
    """What one annulment by itself does to the total. Together they may do less or more than the sum (caps)."""
    before = result_total(found.standing)
    points = None if before is None or draft.total is None else rounded(draft.total - before)
    return {"event": event_id, "total": draft.sheet["total"], "points": points}


@question("/v1/impacts/{id}")
def impact_in_full(inquiry: Inquiry, id: str) -> Answer:  # noqa: A002  # the name in the path
    """A late fact, the result, and what reopening it would change."""
    with inquiry.replaying() as (questions, reader):
        own = inquiry.own_only
        waiting = next(iter(matters(reader.connection, WorklistFilter("impact", "all", uscc=own, id=id))), None)
        found = None if waiting is None else published(reader, waiting.uscc, int(waiting.matter.about_year or 0))
        if waiting is None or found is None:
            raise no_such_impact()
        inquiry.about = waiting.uscc
        cause = next(one for one in found.events if one.id == waiting.matter.about)
        closing = [one for one in found.events if isinstance(one, ImpactDisposed) and one.impact_id == id]
        revised = [one for one in found.events if isinstance(one, ResultRevised) and one.impact_id == id]
        basis = questions.basis(waiting.uscc)
        told = shown(reader, inquiry.caller, [recorded_entry(one) for one in (cause, *closing)])
        after = again(found, basis.known_at, [cause]) if waiting.matter.is_open else None
        content = {
            **matter_part(waiting),
            **impact_part(waiting),
            "agency": agency_name(basis),
            "version": basis.version,
            "known_at": basis.known_at,
            "recorded": told[0],
            "disposal": told[1] if closing else None,
            "contested": result_json(result_named(found, id.partition("~")[0]), found.events, with_sheet=False),
            "standing": result_json(found.standing, found.events, with_sheet=False),
            "revised": result_json(revised[-1], found.events, with_sheet=False) if revised else None,
            "reopened": None
            if after is None
            else _consequences(reader.connection, found, after, others=own is None, reopened=True),
        }
    return Answer(content)
