"""What stands for one agency at a basis: standing, score sheet, timeline, and the sheet as a paper (annex 1)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from api.application.questions.inquiry import Answer, FileAnswer, Inquiry, never_changes, path_uscc, path_year, question
from domain.errors import Invalid, NotFound
from domain.ledger.reader import Reader
from projections.answers.scalars import plain
from projections.compare.publication import full_sheet, published
from projections.paper.cover import Heading

PDF = "application/pdf"


@question("/v1/agencies/{uscc}/standing")
def standing_of(inquiry: Inquiry, uscc: str, as_of: date | None = None, known_at: str | None = None) -> Answer:
    """Tier, bad records and score on a day, as known at an instant. Raises: NotFound, Invalid."""
    with inquiry.looking_up() as (look_ups, reader):
        if (as_of or known_at) and inquiry.veil is not None and inquiry.veil.by_id:
            return _replayed(inquiry, uscc, as_of, known_at, "standing")  # by the month: rows know days (R39)
        content = look_ups.standing(path_uscc(uscc), as_of, known_at)
        return Answer(content, never_changes(reader, as_of, known_at, content.known_at))


@question("/v1/agencies/{uscc}/sheets/{year}")
def sheet_of(inquiry: Inquiry, uscc: str, year: str, as_of: date | None = None, known_at: str | None = None) -> Answer:
    """The score sheet of annex 1, every number explained. Raises: NotFound, Invalid."""
    return _replayed(inquiry, uscc, as_of, known_at, "sheet", path_year(year))


@question("/v1/agencies/{uscc}/timeline")
def timeline_of(
    inquiry: Inquiry, uscc: str, first: date | None = None, last: date | None = None, known_at: str | None = None
) -> Answer:
    """Every day on which something of the standing changes, and why. Raises: NotFound, Invalid."""
    return _replayed(inquiry, uscc, None, known_at, "timeline", first, last)


def _replayed(inquiry: Inquiry, uscc: str, as_of: date | None, known_at: str | None, ask: str, *more: Any) -> Answer:
    """The answer to a question about one agency at one basis, by replay."""
    with inquiry.replaying() as (questions, reader):
        basis = questions.basis(path_uscc(uscc), as_of, known_at)
        content = getattr(questions, ask)(basis, *more)
        return Answer(content, never_changes(reader, as_of, known_at, basis.known_at))


@question("/v1/agencies/{uscc}/sheets/{year}/pdf")
def sheet_paper_of(
    inquiry: Inquiry, uscc: str, year: str, as_of: date | None = None, known_at: str | None = None, of: str = "basis"
) -> FileAnswer:
    """The sheet in the layout of annex 1, as of a day, or `of` "published" (art.20, R32). Raises: NotFound, Invalid."""
    from projections.paper.citing import cited, unconfirmed_note  # fonts load slowly: only who prints waits
    from projections.paper.sheet_pdf import sheet_pdf

    number, code = path_year(year), path_uscc(uscc)
    if of == "published" and (as_of or known_at):
        raise Invalid(
            "公布的打分表自有基准，不能再给 as_of 或 known_at",
            "a published sheet has its own basis: no as_of, no known_at",
            cites=("R32",),
            remedy="请去掉 as_of 和 known_at",
            remedy_en="Leave as_of and known_at out.",
            pointer="?of",
        )
    with inquiry.replaying() as (questions, reader):
        basis = questions.basis(code, as_of, known_at)
        if of == "published":
            content, heading, law = _published(reader, code, number)
        else:
            content, heading, law = plain(questions.sheet(basis, number)), {}, basis.law
        if inquiry.veil is not None:
            content = inquiry.veil.redacted(content)
    heading["notes"] = [unconfirmed_note(cited([*law.rulebooks, *basis.law.rulebooks], content))]
    name = f"sheet-{code}-{number}-{content['as_of']}{'-published' if of == 'published' else ''}.pdf"
    return FileAnswer(sheet_pdf(content, heading), name, PDF)


def _published(reader: Reader, uscc: str, year: int) -> tuple[Mapping[str, Any], Heading, Any]:
    """The sheet of the result that stands, what its head says, and the law that it was decided by. Raises: NotFound."""
    found = published(reader, uscc, year)
    if found is None:
        raise NotFound(
            f"没有公布过该机构 {year} 年度的考评结果",
            f"no result of {year} has been published for this agency",
            cites=("R32",),
            remedy="请去掉 of=published",
            remedy_en="Leave of=published out.",
        )
    result = found.standing
    rows = [("公布日期", result.occurred_on.isoformat()), ("名次", "—" if result.rank is None else str(result.rank))]
    heading: Heading = {"kind": "公布的打分表", "rows": [*rows, ("结果编号", result.id)]}
    return full_sheet(found.events, result), heading, found.law
