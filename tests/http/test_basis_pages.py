"""A basis that cannot be asked on, or that lies before or beside the facts: what pages say, and what they lead to."""

from __future__ import annotations

import re

import pytest

from domain.values import Role
from tests.http.desk import Desk
from tests.http.world import World, today


@pytest.mark.parametrize(
    ("query", "field", "typed", "said"),
    [
        ("known_at=log:99999999", "basis-exact", "log:99999999", "log:99999999"),
        ("known_at=version:99", "basis-exact", "version:99", "version:"),
        ("as_of=2024-6-30", "basis-as-of", "2024-6-30", "日期须"),
        ("known_at=2999-01-01T00:00:00Z", "basis-exact", "2999-01-01T00:00:00Z", "晚于现在"),
        ("known_at=2999-01-01T00:00:00.000000Z", "basis-local", "2999-01-01T08:00:00", "晚于现在"),
        ("known_at=%3Cb%3E", "basis-exact", "&lt;b&gt;", "known_at"),
    ],
)
def test_a_wrong_basis_is_said_beside_its_field(world: World, query: str, field: str, typed: str, said: str) -> None:
    """422 with the form, what was typed and the way back to now; not with the name of a parameter for people."""
    desk, uscc = Desk(world, Role.AUDITOR), world.filed()
    response = desk.client.get(f"/agencies/{uscc}?from=2024-01-01&{query}")
    assert response.status_code == 422
    main = response.text[response.text.index("<main") :]
    control = re.search(rf'<input id="{field}"[^>]*>', main)
    assert control is not None
    assert f'value="{typed}"' in control[0]
    assert 'aria-invalid="true"' in control[0]
    assert said in main.split('class="field-problem"')[1]
    assert "?as_of" not in main.split("<form")[0]
    assert main.count("field-problem") == 1
    back = re.search(r'<a href="(/basis\?to=[^"]*)">回到今天、现在</a>', main)
    assert back is not None
    there = desk.client.get(back[1]).headers["location"]
    assert there == f"/agencies/{uscc}?from=2024-01-01"
    assert desk.client.get(there).status_code == 200


def test_what_is_wrong_beside_the_basis_is_a_page_of_its_own(world: World) -> None:
    """Another parameter, or a public page, which has no basis: the page of the refusal as before."""
    desk = Desk(world, Role.AUDITOR)
    for address in (f"/agencies/{world.filed()}?known_at=x&nonsense=1", "/register?as_of=x"):
        response = desk.client.get(address)
        assert response.status_code == 422
        assert "basis-exact" not in response.text


def test_before_its_first_record_an_agency_was_not_known(world: World) -> None:
    """404 that says so and leads to now; the code is not to be checked. One that does not exist is told as before."""
    uscc, desk = world.filed(), Desk(world, Role.AUDITOR)
    for tail in ("standing", "events"):
        problem = world.association.get(f"/v1/agencies/{uscc}/{tail}", known_at="log:1")
        assert problem.status_code == 404
        assert problem.json()["type"] == "/problems/not-found"
        assert problem.json()["detail"] == f"在所问的时点，台账里还没有机构 {uscc} 的记录"
    response = desk.get(f"/agencies/{uscc}", known_at="log:1")
    assert response.status_code == 404
    assert "had no record of the agency" in response.text
    back = re.search(r'<a href="(/basis\?to=[^"]*)">按今天、现在所知查看</a>', response.text)
    assert back is not None
    assert desk.client.get(back[1]).headers["location"] == f"/agencies/{uscc}"
    assert "核对代码" in desk.get(f"/agencies/{'91441300MA4X2Y7K15'}").text


def test_only_a_day_to_come_is_said_to_be_to_come(world: World) -> None:
    """As of today by what was known before: projected, but not because the day is still to come."""
    uscc, desk = world.assessed(), Desk(world, Role.AUDITOR)
    world.done("RecordLapse", uscc, occurred_on=today())
    past = "2024-06-30T00:00:00.000000Z"
    late = desk.get("/agencies", known_at=past)
    assert "推算：晚于所知时刻" in late.text
    assert "该日尚未到来" not in late.text
    assert "预测：该日尚未到来" in desk.shown("/agencies", as_of="2100-01-01")


def test_what_is_shown_as_known_now_leads_to_records_as_known_now(world: World) -> None:
    """An impact, an appeal, a worklist do not take the basis of the address: the records they name are there."""
    desk = Desk(world, Role.ASSOCIATION)
    for address in (f"/impacts/{world.impact()}", f"/appeals/{world.appeal()}", "/todo/impacts"):
        text = desk.shown(address, known_at="log:1")
        records = re.findall(r'href="(/agencies/[^"]*/events/[^"]*)"', text)
        assert records, address
        for one in dict.fromkeys(records):
            assert desk.client.get(one.replace("&amp;", "&")).status_code == 200, one
