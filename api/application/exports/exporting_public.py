"""Public lists written whole into a file (art.9, 17(3), 19): what everybody may read, of one moment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from api.application.background.readiness import Service
from api.application.exports.exporting import PART, FileForm, TableFile, TableWriting
from api.application.exports.filter_names import filters_named
from api.application.exports.registry import TABLES
from api.application.exports.stated import TableHeading, stated
from api.application.questions.inquiry import path_year
from api.application.questions.service.public_questions import not_published, publicly, published_year
from projections.public.firms import firms_found
from projections.public.public import Public, ranked
from projections.rows.read.register import RegisterFilter


def exported_publicly(
    service: Service, name: str, given: Mapping[str, str | None], form: FileForm, *, chinese: bool = True
) -> TableFile:
    """The public list of this name; `given`: `category`, `q`, `year`. Raises: NotFound for a year not published."""
    table = TABLES[name]
    asked = {key: value for key, value in given.items() if value}
    title = table.title
    if "year" in asked:
        title = (f"{asked['year']} {title[0]}", f"{title[1]} {asked['year']}")
    filters = filters_named({key: value for key, value in asked.items() if key != "year"})
    with publicly(service, datetime.now(UTC)) as public:
        of = stated(service, public.on.day, public.on.known_at, None)
        parts = _parts(public, name, asked)
        first = next(parts, ())
        writing = TableWriting(table, form, chinese, TableHeading(title, filters), of)
        try:
            writing.add(first)
            for part in parts:
                writing.add(part)
        except BaseException:
            writing.abandon()
            raise
    return writing.done()


def _parts(public: Public, name: str, asked: Mapping[str, str]) -> Iterator[Sequence[Any]]:
    if name == "results":
        yield from _results(public, path_year(asked["year"]), asked.get("q"))
        return
    after: str | None = None
    while True:
        found: Sequence[Any]
        if name == "firms":
            found = firms_found(public, asked["q"], after=after, limit=PART)
        else:
            wanted = RegisterFilter(PART, after, asked.get("category"), asked.get("q"))
            found = [one.item for one in (public.agencies if name == "register" else public.blacklist)(wanted)]
        yield found
        if len(found) < PART:
            return
        after = found[-1].uscc


def _results(public: Public, year: int, q: str | None) -> Iterator[Sequence[Any]]:
    """By category and rank, then who was not assessed, with the reason (R29)."""
    if published_year(public, year) is None:
        raise not_published(year)
    place = 0
    while True:
        rows = public.results(year, q=q, offset=place, limit=PART)
        yield ranked(public.explained(year, rows))
        if len(rows) < PART:
            break
        place += PART
    yield public.explained(year, public.results(year, graded=False, q=q))
