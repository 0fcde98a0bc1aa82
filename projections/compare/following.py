"""What follows from facts that are supposed, besides score and tier: notices that fall due, flags, hints (R18, R37)."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from domain.measures.notices import Notice, notices
from domain.measures.text.implements import implements
from projections.answers.comparisons import Following
from projections.answers.districts import HintFound
from projections.answers.trail_items import NoticeEffect
from projections.compare.what_if import added_by
from projections.replay.known_at import Basis
from projections.replay.queries import flags

_BY_CERTIFICATE = "shared_certificate"
"""Compared by keyed hashes, which nothing that is only supposed has: a what-if does not tell whose staff holds what."""
HintsOf = Callable[[Basis], Iterable[HintFound]]


@implements("art.11", "art.15(1)", "art.17(2)", "art.17(3)", "art.18", "art.19", "R18", "R37")
def following(before: Basis, after: Basis, hints_of: HintsOf) -> Following:
    """What is due, or suggested, on one side only; and what the Measures note about the supposed facts themselves.

    `hints_of`: the hints at a basis, as far as whoever asks may know them.
    """
    due, due_then = _unsent(before), _unsent(after)
    open_, open_then = (_open(hints_of(basis)) for basis in (before, after))
    return Following(
        notices_due=tuple(_told(one) for id_, one in due_then.items() if id_ not in due),
        notices_gone=tuple(_told(one) for id_, one in due.items() if id_ not in due_then),
        flags=tuple(flag for event in added_by(before, after) for flag in flags(event, after)),
        hints_raised=tuple(one for said, one in open_then.items() if said not in open_),
        hints_settled=tuple(one for said, one in open_.items() if said not in open_then),
    )


def _open(rows: Iterable[HintFound]) -> dict[tuple[str, str], HintFound]:
    """The open ones by rule and words: one that rests on another fact from now on, but says the same, is no new one."""
    return {(one.rule, one.text): one for one in rows if one.status == "open" and one.rule != _BY_CERTIFICATE}


def _unsent(basis: Basis) -> dict[str, Notice]:
    return {one.id: one for one in notices(basis.facts, basis.law.rulebooks) if one.sent_on is None}


def _told(one: Notice) -> NoticeEffect:
    return NoticeEffect(one.id, one.kind, one.article, one.due_on, one.text, one.text_en, one.sent_on)
