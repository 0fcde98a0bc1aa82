"""What waits for whom (R40): one registry of kinds, one list, one count. Answered from rows, always of now."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

import msgspec
from msgspec import UNSET

from api.application.answers.pages import KnownList, KnownPage
from api.application.background.readiness import Service
from api.application.privacy.authorisation import Caller, rights_of
from api.application.questions.agency.course_questions import hints_behind, hints_brought_up
from api.application.questions.inquiry import Answer, Inquiry, Snapshot, question, require_right
from api.application.questions.pagination import page
from api.application.questions.year.district_matters import ahead, between, district_matters
from domain.ledger.reader import Reader
from domain.measures.text.implements import implements
from domain.values import Bilingual, Role
from projections.answers.matters import MatterCount, MatterKind, WaitingMatter
from projections.answers.scalars import BilingualText
from projections.answers.standings import AgencyName
from projections.rows.read.open_matters import (
    BY_DUE,
    CountedMatters,
    MatterFilter,
    MatterRow,
    matter_counts,
    open_matters,
    urgency_of,
)
from projections.rows.read.row_queries import DistrictBasis
from projections.rows.read.searching import ordering
from projections.rows.write.hint_rows import HintDetails, hints_turn
from projections.rows.write.notice_rows import KINDS as NOTICES
from projections.rows.write.notice_rows import REFERRAL, NoticeDetails


class KindOfMatter(NamedTuple):
    """A row of the registry: what waits, who deals with it, under which article."""

    title: Bilingual
    article: str
    acts: tuple[Role, ...]
    told: tuple[Role, ...] = ()
    """Who is told of it beside those who act."""


_ASSOCIATION, _COMMITTEE = (Role.ASSOCIATION,), (Role.COMMITTEE,)
MATTER_KINDS: dict[MatterKind, KindOfMatter] = {
    "filing": KindOfMatter(("待决定的备案", "Filings to decide"), "art.9", _ASSOCIATION),
    "complaint": KindOfMatter(("待核实的投诉", "Complaints to verify"), "art.17", _ASSOCIATION),
    "report": KindOfMatter(("待核实的举报", "Reports to verify"), "art.16", _ASSOCIATION),
    "objection": KindOfMatter(("待答复的更正申请", "Objections to answer"), "R38", _ASSOCIATION),
    "repair": KindOfMatter(("待决定的信用修复", "Credit repairs to decide"), "R42", _ASSOCIATION),
    "appeal": KindOfMatter(("待决定的结果异议", "Appeals to decide"), "art.20", _COMMITTEE),
    "impact": KindOfMatter(("迟到事实的影响", "Late facts to dispose of"), "R36", _COMMITTEE),
    "notice": KindOfMatter(("待发的通知", "Notices to send"), "R18", _ASSOCIATION),
    "acknowledgement": KindOfMatter(("待签收的通知", "Notices to acknowledge"), "R41", (Role.AGENCY,)),
    "undeliverable": KindOfMatter(("未能送达的通知", "Notices that came back"), "R41", _ASSOCIATION),
    "submission": KindOfMatter(("待收的材料", "Materials awaited"), "art.21", (Role.ASSOCIATION, Role.AGENCY)),
    "project": KindOfMatter(("即将到期的项目", "Projects about to end"), "art.15", (Role.ASSOCIATION, Role.AGENCY)),
    "qualification": KindOfMatter(
        ("即将到期的资质", "Qualifications about to expire"), "art.12", (Role.ASSOCIATION, Role.AGENCY)
    ),
    "certificate": KindOfMatter(
        ("即将到期的人员证书", "Staff certificates about to expire"), "art.12", (Role.ASSOCIATION, Role.AGENCY)
    ),
    "survey": KindOfMatter(("待邀请的满意度调查", "Surveys to invite"), "art.23", _ASSOCIATION),
    "invitation": KindOfMatter(("待填写的满意度调查", "Surveys to fill in"), "art.23", (Role.ASSOCIATION, Role.CLIENT)),
    "effect": KindOfMatter(("待评分的服务效果", "Effect scores to give"), "art.22", (Role.REGULATOR,)),
    "admission": KindOfMatter(("待受理的逾期异议", "Late appeals to admit"), "art.20", _COMMITTEE),
    "referral": KindOfMatter(("待移送的违法违规", "Referrals to make"), "art.16", _ASSOCIATION),
    "correction": KindOfMatter(("待更正的通知", "Notices to correct"), "R18", _ASSOCIATION),
    "survey_close": KindOfMatter(("待截止的年度调查", "Surveys to close"), "art.23", _ASSOCIATION),
    "year_prepare": KindOfMatter(("待准备的考评年度", "Years to prepare"), "art.19", (*_ASSOCIATION, *_COMMITTEE)),
    "year_publish": KindOfMatter(("待公布的考评年度", "Years to publish"), "art.19", _COMMITTEE),
    "year_close": KindOfMatter(("待办结的考评年度", "Years to close"), "art.20", _COMMITTEE),
    "reading": KindOfMatter(("待确认的理解", "Readings to confirm"), "art.28", _ASSOCIATION),
    "hint": KindOfMatter(("待处理的线索", "Hints to look into"), "R37", _ASSOCIATION),
    "own_complaint": KindOfMatter(("本企业的投诉", "Your complaints"), "art.17", _ASSOCIATION, (Role.CLIENT,)),
    "own_report": KindOfMatter(("本企业的举报", "Your reports"), "art.16", _ASSOCIATION, (Role.CLIENT,)),
}
"""In the order in which lists and the board show them."""


OWN = ("own_complaint", "own_report")
"""Kinds that tell an enterprise what became of what it has said: also once it is done, and nobody else."""
_DISTRICT = ("year_prepare", "year_publish", "year_close", "reading")


@question("/v1/matters")
@implements("art.9", "art.15", "art.16", "art.17", "art.19", "art.20", "art.22", "art.23", "art.28", "R40")
def matters_waiting(
    inquiry: Inquiry,
    whose: str = "mine",
    kind: str | None = None,
    state: str = "open",
    urgency: str | None = None,
    year: int | None = None,
    uscc: str | None = None,
    q: str | None = None,
    sort: str | None = None,
    order: str = "asc",
    limit: int = 50,
    cursor: str | None = None,
    hints: bool = True,
) -> Answer:
    """What waits for the caller, what is due first first or by another column; `whose=all`: also what waits for others.

    `uscc`: only what concerns this agency; `q`: those with these fragments in a name or code. An agency is told of its
    own matters, an enterprise of its invitations, and of what became of its complaints. `hints`: whether these stand
    among the matters of all kinds, each by itself; a list of their own has them by cause (R37).
    """
    by = ordering(sort, order, "due")
    part = page(cursor, limit, question=("waiting", whose, kind, state, urgency, year, uscc, q, *by))
    inquiry.about = uscc
    kinds = tuple(
        one
        for one in _kinds(inquiry.caller.role, whose)
        if kind == one or (not kind and (hints, one) != (False, "hint"))
    )
    if "hint" in kinds:
        hints_brought_up(inquiry.service)
    with inquiry.looking_up() as (look_ups, reader):
        basis = look_ups.district(None, part.known_at)
        asked = None if state == "all" else state
        wanted = _wanted(inquiry, reader, look_ups.today, kinds)._replace(state=asked, urgency=urgency, year=year, q=q)
        if uscc is not None:
            others = wanted.uscc not in (None, uscc)
            wanted = wanted._replace(uscc=uscc, kinds=() if others else wanted.kinds)
        together = between if by == BY_DUE else ahead
        rows = together(
            _of_district(inquiry, reader, basis, wanted) if uscc is None and q is None else [],
            lambda offset, most: open_matters(reader.connection, wanted, by, offset=offset, limit=most),
            part.offset,
            part.limit + 1,
        )
        found, next_cursor = part.part([_told(row, wanted) for row in rows], None, basis.known_at)
        late = hints_behind(inquiry, reader) if "hint" in wanted.kinds else UNSET
    page_ = KnownPage(known_at=basis.known_at, hints_behind=late, items=tuple(found), next_cursor=next_cursor)
    return Answer(page_)


@question("/v1/matters/counts")
def matters_counted(inquiry: Inquiry, whose: str = "mine") -> Answer:
    """How much waits for the caller, by kind and by when it is due: one query."""
    kinds = _kinds(inquiry.caller.role, whose)
    if "hint" in kinds:
        hints_brought_up(inquiry.service)
    with inquiry.looking_up() as (look_ups, reader):
        basis = look_ups.district(None, None)
        counted = _counted(inquiry, reader, basis, kinds)
        late = hints_behind(inquiry, reader) if "hint" in kinds else UNSET
    items = tuple(MatterCount(title=BilingualText(*MATTER_KINDS[one.kind].title), **one._asdict()) for one in counted)
    return Answer(KnownList(as_of=basis.as_of, known_at=basis.known_at, hints_behind=late, items=items))


def _counted(
    inquiry: Inquiry, reader: Reader, basis: DistrictBasis, kinds: tuple[MatterKind, ...]
) -> list[CountedMatters]:
    """By kind, counted again once anything was recorded; of the whole district once for whoever asks.

    Hints are worked out after what they follow from was recorded, so they are counted by themselves (R37).
    """
    wanted = _wanted(inquiry, reader, basis.as_of, kinds)
    if wanted.uscc is None and not wanted.client and not set(OWN).intersection(kinds):
        wanted = wanted._replace(kinds=tuple(one for one in MATTER_KINDS if one not in OWN))
    connection = reader.connection
    facts = wanted._replace(kinds=tuple(one for one in wanted.kinds if one != "hint"))
    found = inquiry.of_now(
        reader, facts, lambda: matter_counts(connection, facts, _of_district(inquiry, reader, basis, facts))
    )
    if "hint" in kinds:
        hints, remembered = wanted._replace(kinds=("hint",)), inquiry.service.remembered
        found = found + remembered.answer(hints, hints_turn(reader), lambda: matter_counts(connection, hints))
    return [one for one in found if one.kind in kinds]


def _of_district(inquiry: Inquiry, reader: Reader, basis: DistrictBasis, wanted: MatterFilter) -> list[MatterRow]:
    """What is asked for of the matters of the whole district."""
    if not set(_DISTRICT).intersection(wanted.kinds):
        return []
    every = inquiry.of_now(reader, district_matters, lambda: tuple(district_matters(reader, basis.law, wanted.today)))
    return [
        one
        for one in every
        if one.kind in wanted.kinds
        and wanted.state in (None, one.state)
        and wanted.year in (None, one.year)
        and wanted.urgency in (None, urgency_of(one.due_on, wanted.today))
    ]


class MenuCount(NamedTuple):
    """How much waits for somebody, as the menu of every page says it. Hints never count (R37), nor do they here."""

    open: int
    pressing: int
    """Of these, how many are overdue or end today."""


def waiting_for(service: Service, caller: Caller) -> MenuCount | None:
    """How much waits for the caller, counted again once anything was recorded; None for a role that nothing waits for.

    Not a reading of anybody's facts: it is not noted as a consultation. Raises: Busy while the database is away.
    """
    rights = rights_of("GET", "/v1/matters/counts")
    if caller.role not in rights:
        return None
    inquiry = Inquiry(Snapshot(service, caller), require_right(rights, caller, None))
    with inquiry.looking_up() as (look_ups, reader):
        kinds = tuple(one for one in _kinds(caller.role, "mine") if one != "hint")
        rows = _counted(inquiry, reader, look_ups.district(), kinds)
    pressing = sum(one.overdue + one.today for one in rows)
    return MenuCount(pressing + sum(one.this_week + one.later for one in rows), pressing)


def _kinds(role: Role, whose: str) -> tuple[MatterKind, ...]:
    """Which kinds somebody in a role is told of; auditors see what others do."""
    if (whose == "all" and role not in (Role.AGENCY, Role.CLIENT)) or role is Role.AUDITOR:
        return tuple(one for one in MATTER_KINDS if one not in OWN)
    return tuple(name for name, row in MATTER_KINDS.items() if role in (row.told or row.acts))


def _wanted(inquiry: Inquiry, reader: Reader, today: date, kinds: tuple[MatterKind, ...]) -> MatterFilter:
    """Of an agency what the caller may see: its own; of an enterprise its invitations and what it has said itself."""
    role, uscc = inquiry.caller.role, inquiry.caller.uscc
    if role is not Role.CLIENT or uscc is None:
        return MatterFilter(today, kinds, inquiry.own_only)
    return MatterFilter(today, kinds, client=(uscc, reader.vault.keyed_hash(uscc)))


def _told(row: MatterRow, wanted: MatterFilter) -> WaitingMatter:
    kind = MATTER_KINDS[row.kind]
    title, article, about = BilingualText(*kind.title), kind.article, row.about
    cause = None
    if row.kind in NOTICES and about is not None:
        notice = msgspec.json.decode(about, type=NoticeDetails)
        title, article, about = BilingualText(notice.text, notice.text_en), notice.article, notice.recipient
        cause = notice.cause
        if row.kind == REFERRAL:
            about = notice.cause
    elif row.kind == "hint" and about is not None:
        hint = msgspec.json.decode(about, type=HintDetails)
        title, article, about = BilingualText(hint.text, hint.text_en), hint.article or kind.article, None
    return WaitingMatter(
        id=row.key,
        kind=row.kind,
        title=title,
        article=article,
        agency=None if row.uscc is None else AgencyName(row.uscc, row.name),
        year=row.year,
        about=None if row.kind in OWN else about,
        cause=cause,
        acts=tuple(map(str, kind.acts)),
        since=row.since,
        due_on=row.due_on,
        state=row.state,
        outcome=row.status if row.state == "done" else None,
        ended_on=row.ended_on if row.state == "done" else None,
        urgency=urgency_of(row.due_on, wanted.today),
    )
