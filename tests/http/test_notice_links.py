"""签收 by a one-time link (R41): used once, with an end, taken back, replaced, gone with its notice; kept nowhere."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from starlette.testclient import TestClient

from api.application.delivering import signing_by_link
from domain.store.db.schema import metadata
from domain.values import Role, instant
from tests.http.dated import later
from tests.http.desk import Desk
from tests.http.test_form_pages import previewed
from tests.http.test_service_of_notices import path_of, waiting, warned_today
from tests.http.world import World, today


def linked(world: World, uscc: str, sent: str, **changes: Any) -> tuple[str, str]:
    """The page of a new link, and the id of the fact that gave it."""
    body = {"given_on": today(), "expires_on": "2099-12-31", **changes}
    made = world.must(world.association.post(path_of(uscc, sent, "links"), body))
    return str(made["page"]), str(made["ids"]["notice_link"])


def opened(world: World, page: str, **query: str) -> Any:
    world.client.cookies.clear()
    return world.client.get(page, params=query)


def signed(world: World, page: str, key: str = "k", **changes: str) -> Any:
    world.client.cookies.clear()
    return world.client.post(page, data={"signer": "林晓工", "key": key, **changes}, follow_redirects=False)


@pytest.mark.shows("art.17(2)", "R41")
def test_the_link_shows_the_notice_and_takes_one_acknowledgement(world: World) -> None:
    """What is acknowledged and by whom; recorded with way, name and link; the receipt; then nothing any more."""
    uscc, sent = warned_today(world)
    page, link = linked(world, uscc, sent)
    shown = opened(world, page)
    assert shown.status_code == 200
    for said in ("签收通知", "警示提醒", uscc, sent, "惠州市安恒安全技术服务有限公司", "不改变任何期限"):
        assert said in shown.text
    assert "Acknowledging says only that your firm has received this notice" in opened(world, page, lang="en").text
    assert shown.headers["referrer-policy"] == "strict-origin"
    assert "no-store" in shown.headers["cache-control"]
    done = signed(world, page)
    assert (done.status_code, done.headers["location"]) == (303, f"{page}?signed=yes")
    last = world.trail(uscc)[-1]
    assert (last["type"], last["occurred_on"], last["via"]) == ("NoticeAcknowledged", today(), "page")
    fact = {name: last["fact"][name] for name in ("sent_id", "way", "signer", "link_id")}
    assert fact == {"sent_id": sent, "way": "link", "signer": "林晓工", "link_id": link}
    assert last["actor_name"].startswith("签收通知的一次性链接")
    receipt = opened(world, page, signed="yes")
    assert receipt.status_code == 200
    assert "林晓工" in receipt.text
    assert last["id"] in receipt.text
    assert waiting(world, Role.AGENCY, uscc) == {}
    service = world.association.get(f"/v1/agencies/{uscc}/standing").json()["service"]
    assert [(one["state"], one["served_on"], one["way"]) for one in service] == [("acknowledged", today(), "link")]
    again = signed(world, page)  # the same form sent twice: its answer of the first time
    assert (again.status_code, again.headers["location"]) == (303, f"{page}?signed=yes")
    for used in (opened(world, page), signed(world, page, key="other")):
        assert used.status_code == 409
        assert f"这份通知已于 {today()} 签收" in used.text
    assert len([one for one in world.trail(uscc) if one["type"] == "NoticeAcknowledged"]) == 1


@pytest.mark.shows("R41")
def test_a_link_that_is_over_says_why_and_records_nothing(world: World) -> None:
    """Taken back; replaced; acknowledged by account meanwhile; its notice annulled."""
    uscc, sent = warned_today(world)
    first, _ = linked(world, uscc, sent)
    taken, link = linked(world, uscc, sent)
    world.done("AnnulEvent", uscc, event_id=link)
    before = len(world.trail(uscc))
    for answer in (opened(world, taken), signed(world, taken)):
        assert answer.status_code == 409, answer.text
        assert "这个链接已被协会收回" in answer.text
        assert "这一次没有登记任何内容" in answer.text
    for answer in (opened(world, first), signed(world, first)):
        assert "另发了新的链接，这一个已作废" in answer.text, "that the later one is taken back revives none"
        assert "请联系协会，由其另发链接" in answer.text
    third, _ = linked(world, uscc, sent)
    assert "另发了新的链接，这一个已作废" in signed(world, first).text
    assert len(world.trail(uscc)) == before + 1
    own = world.person(Role.AGENCY, uscc)
    by_account = world.must(own.post(path_of(uscc, sent, "acknowledgement"), {"acknowledged_on": today()}))
    assert f"这份通知已于 {today()} 签收" in signed(world, third).text
    world.done("AnnulEvent", uscc, event_id=by_account["events"][0]["id"])
    assert opened(world, third).status_code == 200
    world.done("AnnulEvent", uscc, event_id=sent)
    for answer in (opened(world, third), signed(world, third)):
        assert answer.status_code == 409
        assert "这份通知已撤销，不必签收" in answer.text
    assert "NoticeAcknowledged" not in [one["type"] for one in world.trail(uscc) if one["counts"]]


@pytest.mark.shows("R41")
def test_a_link_ends_with_its_last_day(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """On its last day it can be used, the day after it cannot; one that is dead at once is refused."""
    uscc, sent = warned_today(world)
    last = today()
    page, _ = linked(world, uscc, sent, expires_on=last)
    assert opened(world, page).status_code == 200
    before = len(world.trail(uscc))
    with later(world, 1):
        monkeypatch.setattr(signing_by_link, "now", lambda: instant(datetime.now(UTC) + timedelta(days=1)))
        for answer in (opened(world, page), signed(world, page)):
            assert answer.status_code == 409
            assert f"这个链接已于 {last} 过期" in answer.text
    dead = world.association.post(path_of(uscc, sent, "links"), {"given_on": last, "expires_on": "2024-06-21"})
    assert (dead.status_code, dead.json()["errors"][0]["pointer"]) == (422, "/expires_on")
    assert len(world.trail(uscc)) == before


@pytest.mark.shows("R41")
def test_the_secret_stands_nowhere_and_cannot_be_guessed(own_world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """A retry gives the same address; no row and no line of the log holds it; a changed one is none."""
    world = own_world
    uscc, sent = warned_today(world)
    path, body = path_of(uscc, sent, "links"), {"given_on": today(), "expires_on": "2099-12-31"}
    first = world.association.post(path, body, Idempotency_Key="k")
    assert first.content == world.association.post(path, body, Idempotency_Key="k").content
    page = first.json()["page"]
    secret = page.rpartition("/")[2]
    mac = secret.rpartition(".")[2]
    assert len(mac) == 43
    opened(world, page)
    with world.service.ledger.reading() as reader:
        for table in metadata.sorted_tables:
            for row in reader.connection.execute(table.select()):
                assert mac not in str([bytes(one) if isinstance(one, memoryview) else one for one in row])
    printed = capsys.readouterr()
    assert mac not in printed.out + printed.err
    assert "/acknowledge/{secret}" in printed.out + printed.err
    swapped = ("A" if mac[0] != "A" else "B") + mac[1:]
    for wrong in (secret[:-1], secret.replace(mac, swapped), f"{sent}.{mac}", "x", "键", "a" * 5000):
        assert opened(world, f"/acknowledge/{wrong}").status_code == 404
        assert signed(world, f"/acknowledge/{wrong}").status_code == 404


@pytest.mark.shows("R41")
def test_of_two_who_sign_at_once_one_does(own_world: World) -> None:
    """Under the agency's lock: one acknowledgement is recorded, the other hears that it was."""
    world = own_world
    uscc, sent = warned_today(world)
    page, _ = linked(world, uscc, sent)

    def sign(number: int) -> int:
        with_own = TestClient(world.client.app, base_url="http://testserver")
        data = {"signer": f"林工{number}", "key": str(number)}
        return int(with_own.post(page, data=data, follow_redirects=False).status_code)

    with ThreadPoolExecutor(4) as pool:
        answers = sorted(pool.map(sign, range(4)))
    assert answers == [303, 409, 409, 409]
    assert len([one for one in world.trail(uscc) if one["type"] == "NoticeAcknowledged"]) == 1


@pytest.mark.shows("R41")
def test_without_a_name_nothing_is_signed_and_the_form_keeps_what_was_typed(world: World) -> None:
    """The field is named in words; a name of spaces is none; another language keeps the name."""
    uscc, sent = warned_today(world)
    page, _ = linked(world, uscc, sent)
    before = len(world.trail(uscc))
    empty = signed(world, page, signer="  ")
    assert empty.status_code == 422
    assert 'aria-invalid="true"' in empty.text
    switched = signed(world, f"{page}?lang=en", signer="林晓工", act="stay")
    assert switched.status_code == 200
    assert "林晓工" in switched.text
    assert len(world.trail(uscc)) == before


@pytest.mark.shows("R41")
def test_the_desk_gives_a_link_on_its_page_and_it_is_shown_once(world: World) -> None:
    """From the list of notices to the form, the receipt with the address; a second look shows none."""
    uscc, sent = warned_today(world)
    desk = Desk(world, Role.ASSOCIATION)
    assert f"/record/give-notice-link?uscc={uscc}&amp;id={sent}" in desk.shown("/todo/notices", status="sent", q=uscc)
    fields = {"agency": uscc, "id": sent, "/given_on": today(), "/expires_on": "2099-12-31"}
    receipt = desk.followed("/record/give-notice-link", {**previewed(desk, "give-notice-link", fields), "do": "record"})
    assert "一次性签收链接" in receipt.text
    (page,) = set(re.findall(r"/acknowledge/[A-Za-z0-9_.-]+", receipt.text))
    assert page not in desk.shown_at(receipt.url.path)
    assert signed(world, page).status_code == 303


@pytest.mark.shows("R41")
def test_a_used_link_stays_used_when_its_acknowledgement_is_annulled(world: World) -> None:
    """Whoever signed in another's place cannot do it again: it takes another link."""
    uscc, sent = warned_today(world)
    page, _ = linked(world, uscc, sent)
    assert signed(world, page).status_code == 303
    world.done("AnnulEvent", uscc, event_id=world.trail(uscc)[-1]["id"])
    for answer in (opened(world, page), opened(world, page, signed="yes"), signed(world, page, key="other")):
        assert answer.status_code == 409, answer.text
        assert "这个链接已经用过" in answer.text
    assert waiting(world, Role.AGENCY, uscc) == {"acknowledgement": f"acknowledgement:{sent}"}
    assert signed(world, linked(world, uscc, sent)[0]).status_code == 303


@pytest.mark.shows("R39", "R41")
def test_a_link_that_was_taken_back_shows_its_receipt_to_nobody(world: World) -> None:
    """The acknowledgement stands; who has the link reads no name any more."""
    uscc, sent = warned_today(world)
    page, link = linked(world, uscc, sent)
    assert signed(world, page).status_code == 303
    assert "林晓工" in opened(world, page, signed="yes").text
    world.done("AnnulEvent", uscc, event_id=link)
    shown = opened(world, page, signed="yes")
    assert (shown.status_code, "林晓工" in shown.text) == (409, False)
    assert f"这份通知已于 {today()} 签收" in shown.text


@pytest.mark.shows("R18", "R41")
def test_a_correction_is_acknowledged_by_its_link_as_any_notice(world: World) -> None:
    """What was sent and rests on nothing any more is corrected: the agency signs for that too, in both languages."""
    uscc, _ = warned_today(world)
    upheld = next(one["id"] for one in world.trail(uscc) if one["type"] == "ComplaintUpheld")
    world.done("AnnulEvent", uscc, event_id=upheld)
    due = world.association.get("/v1/notices", limit=500, q=uscc).json()["items"]
    correction = next(one["id"] for one in due if one["kind"] == "correction" and one["recipient"] == "agency")
    sent = str(world.done("SendNotice", uscc, correction, sent_on=today())["events"][0]["id"])
    page, _ = linked(world, uscc, sent)
    shown = opened(world, page)
    assert (shown.status_code, "更正" in shown.text) == (200, True)
    assert "correction" in opened(world, page, lang="en").text
    assert signed(world, page).status_code == 303
    assert opened(world, page, signed="yes").status_code == 200
