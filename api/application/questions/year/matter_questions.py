"""What waits for whom (R40): one registry of kinds, one list, one count. Answered from rows, always of now."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

import msgspec

from api.application.answers.pages import KnownList, KnownPage
from api.application.questions.inquiry import Answer, Inquiry, question
from api.application.questions.pagination import page
from domain.measures.text.implements import implements
from domain.values import Bilingual, Role
from projections.answers.matters import MatterCount, MatterKind, WaitingMatter
from projections.answers.scalars import BilingualText
from projections.answers.standings import AgencyName
from projections.rows.read.open_matters import MatterFilter, MatterRow, matter_counts, open_matters, urgency_of
from projections.rows.write.notice_rows import NoticeDetails


class KindOfMatter(NamedTuple):
    """A row of the registry: what waits, who deals with it, under which article."""

    title: Bilingual
    article: str
    acts: tuple[Role, ...]


_ASSOCIATION, _COMMITTEE = (Role.ASSOCIATION,), (Role.COMMITTEE,)
MATTER_KINDS: dict[MatterKind, KindOfMatter] = {
    "filing": KindOfMatter(("待决定的备案", "Filings to decide"), "art.9", _ASSOCIATION),
    "complaint": KindOfMatter(("待核实的投诉", "Complaints to verify"), "art.17", _ASSOCIATION),
    "report": KindOfMatter(("待核实的举报", "Reports to verify"), "art.16", _ASSOCIATION),
    "objection": KindOfMatter(("待答复的更正申请", "Objections to answer"), "R38", _ASSOCIATION),
    "appeal": KindOfMatter(("待决定的结果异议", "Appeals to decide"), "art.20", _COMMITTEE),
    "impact": KindOfMatter(("迟到事实的影响", "Late facts to dispose of"), "R36", _COMMITTEE),
    "notice": KindOfMatter(("待发的通知", "Notices to send"), "R18", _ASSOCIATION),
    "submission": KindOfMatter(("待收的材料", "Materials awaited"), "art.21", (Role.ASSOCIATION, Role.AGENCY)),
    "project": KindOfMatter(("即将到期的项目", "Projects about to end"), "art.15", (Role.ASSOCIATION, Role.AGENCY)),
    "qualification": KindOfMatter(
        ("即将到期的资质", "Qualifications about to expire"), "art.12", (Role.ASSOCIATION, Role.AGENCY)
    ),
    "survey": KindOfMatter(("待邀请的满意度调查", "Surveys to invite"), "art.23", _ASSOCIATION),
    "invitation": KindOfMatter(("待填写的满意度调查", "Surveys to fill in"), "art.23", (Role.ASSOCIATION, Role.CLIENT)),
    "effect": KindOfMatter(("待评分的服务效果", "Effect scores to give"), "art.24", (Role.REGULATOR,)),
}
"""In the order in which lists and the board show them."""


@question("/v1/matters")
@implements("art.9", "art.15", "art.16", "art.17", "art.20", "art.23", "art.24")
def matters_waiting(
    inquiry: Inquiry,
    whose: str = "mine",
    kind: str | None = None,
    state: str = "open",
    urgency: str | None = None,
    year: int | None = None,
    limit: int = 50,
    cursor: str | None = None,
) -> Answer:
    """What waits for the caller, what is due first first; `whose=all`: also what waits for others.

    An agency is told of its own matters, an enterprise of its invitations.
    """
    part = page(cursor, limit, question=("waiting", whose, kind, state, urgency, year))
    with inquiry.looking_up() as (look_ups, reader):
        basis = look_ups.district(None, part.known_at)
        wanted = _wanted(inquiry, look_ups.today, whose)
        kinds = tuple(one for one in wanted.kinds if kind in (None, one))
        lapsed = {"open": False, "lapsed": True}.get(state)
        wanted = wanted._replace(kinds=kinds, lapsed=lapsed, urgency=urgency, year=year)
        rows = open_matters(reader.connection, wanted, offset=part.offset, limit=part.limit + 1)
        found, next_cursor = part.part([_told(row, wanted) for row in rows] if kinds else [], None, basis.known_at)
    return Answer(KnownPage(known_at=basis.known_at, items=tuple(found), next_cursor=next_cursor))


@question("/v1/matters/counts")
def matters_counted(inquiry: Inquiry, whose: str = "mine") -> Answer:
    """How much waits for the caller, by kind and by when it is due: one query."""
    with inquiry.looking_up() as (look_ups, reader):
        basis = look_ups.district(None, None)
        counted = matter_counts(reader.connection, _wanted(inquiry, look_ups.today, whose))
    items = tuple(MatterCount(title=BilingualText(*MATTER_KINDS[one.kind].title), **one._asdict()) for one in counted)
    return Answer(KnownList(as_of=basis.as_of, known_at=basis.known_at, items=items))


def _wanted(inquiry: Inquiry, today: date, whose: str) -> MatterFilter:
    """What the caller may see: of an agency its own, of an enterprise its invitations; auditors see what others do."""
    role = inquiry.caller.role
    kinds = tuple(name for name, row in MATTER_KINDS.items() if role in row.acts)
    if (whose == "all" and role not in (Role.AGENCY, Role.CLIENT)) or role is Role.AUDITOR:
        kinds = tuple(MATTER_KINDS)
    client = inquiry.caller.uscc if role is Role.CLIENT else None
    return MatterFilter(today, kinds, None if role is Role.CLIENT else inquiry.own_only, client)


def _told(row: MatterRow, wanted: MatterFilter) -> WaitingMatter:
    kind = MATTER_KINDS[row.kind]
    title, article, about = BilingualText(*kind.title), kind.article, row.about
    if row.kind == "notice" and about is not None:
        notice = msgspec.json.decode(about, type=NoticeDetails)
        title, article, about = BilingualText(notice.text, notice.text_en), notice.article, notice.recipient
    return WaitingMatter(
        id=row.key,
        kind=row.kind,
        title=title,
        article=article,
        agency=AgencyName(row.uscc, row.name),
        year=row.year,
        about=about,
        acts=tuple(map(str, kind.acts)),
        since=row.since,
        due_on=row.due_on,
        state="lapsed" if row.lapsed else "open",
        urgency=urgency_of(row.due_on, wanted.today),
    )
