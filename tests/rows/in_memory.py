"""The look-up of the read models done over rows in memory: what the database does by index."""

from __future__ import annotations

from datetime import date
from typing import Any

from domain.law import Law
from domain.measures.rulebook.rulebook import assessment_year_of
from domain.values import Instant
from projections.rows.read.row_answers import RowValues
from projections.rows.score_values import SCORES, Score
from projections.rows.write.conduct_rows import FILED, LAPSES, PROJECTS, PROVISIONAL, RECORDS
from projections.rows.write.current_rows import CurrentRow, CurrentRows
from projections.rows.write.status_rows import NOTHING, SANCTIONS, STATUS
from projections.rows.write.worklist_rows import SUCCEEDED, matter_place

GONE = matter_place(SUCCEEDED, SUCCEEDED)


def found_in(
    live: CurrentRows, law: Law, as_of: date, known_at: Instant, year: int | None = None
) -> tuple[RowValues, int]:
    """What the rows say on a day as known at an instant, and the assessment year."""
    year = assessment_year_of(as_of, law.rulebooks.on(as_of)) if year is None else year
    first, last = law.rulebooks.span_of(year)
    known = [row for row in live.opened if row.known_from <= known_at < row.known_to]
    on_day = [row for row in known if row.step.valid_from <= as_of < row.step.valid_to]

    def value(table: str, default: Any, of_year: int = 0) -> Any:
        rows = [row for row in on_day if row.place.table == table and row.place.year == of_year]
        assert len(rows) <= 1, "rows of one place never overlap"
        return rows[0].step.value if rows else default

    def overlaps(table: str) -> bool:
        return any(
            row.place.table == table and max(row.step.valid_from, first) <= min(_last(row), last, as_of)
            for row in known
        )

    lapses: dict[int, int] = {}
    for row in on_day:
        if row.place.table == LAPSES and row.place.year == year:
            item = int(row.place.key.partition(":")[0])
            lapses[item] = lapses.get(item, 0) + 1
    provisional = lapses.pop(PROVISIONAL, 0)
    gone = any(row.place == GONE and row.step.valid_from <= min(last, as_of) < row.step.valid_to for row in known)
    book = law.rulebooks.for_sheet(year, as_of)
    return RowValues(
        status=value(STATUS, None),
        sanction=value(SANCTIONS, NOTHING),
        score=value(SCORES, Score(), year),
        records=value(RECORDS, 0, year),
        all_records=sum(row.step.value for row in on_day if row.place.table == RECORDS),
        lapse_cost=sum(int(book.conduct.lapse_points[item] * 100) * number for item, number in lapses.items()),
        provisional=bool(provisional),
        assessed=overlaps(PROJECTS) and overlaps(FILED) and not gone,
    ), year


def _last(row: CurrentRow) -> date:
    to = row.step.valid_to
    return to if to == date.max else date.fromordinal(to.toordinal() - 1)
