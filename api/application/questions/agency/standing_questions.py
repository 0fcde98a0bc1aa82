"""What stands for one agency at a basis: standing, score sheet, timeline (annex 1).

Whose personal data is recorded about an agency, and where: so that what a request is about can be found.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Any, NamedTuple

from api.application.answers.agencies import SubjectPlace, SubjectShown, SubjectsPage
from api.application.privacy.personal_data import ERASED, is_sealed
from api.application.questions.inquiry import Answer, Inquiry, never_changes, path_uscc, path_year, question
from api.application.questions.pagination import page
from domain.events import Event, Sealed, YearPublished
from domain.folding import compared
from domain.ledger.reader import Reader
from domain.store.files.file_rows import sealed_under
from domain.store.log.stream_heads import streams
from domain.values import assessment_stream
from projections.answers.scalars import plain
from projections.replay.queries import recorded_entry
from projections.replay.standing import agency_name


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


@question("/v1/agencies/{uscc}/subjects")
def subjects_of(
    inquiry: Inquiry, uscc: str, q: str | None = None, limit: int = 50, cursor: str | None = None
) -> Answer:
    """Whose personal data is recorded, where, erased or not."""
    wanted = page(cursor, limit, question=("subjects", path_uscc(uscc), q))
    with inquiry.replaying() as (questions, reader):
        basis = questions.basis(path_uscc(uscc), None, wanted.known_at)
        places = [*_places(basis.trail.events), *_waivers(reader, path_uscc(uscc), basis.known_at)]
        rows = [row for row in _rows(reader, places, _files(reader, basis.trail.events)) if q is None or _says(row, q)]
        inquiry.count(wanted.limit < len(rows), lambda: len(rows))
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


class _FilePlace(NamedTuple):
    """A file of a fact, and the subject whose erasure takes it."""

    event: Event
    place: int
    title: str
    subject: str


def _files(reader: Reader, events: Sequence[Event]) -> list[_FilePlace]:
    """The files of evidence of an agency's facts."""
    sealed = {} if not events else sealed_under(reader.connection, events[0].stream)
    return [
        _FilePlace(event, place, paper.title, sealed[event.id, paper.sha256])
        for event in events
        for place, paper in enumerate(event.evidence)
        if paper.sha256 is not None and (event.id, paper.sha256) in sealed
    ]


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


def _rows(reader: Reader, places: list[Place], files: list[_FilePlace]) -> list[SubjectShown]:
    """One row a subject, in the order in which they first appear; those of files alone come last."""
    texts = reader.vault.open_many([sealed for _, _, sealed in places])
    subjects = {*(sealed.subject for _, _, sealed in places), *(one.subject for one in files)}
    standing = reader.vault.standing(subjects)
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
    for file in files:
        row = standing.get(file.subject)
        place = SubjectPlace(
            event=file.event.id,
            type=type(file.event).__name__,
            recorded_at=file.event.recorded_at,
            pointer=f"/evidence/{file.place}",
            text=ERASED if row is None or row.erased_at is not None else f"文件：{file.title}",
        )
        found.setdefault(file.subject, []).append(place)
    known = {subject: standing.get(subject) for subject in found}
    return [
        SubjectShown(subject=subject, erased_at=None if row is None else row.erased_at, places=tuple(found[subject]))
        for subject, row in known.items()
    ]


def _says(row: SubjectShown, part: str) -> bool:
    wanted = compared(part)
    return any(isinstance(one.text, str) and wanted in compared(one.text) for one in row.places)
