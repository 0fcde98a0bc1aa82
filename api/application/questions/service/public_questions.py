"""What everybody may read without a token (art.9, 11, 17(3), 19): the register, the blacklist, published results."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from api.application.answers.pages import PublicPage
from api.application.background.readiness import Service
from api.application.questions.inquiry import path_uscc
from api.application.questions.pagination import onward
from domain.errors import NotFound
from domain.values import instant
from projections.answers.firm_answers import FirmFound, PublicFirm
from projections.answers.registers import RegisteredAgency
from projections.answers.results import WaiverReason
from projections.public.firms import firms_found, public_firm
from projections.public.public import Public, PublicResult, PublicYear
from projections.rows.read.published_details import details
from projections.rows.read.register import RegisterFilter


@contextmanager
def publicly(service: Service, now: datetime) -> Iterator[Public]:
    """Public answers from one snapshot, of the day that a moment falls on."""
    with service.asking() as reader:
        yield Public(reader, instant(now))


def register_listed(
    service: Service, now: datetime, category: str | None, q: str | None, limit: int, cursor: str | None
) -> PublicPage[RegisteredAgency]:
    """A page of the agencies on file today (art.9, 11), by category or part of the name. Raises: Invalid."""
    part = onward(cursor, limit, question=("public agencies", category, q))
    with publicly(service, now) as public:
        found = public.agencies(RegisterFilter(limit + 1, part.after, category, q))
        items, next_cursor = part.part([one.item for one in found])
        return PublicPage(**public.echo(), items=tuple(items), next_cursor=next_cursor)


def firms_listed(service: Service, now: datetime, q: str, limit: int, cursor: str | None) -> PublicPage[FirmFound]:
    """A page of the firms that register, blacklist or published results name so, by USCC. Raises: Invalid."""
    part = onward(cursor, limit, question=("public search", q))
    with publicly(service, now) as public:
        found = firms_found(public, q, after=part.after, limit=limit + 1)
        items, next_cursor = part.part(found)
        return PublicPage(**public.echo(), items=tuple(items), next_cursor=next_cursor)


def firm_told(service: Service, now: datetime, uscc: str) -> PublicFirm:
    """One firm as everybody may read it. Raises: NotFound, also for one of which no public list tells."""
    with publicly(service, now) as public:
        found = public_firm(public, path_uscc(uscc))
    if found is None:
        raise NotFound(
            "公开信息中没有这家机构",
            "no public list names this agency",
            cites=("art.9", "art.19"),
            remedy="请核对统一社会信用代码，或按名称查询",
            remedy_en="Check the code, or search by name.",
        )
    return found


def published_year(public: Public, year: int) -> PublicYear | None:
    """A year's publication; None for one that is not published."""
    return next((one for one in public.years() if one.year == year), None)


def explained_page(
    public: Public, year: int, rows: list[PublicResult], *, first: bool, q: str | None = None
) -> tuple[list[PublicResult], list[PublicResult]]:
    """A page of a year's results with what is said beside each; on the first page also who was not assessed."""
    left_out = public.results(year, graded=False, q=q) if first else []
    return public.explained(year, rows), public.explained(year, left_out)


def not_published(year: int) -> NotFound:
    """The refusal of a year without published results."""
    return NotFound(
        f"{year} 年度考评结果尚未公布",
        f"the results of {year} have not been published",
        cites=("art.19", "R32"),
        remedy="请在公布之后查询",
        remedy_en="Ask again once they are.",
    )


def waived_for(service: Service, uscc: str, year: int, result: str) -> tuple[WaiverReason, ...]:
    """The parts that a published result lacks, each with the reason for which it was let pass: everybody is told."""
    with service.asking() as reader:
        return details(reader, year, {uscc: result})[uscc].waivers
