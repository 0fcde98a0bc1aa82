"""Notices reach their recipient: served by a way with its proof, or acknowledged by the agency itself (R41).

Without an account it acknowledges by a link that the association gave it, once.
"""

from __future__ import annotations

from typing import ClassVar, Literal

from domain.agency import Agency
from domain.commands.base import Command, Fact, Recording, fact, in_path
from domain.commands.fields import Day, Label
from domain.errors import Contradiction, Invalid
from domain.events import (
    NoticeAcknowledged,
    NoticeDelivered,
    NoticeLinkGiven,
    NoticeSent,
    NoticeUndeliverable,
    ServiceWay,
)
from domain.measures.around.notice_links import notice_behind
from domain.measures.around.service import service_of
from domain.measures.text.implements import implements
from domain.values import Role


def _not_before(sent: NoticeSent, day: Day, pointer: str) -> None:
    if day < sent.occurred_on:
        raise Invalid(
            f"{day} 早于发出之日 {sent.occurred_on}",
            f"{day} lies before the day of sending, {sent.occurred_on}",
            cites=("R41",),
            remedy="请填写发出当日或之后的日期",
            remedy_en="Give the day of sending or a later one.",
            pointer=pointer,
        )


@implements("art.17", "art.20", "R41")
class RecordService(Command):
    """How a notice that was sent reached its recipient, or that it did not (R41)."""

    FACT_DATE: ClassVar[str] = "served_on"

    served_on: Day
    outcome: Literal["delivered", "undeliverable"]
    way: ServiceWay

    def decide(self, agency: Agency, recording: Recording) -> Fact:
        """Not before it was sent; once delivered it is not delivered again, and not undeliverable any more."""
        sent = in_path(agency, recording, NoticeSent)
        _not_before(sent, self.served_on, "/served_on")
        served = service_of(agency.trail, sent)
        if served.on is not None:
            raise Contradiction(
                f"该通知已于 {served.on} 送达",
                f"this notice was served on {served.on}",
                cites=("R41",),
                remedy="如登记有误，请撤销该记录后重新登记",
                remedy_en="If that is wrong, annul that record and record it anew.",
            )
        kind = NoticeDelivered if self.outcome == "delivered" else NoticeUndeliverable
        return fact(kind, sent_id=sent.id, way=self.way)


def _to_the_agency(sent: NoticeSent) -> None:
    if sent.recipient != "agency":
        raise Contradiction(
            "这份通知不是发给机构的，不由机构签收",
            "this notice is not addressed to the agency",
            cites=("R41",),
            remedy="请登记它的送达方式",
            remedy_en="Record its way of service.",
        )


def _not_acknowledged(agency: Agency, sent: NoticeSent) -> None:
    signed = service_of(agency.trail, sent).acknowledged_on
    if signed is not None:
        raise Contradiction(
            f"该通知已于 {signed} 签收",
            f"this notice was acknowledged on {signed}",
            cites=("R41",),
            remedy="不必再次签收",
            remedy_en="It need not be acknowledged again.",
        )


@implements("art.17", "art.20", "R41")
class AcknowledgeNotice(Command):
    """The agency acknowledges a notice that was sent to it (签收, R41)."""

    FACT_DATE: ClassVar[str] = "acknowledged_on"

    acknowledged_on: Day

    def decide(self, agency: Agency, recording: Recording) -> Fact:
        """Once, of a notice to the agency. Entered on its behalf, it needs the paper that it signed."""
        sent = in_path(agency, recording, NoticeSent)
        _not_before(sent, self.acknowledged_on, "/acknowledged_on")
        _to_the_agency(sent)
        if recording.role is not Role.AGENCY and not self.evidence:
            raise Invalid(
                "代机构登记签收，须附其签收的凭证",
                "an acknowledgement entered for the agency needs the paper that it signed",
                cites=("R8b", "R41"),
                remedy="请在 evidence 里写明回执的名称和存放处",
                remedy_en="Name the receipt and where it lies in evidence.",
                pointer="/evidence",
            )
        _not_acknowledged(agency, sent)
        return fact(NoticeAcknowledged, sent_id=sent.id, way="account" if recording.role is Role.AGENCY else "paper")


@implements("art.17", "art.20", "R41")
class GiveNoticeLink(Command):
    """A one-time link for the agency to acknowledge a notice without an account (R41); it ends the one before."""

    FACT_DATE: ClassVar[str] = "given_on"
    MAY_BE_LATER: ClassVar[frozenset[str]] = frozenset({"expires_on"})

    given_on: Day
    expires_on: Day

    def decide(self, agency: Agency, recording: Recording) -> Fact:
        """Of a notice to the agency that nobody has acknowledged; the link must not be dead at once."""
        sent = in_path(agency, recording, NoticeSent)
        _not_before(sent, self.given_on, "/given_on")
        _to_the_agency(sent)
        _not_acknowledged(agency, sent)
        if self.expires_on < max(self.given_on, recording.today):
            raise Invalid(
                f"{self.expires_on} 已过：链接一给出就已失效",
                f"{self.expires_on} has passed: the link would be dead at once",
                cites=("R41",),
                remedy="请填写今天或更晚的截止日期",
                remedy_en="Give today or a later day.",
                pointer="/expires_on",
            )
        return fact(NoticeLinkGiven, sent_id=sent.id, expires_on=self.expires_on)


@implements("art.17", "art.20", "R41")
class AcknowledgeByLink(Command):
    """Whoever has the link signs for the agency, with their name (R41). The path's id is the link's."""

    FACT_DATE: ClassVar[str] = "acknowledged_on"

    acknowledged_on: Day
    signer: Label

    def decide(self, agency: Agency, recording: Recording) -> Fact:
        """Once, as long as the link can be used."""
        link = agency.trail.by_id[recording.path_id or ""]
        if not isinstance(link, NoticeLinkGiven):
            link = in_path(agency, recording, NoticeLinkGiven)  # which says that there is none
        sent = notice_behind(agency.trail, link, recording.today)
        signer = recording.vault.seal(self.signer)
        return fact(NoticeAcknowledged, sent_id=sent.id, way="link", signer=signer, link_id=link.id)
