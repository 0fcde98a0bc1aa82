"""The score sheet of annex 1 as a page: official wording, every number open to its grounds, to print (art.20)."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from api.application.questions.agency.standing_questions import sheet_of
from api.application.questions.papers.sheet_papers import sheet_paper_of
from api.application.questions.service.law_questions import measure_of, rulebook_of, rulebooks_adopted
from api.application.questions.year.assessment_questions import result_of
from api.http.query_params import Published
from api.web.frame.basis_picker import asked
from api.web.frame.page_guard import PageRoute
from api.web.frame.page_questions import ask, ask_together, events_named, ids_in, look, parted, passed_on
from api.web.frame.render import page
from domain.measures.text.annex_texts import annex1_form
from domain.values import rounded

router = APIRouter(route_class=PageRoute)
Format = Annotated[Literal["page", "pdf"], Query(alias="as", description="网页或 PDF / a page, or a PDF")]


@router.get("/agencies/{uscc}/sheets/{year}")
async def sheet(request: Request, uscc: str, year: str, of: Published = "basis", as_: Format = "page") -> Response:
    """A year's sheet at the basis of the address, or as it was published (R32)."""
    about, basis = {"uscc": uscc, "year": year}, asked(request).query
    if as_ == "pdf":
        return await passed_on(request, sheet_paper_of, **about, **({"of": of} if of == "published" else basis))
    result = await look(request, result_of, **about)
    published = None if result.refused else result.content
    if of == "published":
        published = await ask(request, result_of, **about)
        content: dict[str, Any] = published["answers"][0]["sheet"]
    else:
        content = await ask(request, sheet_of, **about, **basis)
    ids = [id_ for one in (*content["lines"], *content["considered"], *content["override"]) for id_ in one["events"]]
    ids += ids_in(*(one["reason"] for one in content["considered"]))
    day = published["results"][0]["published_on"] if published and of == "published" else content["as_of"]
    known_at = None if of == "published" else basis.get("known_at")
    first = (await ask(request, rulebooks_adopted))["items"][0]["effective_from"][:4]
    return page(
        request,
        "sheet.html",
        name="sheet",
        agency=content["agency"],
        echo=content,
        sheet=content,
        year=int(year),
        form=annex1_form(),
        of=of,
        result=published["results"][-1] if published else None,
        first_year=int(first),
        law=await _law(request, content, day),
        cited=await events_named(request, content["agency"]["uscc"], ids, known_at),
        cost=_cost,
        parted=parted,
    )


async def _law(request: Request, content: dict[str, Any], day: str) -> dict[str, object]:
    """What the lines rest on: the paragraphs in our words, readings and values of the sheet's own rulebook.

    `day`: on which the readings are shown as confirmed or not; of what is known at the sheet's own instant (art.28).
    """
    basis = {"as_of": day, "known_at": content["known_at"]}
    items = [f"annex1.item{item.number}" for category in annex1_form().categories for item in category.items]
    wanted = dict.fromkeys([*items, *(line["paragraph"] for line in content["lines"])])
    book, *measures = await ask_together(
        request,
        (rulebook_of, {"id": content["rulebook"]["id"], **basis}),
        *((measure_of, {"article": one, **basis}) for one in wanted),
    )
    values = {row["name"]: row for row in book["values"]}
    return {
        "measures": dict(zip(wanted, measures, strict=True)),
        "readings": {one["ref"]: one for one in book["readings"]},
        "values": {line["value"]: _value(values, line["value"]) for line in content["lines"]},
        "defects": [one for one in book["defects"] if any(ref.startswith("annex1") for ref in one["articles"])],
    }


def _value(values: dict[str, Any], name: str) -> dict[str, object] | None:
    """The row of the rulebook that a line names, itself or by a key of its table: honours.points.district."""
    while name not in values and "." in name:
        name = name.rpartition(".")[0]
    return values.get(name)


def _cost(lines: Iterable[dict[str, Any]]) -> str:
    """What lines cost or earned together, summed exactly and rounded once for showing (R26)."""
    return rounded(sum((Fraction(line["exact"]) for line in lines), Fraction(0)))
