"""The lanes of a timeline, in the browser and on paper: names, signs, and which facts are drawn in which."""

from __future__ import annotations

from typing import NamedTuple

from projections.answers.summaries import Lane
from projections.fact_kinds import FACTS


class DrawnLane(NamedTuple):
    """A lane of a timeline: its names, the sign of its facts, and what else than facts is drawn in it."""

    zh: str
    en: str
    shape: str
    """A path around 0,0."""
    colour: str
    brought_by_time: frozenset[str] = frozenset()
    zh_printed: str = ""
    """The name on paper, where it is another."""


LANES: dict[Lane, DrawnLane] = {
    "complaints": DrawnLane(
        "投诉与惩戒", "Complaints", "M0,-5 L5,4 L-5,4 Z", "#8b1a1a", frozenset({"tag_ended", "window_ended"})
    ),
    "lapses": DrawnLane("扣分与不良信息", "Lapses", "M-5,-4 L5,-4 L0,5 Z", "#a0530a", frozenset({"lapse"})),
    "scores": DrawnLane("调查与评分", "Surveys, scores", "M-4,0 A4,4 0 1 0 4,0 A4,4 0 1 0 -4,0 Z", "#1f5fa8"),
    "honours": DrawnLane(
        "荣誉",
        "Honours",
        "M0,-6 L1.8,-1.9 L6,-1.9 L2.6,0.9 L3.8,5 L0,2.5 L-3.8,5 L-2.6,0.9 L-6,-1.9 L-1.8,-1.9 Z",
        "#6b5b00",
    ),
    "results": DrawnLane("公布与异议", "Results, appeals", "M-4,-4 L4,-4 L4,4 L-4,4 Z", "#5a2d82"),
    "others": DrawnLane("其他事实", "Other facts", "M0,-4.5 L4.5,0 L0,4.5 L-4.5,0 Z", "#555", zh_printed="其他"),
}
"""In the order in which they are drawn; the last one takes what no other does."""
_TIME: dict[str, Lane] = {kind: key for key, lane in LANES.items() for kind in lane.brought_by_time}
LANE_OF: dict[str, Lane] = _TIME | {kind.__name__: one.lane for kind, one in FACTS.items()}
"""By type of fact, and by what time alone brings."""
PRINTED_LANE_OF: dict[str, Lane] = _TIME | {
    kind.__name__: one.lane for kind, one in FACTS.items() if one.printed_in_lane
}
"""The lanes of the printed timeline, in which some kinds stand among the others."""
