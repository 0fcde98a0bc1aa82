"""Which rulebook is in force on a day, and which days an assessment year has (R4, R5, R20)."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction

import pytest

from domain.measures.rulebook.rulebook import (
    Rulebook,
    RulebookInvalid,
    Rulebooks,
    assessment_year_of,
    shipped_rulebook,
    year_span,
)


def rulebook_from(day: str, rulebook_id: str, **changes: object) -> Rulebook:
    """A later rulebook: the shipped one with another id, date, and parameters by their short names."""
    content = shipped_rulebook().override(changes).content
    return Rulebook.from_content({**content, "id": rulebook_id, "effective_from": day})


def test_the_rulebook_in_force_is_chosen_by_the_day() -> None:
    """The later one rules from its first day on, not on its eve; before the first one, the first answers."""
    first, second = shipped_rulebook(), rulebook_from("2024-07-01", "dayawan-2024", tag_term="window")
    books = Rulebooks([second, first])
    assert [books.on(date(2024, 6, 30)), books.on(date(2024, 7, 1)), books.on(date(2024, 7, 2))] == [
        first,
        second,
        second,
    ]
    assert books.on(date(2019, 1, 1)) == first
    assert books.first_day == date(2021, 11, 1)
    assert list(books) == [first, second]


def test_adopting_an_id_again_replaces_it() -> None:
    """The later adoption under one id counts, and of two ids with one date the later adopted one."""
    first, again = shipped_rulebook(), rulebook_from("2021-11-01", "dayawan-2021", tag_term="window")
    assert list(Rulebooks([first, again])) == [again]
    rival = rulebook_from("2021-11-01", "rival", tag_term="by_decision")
    assert Rulebooks([first, rival]).on(date(2022, 1, 1)) == rival
    assert Rulebooks([first, rival, first]).on(date(2022, 1, 1)) == first
    with pytest.raises(ValueError, match="no rulebook"):
        Rulebooks([])


def test_a_sheet_goes_by_the_year_end_or_the_day_asked_about() -> None:
    """R4: min(as_of, last day of the year); a rulebook of the next year never touches the year before."""
    first, second = shipped_rulebook(), rulebook_from("2025-01-01", "dayawan-2025")
    books = Rulebooks([first, second])
    assert books.for_sheet(2024, date(2025, 3, 1)) == first
    assert books.for_sheet(2025, date(2025, 1, 1)) == second
    mid = Rulebooks([first, rulebook_from("2024-07-01", "mid")])
    assert [mid.for_sheet(2024, day).id for day in (date(2024, 6, 30), date(2024, 7, 1), date(2025, 1, 5))] == [
        "dayawan-2021",
        "mid",
        "mid",
    ]


def test_the_first_assessment_year_starts_with_the_measures() -> None:
    """2021 runs from 1 November to 31 December, later years the whole calendar year, earlier ones are empty (R20)."""
    books = Rulebooks([shipped_rulebook()])
    assert year_span(2021, books) == (date(2021, 11, 1), date(2021, 12, 31))
    assert year_span(2022, books) == (date(2022, 1, 1), date(2022, 12, 31))
    first, last = year_span(2020, books)
    assert first > last
    assert year_span(9999, books)[1] == date.max


CYCLES = [
    [("2021-11-01", "01-01")],
    [("2021-11-01", "07-01")],
    [("2021-11-01", "01-01"), ("2023-01-01", "07-01")],
    [("2021-11-01", "01-01"), ("2023-07-01", "07-01")],
    [("2021-11-01", "07-01"), ("2023-03-01", "01-01"), ("2024-10-01", "10-01")],
]


@pytest.mark.parametrize("cycles", CYCLES)
def test_every_day_lies_in_the_span_of_its_own_year_and_no_other(cycles: list[tuple[str, str]]) -> None:
    """Spans and labels agree day by day, also across a rulebook that moves the start of the cycle."""
    books = Rulebooks([rulebook_from(day, f"from-{day}", cycle_start=start) for day, start in cycles])
    for offset in range(5 * 366):
        day = books.first_day + timedelta(days=offset)
        label = assessment_year_of(day, books.on(day))
        holding = [y for y in range(2020, 2029) if year_span(y, books)[0] <= day <= year_span(y, books)[1]]
        assert holding == [label]


def test_a_change_of_cycle_that_would_bring_a_year_back_is_refused() -> None:
    """On 30 June a move to 1 July would return to the year before; on 1 July it does not."""
    first = shipped_rulebook()
    with pytest.raises(RulebookInvalid, match="cycle_start"):
        Rulebooks([first, rulebook_from("2024-06-30", "moved", cycle_start="07-01")])
    books = Rulebooks([first, rulebook_from("2024-07-01", "moved", cycle_start="07-01")])
    assert year_span(2024, books) == (date(2024, 1, 1), date(2025, 6, 30))


def test_a_what_if_over_all_rulebooks_changes_each() -> None:
    """Replaying a history under other values takes them in every rulebook, with the dates unchanged (R5)."""
    books = Rulebooks([shipped_rulebook(), rulebook_from("2024-07-01", "mid")]).override({"total_cap": 100})
    assert [(book.id, book.total.cap) for book in books] == [
        ("dayawan-2021+override", Fraction(100)),
        ("mid+override", Fraction(100)),
    ]
