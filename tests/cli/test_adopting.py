"""`calendar adopt` and `rulebook adopt`."""

from __future__ import annotations

import json
import os
import re
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from api.cli.database import existing_ledger
from domain.events import CalendarAdopted, RulebookAdopted
from domain.measures.rulebook import rulebook as rulebook_module
from tests.cli.conftest import Run

SHIPPED = (Path(rulebook_module.__file__).parent / "dayawan-2021.toml").read_text("utf-8")
OVERLAY = '[years.2027]\nsource = "通知"\nholidays = [2027-01-01]\nworkdays = []\n'


def _adopted(url: str, kind: type[CalendarAdopted] | type[RulebookAdopted]) -> list[str]:
    with existing_ledger(url) as ledger, ledger.reading() as reader:
        return [event.sha256 for event in reader.events("ledger") if isinstance(event, kind)]


def test_a_calendar_is_adopted_by_an_event_once(run: Run, new_url: str, tmp_path: Path) -> None:
    """The overlay's year joins the calendar; adopting the same days again changes nothing."""
    file = tmp_path / "overlay.toml"
    file.write_text(OVERLAY, "utf-8")
    adopt = ("calendar", "adopt", file, "--as", "王五", "--database", new_url)
    assert run(*adopt).exit_code == 0
    assert run(*adopt).exit_code == 0
    hashes = _adopted(new_url, CalendarAdopted)
    assert len(hashes) == len(set(hashes)) == 2


def test_a_rulebook_is_adopted_by_an_event_once(run: Run, new_url: str, tmp_path: Path) -> None:
    """A later rulebook joins the first one; the same file again changes nothing."""
    text = SHIPPED.replace('id = "dayawan-2021"', 'id = "dayawan-2030"', 1)
    text = text.replace("effective_from = 2021-11-01", "effective_from = 2030-01-01", 1)
    file = tmp_path / "next.toml"
    file.write_text(text, "utf-8")
    adopt = ("rulebook", "adopt", file, "--as", "王五", "--database", new_url)
    for _ in range(2):
        done = run(*adopt)
        assert done.exit_code == 0, done.stderr
    assert len(_adopted(new_url, RulebookAdopted)) == 2


@pytest.mark.parametrize(
    ("command", "content"),
    [
        pytest.param("calendar", "holidays = 3\n", id="calendar: unknown part"),
        pytest.param("calendar", "not toml", id="calendar: no TOML"),
        pytest.param("rulebook", "not toml", id="rulebook: no TOML"),
        pytest.param("rulebook", 'id = "x"\n', id="rulebook: incomplete"),
    ],
)
def test_a_wrong_file_is_refused_and_adopts_nothing(
    run: Run, new_url: str, tmp_path: Path, command: str, content: str
) -> None:
    """Exit code 5 with the reason; the ledger keeps the law that it had."""
    run("token", "create", "--role", "auditor", "--database", new_url)
    file = tmp_path / "wrong.toml"
    file.write_text(content, "utf-8")
    done = run(command, "adopt", file, "--as", "王五", "--database", new_url)
    assert done.exit_code == 5, done.stderr
    assert len(_adopted(new_url, CalendarAdopted)) == len(_adopted(new_url, RulebookAdopted)) == 1


@pytest.fixture
def published_url(demonstration: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A copy of the small demonstration, of which 2022 and 2023 are published, with keys and checkpoints of its own.

    Two copies of one ledger that go on differently beside one log key are a restored ledger, and refused.
    """
    keys = shutil.copytree(os.environ["STEWARD_KEY_DIR"], tmp_path / "keys")
    monkeypatch.setenv("STEWARD_KEY_DIR", str(keys))
    copy = tmp_path / "copy.db"
    with (
        closing(sqlite3.connect(demonstration.removeprefix("sqlite:///"))) as source,
        closing(sqlite3.connect(copy)) as target,
    ):
        source.backup(target)
    return f"sqlite:///{copy}"


def _written(tmp_path: Path, **changes: str) -> Path:
    text = SHIPPED
    for before, after in changes.items():
        line = {"id": 'id = "dayawan-2021"', "day": "effective_from = 2021-11-01", "points": CONDUCT}[before]
        assert line in text
        text = text.replace(line, after, 1)
    file = tmp_path / "changed.toml"
    file.write_text(text, "utf-8")
    return file


CONDUCT = 'name = "conduct.bad_record_points"\nvalue = 2'


@pytest.mark.shows("R4")
@pytest.mark.parametrize(
    ("changes", "words"),
    [
        pytest.param(
            {"points": CONDUCT.replace("2", "3")},
            ("dayawan-2021", "conduct.bad_record_points（R21）：2 → 3", "2022", "2023", "replay-under"),
            id="known id, other content",
        ),
        pytest.param(
            {"id": 'id = "late"', "day": "effective_from = 2023-06-01", "points": CONDUCT.replace("2", "3")},
            ("conduct.bad_record_points（R21）：2 → 3", "2023", "replay-under"),
            id="dated into a published year",
        ),
    ],
)
def test_what_changes_published_years_is_shown_and_has_to_be_confirmed(
    run: Run, published_url: str, tmp_path: Path, changes: dict[str, str], words: tuple[str, ...]
) -> None:
    """Refused with values, readings and years named, adopting nothing; with the digest shown it is adopted."""
    adopt = ("rulebook", "adopt", _written(tmp_path, **changes), "--as", "王五", "--database", published_url)
    done = run(*adopt)
    assert done.exit_code == 5, done.stderr
    assert all(word in done.stderr for word in words), done.stderr
    assert "2024" not in done.stderr.replace("2024 年度", ""), "only published years are named"
    assert len(_adopted(published_url, RulebookAdopted)) == 1
    (digest,) = re.findall(r"--confirm (\w{12}) 再运行", done.stderr)
    assert run(*adopt, "--confirm", "0" * 12).exit_code == 5
    assert run(*adopt, "--confirm", digest).exit_code == 0
    assert len(_adopted(published_url, RulebookAdopted)) == 2
    assert run(*adopt).exit_code == 0, "the same once more changes nothing and asks nothing"


def test_a_known_id_with_other_content_is_refused_although_nothing_is_published(
    run: Run, new_url: str, tmp_path: Path
) -> None:
    """A rulebook's id stands for one content: another under it is refused and adopts nothing (R4)."""
    assert run("token", "create", "--role", "auditor", "--database", new_url).exit_code == 0
    other = _written(tmp_path, points=CONDUCT.replace("2", "3"))
    done = run("rulebook", "adopt", other, "--as", "王五", "--database", new_url)
    assert done.exit_code == 5, done.stderr
    assert "dayawan-2021 was adopted with another content" in done.stderr
    assert len(_adopted(new_url, RulebookAdopted)) == 1


@pytest.mark.shows("R2")
def test_a_calendar_that_changes_days_gone_by_has_to_be_confirmed(run: Run, new_url: str, tmp_path: Path) -> None:
    """Deadlines of the past would move, and with them lapses of art.12: the days are named, nothing is adopted."""
    file = tmp_path / "overlay.toml"
    file.write_text('[corrections]\n2024-05-06 = "holiday"\n', "utf-8")
    adopt = ("calendar", "adopt", file, "--as", "王五", "--database", new_url)
    done = run(*adopt)
    assert done.exit_code == 5, done.stderr
    assert "2024-05-06" in done.stderr
    assert len(_adopted(new_url, CalendarAdopted)) == 1
    (digest,) = re.findall(r"--confirm (\w{12}) 再运行", done.stderr)
    assert run(*adopt, "--confirm", digest).exit_code == 0
    assert len(_adopted(new_url, CalendarAdopted)) == 2


def test_who_adopted_stands_in_the_trail(run: Run, new_url: str, tmp_path: Path) -> None:
    """The actor of the adoption is the person named, made if unknown."""
    file = tmp_path / "overlay.toml"
    file.write_text(OVERLAY, "utf-8")
    run("calendar", "adopt", file, "--as", "王五", "--database", new_url)
    run("token", "create", "--role", "association", "--person", "王五", "--database", new_url)
    (item,) = json.loads(run("token", "list", "--database", new_url, "--json").stdout)["items"]
    with existing_ledger(new_url) as ledger, ledger.reading() as reader:
        assert reader.events("ledger")[-1].actor == item["person_id"]
