"""Which readings of the Measures the association has confirmed, and which wait for it (art.28, R4).

Law and confirmations are kept in memory from one question to the next, so that this costs no query of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from api.application.answers.law import ReadingDecision, ReadingPaper, ReadingsPage, ReadingStanding, RulebookValue
from api.application.questions.inquiry import Answer, Inquiry, question
from api.application.questions.pagination import page
from api.application.questions.service.law_questions import law_basis
from domain.errors import NotFound
from domain.events import Evidence, ReadingConfirmed
from domain.law import Law
from domain.measures.rulebook.confirmations import Confirmations, Decided, said_readings
from domain.measures.rulebook.rulebook import Rulebook
from domain.measures.rulebook.schema import Interpretation
from domain.measures.text.implements import implements
from projections.answers.scalars import read_as
from projections.replay.known_at import demonstration_mark, rulebook_used


@implements("art.28", "R4")
def readings_to_confirm(law: Law, day: date) -> list[str]:
    """The numbers of the readings in force or to come that the association has not confirmed by a day.

    Those of the rulebook that takes effect last, as `/rules` shows it. Nothing is read for it.
    """
    return [one.ref for one in law.read_on(day)[-1].readings if not one.confirmed]


def papers_of(law: Law, book: Rulebook, day: date) -> dict[str, str]:
    """The paper by which each reading of a rulebook stands confirmed on a day, by the reading's number."""
    found = {ref: law.confirmations.standing(one.sha256, day) for ref, one in said_readings(book).items()}
    return {ref: one.document.title for ref, one in found.items() if one is not None}


@implements("art.28", "R4")
@question("/v1/readings")
def readings_confirmed(
    inquiry: Inquiry,
    confirmed: str = "all",
    rulebook: str | None = None,
    as_of: date | None = None,
    known_at: str | None = None,
    limit: int = 100,
    cursor: str | None = None,
) -> Answer:
    """The readings of a rulebook (the one that takes effect last by default) on a day, as known at an instant."""
    wanted = page(cursor, limit, question=("readings", confirmed, rulebook), as_of=as_of, at=known_at)
    basis, law = law_basis(inquiry, wanted.as_of, wanted.known_at)
    book = _book(law.read_on(basis.as_of), rulebook)
    rows = [one for one in book.readings if confirmed == "all" or one.confirmed == (confirmed == "yes")]
    items, following = wanted.cut(rows, wanted.as_of, basis.known_at)
    return Answer(
        ReadingsPage(
            as_of=basis.as_of,
            known_at=basis.known_at,
            rulebook=rulebook_used(book),
            open=sum(not one.confirmed for one in book.readings),
            total=len(book.readings),
            items=tuple(_standing(book, one, law.confirmations, basis.as_of) for one in items),
            next_cursor=following,
            **demonstration_mark(law),
        )
    )


def _book(books: Sequence[Rulebook], wanted: str | None) -> Rulebook:
    for book in reversed(books):
        if wanted in (None, book.id):
            return book
    raise NotFound(
        "没有这个编号的规则库",
        "there is no rulebook with this id",
        remedy="请在 GET /v1/rulebooks 里核对编号",
        remedy_en="Look the id up in GET /v1/rulebooks.",
    )


def _standing(book: Rulebook, one: Interpretation, known: Confirmations, day: date) -> ReadingStanding:
    said = said_readings(book)[one.ref]
    standing = known.standing(said.sha256, day)
    values = [row for row in book.describe() if row["reading"] == one.ref]
    return ReadingStanding(
        ref=one.ref,
        articles=one.articles,
        note=one.note,
        note_en=one.note_en,
        values=read_as(tuple[RulebookValue, ...], values),
        sha256=said.sha256,
        confirmed=one.confirmed,
        confirmed_by=one.confirmed_by,
        confirmed_on=one.confirmed_on,
        document=None if standing is None else _paper(standing.document),
        history=tuple(_decision(each, said.sha256) for each in known.history(one.ref)),
    )


def _paper(document: Evidence) -> ReadingPaper:
    return ReadingPaper(title=document.title, uri=document.uri, sha256=document.sha256)


def _decision(one: Decided, sha256: str) -> ReadingDecision:
    confirms = isinstance(one, ReadingConfirmed)
    return ReadingDecision(
        id=one.id,
        type="ReadingConfirmed" if confirms else "ConfirmationWithdrawn",
        on=one.occurred_on,
        by=one.confirmed_by if isinstance(one, ReadingConfirmed) else one.withdrawn_by,
        document=_paper(one.document),
        reason=None if isinstance(one, ReadingConfirmed) else one.reason,
        recorded_at=one.recorded_at,
        same_words=one.sha256 == sha256,
    )
