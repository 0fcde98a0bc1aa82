"""The worklists as pages show them: what each waits for, in words, and where it is dealt with."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import Any, NamedTuple

from msgspec import to_builtins

from api.application.answers.years import (
    WaitingAppeal,
    WaitingImpact,
    WaitingObjection,
    WaitingReport,
    WaitingSubmission,
)
from api.application.exports.worklist_tables import OWN_WORDS, RECIPIENTS, STATUSES
from api.application.privacy.authorisation import rights_of
from api.application.questions.agency.course_questions import hints_listed
from api.application.questions.agency.district_questions import notices_listed
from api.application.questions.inquiry import Answer
from api.application.questions.papers.notice_papers import FOR_THE_AGENCY
from api.application.questions.year.worklist_questions import (
    appeals_waiting,
    impacts_waiting,
    objections_waiting,
    reports_waiting,
    submissions_waiting,
)
from api.web.forms.matter_deeds import Deed
from domain.values import Bilingual, Role
from projections.answers.districts import DueNotice, HintFound
from projections.answers.scalars import read_as
from projections.answers.standings import NoticeServed
from projections.compare.field_words import service_said


class Item(NamedTuple):
    """A row of a worklist."""

    id: str
    uscc: str
    name: str | None
    what: Bilingual
    """In our words."""
    said: Any
    """In the words of whoever wrote it; or that it is withheld or erased; None where there are none."""
    begun_on: str
    due_on: str | None
    status: str
    ref: str
    """The article or reading."""
    facts: tuple[str, ...]
    """Events of the agency that it rests on."""
    deeds: tuple[Deed, ...]
    has_letter: bool = False
    """Whether it is a notice whose letter the visitor may fetch."""
    beside: Bilingual | None = None
    """The service of a notice that was sent (R41)."""


class WorklistKind(NamedTuple):
    """One list: the question behind it, its names, the states it can be narrowed to (the first is asked for by
    default), which further filters it takes, and whether it has a basis of its own."""

    question: Callable[..., Answer]
    title: Bilingual
    about: Bilingual
    statuses: tuple[str, ...]
    filters: tuple[str, ...] = ()
    on_basis: bool = False
    due: Bilingual = ("在此日之前到期", "Due before")
    """What the filter by a day means."""
    has_term: bool = True
    """Whether what passed its day is overdue: the day of an appeal is that until which it could be filed (R3)."""


KINDS: dict[str, WorklistKind] = {
    "appeals": WorklistKind(
        appeals_waiting, ("结果异议", "Appeals"),
        ("对已公布考评结果的异议，由专业委员会决定（第二十条、R33）。",
         "Appeals against published results; the committee decides (art.20, R33)."),
        ("undecided", "awaiting_admission", "open", "upheld", "partly_upheld", "dismissed", "withdrawn", "all"),
        ("due_before",), False, ("异议期在此日之前届满", "Window ended before"), False,
    ),
    "objections": WorklistKind(
        objections_waiting, ("更正申请", "Objections"),
        ("机构对单条记录的异议，由协会答复（R38）。",
         "Objections of agencies to single records; the association answers (R38)."),
        ("open", "annulled", "refused", "all"),
    ),
    "reports": WorklistKind(
        reports_waiting, ("不良行为举报", "Reports"),
        ("举报核实后登记为不良信息，或不予登记并说明理由（第十六条、R11）。",
         "Each becomes a bad record once verified, or is dismissed with a reason (art.16, R11)."),
        ("open", "recorded", "dismissed", "all"),
    ),
    "submissions": WorklistKind(
        submissions_waiting, ("待收材料", "Submissions"),
        ("已要求机构报送而尚未收到的材料；过期次日起记扣分，另列为“已过期”（第二十一条、R8）。",
         "What agencies were asked to hand in; a lapse counts from the day after the last one, and it stands apart "
         "from then on (art.21, R8)."),
        ("open", "lapsed", "received", "ended", "all"), ("due_before",),
    ),
    "impacts": WorklistKind(
        impacts_waiting, ("迟到事实的影响", "Impacts"),
        ("公布之后才登记或撤销的事实会改变的结果，由专业委员会处理（R36）。",
         "Published results that facts recorded or annulled later would change; the committee disposes (R36)."),
        ("open", "reopened", "kept", "absorbed", "void", "all"),
    ),
    "notices": WorklistKind(
        notices_listed, ("应发通知", "Notices"),
        ("由事实自动产生、登记发出前一直列出的通知（第十一条、第十六至十九条、R18）。",
         "They fall due by themselves and stand here until recorded as sent (art.11, 16–19, R18)."),
        ("due", "sent", "all"), (), True,
    ),
    "hints": WorklistKind(
        hints_listed, ("线索", "Hints"),
        ("系统从已登记事实看出的应核查之处；线索本身不扣分、不计入（R37）。",
         "What recorded facts suggest should be looked into; a hint never counts by itself (R37)."),
        ("open", "dismissed", "recorded", "all"), (), True,
    ),
}  # fmt: skip
"""In the order in which pages show them."""
OPEN = frozenset({"undecided", "awaiting_admission", "open", "due", "lapsed"})
"""States in which something is still to be done; also of what has lapsed it is recorded when it comes in."""


def statuses_of(name: str) -> dict[str, Bilingual]:
    """The states of a list in words."""
    return {**STATUSES, **OWN_WORDS.get(name, {})}


def items_of(name: str, rows: Sequence[object], role: Role) -> list[Item]:
    """The rows of a list's answer, as plain data, for somebody of this role."""
    kind, made = _MADE[name]
    return [made(read_as(kind, row), role) for row in rows]


Waiting = WaitingAppeal | WaitingObjection | WaitingReport | WaitingImpact | WaitingSubmission
"""A matter of the worklists; notices and hints are rows of lists of their own."""


def _item(
    row: Waiting | DueNotice | HintFound,
    ref: str,
    what: Bilingual,
    deeds: tuple[Deed, ...],
    *,
    begun_on: date,
    status: str,
    said: object = None,
    due_on: date | None = None,
    facts: Iterable[str] = (),
) -> Item:
    return Item(
        id=row.id,
        uscc=row.agency.uscc,
        name=row.agency.name,
        what=what,
        said=said,
        begun_on=str(begun_on),
        due_on=None if due_on is None else str(due_on),
        status=status,
        ref=ref,
        facts=tuple(facts),
        deeds=tuple(one for one in deeds if status in OPEN or not one.path.startswith("/record/")),
    )


def _matter(
    row: Waiting,
    ref: str,
    what: Bilingual,
    deeds: tuple[Deed, ...],
    *,
    facts: Iterable[str | None] = (),
    said: str = "",
    due_on: date | None = None,
) -> Item:
    """A matter; `said`: the member of its fact that has the words of whoever wrote it."""
    written = row.recorded.fact.get(said) if row.recorded is not None else None
    begun_on = row.filed_on if isinstance(row, WaitingAppeal) else row.begun_on
    known = [one for one in facts if one is not None]
    return _item(row, ref, what, deeds, begun_on=begun_on, status=row.status, said=written, due_on=due_on, facts=known)


def form_deed(title: Bilingual, post: str, form: str, role: Role, **query: Any) -> tuple[Deed, ...]:
    """The form behind a route, for a role that may use it."""
    return (Deed(title, f"/record/{form}", query),) if role in rights_of("POST", post) else ()


_LATE: dict[str, Bilingual] = {
    "awaiting_admission": ("，逾期提出，待受理", ", filed late, awaiting admission"),
    "open": ("，逾期提出，已受理", ", filed late, admitted"),
}


def _appeal(row: WaitingAppeal, role: Role) -> Item:
    who, who_en = ("机构", "agency") if row.appellant_kind == "agency" else ("从业人员", "practitioner")
    late, late_en = ("", "") if row.in_time else _LATE.get(row.status, ("，逾期提出", ", filed late"))
    what = (f"对 {row.year} 年度结果的异议（{who}提出{late}）", f"Appeal against {row.year} by the {who_en}{late_en}")
    title = ("查看并办理", "Open") if role is Role.COMMITTEE else ("查看", "Open")
    deed = Deed(title, f"/appeals/{row.id}")
    return _matter(row, "R33", what, (deed,), said="grounds")


def _objection(row: WaitingObjection, role: Role) -> Item:
    deeds = form_deed(("答复", "Answer"), "/v1/objections/{id}/answer", "answer-objection", role, id=row.id)
    what = "对一条记录的更正申请", "Objection to a record"
    return _matter(row, "R38", what, deeds, said="grounds", facts=(row.about,))


def _report(row: WaitingReport, role: Role) -> Item:
    of, behaviour = {"uscc": row.agency.uscc}, row.about or ""
    entered = {**of, "report_id": row.id, "behaviour": behaviour}
    enter, dismiss = "/v1/agencies/{uscc}/bad-records", "/v1/agencies/{uscc}/reports/{id}/dismissal"
    deeds = (
        *form_deed(("登记为不良信息", "Enter a bad record"), enter, "enter-bad-record", role, **entered),
        *form_deed(("不予登记", "Dismiss"), dismiss, "dismiss-report", role, **of, id=row.id),
    )
    what = f"举报行为 {behaviour}", f"Reported behaviour {behaviour}"
    return _matter(row, f"art.16({behaviour.removeprefix('16.')})", what, deeds, said="content")


def _impact(row: WaitingImpact, role: Role) -> Item:
    what = f"{row.year} 年度已公布结果会因此改变", f"The published result of {row.year} would change"
    title = ("查看并办理", "Open") if role is Role.COMMITTEE else ("查看", "Open")
    deed = Deed(title, f"/impacts/{row.id}")
    return _matter(row, "R36", what, (deed,), facts=(row.cause,))


def _submission(row: WaitingSubmission, role: Role) -> Item:
    post, query = ("/v1/agencies/{uscc}/submission-requests/{id}/receipt", {"uscc": row.agency.uscc, "id": row.id})
    deeds = form_deed(("登记收到", "Record the receipt"), post, "receive-submission", role, **query)
    what = f"附件1第 {row.item} 项材料", f"Item {row.item} of annex 1"
    return _matter(row, "R8", what, deeds, said="title", due_on=row.due_on, facts=(row.id,))


_SERVICE = "/v1/agencies/{uscc}/sent-notices/{id}/service"
_LINK = "/v1/agencies/{uscc}/sent-notices/{id}/links"
_SIGNED = "/v1/agencies/{uscc}/sent-notices/{id}/acknowledgement"


def _notice(row: DueNotice, role: Role) -> Item:
    of = {"uscc": row.agency.uscc}
    if row.kind == "referral":
        post = "/v1/agencies/{uscc}/bad-records/{id}/referral"
        deeds = form_deed(("登记移送", "Record the referral"), post, "refer-bad-record", role, **of, id=row.cause)
    else:
        post = "/v1/agencies/{uscc}/notices/{id}/sent"
        deeds = form_deed(("登记发出", "Record as sent"), post, "send-notice", role, **of, id=row.id)
    to, to_en = RECIPIENTS.get(row.recipient, (row.recipient, row.recipient))
    what = f"{row.text}（致：{to}）", f"{row.text_en} (to: {to_en})"
    begun_on, status = (row.due_on, "due") if row.sent_on is None else (row.sent_on, "sent")
    days = {"begun_on": begun_on, "due_on": row.due_on}
    item = _item(row, row.article, what, deeds, status=status, facts=(row.cause,), **days)
    reads = role not in (Role.AGENCY, Role.CLIENT) or (role is Role.AGENCY and row.recipient in FOR_THE_AGENCY)
    service = row.service
    if service is None:
        return item._replace(has_letter=reads)
    next_ = _of_service(service, role, {**of, "id": service.sent})
    return item._replace(has_letter=reads, beside=service_said(to_builtins(service)), deeds=next_)


def _of_service(service: NoticeServed, role: Role, sent: dict[str, str]) -> tuple[Deed, ...]:
    """What is to be done of a notice that was sent: served by the desk, acknowledged by the agency (R41)."""
    deeds: tuple[Deed, ...] = ()
    if service.served_on is None:
        deeds += form_deed(("登记送达", "Record service"), _SERVICE, "record-service", role, **sent)
    if service.acknowledged_on is None and service.recipient == "agency":
        deeds += form_deed(("给签收链接", "Give a link"), _LINK, "give-notice-link", role, **sent)
        if role is Role.AGENCY:
            deeds += form_deed(("签收", "Acknowledge"), _SIGNED, "acknowledge-notice", role, **sent)
    return deeds


def _hint(row: HintFound, role: Role) -> Item:
    of, enter = {"uscc": row.agency.uscc}, "/v1/agencies/{uscc}/bad-records"
    suggested = row.behaviour
    deeds = (
        *(form_deed((f"登记为 {suggested}", f"Enter as {suggested}"), enter, "enter-bad-record", role, **of,
                hint_id=row.id, behaviour=suggested) if suggested else ()),
        *form_deed(("排除线索", "Dismiss"), "/v1/hints/{id}/dismissal", "dismiss-hint", role, id=row.id),
    )  # fmt: skip
    what = row.text, row.text_en
    return _item(row, row.article or "R37", what, deeds, begun_on=row.day, status=row.status, facts=row.events)


_MADE: dict[str, tuple[type[Any], Callable[[Any, Role], Item]]] = {
    "appeals": (WaitingAppeal, _appeal),
    "objections": (WaitingObjection, _objection),
    "reports": (WaitingReport, _report),
    "submissions": (WaitingSubmission, _submission),
    "impacts": (WaitingImpact, _impact),
    "notices": (DueNotice, _notice),
    "hints": (HintFound, _hint),
}
