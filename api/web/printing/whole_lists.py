"""A list printed whole (`?print=all`): every row, read and sent a part at a time, however many there are.

A page of a list shows 25 or 40 rows. What is printed, signed and filed has to be all of it, and has to say what it is a
list of: of which basis, by which filters, under which rulebook, up to which place of the log, made when and for whom.
The last line says that the list ends there, and how many rows it has: a print that was cut off lacks it.

Parts are read one after the other by the list's own cursor, which keeps the basis of the first; between two of them no
snapshot stays open, so who reads slowly holds up nobody.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from datetime import date
from fractions import Fraction
from functools import partial
from types import MappingProxyType
from typing import Annotated, Any, NamedTuple

import structlog
from fastapi import Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse

from api.application.exports.exporting import FORMS, FileForm, TableWriting, exported
from api.application.exports.registry import TABLES
from api.application.exports.stated import Stated, TableHeading, stated
from api.application.questions.inquiry import Answer, Inquiry, Snapshot, name_of, require_right
from api.http.limits.fair import FairPlaces
from api.http.limits.rates import address_of, asker_of, too_many
from api.http.public_address import prefix_of, with_prefix
from api.http.query_params import LooseText
from api.http.responses import file_sent
from api.web.frame.page_questions import ask
from api.web.frame.page_table import POLICY
from api.web.frame.render import HTML, frame, language_of, template_of
from api.web.printing.filter_words import SaidFilter, filters_said
from domain.values import Bilingual, rounded

log = structlog.get_logger("steward")
PART = 500
"""Rows that are read at a time."""
AT_ONCE, WAITING = 2, 8
"""Lists that one process reads for printing at a time, and how many more wait for their turn."""
WholeList = Annotated[LooseText, Query(alias="print")]
"""`?print=all`: the list whole, to be printed; `?print=xlsx`, `?print=csv`: as a file."""


class ListPart(NamedTuple):
    """Some rows of a list, in its order, and where to go on; the basis that it was answered on, where it has one."""

    rows: Sequence[Any]
    following: str | None
    as_of: date | str | None = None
    known_at: str | None = None
    items: Sequence[Any] | None = None
    """The rows as the list's question answered them, where what prints is made of these."""


Parts = Callable[[str | None], Awaitable[ListPart]]
"""The part of a list from a cursor on."""


class PrintedList(NamedTuple):
    """A list to be printed."""

    rows: str
    """The macros of `print-rows.html` that show its head and its rows."""
    title: Bilingual
    address: str
    """Of the list on the screen, with its filters."""
    parts: Parts
    filters: Mapping[str, str | Bilingual | None]
    about: Mapping[str, Any] | None = None
    """The agency whose list it is."""
    with_rulebook: bool = True
    """Whether the list follows from the Measures; who may sign in does not."""
    more: Mapping[str, Any] = MappingProxyType({})
    """What its macros use besides the rows."""
    table: str | None = None
    """The table that it is exported as, where that is called otherwise than its macros."""
    points: Callable[[Any], tuple[str | None, str | None]] | None = None
    """Of a list of results: a row's total and grade, summed at its foot."""


class PointsSummed:
    """What stands at the foot of a list of results: how many have a total, their sum and mean, how many each grade."""

    def __init__(self) -> None:
        self.count, self.sum = 0, Fraction(0)
        self.grades: Counter[str] = Counter()

    def add(self, total: str | None, grade: str | None) -> None:
        """A row; a provisional one has points and no grade (R44)."""
        if total is not None:
            self.count, self.sum = self.count + 1, self.sum + Fraction(total)
        if grade is not None:
            self.grades[str(grade)] += 1

    @property
    def whole(self) -> str:
        """The sum of the totals, as shown (R26)."""
        return rounded(self.sum)

    @property
    def mean(self) -> str:
        """The mean of the totals, rounded once; only of a list with any."""
        return rounded(self.sum / self.count)


def of_row(row: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """Total and grade of a row of a ranking; a provisional one has no grade (R44)."""
    provisional = row["assessed"] and row.get("provisional", bool(row.get("missing")))
    return row["total"], None if provisional else row["grade"]


def of_agency(row: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """Total and grade of the year of an agency in a list."""
    return of_row(row["assessment"])


class TitleBlock(NamedTuple):
    """What a printed list says of itself besides its name."""

    basis: Stated
    filters: list[SaidFilter]


class WholeLink(NamedTuple):
    """Where the whole list of a page prints, how many of its rows the page shows, and how many there are, if known."""

    address: str
    shown: int
    total: int | None = None

    def file(self, form: FileForm) -> str:
        """Where the whole list is handed out as a file."""
        return f"{self.address.removesuffix('all')}{form}"


def printing_places() -> FairPlaces:
    """Who reads whole lists waits for each other, and for nobody else."""
    return FairPlaces(AT_ONCE, WAITING, too_many, of_one=1, waiting_of_one=4)


def whole_link(first: str, shown: int, total: int | None = None) -> WholeLink:
    """`first`: the address of the list's first page, with its filters."""
    return WholeLink(f"{first}{'&' if '?' in first else '?'}print=all", shown, total)


def asked_parts(
    request: Request,
    question: Callable[..., Answer],
    given: Mapping[str, Any],
    shown: Callable[[list[Any]], Sequence[Any]] = list,
) -> Parts:
    """The parts of a list that a question answers, asked with `given`; `shown` makes of items the rows printed."""

    async def part(cursor: str | None) -> ListPart:
        found = await ask(request, question, **given, limit=PART, cursor=cursor)
        items = found["items"]
        return ListPart(shown(items), found["next_cursor"], found.get("as_of"), found.get("known_at"), items)

    return part


async def printed(request: Request, wanted: PrintedList) -> Response:
    """The list as a document, or as a file for a spreadsheet (`?print=xlsx`).

    Raises: what the list's question refuses with, before anything is sent.
    """
    form = next((one for one in FORMS if one == request.query_params.get("print")), None)
    if form is not None:
        return await _exported(request, wanted, form)
    first = await _read(request, wanted, None)
    title = await run_in_threadpool(_title, request, wanted, first)
    headers = {"Content-Security-Policy": POLICY, "Cache-Control": "no-store", "Vary": "Cookie"}
    return StreamingResponse(_written(request, wanted, first, title), 200, headers, HTML)


async def whole_table(request: Request, question: Callable[..., Answer], given: Mapping[str, Any]) -> Response:
    """A list without a page of its own, as a workbook, in the visitor's name. Raises: as its question does."""
    visitor = request.state.visitor
    reach = require_right(name_of(question).rights, visitor.caller, None)
    inquiry = Inquiry(Snapshot(request.app.state.service, visitor.caller), reach)
    asked = {name: value for name, value in given.items() if value not in (None, "")}
    made = partial(exported, inquiry, question, asked, "xlsx", by=visitor.account.person_name)
    async with request.app.state.printing.place(asker_of(visitor.caller, address_of(request.scope))):
        return file_sent(request, await run_in_threadpool(made, chinese=language_of(request) == "zh"))


async def _read(request: Request, wanted: PrintedList, cursor: str | None) -> ListPart:
    visitor = getattr(request.state, "visitor", None)
    asker = asker_of(None if visitor is None else visitor.caller, address_of(request.scope))
    async with request.app.state.printing.place(asker):
        return await wanted.parts(cursor)


async def _written(request: Request, wanted: PrintedList, first: ListPart, title: TitleBlock) -> AsyncIterator[bytes]:
    shared = frame(request, language_of(request))
    prefix = prefix_of(request.app.state.service.settings.public_url)
    shared |= {"printed": wanted, "title": title, **wanted.more}
    macros: Any = template_of("print-rows.html").make_module(shared)
    head, rows = getattr(macros, f"{wanted.rows}_head"), getattr(macros, wanted.rows)
    yield with_prefix(prefix, template_of("print-head.html").render(shared, columns=str(head())).encode())
    part, count, before = first, 0, None
    ended, summed = False, PointsSummed()
    try:
        while True:
            following = None if part.following is None else await _read(request, wanted, part.following)
            after = following.rows[0] if following is not None and following.rows else None
            yield (await run_in_threadpool(rows, part.rows, count, before, after)).encode()
            if wanted.points is not None:
                for row in part.rows:
                    summed.add(*wanted.points(row))
            count, before = count + len(part.rows), part.rows[-1] if part.rows else before
            if following is None:
                break
            part = following
        ended = True
    except Exception:  # the answer has begun: the document itself says that it is not whole
        log.exception("printing_broke_off", list=wanted.rows, rows=count)
    yield with_prefix(
        prefix, template_of("print-foot.html").render(shared, count=count, ended=ended, summed=summed).encode()
    )


def _title(request: Request, wanted: PrintedList, first: ListPart) -> TitleBlock:
    """What the title block says besides the list's name."""
    known_at = request.query_params.get("known_at")
    found = stated(request.app.state.service, first.as_of, first.known_at, known_at)
    return TitleBlock(found, filters_said(wanted.filters))


async def _exported(request: Request, wanted: PrintedList, form: FileForm) -> Response:
    """The list as a file for a spreadsheet, in the language of the page: the same parts that print."""
    first = await _read(request, wanted, None)
    title, said = await run_in_threadpool(_title, request, wanted, first), wanted.about
    visitor = getattr(request.state, "visitor", None)
    heading = TableHeading(
        wanted.title,
        [(one.name, one.value) for one in title.filters],
        None if said is None else f"{said['name'] or ''} {said['uscc']}".strip(),
        None if visitor is None else visitor.account.person_name,
        wanted.with_rulebook,
    )
    table, chinese = TABLES[wanted.table or wanted.rows], language_of(request) == "zh"
    writing = await run_in_threadpool(TableWriting, table, form, chinese, heading, title.basis)
    part = first
    try:
        while True:
            await run_in_threadpool(writing.add, part.rows if part.items is None else part.items)
            if part.following is None:
                break
            part = await _read(request, wanted, part.following)
    except BaseException:
        writing.abandon()
        raise
    return file_sent(request, await run_in_threadpool(writing.done))
