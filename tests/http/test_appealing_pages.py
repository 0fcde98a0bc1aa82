"""The form of an appeal: whether it is in time, what it may name, where it can be begun; on both databases."""

from __future__ import annotations

import re
from html import unescape

import pytest

from domain.values import Role
from tests.http.dated import DatedWorld
from tests.http.desk import Desk
from tests.http.test_contested_routes import YEAR, Contested
from tests.http.test_form_pages import main_of, previewed
from tests.http.world import today


@pytest.fixture
def contested(dated_world: DatedWorld) -> Contested:
    """A world of its own: a year is published once, on its day; the week of art.20 is long over today."""
    made = Contested(dated_world)
    dated_world.clock.at(today())
    return made


def appeal(contested: Contested, filed_on: str) -> dict[str, str]:
    """The form as a browser sends it."""
    return {
        "agency": contested.hit,
        "/year": str(YEAR),
        "/filed_on": filed_on,
        "/appellant/kind": "agency",
        "/grounds": "得分有误",
    }


@pytest.mark.shows("art.20", "R3", "R33")
@pytest.mark.parametrize(
    ("filed_on", "said", "said_en"),
    [
        ("2025-03-17", ("按期提出", "2025年3月17日", "作出成立、部分成立或不成立"), ("Filed in time", "17 March 2025")),
        (
            "2025-03-20",
            ("逾期提出", "2025年3月17日", "晚了 3 天", "须先由专业委员会说明理由受理"),
            ("Filed late", "17 March 2025", "3 days", "has to admit it"),
        ),
    ],
)
def test_an_appeal_says_whether_it_is_in_time_before_and_after_it_is_recorded(
    contested: Contested, filed_on: str, said: tuple[str, ...], said_en: tuple[str, ...]
) -> None:
    """Until when it could be filed and what follows, in both languages; the receipt leads to the appeal."""
    desk, fields = Desk(contested.world, Role.ASSOCIATION), appeal(contested, filed_on)
    for language, words in (("zh", said), ("en", said_en)):
        text = main_of(desk.send(f"/record/file-appeal?lang={language}", fields | {"do": "preview"}).text)
        assert [one for one in words if one not in text] == []
        assert "都不变。</li>" not in text
        assert "all stay as they are" not in text
    carried = previewed(desk, "file-appeal", fields)
    receipt = main_of(desk.followed("/record/file-appeal?lang=zh", {**carried, "do": "record"}).text)
    assert [one for one in said if one not in receipt] == []
    (link,) = set(re.findall(r'href="(/appeals/[^"]+)"', receipt))
    assert "逾期提出" in desk.shown(link) or "按时提出" in desk.shown(link)


def test_an_agency_is_told_that_its_own_appeal_is_late(contested: Contested) -> None:
    """An agency appeals on the day itself: long after the window, and the page says so before anything is recorded."""
    desk = Desk(contested.world, Role.AGENCY, contested.hit)
    response = desk.send("/record/file-appeal", appeal(contested, today()) | {"do": "preview"})
    assert "逾期提出" in main_of(response.text)
    assert 'value="record"' in response.text


def listed(text: str) -> dict[str, bool]:
    """The ids that can be chosen, in the page's order, and whether each is."""
    boxes = re.findall(r'name="/disputed_event_ids" value="([^"]+)"( checked)?', text)
    return {id_: bool(checked) for id_, checked in boxes}


@pytest.mark.shows("art.20", "R33")
def test_what_can_be_disputed_is_what_the_published_sheet_names_and_then_the_rest_of_the_year(
    contested: Contested,
) -> None:
    """By default of the year published last; facts of later are not in the way; another year is listed when asked."""
    world, uscc = contested.world, contested.hit
    late = [world.id_of("RecordLapse", uscc, item=4, occurred_on="2025-05-06") for _ in range(3)]
    sheet = world.association.get(f"/v1/agencies/{uscc}/results/{YEAR}").json()["answers"][0]["sheet"]
    named = {id_ for part in ("lines", "considered") for one in sheet[part] for id_ in one["events"]}
    desk = Desk(world, Role.ASSOCIATION)
    text = desk.shown("/record/file-appeal", uscc=uscc)
    assert 'name="/year" value="2024"' in text
    found = list(listed(text))
    assert set(found[: len(named)]) == named
    assert {*contested.upheld, contested.beyond} <= named
    rest = {one["id"]: one for one in world.trail(uscc) if one["id"] in found[len(named) :]}
    assert rest
    assert {one["occurred_on"][:4] for one in rest.values()} == {"2024"}
    form = {"agency": uscc, "/year": "2025", "/disputed_event_ids": [contested.beyond], "do": "stay"}
    another = listed(desk.send("/record/file-appeal", form).text)
    assert another[contested.beyond]
    assert list(another)[:3] == late[::-1]


@pytest.mark.shows("art.20", "R33")
def test_an_appeal_begins_at_the_record_that_is_disputed(contested: Contested) -> None:
    """For the association and the agency itself, with the record chosen and the year; who may not has no such link."""
    world, page = contested.world, f"/agencies/{contested.hit}/events/{contested.beyond}"
    for desk in (Desk(world, Role.ASSOCIATION), Desk(world, Role.AGENCY, contested.hit)):
        (link,) = re.findall(r'href="(/record/file-appeal[^"]*)"', desk.shown(page))
        text = desk.shown_at(unescape(link))
        assert listed(text)[contested.beyond]
        assert 'name="/year" value="2024"' in text
    assert "/record/file-appeal" not in Desk(world, Role.COMMITTEE).shown(page)
    later = world.id_of("RecordLapse", contested.hit, item=4, occurred_on="2025-05-06")
    assert "/record/file-appeal" not in Desk(world, Role.ASSOCIATION).shown(f"/agencies/{contested.hit}/events/{later}")
