"""`steward import` as processes: exit codes, reports, kill -9 and resumption, two at once, memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from api.cli.database import existing_ledger
from tests.cli.conftest import Run
from tests.cli.import_files import command, filed, filing, write, years_of_facts
from tests.databases import BOTH, Databases
from tests.processes import STEWARD, Script

ROOT = Path(__file__).resolve().parents[2]
KILLED = """
import os, signal, sys
from api.application.importer import import_pieces as recording
claim, sys.argv[0] = recording.claim, "steward"
def killed(unit, sha, piece, first, last, now):
    done = claim(unit, sha, piece, first, last, now)
    if piece == 3:  # the row is written, nothing is committed
        os.kill(os.getpid(), signal.SIGKILL)
    return done
recording.claim = killed
from api.cli.main import app
app()
"""
MEASURED = """
import pathlib, sys
from api.application.importer import check
check.HELD_EVENTS, sys.argv[0] = 1500, "steward"
from api.cli.main import app
try:
    app()
finally:
    # not ru_maxrss: that one begins with what the parent held when it made this process
    (peak,) = [one for one in pathlib.Path("/proc/self/status").read_text().splitlines() if one.startswith("VmHWM")]
    print(peak.removesuffix(" kB"), file=sys.stderr)
"""


@pytest.fixture(params=BOTH)
def two_urls(request: pytest.FixtureRequest, databases: Databases) -> list[str]:
    """Two empty databases of one kind."""
    return [databases.empty(request.param) for _ in range(2)]


def _environment(folder: Path) -> dict[str, str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("STEWARD_")}
    environment["STEWARD_DATA_DIR"] = str(folder)
    environment["STEWARD_SHARED_KEYS"] = "true"  # of the two ledgers of a test, and those of its measurements
    return environment


def _start(folder: Path, code: str, *arguments: object) -> Script:
    return Script(code, *arguments, env=_environment(folder))


def _wait(script: Script) -> tuple[int, str, str]:
    done = script.wait()
    return done.returncode, done.stdout, done.stderr


def _facts(url: str) -> list[dict[str, Any]]:
    """Every recorded fact in order per agency, without what differs between two recordings of the same file."""
    found = []
    with existing_ledger(url) as ledger, ledger.reading() as reader:
        for events in reader.agencies():
            for event in events:
                plain = msgspec.to_builtins(event)
                theirs = {"recorded_at", "actor", "subject", "sealed", "certificate_hash", "name_hash"}
                found.append(_without(plain, theirs))
    return found


def _without(value: Any, names: set[str]) -> Any:
    if isinstance(value, dict):
        return {key: _without(one, names) for key, one in value.items() if key not in names}
    return [_without(one, names) for one in value] if isinstance(value, list) else value


@pytest.mark.slow
def test_killed_while_recording_it_goes_on_where_it_stopped(two_urls: list[str], tmp_path: Path) -> None:
    """After kill -9 in the third piece two are there; the same command adds the rest; it equals a quiet import."""
    killed, quiet = two_urls
    file = write(tmp_path / "f.jsonl", years_of_facts(1700, 12))
    arguments = ("import", "--as", "赵六", file, "--database")
    assert _wait(_start(tmp_path, KILLED, *arguments, killed))[0] == -9
    assert len(_facts(killed)) == 1000
    code, out, err = _wait(_start(tmp_path, STEWARD, *arguments, killed, "--json"))
    assert code == 0, err
    said = json.loads(out)
    assert (said["status"], said["recorded"], said["recorded_before"]) == ("recorded", 700, 1000)
    assert _wait(_start(tmp_path, STEWARD, *arguments, quiet))[0] == 0
    assert _facts(killed) == _facts(quiet)
    assert len(_facts(quiet)) == 1700


@pytest.mark.slow
def test_two_imports_of_one_file_at_once_do_not_double(two_urls: list[str], tmp_path: Path) -> None:
    """Both end well, and every fact is there once."""
    url = two_urls[0]
    file = write(tmp_path / "f.jsonl", years_of_facts(1300, 8))
    both = [_start(tmp_path, STEWARD, "import", "--as", "赵六", file, "--database", url, "--json") for _ in range(2)]
    ended = [_wait(one) for one in both]
    assert [code for code, _, _ in ended] == [0, 0], ended
    recorded = [json.loads(out).get("recorded", 0) for _, out, _ in ended]
    assert sum(recorded) == 1300
    facts = _facts(url)
    assert len({one["id"] for one in facts}) == len(facts) == 1300


@pytest.mark.slow
def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    """Checking 20,000 lines takes at most 8 MiB more than checking 200, recording 2,500 at most 24 MiB more: a
    piece holds what it looks up of 50 agencies with 50 facts each, instead of 10 with 20.
    """

    def peak_mib(lines: int, agencies: int, *more: str) -> float:
        file = write(tmp_path / f"{lines}.jsonl", years_of_facts(lines, agencies))
        url = f"sqlite:///{tmp_path / f'{lines}{len(more)}.db'}"
        done = subprocess.run(
            [sys.executable, "-c", MEASURED, "import", "--as", "赵六", str(file), "--database", url, *more],
            cwd=ROOT,
            env=_environment(tmp_path),
            text=True,
            capture_output=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return int(done.stderr.split()[-1]) / 1024

    few = peak_mib(200, 10, "--dry-run")
    assert peak_mib(20_000, 2_000, "--dry-run") < few + 8
    assert peak_mib(2_500, 50) < peak_mib(200, 10) + 24


def test_the_report_lists_line_field_rule_and_remedy(run: Run, new_url: str, tmp_path: Path) -> None:
    """Exit code 5; the table and the JSON name every error; nothing is recorded; both outputs hold the same errors."""
    lines = [filing(0), filed(0), filed(0), command(0, "pledge"), {"post": "/v1/agencies", "body": {}, "x": 1}]
    file = write(tmp_path / "f.jsonl", lines)
    asked = ("import", "--database", new_url, "--as", "赵六", file)
    table, as_json = run(*asked), run(*asked, "--json")
    assert table.exit_code == as_json.exit_code == 5
    said = json.loads(as_json.stdout)
    found = [(one["line"], one["field"], one["rule"]) for one in said["errors"]]
    assert found == [(3, "/post", "art.8, R6"), (4, "/body/signed_on", "api.md"), (5, "/x", "api.md")]
    assert (said["status"], said["lines"], said["lines_refused"], said["recorded"]) == ("refused", 5, 3, 0)
    for one in said["errors"]:
        assert one["detail"] in table.stdout
        assert one["remedy"] in table.stdout
    assert _facts(new_url) == []


def test_a_dry_run_makes_no_database(run: Run, new_url: str, tmp_path: Path) -> None:
    """Checking a file before there is a ledger leaves nothing behind but the answer; the import then makes one."""
    file = write(tmp_path / "f.jsonl", [filing(0), filed(0)])
    asked = ("import", "--database", new_url, "--as", "赵六", file)
    assert run(*asked, "--dry-run").exit_code == 0
    assert not (tmp_path / "new.db").exists()
    assert run(*asked).exit_code == 0
    assert len(_facts(new_url)) == 2
    again = run(*asked)
    assert again.exit_code == 0
    assert "没有改动" in again.stderr


def test_an_empty_file_and_a_missing_one(run: Run, new_url: str, tmp_path: Path) -> None:
    """No command is no error and said; no file is wrong usage."""
    empty = tmp_path / "empty.jsonl"
    empty.write_bytes(b"\n\n")
    done = run("import", "--database", new_url, "--as", "赵六", empty)
    assert (done.exit_code, "没有命令" in done.stderr) == (0, True)
    assert run("import", "--database", new_url, "--as", "赵六", tmp_path / "none.jsonl").exit_code == 2
