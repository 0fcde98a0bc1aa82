"""Files of commands for the import's tests."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from demo.invented_names import uscc

CLIENT = {"uscc": uscc(7_000_001), "name": "测试企业有限公司"}


def agency_of(number: int) -> str:
    """The USCC of a test's agency."""
    return uscc(9_000_000 + number)


def filing(number: int) -> dict[str, Any]:
    """File an agency."""
    body = {
        "uscc": agency_of(number),
        "name": f"机构{number}",
        "category": "综合安全管家",
        "submitted_on": "2023-01-03",
    }
    return {"post": "/v1/agencies", "body": body}


def filed(number: int) -> dict[str, Any]:
    """Decide its filing."""
    return command(number, "filing-decision", outcome="filed", decided_on="2023-01-05")


def command(number: int, tail: str, ref: str | None = None, **body: Any) -> dict[str, Any]:
    """Any command on an agency."""
    line = {"post": f"/v1/agencies/{agency_of(number)}/{tail}", "body": body}
    return line if ref is None else {**line, "ref": ref}


def years_of_facts(lines: int, agencies: int) -> list[dict[str, Any]]:
    """So many valid lines: filings, then projects with completion and survey, spread over the agencies."""
    made = [one for number in range(agencies) for one in (filing(number), filed(number))]
    turn = 0
    while len(made) < lines:
        number, name = turn % agencies, f"p{turn}"
        lead = {"name": "李工", "years": "3", "certificate_no": f"YS{turn % 50}"}
        made += [
            command(
                number, "projects", name, client=CLIENT, started_on="2023-02-01", due_on="2023-06-01", quality_lead=lead
            ),
            command(number, f"projects/${name}/completion", completed_on="2023-05-20"),
            command(
                number,
                "surveys",
                client=CLIENT,
                project_id=f"${name}",
                year=2023,
                submitted_on="2023-06-02",
                answers=list("AAAAABBBBC"),
                comments="$$不错",
            ),
        ]
        turn += 1
    return made[:lines]


def write(path: Path, lines: Iterable[dict[str, Any]]) -> Path:
    """The file of these lines."""
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), "utf-8")
    return path
