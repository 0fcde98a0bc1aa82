"""The association confirms how the Measures are read: pages, sheets and papers follow, at every basis (art.28, R4)."""

from __future__ import annotations

import hashlib
import io
import json
import re
import zipfile
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from html import unescape
from pathlib import Path
from typing import Any
from uuid import uuid4

import pypdfium2
import pytest

from api.application.background.checkpoint_signer import proven_up
from domain.events import Evidence, ReadingConfirmed
from domain.measures.rulebook.confirmations import Confirmations, said_readings
from domain.measures.rulebook.rulebook import shipped_rulebook
from domain.measures.text.official_text import official_text
from domain.measures.text.paragraphs import READING_REFS
from domain.values import LEDGER_STREAM, Role
from tests.http.desk import Desk, fields_of
from tests.http.world import APPEALED, World, today
from tests.processes import steward

PAPER = {"title": "理事会第三次会议纪要（湾安协〔2025〕12 号）"}
BY = "区安协理事会"


def confirm(world: World, *refs: str, on: str = "2024-06-01", rulebook: str = "dayawan-2021", **changes: Any) -> Any:
    """What the service says to a confirmation of these readings."""
    body = {
        "readings": [{"reading": ref} for ref in refs],
        "confirmed_on": on,
        "confirmed_by": BY,
        "document": PAPER,
        **changes,
    }
    return world.association.post(f"/v1/rulebooks/{rulebook}/confirmations", body)


def withdraw(world: World, *refs: str, on: str, **changes: Any) -> Any:
    """What the service says to a withdrawal."""
    body = {
        "readings": [{"reading": ref} for ref in refs],
        "withdrawn_on": on,
        "withdrawn_by": BY,
        "reason": "征求意见后再议",
        "document": {"title": "理事会第四次会议纪要"},
        **changes,
    }
    return world.association.post("/v1/rulebooks/dayawan-2021/withdrawals", body)


def confirmed(world: World, ref: str, **basis: str) -> bool:
    """Whether a reading is confirmed at a basis, asked in three places that have to agree."""
    asked = world.association.get("/v1/readings", **basis).json()
    found = {one["ref"]: one["confirmed"] for one in asked["items"]}[ref]
    book = world.association.get("/v1/rulebooks/dayawan-2021", **basis).json()
    measure = world.association.get(f"/v1/measures/{ref}", **basis).json()
    assert {one["ref"]: one["confirmed"] for one in book["readings"]}[ref] is found
    assert measure["readings"][0]["confirmed"] is found
    assert asked["open"] == sum(not one["confirmed"] for one in book["readings"])
    return bool(found)


@pytest.mark.shows("art.28", "R4")
def test_a_confirmation_holds_from_its_day_and_from_when_it_was_known(own_world: World) -> None:
    """Before its day, or as known before it was recorded, the reading is open; a withdrawal opens it from its day."""
    world = own_world
    assert world.association.get("/v1/readings").json()["open"] == len(READING_REFS)
    done = world.must(confirm(world, "R16", "R1"))
    assert done["readings"] == ["R16", "R1"]
    first = done["events"][0]["recorded_at"]
    assert confirmed(world, "R16")
    assert confirmed(world, "R16", as_of="2024-06-01")
    assert not confirmed(world, "R16", as_of="2024-05-31")
    assert not confirmed(world, "R2")
    assert world.association.get("/v1/readings", known_at="2021-11-01T00:00:00Z").status_code == 404, "no rulebook yet"
    gone = world.must(withdraw(world, "R16", on="2024-09-01"))
    assert not confirmed(world, "R16")
    assert confirmed(world, "R16", as_of="2024-08-31")
    assert confirmed(world, "R16", known_at=first), "what was known then stays known then"
    assert confirmed(world, "R1")
    world.must(confirm(world, "R16", on="2024-10-01", document={"title": "第五次会议纪要"}))
    assert confirmed(world, "R16")
    assert not confirmed(world, "R16", as_of="2024-09-30")
    assert not confirmed(world, "R16", known_at=gone["events"][0]["recorded_at"])
    (item,) = [one for one in world.association.get("/v1/readings").json()["items"] if one["ref"] == "R16"]
    assert [(one["type"], one["on"]) for one in item["history"]] == [
        ("ReadingConfirmed", "2024-06-01"),
        ("ConfirmationWithdrawn", "2024-09-01"),
        ("ReadingConfirmed", "2024-10-01"),
    ]
    assert item["document"]["title"] == "第五次会议纪要"
    waiting = world.association.get("/v1/readings", confirmed="no").json()["items"]
    assert {one["confirmed"] for one in waiting} == {False}
    proven_up(world.service.ledger, world.service.notary)
    logged = [one["type"] for one in world.association.get("/v1/log", limit=500).json()["items"]]
    assert logged.count("ReadingConfirmed") == 3


def notes(pdf: bytes) -> str:
    """What the paper says about its readings."""
    with pypdfium2.PdfDocument(pdf) as document:
        return re.sub(r"\s", "", "".join(page.get_textpage().get_text_range() for page in document))


@pytest.mark.shows("art.28")
def test_sheets_and_papers_follow(own_world: World) -> None:
    """Page and PDF of a sheet say what is confirmed at their basis; the same question gives the same bytes."""
    world, uscc = own_world, own_world.filed()
    desk, path = Desk(world, Role.ASSOCIATION), f"/agencies/{uscc}/sheets/2024"
    pdf = f"/v1{path}/pdf"
    world.done("RecordLapse", uscc)
    before = world.association.get(f"/v1/agencies/{uscc}/standing").json()["known_at"]
    assert "尚未经协会确认的" in notes(world.association.get(pdf, as_of="2024-12-31").content)
    world.must(confirm(world, *READING_REFS, on="2024-11-01"))
    assert "均已经协会确认" in notes(world.association.get(pdf, as_of="2024-12-31").content)
    assert "尚未经协会确认的" in notes(world.association.get(pdf, as_of="2024-10-31").content)
    old = world.association.get(pdf, as_of="2024-12-31", known_at=before)
    assert "尚未经协会确认的" in notes(old.content)
    assert old.content == world.association.get(pdf, as_of="2024-12-31", known_at=before).content
    assert "尚待协会确认" not in desk.shown(path, as_of="2024-12-31")
    assert "尚待协会确认" in desk.shown(path, as_of="2024-10-31")
    assert "尚待协会确认" in desk.shown(path, as_of="2024-12-31", known_at=before)
    world.client.cookies.clear()
    public = world.stranger.get("/rules").text
    assert "尚待协会确认" not in public
    assert public.count(PAPER["title"]) == len(READING_REFS)


@pytest.mark.shows("art.28")
def test_what_is_wrong_is_named_and_nothing_is_recorded(own_world: World) -> None:
    """A reading that is none, one twice, other words, days that cannot be, the same again, who may not."""
    world = own_world

    def recorded() -> int:
        with world.service.ledger.reading() as reader:
            return sum(isinstance(one, ReadingConfirmed) for one in reader.events(LEDGER_STREAM))

    def refused(response: Any, status: int, pointer: str) -> None:
        assert response.status_code == status, response.text
        assert pointer in str(response.json().get("errors", "")), response.text
        assert recorded() == 0

    refused(confirm(world, "R16", "R99"), 422, "/readings/1/reading")
    refused(confirm(world, "R16", "R1", "R16"), 422, "/readings/2/reading")
    refused(confirm(world, "16"), 422, "/readings/0/reading")
    refused(confirm(world), 422, "/reading")
    refused(confirm(world, "R16", on="2099-01-01"), 422, "/confirmed_on")
    refused(confirm(world, "R16", on="2021-10-31"), 422, "/confirmed_on")
    refused(confirm(world, "R16", document={"title": " "}), 422, "/document/title")
    refused(confirm(world, "R16", rulebook="other"), 404, "")
    refused(confirm(world, "R16", reading="R1"), 422, "/reading")
    refused(confirm(world, "R16", readings=[{"reading": "R16", "sha256": "0" * 64}]), 409, "/readings/0/sha256")
    refused(withdraw(world, "R16", on=today()), 409, "/readings/0/reading")
    for role in (Role.COMMITTEE, Role.REGULATOR, Role.AUDITOR):
        assert world.people[role].post("/v1/rulebooks/dayawan-2021/confirmations", {}).status_code == 403
    assert world.association.get("/v1/readings", rulebook="other").status_code == 404
    assert world.association.get("/v1/readings", known_at="version:1").status_code == 422
    world.must(confirm(world, "R16"))
    again = confirm(world, "R1", "R16")
    assert again.status_code == 409
    assert withdraw(world, "R16", on="2024-05-31").status_code == 409
    assert recorded() == 1, "all or nothing: R1 was not confirmed either"


def test_of_two_at_once_one_is_recorded(own_world: World) -> None:
    """The same decision sent by two officers at the same moment; one key sent twice is one decision."""
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: confirm(own_world, "R16").status_code, range(4)))
    assert sorted(answers) == [201, 409, 409, 409]


def test_an_officer_confirms_many_with_one_paper_on_the_page(own_world: World) -> None:
    """What is ticked is confirmed at once; a refusal loses nothing; nobody else is given the form."""
    desk = Desk(own_world, Role.ASSOCIATION)
    text = desk.shown("/readings")
    values = re.findall(r'name="chosen" value="(R\w+:[0-9a-f]{64})"', text)
    assert len(values) == len(READING_REFS)
    assert official_text("art.17")[:12] in unescape(text), "the text of the Measures stands beside"
    assert desk.shown("/readings", tick="all", confirmed="no").count(" checked") == len(READING_REFS)
    form = {**fields_of(text), "chosen": values[:3], "title": "", "by": BY, "act": "confirm"}
    wrong = desk.send("/readings", form)
    assert wrong.status_code == 422
    assert 'id="title-problem"' in wrong.text
    assert wrong.text.count(" checked") == 3
    none = desk.send("/readings", {**form, "chosen": [], "title": PAPER["title"]})
    assert none.status_code == 422
    assert f'value="{PAPER["title"]}"' in none.text
    done = desk.send("/readings", {**form, "title": PAPER["title"]})
    assert done.status_code == 303, done.text
    receipt = desk.shown_at(done.headers["location"])
    assert "已记录确认" in receipt
    assert all(f'href="#{one.partition(":")[0]}"' in receipt for one in values[:3])
    assert own_world.association.get("/v1/readings").json()["open"] == len(READING_REFS) - 3
    assert desk.send("/readings", {**form, "title": PAPER["title"]}).status_code == 303, "sent twice: once only"
    unsaid = desk.send("/readings", {**form, "key": str(uuid4()), "title": "第四次会议纪要", "act": "withdraw"})
    assert 'id="reason-problem"' in unsaid.text
    gone = {**form, "key": str(uuid4()), "title": "第四次会议纪要", "act": "withdraw", "reason": "再议"}
    assert "已记录撤回" in desk.shown_at(desk.send("/readings", gone).headers["location"])
    other = Desk(own_world, Role.REGULATOR)
    assert 'name="chosen"' not in other.shown("/readings")
    assert other.send("/readings", form).status_code == 403


def test_the_readings_are_found_by_article_and_word(own_world: World) -> None:
    """Folded by article, so that the page can be looked over; a search unfolds what it finds; nothing found is said."""
    desk = Desk(own_world, Role.ASSOCIATION)
    text = desk.shown("/readings")
    assert text.count('<details class="fold"') == text.count('class="fold" id="of-') > 15
    assert 'class="fold" id="of-art-17" open' not in text
    found = desk.shown("/readings", q="r16")
    assert "R16" in re.findall(r'<li id="(R\w+)"', found)
    assert " open><summary" in found
    assert "没有符合“没有的字”的理解" in desk.shown("/readings", q="没有的字", confirmed="no")
    assert desk.shown("/readings", open="all").count("open><summary><h2>") == text.count('<details class="fold"')
    hostile = desk.shown("/readings", q='"><b>%')
    assert '"><b>' not in hostile


def test_the_paper_itself_is_kept_and_can_be_fetched(own_world: World) -> None:
    """It comes with the form, without script; what is refused keeps it; its public title is what was typed."""
    desk, paper = Desk(own_world, Role.ASSOCIATION), b"%PDF-1.7 minutes of the third meeting\n%%EOF"
    digest = hashlib.sha256(paper).hexdigest()
    text = desk.shown("/readings")
    value = re.findall(r'name="chosen" value="(R16:[0-9a-f]{64})"', text)
    form = {**fields_of(text), "chosen": value, "title": "", "by": BY, "act": "confirm"}

    def sent(content: bytes = paper, **changes: Any) -> Any:
        given = {**form, "csrf": desk.csrf(), **changes}
        files = {"file:/document": ("minutes of Deng Haisheng.pdf", content, "application/pdf")}
        return desk.client.post("/readings", data=given, files=files)

    untitled = sent()
    kept = fields_of(untitled.text)
    assert (untitled.status_code, [one for one in kept.values() if one == digest]) == (422, [digest])
    place = next(name for name, said in kept.items() if said == digest).removesuffix("/sha256")
    removed = desk.send("/readings", {**form, **kept, "act": f"remove:{place}"})
    assert (removed.status_code, digest in removed.text) == (200, False)
    for wrong, at in (
        (sent(title=PAPER["title"], sha256="0" * 64), "sha256"),
        (sent(b"<html><script>1</script></html>", title=PAPER["title"]), "document"),
        (desk.send("/readings", {**form, "title": PAPER["title"], "sha256": "12"}), "sha256"),
    ):
        assert (wrong.status_code, f'id="{at}-problem"' in wrong.text) == (422, True), wrong.text
    assert own_world.association.get("/v1/readings").json()["open"] == len(READING_REFS)
    done = desk.send(
        "/readings", {**form, **kept, "chosen": value, "title": PAPER["title"], "by": BY, "act": "confirm"}
    )
    assert done.status_code == 303, done.text
    assert digest in desk.shown_at(done.headers["location"])
    (item,) = [one for one in own_world.association.get("/v1/readings").json()["items"] if one["ref"] == "R16"]
    assert (item["document"]["title"], item["document"]["sha256"]) == (PAPER["title"], digest)
    assert "Deng" not in own_world.client.get("/v1/readings").text
    assert own_world.association.get(f"/v1/evidence/{digest}").content == paper


@pytest.mark.shows("art.28", "art.20")
def test_a_dossier_follows_and_its_published_sheet_says_what_was_so_then(own_world: World) -> None:
    """`cited.json` says what is confirmed at the dossier's place of the log; the published sheet what was then."""
    world, appeal = own_world, own_world.appeal()

    def files(**basis: str) -> dict[str, bytes]:
        response = world.association.get(f"/v1/appeals/{appeal}/dossier", **basis)
        assert response.status_code == 200, response.text
        with zipfile.ZipFile(io.BytesIO(response.content)) as archive:
            return {name: archive.read(name) for name in archive.namelist()}

    proven_up(world.service.ledger, world.service.notary)
    place = f"log:{world.association.get('/v1/log/checkpoint').json()['size']}"
    before = files(known_at=place)
    assert json.loads(before["cited.json"])["unconfirmed"] != []
    world.must(confirm(world, *READING_REFS, on="2024-11-01"))
    proven_up(world.service.ledger, world.service.notary)
    after = files()
    assert json.loads(after["cited.json"])["unconfirmed"] == []
    assert "尚未经协会确认的" in notes(after["papers/2-sheet-published.pdf"]), (
        "nobody had confirmed them when it was published"
    )
    assert files(known_at=place) == before
    uscc = json.loads(after["appeal.json"])["agency"]["uscc"]
    published = world.association.get(f"/v1/agencies/{uscc}/sheets/{APPEALED}/pdf", of="published")
    assert "尚未经协会确认的" in notes(published.content)


@pytest.mark.shows("art.28")
def test_a_certificate_holds_with_confirmations_in_the_log(own_world: World, tmp_path: Path) -> None:
    """What the association has confirmed stands in the log like all else, and the certificate is recomputed with it."""
    world, uscc = own_world, own_world.filed()
    world.must(confirm(world, "R1", "R16"))
    world.must(withdraw(world, "R16", on="2024-09-01"))
    proven_up(world.service.ledger, world.service.notary)
    made = world.association.get(f"/v1/agencies/{uscc}/certificate", as_of="2024-12-31")
    assert made.status_code == 200, made.text
    file = tmp_path / "certificate.json"
    file.write_bytes(made.content)
    done = steward("verify", str(file))
    assert done.returncode == 0, done.stderr


def test_other_words_or_values_are_open_again() -> None:
    """A confirmation holds for what was confirmed: another value opens the readings it follows from, and no other."""
    book = shipped_rulebook()
    said = said_readings(book)
    made = [
        ReadingConfirmed(
            stream=LEDGER_STREAM,
            version=place,
            id=str(place),
            occurred_on=date(2025, 1, 1),
            recorded_at="2025-01-01T00:00:00.000000Z",
            actor="p",
            via="api",
            reading=ref,
            rulebook_id=book.id,
            sha256=said[ref].sha256,
            content=said[ref].content,
            confirmed_by=BY,
            document=Evidence(title="纪要"),
        )
        for place, ref in enumerate(READING_REFS, 1)
    ]
    known = Confirmations(tuple(made))
    day = date(2025, 6, 1)
    assert all(one.confirmed for one in known.read_on(book, day).readings)
    other = known.read_on(book.override({"tag_term": "window"}), day)
    assert [one.ref for one in other.readings if not one.confirmed] == ["R16"]
    assert other.sha256 == book.override({"tag_term": "window"}).sha256, "a confirmation changes no rulebook"
