"""What stands for one agency at a basis: standing, score sheet, timeline, and the sheet as a paper (annex 1).

Whose personal data is recorded about an agency, and where: so that what a request is about can be found.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any

from api.application.answers.agencies import SubjectPlace, SubjectShown, SubjectsPage
from api.application.privacy.personal_data import ERASED, is_sealed
from api.application.questions.inquiry import Answer, FileAnswer, Inquiry, never_changes, path_uscc, path_year, question
from api.application.questions.pagination import page
from domain.errors import Invalid, NotFound
from domain.events import Event, Sealed, YearPublished
from domain.folding import compared
from domain.ledger.reader import Reader
from domain.measures.rulebook.rulebook import Rulebook
from domain.store.log.stream_heads import streams
from domain.values import assessment_stream
from projections.answers.scalars import plain
from projections.compare.publication import full_sheet, published
from projections.paper.cover import Heading
from projections.replay.queries import recorded_entry
from projections.replay.standing import agency_name

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
            content, heading, books = _published(reader, code, number)
        else:
            content, heading, books = plain(questions.sheet(basis, number)), {}, basis.law.read_on(basis.as_of)
        if inquiry.veil is not None:
            content = inquiry.veil.redacted(content)
    heading["notes"] = [unconfirmed_note(cited([*basis.law.rulebooks, *books], content))]
    name = f"sheet-{code}-{number}-{content['as_of']}{'-published' if of == 'published' else ''}.pdf"
    return FileAnswer(sheet_pdf(content, heading), name, PDF)


def _published(reader: Reader, uscc: str, year: int) -> tuple[Mapping[str, Any], Heading, list[Rulebook]]:
    """The sheet of the result that stands, what its head says, and the rulebooks as read on publication.

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
    return full_sheet(found.events, result), heading, found.law.read_on(found.first.occurred_on)


@question("/v1/agencies/{uscc}/subjects")
def subjects_of(
    inquiry: Inquiry, uscc: str, q: str | None = None, limit: int = 50, cursor: str | None = None
) -> Answer:
    """Whose personal data is recorded, where, erased or not."""
    wanted = page(cursor, limit, question=("subjects", path_uscc(uscc), q))
    with inquiry.replaying() as (questions, reader):
        basis = questions.basis(path_uscc(uscc), None, wanted.known_at)
        places = [*_places(basis.trail.events), *_waivers(reader, path_uscc(uscc), basis.known_at)]
        rows = [row for row in _rows(reader, places) if q is None or _says(row, q)]
        items, next_cursor = wanted.cut(rows, None, basis.known_at)
        content = SubjectsPage(
            agency=agency_name(basis),
            known_at=basis.known_at,
            version=basis.version,
            items=tuple(items),
            next_cursor=next_cursor,
        )
    return Answer(content)


Place = tuple[Event, str, Sealed]
"""Where something sealed stands: the event, the pointer to the field as the trail shows it, and what is sealed."""


def _places(events: Iterable[Event]) -> Iterator[Place]:
    for event in events:
        for pointer, sealed in _sealed_in(plain(recorded_entry(event)), ""):
            yield event, pointer, sealed


def _waivers(reader: Reader, uscc: str, known_at: str) -> Iterator[Place]:
    """The reasons for which a missing part of this agency's sheet was waived stand in the year's decision."""
    for stream in streams(reader.connection, assessment_stream(0).removesuffix("0")):
        for event in reader.events(stream):
            if isinstance(event, YearPublished) and event.recorded_at <= known_at:
                for number, waiver in enumerate(event.waivers):
                    if waiver.uscc == uscc:
                        yield event, f"/fact/waivers/{number}/reason", waiver.reason


def _sealed_in(value: Any, pointer: str) -> Iterator[tuple[str, Sealed]]:
    if is_sealed(value):
        yield pointer, Sealed(**value)
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from _sealed_in(inner, f"{pointer}/{name}")
    elif isinstance(value, (list, tuple)):
        for number, inner in enumerate(value):
            yield from _sealed_in(inner, f"{pointer}/{number}")


def _rows(reader: Reader, places: list[Place]) -> list[SubjectShown]:
    """One row a subject, in the order in which they first appear."""
    texts = reader.vault.open_many([sealed for _, _, sealed in places])
    standing = reader.vault.standing(sealed.subject for _, _, sealed in places)
    found: dict[str, list[SubjectPlace]] = {}
    for (event, pointer, sealed), text in zip(places, texts, strict=True):
        place = SubjectPlace(
            event=event.id,
            type=type(event).__name__,
            recorded_at=event.recorded_at,
            pointer=pointer,
            text=ERASED if text is None else text,
        )
        found.setdefault(sealed.subject, []).append(place)
    known = {subject: standing.get(subject) for subject in found}
    return [
        SubjectShown(subject=subject, erased_at=None if row is None else row.erased_at, places=tuple(found[subject]))
        for subject, row in known.items()
    ]


def _says(row: SubjectShown, part: str) -> bool:
    wanted = compared(part)
    return any(isinstance(one.text, str) and wanted in compared(one.text) for one in row.places)
