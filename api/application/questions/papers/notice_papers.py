"""The letters of notices that fall due by themselves (art.11, 16-19, R18), each to its recipient, from what the
Measures say and what the recipient may read: no complaint's words, no name of who complained (R39).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from api.application.questions.inquiry import FileAnswer, Inquiry, path_uscc, question
from api.application.questions.papers.issuing import issued, issuer_of, paper_basis, prepared
from domain.errors import NotFound
from domain.events import AccidentLiabilityFound, BadRecordEntered, Client, ComplaintUpheld, Event
from domain.measures.calendar import add_years
from domain.measures.text.implements import implements
from domain.measures.text.official_text import cited_in_chinese, official_text
from domain.values import Role
from projections.answers.districts import DueNotice
from projections.answers.scalars import plain
from projections.fact_kinds import FACTS
from projections.paper.letters.letter import Letter, LetterTable, Passage, Piece, day_said
from projections.replay.known_at import Basis
from projections.replay.standing import standing


class NoticeForm(NamedTuple):
    """How a kind of notice is worded. `{name}` is the agency, `{day}` the day it fell due."""

    title: str
    said: str
    asked: str


_TO = {"agency": "{name}", "regulator": "区安全生产监管部门", "enterprises": "区内各生产经营单位"}
"""To whom a letter is addressed; what is published is addressed to nobody."""
FOR_THE_AGENCY = frozenset({"agency", "public_site", "enterprises"})
"""Recipients whose letters the agency concerned may read: its own, and what is made public."""

_FORMS: dict[tuple[str, str], NoticeForm] = {
    ("warned", "agency"): NoticeForm(
        "警示提醒通知书",
        "你单位一年内经核实属实的投诉已达到规定次数，自{day}起被警示提醒。",
        "请对照投诉所涉事项整改，规范服务行为。",
    ),
    ("blacklisted", "agency"): NoticeForm(
        "列入黑名单通知书",
        "你单位一年内经核实属实的投诉已达到规定次数，自{day}起列入黑名单。",
        "列入黑名单的事实在协会网站公布，上报区安全生产监管部门，并通报区内生产经营单位。",
    ),
    ("blacklisted", "public_site"): NoticeForm(
        "黑名单公告", "{name}（统一社会信用代码 {uscc}）自{day}起列入安全生产技术服务机构黑名单，现予公布。", ""
    ),
    ("blacklisted", "regulator"): NoticeForm(
        "关于机构列入黑名单的报告", "{name}（统一社会信用代码 {uscc}）自{day}起列入黑名单，现予上报。", ""
    ),
    ("blacklisted", "enterprises"): NoticeForm(
        "黑名单通报",
        "{name}（统一社会信用代码 {uscc}）自{day}起列入安全生产技术服务机构黑名单，现予通报。",
        "请各单位在选择安全生产技术服务机构时予以注意。",
    ),
    ("terminated", "public_site"): NoticeForm(
        "机构终止业务公告", "{name}（统一社会信用代码 {uscc}）自{day}起终止在本区的安全生产技术服务业务，现予公布。", ""
    ),
    ("accident", "client"): NoticeForm(
        "关于取消或中止合作的建议书",
        "为贵单位提供服务的{name}（统一社会信用代码 {uscc}）经认定对生产安全事故负有责任。",
        "建议贵单位取消或中止与该机构的合作。",
    ),
    ("unqualified", "agency"): NoticeForm(
        "警告通报", "你单位年度综合诚信考评结果为不合格，现予警告通报。", "请针对考评中扣分的事项整改。"
    ),
    ("referral", "regulator"): NoticeForm(
        "关于报送违法违规行为的函",
        "{name}（统一社会信用代码 {uscc}）的不良信息涉及违法违规，现予报送。",
        "有关材料随函附送；处理结果请函告我会，以便登记。",
    ),
    ("correction", ""): NoticeForm("更正通知", "{text}。", "原通知不再作为依据；据此作出的处理请一并更正。"),
}


@question("/v1/agencies/{uscc}/notices/{notice}/letter")
@implements("art.11", "art.16", "art.17(2)", "art.17(3)", "art.18", "art.19", "R18")
def notice_letter_of(
    inquiry: Inquiry, uscc: str, notice: str, known_at: str | None = None, wanted: str = "pdf"
) -> FileAnswer:
    """A due notice as a letter. Raises: NotFound for one that is not due, or is not for the caller's eyes; Invalid."""
    at = prepared(inquiry, known_at)
    code = path_uscc(uscc)
    with inquiry.replaying() as (questions, reader):
        basis = questions.basis(code, None, f"log:{at.log_index}")
        due = next((one for one in questions.notices(basis) if one.id == notice), None)
        hidden = inquiry.caller.role is Role.AGENCY and due is not None and due.recipient not in FOR_THE_AGENCY
        if due is None or hidden:
            raise NotFound(
                "该机构没有路径里这个编号的通知",
                "no notice with the path's id is due at this agency",
                cites=("R18",),
                remedy="请在通知清单（GET /v1/notices）里核对编号",
                remedy_en="Look the id up in GET /v1/notices.",
            )
        echo = plain(standing(basis))
        issuer = issuer_of(reader, basis.known_at)
        letter = Letter(
            kind=_form(due).title,
            title=_form(due).title,
            about=f"{due.agency.name}（{code}）",
            says=f"{_form(due).title}，{due.due_on}",
            issuer=issuer,
            addressee=_addressee(basis, due),
            reference=due.id,
            pieces=_pieces(basis, due, echo),
            basis=paper_basis(at, echo),
            dated=None if due.sent_on is None else day_said(due.sent_on.isoformat()),
        )
    return issued(inquiry, at, letter, f"notice-{code}-{due.id[:14]}", wanted)


def _form(notice: DueNotice) -> NoticeForm:
    recipient = "client" if notice.kind == "accident" else notice.recipient
    return _FORMS.get((notice.kind, recipient)) or _FORMS[notice.kind, ""]


def _addressee(basis: Basis, notice: DueNotice) -> str | None:
    name = notice.agency.name or notice.agency.uscc
    if notice.kind == "accident":
        return _client_name(basis, notice.recipient)
    text = _TO.get(notice.recipient)
    return None if text is None else text.format(name=name)


def _client_name(basis: Basis, uscc: str) -> str:
    """What the client is called in the agency's own projects, with its code."""
    for event in basis.trail.events:
        client = getattr(event, "client", None)
        if isinstance(client, Client) and client.uscc == uscc:
            return f"{client.name}（{uscc}）"
    return uscc


def _pieces(basis: Basis, notice: DueNotice, echo: Mapping[str, Any]) -> list[Piece]:
    form = _form(notice)
    given = {
        "name": notice.agency.name or notice.agency.uscc,
        "uscc": notice.agency.uscc,
        "day": day_said(notice.due_on.isoformat()),
        "text": notice.text,
    }
    found: list[Piece] = [Passage(form.said.format(**given))]
    rows = _facts(basis, notice)
    if rows:
        found.append(LetterTable(("日期", "事实", "依据"), (1.0, 2.4, 1.6), rows))
    if notice.article.startswith("art."):
        cited = cited_in_chinese(notice.article)
        wording = official_text(notice.article).replace("\n", "")
        found.append(Passage(f"依据：《大亚湾区“安全管家”服务质量保障管理办法（试行）》{cited}：“{wording}”"))
    if form.asked:
        found.append(Passage(form.asked))
    if notice.kind == "blacklisted":
        until = echo["sanction"]["until"]
        tier = echo["sanction"]["tier"] == "blacklisted"
        found.append(Passage(f"期限：{'至' + day_said(until) if tier and until else '以协会公布的黑名单为准'}。"))
    if notice.kind != "correction":
        found.append(Passage("所依据的事实如经撤销，本会将另行发出更正通知（R18）。", small=True))
    return found


def _facts(basis: Basis, notice: DueNotice) -> list[tuple[str, str, str]]:
    """What the notice rests on: dates, kinds and numbers, no words of whoever complained."""
    cause = basis.trail.by_id.get(notice.cause)
    if isinstance(cause, ComplaintUpheld):
        return [
            (one.occurred_on.isoformat(), "投诉经核实属实", f"记录 {one.id}")
            for one in basis.facts.of(ComplaintUpheld)
            if (one.occurred_on, one.version) <= (cause.occurred_on, cause.version)
            and cause.occurred_on <= add_years(one.occurred_on, 1)
        ]
    return [] if cause is None else [_fact(cause)]


def _fact(cause: Event) -> tuple[str, str, str]:
    said = {AccidentLiabilityFound: "经认定对生产安全事故负有责任", BadRecordEntered: "登记不良信息，涉及违法违规"}.get(
        type(cause), ""
    )
    grade = getattr(cause, "year", None)
    text = said or (f"{grade} 年度考评结果" if grade is not None else FACTS[type(cause)].zh)
    return cause.occurred_on.isoformat(), text, f"记录 {cause.id}"
