"""`steward export-table`: the lists of the service as files, for the operator."""

from __future__ import annotations

import csv
from pathlib import Path

import msgspec
import pytest
from openpyxl import load_workbook

from api.application.exports.registry import TABLES
from demo.invented_names import uscc
from domain.store.access.access_log import LogFilter, found, newest
from domain.store.db.engine import open_engine, reading
from tests.cli.conftest import SMALL, Run

MORE = {"firms": ("--q", "技术"), "trail": ("--as", "王"), "subjects": ("--as", "王"), "agency_hints": ("--as", "王")}


@pytest.mark.parametrize("name", TABLES)
def test_every_list_is_written_by_its_name(run: Run, demonstration: str, tmp_path: Path, name: str) -> None:
    """As a workbook and as CSV, with as many rows; an option that a list needs is asked for."""
    path, more = TABLES[name].path or "", list(MORE.get(name, ()))
    at = ["--database", demonstration, "--all"]
    if "{year}" in path:
        assert run("export-table", name, *at).exit_code == 2
        more += ["--year", "2023"]
    if "{uscc}" in path:
        more += ["--uscc", uscc(2)]
    files = {form: tmp_path / f"{name}.{form}" for form in ("xlsx", "csv")}
    for form, file in files.items():
        done = run("export-table", name, *at, *more, "--to", file, "--format", form)
        assert done.exit_code == 0, done.stderr
    with files["csv"].open(encoding="utf-8-sig", newline="") as text:
        rows = list(csv.reader(text))
    book = load_workbook(files["xlsx"])
    assert book.worksheets[1].max_row == len(rows) >= 1
    assert rows[0][0] == "序号"
    if name in ("agencies", "standings", "register"):
        assert len(rows) - 1 == SMALL.agencies or name == "register"


def test_the_district_comes_as_lines_and_a_reading_is_put_on_record(
    run: Run, demonstration: str, tmp_path: Path
) -> None:
    """NDJSON as of a day; a list of one agency says who read it; what is wrong is said and writes nothing."""
    at, file = ("--database", demonstration), tmp_path / "out"
    done = run("export-table", "standings", *at, "--format", "ndjson", "--as-of", "2023-06-30", "--to", file)
    assert done.exit_code == 0, done.stderr
    lines = [msgspec.json.decode(line) for line in file.read_bytes().splitlines()]
    assert {one["as_of"] for one in lines} == {"2023-06-30"}
    assert len({one["agency"]["uscc"] for one in lines}) == len(lines) > 1
    file.unlink()
    for wrong in (
        ("nothing",),
        ("trail", "--uscc", uscc(2)),
        ("agencies", "--format", "pdf"),
        ("agencies", "--year", "2023"),
        ("results", "--year", "1999"),
        ("agencies", "--to", tmp_path / "none" / "x.csv"),
    ):
        assert run("export-table", *wrong, *at).exit_code in (2, 4, 5), wrong
    assert not file.exists()
    assert run("export-table", "trail", "--uscc", uscc(3), "--as", "查阅人", *at, "--to", file).exit_code == 0
    engine = open_engine(demonstration)
    with reading(engine) as connection:
        rows = found(connection, LogFilter(uscc(3)), up_to=newest(connection), offset=0, limit=10)
    engine.dispose()
    assert [one.route for _, one in rows] == ["GET /v1/agencies/{uscc}/events"]
