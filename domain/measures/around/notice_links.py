"""The one-time link by which an agency acknowledges a notice without an account (签收, R41): when it can be used.

A link is a fact, so it is taken back by annulling it, ends with its notice, and a later one takes its place for good:
that the later one is taken back revives none.
"""

from __future__ import annotations

from datetime import date

from domain.errors import Contradiction
from domain.events import NoticeAcknowledged, NoticeLinkGiven, NoticeSent
from domain.measures.around.service import service_of
from domain.measures.text.implements import implements
from domain.trail.trail import Trail
from domain.values import Bilingual

_ASK: Bilingual = ("请联系协会，由其另发链接", "Ask the association for another link.")


@implements("art.17", "art.20", "R41")
def notice_behind(trail: Trail, link: NoticeLinkGiven, today: date) -> NoticeSent:
    """The notice that a link acknowledges. Raises: Contradiction for a link that cannot be used, saying why."""
    sent = next(one for one in trail.every(NoticeSent) if one.id == link.sent_id)
    if not trail.counts(sent):
        gone = "这份通知已撤销，不必签收", "this notice does not count any more and need not be acknowledged"
        raise _over(
            gone, ("不用再做什么；协会另有通知的，会重新送达", "Nothing is needed; what replaces it is sent anew.")
        )
    signed = service_of(trail, sent).acknowledged_on
    if signed is not None:
        used = f"这份通知已于 {signed} 签收", f"this notice was acknowledged on {signed}"
        raise _over(
            used,
            (
                "不必再次签收；不是贵单位签收的，请尽快联系协会",
                "Once is enough. If it was not you, tell the association.",
            ),
        )
    if not trail.counts(link):
        raise _over(("这个链接已被协会收回", "the association has taken this link back"), _ASK)
    if any(one.link_id == link.id for one in trail.every(NoticeAcknowledged)):
        spent = (
            "这个链接已经用过，那次签收后来被撤销",
            "this link has been used, and that acknowledgement was annulled since",
        )
        raise _over(spent, _ASK)
    last = [one for one in trail.every(NoticeLinkGiven) if one.sent_id == sent.id][-1]
    if last.id != link.id:
        newer = (
            f"{last.occurred_on} 另发了新的链接，这一个已作废",
            "another link was given after this one, which has ended",
        )
        latest = "请使用最近收到的链接", "Use the latest link that you got."
        raise _over(newer, latest if trail.counts(last) else _ASK)
    if today > link.expires_on:
        late = f"这个链接已于 {link.expires_on} 过期", f"this link expired on {link.expires_on}"
        raise _over(late, _ASK)
    return sent


def _over(why: Bilingual, remedy: Bilingual) -> Contradiction:
    return Contradiction(*why, cites=("R41",), remedy=remedy[0], remedy_en=remedy[1])
