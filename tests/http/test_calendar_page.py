"""A year's holidays on a page: looked at first, adopted by one event, deadlines of art.12 follow; bad input of each."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest

from domain.events import CalendarAdopted
from domain.values import LEDGER_STREAM, Role
from projections.rebuild.inspect_rows import check
from tests.http.desk import Desk, fields_of
from tests.http.world import World, today

HERE = "/admin/calendar"
NEXT = int(today()[:4]) + 1
NOTICE = "国办发明电〔2026〕7 号"
DAYS = "元旦：1月1日（周五）至3日\n春节：2月5日至11日"


def adopted(world: World) -> list[CalendarAdopted]:
    with world.service.ledger.reading() as reader:
        return [one for one in reader.events(LEDGER_STREAM) if isinstance(one, CalendarAdopted)]


def arrangement(world: World, year: int, more: str = "") -> dict[str, Any]:
    """A known year as it stands, with more days off, as the form sends it."""
    days = adopted(world)[-1].content["years"][str(year)]
    written = {"holidays": "、".join([*days["holidays"], more]), "workdays": " ".join(days["workdays"])}
    return {"year": str(year), "source": NOTICE, **written}


def looked(desk: Desk, given: dict[str, Any]) -> tuple[str, dict[str, str]]:
    """The preview, and what adopting what it shows sends."""
    shown = desk.send(HERE, {**given, "act": "preview"})
    assert shown.status_code == 200, shown.text
    hidden = fields_of(shown.text)
    return shown.text, {**given, "act": "adopt", "seen": hidden["seen"], "against": hidden["against"]}


def rows_differ(world: World) -> int:
    url = world.service.ledger.engine.url.render_as_string(hide_password=False)
    return check(url, jobs=1, progress=lambda *_: None, report=lambda one: pytest.fail(str(one))).differences


@pytest.mark.shows("R2", "art.12")
def test_a_year_is_looked_at_and_adopted_once(own_world: World) -> None:
    """The set-up leads there; the preview changes nothing; then the year is known, by whom stands in the event."""
    desk, before = Desk(own_world, Role.ADMIN), adopted(own_world)
    assert HERE in desk.shown("/admin")
    assert HERE in desk.shown("/setup", step="calendar")
    given = {"year": str(NEXT), "holidays": DAYS, "workdays": "", "source": NOTICE}
    text, sent = looked(desk, given)
    assert "采用后会改变什么" in text
    assert "春节：2月5日至11日" in text, "what was typed is kept"
    assert adopted(own_world) == before
    done = desk.send(HERE, sent)
    assert (done.status_code, done.headers["location"]) == (303, f"{HERE}?done={NEXT}")
    *_, made = adopted(own_world)
    assert len(made.content["years"][str(NEXT)]["holidays"]) == 10
    assert (made.via, NOTICE in made.content["source"]) == ("page", True)
    with own_world.service.ledger.reading() as reader:
        law = reader.law(made.recorded_at)
    assert law is not None
    assert not law.calendar.is_working_day(date(NEXT, 2, 8))
    assert f"已采用 {NEXT} 年" in desk.shown(HERE, done=NEXT)
    assert desk.send(HERE, sent).status_code == 303, "the same once more is done already"
    assert "没有一天会改变" in looked(desk, given)[0]
    assert len(adopted(own_world)) == len(before) + 1


@pytest.mark.shows("R2", "R3", "art.12")
def test_days_gone_by_move_deadlines_which_is_shown_and_confirmed(own_world: World) -> None:
    """A report that was late is in time: told before, only after a tick, without naming the agency; the rows follow."""
    late, other = own_world.filed(), own_world.filed()
    own_world.done("ReportChange", late, changed_on="2024-04-24", reported_on="2024-05-07")
    own_world.done("ReportChange", other, changed_on="2024-06-03", reported_on="2024-06-30")

    def conduct(uscc: str) -> str:
        path = f"/v1/agencies/{uscc}/sheets/2024"
        return str(own_world.association.get(path, as_of="2024-12-31").json()["categories"][0]["points"])

    before = conduct(late), conduct(other)
    desk = Desk(own_world, Role.ADMIN)
    text, sent = looked(desk, arrangement(own_world, 2024, "5月6日"))
    for said in ("已经过去", "2024年5月6日（星期一） → 2024年5月7日（星期二）", "其中 1 项是否逾期随之改变"):
        assert said in text, said
    assert late not in text
    refused = desk.send(HERE, sent)
    assert (refused.status_code, 'id="looked-problem"' in refused.text) == (409, True)
    assert len(adopted(own_world)) == 1
    assert desk.send(HERE, {**sent, "looked": "yes"}).status_code == 303
    assert float(conduct(late)) > float(before[0])
    assert conduct(other) == before[1]
    assert rows_differ(own_world) == 0


@pytest.mark.parametrize(
    ("changes", "field", "said"),
    [
        pytest.param({"holidays": "明天"}, "holidays", "看不懂“明天”", id="no day"),
        pytest.param({"holidays": ""}, "holidays", "没有填写任何休息日", id="none"),
        pytest.param({"holidays": "1月1日、1月1日"}, "holidays", "写了两次", id="twice"),
        pytest.param({"holidays": "2月30日"}, "holidays", "没有“2月30日”这一天", id="no such day"),
        pytest.param({"holidays": "1月3日至1日"}, "holidays", "末日早于首日", id="backwards"),
        pytest.param({"holidays": "2020-12-31 至 1月1日"}, "holidays", f"不在 {NEXT} 年度内", id="another year"),
        pytest.param({"holidays": "1" * 4001}, "holidays", "超过 4000 个字符", id="too long"),
        pytest.param({"workdays": "1月1日"}, "workdays", "既是休息日又是上班日", id="both"),
        pytest.param({"year": "1999"}, "year", "年度须在 2021 至", id="early"),
        pytest.param({"year": "二〇二七"}, "year", "年度须在 2021 至", id="no number"),
        pytest.param({"source": " "}, "source", "", id="no notice"),
    ],
)
def test_wrong_days_are_refused_at_their_field(
    module_world: World, changes: dict[str, str], field: str, said: str
) -> None:
    """422 naming the field; nothing is adopted, and everything typed is kept."""
    desk = Desk(module_world, Role.ADMIN)
    given = {"year": str(NEXT), "holidays": DAYS, "workdays": "", "source": NOTICE, **changes}
    for act in ("preview", "adopt"):
        refused = desk.send(HERE, {**given, "act": act})
        assert (refused.status_code, f'id="{field}-problem"' in refused.text) == (422, True), refused.text
        assert said in refused.text
        assert re.sub(r"\s", "", given["holidays"][:40]) in re.sub(r"\s", "", refused.text)
    assert len(adopted(module_world)) == 1


def test_what_was_not_looked_at_is_not_adopted(own_world: World) -> None:
    """Changed after the preview, or another calendar adopted meanwhile: shown again, nothing is adopted unseen."""
    desk, other = Desk(own_world, Role.ADMIN), Desk(own_world, Role.ADMIN)
    given = {"year": str(NEXT), "holidays": DAYS, "workdays": "", "source": NOTICE}
    _, sent = looked(desk, given)
    changed = desk.send(HERE, {**sent, "holidays": DAYS + "\n10月1日"})
    assert (changed.status_code, "请重新核对" in changed.text) == (409, True)
    _, theirs = looked(other, {**given, "holidays": "1月1日"})
    assert other.send(HERE, theirs).status_code == 303
    assert desk.send(HERE, sent).status_code == 409
    assert len(adopted(own_world)) == 2
    switched = desk.send(HERE, {**given, "act": "stay"})
    assert (switched.status_code, "春节：2月5日至11日" in switched.text) == (200, True)


def test_only_the_administrator_gets_there(module_world: World) -> None:
    """By address and by form."""
    for role in (Role.ASSOCIATION, Role.REGULATOR, Role.AUDITOR):
        desk = Desk(module_world, role)
        assert desk.get(HERE).status_code == 403
        assert desk.send(HERE, {"act": "adopt", "year": str(NEXT), "holidays": DAYS}).status_code == 403
