"""Working days, periods and deadlines (R1-R3), and the calendar as data that operators can correct."""

from __future__ import annotations

import hashlib
import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import chinese_calendar
import pytest

from domain.measures.calendar import (
    FIRST_YEAR,
    Calendar,
    CalendarInvalid,
    Deadline,
    add_years,
    build_calendar,
    deadline,
)

ONLY_2024: dict[str, Any] = {
    "id": "test-2024",
    "source": "days around the National Day of 2024",
    "years": {
        "2024": {
            "holidays": [f"2024-10-0{n}" for n in range(1, 8)] + ["2024-12-30", "2024-12-31"],
            "workdays": ["2024-09-29", "2024-10-12"],
        }
    },
}


@pytest.fixture
def calendar() -> Calendar:
    """A calendar that covers 2024 alone, so that what it says does not change with an installed package."""
    return Calendar.from_content(ONLY_2024)


def overlay(folder: Path, text: str) -> Path:
    """An operators' overlay with this text."""
    file = folder / "overlay.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_every_day_since_2021_agrees_with_the_published_calendar(tmp_path: Path) -> None:
    """Holidays on weekdays rest, make-up weekends work, other weekends rest: as the package judges each day."""
    built = build_calendar(overlay(tmp_path, ""))
    years = [year for year in range(FIRST_YEAR, 2100) if built.covers(year)]
    assert years[0] == 2021
    assert years[-1] >= 2026
    day = date(2021, 1, 1)
    while day.year <= years[-1]:
        assert built.is_working_day(day) == chinese_calendar.is_workday(day), day
        day += timedelta(days=1)


@pytest.mark.parametrize(
    ("day", "works"),
    [
        ("2024-09-28", False),  # ordinary Saturday
        ("2024-09-29", True),  # make-up Sunday
        ("2024-09-30", True),
        ("2024-10-01", False),  # Tuesday, holiday
        ("2024-10-05", False),  # Saturday within the holiday
        ("2024-10-08", True),
        ("2024-10-12", True),  # make-up Saturday
        ("2024-10-13", False),
        ("2025-10-01", True),  # Wednesday of a year not covered: weekends only
        ("2025-10-04", False),
    ],
)
def test_working_days(calendar: Calendar, day: str, works: bool) -> None:
    """Each kind of day is judged rightly, and a year without data goes by weekends only (R2)."""
    assert calendar.is_working_day(date.fromisoformat(day)) is works


@pytest.mark.parametrize(
    ("after", "last", "provisional"),
    [
        ("2024-09-23", "2024-09-30", False),  # a Monday stays
        ("2024-09-24", "2024-10-08", False),  # 1 October moves over the whole holiday
        ("2024-09-30", "2024-10-08", False),  # the last day of the holiday moves
        ("2024-10-01", "2024-10-08", False),  # 8 October is a working day
        ("2024-10-05", "2024-10-12", False),  # a make-up Saturday stays
        ("2024-10-06", "2024-10-14", False),  # an ordinary Sunday moves
        ("2024-12-22", "2025-01-01", True),  # a Sunday, then two holidays, then a year not covered
        ("2024-12-20", "2024-12-27", False),
        ("2024-12-25", "2025-01-01", True),
        ("2024-12-28", "2025-01-06", True),  # a Saturday of a year not covered
        ("2023-12-24", "2024-01-01", True),  # a Sunday of a year not covered, moved into one that is
        ("2021-11-01", "2021-11-08", True),
    ],
)
def test_a_deadline_of_seven_days(calendar: Calendar, after: str, last: str, provisional: bool) -> None:
    """Seven days from the day after, moved to the next working day, and marked when a year without data was asked."""
    found = deadline(date.fromisoformat(after), 7, calendar)
    assert found == Deadline(date.fromisoformat(last), provisional)


def test_the_last_days_of_a_year_are_settled_with_the_year_after() -> None:
    """31 December 2022 was a day off by the arrangement for 2023: known when that is adopted, provisional before."""
    ordinary: dict[str, list[str]] = {"holidays": [], "workdays": []}
    one_year = Calendar.from_content({**ONLY_2024, "years": {"2022": ordinary}})
    assert deadline(date(2022, 12, 20), 7, one_year) == Deadline(date(2022, 12, 27), provisional=False)
    assert deadline(date(2022, 12, 21), 7, one_year) == Deadline(date(2022, 12, 28), provisional=True)
    assert deadline(date(2022, 12, 23), 7, one_year) == Deadline(date(2022, 12, 30), provisional=True)
    both = {"2022": ordinary, "2023": {"holidays": ["2023-01-02"], "workdays": []}}
    two_years = Calendar.from_content({**ONLY_2024, "years": both})
    assert deadline(date(2022, 12, 23), 7, two_years) == Deadline(date(2022, 12, 30), provisional=False)
    assert deadline(date(2022, 12, 24), 7, two_years) == Deadline(date(2023, 1, 3), provisional=False)


def test_a_deadline_of_no_days_is_refused(calendar: Calendar) -> None:
    """One day is the day after; nothing below is a deadline."""
    assert deadline(date(2024, 10, 8), 1, calendar).day == date(2024, 10, 9)
    with pytest.raises(ValueError, match="0 days"):
        deadline(date(2024, 10, 8), 0, calendar)


def test_deadlines_follow_the_calendar_given(calendar: Calendar) -> None:
    """Two calendars never share an answer, though both were asked for the same day: `known_at` selects them."""
    bare = Calendar.from_content({**ONLY_2024, "years": {"2024": {"holidays": [], "workdays": []}}})
    assert deadline(date(2024, 9, 24), 7, calendar).day == date(2024, 10, 8)
    assert deadline(date(2024, 9, 24), 7, bare).day == date(2024, 10, 1)


@pytest.mark.parametrize(
    ("day", "years", "last"),
    [
        ("2024-02-29", 1, "2025-02-28"),
        ("2024-02-28", 1, "2025-02-28"),
        ("2023-02-28", 1, "2024-02-28"),
        ("2024-02-29", 4, "2028-02-29"),
        ("2024-03-01", 1, "2025-03-01"),
        ("2024-12-31", 1, "2025-12-31"),
        ("2024-05-06", 0, "2024-05-06"),
        ("9999-05-06", 1, "9999-12-31"),
    ],
)
def test_a_period_in_years(day: str, years: int, last: str) -> None:
    """It ends on the same day of the same month, or on the month's last day where there is none (R1)."""
    assert add_years(date.fromisoformat(day), years) == date.fromisoformat(last)


def test_a_period_does_not_run_backwards() -> None:
    """A negative period is a mistake of the caller, not a date."""
    with pytest.raises(ValueError, match="forward"):
        add_years(date(2024, 1, 1), -1)


def test_a_stored_calendar_comes_back_the_same(calendar: Calendar) -> None:
    """What the event stores makes an equal calendar with the same hash, which anybody can compute."""
    again = Calendar.from_content(json.loads(json.dumps(calendar.content)))
    assert again == calendar
    assert hash(again) == hash(calendar)
    text = json.dumps(calendar.content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    assert calendar.sha256 == hashlib.sha256(text.encode()).hexdigest()
    calendar.content["years"].clear()
    assert calendar.covers(2024)
    assert not calendar.covers(2025)


def test_the_overlay_that_is_shipped_changes_nothing(tmp_path: Path) -> None:
    """Comments only: the default calendar is the package's, and building it twice makes the same id and hash."""
    assert build_calendar() == build_calendar(overlay(tmp_path, "# empty\n"))
    assert build_calendar().content["years"].keys() >= {"2021", "2026"}
    assert "2020" not in build_calendar().content["years"]


def test_operators_add_a_year(tmp_path: Path) -> None:
    """A year of the overlay is covered, its days count, and the id names it."""
    text = '[years.2099]\nsource = "通知"\nholidays = [2099-01-01, 2099-01-02]\nworkdays = ["2099-01-04"]\n'
    built = build_calendar(overlay(tmp_path, text))
    assert built.covers(2099)
    assert not built.covers(2098)
    assert [built.is_working_day(date(2099, 1, day)) for day in (1, 2, 4, 5)] == [False, False, True, True]
    assert built.id.startswith("cn-2099-")
    assert "通知" in built.content["source"]


def test_operators_correct_single_days(tmp_path: Path) -> None:
    """A working weekday becomes a day off, a make-up Saturday and a holiday become ordinary, a Sunday a working day."""
    days = '2024-10-08 = "holiday"\n2024-10-12 = "ordinary"\n2024-10-01 = "ordinary"\n2024-10-13 = "workday"\n'
    built = build_calendar(overlay(tmp_path, f"[corrections]\n{days}"))
    found = [built.is_working_day(date(2024, 10, day)) for day in (8, 12, 1, 13, 9)]
    assert found == [False, False, True, True, True]
    assert built.id != build_calendar(overlay(tmp_path, "")).id
    assert deadline(date(2024, 10, 1), 7, built).day == date(2024, 10, 9)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[holidays]\n", "holidays"),
        ("[years.2027]\nholidays = []\n", "2027"),
        ("[years.2027]\nholidays = 1\nworkdays = []\n", "2027"),
        ("[years.2027]\nholidays = [2026-12-31]\nworkdays = []\n", "2026-12-31"),
        ("[years.2027]\nholidays = [2027-01-01, 2027-01-01]\nworkdays = []\n", "2027-01-01"),
        ("[years.2027]\nholidays = [2027-01-02]\nworkdays = [2027-01-02]\n", "2027-01-02"),
        ("[years.2027]\nholidays = []\nworkdays = [2027-01-01]\n", "2027-01-01"),
        ("[years.2020]\nholidays = []\nworkdays = []\n", "2020"),
        ('[corrections]\n2024-10-08 = "off"\n', "2024-10-08"),
        ('[corrections]\n2098-10-08 = "holiday"\n', "2098-10-08"),
        ('[corrections]\n2024-02-30 = "holiday"\n', "2024-02-30"),
    ],
)
def test_a_wrong_overlay_is_refused_by_name(tmp_path: Path, text: str, named: str) -> None:
    """A slip in the overlay stops with the year or day that is wrong, in both languages, and a remedy."""
    with pytest.raises(CalendarInvalid) as refused:
        build_calendar(overlay(tmp_path, text))
    assert named in refused.value.name
    assert refused.value.remedy
    assert refused.value.remedy_en


@pytest.mark.parametrize("spoilt", [{}, {"years": {}}, {**ONLY_2024, "more": 1}, {**ONLY_2024, "years": []}])
def test_content_of_a_wrong_shape_is_refused(spoilt: dict[str, Any]) -> None:
    """What is no calendar is never taken for one without holidays."""
    with pytest.raises(CalendarInvalid):
        Calendar.from_content(spoilt)
