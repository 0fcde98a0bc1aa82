"""The sheet of annex 1 as a paper: of a basis, or as it was published (art.20, R32)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from api.application.questions.inquiry import FileAnswer, Inquiry, path_uscc, path_year, question
from api.application.questions.papers.issuing import PDF, first_covering, prepared, sealed_file, sheet_proven
from domain.errors import Invalid, NotFound
from domain.ledger.reader import Reader
from domain.measures.around.agency_statements import statements
from domain.measures.rulebook.rulebook import Rulebook
from domain.measures.text.implements import implements
from projections.answers.scalars import plain
from projections.compare.publication import full_sheet, published
from projections.fact_kinds import fact_label
from projections.paper.citing import cited, unconfirmed_note
from projections.paper.cover import Heading
from projections.paper.heads import with_issuer
from projections.replay.known_at import Basis


@question("/v1/agencies/{uscc}/sheets/{year}/pdf")
def sheet_paper_of(
    inquiry: Inquiry, uscc: str, year: str, as_of: date | None = None, known_at: str | None = None, of: str = "basis"
) -> FileAnswer:
    """The sheet in the layout of annex 1, as of a day, or `of` "published" (art.20, R32). Raises: NotFound, Invalid."""
    from projections.paper.sheet_pdf import sheet_pdf  # typefaces load slowly: only who prints waits

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
    by_place = known_at is None or known_at.startswith("log:")
    at = prepared(inquiry, known_at) if by_place else None
    with inquiry.replaying() as (questions, reader):
        basis = questions.basis(code, as_of, known_at if at is None else f"log:{at.log_index}")
        if of == "published":
            content, heading, books, place = _published(reader, code, number)
            at = first_covering(reader, place)
        else:
            content, heading, books = plain(questions.sheet(basis, number)), {}, basis.law.read_on(basis.as_of)
        if inquiry.veil is not None:
            content = inquiry.veil.redacted(content)
        heading = with_issuer(reader, content, heading, published=of == "published")
        stated = _stated(reader, basis, content)
    heading["notes"] = [unconfirmed_note(cited([*basis.law.rulebooks, *books], content)), *stated]
    name = f"sheet-{code}-{number}-{content['as_of']}{'-published' if of == 'published' else ''}.pdf"
    if at is None:
        return FileAnswer(sheet_pdf(content, heading), name, PDF)
    return FileAnswer(
        sealed_file(inquiry.service, at, sheet_pdf(content, sheet_proven(inquiry, at, content, heading))), name, PDF
    )


@implements("R38a")
def _stated(reader: Reader, basis: Basis, content: Mapping[str, Any]) -> list[str]:
    """What the agency states beside the records that cost points on a sheet, one paragraph each, in their order."""
    beside = statements(basis.trail)
    ids = dict.fromkeys(id_ for line in (*content["lines"], *content["override"]) for id_ in line["events"])
    found = [(basis.trail.by_id[id_], beside[id_]) for id_ in ids if id_ in beside]
    texts = reader.vault.open_many([said.content for _, said in found])
    return [
        f"{record.occurred_on} {fact_label(type(record).__name__)}，机构于 {said.occurred_on} 申辩："
        f"{'（已依法删除）' if text is None else text}"
        for (record, said), text in zip(found, texts, strict=True)
    ]


def _published(reader: Reader, uscc: str, year: int) -> tuple[Mapping[str, Any], Heading, list[Rulebook], int]:
    """The sheet of the result that stands, what its head says, the rulebooks as read on publication, and the place of
    the log that the result rests on.

    Raises: NotFound.
    """
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
    books = found.law.read_on(found.first.occurred_on)
    return full_sheet(found.events, result), heading, books, result.log_index
