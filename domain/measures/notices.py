"""Notices that fall due by themselves (art.11, 16-18; R14, R18), sent and served (R41).

Their ids follow from cause, kind and recipient."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from itertools import chain

from domain.events import (
    AccidentLiabilityFound,
    AgencyTerminated,
    BadRecordEntered,
    BadRecordReferred,
    ComplaintUpheld,
    EventAnnulled,
    NoticeSent,
    RepairGranted,
    RepairRefused,
    ResultPublished,
    ResultRevised,
)
from domain.measures.around.service import NoticeService, service_of
from domain.measures.around.successions import ends_of
from domain.measures.calendar import add_years
from domain.measures.chapter3_sanctions import Tag, concerned_clients, tags
from domain.measures.chapter4_assessment import warning_notices
from domain.measures.rulebook.rulebook import Rulebooks
from domain.measures.text.implements import implements
from domain.trail.trail import Facts, Trail
from domain.values import Tier


@dataclass(frozen=True)
class Notice:
    """A notice due to somebody, sent or not."""

    id: str
    kind: str
    article: str
    cause: str
    recipient: str
    due_on: date
    text: str
    text_en: str
    sent_on: date | None = None
    service: NoticeService | None = None
    """What became of it, once it was sent (R41); a referral has its reference instead (R14)."""


def notice_id(cause: str, kind: str, recipient: str) -> str:
    """The id of a notice, from its cause, kind and recipient alone: it is the same in every replay (R18)."""
    return "n-" + hashlib.sha256(f"{cause}|{kind}|{recipient}".encode()).hexdigest()[:32]


@implements("art.11", "art.16", "art.17(2)", "art.17(3)", "art.18", "art.19", "R14", "R18", "R19", "R31", "R42")
def notices(facts: Facts, rulebooks: Rulebooks) -> list[Notice]:
    """Every notice that is due by `as_of`, by due date, with the day it was sent, and the corrections of those sent."""
    sent = {one.notice_id: one for one in facts.of(NoticeSent)}
    due = [
        Notice(notice_id(cause, kind, recipient), kind, article, cause, recipient, day, text, text_en)
        for cause, kind, article, recipient, day, text, text_en in chain(
            _grounds(facts, rulebooks), _ended(facts), _repairs_decided(facts)
        )
    ]
    due = [_with_day(facts, notice, sent) for notice in due]
    still = {one.id for one in due}
    gone = [one for one in sent.values() if one.notice_id not in still and _ground_annulled(facts, one)]
    corrected: list[tuple[NoticeSent | BadRecordReferred, str]] = [(one, one.recipient) for one in gone]
    for out, recipient in [*corrected, *_referrals_gone(facts)]:
        id_ = notice_id(out.id, "correction", recipient)
        notice = Notice(id_, "correction", "R18", out.id, recipient, out.occurred_on, *_correction(facts.trail, out))
        due.append(_with_day(facts, notice, sent))
    return sorted(due, key=lambda one: (one.due_on, one.id))


_TERMINATED = "终止业务：在门户网站公布", "terminated: publish on the site"
_SUCCEEDED = "由其他机构承继：在门户网站公布", "succeeded by others: publish on the site"
KIND_WORDS = {
    "warned": ("警示提醒", "warned"),
    "blacklisted": ("列入黑名单", "blacklisted"),
    "terminated": ("终止业务", "terminated"),
    "accident": ("事故责任", "accident"),
    "unqualified": ("考评不合格", "unqualified"),
    "repair": ("信用修复决定", "decision on credit repair"),
    "correction": ("更正", "correction"),
}
"""What kinds of notices are called."""


def _correction(trail: Trail, out: NoticeSent | BadRecordReferred) -> tuple[str, str]:
    """Which notice is to be corrected, of which day, and what it rested on: several of one agency are told apart."""
    if isinstance(out, NoticeSent):
        (kind, kind_en), cause = KIND_WORDS[out.kind], trail.by_id.get(out.cause)
    else:
        kind, kind_en = f"违法违规报送 {out.reference}", f"referral {out.reference}"
        cause = trail.by_id.get(out.bad_record_id)
    sent, of, of_en = out.occurred_on, "", ""
    if cause is not None:
        of, of_en = f"（起因于 {cause.occurred_on}）", f" about {cause.occurred_on}"
    if isinstance(cause, (ResultPublished, ResultRevised)):
        why, why_en = "所依据的结果已修订", "the result that it rests on was revised"
    else:
        why, why_en = "所依据的事实已撤销", "what it rests on was annulled"
    return (
        f"{sent} 发出的“{kind}”通知{of}：{why}，须更正",
        f"notice “{kind_en}” sent on {sent}{of_en}: {why_en}, correct it",
    )


def _with_day(facts: Facts, notice: Notice, sent: dict[str, NoticeSent]) -> Notice:
    """With the day on which it went out and its service; a referral goes out by its own command (R14)."""
    if notice.kind == "referral":
        for referral in facts.naming(notice.cause, BadRecordReferred):
            return replace(notice, sent_on=referral.occurred_on)
    if (out := sent.get(notice.id)) is None:
        return notice
    return replace(notice, sent_on=out.occurred_on, service=service_of(facts, out))


def _ground_annulled(facts: Facts, sent: NoticeSent) -> bool:
    """Whether the cause of a sent notice, or a complaint that had been counted for it, was annulled (R18).

    Or, of a warning after an unqualified result, whether a revision has lifted it (R31).
    That the cause now counts for more, or that a later rulebook judges otherwise, is no reason to correct.
    """
    trail = facts.trail
    if sent.kind == "correction":  # an annulment is final: what followed from it stays right
        return False
    cause = trail.by_id.get(sent.cause)
    if isinstance(cause, (ResultPublished, ResultRevised)):  # final: it can only be revised (R34)
        return any(one.year == cause.year and one.grade != cause.grade for one in facts.of(ResultRevised))
    if cause is None or not trail.counts(cause):
        return True
    return any(
        not trail.counts(event)
        and event.version < sent.version
        and (event.occurred_on, event.version) <= (cause.occurred_on, cause.version)  # in the order of recording (R16)
        and cause.occurred_on <= add_years(event.occurred_on, 1)
        for event in trail.every(ComplaintUpheld)
    )


def _referrals_gone(facts: Facts) -> list[tuple[BadRecordReferred, str]]:
    """Referrals that went to the regulator about a bad record that was annulled afterwards (R14, R18)."""
    trail = facts.trail
    annulled_themselves = {event.event_id for event in trail.of(EventAnnulled)}
    return [
        (event, "regulator")
        for event in trail.every(BadRecordReferred)
        if not trail.counts(event) and event.id not in annulled_themselves and event.occurred_on <= facts.as_of
    ]


def _tags_as_judged(facts: Facts, rulebooks: Rulebooks) -> Iterator[Tag]:
    """The tags, each under the rulebook of its own day: what was due then stays due under a later rulebook (R4)."""
    for rulebook in rulebooks:
        found = (tag for tag in tags(facts, rulebook, rulebooks) if rulebooks.on(tag.first_day) is rulebook)
        yield from (tag for tag in found if tag.added_on is None)  # an inherited one was told of at the predecessor


def _grounds(facts: Facts, rulebooks: Rulebooks) -> Iterator[tuple[str, str, str, str, date, str, str]]:
    for tag in _tags_as_judged(facts, rulebooks):
        if tag.tier is Tier.WARNED:
            yield (
                tag.event,
                "warned",
                "art.17(2)",
                "agency",
                tag.first_day,
                "警示提醒：告知服务机构",
                "warned: tell the agency",
            )
        if tag.tier is Tier.BLACKLISTED:
            for recipient, who, who_en in (
                ("public_site", "协会网站公布", "publish on the site"),
                ("regulator", "上报区安全监管部门", "report to the regulator"),
                ("enterprises", "通报区内全部生产经营单位", "bulletin to all enterprises of the district"),
                ("agency", "告知服务机构", "tell the agency"),
            ):
                yield (
                    tag.event,
                    "blacklisted",
                    "art.17(3)",
                    recipient,
                    tag.first_day,
                    f"列入黑名单：{who}",
                    f"blacklisted: {who_en}",
                )
    for found in facts.of(AccidentLiabilityFound):
        for client in concerned_clients(facts, found):
            yield (
                found.id,
                "accident",
                "art.18",
                client,
                found.occurred_on,
                "事故责任：建议企业取消或中止合作",
                "accident: advise the client to end or suspend",
            )
    for warning in (one for one in warning_notices(facts, rulebooks) if not one.is_inherited):
        yield (
            warning.event,
            "unqualified",
            "art.19",
            "agency",
            warning.first,
            f"{warning.year} 年度不合格：第二年警告通报",
            f"unqualified in {warning.year}: warning",
        )
    for record in facts.of(BadRecordEntered):
        if record.unlawful:
            yield (
                record.id,
                "referral",
                "art.16",
                "regulator",
                record.occurred_on,
                "涉及违法违规：报送安全生产监管部门",
                "unlawful: refer to the regulator",
            )


def _ended(facts: Facts) -> Iterator[tuple[str, str, str, str, date, str, str]]:
    for end in ends_of(facts):
        said = _TERMINATED if isinstance(end, AgencyTerminated) else _SUCCEEDED
        yield end.id, "terminated", "art.11", "public_site", end.occurred_on, *said


def _repairs_decided(facts: Facts) -> Iterator[tuple[str, str, str, str, date, str, str]]:
    said = "信用修复：告知服务机构决定和理由", "credit repair: tell the agency the decision and its reasons"
    for decided in facts.several(RepairGranted, RepairRefused):
        yield decided.id, "repair", "R42", "agency", decided.occurred_on, *said
