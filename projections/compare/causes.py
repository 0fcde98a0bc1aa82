"""The causes of differences: each once, with all that it moved, and what it moved adds up (R17, R26, R34).

An answer says of every field that differs why it does, so one annulled complaint stands in ten reasons. Here the same
differences are read from the other side. Works on answers as plain data, of today or frozen years ago.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from domain.values import Bilingual, rounded


class MovedField(NamedTuple):
    """A field that differs: the difference, the numbers of the causes behind it, and what else its reason says."""

    one: Mapping[str, Any]
    causes: tuple[int, ...]
    rest: tuple[Bilingual, ...]
    """Sentences that name no cause: how it follows from other fields, or what is no fact (another law, time)."""


class Cause(NamedTuple):
    """One cause of differences, once, with all that it moved: a fact with what annulled it, or facts of one kind that
    moved the same fields."""

    number: int
    events: tuple[str, ...]
    articles: str
    """References of the lines and fields that it moved; empty where none is known."""
    said: tuple[Bilingual, ...]
    """The sentences of the reasons that name it, each once."""
    moved: tuple[Mapping[str, Any], ...]


class Share(NamedTuple):
    """What of a part's change follows from some causes together; from none: from the floor, the cap or the rounding."""

    causes: tuple[int, ...]
    points: str


class PartChange(NamedTuple):
    """How a part of the score came from one number to the other: the shares add up to the change, exactly (R26)."""

    part: str
    before: str
    after: str
    change: str
    shares: tuple[Share, ...]


class Grouped(NamedTuple):
    """Differences by their causes."""

    fields: tuple[MovedField, ...]
    causes: tuple[Cause, ...]


_ARTICLES = {
    "sanction": "art.17",
    "bad_records": "art.16",
    "warning_notice": "art.19",
    "override": "art.25",
    "advisories": "art.18",
    "service": "art.17",
}
_DERIVED = ("合计：", "据此：")
"""How a sentence begins that says only from which other fields a sum or a grade follows."""
_OF_NO_CAUSE = (*_DERIVED, "所知的时刻由")
"""Nor of a sentence about time having passed, of which no fact is the cause."""
_SPLIT = re.compile(r"；|; ")
_AGGREGATED = ("quality", "effect")
"""Parts of which one line sums up all facts: what one of these moved cannot be told from the others."""


def by_cause(
    differences: Sequence[Mapping[str, Any]],
    entries: Mapping[str, Mapping[str, Any]],
    lines: Iterable[Mapping[str, Any]] = (),
) -> Grouped:
    """Differences as an answer gives them, each cause once with everything it moved.

    `entries`: what is known of the events, by id (their kind, what annulled them); `lines` of the sheets of both sides
    name the articles. Nothing of a reason is lost: what names no cause stays with its field.
    """
    lines, keys = list(lines), _cause_keys(differences, entries)
    members: dict[tuple[Any, ...], dict[str, None]] = {}
    for one in differences:
        for id_ in one["events"]:
            members.setdefault(keys[id_], {})[id_] = None
    number = {key: place for place, key in enumerate(members, 1)}
    fields: list[MovedField] = []
    said: dict[tuple[Any, ...], dict[Bilingual, None]] = {key: {} for key in members}
    for one in differences:
        named = list(dict.fromkeys(keys[id_] for id_ in one["events"]))
        told = [([key for key in named if _tells(zh, members[key], entries)], (zh, en)) for zh, en in _sentences(one)]
        untold = [key for key in named if not any(key in of for of, _ in told)]
        loose = [sentence for of, sentence in told if not of and not sentence[0].startswith(_OF_NO_CAUSE)]
        rest = []
        for of, sentence in told:
            if not of and sentence in loose and len(loose) == len(untold) == 1:
                of = untold
            elif not of and sentence in loose and len(named) == 1:
                of = named
            for key in of:
                said[key][sentence] = None
            if not of:
                rest.append(sentence)
        fields.append(MovedField(one, tuple(number[key] for key in named), tuple(rest)))
    causes = [
        Cause(
            number[key],
            tuple(ids),
            _articles_of(set(ids), number[key], fields, lines),
            tuple(said[key]),
            tuple(field.one for field in fields if number[key] in field.causes),
        )
        for key, ids in members.items()
    ]
    return Grouped(tuple(fields), tuple(causes))


def _cause_keys(
    differences: Sequence[Mapping[str, Any]], entries: Mapping[str, Mapping[str, Any]]
) -> dict[str, tuple[Any, ...]]:
    """Which cause each event belongs to: a fact and what annulled it are one, and so are facts of one kind that moved
    the very same fields. Of facts of which `entries` tells nothing the kind is not known: they are told together.
    """
    ends = {one["annulled_by"]: id_ for id_, one in entries.items() if one.get("annulled_by")}
    touched: dict[str, dict[int, None]] = {}
    for place, one in enumerate(differences):
        for id_ in one["events"]:
            touched.setdefault(ends.get(id_, id_), {})[place] = None
    keys = {}
    for one in differences:
        for id_ in one["events"]:
            fact = ends.get(id_, id_)
            kind = entries.get(fact, {}).get("type", "")
            keys[id_] = (kind, tuple(touched[fact]), bool(entries.get(fact, {}).get("annulled_by")))
    return keys


def _tells(sentence: str, ids: Iterable[str], entries: Mapping[str, Mapping[str, Any]]) -> bool:
    """Whether a sentence names one of these facts, or what annulled it."""
    return any(id_ in sentence or (entries.get(id_, {}).get("annulled_by") or "—") in sentence for id_ in ids)


def _sentences(one: Mapping[str, Any]) -> list[Bilingual]:
    """The sentences of a reason in both languages; one where the two do not match sentence by sentence."""
    zh, en = (_SPLIT.split(one[name]) for name in ("why", "why_en"))
    return list(zip(zh, en, strict=True)) if len(zh) == len(en) else [(one["why"], one["why_en"])]


def _articles_of(ids: set[str], number: int, fields: list[MovedField], lines: list[Mapping[str, Any]]) -> str:
    found = [line["paragraph"] for line in lines if not ids.isdisjoint(line["events"])]
    found += [
        article
        for field in fields
        if number in field.causes
        for part in field.one["field"].split(".")
        if (article := _ARTICLES.get(part))
    ]
    return ", ".join(dict.fromkeys(found))


def accounts(sheets: Iterable[Mapping[str, Any]], grouped: Grouped) -> list[PartChange]:
    """Of each part that changed between two sheets, which causes moved it by how much (`sheets`: of `comparison`)."""
    of_event = {id_: one.number for one in grouped.causes for id_ in one.events}
    found = []
    for sheet in sheets:
        first, then = sheet["before"], sheet["after"]
        for part in () if first is None or then is None else ("conduct", "quality", "effect", "honours"):
            change = Fraction(then["exact"][part]) - Fraction(first["exact"][part])
            shares = _shares(part, first, then, change, of_event, grouped)
            if shares:
                found.append(PartChange(part, first[part], then[part], _signed(change), shares))
    return found


def _shares(
    part: str,
    first: Mapping[str, Any],
    then: Mapping[str, Any],
    change: Fraction,
    of_event: Mapping[str, int],
    grouped: Grouped,
) -> tuple[Share, ...]:
    if part in _AGGREGATED and not change:
        return ()
    if part in _AGGREGATED:
        behind = {id_ for field in grouped.fields if field.one["field"].endswith(part) for id_ in field.one["events"]}
        return (Share(tuple(sorted({of_event[id_] for id_ in behind})), _signed(change)),)
    sums: dict[tuple[int, ...], Fraction] = {}
    for sign, sheet in ((-1, first), (1, then)):
        for line in sheet["lines"]:
            if line["category"] == part:
                causes = tuple(sorted({of_event[id_] for id_ in line["events"] if id_ in of_event}))
                sums[causes] = sums.get(causes, Fraction(0)) + sign * Fraction(line["exact"])
    left = change - sum(sums.values(), Fraction(0))
    sums[()] = sums.get((), Fraction(0)) + left
    return tuple(Share(causes, _signed(points)) for causes, points in sums.items() if points)


def _signed(points: Fraction) -> str:
    """A change in points for showing, with its sign: +3.00, −1.50."""
    return f"{'−' if points < 0 else '+'}{rounded(abs(points))}"
