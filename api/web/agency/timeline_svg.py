"""The course of an agency as an inline picture: score, tier, facts, results, on one axis of days (docs/pages.md).

Every mark is a link with a title, so the picture can be read by keyboard, by a screen reader and without script. Its
height never changes, whatever is in it, so that another stretch can take its place without moving the page. Style is in
`timeline.css`; shapes and patterns say what colours say.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from api.web.agency.timeline_words import SMALL, End, Words, placed, result_said, year_said, years_over
from api.web.frame.field_names import TIERS
from domain.values import TIER_RANK, Tier, shanghai_date
from projections.pictures.svg import about_wide, said, tag
from projections.pictures.timeline_axis import LANES, LEFT, RIGHT, Axis, AxisRow, stacked

Item = Mapping[str, Any]
WIDTH = 960.0
SHAPES = {key: lane.shape for key, lane in LANES.items()}
_TOP, _SCORE, _TIER, _WARNING, _LANE, _RESULT, _RESULT_LINES = 24.0, 150.0, 42.0, 16.0, 28.0, 20.0, 2
_TIER_TOP = _TOP + _SCORE + 24
_WARNING_TOP = _TIER_TOP + _TIER + 5
_LANE_TOP = _WARNING_TOP + _WARNING + 8
_RESULT_TOP = _LANE_TOP + _LANE * len(LANES) + 4
HEIGHT = _RESULT_TOP + _RESULT * _RESULT_LINES + 8
_DAY = timedelta(days=1)


def timeline_svg(course: Item, words: Words, as_of: date) -> str:
    """An answer of `GET …/course` as SVG text; nothing but the arguments goes in. `as_of` is marked, where it is in."""
    axis = Axis(date.fromisoformat(course["from"]), date.fromisoformat(course["to"]), WIDTH)
    title = words.t("时间线", "Timeline") + f" {course['from']} – {course['to']}"
    parts = [
        *_later(axis, course, words),
        *(one.replace(' fill="#555"', "") for one in axis.grid(_TOP, HEIGHT - 4)),
        *_scores(course, axis, words),
        *_tiers(course["tiers"], axis, words),
        *_warnings(course["warnings"], axis, words),
        *_lanes(course["marks"], axis, words),
        *_results(course["results"], axis, words),
        *_as_of(axis, as_of, words),
    ]
    return tag(
        "svg", tag("title", said(title), id="tl-title"), tag("desc", said(described(course, words)), id="tl-desc"),
        _definitions(), *parts, viewBox=f"0 0 {WIDTH:g} {HEIGHT:g}", width=WIDTH, height=HEIGHT, role="group",
        class_="tl-svg", aria_labelledby="tl-title", aria_describedby="tl-desc",
    )  # fmt: skip


def described(course: Item, words: Words) -> str:
    """The picture in words: what each year had come to and comes to, and the tiers, for who cannot see it."""
    years = {one["year"]: one for one in course["score"]}
    ended = years_over(course)
    scores = words.t("；", "; ").join(
        words.t(f"{year} 年度", f"{year} ") + words.t("，", ", ").join(year_said(one, ended.get(year), words))
        for year, one in sorted(years.items())
    )
    tiers = "; ".join(f"{one['from']} {words.t(*TIERS[one['tier']][:2])}" for one in course["tiers"][-8:])
    return words.t(
        f"逐日得分：{scores}。惩戒等级：{tiers}。共 {course['facts']} 条事实，{course['days_changed']} 天有变化。",
        f"Daily score: {scores}. Tiers: {tiers}. {course['facts']} facts, changes on {course['days_changed']} days.",
    )


def _definitions() -> str:
    shapes = [tag("path", d=shape, id=f"tl-{key}", transform="scale(1.3)") for key, shape in SHAPES.items()]
    marks = {
        Tier.RECORDED: tag("circle", cx=3, cy=3, r=1),
        Tier.WARNED: tag("path", d="M0,6 L6,0"),
        Tier.BLACKLISTED: tag("path", d="M0,6 L6,0 M0,0 L6,6"),
    }
    shapes += [
        tag("rect", id=f"tl-{digits}", x=-half, y=-10, width=2 * half, height=20, rx=10)
        for digits, half in ((1, 11), (2, 11), (3, 14), (4, 17))
    ]
    patterns = [
        tag(
            "pattern",
            mark,
            id=f"tl-{tier}",
            class_=f"tl-pattern {tier}",
            width=6,
            height=6,
            patternUnits="userSpaceOnUse",
        )
        for tier, mark in marks.items()
    ]
    return tag("defs", *shapes, *patterns)


def _name(text: str, y: float) -> str:
    return tag("text", said(text), x=6, y=y, class_="tl-name")


def _later(axis: Axis, course: Item, words: Words) -> Iterator[str]:
    """Days that had not come yet when this was known."""
    known = shanghai_date(course["known_at"])
    if known < axis.last:
        x = axis.x(known + _DAY)
        title = words.t(f"{known} 之后：预测", f"after {known}: projected")
        yield tag(
            "g",
            tag("title", said(title)),
            tag("rect", x=x, y=_TOP, width=axis.width - RIGHT - x, height=HEIGHT - _TOP - 4),
            class_="tl-later",
        )


def _as_of(axis: Axis, as_of: date, words: Words) -> Iterator[str]:
    if axis.first <= as_of <= axis.last:
        x, title = axis.middle(as_of), words.t(f"查询基准日 {as_of}", f"as of {as_of}")
        yield tag("g", tag("title", said(title)), tag("path", d=f"M{x:.1f},{_TOP:g} V{HEIGHT - 4:g}"), class_="tl-asof")


def _scores(course: Item, axis: Axis, words: Words) -> Iterator[str]:
    """A step line per assessment year: it breaks where a year begins and where there is no score."""
    score, ended = course["score"], years_over(course)
    totals = [float(one["total"]) for one in score if one["total"] is not None]
    least, most = min([*totals, 60.0]) // 10 * 10, max([*totals, 100.0]) // -10 * -10

    def y_of(total: str | float) -> float:
        return _TOP + (most - float(total)) / (most - least) * _SCORE

    yield _name(words.t("逐日得分", "Daily score"), _TOP + 10)
    for mark in range(int(least), int(most) + 1, 10 if most - least <= 60 else 20):
        y = y_of(mark)
        yield tag("path", d=f"M{LEFT:g},{y:.1f} H{axis.width - RIGHT:g}", class_="tl-line")
        yield tag("text", said(str(mark)), x=LEFT - 6, y=y + 4, class_="tl-scale")
    ends: list[End] = []
    for run in _years(score):
        path, after = "", LEFT
        for one in run:
            x, after = axis.x(date.fromisoformat(one["from"])), axis.x(date.fromisoformat(one["to"]) + _DAY)
            start = f"V{y_of(one['total']):.1f}" if path else f"M{x:.1f},{y_of(one['total']):.1f}"
            path += f"{start}H{after:.1f}"
        last = run[-1]
        parts = year_said(last, ended.get(last["year"]), words)
        title = f"{last['year']} {run[0]['from']} – {last['to']}: {words.t('，', ', ').join(parts)}"
        yield tag("g", tag("title", said(title)), tag("path", d=path), class_="tl-score")
        ends.append(End(axis.x(date.fromisoformat(run[0]["from"])), after, last["year"], parts))
    for label, right in placed(ends, axis, words):
        yield tag("text", said(label), x=right, y=_TOP + _SCORE + 16, class_="tl-end")


def _years(score: Sequence[Item]) -> Iterator[list[Item]]:
    run: list[Item] = []
    for one in score:
        if run and (one["total"] is None or one["year"] != run[-1]["year"]):
            yield run
            run = []
        if one["total"] is not None:
            run.append(one)
    if run:
        yield run


def _tiers(tiers: Sequence[Item], axis: Axis, words: Words) -> Iterator[str]:
    """Bands that rise with the tier, each with its pattern and, where there is room, its name; they open the replay."""
    base = _TIER_TOP + _TIER
    yield _name(words.t("惩戒等级", "Sanction tier"), base - 14)
    yield tag("path", d=f"M{LEFT:g},{base:g} H{axis.width - RIGHT:g}", class_="tl-line")
    for one in tiers:
        tier = Tier(one["tier"])
        if tier is Tier.NONE:
            continue
        x = axis.x(date.fromisoformat(one["from"]))
        wide = max(axis.x(date.fromisoformat(one["to"]) + _DAY) - x, 2.0)
        high, name = _TIER * TIER_RANK[tier] / 3, words.t(*TIERS[tier][:2])
        place = {"x": x, "y": base - high, "width": wide, "height": high}
        band = [
            tag("title", said(f"{one['from']} – {one['to']}: {name}")),
            tag("rect", **place),
            tag("rect", **place, fill=f"url(#tl-{tier})"),
        ]
        room = about_wide(name, SMALL) + 6
        if wide > room + 4:
            band.append(tag("rect", x=x + 2, y=base - 13, width=room, height=12, class_="tl-plate"))
            band.append(tag("text", said(name), x=x + 5, y=base - 3))
        yield tag("a", *band, href=words.replay(one["from"]), class_=f"tl-tier {tier}")


def _warnings(warnings: Sequence[Item], axis: Axis, words: Words) -> Iterator[str]:
    """The stretches on which a warning notice stands (art.19)."""
    yield _name(words.t("警告通报", "Warning notice"), _WARNING_TOP + 12)
    for one in warnings:
        x = axis.x(date.fromisoformat(one["from"]))
        wide = max(axis.x(date.fromisoformat(one["to"]) + _DAY) - x, 2.0)
        name = words.t(f"因 {one['year']} 年度不合格警告通报", f"warning notice for {one['year']}")
        band = [
            tag("title", said(f"{one['from']} – {one['to']}: {name}")),
            tag("rect", x=x, y=_WARNING_TOP, width=wide, height=_WARNING),
        ]
        if wide > about_wide(name, SMALL) + 10:
            band.append(tag("text", said(name), x=x + 5, y=_WARNING_TOP + 12))
        yield tag("a", *band, href=words.replay(one["from"]), class_="tl-warning")


def _lanes(marks: Sequence[Item], axis: Axis, words: Words) -> Iterator[str]:
    for index, (key, lane) in enumerate(LANES.items()):
        y = _LANE_TOP + _LANE * (index + 0.5)
        yield _name(words.t(lane.zh, lane.en), y + 4)
        yield tag("path", d=f"M{LEFT:g},{y:g} H{axis.width - RIGHT:g}", class_="tl-line")
        yield tag("g", *(_mark(one, axis, y, words) for one in marks if one["lane"] == key), class_=f"tl-lane {key}")


def _mark(one: Item, axis: Axis, y: float, words: Words) -> str:
    """A fact that opens its record, or several that open their own stretch; what was annulled is struck through."""
    x = round(axis.middle(date.fromisoformat(one["from"])), 1)
    day = one["from"]
    if one["count"] == 1:
        name = words.t(one["text"], one["text_en"]) if "text" in one else words.kind(one["type"])
        gone = one["annulled"] and words.t("（已撤销）", " (annulled)")
        shape = [tag("use", href=f"#tl-{one['lane']}", x=x, y=y)]
        if one["annulled"]:
            shape.append(tag("path", d=f"M{x - 9:.1f},{y:g}h18"))
        return tag(
            "a",
            tag("title", said(f"{day} {name}{gone or ''}")),
            *shape,
            href=words.event(one["event"]),
            class_="tl-mark annulled" if gone else "tl-mark",
        )
    kinds = words.t("、", ", ").join(f"{words.kind(kind)} {count}" for kind, count in one["kinds"].items())
    more = words.t(" 等", ", …") if sum(one["kinds"].values()) < one["count"] else ""
    gone = words.t(f"，{one['annulled']} 条已撤销", f", {one['annulled']} annulled") if one["annulled"] else ""
    when = day if one["to"] == day else f"{day} – {one['to']}"
    title = words.t(
        f"{when}：{one['count']} 条事实（{kinds}{more}{gone}）", f"{when}: {one['count']} facts ({kinds}{more}{gone})"
    )
    number = str(one["count"])
    to = words.replay(day) if one["to"] == day else words.stretch(day, one["to"])
    shape = [tag("use", href=f"#tl-{min(len(number), 4)}", x=x, y=y), tag("text", number, x=x, y=y + 4)]
    if one["annulled"] == one["count"]:
        shape.append(tag("path", d=f"M{x - 13:.1f},{y:g}h26"))
    kind = "annulled" if one["annulled"] == one["count"] else "partly" if one["annulled"] else ""
    return tag("a", tag("title", said(title)), *shape, href=to, class_=f"tl-many {kind}".strip())


def _results(results: Sequence[Item], axis: Axis, words: Words) -> Iterator[str]:
    """Each result as a span from publication to the end of its time for appeals."""
    yield _name(words.t("结果与异议期", "Appeal window"), _RESULT_TOP + 13)
    by_event = {one["event"]: one for one in results}
    rows = [
        AxisRow(
            date.fromisoformat(one["published_on"]),
            date.fromisoformat(one["deadline"] or one["published_on"]),
            f"{one['year']}: {result_said(one, words)}",
            one["event"],
        )
        for one in results
    ]
    for row, line in stacked(rows, axis):
        one, y = by_event[row.event], _RESULT_TOP + _RESULT * (line % _RESULT_LINES)
        x, after = axis.span(row)
        shape = [tag("rect", x=x, y=y + 2, width=after - x, height=14)]
        if line < _RESULT_LINES:
            at, anchor = axis.label(row, SMALL)
            shape.append(tag("text", said(row.text), x=at, y=y + 13, text_anchor=anchor))
        if one["annulled_by"]:
            shape.append(tag("path", d=f"M{x - 4:.1f},{y + 9:g}H{after + 4:.1f}"))
        gone = words.t("（已撤销）", " (annulled)") if one["annulled_by"] else ""
        yield tag(
            "a",
            tag("title", said(_published(one, words) + gone)),
            *shape,
            href=words.event(row.event),
            class_="tl-result annulled" if gone else "tl-result",
        )


def _published(one: Item, words: Words) -> str:
    until = one["deadline"]
    window = "" if until is None else words.t(f"，异议期至 {until}", f", appeals until {until}")
    verb = words.t("修订", "revised") if one["revised"] else words.t("公布", "published")
    return f"{one['year']}: {result_said(one, words)} ({one['published_on']} {verb}{window})"
