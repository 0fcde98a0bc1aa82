"""Lists handed out whole as CSV and XLSX: every row, its basis, typed cells, nothing that a reader may not have."""

from __future__ import annotations

import csv
import io
from datetime import date, datetime
from itertools import takewhile
from typing import Any

import pytest
from openpyxl import load_workbook

from api.application.exports import exporting
from api.application.exports.csv_file import kept_whole, neutral, without_guards
from api.application.exports.exporting import MEDIA_TYPES
from api.application.exports.registry import BY_PATH, TABLES
from api.http.table_forms import WHOLE
from api.web.printing import whole_lists
from domain.values import Role
from tests.http.desk import Desk
from tests.http.world import APPEALED, Person, World, body_of, new_uscc, today

AGENCIES, PART = 5, 3
FORMULA = '=HYPERLINK("http://x")公司'


@pytest.fixture(scope="module")
def world(module_world: World) -> World:
    """Five agencies, one with a name that begins like a formula; a published year; something on every worklist."""
    made = []
    for number in range(AGENCIES):
        uscc = new_uscc()
        name = f"惠州市导出第{number}安全技术有限公司" if number else FORMULA
        body = {**body_of("FileAgency"), "uscc": uscc, "name": name}
        module_world.must(module_world.association.post("/v1/agencies", body))
        module_world.done("DecideFiling", uscc)
        if number:
            module_world.assessed(uscc, APPEALED)
        made.append(uscc)
    module_world.publish(APPEALED)
    module_world.upheld(made[1], *[today()] * 3)
    for uscc in made:
        module_world.done("ReportBehaviour", uscc)
        module_world.done("FileObjection", uscc, event_id=module_world.id_of("RecordLapse", uscc))
        module_world.done("RequestSubmission", uscc, due_on="2099-12-31")
    return module_world


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three rows a part, so that every list here has several."""
    for module in ("api.application.exports.exporting", "api.application.exports.exporting_public"):
        monkeypatch.setattr(f"{module}.PART", PART)
    monkeypatch.setattr(whole_lists, "PART", PART)
    monkeypatch.setattr("api.web.portal.whole_public_lists.PART", PART)
    assert exporting.PART == PART


def usccs(world: World) -> list[str]:
    """The agencies, by code."""
    return [one["agency"]["uscc"] for one in world.association.get("/v1/agencies").json()["items"]]


def items(person: Person, path: str, **query: Any) -> list[dict[str, Any]]:
    """All items of a list of the API."""
    found: list[dict[str, Any]] = []
    cursor = None
    while True:
        part = person.get(path, limit=500, **query, **({"cursor": cursor} if cursor else {})).json()
        found += part["items"]
        cursor = part["next_cursor"]
        if cursor is None:
            return found


def csv_rows(answer: Any) -> list[dict[str, str]]:
    """The rows of a CSV by their headings."""
    assert answer.status_code == 200, answer.text
    assert answer.content.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))


def sheets(answer: Any) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """What the first sheet says, and the rows of the second by their headings."""
    assert answer.status_code == 200, answer.text
    book = load_workbook(io.BytesIO(answer.content))
    about, data = book.worksheets
    head, *rows = data.iter_rows(values_only=True)
    lines = takewhile(lambda row: row[0], about.iter_rows(values_only=True))  # then the columns are listed
    said = {str(row[0]): row[1] for row in lines}
    return said, [dict(zip(map(str, head), row, strict=True)) for row in rows]


ROLES = {
    "/v1/accounts": Role.ADMIN,
    "/v1/tokens": Role.ADMIN,
    "/v1/consultations": Role.AUDITOR,
    "/v1/access-changes": Role.AUDITOR,
}
QUERIES: dict[str, dict[str, Any]] = {"/v1/public/search": {"q": "安全"}}


@pytest.mark.shows("R39")
@pytest.mark.parametrize("path", BY_PATH)
def test_every_list_is_handed_out_whole(world: World, path: str) -> None:
    """As many rows as the list has, in its order, as CSV and as XLSX, by `format` and by `Accept`."""
    who = world.people[ROLES.get(path, Role.ASSOCIATION)]
    query = QUERIES.get(path, {})
    at = path.format(uscc=usccs(world)[1], year=APPEALED)
    if path in WHOLE:
        expected = who.get(at).json()["items"]
    elif path == "/v1/public/results/{year}":
        found = who.get(at, limit=500).json()
        expected = found["items"] + found["not_assessed"]
    else:
        expected = items(who, at, **query)
    rows = csv_rows(who.get(at, format="csv", **query))
    said, typed = sheets(who.get(at, {"Accept": MEDIA_TYPES["xlsx"]}, **query))
    assert len(rows) == len(typed)
    if path != "/v1/consultations":  # asking is noted there meanwhile
        assert len(rows) == len(expected)
        assert said["行数"] == str(len(rows))
    assert [int(row["序号"]) for row in rows] == list(range(1, len(rows) + 1))
    assert "所知" in said["依据"]
    codes = [(one.get("agency") or one).get("uscc") for one in expected]
    if path.startswith("/v1/") and "统一社会信用代码" in (rows[0] if rows else {}) and path != "/v1/consultations":
        assert [row["统一社会信用代码"].strip() or None for row in rows] == codes
        assert all(one["统一社会信用代码"] is None or isinstance(one["统一社会信用代码"], str) for one in typed)


@pytest.mark.shows("art.19", "art.20")
def test_results_have_the_columns_of_the_notice_board(world: World) -> None:
    """Points are numbers, their exact text at the end; days are days; who was not assessed stands with the reason."""
    _, rows = sheets(world.stranger.get(f"/v1/public/results/{APPEALED}", format="xlsx"))
    board = "序号 类型 机构名称 统一社会信用代码 服务规范 服务质量 服务效果 荣誉记录 总分 结果 名次 直接认定依据 备注"
    assert " ".join(rows[0]).startswith(board)
    assert len(rows) == AGENCIES
    for row in rows[:-1]:
        parts = [row[name] for name in ("服务规范", "服务质量", "服务效果", "荣誉记录")]
        assert all(isinstance(one, int | float) for one in (*parts, row["总分"]))
        assert float(row["总分（文本）"]) == row["总分"] == pytest.approx(sum(parts), abs=0.02)
        assert isinstance(row["异议期限"], datetime | date)
    assert rows[-1]["总分"] is None
    assert rows[-1]["备注"]


def test_the_first_sheet_is_read_and_printed_whole(world: World) -> None:
    """Its rows are as high as their text is long, whatever program shows them; it prints one page wide."""
    content = world.association.get("/v1/agencies", format="xlsx", q="甲" * 300).content
    about = load_workbook(io.BytesIO(content)).worksheets[0]
    wide = about.column_dimensions["B"].width
    said = [(row, about.cell(row, 2).value or "") for row in range(1, 9)]
    assert max(len(text) for _, text in said) >= 300
    for row, text in said:
        assert (about.row_dimensions[row].height or 15) >= 15 * len(text.encode("gb18030")) / wide, text
    assert (about.page_setup.fitToHeight, about.sheet_properties.pageSetUpPr.fitToPage) == (0, True)


def test_text_is_never_a_formula(world: World) -> None:
    """A name that begins with a sign of a formula is a text in the workbook and has an apostrophe in the CSV."""
    at = "/v1/agencies"
    rows = csv_rows(world.association.get(at, format="csv"))
    assert f"'{FORMULA}" in [row["机构名称"] for row in rows]
    book = load_workbook(io.BytesIO(world.association.get(at, format="xlsx").content))
    cells = [cell for row in book.worksheets[1].iter_rows() for cell in row]
    assert not [cell for cell in cells if cell.data_type == "f"]
    (named,) = [cell for cell in cells if cell.value == FORMULA]
    assert named.quotePrefix
    for text in ("=1", "+1", "-1", "@x", "\tx", "\rx", "plain", "914413007470843451", "'quoted"):
        assert without_guards(kept_whole(neutral(text))) == text
    assert kept_whole("914413007470843451").endswith("\t")


@pytest.mark.shows("R26", "R29", "R44")
def test_the_standings_of_the_district_come_in_one_answer(world: World) -> None:
    """At any basis every agency stands as it does by itself; as lines too; another answer has another ETag."""
    basis = {
        "as_of": today(),
        "known_at": items(world.association, f"/v1/agencies/{usccs(world)[1]}/events")[6]["recorded_at"],
    }
    tags = []
    for query in ({}, basis):
        found = world.association.get("/v1/standings", **query)
        assert found.status_code == 200
        tags.append(found.headers["etag"])
        listed = found.json()
        assert listed["items"]
        for one in listed["items"]:
            alone = world.association.get(f"/v1/agencies/{one['agency']['uscc']}/standing", **query).json()
            assert {name: alone[name] for name in one} == one
        lines = world.association.get("/v1/standings", format="ndjson", **query).text.splitlines()
        assert len(lines) == len(listed["items"])
    again = world.association.get("/v1/standings", {"If-None-Match": tags[-1]}, **basis)
    assert again.status_code == 304
    agency = world.person(Role.AGENCY, usccs(world)[1])
    assert [one["agency"]["uscc"] for one in agency.get("/v1/standings").json()["items"]] == [usccs(world)[1]]
    assert world.client_person.get("/v1/standings").status_code == 403
    assert world.stranger.get("/v1/standings").status_code == 401


@pytest.mark.shows("R39")
def test_a_file_tells_an_agency_no_more_than_its_pages(world: World) -> None:
    """Its own trail lacks who complained and what was said; that it was read is on record."""
    uscc = usccs(world)[1]
    secret = body_of("ReceiveComplaint")["complainant"]
    agency, path = world.person(Role.AGENCY, uscc), f"/v1/agencies/{uscc}/events"
    assert secret in world.association.get(path, format="csv").content.decode()
    for form in ("csv", "xlsx"):
        told = agency.get(path, format=form)
        text = told.content.decode() if form == "csv" else str(sheets(told))
        assert secret not in text
        assert "ComplaintReceived" not in text or "（不公开）" in text
    others = usccs(world)[2]
    assert agency.get(f"/v1/agencies/{others}/events", format="xlsx").status_code == 404
    assert [row["统一社会信用代码"].strip() for row in csv_rows(agency.get("/v1/agencies", format="csv"))] == [uscc]
    read = items(world.people[Role.AUDITOR], "/v1/consultations", uscc=uscc)
    assert agency.person_id in {one["person"] for one in read if one["route"] == "GET /v1/agencies/{uscc}/events"}


def test_a_file_is_whole_or_refused(world: World) -> None:
    """A page of a file, an unknown format and a wrong filter are refused; JSON stays what it was."""
    get = world.association.get
    assert get("/v1/agencies", format="csv", limit=5).status_code == 422
    assert get("/v1/agencies", format="pdf").status_code == 422
    assert get("/v1/agencies", format="xlsx", tier="red").status_code == 422
    assert get("/v1/agencies/x/standing", format="csv").status_code == 422
    assert get("/v1/agencies", format="json", limit=2).json()["next_cursor"]
    english = csv_rows(get("/v1/agencies", {"Accept-Language": "en-GB,zh;q=0.5"}, format="csv"))
    assert "Credit code" in english[0]
    said, rows = sheets(get("/v1/agencies", format="xlsx", tier="blacklisted", known_at="log:999999"[:5]))
    assert said["筛选：惩戒等级"] == "黑名单"
    assert said["日志序号"] == "9"
    assert rows == []


PAGES = {
    "/agencies": "agencies",
    f"/rankings/{APPEALED}": "ranking",
    f"/years/{APPEALED}": "year",
    "/todo/reports": "reports",
    "/todo/objections": "objections",
    "/todo/submissions": "submissions",
    "/todo/notices": "notices",
    "/todo/hints": "hints",
    "/matters": "matters",
    "/register": "register",
    "/blacklist": "blacklist",
    f"/results/{APPEALED}": "results",
    "/search?q=导出": "firms",
}


@pytest.mark.parametrize(("path", "name"), PAGES.items())
def test_every_page_of_a_list_leads_to_its_files(world: World, path: str, name: str) -> None:
    """The links stand beside the one to print; the file has the rows that print, under its own headings."""
    desk = Desk(world, Role.ASSOCIATION)
    path, _, q = path.partition("?q=")
    query = {"q": q} if q else {}
    screen = desk.get(path, **query).text
    assert "print=xlsx" in screen
    assert "print=csv" in screen
    printed = desk.get(path, print="all", **query).text.count('<td class="no">')
    said, rows = sheets(desk.get(path, print="xlsx", **query))
    assert len(rows) == printed > 0
    assert list(rows[0])[1] == TABLES[name].columns[0].title[0]
    assert "导出" in said
    assert len(csv_rows(desk.get(path, print="csv", **query))) == printed
    english = desk.get(path, print="csv", lang="en", **query).content.decode("utf-8-sig")
    assert english.startswith("No.")


@pytest.mark.shows("art.16", "art.23", "R12", "R13", "R22", "R39")
def test_bad_records_and_surveys_of_a_year_come_whole(world: World) -> None:
    """As many records as the standings count, derived ones too; means and answers as on the sheets; no agency."""
    get, uscc = world.association.get, usccs(world)[1]
    year = int(today()[:4])
    records = get(f"/v1/bad-records/{year}").json()["items"]
    counted = {one["agency"]["uscc"]: one["bad_records"]["year"] for one in get("/v1/standings").json()["items"]}
    assert {code: sum(one["agency"]["uscc"] == code for one in records) for code in counted} == counted
    assert [one["derived"] for one in records if one["agency"]["uscc"] == uscc] == [True] * 3
    assert get(f"/v1/bad-records/{APPEALED}", as_of=f"{APPEALED}-06-30").json()["items"] == []
    surveys = get(f"/v1/survey-summaries/{APPEALED}").json()["items"]
    sheet = get(f"/v1/agencies/{uscc}/sheets/{APPEALED}").json()
    (own,) = [one for one in surveys if one["agency"]["uscc"] == uscc]
    assert {name: own[name] for name in sheet["survey"]} == sheet["survey"]
    assert float(own["mean"]) / 2 == pytest.approx(float(sheet["quality"]), abs=0.01)
    assert all(one["a"] + one["b"] + one["c"] == own["forms"] for one in own["answers"])
    agency = world.person(Role.AGENCY, uscc)
    for path in ("bad-records", "survey-summaries"):
        assert agency.get(f"/v1/{path}/{APPEALED}").status_code == 403
        assert get(f"/v1/{path}/1999").status_code == 404
        _, rows = sheets(Desk(world, Role.COMMITTEE).get(f"/years/{APPEALED}", table=path))
        assert len(rows) == len(get(f"/v1/{path}/{APPEALED}").json()["items"])
