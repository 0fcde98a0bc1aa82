"""Stories that every demonstration tells, by the agency's number, whatever the seed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

from demo.business import Project
from demo.diary import Diary
from demo.troubles import accident, annul, decide, ladder, merged, overturned, penalty

Story = Callable[[Diary, list[Project], date, date], None]


def _blacklisted(diary: Diary, projects: list[Project], begin: date, last: date) -> None:
    """Three upheld complaints within a year: recorded, warned, blacklisted (art.17)."""
    ladder(diary, projects, begin + timedelta(days=300), 3)


def _blacklisted_twice(diary: Diary, projects: list[Project], begin: date, last: date) -> None:
    """Four within a year: blacklisted again while on the list; the tags of the third and fourth overlap."""
    ladder(diary, projects, begin + timedelta(days=900), 4)


def _lately_blacklisted(diary: Diary, projects: list[Project], begin: date, last: date) -> None:
    """The third upheld complaint lies a few months back: the list of today is not empty."""
    ladder(diary, projects, max(begin, last - timedelta(days=500)), 3)


def _lately_warned(diary: Diary, projects: list[Project], begin: date, last: date) -> None:
    """Two within a year, the second a few months back: warned today."""
    ladder(diary, projects, max(begin, last - timedelta(days=330)), 2)


def _warned(diary: Diary, projects: list[Project], begin: date, last: date) -> None:
    """Two within a year, the third one just outside it."""
    ladder(diary, projects, begin + timedelta(days=200), 2)
    ladder(diary, projects, begin + timedelta(days=780), 1)


def _overturned(diary: Diary, projects: list[Project], begin: date, last: date) -> None:
    overturned(diary, projects, begin + timedelta(days=420))


def _merged(diary: Diary, projects: list[Project], begin: date, last: date) -> None:
    merged(diary, projects, begin + timedelta(days=260))


def _backdated(diary: Diary, projects: list[Project], begin: date, last: date) -> None:
    """A complaint upheld long ago is entered only now: answers as known before lack it."""
    came, entered = begin + timedelta(days=150), diary.working_day(begin + timedelta(days=520))
    id_, _ = diary.add(entered, "complaints", received_on=came, complainant="匿名来信", grounds="poor_quality", paper=1)
    decided = came + timedelta(days=31)
    decide(diary, id_, entered, "upheld", verified_grounds="missed_hazard")
    diary.steps[-1].body["decided_on"] = decided.isoformat()


def _fined(diary: Diary, projects: list[Project], begin: date, last: date) -> None:
    """A penalty of the emergency-management department makes the year unqualified (art.25)."""
    penalty(diary, begin + timedelta(days=610), "大亚湾应急管理局", "emergency_management")


def _fined_and_revoked(diary: Diary, projects: list[Project], begin: date, last: date) -> None:
    """One penalty is revoked and annulled; another one, of a tax bureau, does not count (R28)."""
    id_, on = penalty(diary, begin + timedelta(days=400), "惠州市应急管理局", "emergency_management")
    annul(diary, id_, on + timedelta(days=95), "行政复议决定撤销原处罚。")
    penalty(diary, begin + timedelta(days=520), "惠州市税务局", "other")


def _accident(diary: Diary, projects: list[Project], begin: date, last: date) -> None:
    accident(diary, projects[len(projects) // 2], projects[len(projects) // 2].started_on + timedelta(days=50))


def _same_certificate(diary: Diary, projects: list[Project], begin: date, last: date) -> None:
    """The association finds a person on the staff of two agencies (art.16(9))."""
    day = diary.working_day(begin + timedelta(days=330))
    diary.add(
        day,
        "bad-records",
        behaviour="16.9",
        entered_on=day,
        behaviour_on=begin,
        content="一名安全工程师的证书同时登记在另一家同类机构。",
        unlawful=False,
        paper=1,
    )


STORIES: dict[int, Story] = {
    1: _blacklisted,
    2: _warned,
    4: _overturned,
    6: _backdated,
    8: _fined,
    10: _accident,
    12: _merged,
    16: _blacklisted_twice,
    18: _fined_and_revoked,
    21: _lately_blacklisted,
    24: _same_certificate,
    26: _lately_warned,
    31: _blacklisted,
    36: _overturned,
    41: _lately_blacklisted,
    44: _lately_warned,
    46: _accident,
    52: _fined,
}
