"""`replay-under`: the table, the JSON, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

from api.cli.database import existing_ledger
from tests.cli.conftest import Run

EXAMPLE = Path(__file__).resolve().parents[2] / "docs" / "examples" / "dayawan-example-amendment.toml"


def test_it_tells_what_would_have_changed_and_writes_nothing(run: Run, demonstration: str) -> None:
    """Only agencies that change unless all are asked for, with a line that sums up; the log grows by nothing."""
    with existing_ledger(demonstration) as ledger, ledger.reading() as reader:
        before = reader.sealed()
    asked = ("replay-under", EXAMPLE, "--year", 2023, "--database", demonstration)
    changed, every = run(*asked, "--json"), run(*asked, "--all", "--json")
    assert changed.exit_code == every.exit_code == 0, changed.stderr
    some, all_ = json.loads(changed.stdout), json.loads(every.stdout)
    assert all(one["changed"] for one in some["items"])
    assert [one for one in all_["items"] if one["changed"]] == some["items"]
    assert len(all_["items"]) == all_["sum"]["agencies"] == 5
    assert 0 < len(some["items"]) == some["sum"]["changed"]
    shown = run(*asked)
    assert shown.exit_code == 0
    lines = shown.stdout.splitlines()
    assert lines[0].startswith(
        "【演示数据 demonstration】2023 年度截至 2023-12-31，dayawan-2021 → dayawan-example-amendment"
    )
    assert "得分 total" in lines[1]
    for one in some["items"]:
        (line,) = [line for line in lines if one["agency"]["uscc"] in line]
        for name in {"total", "rank"} & set(one["changed"]):
            assert f"{one['before'][name]} → {one['after'][name]}" in line
    assert lines[-1].startswith(f"合计 sum：机构 agencies 5，有变化 changed {some['sum']['changed']}")
    with existing_ledger(demonstration) as ledger, ledger.reading() as reader:
        assert reader.sealed() == before


def test_a_year_or_a_file_that_is_none_is_refused(run: Run, demonstration: str, tmp_path: Path) -> None:
    """A year before the Measures is not found; one that has not begun and a broken file are refused."""
    assert run("replay-under", EXAMPLE, "--year", 2020, "--database", demonstration).exit_code == 4
    assert run("replay-under", EXAMPLE, "--year", 2199, "--database", demonstration).exit_code == 5
    broken = tmp_path / "broken.toml"
    broken.write_text('id = "x"\n', "utf-8")
    assert run("replay-under", broken, "--year", 2023, "--database", demonstration).exit_code == 5
    assert run("replay-under", EXAMPLE, "--database", demonstration).exit_code == 2
