"""The whole demonstration as a list of steps: a pure function of seed, size and the last day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from random import Random

from demo.assessing import surveys, yearly
from demo.business import Project, duties, file_agency, pledge, projects
from demo.diary import Diary, DiaryStep
from demo.invented_names import Enterprise, agency_names, clients, uscc, worker
from demo.stories import STORIES
from demo.temper import Temper, tempers
from demo.troubles import bad_records, complaints
from domain.measures.calendar import Calendar
from domain.values import Role

FIRST_DAY = date(2022, 1, 4)
"""The first working day on which something is recorded about an agency."""
OPENED_AT = datetime(2021, 12, 30, 1, 0, tzinfo=UTC)
"""When the demonstration's ledger was opened, by its own clock."""
FACTS_PER_YEAR = 15.5
"""What an agency's year holds without projects, roughly."""
FACTS_PER_PROJECT = 4.5
"""A project with its plan, end, survey and its share of effect scores, roughly."""


@dataclass(frozen=True)
class Size:
    """What is asked for: the same size, seed and last day make the same facts, ids and instants."""

    agencies: int
    facts: int
    seed: int
    until: date


def steps(size: Size, calendar: Calendar) -> list[DiaryStep]:
    """Every step up to the end of the last day, in the order of recording."""
    rng = Random(f"{size.seed}/district")  # noqa: S311  # made-up facts, no secrets
    kinds = tempers(rng, size.agencies)
    enterprises = clients(rng, max(20, 2 * size.agencies))
    starts = sorted(_start(rng, number, size) for number in range(size.agencies))
    weights = [rng.lognormvariate(0, 0.5) * _years(start, size.until) for start in starts]
    years = sum(_years(start, size.until) for start in starts)
    in_projects = max(0.0, size.facts - FACTS_PER_YEAR * years) / FACTS_PER_PROJECT
    found: list[DiaryStep] = []
    for number, (name, category) in enumerate(agency_names(rng, size.agencies)):
        own = Random(f"{size.seed}/agency/{number}")  # noqa: S311  # as above
        staff = [worker(own, category) for _ in range(own.randrange(6, 13))]
        diary = Diary(own, Enterprise(uscc(number + 1), name), category, staff, calendar)
        count = max(3, round(in_projects * weights[number] / sum(weights)))
        _life(diary, kinds[number], number, starts[number], size.until, count, own.sample(enterprises, k=8))
        found += diary.steps
    end = datetime(size.until.year, size.until.month, size.until.day, 15, 59, 59, tzinfo=UTC)
    return sorted((step for step in found if step.at <= end), key=lambda step: (step.at, step.event_id))


def _start(rng: Random, number: int, size: Size) -> date:
    """Two in three file in the first quarter of 2022, the others year by year."""
    span = max(1, (size.until - FIRST_DAY).days - 200)
    day = FIRST_DAY + timedelta(days=rng.randrange(min(80, span)) if number % 3 else rng.randrange(span))
    return FIRST_DAY if number == 0 else day


def _years(start: date, until: date) -> float:
    return max(0.1, (until - start).days / 365)


def _life(
    diary: Diary, temper: Temper, number: int, start: date, until: date, count: int, served: list[Enterprise]
) -> None:
    """One agency from its filing to today or its termination."""
    backdated = diary.rng.random() < 0.08
    submitted_on = diary.working_day(start - timedelta(days=40)) if backdated else None
    filed_on = file_agency(diary, start, submitted_on=submitted_on, returned=number % 11 == 5)
    pledge(diary, filed_on, temper)
    last = until
    if number % 20 == 13:
        last = _ending(diary, filed_on, until)
    begin = filed_on + timedelta(days=3)
    if begin >= last:
        return
    duties(diary, temper, begin, last)
    idle = number % 20 == 7
    spans = [(begin, last)] if not idle else _around_idle_year(begin, last)
    done: list[Project] = []
    for first, end in spans:
        share = round(count * (end - first).days / sum((b - a).days for a, b in spans))
        done += projects(diary, temper, first, end, share, served[: diary.rng.randrange(4, 9)])
    surveys(diary, temper, done)
    yearly(diary, temper, done, begin, last)
    complaints(diary, temper, done, begin, last)
    bad_records(diary, temper, begin, last)
    story = STORIES.get(number)
    if story is not None and done:
        story(diary, done, begin, last)


def _ending(diary: Diary, filed_on: date, until: date) -> date:
    """Terminate the agency some time before the end; one of two files again later (art.11, R6)."""
    ended = diary.working_day(filed_on + (until - filed_on) * 3 // 5)
    effective = ended + timedelta(days=14)
    diary.add(ended, "termination", Role.AGENCY, effective_on=effective, reason="公司业务调整，不再开展安全管家服务。")
    diary.send_notices(effective + timedelta(days=3))
    if diary.rng.random() < 0.5 or diary.agency.uscc == uscc(14):
        again = diary.working_day(effective + timedelta(days=150))
        file_agency(diary, again)
    return ended


def _around_idle_year(begin: date, last: date) -> list[tuple[date, date]]:
    """Two spans with a year without any project between them: not assessed in it (R29)."""
    spans = [(begin, date(begin.year, 9, 30)), (date(begin.year + 2, 1, 10), last)]
    return [(first, min(end, last)) for first, end in spans if first < min(end, last)]
