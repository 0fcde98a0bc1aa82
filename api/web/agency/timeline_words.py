"""What the timeline says of scores and results: each number with what it is, so that none is taken for another."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from api.web.frame.field_names import EVENTS, GRADES
from projections.pictures.svg import about_wide
from projections.pictures.timeline_axis import LEFT, RIGHT, Axis

Item = Mapping[str, Any]
SMALL = 11.0
"""The size of what is written into the picture."""


@dataclass(frozen=True)
class Words:
    """How the picture speaks and where its marks lead."""

    t: Callable[[str, str], str]
    event: Callable[[str], str]
    """Address of an event's page, by its id."""
    stretch: Callable[[str, str], str]
    """Address of the picture of another stretch, by first and last day."""
    replay: Callable[[str], str]
    """Address of the replay at a day."""

    def kind(self, name: str) -> str:
        """What a kind of fact is called."""
        return self.t("到期未办的扣分", "Overdue duty") if name == "lapse" else self.t(*EVENTS[name])


def scored(one: Item, words: Words) -> str:
    """A score with its grade, and whether art.25 decides it."""
    if one["total"] is None:
        return words.t("不参与考评", "not assessed")
    grade = "" if one["grade"] is None else " " + words.t(*GRADES[one["grade"]][:2])
    if one.get("provisional"):  # no grade yet, outside the committee's preview (R44)
        grade = words.t("（暂计）", " (provisional)")
    return f"{one['total']}{grade}" + (words.t("（第二十五条）", " (art.25)") if one["override"] else "")


def result_said(one: Item, words: Words) -> str:
    """Score and grade of a published result."""
    grade = None if one["grade"] is None else words.t(*GRADES[one["grade"]][:2])
    return " ".join(part for part in (one["total"], grade) if part) or words.t("无成绩", "no score")


def years_over(course: Item) -> dict[int, Item]:
    """What the years of the stretch that are over came to, by year."""
    return {one["year"]: one for one in course["ended_years"]}


def year_said(last: Item, over: Item | None, words: Words) -> list[str]:
    """What is said of a year: the score of its last day in the picture, its published result, its sheet if another.

    Surveys and scores that come in after the year's end count for it (R20): its last day's score is not its result.
    """
    score = scored(last, words)
    if last["total"] is None:
        parts = [score]
    elif over is not None and last["to"] == over["to"]:
        parts = [words.t(f"年末时 {score}", f"{score} at the year's end")]
    else:
        parts = [words.t(f"截至 {last['to']} {score}", f"{score} up to {last['to']}")]
    if over is None:
        return parts
    known, result = last, over["result"]
    if result is not None:
        shown, known = result_said(result, words), result
        parts.append(words.t(f"公布结果 {shown}", f"published result {shown}"))
    if (over["total"], over["grade"]) != (known["total"], known["grade"]):
        now = scored(over, words)
        parts.append(words.t(f"{over['as_of']} 的打分表 {now}", f"sheet of {over['as_of']} {now}"))
    return parts


class End(NamedTuple):
    """Where a year's line begins and ends, and what is said of the year."""

    left: float
    right: float
    year: int
    parts: list[str]


def placed(ends: Sequence[End], axis: Axis, words: Words) -> Iterator[tuple[str, float]]:
    """Labels that do not touch, each with its right end, the latest year first.

    Each names its year and what its numbers are. Where two would take another year's room, what the year came to stands
    alone.
    """
    free = axis.width - RIGHT
    for end in reversed(ends):
        for parts in (end.parts[:2], end.parts[1:2] or end.parts):
            label = f"{end.year} {words.t('，', ', ').join(parts)}"
            wide = about_wide(label, SMALL)
            right = max(min(end.right - 4, free), LEFT + wide)
            own = right - wide >= end.left or end is ends[0] or len(parts) == 1
            if own and end.left < right <= free and right - wide < end.right:
                yield label, right
                free = right - wide - 10
                break
