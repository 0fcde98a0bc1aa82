"""`standing`, `sheet`, `timeline`, `replay`: the same answers as over HTTP, and tables that people can read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from rich.cells import cell_len
from starlette.testclient import TestClient

from api.app import create_app
from api.settings import Settings
from demo.invented_names import uscc
from domain.store.access.access_audit import COMMAND_LINE
from domain.store.access.tokens import create_person, create_token
from domain.store.db.engine import open_engine, writing
from projections.rows.write.projector import open_ledger
from tests.cli.conftest import Run

AGENCY = uscc(2)
BASIS = ("--as-of", "2023-12-31", "--known-at", "2024-03-01T00:00:00Z")
HTTP_BASIS = {"as_of": "2023-12-31", "known_at": "2024-03-01T00:00:00Z"}


@pytest.fixture(scope="module")
def token(demonstration: str) -> str:
    """An auditor's token for the small demonstration."""
    engine = open_engine(demonstration)
    with writing(engine) as connection:
        secret = create_token(connection, create_person(connection, "审计员"), "auditor", by=COMMAND_LINE)
    engine.dispose()
    return secret


@pytest.mark.parametrize(
    ("arguments", "path", "query"),
    [
        pytest.param(("standing", AGENCY, *BASIS), "standing", HTTP_BASIS, id="standing"),
        pytest.param(("sheet", AGENCY, "2023", *BASIS), "sheets/2023", HTTP_BASIS, id="sheet"),
        pytest.param(
            ("timeline", AGENCY, "--from", "2023-01-01", "--to", "2023-12-31", *BASIS[2:]),
            "timeline",
            {"from": "2023-01-01", "to": "2023-12-31", "known_at": HTTP_BASIS["known_at"]},
            id="timeline",
        ),
    ],
)
def test_json_is_exactly_the_http_answer(
    run: Run, demonstration: str, token: str, arguments: tuple[str, ...], path: str, query: dict[str, str]
) -> None:
    """`--json` prints the bytes that the service sends for the same question, and says that it is a demonstration."""
    printed = run(*arguments, "--database", demonstration, "--json")
    assert printed.exit_code == 0, printed.stderr
    with TestClient(create_app(Settings(database_url=demonstration))) as client:
        sent = client.get(f"/v1/agencies/{AGENCY}/{path}", params=query, headers={"Authorization": f"Bearer {token}"})
    assert sent.status_code == 200
    assert printed.stdout_bytes == sent.content + b"\n"
    assert sent.json()["demonstration"] is True


def test_tables_are_plain_and_aligned_without_a_terminal(run: Run, demonstration: str) -> None:
    """No escape codes, no frames and no blanks at the ends; columns begin at one place though Chinese is two wide."""
    printed = run("sheet", AGENCY, "2023", "--database", demonstration)
    assert printed.exit_code == 0
    assert not set(printed.stdout) & set("\x1b│─╭━")
    assert all(line == line.rstrip() for line in printed.stdout.splitlines())
    lines = printed.stdout.splitlines()
    first = next(index for index, line in enumerate(lines) if line.startswith("项目 category"))
    column = cell_len(lines[first][: lines[first].index("得分")])
    rows = [line for line in lines[first + 1 :] if line.startswith(("服务", "荣誉"))][:4]
    assert len(rows) == 4
    for row in rows:
        name = row.split()[0]
        points = row.split()[1]
        assert cell_len(row[: row.index(points, len(name))]) == column


def test_human_output_says_what_it_is(run: Run, demonstration: str) -> None:
    """The standing for people names the agency, both clocks and the demonstration."""
    printed = run("standing", AGENCY, *BASIS, "--database", demonstration)
    assert printed.exit_code == 0
    for text in ("演示数据", AGENCY, "2023-12-31", "2024-03-01T00:00:00.000000Z", "惩戒等级", "dayawan-2021"):
        assert text in printed.stdout


def test_replay_shows_each_event_with_the_standing_known_right_after_it(run: Run, demonstration: str) -> None:
    """One item per event, in recording order; each standing equals the question as known at that version."""
    printed = run("replay", AGENCY, "--database", demonstration, "--json")
    items = json.loads(printed.stdout)["items"]
    assert [one["event"]["version"] for one in items] == list(range(1, len(items) + 1))
    assert items[0]["event"]["type"] == "FilingSubmitted"
    assert items[0]["standing"]["agency"]["filing"] == "submitted"
    assert len({one["standing"]["version"] for one in items}) == len(items) > 20
    for one in (items[0], items[len(items) // 2], items[-1]):
        there = one["standing"]
        version = f"version:{one['event']['version']}"
        asked = ("--as-of", there["as_of"], "--known-at", version, "--database", demonstration, "--json")
        again = run("standing", AGENCY, *asked)
        assert json.loads(again.stdout) == there
        assert there["known_at"] == one["event"]["recorded_at"]


def test_replay_can_stop_at_an_instant(run: Run, demonstration: str) -> None:
    """`--known-at` ends the history with the last event recorded by then; the table has a line for each."""
    asked = ("replay", AGENCY, "--known-at", "version:9", "--database", demonstration)
    assert len(json.loads(run(*asked, "--json").stdout)["items"]) == 9
    table = run(*asked).stdout.splitlines()
    assert len(table) == 2 + 9


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        pytest.param(("standing", uscc(777)), 4, "没有统一社会信用代码", id="unknown agency"),
        pytest.param(("sheet", AGENCY, "2010"), 4, "2010 年没有考评", id="year before the Measures"),
        pytest.param(("standing", "91441399MA000000AB"), 2, "GB", id="wrong USCC"),
        pytest.param(("standing", AGENCY, "--as-of", "2024-02-30"), 2, "没有这一天", id="no such day"),
        pytest.param(("standing", AGENCY, "--known-at", "yesterday"), 2, "RFC 3339", id="no instant"),
        pytest.param(("standing", AGENCY, "--known-at", "2999-01-01T00:00:00Z"), 5, "晚于现在", id="future known_at"),
        pytest.param(
            ("timeline", AGENCY, "--from", "2024-02-02", "--to", "2024-01-01"), 5, "早于", id="to before from"
        ),
        pytest.param(("standing",), 2, "USCC", id="nothing asked"),
    ],
)
def test_errors_have_their_exit_code(
    run: Run, demonstration: str, arguments: tuple[str, ...], code: int, said: str
) -> None:
    """A wrong question ends with the documented code, a message on standard error, nothing on output."""
    done = run(*arguments, "--database", demonstration)
    assert (done.exit_code, done.stdout) == (code, "")
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_reading_makes_no_database(run: Run, new_url: str) -> None:
    """A question to a database that is not there is refused by name (3) and leaves no file behind."""
    done = run("standing", AGENCY, "--database", new_url)
    assert done.exit_code == 3
    assert "DatabaseMissing" in done.stderr
    assert run("standing", AGENCY, "--database", new_url).exit_code == 3, "the first question made a file"


def test_a_ledger_that_was_never_opened_is_refused(run: Run, new_url: str) -> None:
    """Tables without a first rulebook are no ledger yet: 3, and what to do."""
    assert run("migrate", "--database", new_url).exit_code == 0
    engine = open_engine(new_url)
    with open_ledger(engine).reading() as reader:
        assert reader.events("ledger") == ()
    engine.dispose()
    done = run("standing", AGENCY, "--database", new_url)
    assert done.exit_code == 3
    assert "steward serve" in done.stderr


def test_a_sheet_is_printed_as_pdf(run: Run, demonstration: str, tmp_path: Path) -> None:
    """`--pdf` writes the paper beside the table; asked again on the same basis it is the same file, byte for byte."""
    made = []
    for name in ("one.pdf", "two.pdf"):
        done = run("sheet", AGENCY, "2023", *BASIS, "--database", demonstration, "--pdf", tmp_path / name)
        assert done.exit_code == 0, done.stderr
        assert name in done.stderr
        assert "扣分与加分" in done.stdout
        made.append((tmp_path / name).read_bytes())
    assert made[0] == made[1]
    assert made[0].startswith(b"%PDF-")
    assert sorted(one.name for one in tmp_path.iterdir()) == ["one.pdf", "two.pdf"]


def test_a_pdf_that_cannot_be_written_is_refused(run: Run, demonstration: str, tmp_path: Path) -> None:
    """A folder that is not there is named; nothing is printed."""
    target = tmp_path / "nowhere" / "one.pdf"
    done = run("sheet", AGENCY, "2023", *BASIS, "--database", demonstration, "--pdf", target)
    assert (done.exit_code, done.stdout) == (2, "")
    assert "--pdf" in done.stderr
