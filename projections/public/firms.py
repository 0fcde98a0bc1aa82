"""The public page of one firm and the public search: what the public lists tell of it, put together.

Its tier is told where it is the blacklist (art.17(3)); a recorded or warned tag, its filing's other states, records,
complaints and open matters are in no public list and stand here neither.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from domain.events import AgencySucceeded, FactsInherited
from domain.measures.around.publicity import inherited_part
from domain.measures.around.successions import inherited
from domain.measures.rulebook.kinds import group_of
from domain.measures.text.implements import implements
from domain.store.log.streams_by_key import counting_under
from domain.trail.keys import type_keys
from domain.trail.trail import Facts, Trail
from domain.values import GRADE_LABELS, Grade, agency_stream
from projections.answers.firm_answers import (
    DecidedBy,
    FirmFound,
    FirmSuccession,
    FirmWarning,
    FirmYear,
    FirmYearInBrief,
    PublicFirm,
)
from projections.answers.registers import BlacklistTerm, RegisteredAgency, ResultDetails
from projections.answers.standings import StandingWarning
from projections.public.public import Public
from projections.rows.read.firm_rows import FirmRow, NotTold, firm_of, firms_named, names_on_file, not_told, results_of
from projections.rows.read.published import StandingResult
from projections.rows.read.published_details import details
from projections.rows.read.register import RegisterFilter, on_file_counted

Years = list[tuple[int, StandingResult]]


@implements("art.9", "art.11", "art.17(3)", "art.19", "R7")
def firms_found(public: Public, words: str, *, after: str | None, limit: int) -> list[FirmFound]:
    """The firms that the register, the blacklist or published results name, by fragments of a name or code."""
    rows = firms_named(public.connection, public.on, words, after=after, limit=limit)
    codes = [one.uscc for one in rows]
    names = names_on_file(public.connection, public.on, codes)
    results = results_of(public.connection, public.on, codes)
    return [_found(one, names.get(one.uscc, []), results.get(one.uscc, [])) for one in rows]


def _found(row: FirmRow, names: list[str], years: Years) -> FirmFound:
    name = _name(row, years)
    latest = next(((year, one) for year, one in years if one.result.is_graded), None)
    return FirmFound(
        uscc=row.uscc,
        name=name,
        category=_category(row, years),
        on_file=row.on_file,
        blacklisted=_term(row),
        former_names=_former(name, names),
        latest_result=None if latest is None else _brief(*latest),
    )


@implements("art.9", "art.11", "art.17(3)", "art.19", "art.20", "art.25", "R31", "R32", "R34", "R44")
def public_firm(public: Public, uscc: str) -> PublicFirm | None:
    """One firm as everybody may read it; None for one of which no public list tells."""
    row = firm_of(public.connection, public.on, uscc)
    if row is None:
        return None
    years = results_of(public.connection, public.on, [uscc]).get(uscc, [])
    ended = not_told(public.connection, public.on, [uscc])
    name = _name(row, years)
    listed = next((one.item for one in public.agencies(RegisterFilter(1, uscc=uscc))), None) if row.on_file else None
    filed = listed or RegisteredAgency(
        uscc=uscc, name=name, category=None, filed_since=None, scope=(), address=None, qualifications=()
    )
    return PublicFirm(
        **public.echo(),
        uscc=uscc,
        name=name,
        category=_category(row, years),
        on_file=row.on_file,
        filed_since=filed.filed_since,
        scope=filed.scope,
        address=filed.address,
        qualifications=filed.qualifications,
        former_names=_former(name, names_on_file(public.connection, public.on, [uscc]).get(uscc, [])),
        blacklisted=_term(row),
        warning_notice=_warning(row, ended),
        successions=tuple(_successions(public, uscc)),
        results=tuple(_years(public, uscc, years, ended)),
    )


def _has_page(public: Public, uscc: str) -> bool:
    return firm_of(public.connection, public.on, uscc) is not None


@implements("art.12", "R43")
def _successions(public: Public, uscc: str) -> Iterator[FirmSuccession]:
    """Whose place the firm has taken, and who has taken its place, by today."""
    stream = agency_stream(uscc)
    keys = type_keys(AgencySucceeded, FactsInherited)
    found = counting_under(public.connection, public.reader.memory.mapper, [stream], keys)
    facts = Facts(Trail(found.get(stream, ())), public.on.day)
    for one in inherited(facts):
        yield FirmSuccession(
            uscc=one.predecessor,
            name=one.names[0] if one.names else None,
            kind=one.kind,
            since=one.occurred_on,
            has_page=_has_page(public, one.predecessor),
            is_predecessor=True,
        )
    for gone in facts.of(AgencySucceeded):
        for other in (one for one in gone.successors if one != uscc):
            has_page = _has_page(public, other)
            yield FirmSuccession(
                uscc=other, name=None, kind=gone.kind, since=gone.occurred_on, has_page=has_page, is_predecessor=False
            )


def _years(public: Public, uscc: str, years: Years, ended: NotTold) -> Iterable[FirmYear]:
    closed = {one.year: one.closed_on for one in public.years()} if years else {}
    for year, one in years:
        said = details(public.reader, year, {uscc: one.event_id}, ended.records)[uscc]
        brief = _brief(year, one)
        yield FirmYear(
            **{name: getattr(brief, name) for name in FirmYearInBrief.__struct_fields__},
            category=one.result.category,
            assessed=one.result.assessed,
            reasons=said.reasons,
            parts=said.parts if one.result.is_graded else None,
            decided_by=None if ended.records and not said.override else _decided_by(one, said),
            override=said.override,
            waivers=said.waivers,
            provisional=False,  # a year is published complete or waived (R25)
            published_on=one.published_on,
            revised=one.result.revised,
            revisions=said.revisions,
            deadline=one.result.deadline,
            appeal_pending=said.appeal_pending,
            closed_on=closed.get(year),
        )


def _brief(year: int, one: StandingResult) -> FirmYearInBrief:
    grade = None if one.result.grade is None else Grade(one.result.grade)
    return FirmYearInBrief(
        year=year,
        grade=grade,
        label=None if grade is None else GRADE_LABELS[grade],
        total=one.result.total,
        rank=one.result.rank,
    )


@implements("art.25", "annex1.note3", "R27", "R28")
def _decided_by(one: StandingResult, said: ResultDetails) -> DecidedBy | None:
    """直接认定为不合格: art.25 outranks the points; else the points decide."""
    return None if one.result.grade is None else "art.25" if said.override else "annex1.note3"


def _name(row: FirmRow, years: Years) -> str:
    """As the register or the blacklist tells it; who is on neither keeps the name of the latest published result."""
    if row.on_file or row.since is not None or not years:
        return row.name or row.uscc
    return years[0][1].result.name or row.uscc


def _category(row: FirmRow, years: Years) -> str | None:
    return row.category if row.on_file or row.since is not None or not years else years[0][1].result.category


def _former(name: str, names: list[str]) -> tuple[str, ...]:
    return tuple(one for one in names if one != name)


def _term(row: FirmRow) -> BlacklistTerm | None:
    return None if row.since is None else BlacklistTerm(since=row.since, until=row.until)


def _warning(row: FirmRow, ended: NotTold) -> FirmWarning | None:
    """The notice without the event behind it; of a result that is not public any more there is none (R42)."""
    said = msgspec.json.decode(row.warning, type=StandingWarning | None)
    if (
        said is None
        or said.year in ended.years
        or {inherited_part(one, "result") for one in said.events} <= ended.records
    ):
        return None
    return FirmWarning(year=said.year, article=said.article, since=said.since, until=said.until)


def register_counted(public: Public, category: str | None, q: str | None) -> int:
    """How many agencies the register lists today (art.9), of a category or with words in their names."""
    known = public.known()
    wanted = RegisterFilter(0, None, group_of(category, known), q)
    return on_file_counted(public.connection, public.on, wanted, known)
