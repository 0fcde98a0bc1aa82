"""The Measures and the rulebooks as the ledger has adopted them: open to everybody with a token."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date

import projections.compare.replay_under  # what cites a paragraph has to be imported to be found
import projections.compare.what_if  # the same
import projections.paper.citing  # noqa: F401  # the same
from api.application.background.readiness import Service
from api.application.questions.inquiry import Answer, Inquiry, question
from api.application.questions.pagination import page
from api.application.questions.service.law_map import pages_for, routes_for, rows_for, shown_by
from domain.errors import NotFound
from domain.law import Law
from domain.measures.rulebook.rulebook import Interpretation, Rulebook
from domain.measures.text.implements import code_for
from domain.measures.text.official_text import official_text
from domain.measures.text.paragraphs import Paragraph, canonical_reference, find_paragraph, paragraphs
from domain.values import FOREVER
from projections.rows.read.row_queries import DistrictBasis


def adopted_law(service: Service) -> Law:
    """What the ledger has adopted so far (R4)."""
    with service.asking() as reader:
        law: Law | None = reader.law(FOREVER)
    if law is None:
        raise NotFound("尚未采用任何规则库", "no rulebook has been adopted yet")
    return law


def law_basis(inquiry: Inquiry, as_of: date | None, known_at: str | None) -> tuple[DistrictBasis, Law]:
    """A day, and the law as known at an instant or a place of the log. Raises: Invalid, NotFound."""
    with inquiry.looking_up() as (rows, _):
        basis = rows.district(as_of, known_at)
    if basis.law is None:
        raise NotFound(
            "在所问的时点，尚未采用任何规则库",
            "at the moment asked for, no rulebook had been adopted yet",
            cites=("R4",),
            remedy="请选较晚的时点",
            remedy_en="Choose a later moment.",
        )
    return basis, basis.law


def _books(inquiry: Inquiry, as_of: date | None, known_at: str | None) -> list[Rulebook]:
    basis, law = law_basis(inquiry, as_of, known_at)
    return law.read_on(basis.as_of)


def _heading(book: Rulebook) -> dict[str, object]:
    return {
        "id": book.id,
        "sha256": book.sha256,
        "effective_from": book.effective_from.isoformat(),
        "title": book.title,
        "title_en": book.title_en,
    }


def _reading(reading: Interpretation) -> dict[str, object]:
    return {**asdict(reading), "confirmed": reading.confirmed}


@question("/v1/rulebooks")
def rulebooks_adopted(inquiry: Inquiry, limit: int = 50, cursor: str | None = None) -> Answer:
    """The adopted rulebooks by the day on which they take effect."""
    wanted = page(cursor, limit, question=("rulebooks",))
    rows = [_heading(book) for book in adopted_law(inquiry.service).rulebooks]
    items, next_cursor = wanted.cut(rows, None, FOREVER)
    return Answer({"items": items, "next_cursor": next_cursor})


@question("/v1/rulebooks/{id}")
def rulebook_of(
    inquiry: Inquiry,
    id: str,  # noqa: A002  # the contract's name
    as_of: date | None = None,
    known_at: str | None = None,
) -> Answer:
    """Values, readings as they are confirmed on a day, known defects of the text."""
    for book in _books(inquiry, as_of, known_at):
        if book.id == id:
            return Answer(
                {
                    **_heading(book),
                    "values": book.describe(),
                    "readings": [_reading(one) for one in book.readings],
                    "defects": [asdict(one) for one in book.defects],
                }
            )
    raise NotFound(
        "没有这个编号的规则库",
        "there is no rulebook with this id",
        remedy="请在 GET /v1/rulebooks 里核对编号",
        remedy_en="Look the id up in GET /v1/rulebooks.",
    )


@question("/v1/measures/{article:path}")
def measure_of(inquiry: Inquiry, article: str, as_of: date | None = None, known_at: str | None = None) -> Answer:
    """What it says, how it is read, its values, its code, rows, routes, pages and tests."""
    reference = canonical_reference(article)
    book = _books(inquiry, as_of, known_at)[-1]
    if reference in {one.ref for one in paragraphs()}:
        said = _paragraph(find_paragraph(reference), book)
    else:
        said = _reading_alone(reference, book)
    return Answer({**said, **_places(reference)})


def _places(reference: str) -> dict[str, object]:
    """Where it is met: code, what writes and reads its rows, routes, pages by path, worked cases and tests by name."""
    return {
        "code": [asdict(one) for one in code_for(reference)],
        "rows": [asdict(one) for one in rows_for(reference)],
        "routes": list(routes_for(reference)),
        "pages": list(pages_for(reference)),
        "tests": list(shown_by(reference)),
    }


def _paragraph(paragraph: Paragraph, book: Rulebook) -> dict[str, object]:
    known = {reading.ref: reading for reading in book.readings}
    return {
        "ref": paragraph.ref,
        "title": paragraph.title,
        "title_en": paragraph.title_en,
        "text": paragraph.says,
        "text_en": paragraph.says_en,
        "official": official_text(paragraph.ref),
        "readings": [_reading(known[ref]) if ref in known else {"ref": ref} for ref in paragraph.readings],
        "values": [row for row in book.describe() if row["name"] in paragraph.values],
        "parts": [one.ref for one in paragraphs() if one.ref.startswith((f"{paragraph.ref}(", f"{paragraph.ref}."))],
        "no_code": paragraph.no_code,
        "no_code_en": paragraph.no_code_en,
        "rulebook": {"id": book.id, "sha256": book.sha256},
    }


def _reading_alone(reference: str, book: Rulebook) -> dict[str, object]:
    """A reading by itself (R16): its note, its values and the paragraphs that rest on it."""
    found = next((one for one in book.readings if one.ref == reference), None)
    return {
        "ref": reference,
        "title": reference,
        "title_en": reference,
        "text": None if found is None else found.note,
        "text_en": None if found is None else found.note_en,
        "official": None,
        "readings": [] if found is None else [_reading(found)],
        "values": [row for row in book.describe() if row["reading"] == reference],
        "parts": [one.ref for one in paragraphs() if reference in one.readings],
        "no_code": None,
        "no_code_en": None,
        "rulebook": {"id": book.id, "sha256": book.sha256},
    }
