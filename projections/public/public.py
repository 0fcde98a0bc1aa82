"""What the public may know (art.9, 11, 17(3), 19): who is on file, who is blacklisted, how a year was assessed.

Nothing here names a person, and nothing leads to a person: no event ids, no certificate or qualification numbers, no
complaints. Only today is answered, as known now: what was taken off a list cannot be asked for any more.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Generic, NamedTuple, TypeVar

from msgspec import UNSET

from domain.assessment import AssessmentRound
from domain.events import Event
from domain.ledger.reader import Reader
from domain.measures.around.publicity import is_applied
from domain.measures.chapter2_filing import filed_since, profile_on
from domain.measures.rulebook.kinds import Known, group_of
from domain.measures.text.implements import implements
from domain.store.log.stream_heads import AllRecorded, streams
from domain.store.log.streams_by_key import counting_under
from domain.trail.keys import field_keys
from domain.trail.trail import Facts, Trail
from domain.values import GRADE_LABELS, LEDGER_STREAM, Grade, Instant, agency_stream, instant, moment
from projections.answers.registers import (
    BlacklistedAgency,
    BlacklistTerm,
    NotAssessedShown,
    PublicEcho,
    PublicQualification,
    PublicResultShown,
    PublishedYear,
    RegisteredAgency,
    ResultDetails,
)
from projections.replay.known_at import EARLIEST
from projections.rows.read.firm_rows import not_told
from projections.rows.read.published import BY_PLACE, Windows, results_of_year, revised_windows
from projections.rows.read.published_details import details
from projections.rows.read.register import (
    SHOWN_FIELDS,
    Left,
    Listed,
    OnDay,
    RegisterFilter,
    blacklisted,
    categories_on_file,
    left_the_blacklist,
    on_file,
)
from projections.rows.read.row_queries import RowQueries
from projections.rows.read.searching import Ordering
from projections.rows.write.row_context import FILING

_KEYS = (*FILING, *field_keys(SHOWN_FIELDS))
"""The events that say what the register shows."""
LEFT_DAYS = 90
"""How long the feed tells that somebody has left the blacklist."""
T = TypeVar("T")


class Noted(NamedTuple, Generic[T]):
    """An item of a public list, with the instant at which the ledger last learned something of what it shows."""

    item: T
    known_from: Instant


class PublicResult(NamedTuple):
    """An agency's published result of a year, as it stands (R32, R34). No grade or rank: not assessed (R29)."""

    uscc: str
    name: str
    category: str | None
    grade: Grade | None
    total: str | None
    rank: int | None
    published_on: date
    """The day of the publication or, once revised, of the revision."""
    known_from: Instant
    """When the ledger recorded it."""
    revised: bool = False
    deadline: date | None = None
    """The last day on which it can be appealed (R3)."""
    group: str | None = None
    """The category in which it was ranked, whatever the words were (R47)."""
    event_id: str = ""
    """Of the ledger, to look up what is said beside it; shown to nobody."""
    said: ResultDetails | None = None
    """What is said beside it (`published_details.py`), where that was asked for."""


class PublicYear(NamedTuple):
    """A year whose results are published: when, until when they can be appealed (R3), and since when it is final."""

    year: int
    published_on: date
    deadline: date
    results: int
    revisions: int
    closed_on: date | None


class Public:
    """Public answers at the edge's clock: today in Shanghai, as known now."""

    def __init__(self, reader: Reader, now: Instant) -> None:
        self.reader, self.connection = reader, reader.connection
        self._basis = RowQueries(reader, now).district()
        law, day = self._basis.law, self._basis.as_of
        self.on = OnDay(
            day, self._basis.known_at, law is not None and is_applied(law.rulebooks, law.confirmations, day)
        )

    def echo(self) -> PublicEcho:
        """The day that a list is of, and whether all of it is invented."""
        law = self._basis.law
        if law is not None and law.demonstration:
            return {"as_of": self.on.day, "demonstration": True}
        return {"as_of": self.on.day}

    def begun_at(self) -> Instant:
        """When the ledger was opened: an empty list is known from then on."""
        own = self.reader.events(LEDGER_STREAM)
        return own[0].recorded_at if own else EARLIEST

    @implements("art.9", "art.11", "R6")
    def agencies(self, wanted: RegisterFilter, *, newest_first: bool = False) -> list[Noted[RegisteredAgency]]:
        """完成信息备案的服务机构向社会公布: those on file today; a terminated one is off from its effective date."""
        group = group_of(wanted.category, self.known())
        wanted = wanted._replace(category=group)
        found = on_file(self.connection, self.on, wanted, self.known(), newest_first=newest_first)
        streams = [agency_stream(one.uscc) for one in found]
        events = counting_under(self.connection, self.reader.memory.mapper, streams, _KEYS)
        return [
            Noted(_register_item(one, events[stream], self.on.day), one.known_from)
            for one, stream in zip(found, streams, strict=True)
        ]

    def state(self) -> tuple[date, AllRecorded]:
        """What every answer depends on: the day, and how much is recorded."""
        return self.on.day, self.reader.recorded()

    def known(self) -> Known:
        """The categories that the rulebook of the day lists (R47)."""
        law = self._basis.law
        return {} if law is None else law.rulebooks.on(self.on.day).categories.known

    def categories(self) -> list[str]:
        """The categories of the agencies on file today."""
        return categories_on_file(self.connection, self.on, self.known())

    @implements("art.19", "art.20", "R32", "R36")
    def years(self) -> list[PublicYear]:
        """The published years, the latest first."""
        found = []
        for stream in streams(self.connection, "assessment/"):
            number = int(stream.rpartition("/")[2])
            round_ = AssessmentRound.of(number, self.reader.events(stream))
            said, closed = round_.published, round_.closed
            if said is not None:
                closed_on = None if closed is None else closed.occurred_on
                revised = len(round_.revisions)
                found.append(PublicYear(number, said.occurred_on, said.deadline, said.count, revised, closed_on))
        return sorted(found, reverse=True)

    @implements("art.20", "R34")
    def windows(self, years: Iterable[PublicYear]) -> dict[int, Windows]:
        """The weeks of revised results that are not over today, by year; that of the publication may be over since."""
        found: dict[int, Windows] = {}
        for one in years:
            if one.revisions and one.closed_on is None:
                open_ = revised_windows(self.connection, one.year, self.on.day, self.on.day, self.on.known_at)
                found |= {} if open_ is None else {one.year: open_}
        return found

    @implements("art.17(3)", "R16")
    def blacklist(self, wanted: RegisterFilter, *, newest_first: bool = False) -> list[Noted[BlacklistedAgency]]:
        """列入黑名单…挂网公布: those whose tier is blacklisted today, on file or not, with the term of the listing."""
        found = blacklisted(self.connection, self.on, wanted, newest_first=newest_first)
        return [Noted(_blacklist_item(one), one.known_from) for one in found]

    @implements("art.17(3)", "R16")
    def left_the_blacklist(self, most: int) -> list[Left]:
        """Who was on it and is not any more, of the last LEFT_DAYS days: news, and after that nobody's business."""
        since = instant(moment(self.on.known_at) - timedelta(days=LEFT_DAYS))
        return left_the_blacklist(self.connection, self.on, since, most)

    @implements("art.19", "art.20", "R32", "R34")
    def results(
        self,
        year: int,
        *,
        graded: bool = True,
        q: str | None = None,
        order: Ordering = BY_PLACE,
        offset: int = 0,
        limit: int | None = None,
    ) -> list[PublicResult]:
        """结果挂网公布: a year's standing results per category by rank; `graded=False`: who was not assessed (R29)."""
        part = results_of_year(
            self.connection, year, *self.on, graded=graded, q=q, order=order, offset=offset, limit=limit
        )
        return [
            PublicResult(
                one.uscc,
                one.result.name or "",
                one.result.category,
                None if one.result.grade is None else Grade(one.result.grade),
                one.result.total,
                one.result.rank,
                one.published_on,
                one.known_from,
                one.result.revised,
                one.result.deadline,
                one.result.category_key,
                one.event_id,
            )
            for one in part
        ]

    @implements("art.19", "R32", "R34", "R44")
    def explained(self, year: int, rows: Sequence[PublicResult]) -> list[PublicResult]:
        """Published results with what is said beside them: waivers, overrides, revisions, a pending appeal."""
        ended = not_told(self.connection, self.on, [one.uscc for one in rows])
        said = details(self.reader, year, {one.uscc: one.event_id for one in rows}, ended.records)
        return [one._replace(said=said[one.uscc]) for one in rows]


def _register_item(listed: Listed, events: Iterable[Event], day: date) -> RegisteredAgency:
    """The particulars are those of the filing and the changes since, as everywhere (R7)."""
    trail = Trail(events)
    profile = profile_on(trail, day)
    qualifications = () if profile.qualifications is UNSET else profile.qualifications
    return RegisteredAgency(
        uscc=listed.uscc,
        name=listed.name,
        category=listed.category,
        filed_since=filed_since(Facts(trail, day)),
        scope=() if profile.scope is UNSET else profile.scope,
        address=None if profile.address is UNSET else profile.address,
        qualifications=tuple(PublicQualification(name=one.name, valid_until=one.valid_until) for one in qualifications),
        blacklisted=None if listed.since is None else BlacklistTerm(since=listed.since, until=listed.until),
    )


def _blacklist_item(listed: Listed) -> BlacklistedAgency:
    return BlacklistedAgency(
        uscc=listed.uscc,
        name=listed.name,
        category=listed.category,
        since=listed.since,
        until=listed.until,
        article="art.17(3)",
    )


@implements("art.19", "R30")
def results_answer(
    rows: Iterable[PublicResult], left_out: Iterable[PublicResult], published: PublicYear, echo: PublicEcho
) -> PublishedYear:
    """按照服务机构类型进行排名，结果挂网公布: a year's results per category by rank, those without one last."""
    return PublishedYear(
        year=published.year,
        **echo,
        published_on=published.published_on,
        deadline=published.deadline,
        closed_on=published.closed_on,
        items=tuple(map(result_item, ranked(rows))),
        not_assessed=tuple(map(left_out_item, left_out)),
    )


def ranked(rows: Iterable[PublicResult]) -> list[PublicResult]:
    """Per category by rank, then those without one; those that share a rank by USCC."""
    return sorted(rows, key=lambda one: (one.group or one.category or "", one.rank is None, one.rank or 0, one.uscc))


def result_item(one: PublicResult) -> PublicResultShown:
    """What a list of results shows of one."""
    said = one.said
    return PublicResultShown(
        uscc=one.uscc,
        name=one.name,
        category=one.category,
        grade=one.grade,
        label=None if one.grade is None else GRADE_LABELS[one.grade],
        total=one.total,
        rank=one.rank,
        published_on=one.published_on,
        revised=one.revised,
        deadline=one.deadline,
        provisional=False,
        override=UNSET if said is None else said.override,
        waivers=UNSET if said is None else said.waivers,
        appeal_pending=UNSET if said is None else said.appeal_pending,
        revisions=UNSET if said is None else said.revisions,
    )


@implements("R29", "R32")
def left_out_item(one: PublicResult) -> NotAssessedShown:
    """What a list of results shows of an agency that was not assessed: why, and until when it can appeal."""
    return NotAssessedShown(
        uscc=one.uscc,
        name=one.name,
        category=one.category,
        reasons=() if one.said is None else one.said.reasons,
        appeal_pending=one.said is not None and one.said.appeal_pending,
        published_on=one.published_on,
        deadline=one.deadline,
    )
