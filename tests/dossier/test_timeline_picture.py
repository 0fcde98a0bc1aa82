"""The picture of a timeline: well-formed, escaped, by itself, and readable without colours."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from datetime import date
from itertools import pairwise
from typing import Any

import pytest

from projections.pictures.timeline_axis import LANES, LEFT, Axis, AxisRow, stacked
from projections.pictures.timeline_picture import timeline_svg
from tests.dossier.answers import timeline

SVG = "{http://www.w3.org/2000/svg}"
RESULT = {
    "id": "r1",
    "year": 2023,
    "published_on": "2024-03-01",
    "deadline": "2024-03-08",
    "total": "100.00",
    "label": "优秀",
}


def drawn(answer: dict[str, Any] | None = None, **options: Any) -> ElementTree.Element:
    """The picture, parsed."""
    return parsed(timeline_svg(timeline() if answer is None else answer, **options))


def parsed(text: str) -> ElementTree.Element:
    return ElementTree.fromstring(text)  # noqa: S314  # our own text


def texts(picture: ElementTree.Element, name: str = "text") -> list[str]:
    return ["".join(one.itertext()) for one in picture.iter(f"{SVG}{name}")]


def of_class(picture: ElementTree.Element, name: str) -> list[ElementTree.Element]:
    return [one for one in picture.iter() if name in one.get("class", "").split()]


def test_it_is_an_image_with_a_name_and_a_description() -> None:
    """role="img", and title and description say what there is to see."""
    picture = drawn()
    assert picture.get("role") == "img"
    by_id = {one.get("id"): "".join(one.itertext()) for one in picture.iter() if one.get("id")}
    title, description = (by_id[one] for one in picture.get("aria-labelledby", "").split())
    assert "惠州市澄屏安全科技有限公司" in title
    tiers = ("2024-06-03 记录备案", "2024-07-01 警示提醒", "2024-08-01 黑名单")
    for part in ("2024 年度截至 2024-12-31 95.00 不合格", *tiers):
        assert part in description


def test_every_fact_is_a_mark_that_leads_to_its_event_and_says_what_it_is() -> None:
    """All events named in the timeline, once per day, link to `#event-<id>` with date and name as title."""
    answer = timeline()
    named = [
        (f"#event-{why['event']}", f"{one['date']} {why['text']}")
        for one in (answer["start"], *answer["items"])
        for why in one["why"]
        if why["event"] is not None
    ]
    marks = of_class(drawn(answer), "fact")
    assert sorted((one.get("href"), texts(one, "title")[0]) for one in marks) == sorted(named)
    assert len(named) > 8


def test_tiers_are_told_by_height_pattern_and_name_not_by_colour_alone() -> None:
    """Each tier's band has its own pattern, rises with the tier, and bears its name in title and, with room, text."""
    picture = drawn(timeline("2024-06-01", "2024-09-01"))
    bands = of_class(picture, "tier")
    assert [texts(one, "title")[0] for one in bands] == [
        "2024-06-03 至 2024-06-30：记录备案",
        "2024-07-01 至 2024-07-31：警示提醒",
        "2024-08-01 至 2024-09-01：黑名单",
    ]
    rects = [one.findall(f"{SVG}rect")[1] for one in bands]
    assert len({one.get("fill") for one in rects}) == 3
    defined = {f"url(#{one.get('id')})" for one in picture.iter(f"{SVG}pattern")}
    assert {one.get("fill") for one in rects} == defined
    heights = [float(one.get("height", 0)) for one in rects]
    assert heights == sorted(heights)
    assert len(set(heights)) == 3
    assert [texts(one)[0] for one in bands] == ["记录备案", "警示提醒", "黑名单"]
    assert len({lane.shape for lane in LANES.values()}) == len(LANES)


def test_the_score_is_a_step_line_for_each_year() -> None:
    """One line per assessment year, horizontal and vertical only, with the year's last score and grade as text."""
    picture = drawn()
    lines = of_class(picture, "score")
    assert [texts(one, "title")[0].partition(" ")[0] for one in lines] == ["2023", "2024", "2025"]
    for one in lines:
        (path,) = one.findall(f"{SVG}path")
        assert re.fullmatch(r"M[\d.]+,[\d.]+ H[\d.]+( L[\d.]+,[\d.]+ H[\d.]+)*", path.get("d", ""))
    assert "截至 2024-12-31 95.00 不合格（第二十五条）" in texts(picture)


def test_results_and_their_appeal_windows_are_labelled_spans() -> None:
    """A published result stands from its day to the last day of its window; those out of range are left out."""
    picture = drawn(results=[RESULT, {**RESULT, "id": "r2", "published_on": "2030-01-01", "deadline": None}])
    (span,) = of_class(picture, "result")
    assert span.get("href") == "#event-r1"
    assert "2023 年度 100.00 优秀（2024-03-01 公布，异议期至 2024-03-08）" in texts(span)


def test_hostile_text_is_escaped_and_shown() -> None:
    """Markup, quotes, direction marks and characters that XML forbids in a name change nothing but the text."""
    answer = timeline()
    answer["agency"]["name"] = "<script>alert('1')</script>&\"甲\u202e\u0000\ufffe"
    picture = drawn(answer)
    assert not list(picture.iter(f"{SVG}script"))
    assert "<script>alert('1')</script>&\"甲〔U+202E〕〔U+0000〕〔U+FFFE〕" in texts(picture)[0]


def test_nothing_comes_from_outside() -> None:
    """No scripts, styles, images or addresses: every reference is to a place in the same document."""
    text = timeline_svg(timeline(), results=[RESULT])
    picture = parsed(text)
    used = {one.tag.removeprefix(SVG) for one in picture.iter()}
    assert used <= {"svg", "title", "desc", "defs", "pattern", "g", "a", "rect", "line", "path", "circle", "text"}
    for one in picture.iter():
        for name, value in one.attrib.items():
            assert not name.startswith("on")
            if name.rpartition("}")[2] == "href":
                assert value.startswith("#event-")
    assert re.findall(r"url\((?!#)|https?://(?!www\.w3\.org/2000/svg)", text) == []


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("2024-07-30", "2024-08-05"),
        ("2024-08-01", "2024-08-01"),
        ("2024-01-01", "2024-12-31"),
        ("2023-01-03", "2033-01-03"),
    ],
    ids=["a week", "a day", "a year", "ten years"],
)
def test_labels_of_the_grid_do_not_touch(first: str, last: str) -> None:
    """From a day to ten years there are labels on the axis, from left to right with room between them."""
    answer = timeline(first, last)
    picture = drawn(answer)
    assert float(picture.get("height", 0)) > 200
    labels = [
        one for one in picture.iter(f"{SVG}text") if re.fullmatch(r"\d{4}|\d{4}-\d\d-\d\d|\d+-\d\d", one.text or "")
    ]
    ends = [(float(one.get("x", 0)), float(one.get("x", 0)) + 5 * len(one.text or "")) for one in labels]
    assert ends == sorted(ends)
    assert ends
    for (_, end), (begin, _) in pairwise(ends):
        assert end < begin
    assert all(LEFT <= begin < 960 for begin, _ in ends)


def test_spans_that_would_touch_lie_on_different_lines() -> None:
    """Results published close together are stacked, labels included; distant ones share a line."""
    axis = Axis(date(2020, 1, 1), date(2029, 12, 31), 960)
    rows = [AxisRow(date(year, 3, 1), date(year, 3, 8), f"{year}", f"r{year}") for year in (2021, 2025)]
    close = AxisRow(date(2021, 3, 20), date(2021, 3, 27), "更正", "x")
    assert [line for _, line in stacked([*rows, close], axis)] == [0, 1, 0]


def test_several_pictures_on_a_page_keep_their_ids_apart() -> None:
    """Ids begin with the prefix, so that two pictures in one document do not take each other's patterns."""
    one, other = (
        {element.get("id") for element in drawn(prefix=prefix).iter() if element.get("id")} for prefix in ("a", "b")
    )
    assert one
    assert not one & other
