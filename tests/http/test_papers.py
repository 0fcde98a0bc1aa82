"""Papers over HTTP: each says what it has to, bears basis and code, has the same bytes twice, and can be verified."""

from __future__ import annotations

import csv
import io
import json
import random
import re
from typing import Any

import pypdfium2
import pytest
from docx import Document
from openpyxl import load_workbook

from domain.store.access.association import name_association
from domain.store.db.engine import writing
from domain.values import Role
from tests.http.dated import DatedWorld
from tests.http.desk import Desk
from tests.http.test_assessment import YEAR, Year
from tests.http.test_dossier import _sealed
from tests.http.world import CLIENT_PARTY, Person, World, body_of, today

CODE = re.compile(rb"/Keywords \(([^)]+)\)")
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def pdf(response: Any) -> tuple[bytes, str]:
    """A PDF that was handed out, and its text without blanks."""
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "application/pdf"
    with pypdfium2.PdfDocument(response.content) as document:
        text = "".join(page.get_textpage().get_text_bounded() for page in document)
    return response.content, "".join(text.split())


def docx(response: Any) -> str:
    """The text of a document, tables too, without blanks."""
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == DOCX
    document = Document(io.BytesIO(response.content))
    text = [one.text for one in document.paragraphs]
    text += [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "".join("".join(text).split())


def words_of(response: Any) -> str:
    """What a page says, without its tags and blanks."""
    assert response.status_code == 200, response.text
    return "".join(re.sub(r"<[^>]*>", "", response.text).split())


def verified(world: DatedWorld, content: bytes, name: str = "paper.pdf") -> str:
    """What the page says of a file, for who is not signed in."""
    return words_of(world.client.post("/verify", files={"file": (name, content)}))


@pytest.fixture
def appealed(dated_world: DatedWorld) -> tuple[Year, str, str]:
    """An appeal that waits for its decision; its agency, the disputed fact and its id."""
    year = Year(dated_world)
    uscc = dated_world.assessed()
    dated_world.done("ReceiveComplaint", uscc, complainant="张先生")
    upheld = year.upheld(uscc, "2024-05-06")
    dated_world.publish()
    appeal = year.filed_appeal(uscc, upheld)
    _sealed(dated_world)
    return year, uscc, f"{appeal} {upheld}"


def decided(year: Year, ids: str) -> str:
    """The same appeal, upheld."""
    appeal, upheld = ids.split()
    year.world.must(year.decide(appeal, annul=[upheld]))
    _sealed(year.world)
    return appeal


@pytest.mark.shows("art.20", "R33", "R34")
def test_an_appeal_is_explained_with_both_answers_and_each_cause_once(appealed: tuple[Year, str, str]) -> None:
    """Question, both answers, the cause with its article, records with who recorded them; nothing about "you"."""
    year, uscc, ids = appealed
    appeal = decided(year, ids)
    content, text = pdf(year.committee.get(f"/v1/appeals/{appeal}/explanation"))
    for said in (
        "异议说明",
        uscc,
        "公布的结果",
        "现在的答案",
        "83.50",
        "85.50",
        "原因1：",
        "第十六条第（十二）项",
        "投诉查实",
    ):
        assert said in text, said
    assert "原因2" not in text, "one annulled complaint is one cause"
    assert text.count("各原因所占") >= 1
    assert "登记人" in text
    assert "您本人" not in text
    for said in ("截至", "按何时所知", "日志序号", "规则库", "检查点", "核验码", "（盖章）", "经办人："):
        assert said in text, said
    assert CODE.search(content)
    assert content.count(b"/FontFile2") == content.count(b"/Subtype /Type0")


@pytest.mark.shows("art.20", "R34")
def test_a_decision_is_a_letter_once_there_is_one(appealed: tuple[Year, str, str]) -> None:
    """Before: 404 with what to do. After: outcome, what was annulled, the result that stands, until when to appeal."""
    year, _uscc, ids = appealed
    path = f"/v1/appeals/{ids.split()[0]}/decision-letter"
    early = year.committee.get(path)
    assert (early.status_code, early.json()["rule"]) == (404, "R34")
    decided(year, ids)
    _, text = pdf(year.committee.get(path))
    for said in (
        *("异议处理决定书", "异议成立", "撤销有争议的记录1条", "83.50", "85.50", "第二十条", "提出异议"),
        *("通知送达：", "异议期自公布之日起算"),
    ):
        assert said in text, said
    edited = docx(year.committee.get(path, format="docx"))
    for said in ("异议处理决定书", "异议成立", "85.50", "核验码"):
        assert said in edited, said
    assert year.committee.get(path, format="odt").status_code == 422


@pytest.mark.parametrize("kind", ["pdf", "docx"])
def test_a_paper_has_the_same_bytes_from_the_same_place(appealed: tuple[Year, str, str], kind: str) -> None:
    """Whatever is recorded, and however the association is called, later."""
    year, uscc, ids = appealed
    appeal = decided(year, ids)
    path = f"/v1/appeals/{appeal}/explanation"
    first = year.committee.get(path, format=kind)
    place = first.headers["content-disposition"].rpartition("log")[2].partition(".")[0]
    year.world.done("RecordLapse", uscc, item=4, occurred_on="2024-08-01")
    _sealed(year.world)
    assert year.committee.get(path, format=kind, known_at=f"log:{place}").content == first.content
    assert year.committee.get(path, format=kind).content != first.content
    assert year.committee.get(path, known_at="2025-01-01T00:00:00Z").status_code == 422


@pytest.mark.shows("R39")
def test_the_agencys_copy_names_nobody_who_complained(appealed: tuple[Year, str, str]) -> None:
    """Its explanation says whose copy it is and leaves the complainant out; another agency gets none."""
    year, uscc, ids = appealed
    appeal = decided(year, ids)
    path = f"/v1/appeals/{appeal}/explanation"
    _, full = pdf(year.committee.get(path))
    _, own = pdf(year.world.person(Role.AGENCY, uscc).get(path))
    assert "张先生" in full
    assert "张先生" not in own
    assert "机构本" in own
    assert "机构本" not in full
    stranger: Person = year.world.person(Role.AGENCY, year.world.filed())
    assert stranger.get(path).status_code == 404
    assert year.world.client_person.get(path).status_code == 403


@pytest.mark.shows("art.17(3)", "R18", "R39")
def test_each_notice_is_a_letter_to_its_recipient(dated_world: DatedWorld) -> None:
    """Blacklisting: to agency, regulator, enterprises and for the site; the agency reads its own and what is public."""
    uscc = dated_world.filed()
    dated_world.upheld(uscc, "2024-03-01", "2024-04-01", "2024-05-06")
    _sealed(dated_world)
    officer = dated_world.people[Role.ASSOCIATION]
    rows = [one for one in officer.get("/v1/notices", limit=500).json()["items"] if one["agency"]["uscc"] == uscc]
    of = {(one["kind"], one["recipient"]): one["id"] for one in rows}
    titles = {
        ("warned", "agency"): "警示提醒通知书",
        ("blacklisted", "agency"): "列入黑名单通知书",
        ("blacklisted", "regulator"): "关于机构列入黑名单的报告",
        ("blacklisted", "enterprises"): "黑名单通报",
        ("blacklisted", "public_site"): "黑名单公告",
    }
    assert set(of) == set(titles)
    own = dated_world.person(Role.AGENCY, uscc)
    for which, title in titles.items():
        path = f"/v1/agencies/{uscc}/notices/{of[which]}/letter"
        _, text = pdf(officer.get(path))
        assert title in text
        assert uscc in text
        assert f"第十七条第（{'二' if which[0] == 'warned' else '三'}）项" in text
        assert text.count("投诉经核实属实") == (2 if which[0] == "warned" else 3)
        assert own.get(path).status_code == (404 if which[1] == "regulator" else 200)
    assert officer.get(f"/v1/agencies/{uscc}/notices/n-0/letter").status_code == 404


@pytest.mark.shows("art.19", "art.20", "R32")
def test_results_for_the_notice_board(dated_world: DatedWorld) -> None:
    """Not before publication; then every agency with its four parts, total, result and rank."""
    officer = dated_world.people[Role.ASSOCIATION]
    path = f"/v1/assessments/{YEAR}/results-paper"
    uscc = dated_world.assessed()
    assert officer.get(path).status_code == 404
    dated_world.publish()
    _sealed(dated_world)
    _, text = pdf(officer.get(path))
    item = officer.get(f"/v1/agencies/{uscc}/results/{YEAR}").json()["results"][-1]
    for said in (uscc, item["total"], item["label"], "规范", "质量", "效果", "荣誉", "（盖章）", "直接认定依据"):
        assert said in text, said
    assert uscc in docx(officer.get(path, format="docx"))
    assert dated_world.person(Role.AGENCY, uscc).get(path).status_code == 403


@pytest.mark.shows("R25", "R44")
def test_all_sheets_of_a_year_are_one_table(dated_world: DatedWorld) -> None:
    """As they are asked for one by one: each line of annex 1, the parts, the total; of the page the same."""
    officer = dated_world.people[Role.ASSOCIATION]
    uscc = dated_world.assessed()
    dated_world.done("RecordLapse", uscc, occurred_on=f"{YEAR}-05-06")
    _sealed(dated_world)
    path = f"/v1/assessments/{YEAR}/sheets-paper"
    text = officer.get(path, format="csv").content.decode("utf-8-sig")
    rows = [one for one in csv.DictReader(text.splitlines()) if one["统一社会信用代码"].strip() == uscc]
    sheet = officer.get(f"/v1/agencies/{uscc}/sheets/{YEAR}", as_of=f"{YEAR}-12-31").json()
    lines = [(one["附件1 序号"], one["得分"], one["内容"]) for one in rows if one["行"] == "计分项"]
    assert lines == [(str(one["item"]), one["points"], one["text"]) for one in sheet["lines"]]
    parts = [(one["部分"], one["得分"]) for one in rows if one["行"] == "部分小计"]
    assert parts == [(one["label"], one["points"]) for one in sheet["categories"]]
    (total,) = [one for one in rows if one["行"] == "总分"]
    assert (total["得分"], total["结果"]) == (sheet["total"], sheet["label"])
    book = load_workbook(io.BytesIO(officer.get(path, format="xlsx").content))
    assert len(list(book.worksheets[1].rows)) == len(text.splitlines())
    desk = Desk(dated_world, Role.ASSOCIATION)
    page = load_workbook(io.BytesIO(desk.get(f"/years/{YEAR}", paper="sheets.xlsx").content))
    assert [cell.value for cell in page.worksheets[1][1]] == [cell.value for cell in book.worksheets[1][1]]
    assert officer.get("/v1/assessments/2009/sheets-paper", format="csv").status_code in (404, 422)


@pytest.mark.shows("art.20", "R44")
def test_all_sheets_of_a_year_are_one_file(dated_world: DatedWorld) -> None:
    """Before publication as they stand, 暂计 where a part is missing; afterwards as published; the same bytes twice."""
    officer = dated_world.people[Role.ASSOCIATION]
    uscc, other = dated_world.assessed(), dated_world.filed()
    dated_world.done("StartProject", other)
    _sealed(dated_world)
    path = f"/v1/assessments/{YEAR}/sheets-paper"
    content, text = pdf(officer.get(path))
    assert uscc in text
    assert other in text
    assert "暂计，尚不评定等次（R44）" in text
    assert "公布之前的打分表" in text
    place = officer.get(path).headers["content-disposition"].rpartition("log")[2].partition(".")[0]
    assert officer.get(path, known_at=f"log:{place}").content == content
    assert "成立" in verified(dated_world, content)


def test_a_paper_is_verified_in_words_by_its_code_and_by_its_file(appealed: tuple[Year, str, str]) -> None:
    """Everybody can: what the code says is shown to be compared; one byte changed anywhere is found."""
    year, uscc, ids = appealed
    content, _ = pdf(year.committee.get(f"/v1/appeals/{ids.split()[0]}/explanation"))
    found = CODE.search(content)
    assert found is not None
    code = found[1].decode()
    said = words_of(year.world.client.get("/verify", params={"code": code}))
    assert "✓成立" in said
    assert uscc in said
    assert "83.50分" in said
    wrong = code[:40] + ("A" if code[40] != "A" else "B") + code[41:]
    assert "✗不成立" in words_of(year.world.client.get("/verify", params={"code": wrong}))
    assert "✗不成立" in words_of(year.world.client.get("/verify", params={"code": "nonsense"}))
    assert "一个字节也没有改动" in verified(year.world, content)
    chance = random.Random(7)
    for place in [chance.randrange(len(content)) for _ in range(30)]:
        changed = bytearray(content)
        changed[place] ^= 1
        assert "✓成立" not in verified(year.world, bytes(changed)), place
    assert "✗不成立" in verified(year.world, content[:-100])


def test_certificates_and_receipts_are_verified_on_the_page(dated_world: DatedWorld) -> None:
    """Dropped on the page, each is told in words; what was changed, and what is none of them, is not proven."""
    uscc = dated_world.filed()
    officer = dated_world.people[Role.ASSOCIATION]
    certificate = officer.get(f"/v1/agencies/{uscc}/certificate").content
    said = verified(dated_world, certificate, "certificate.json")
    assert "✓成立" in said
    assert "一条不缺" in said
    forged = certificate.replace(b'"tier": "none"', b'"tier": "warned"')
    assert forged != certificate
    assert "✗不成立" in verified(dated_world, forged, "certificate.json")
    event = dated_world.trail(uscc)[0]["id"]
    receipt = officer.get("/v1/log/receipt", event_id=event).content
    assert "✓成立" in verified(dated_world, receipt, "receipt.json")
    changed = json.dumps({**json.loads(receipt), "log_index": 999_999}).encode()
    assert "✗不成立" in verified(dated_world, changed, "receipt.json")
    for nothing in (b"%PDF-1.7 of somebody else", b"\x00\xff" * 500, b"{}", b"[1]", "一段文字".encode()):
        assert "✗不成立" in verified(dated_world, nothing)
    page = words_of(dated_world.client.post("/verify", files={"file": ("empty", b"")}))
    assert "不成立" not in page.replace("核验结果", "")
    assert dated_world.client.post("/verify", files={"file": ("big", b"x" * (8 * 2**20 + 1))}).status_code == 413


@pytest.mark.shows("art.28")
def test_a_paper_bears_the_name_that_the_association_had_then(appealed: tuple[Year, str, str]) -> None:
    """Renamed later, a paper from the same place of the log still bears the old name; a new one the new."""
    year, _uscc, ids = appealed
    path = f"/v1/appeals/{ids.split()[0]}/explanation"
    engine = year.world.service.ledger.engine
    with writing(engine) as connection:
        name_association(connection, "旧名安全协会", None, "system")
    _, before = pdf(year.committee.get(path))
    assert "旧名安全协会" in before
    place = re.search(r"日志序号(\d+)规则库", before)
    assert place is not None
    with writing(engine) as connection:
        name_association(connection, "新名安全协会", None, "system")
    _, again = pdf(year.committee.get(path, known_at=f"log:{place[1]}"))
    assert "旧名安全协会" in again
    assert "新名安全协会" not in again


@pytest.mark.shows("art.13", "art.23", "R22")
def test_invitations_are_a_sheet_of_codes_for_who_sent_them(world: World) -> None:
    """A card for each client with agency, year, last day and link; nobody else gets it, nor a batch without any."""
    uscc = world.filed()
    row = {
        "post": f"/v1/agencies/{uscc}/survey-invitations",
        "body": {**body_of("InviteSurvey"), "client": CLIENT_PARTY},
    }
    done = world.must(world.association.post("/v1/batches", {"commands": [row]}))
    path = f"/v1/batches/{done['batch']}/invitation-sheet"
    content, text = pdf(world.association.get(path))
    assert done["rows"][0]["page"] in text
    assert CLIENT_PARTY["name"] in text
    assert "扫码填写" in text
    assert content == pdf(world.association.get(path))[0]
    assert b"%steward-seal" not in content, "nothing of it is to be shown to others, so it has no code"
    assert world.colleague.get(path).status_code == 404
    assert world.people[Role.COMMITTEE].get(path).status_code == 403
    pledge = {"post": f"/v1/agencies/{uscc}/pledge", "body": {"signed_on": today()}}
    other = world.must(world.association.post("/v1/batches", {"commands": [pledge]}))
    assert world.association.get(f"/v1/batches/{other['batch']}/invitation-sheet").status_code == 404


@pytest.mark.shows("art.11", "R18")
def test_a_letter_names_the_fact_behind_it(dated_world: DatedWorld) -> None:
    """The announcement that an agency has ended its business says in its table what was recorded."""
    uscc = dated_world.filed()
    dated_world.done("TerminateAgency", uscc, effective_on="2024-06-28")
    _sealed(dated_world)
    officer = dated_world.people[Role.ASSOCIATION]
    rows = officer.get("/v1/notices", limit=500).json()["items"]
    (one,) = [row for row in rows if row["agency"]["uscc"] == uscc]
    _, text = pdf(officer.get(f"/v1/agencies/{uscc}/notices/{one['id']}/letter"))
    assert re.search(r"2024-06-28\s*终止业务\s*记录", text), text[:600]
