"""A timeline as a picture (api.md, `timeline`): score, sanction tier, facts, published results, on one axis of days.

The SVG stands by itself: no script, no font or address from outside. Colour is never the only carrier: tiers differ in
height and pattern and bear their names, facts differ in shape and lie in named lanes, and everything has a <title>.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from domain.measures.text.official_text import cited_in_chinese
from domain.values import TIER_LABELS, TIER_RANK, Tier
from projections.pictures.svg import about_wide, broken, said, tag
from projections.pictures.timeline_axis import LANES, LEFT, PRINTED_LANE_OF, RIGHT, Axis, AxisRow, stacked

_INK, _DIM, _LINE = "#1a1a1a", "#555", "#d0d0d0"
_SCORE_HIGH = 150.0
_TIER_HIGH = 36.0
_LANE_HIGH = 16.0
_RESULT_HIGH = 17.0
_SMALL = 11.0
TIER_COLOURS = {Tier.RECORDED: "#f2c94c", Tier.WARNED: "#ef8a3c", Tier.BLACKLISTED: "#8b1a1a"}


@dataclass(frozen=True)
class _Stretch:
    """A standing from its first day to the day before the next one."""

    first: date
    after: date
    standing: Mapping[str, Any]

    @property
    def last(self) -> date:
        """The last day of the span."""
        return self.after - timedelta(days=1)


def timeline_svg(
    timeline: Mapping[str, Any],
    *,
    results: Sequence[Mapping[str, Any]] = (),
    width: float = 960,
    prefix: str = "timeline",
) -> str:
    """An answer of `Questions.timeline` as SVG text, `width` units wide and as high as it needs to be.

    `results`: published and revised results, each with `id` (its event), `year`, `published_on`, `deadline` (the last
    day of the appeal window, or None), `total`, `label`. `prefix` keeps ids apart where a page shows several pictures.
    Marks link to `#event-<id>`. Nothing but the arguments goes in.
    """
    axis = Axis(date.fromisoformat(timeline["from"]), date.fromisoformat(timeline["to"]), width)
    stretches = list(_stretches(timeline))
    head, y = _head(timeline, width)
    parts = [head]
    low = y + _SCORE_HIGH
    lanes = _lanes(timeline)
    rows = stacked(_result_rows(results, axis), axis)
    tier_top = low + 30
    lane_top = tier_top + _TIER_HIGH + 12
    result_top = lane_top + _LANE_HIGH * len(lanes) + 12
    end = result_top + _RESULT_HIGH * (max((row for _, row in rows), default=-1) + 1)
    parts += axis.grid(y, end)
    parts += _scores(stretches, axis, y)
    parts += _tiers(stretches, axis, tier_top, prefix)
    parts += _facts(lanes, axis, lane_top)
    parts += _results(rows, axis, result_top)
    legend, high = _legend(end + 14, prefix, width)
    return _document(timeline, [_patterns(prefix), *parts, *legend], width, high, prefix)


def _document(timeline: Mapping[str, Any], parts: Sequence[str], width: float, high: float, prefix: str) -> str:
    agency = timeline["agency"]
    title = f"{agency['name']}（{agency['uscc']}）{timeline['from']} 至 {timeline['to']} 时间线"
    return tag(
        "svg",
        tag("title", said(title), id=f"{prefix}-title"),
        tag("desc", said(described(timeline)), id=f"{prefix}-desc"),
        tag("rect", width=width, height=high, fill="#fff"),
        *parts,
        xmlns="http://www.w3.org/2000/svg", viewBox=f"0 0 {width:g} {high:g}", width=width, height=high, role="img",
        aria_labelledby=f"{prefix}-title {prefix}-desc", lang="zh-CN", font_size=_SMALL, fill=_INK,
        font_family="'Noto Sans SC', 'Noto Sans CJK SC', 'PingFang SC', 'Microsoft YaHei', sans-serif",
    ) + "\n"  # fmt: skip


def described(timeline: Mapping[str, Any]) -> str:
    """The picture in words: each year's score with its day (R20), each tier reached, for who cannot see it."""
    years: dict[int, str] = {}
    tiers: list[str] = []
    for one in _stretches(timeline):
        assessed, sanction = one.standing["assessment"], one.standing["sanction"]
        score = f"{assessed['total'] or '不参与考评'} {assessed['label'] or ''}".strip()
        years[assessed["year"]] = f"截至 {one.last} {score}"
        reached = f"{one.first} {sanction['label']}"
        if not tiers or tiers[-1].partition(" ")[2] != sanction["label"]:
            tiers.append(reached)
    scores = "；".join(f"{year} 年度{text}" for year, text in sorted(years.items()))
    return f"逐日得分：{scores}。惩戒等级：{'；'.join(tiers)}。共 {len(timeline['items'])} 天有变化。"


def _stretches(timeline: Mapping[str, Any]) -> Iterator[_Stretch]:
    points = [timeline["start"], *timeline["items"]]
    ends = [date.fromisoformat(one["date"]) for one in points[1:]]
    ends.append(date.fromisoformat(timeline["to"]) + timedelta(days=1))
    for one, after in zip(points, ends, strict=True):
        yield _Stretch(date.fromisoformat(one["date"]), after, one["standing"])


def _head(timeline: Mapping[str, Any], width: float) -> tuple[str, float]:
    """Who, when, on what basis; gives where the picture itself begins."""
    agency = timeline["agency"]
    lines = broken(f"{agency['name']}（{agency['uscc']}）", 15, width - 40)
    parts = [tag("text", said(line), x=16, y=26 + 20 * index, font_size=15) for index, line in enumerate(lines)]
    y = 26 + 20 * len(lines)
    basis = f"{timeline['from']} 至 {timeline['to']}，按 {timeline['known_at']} 所知；规则 {timeline['rulebook']['id']}"
    if timeline.get("demonstration"):
        basis = f"【演示数据，不是真实记录】{basis}"
    for line in broken(basis, _SMALL, width - 40):
        parts.append(tag("text", said(line), x=16, y=y, fill=_DIM))
        y += 15
    return tag("g", *parts), y + 16.0


def _scores(stretches: Sequence[_Stretch], axis: Axis, top: float) -> Iterator[str]:
    """A step line per assessment year: it breaks where a year begins and where there is no score."""
    scores = [float(one.standing["assessment"]["total"]) for one in stretches if one.standing["assessment"]["total"]]
    least = min([*scores, 60.0]) // 10 * 10
    most = max([*scores, 100.0]) // -10 * -10

    def y_of(score: float) -> float:
        return top + (most - score) / (most - least) * _SCORE_HIGH

    yield tag("text", said("逐日得分"), x=8, y=top - 6, fill=_DIM)
    step = 10 if most - least <= 60 else 20
    for mark in range(int(least), int(most) + 1, step):
        yield tag("line", x1=LEFT, x2=axis.width - RIGHT, y1=y_of(mark), y2=y_of(mark), stroke=_LINE, stroke_width=0.5)
        yield tag("text", said(str(mark)), x=LEFT - 6, y=y_of(mark) + 4, text_anchor="end", fill=_DIM)
    taken = -1.0
    for run in _year_runs(stretches):
        path, ends = "", run[-1]
        for one in run:
            y = y_of(float(one.standing["assessment"]["total"]))
            path += f"{'L' if path else 'M'}{axis.x(one.first):.2f},{y:.2f} H{axis.x(one.after):.2f} "
        assessed = ends.standing["assessment"]
        label = f"截至 {ends.last} {assessed['total']} {assessed['label']}"
        if assessed["override"]:
            label += f"（{cited_in_chinese('art.25')}）"
        title = f"{assessed['year']} 年度 {run[0].first} 起，{label}"
        line = tag("path", d=path.strip(), fill="none", stroke="#1f5fa8", stroke_width=2)
        yield tag("g", tag("title", said(title)), line, class_="score")
        right, wide = axis.x(ends.after) - 4, about_wide(label, _SMALL)
        if right - wide > max(taken, LEFT):
            yield tag("text", said(label), x=right, y=top + _SCORE_HIGH + 15, text_anchor="end")
            taken = right


def _year_runs(stretches: Sequence[_Stretch]) -> Iterator[list[_Stretch]]:
    run: list[_Stretch] = []
    for one in stretches:
        assessed = one.standing["assessment"]
        if run and (assessed["total"] is None or assessed["year"] != run[-1].standing["assessment"]["year"]):
            yield run
            run = []
        if assessed["total"] is not None:
            run.append(one)
    if run:
        yield run


def _tiers(stretches: Sequence[_Stretch], axis: Axis, top: float, prefix: str) -> Iterator[str]:
    """Bands that rise with the tier, each with its pattern and, where there is room, its name."""
    yield tag("text", said("惩戒等级"), x=8, y=top + _TIER_HIGH - 4, fill=_DIM)
    base = top + _TIER_HIGH
    yield tag("line", x1=LEFT, x2=axis.width - RIGHT, y1=base, y2=base, stroke=_DIM, stroke_width=1)
    for first, after, tier in _tier_runs(stretches):
        if tier is Tier.NONE:
            continue
        x, wide = axis.x(first), max(axis.x(after) - axis.x(first), 2)
        high = _TIER_HIGH * TIER_RANK[tier] / 3
        name = TIER_LABELS[tier]
        band = [
            tag("title", said(f"{first} 至 {after - timedelta(days=1)}：{name}")),
            tag("rect", x=x, y=base - high, width=wide, height=high, fill=TIER_COLOURS[tier]),
            tag(
                "rect",
                x=x,
                y=base - high,
                width=wide,
                height=high,
                fill=f"url(#{prefix}-{tier})",
                stroke=_INK,
                stroke_width=0.6,
            ),
        ]
        if wide > about_wide(name, 10) + 8:
            band.append(tag("rect", x=x + 2, y=base - 12, width=about_wide(name, 10) + 4, height=11, fill="#fff"))
            band.append(tag("text", said(name), x=x + 4, y=base - 3, font_size=10))
        yield tag("g", *band, class_=f"tier {tier}")


def _tier_runs(stretches: Sequence[_Stretch]) -> Iterator[tuple[date, date, Tier]]:
    first, tier = stretches[0].first, Tier(stretches[0].standing["sanction"]["tier"])
    for one in stretches[1:]:
        if (now := Tier(one.standing["sanction"]["tier"])) is not tier:
            yield first, one.first, tier
            first, tier = one.first, now
    yield first, stretches[-1].after, tier


def _lanes(timeline: Mapping[str, Any]) -> list[tuple[str, str, str, list[tuple[date, Mapping[str, Any]]]]]:
    """The lanes that have something in them, with their facts."""
    found: dict[str, list[tuple[date, Mapping[str, Any]]]] = {key: [] for key in LANES}
    for one in (timeline["start"], *timeline["items"]):
        for why in one["why"]:
            if why["event"] is not None:
                kind = why.get("type") or why["kind"]
                found[PRINTED_LANE_OF.get(kind, "others")].append((date.fromisoformat(one["date"]), why))
    return [
        (lane.zh_printed or lane.zh, lane.shape, lane.colour, found[key]) for key, lane in LANES.items() if found[key]
    ]


def _facts(
    lanes: Sequence[tuple[str, str, str, list[tuple[date, Mapping[str, Any]]]]], axis: Axis, top: float
) -> Iterator[str]:
    for index, (name, shape, colour, facts) in enumerate(lanes):
        y = top + _LANE_HIGH * (index + 0.5)
        yield tag("text", said(name), x=8, y=y + 4, fill=_DIM)
        yield tag("line", x1=LEFT, x2=axis.width - RIGHT, y1=y, y2=y, stroke=_LINE, stroke_width=0.5)
        for day, why in facts:
            mark = tag(
                "path",
                d=shape,
                fill=colour,
                fill_opacity=0.75,
                stroke="#fff",
                stroke_width=0.5,
                transform=f"translate({axis.middle(day):.2f} {y:.2f})",
            )
            yield tag(
                "a", tag("title", said(f"{day} {why['text']}")), mark, href=f"#event-{why['event']}", class_="fact"
            )


def _result_rows(results: Sequence[Mapping[str, Any]], axis: Axis) -> Iterator[AxisRow]:
    for one in results:
        first = date.fromisoformat(one["published_on"])
        last = first if one["deadline"] is None else date.fromisoformat(one["deadline"])
        if last < axis.first or first > axis.last:
            continue
        score = " ".join(part for part in (one["total"], one["label"]) if part)
        window = "" if one["deadline"] is None else f"，异议期至 {one['deadline']}"
        yield AxisRow(first, last, f"{one['year']} 年度 {score}（{first} 公布{window}）", one["id"])


def _results(rows: Sequence[tuple[AxisRow, int]], axis: Axis, top: float) -> Iterator[str]:
    """Each result as a span from publication to the end of its appeal window, its label beside it."""
    if rows:
        yield tag("text", said("公布与异议期"), x=8, y=top + 12, fill=_DIM)
    for row, index in rows:
        y, (x, after) = top + _RESULT_HIGH * index, axis.span(row)
        at, anchor = axis.label(row, _SMALL)
        yield tag(
            "a",
            tag("title", said(row.text)),
            tag("rect", x=x, y=y + 2, width=after - x, height=12, fill="#d9c8ec", stroke="#5a2d82", stroke_width=1),
            tag("text", said(row.text), x=at, y=y + 12, text_anchor=anchor),
            href=f"#event-{row.event}",
            class_="result",
        )


def _patterns(prefix: str) -> str:
    """Dots, stripes and a lattice, for eyes and printers that see no colours."""
    marks = {
        Tier.RECORDED: tag("circle", cx=3, cy=3, r=1, fill=_INK),
        Tier.WARNED: tag("path", d="M0,6 L6,0", stroke=_INK, stroke_width=1),
        Tier.BLACKLISTED: tag("path", d="M0,6 L6,0 M0,0 L6,6", stroke="#fff", stroke_width=0.8),
    }
    return tag(
        "defs",
        *(
            tag("pattern", mark, id=f"{prefix}-{tier}", width=6, height=6, patternUnits="userSpaceOnUse")
            for tier, mark in marks.items()
        ),
    )


def _legend(y: float, prefix: str, width: float) -> tuple[list[str], float]:
    """What patterns and shapes mean, broken over lines; gives the height of the whole picture."""
    parts, x = [], LEFT
    signs = [(TIER_LABELS[tier], f"url(#{prefix}-{tier})", colour, "") for tier, colour in TIER_COLOURS.items()]
    signs += [(lane.zh_printed or lane.zh, "", lane.colour, lane.shape) for lane in LANES.values()]
    for name, pattern, colour, shape in signs:
        wide = 22 + about_wide(name, _SMALL) + 12
        if x + wide > width - RIGHT:
            x, y = LEFT, y + 18
        if shape:
            parts.append(tag("path", d=shape, fill=colour, transform=f"translate({x + 8:.2f} {y + 7:.2f})"))
        else:
            parts += [
                tag("rect", x=x, y=y + 1, width=16, height=12, fill=fill, stroke=_INK, stroke_width=0.6)
                for fill in (colour, pattern)
            ]
        parts.append(tag("text", said(name), x=x + 20, y=y + 11, fill=_DIM))
        x += wide
    return [tag("g", *parts, class_="legend")], y + 26
