"""Survey invitations as a sheet to cut up: for each client a card with the QR code of its one-time link (art.23, R22).

The links are secrets: this paper bears no code to verify, and whoever makes it hands the cards out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from domain.values import Instant
from projections.paper.fonts import HEI, SONG
from projections.paper.layout import LEFT, RIGHT, TOP, Flow, Span, height
from projections.paper.paint import Frame, painted
from projections.paper.qr import qr_blocks

_ACROSS, _DOWN = 2, 4
_WIDE, _HIGH = (RIGHT - LEFT) / _ACROSS, 176.0
_QR, _PAD, _BETWEEN, _FOOT = 112.0, 10.0, 3.0, 38.0


@dataclass(frozen=True)
class InvitationCard:
    """One invitation as its client is handed it."""

    client: str
    agency: str
    year: int
    until: str
    address: str


def invitation_sheet(
    cards: Sequence[InvitationCard], issuer: str | None, made_from: Instant, *, demonstration: bool
) -> bytes:
    """An A4 PDF of these cards, eight a page, to cut up. Raises: FontMissing; ValueError without cards."""
    if not cards:
        raise ValueError("a sheet without a card invites nobody")
    flow = Flow()
    for number, card in enumerate(cards):
        place = number % (_ACROSS * _DOWN)
        if number and not place:
            flow.new_page()
        _card(flow, card, issuer, LEFT + place % _ACROSS * _WIDE, TOP + place // _ACROSS * _HIGH)
    frame = Frame(
        title="满意度调查邀请",
        head="满意度调查邀请：每张只供所写企业使用一次，请剪开分别送达",
        foot=f"共 {len(cards)} 张",
        made_from=made_from,
        demonstration=demonstration,
    )
    return painted(flow.pages, frame)


def _card(flow: Flow, card: InvitationCard, issuer: str | None, x: float, y: float) -> None:
    flow.box(x, y, _WIDE, _HIGH)
    for one in qr_blocks(card.address, x + _PAD, y + _PAD, _QR):
        flow.put(one)
    left, room = x + _PAD * 2 + _QR, _WIDE - _QR - 3 * _PAD
    top = y + _PAD
    for lines in _fitting(card, issuer, room):
        flow.lines(lines, left, top, room)
        top += height(lines) + _BETWEEN
    address = Span(card.address, SONG, 6.0, 0.3).lines(_WIDE - 2 * _PAD)
    flow.lines(address, x + _PAD, y + _HIGH - height(address) - 6, _WIDE)


def _fitting(card: InvitationCard, issuer: str | None, room: float) -> list[list[Span]]:
    """What stands beside the code, set smaller where a name is long: nothing is cut."""
    texts = (
        (issuer or "满意度调查", HEI),
        (card.client, HEI),
        (f"请对“{card.agency}”{card.year} 年度的服务作满意度调查（附件2）。", SONG),
        (f"扫码填写，不用登录；{card.until}（含当日）前有效，只能用一次。", SONG),
    )
    found: list[list[Span]] = []
    for size in (8.5, 7.5, 6.5, 5.5, 4.5):
        found = [Span(text, style, size).lines(room) for text, style in texts]
        if sum(height(lines) + _BETWEEN for lines in found) <= _HIGH - _FOOT:
            break
    return found
