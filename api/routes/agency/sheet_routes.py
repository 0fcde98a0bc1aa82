"""The score sheet as a paper: annex 1 as a PDF, as of a day, or as it was published (art.20, R32)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.http.documentation.openapi import pdf_docs
from api.http.guard import GuardedRoute, path_uscc
from api.http.query_params import AsOf, KnownAt, Published
from api.routes.agency.question_routes import ONE, asking, path_year
from domain.errors import Invalid, NotFound
from domain.ledger.ledger import Reader
from projections.compare.publication import full_sheet, published
from projections.paper.cover import Heading

router = APIRouter(route_class=GuardedRoute)
PDF = "application/pdf"


@router.get("/v1/agencies/{uscc}/sheets/{year}/pdf", tags=[ONE], **pdf_docs())
def sheet_paper(
    request: Request, uscc: str, year: str, as_of: AsOf = None, known_at: KnownAt = None, of: Published = "basis"
) -> Response:
    """考评打分表 PDF，附件1 版式 / The sheet in the layout of annex 1, to print; same basis, same bytes."""
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
    with asking(request) as (questions, reader):
        basis = questions.basis(code, as_of, known_at)
        if of == "published":
            content, heading, law = _published(reader, code, number)
        else:
            content, heading, law = questions.sheet(basis, number), {}, basis.law
        if request.state.veil is not None:
            content = request.state.veil.redacted(content)
    heading["notes"] = [unconfirmed_note(cited([*law.rulebooks, *basis.law.rulebooks], content))]
    name = f"sheet-{code}-{number}-{content['as_of']}{'-published' if of == 'published' else ''}.pdf"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-cache"}
    return Response(sheet_pdf(content, heading), 200, headers, PDF)


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
