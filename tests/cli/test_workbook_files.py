"""`steward import FILE.xlsx|.csv` and `import-template`."""

from __future__ import annotations

import json
from pathlib import Path

from openpyxl import load_workbook

from tests.cli.conftest import Run
from tests.workbooks.made import CODES, filled


def test_a_workbook_is_imported_at_the_command_line(run: Run, new_url: str, tmp_path: Path) -> None:
    """Template, dry run, wrong rows marked beside the file, the good part, the same again: exit codes and words."""
    at = ("--database", new_url, "--as", "赵六")
    template, file, honours = tmp_path / "t.xlsx", tmp_path / "备案.xlsx", tmp_path / "荣誉.xlsx"
    assert run("import-template", "honours", "--to", template).exit_code == 0
    assert load_workbook(template).worksheets[0]["A2"].value == "示例"
    file.write_bytes(filled("filing", {"uscc": CODES[0]}))
    assert run("import", file, *at).exit_code == 5  # of which kind?
    assert run("import", file, *at, "--kind", "filing", "--dry-run").exit_code == 0
    assert "recorded before" in run("import", file, *at, "--kind", "filing").stderr
    honours.write_bytes(filled("honours", {"agency": CODES[0]}, {"agency": CODES[0], "level": "世界级"}))
    done = run("import", honours, *at, "--kind", "honours")
    assert done.exit_code == 5
    assert "世界级" in done.stdout
    assert (tmp_path / "荣誉-有误.xlsx").exists()
    done = run("import", honours, *at, "--kind", "honours", "--good-part", "--json", "--marked", tmp_path / "m.xlsx")
    assert done.exit_code == 5
    said = json.loads(done.stdout)
    assert (said["recorded"], said["wrong"]) == (1, 1)
    again = json.loads(run("import", honours, *at, "--kind", "honours", "--good-part", "--json").stdout)
    assert (again["recorded"], again["recorded_before"]) == (0, 1)
    twice = tmp_path / "两次.xlsx"
    twice.write_bytes(filled("honours", *({"agency": CODES[0], "reason": "救援", "awarded_on": "2025-06-01"},) * 2))
    tried = run("import", twice, *at, "--kind", "honours", "--dry-run", "--json")
    assert [(one["row"], one["earlier"]) for one in json.loads(tried.stdout)["similar"]] == [(4, 3)]
    assert "第 4 行与已有内容相同" in run("import", twice, *at, "--kind", "honours", "--dry-run").stdout
    table = tmp_path / "荣誉.csv"
    table.write_bytes(
        "统一社会信用代码,级别,事由,机关类别,表彰日期\n".encode()
        + f"{CODES[0]},省,创新,应急管理部门,2025.3.4\n".encode()
    )
    assert run("import", table, *at, "--kind", "honours").exit_code == 0


def test_what_is_recorded_is_given_out_and_comes_in_again(run: Run, new_url: str, tmp_path: Path) -> None:
    """`export-workbook` to `import` of another ledger: the same facts; of the same: none."""
    at, there = ("--database", new_url, "--as", "赵六"), tmp_path / "facts.csv"
    file, other = tmp_path / "备案.xlsx", ("--database", f"sqlite:///{tmp_path / 'other.db'}", "--as", "赵六")
    file.write_bytes(filled("filing", {"uscc": CODES[0]}, {"uscc": CODES[1], "name": "惠州市第二安全技术有限公司"}))
    assert run("import", file, *at, "--kind", "filing").exit_code == 0
    done = run("export-workbook", "filing", *at, "--format", "csv", "--to", there)
    assert done.exit_code == 0, done.stderr
    said = json.loads(run("import", there, *at, "--kind", "filing", "--json").stdout)
    assert (said["recorded"], said["recorded_before"]) == (0, 2)
    said = json.loads(run("import", there, *other, "--kind", "filing", "--json").stdout)
    assert (said["recorded"], said["wrong"]) == (2, 0)
    assert run("export-workbook", "nothing", *at).exit_code == 4
    assert run("export-workbook", "filing", *at, "--format", "pdf").exit_code == 2
