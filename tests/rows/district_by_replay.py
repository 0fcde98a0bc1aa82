"""The whole district at one basis by replay: what the one query of `rows/read/district.py` has to answer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction
from typing import Any

from domain.folding import compared
from domain.measures.chapter2_filing import filing_state
from domain.measures.chapter4_assessment import ranked
from domain.measures.rulebook.kinds import group_of
from domain.measures.rulebook.rulebook import assessment_year_of
from domain.values import GRADE_LABELS, Grade, rounded
from projections.answers.scalars import plain
from projections.replay.known_at import Basis
from projections.replay.sheet import Sheet
from projections.replay.standing import agency_name, bad_record_part, sanction_part


def row(basis: Basis) -> dict[str, Any]:
    """What the list of agencies shows of one."""
    sheet = Sheet(basis, assessment_year_of(basis.as_of, basis.rulebook))
    found: dict[str, Any] = plain(
        {
            "agency": agency_name(basis),
            "sanction": sanction_part(basis),
            "bad_records": bad_record_part(basis, sheet.year),
            "assessment": sheet.summary(),
            "version": basis.version,
        }
    )
    return found


def matches(
    answer: dict[str, Any],
    *,
    tier: str | None = None,
    grade: str | None = None,
    category: str | None = None,
    filing: str | None = None,
    q: str | None = None,
) -> bool:
    """Whether a row passes the filters; `q` is part of the name or of the USCC."""
    agency = answer["agency"]
    found = compared(agency["name"] or ""), compared(agency["uscc"])
    return (
        (tier is None or answer["sanction"]["tier"] == tier)
        and (grade is None or answer["assessment"]["grade"] == grade)
        and (category is None or group_of(agency["category"], {}) == group_of(category, {}))
        and (filing is None or agency["filing"] == filing)
        and (q is None or any(compared(q) in one for one in found))
    )


def ranking(year: int, district: Iterable[Basis]) -> list[dict[str, Any]]:
    """Per category, by rank; then those not assessed, without one. The category is that at the end of the year."""
    by_category: dict[str, list[tuple[dict[str, Any], Grade, Fraction]]] = {}
    unranked: list[dict[str, Any]] = []
    for basis in district:
        sheet = Sheet(basis, year)
        at_end = replace(basis, as_of=max(sheet.last, sheet.span[0]))
        item = _item(at_end, sheet)
        if sheet.score is None or sheet.grade is None:
            unranked.append(item)
        else:
            by_category.setdefault(item["category_group"], []).append((item, sheet.grade, sheet.score))
    items = []
    for category in sorted(by_category):
        results = sorted(by_category[category], key=lambda one: str(one[0]["agency"]["uscc"]))
        items += [{**item, "rank": rank} for item, rank in ranked(results)]
    return [*items, *sorted(unranked, key=lambda item: (str(item["category_group"]), str(item["agency"]["uscc"])))]


def _item(at_end: Basis, sheet: Sheet) -> dict[str, Any]:
    agency = plain(agency_name(at_end))
    found: dict[str, Any] = plain(
        {
            "agency": {"uscc": agency["uscc"], "name": agency["name"]},
            "category": agency["category"],
            "category_group": group_of(agency["category"], at_end.rulebook.categories.known),
            "rank": None,
            "assessed": sheet.assessed,
            "complete": not sheet.missing,
            "missing": sheet.missing,
            "total": None if sheet.score is None else rounded(sheet.score),
            "grade": sheet.grade,
            "label": None if sheet.grade is None else GRADE_LABELS[sheet.grade],
            "provisional": sheet.assessed and sheet.summary().provisional,
            **{part: getattr(sheet.summary(), part) for part in ("conduct", "quality", "effect", "honours")},
            "override": sheet.override,
            "filing": filing_state(at_end.facts),
        }
    )
    return found
