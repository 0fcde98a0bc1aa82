"""The AssessmentRound aggregate: a year of the whole district, from its publication to its closing (R32, R34, R36)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from domain.errors import Contradiction, Invalid, already
from domain.events import Event, RanksRevised, YearClosed, YearPublished
from domain.measures.rulebook.rulebook import Rulebooks
from domain.measures.text.implements import implements
from domain.values import Instant


@dataclass(frozen=True)
class AssessmentRound:
    """A year's round as its events make it. Applying never judges."""

    year: int
    events: tuple[Event, ...]

    @classmethod
    def of(cls, year: int, events: Iterable[Event]) -> AssessmentRound:
        """The round of a year from the events of its stream."""
        return cls(year, tuple(events))

    @property
    def version(self) -> int:
        """Its last event's version; 0 before the publication."""
        return self.events[-1].version if self.events else 0

    @property
    def published(self) -> YearPublished | None:
        """The publication, if the year has been published."""
        return next((one for one in self.events if isinstance(one, YearPublished)), None)

    @property
    def revisions(self) -> list[RanksRevised]:
        """Every revision of a result of the year, in order."""
        return [one for one in self.events if isinstance(one, RanksRevised)]

    @property
    def closed(self) -> YearClosed | None:
        """The closing that makes the year final; a later revision opens it again (R36)."""
        last = self.events[-1] if self.events else None
        return last if isinstance(last, YearClosed) else None

    @property
    def status(self) -> str:
        """`unpublished`, `published` or `closed`."""
        return "unpublished" if self.published is None else "published" if self.closed is None else "closed"

    def was_final(self, recorded_at: Instant) -> bool:
        """Whether a result recorded at an instant has become final since, by a closing of its year (R36).

        It stays final when the year is opened again for the sake of another agency's result.
        """
        return any(isinstance(one, YearClosed) and one.recorded_at > recorded_at for one in self.events)

    @implements("art.19", "R32", "R45")
    def may_publish(
        self, published_on: date, meeting_on: date, today: date, rulebooks: Rulebooks, *, explained: bool
    ) -> None:
        """Refuse a second publication, one before the year is over, in the future, or dated back without a word why.

        `explained`: whether it says why it is dated before today.
        """
        if self.published is not None:
            raise already(
                f"{self.year} 年度考评结果已于 {self.published.occurred_on} 公布",
                f"the results of {self.year} were published on {self.published.occurred_on}",
                "art.19",
                "R32",
            )
        last = rulebooks.span_of(self.year)[1]
        for field, day in (("published_on", published_on), ("meeting_on", meeting_on)):
            not_after(field, day, today)
        if published_on <= last:
            raise Invalid(
                f"公布日期为 {published_on}，考评年度 {self.year} 到 {last} 才结束",
                f"published on {published_on}: the assessment year {self.year} ends only on {last}",
                cites=("art.19", "R32"),
                remedy="请在年度结束之后公布",
                remedy_en="Publish after the year is over.",
                pointer="/published_on",
            )
        if meeting_on <= last:
            raise Invalid(
                f"会议日期为 {meeting_on}，考评年度 {self.year} 到 {last} 才结束",
                f"the meeting was on {meeting_on}: the assessment year {self.year} ends only on {last}",
                cites=("art.19", "R32"),
                remedy="考评工作会议在年度结束之后召开：请核对会议日期",
                remedy_en="The committee meets after the year is over: check its date.",
                pointer="/meeting_on",
            )
        if meeting_on > published_on:
            raise Invalid(
                f"会议日期（{meeting_on}）晚于公布日期（{published_on}）",
                f"the meeting ({meeting_on}) lies after the publication ({published_on})",
                cites=("art.19", "R32"),
                remedy="先开会，后公布：请核对两个日期",
                remedy_en="The meeting comes first: check the two dates.",
                pointer="/meeting_on",
            )
        if published_on < today and not explained:
            raise Invalid(
                f"公布日期（{published_on}）早于今天（{today}），没有写明理由",
                f"it is dated {published_on}, before today ({today}), and does not say why",
                cites=("art.20", "R45"),
                remedy="公布以作出之日为准：请填今天，或在 reason 中写明为何填较早的日期",
                remedy_en="A publication is dated the day on which it is made: give today, or say why not in reason.",
                pointer="/published_on",
            )

    @implements("R36")
    def may_close(self, closed_on: date, today: date, deadlines: Iterable[date], open_appeals: Iterable[str]) -> None:
        """Refuse to close before the publication, within a window, or over an open appeal."""
        if self.published is None:
            raise Contradiction(
                f"{self.year} 年度考评结果尚未公布",
                f"the results of {self.year} have not been published",
                cites=("R36",),
                remedy="请先公布",
                remedy_en="Publish them first.",
            )
        if self.closed is not None:
            raise already(
                f"{self.year} 年度已于 {self.closed.occurred_on} 办结",
                f"the year {self.year} was closed on {self.closed.occurred_on}",
                "R36",
            )
        not_after("closed_on", closed_on, today)
        last = max(deadlines, default=self.published.deadline)
        if closed_on <= last:
            raise Contradiction(
                f"异议期到 {last} 为止，{closed_on} 尚不能办结",
                f"appeals can be filed until {last}: too early to close",
                cites=("art.20", "R36"),
                remedy=f"请在 {last} 之后办结",
                remedy_en=f"Close it after {last}.",
                pointer="/closed_on",
            )
        waiting = list(open_appeals)
        if waiting:
            raise Contradiction(
                f"还有 {len(waiting)} 件异议未办结（{'、'.join(waiting[:5])}）",
                f"{len(waiting)} appeals are open ({', '.join(waiting[:5])})",
                cites=("R36",),
                remedy="请先对每件异议作出决定",
                remedy_en="Decide each of them first.",
            )


def not_after(field: str, day: date, today: date) -> None:
    """Refuse a date after today (api.md). Raises: Invalid."""
    if day > today:
        raise Invalid(
            f"{day} 晚于今天（{today}）",
            f"{day} lies after today ({today})",
            cites=("api.md",),
            remedy="请改正日期",
            remedy_en="Correct the date.",
            pointer=f"/{field}",
        )
