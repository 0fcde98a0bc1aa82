"""Whose personal data is recorded about an agency, and where: so that what a request is about can be found."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from api.application.answers.agencies import SubjectPlace, SubjectShown, SubjectsPage
from api.application.privacy.personal_data import ERASED, is_sealed
from api.application.questions.inquiry import Answer, Inquiry, path_uscc, question
from api.application.questions.pagination import page
from domain.events import Event, Sealed, YearPublished
from domain.folding import compared
from domain.ledger.reader import Reader
from domain.store.log.stream_heads import streams
from domain.values import assessment_stream
from projections.answers.scalars import plain
from projections.replay.audit_trail import recorded_entry
from projections.replay.standing import agency_name


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
