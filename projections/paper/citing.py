"""What given sheets and standings rest on: the articles cited, the values and the readings applied (R4, art.28)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from typing import Any

from domain.measures.rulebook.rulebook import Rulebook
from domain.measures.text.implements import implements
from domain.measures.text.paragraphs import Paragraph, find_paragraph, paragraphs

_ALWAYS = ("art.20", "annex1.note2", "annex1.note3")
"""Every score sheet rests on them: the year, the sum, the grades."""
_READ_ALWAYS = ("R4", "R20", "R26", "R27")
_TIER = {"recorded": "art.17(1)", "warned": "art.17(2)", "blacklisted": "art.17(3)"}
Found = Iterator[tuple[str, str]]
"""References to paragraphs or readings, each with the place that cites it."""


@implements("art.28", "R4")
def cited(rulebooks: Iterable[Rulebook], *answers: Mapping[str, Any]) -> dict[str, Any]:
    """What these answers (of `Questions.sheet` or `.standing`, or published sheets) cite, by their rulebooks.

    `rulebooks` are those that the ledger has adopted, with their readings as they were confirmed at the answers' basis
    (`Law.read_on`); of two with the same hash the later given counts. The answer has `rulebooks` (each with the
    `values` that set points and the `readings` applied, with `confirmed`), `articles` (title and text in our words),
    `defects` of the cited text, and `unconfirmed`: the readings not confirmed in one of the rulebooks.
    Raises: LookupError when an answer names a rulebook that is not among them.
    """
    known = {book.sha256: book for book in rulebooks}
    places: dict[str, dict[str, list[str]]] = {}
    values: dict[str, list[str]] = {}
    for answer in answers:
        sha256 = answer["rulebook"]["sha256"]
        if sha256 not in known:
            raise LookupError(f"an answer rests on rulebook {answer['rulebook']['id']} {sha256}, which was not given")
        found = places.setdefault(sha256, {})
        for reference, place in _references(answer):
            if place not in found.setdefault(reference, []):
                found[reference].append(place)
        values.setdefault(sha256, []).extend(line["value"] for line in answer.get("lines", ()))
    books = [_of_rulebook(known[sha256], places[sha256], values[sha256]) for sha256 in places]
    articles = _articles(places.values())
    return {
        "articles": articles,
        "rulebooks": books,
        "defects": _defects((known[sha256] for sha256 in places), {one["ref"] for one in articles}),
        "unconfirmed": sorted(
            {one["ref"] for book in books for one in book["readings"] if not one["confirmed"]}, key=_reading_order
        ),
    }


def unconfirmed_note(found: Mapping[str, Any]) -> str:
    """The sentence that a printed sheet bears about the readings in what `cited` found (art.28)."""
    applied = sorted({one["ref"] for book in found["rulebooks"] for one in book["readings"]}, key=_reading_order)
    open_ones = found["unconfirmed"]
    state = f"其中尚未经协会确认的：{'、'.join(open_ones)}" if open_ones else "均已经协会确认"
    return f"本件适用的理解：{'、'.join(applied)}；{state}（第二十八条）。"


def _references(answer: Mapping[str, Any]) -> Found:
    if "lines" in answer:
        yield from _of_sheet(answer)
    if "sanction" in answer:
        yield from _of_standing(answer)


def _of_sheet(sheet: Mapping[str, Any]) -> Found:
    place = f"sheet {sheet['year']}"
    yield from ((reference, place) for reference in (*_ALWAYS, *_READ_ALWAYS))
    for number, line in enumerate(sheet["lines"], start=1):
        for reference in (line["article"], line["paragraph"], _item(line["item"])):
            if reference is not None:
                yield reference, f"{place} line {number}"
    for number, one in enumerate(sheet["considered"], start=1):
        if one["item"] is not None:
            yield _item(one["item"]) or "", f"{place} considered {number}"
    for one in sheet["override"]:
        yield one["article"], f"{place} override"
        for reading in ("R28", "R16") if one["kind"] == "blacklisted" else ("R28",):
            yield reading, f"{place} override"
    if sheet["missing"]:
        yield "R25", f"{place} missing"
    if not sheet["assessed"]:
        yield "annex1.note4", f"{place} not assessed"
        yield "R29", f"{place} not assessed"


def _of_standing(standing: Mapping[str, Any]) -> Found:
    place = f"standing {standing['as_of']}"
    tier = standing["sanction"]["tier"]
    yield "art.17", place
    if tier in _TIER:
        yield _TIER[tier], place
    for reference in ("R13", "R15", "R16", "R17"):
        yield reference, place
    if standing["bad_records"]["total"]:
        yield "art.16", place
    if standing["warning_notice"] is not None:
        yield "art.19", place
        yield "R31", place
    if standing["advisories"]:
        yield "art.18", place
        yield "R19", place


def _item(item: int | None) -> str | None:
    return None if item is None else f"annex1.item{item}"


def _is_reading(reference: str) -> bool:
    return reference.startswith("R")


def _is_specific(reference: str) -> bool:
    """An item or note, not a whole article: what is read into art.20 at large is not all applied in a sheet."""
    return "(" in reference or "annex" in reference


def _reading_order(reference: str) -> tuple[int, str]:
    digits = "".join(char for char in reference if char.isdigit())
    return int(digits), reference


def _of_rulebook(book: Rulebook, places: Mapping[str, list[str]], names: Iterable[str]) -> dict[str, Any]:
    """The values that set points in the lines, and the readings that these and the cited paragraphs rest on."""
    rows = book.describe()
    wanted = set(names)  # a line names a value of a table by its key as well: honours.points.district
    used = [row for row in rows if any(f"{name}.".startswith(f"{row['name']}.") for name in wanted)]
    because: dict[str, list[str]] = {ref: list(where) for ref, where in places.items() if _is_reading(ref)}
    for row in used:
        because.setdefault(row["reading"], []).append(row["name"])
    for reference in places:
        if _is_specific(reference):
            for reading in find_paragraph(reference).readings:
                because.setdefault(reading, []).append(reference)
    readings = [
        {**asdict(one), "confirmed": one.confirmed, "because": because[one.ref]}
        for one in book.readings
        if one.ref in because
    ]
    return {
        "id": book.id,
        "sha256": book.sha256,
        "effective_from": book.effective_from.isoformat(),
        "title": book.title,
        "title_en": book.title_en,
        "values": used,
        "readings": readings,
    }


def _articles(all_places: Iterable[Mapping[str, list[str]]]) -> list[dict[str, Any]]:
    """The paragraphs cited, in the order of the Measures, each with what cites it."""
    where: dict[str, list[str]] = {}
    for places in all_places:
        for reference, found in places.items():
            if not _is_reading(reference):
                where.setdefault(find_paragraph(reference).ref, []).extend(found)
    return [_article(one, where[one.ref]) for one in paragraphs() if one.ref in where]


def _article(paragraph: Paragraph, cited_by: list[str]) -> dict[str, object]:
    return {
        "ref": paragraph.ref,
        "title": paragraph.title,
        "title_en": paragraph.title_en,
        "text": paragraph.says,
        "text_en": paragraph.says_en,
        "readings": list(paragraph.readings),
        "cited_by": list(dict.fromkeys(cited_by)),
    }


def _defects(books: Iterable[Rulebook], articles: set[str]) -> list[dict[str, object]]:
    """The known defects of the cited paragraphs, once each."""
    found = [asdict(one) for book in books for one in book.defects if articles & set(one.articles)]
    return [one for index, one in enumerate(found) if one not in found[:index]]
