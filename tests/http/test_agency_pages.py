"""The pages of one agency on both databases: what stands, the timeline of any stretch, the replay; rights, escaping."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest

from api.web.frame.field_names import EVENTS
from domain.values import Role
from tests.http.dated import DatedWorld
from tests.http.desk import Desk
from tests.http.test_pages import HOSTILE
from tests.http.world import World, body_of, new_uscc

NAME = "惠州市长历安全技术服务有限公司"


class Story:
    """An agency with a warning, lapses, an annulled complaint and a late fact, and somebody who looks at it."""

    def __init__(self, world: World, name: str = NAME) -> None:
        self.world, self.uscc = world, new_uscc()
        world.must(world.association.post("/v1/agencies", {**body_of("FileAgency"), "uscc": self.uscc, "name": name}))
        world.done("DecideFiling", self.uscc)
        world.assessed(self.uscc)
        self.upheld = world.upheld(self.uscc, "2024-05-06", "2024-11-20")
        self.wrong = world.upheld(self.uscc, "2024-08-01")[0]
        self.lapse = world.id_of("RecordLapse", self.uscc, occurred_on="2024-04-02")
        self.annulment = world.done("AnnulEvent", self.uscc, event_id=self.wrong, annulled_on="2024-09-02")["events"][0]
        self.late = world.id_of("RecordLapse", self.uscc, occurred_on="2024-03-04")
        self.path = f"/agencies/{self.uscc}"
        self.count = len(world.trail(self.uscc))


@pytest.fixture
def story(world: World) -> Story:
    """One for a test."""
    return Story(world)


def main_of(text: str) -> str:
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text[text.index("<main") : text.index("</main>")])))


def marks_of(text: str) -> list[tuple[str, str]]:
    """Address and title of every mark of the picture."""
    svg = text[text.index('class="tl-svg"') : text.index("</svg>", text.index('class="tl-svg"'))]
    return re.findall(r'<a href="([^"]+)"[^>]*><title>([^<]*)</title>', svg)


def test_what_stands_is_what_the_api_says(world: World, story: Story) -> None:
    """Tier with its days, score with its parts, bad records, filing, each with a link to what it rests on."""
    desk = Desk(world, Role.REGULATOR)
    standing = world.regulator.get(f"/v1{story.path}/standing", as_of="2024-12-31").json()
    text = desk.shown(story.path, as_of="2024-12-31")
    said = main_of(text)
    assert NAME in said
    assert "警示提醒" in said
    assert f"{standing['sanction']['since']} 起" in said
    assert standing["assessment"]["total"] in said
    for part in ("conduct", "quality", "effect", "honours"):
        assert f"/sheets/2024?as_of=2024-12-31#{part}" in text
        assert standing["assessment"][part] in said
    for event in standing["sanction"]["events"]:
        assert f"{story.path}/events/{event}?as_of=2024-12-31" in text
    english = main_of(desk.shown(story.path, as_of="2024-12-31", lang="en"))
    assert "Sanction tier" in english
    assert "warned" in english


def test_the_picture_has_every_fact_of_the_stretch_as_a_link(world: World, story: Story) -> None:
    """Facts lead to their records, those of one day to its replay; what is annulled is struck through."""
    desk = Desk(world, Role.AUDITOR)
    text = desk.shown(story.path, **{"from": "2024-04-01", "to": "2024-04-05"})
    marks = dict(marks_of(text))
    assert marks[f"{story.path}/events/{story.lapse}"] == "2024-04-02 服务规范扣分"
    text = desk.shown(story.path, **{"from": "2024-09-01", "to": "2024-09-05"})
    assert any(story.annulment["id"] in address for address, _ in marks_of(text))
    text = desk.shown(story.path, **{"from": "2024-07-25", "to": "2024-08-10"})
    gone = [title for address, title in marks_of(text) if "2024-08-01" in title]
    assert any("已撤销" in title for title in gone)
    text = desk.shown(story.path, **{"from": "2024-01-01", "to": "2024-12-31"})
    titles = [title for _, title in marks_of(text)]
    assert any("记录备案" in title for title in titles)
    assert any(title.startswith("2024-11-20") and "警示提醒" in title for title in titles)
    assert 'role="group"' in text
    course = world.regulator.get(f"/v1{story.path}/course", from_="2024-01-01", to="2024-12-31").json()
    assert len(titles) == len(course["marks"]) + sum(one["tier"] != "none" for one in course["tiers"])


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_score_of_the_last_day_is_never_shown_as_the_result_of_the_year(own_world: World, language: str) -> None:
    """Effect scores of January count for the year before (R20): its line ends earlier, and says so.

    Beside it stand the sheet as of the basis, and, once published, the result; in the label, title and description.
    """
    uscc, client = own_world.assessed(), {"uscc": new_uscc(), "name": "惠州市甲化工有限公司"}
    own_world.done("StartProject", uscc, client=client)
    own_world.done("ScoreEffect", uscc, client=client, value="20", scored_on="2025-01-20")
    year = {"from": "2024-01-01", "to": "2024-12-31", "lang": language}
    desk = Desk(own_world, Role.REGULATOR)
    at_end, then = (
        own_world.regulator.get(f"/v1/agencies/{uscc}/sheets/2024", as_of=day).json()
        for day in ("2024-12-31", "2025-02-01")
    )
    assert at_end["total"] != then["total"]
    zh = language == "zh"
    end = f"年末时 {at_end['total']}" if zh else f"{at_end['total']} qualified at the year's end"
    sheet = "2025-02-01 的打分表 " if zh else "sheet of 2025-02-01 "
    told = said_of_scores(desk.shown(f"/agencies/{uscc}", as_of="2025-02-01", **year))
    assert all(end in one and sheet + then["total"] in one for one in told)
    assert len(told) == 3
    own_world.publish()
    result = "公布结果 " if zh else "published result "
    told = said_of_scores(desk.shown(f"/agencies/{uscc}", as_of="2025-03-31", **year))
    assert all(end in one and result + then["total"] in one and "2025-03-31" not in one for one in told)
    assert len(told) == 3
    running = said_of_scores(desk.shown(f"/agencies/{uscc}", **{**year, "as_of": "2024-06-30", "to": "2024-06-30"}))
    assert all(("截至 2024-06-30" if zh else "up to 2024-06-30") in one and end not in one for one in running)
    assert len(running) == 3


def said_of_scores(text: str) -> list[str]:
    """What the picture says of scores: in its description, in the titles of its lines, in the labels at their ends."""
    svg = text[text.index('class="tl-svg"') : text.index("</svg>", text.index('class="tl-svg"'))]
    found = re.findall(r'<desc[^>]*>([^<]*)|<g class="tl-score"><title>([^<]*)|class="tl-end">([^<]*)', svg)
    return [unescape("".join(one)) for one in found]


def test_the_published_result_is_that_of_the_basis_whatever_stretch_is_shown(dated_world: DatedWorld) -> None:
    """The latest result by `as_of`, with the end of its time for appeals; none before it was published."""
    uscc = dated_world.appealable()
    desk = Desk(dated_world, Role.REGULATOR)
    stretch = {"from": "2025-02-01", "to": "2025-02-28"}
    assert "异议期已于" in main_of(desk.shown(f"/agencies/{uscc}", **stretch))
    assert "尚未公布" in main_of(desk.shown(f"/agencies/{uscc}", as_of="2025-12-31", **stretch))


def test_a_band_and_a_change_lead_to_the_replay_of_their_day(world: World, story: Story) -> None:
    """What changed and when stands in a table of at most twenty rows, whose days open the replay."""
    desk = Desk(world, Role.REGULATOR)
    text = desk.shown(story.path, **{"from": "2024-01-01", "to": "2024-12-31"})
    changes = text[text.index('id="changes"') :]
    assert changes.count('<tr role="row">') <= 21
    assert f"{story.path}/replay?day=2024-11-20" in changes
    assert "警示提醒" in changes
    empty = desk.shown(story.path, **{"from": "2019-01-01", "to": "2019-01-31"})
    assert "这段时间状态没有变化" in empty
    assert "看全部历史" in empty


def test_links_lead_to_other_stretches_on_the_same_basis(world: World, story: Story) -> None:
    """A week, a month ..., earlier, later, closer, wider: all keep what is known and as of when."""
    query = {"from": "2024-05-01", "to": "2024-05-31", "as_of": "2024-12-31", "known_at": f"version:{story.count}"}
    text = Desk(world, Role.COMMITTEE).shown(story.path, **query)
    nav = text[text.index('class="tl-spans"') : text.index("</nav>", text.index('class="tl-spans"'))]
    addresses = [unescape(one) for one in re.findall(r'href="([^"]+)"', nav)]
    assert len(addresses) == 10
    assert all(f"as_of=2024-12-31&known_at=version%3A{story.count}" in one for one in addresses)
    assert any("from=2024-05-25&to=2024-05-31" in one for one in addresses)
    assert any("from=2024-03-31&to=2024-04-30" in one for one in addresses)
    assert 'aria-current="true">一个月' in nav
    for one in addresses:
        assert Desk(world, Role.COMMITTEE).get(one).status_code == 200


def test_the_script_gets_the_part_that_another_stretch_changes(world: World, story: Story) -> None:
    """The same timeline as in the page, without the frame."""
    desk = Desk(world, Role.REGULATOR)
    query = {"from": "2024-01-01", "to": "2024-12-31"}
    whole, part = desk.shown(story.path, **query), desk.shown(story.path, part="timeline", **query)
    assert "<html" not in part
    assert part[part.index("<section") : part.index("</svg>")] in whole


def test_the_replay_by_day_says_what_changed_and_why(world: World, story: Story) -> None:
    """The first step by default; the day of the warning with tier and score before and after; links to both sides."""
    desk = Desk(world, Role.REGULATOR)
    text = desk.shown(f"{story.path}/replay", day="2024-11-20")
    said = main_of(text)
    assert "2024年11月20日" in said
    assert re.search(r"记录备案\s*→\s*变为\s*②\s*警示提醒", said)
    assert "投诉查实" in said
    assert f"{story.path}/events/{story.upheld[1]}" in text
    assert story.upheld[1] not in said
    steps, day = [], ""
    while True:
        text = desk.shown(f"{story.path}/replay", **({"day": day} if day else {}))
        steps.append(re.search(r'data-step="([^"]+)"', text)[1])  # type: ignore[index]
        following = re.search(r'data-go="next" href="[^"]*day=([0-9-]+)"', text)
        if following is None:
            break
        day = following[1]
    changed = world.regulator.get(f"/v1{story.path}/timeline", from_="2024-01-07").json()["items"]
    assert steps == [one["date"] for one in changed]
    assert "第 1 步" in main_of(desk.shown(f"{story.path}/replay"))
    with_facts = desk.shown(f"{story.path}/replay", day="2024-08-01", halt="facts")
    assert "<del>投诉查实</del>" in with_facts
    assert "halt=facts" in with_facts


def test_the_replay_by_record_shows_the_late_and_the_annulled_in_their_order(world: World, story: Story) -> None:
    """The wrong complaint raises the tier, its annulment takes that back, a lapse that came late costs points."""
    desk, numbers = Desk(world, Role.REGULATOR), {one["id"]: one["version"] for one in world.trail(story.uscc)}
    first = main_of(desk.shown(f"{story.path}/replay", by="record"))
    assert "第 1 条记录" in first
    assert "此前没有状态" in first
    wrong = desk.shown(
        f"{story.path}/replay", by="record", version=str(numbers[story.wrong]), as_of="2024-12-31", on="today"
    )
    assert "黑名单" in main_of(wrong)
    back = desk.shown(
        f"{story.path}/replay", by="record", version=str(numbers[story.annulment["id"]]), as_of="2024-12-31", on="today"
    )
    assert re.search(r"黑名单\s*→\s*变为\s*②\s*警示提醒", main_of(back))
    assert f"{story.path}/events/{story.wrong}" in back
    late = desk.shown(f"{story.path}/replay", by="record", version=str(story.count))
    assert "按 2024-03-04 当天看" in main_of(late)
    assert 'data-go="next" role="link" aria-disabled="true"' in late
    beyond = desk.shown(f"{story.path}/replay", by="record", version="99999")
    assert f"第 {story.count} 条记录" in main_of(beyond)


def test_only_who_may_read_the_agency_sees_its_pages(world: World, story: Story) -> None:
    """The agency itself; another's is 404 like one that does not exist; clients no; nobody unless signed in."""
    other = world.filed()
    own = Desk(world, Role.AGENCY, story.uscc)
    for tail in ("", "/replay"):
        assert own.get(story.path + tail).status_code == 200
        assert own.get(f"/agencies/{other}{tail}").status_code == 404
        assert own.get(f"/agencies/{new_uscc()}{tail}").status_code == 404
        assert Desk(world, Role.CLIENT, other).get(story.path + tail).status_code == 403
        assert Desk(world, Role.ADMIN).get(story.path + tail).status_code == 403
        response = world.client.get(story.path + tail, follow_redirects=False)
        assert response.headers["location"].startswith("/sign-in?next=")
    assert "/record/file-appeal" in own.shown(story.path)
    assert "/record/record-lapse" not in own.shown(story.path)
    assert "/record/record-lapse" in Desk(world, Role.ASSOCIATION).shown(story.path)
    assert "/record" not in Desk(world, Role.AUDITOR).shown(story.path)


def test_a_hostile_name_is_only_a_name(world: World) -> None:
    """Scripts, marks of direction and 300 characters stand escaped and isolated, in page, picture and replay."""
    hostile = Story(world, HOSTILE)
    desk = Desk(world, Role.REGULATOR)
    for path in (hostile.path, f"{hostile.path}/replay"):
        text = desk.shown(path)
        assert "<script>alert" not in text
        assert "<bdi>&lt;script&gt;alert(1)" in text
        assert not re.search(r"\sstyle=|\son[a-z]+=|<style|<script>", text)


@pytest.mark.parametrize(
    "query",
    [
        {"from": "x"},
        {"to": "2024-02-30"},
        {"from": "2024-05-02", "to": "2024-05-01"},
        {"as_of": "never"},
        {"known_at": "version:999999"},
        {"part": "x"},
        {"nonsense": "1"},
        {"as_of": "never", "part": "timeline"},
        {"from": "1989-12-31", "to": "2024-01-01"},
    ],
)
def test_what_cannot_be_asked_is_refused_in_words(world: World, story: Story, query: dict[str, str]) -> None:
    """422 as a page, in both languages, never an error of ours."""
    response = Desk(world, Role.REGULATOR).get(story.path, **query)
    assert response.status_code == 422
    assert "<h1" in response.text


def test_the_far_ends_of_time_can_be_shown(world: World, story: Story) -> None:
    """The first and last day that can be asked about: every link stays within them."""
    desk = Desk(world, Role.REGULATOR)
    for query in ({"from": "1990-01-01", "to": "1990-01-02"}, {"from": "1990-01-01", "to": "2200-12-31"}):
        text = desk.shown(story.path, **query)
        nav = text[text.index('class="tl-spans"') : text.index("</nav>", text.index('class="tl-spans"'))]
        for address in re.findall(r'href="([^"]+)"', nav):
            assert desk.get(unescape(address)).status_code == 200
    for day in ("1990-01-01", "2200-12-31"):
        assert desk.get(f"{story.path}/replay", day=day).status_code == 200


def test_every_kind_of_mark_has_a_name(world: World, story: Story) -> None:
    """The lanes know every kind of fact that the words know, if only among the others."""
    course: dict[str, Any] = world.regulator.get(f"/v1{story.path}/course").json()
    kinds = {kind for one in course["marks"] for kind in one["kinds"]} - {"lapse"}
    assert kinds <= set(EVENTS)


def test_styles_and_scripts_come_compressed_to_who_takes_it(world: World) -> None:
    """Gzip where it is named, plain where it is refused; the same content under the same address."""
    packed = world.client.get("/assets/timeline.js", headers={"Accept-Encoding": "br, gzip"})
    plain = world.client.get("/assets/timeline.js", headers={"Accept-Encoding": "gzip;q=0, identity"})
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert packed.content == plain.content
    assert packed.headers["vary"] == plain.headers["vary"] == "Accept-Encoding"


def test_the_certificate_is_a_file_for_who_may_see_the_agency(story: Story) -> None:
    """From a session, at the basis of the page; an agency gets its own and nobody else's."""
    desk = Desk(story.world, Role.AGENCY, story.uscc)
    assert f'href="{story.path}?as_of=2024-12-31&amp;as=certificate" download' in desk.shown(
        story.path, as_of="2024-12-31"
    )
    found = desk.get(story.path, **{"as_of": "2024-12-31", "as": "certificate"})
    assert found.headers["content-disposition"].startswith(f'attachment; filename="certificate-{story.uscc}-2024-12-31')
    assert (found.json()["uscc"], found.json()["as_of"]) == (story.uscc, "2024-12-31")
    other = Desk(story.world, Role.AGENCY, story.world.filed())
    assert other.get(story.path, **{"as": "certificate"}).status_code == 404


def test_the_hints_of_one_agency_are_a_list_of_their_own(story: Story) -> None:
    """The page of an agency leads to its hints, which name nobody else and lead back to the whole district."""
    desk = Desk(story.world, Role.ASSOCIATION)
    assert f'href="/todo/hints?uscc={story.uscc}"' in desk.shown(story.path)
    text = desk.shown("/todo/hints", uscc=story.uscc, status="all")
    assert f"只列一家机构的线索： {NAME}" in main_of(text)
    assert f'name="uscc" value="{story.uscc}"' in text
    assert set(re.findall(r'<th scope="row"[^>]*><a href="/agencies/(\w+)"', text)) <= {story.uscc}
