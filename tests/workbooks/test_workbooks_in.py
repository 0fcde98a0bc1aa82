"""Workbooks brought to a ledger on either database: every kind, every ugliness, once only."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from openpyxl import load_workbook

from api.application.privacy.authorisation import Caller
from api.application.workbooks import reading_books, recording_books
from api.application.workbooks.book_import import import_book
from api.application.workbooks.kinds.book_registry import BOOKS
from api.settings import Settings
from api.starting import make_ready
from domain.errors import Forbidden, Invalid
from domain.events import (
    ComplaintReceived,
    EffectScored,
    Event,
    HonourAwarded,
    InformationChanged,
    LapseRecorded,
    PenaltyImposed,
    ProjectStarted,
    SurveySubmitted,
)
from domain.ledger.ledger import Ledger
from domain.store.db.engine import open_engine
from domain.values import Role
from projections.rows.write.projector import open_ledger
from tests.databases import BOTH, Databases
from tests.workbooks.made import CODES, brought, caller_for, facts, fields_at, filled, on_file, saved, sheet_of
from tests.workbooks.ugly import HEAD, UGLY, UGLY_GOOD, penalty, ugly_penalties

HERE = Path(__file__).parent
MADE: dict[str, type[Event]] = {
    "personnel": InformationChanged,
    "projects": ProjectStarted,
    "surveys": SurveySubmitted,
    "effect-scores": EffectScored,
    "attendance": LapseRecorded,
    "complaints": ComplaintReceived,
    "honours": HonourAwarded,
    "penalties": PenaltyImposed,
}


@pytest.fixture(params=BOTH)
def ledger(request: pytest.FixtureRequest, databases: Databases, tmp_path: Path) -> Iterator[Ledger]:
    """An opened ledger on either database."""
    url = databases.migrated(request.param, tmp_path)
    engine = open_engine(url)
    make_ready(engine, Settings(database_url=url))
    yield open_ledger(engine)
    engine.dispose()


@pytest.mark.shows("art.8", "art.12", "art.15", "art.17", "art.22", "art.23", "art.24", "art.25", "annex1.item4")
def test_every_template_is_read_again_and_records_its_fact_once(ledger: Ledger) -> None:
    """The example is skipped; a row like it makes the fact of its kind; the same file again makes nothing."""
    on_file(ledger, "91441300MA4X2Y7K18")
    for name, made in MADE.items():
        untouched = brought(ledger, name, filled(name))
        assert untouched.checked.rows == 0
        content = filled(name, {})
        done = brought(ledger, name, content)
        assert done.recorded is not None, done.checked.faults
        assert (done.checked.rows, done.recorded.recorded, done.checked.wrong) == (1, 1, 0), name
        again = brought(ledger, name, content)
        assert (again.checked.before, again.checked.good) == (1, 0), name
        assert len(facts(ledger, "91441300MA4X2Y7K18", made)) == 1
    (lapse,) = facts(ledger, "91441300MA4X2Y7K18", LapseRecorded)
    assert (lapse.item, lapse.via) == (4, "import")
    (form,) = facts(ledger, "91441300MA4X2Y7K18", SurveySubmitted)
    (project,) = facts(ledger, "91441300MA4X2Y7K18", ProjectStarted)
    assert form.project_id == project.id  # found by its contract number
    assert [one.years for one in project.technicians] == ["3", "1.5"]


@pytest.mark.shows("art.25", "R28")
def test_every_ugliness_gets_a_clear_word_and_nothing_is_recorded(ledger: Ledger) -> None:
    """Titles above the headings, columns in any order, days and codes however written; what is wrong is marked."""
    on_file(ledger, *CODES)
    content = ugly_penalties(CODES)
    answers: list[bytes] = []
    done = brought(ledger, "penalties", content, on_marked=lambda file: answers.append(file.read()))
    assert done.recorded is None
    assert done.checked.good == UGLY_GOOD
    assert done.checked.unknown == ("行政相对人类别",)
    assert fields_at(done) == UGLY
    assert not any(facts(ledger, code, PenaltyImposed) for code in CODES)
    marked = load_workbook(io.BytesIO(answers[0])).active
    assert marked["C9"].comment is not None
    assert "四舍五入" in marked["C9"].comment.text
    assert marked["C9"].fill.fgColor.rgb == "FFF8D7DA"
    assert "2025-03-04" in marked.cell(12, len(HEAD) + 1).value
    assert marked["C4"].comment is None
    confirmed = brought(ledger, "penalties", content, good_part=True)
    assert confirmed.recorded is not None
    assert confirmed.recorded.recorded == UGLY_GOOD
    (first,) = facts(ledger, CODES[0], PenaltyImposed)
    assert (str(first.occurred_on), str(first.public_until)) == ("2025-03-04", "2028-03-04")
    assert first.authority_kind == "emergency_management"  # told by the authority's name
    mended = load_workbook(io.BytesIO(answers[0]))  # the answer itself, one row corrected, is brought again
    mended.active["H11"] = "2025-04-03"
    again = brought(ledger, "penalties", saved(mended), good_part=True)
    assert again.checked.before == UGLY_GOOD
    assert again.recorded is not None
    assert again.recorded.recorded == 2  # and one that the answer has unmerged
    assert len(facts(ledger, CODES[0], PenaltyImposed)) == 2


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_a_csv_is_read_in_any_encoding(ledger: Ledger, encoding: str, delimiter: str) -> None:
    """Agencies by name too; a guard before a formula and behind a code is taken off."""
    on_file(ledger, CODES[0])
    lines = [
        HEAD[:1] + [one.replace("\n", "") for one in HEAD[1:]],
        penalty(1, "", "2025-03-04"),
        penalty(2, f"{CODES[0]}\t", "2025.3.5"),
    ]
    lines[1][1], lines[2][4] = "第0安全技术有限公司", "'=未整改"
    text = "\r\n".join(delimiter.join(f'"{cell}"' for cell in line) for line in lines)
    done = brought(ledger, "penalties", text.encode(encoding))
    assert done.recorded is not None, done.checked.faults
    made = facts(ledger, CODES[0], PenaltyImposed)
    with ledger.reading() as reader:
        assert reader.vault.open_many([made[1].facts]) == ["=未整改"]
    assert len(made) == 2


def test_what_libreoffice_saved_is_read(ledger: Ledger) -> None:
    """A workbook of LibreOffice 7.4, made of our template: days, text codes, drop-downs."""
    on_file(ledger, *CODES[:3])
    content = (HERE / "penalties.libreoffice.xlsx").read_bytes()
    assert b"LibreOffice" in zipfile.ZipFile(io.BytesIO(content)).read("docProps/app.xml")
    done = brought(ledger, "penalties", content)
    assert done.recorded is not None, done.checked.faults
    assert done.recorded.recorded == 3
    assert [str(facts(ledger, code, PenaltyImposed)[0].occurred_on) for code in CODES[:3]] == [
        "2025-03-04",
        "2025-03-05",
        "2025-03-06",
    ]


def test_a_killed_run_is_taken_up_and_two_at_once_record_once(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pieces that were recorded are known by what they say, whoever recorded them."""
    on_file(ledger, *CODES)
    monkeypatch.setattr(recording_books, "PIECE", 2)
    content = filled("attendance", *({"agency": code, "occurred_on": "2025-03-04"} for code in CODES))
    pieces = []

    def killed(stage: str, done: int) -> None:
        pieces.append((stage, done))
        if stage == "record":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        brought(ledger, "attendance", content, progress=killed)
    assert sum(len(facts(ledger, code, LapseRecorded)) for code in CODES) == 2
    kind = BOOKS["attendance"]
    first = import_book(ledger, caller_for(ledger, kind), kind, io.BytesIO(content), dry_run=True)
    assert (first.checked.before, first.checked.good) == (2, 4)
    done = brought(ledger, "attendance", content)
    assert done.recorded is not None
    assert done.recorded.recorded == 4
    assert all(len(facts(ledger, code, LapseRecorded)) == 1 for code in CODES)


def test_equal_rows_of_one_file_are_two_facts(ledger: Ledger) -> None:
    """Two absences of one day from one meeting are what the list says; who was there has none."""
    on_file(ledger, CODES[0])
    row = {"agency": CODES[0], "occurred_on": "2025-03-04"}
    content = filled("attendance", row, row, {**row, "status": "出席"}, {**row, "status": "请假"})
    done = brought(ledger, "attendance", content)
    assert (done.checked.good, done.checked.nothing) == (2, 2)
    assert len(facts(ledger, CODES[0], LapseRecorded)) == 2
    assert brought(ledger, "attendance", content).checked.before == 2


def test_who_may_not_record_a_fact_may_not_bring_it(ledger: Ledger) -> None:
    """An agency brings no penalties, the association no effect scores; nothing is read."""
    for name, role in (("penalties", Role.AGENCY), ("effect-scores", Role.ASSOCIATION), ("filing", Role.AUDITOR)):
        kind = BOOKS[name]
        with pytest.raises(Forbidden):
            import_book(ledger, Caller("p", role, CODES[0], b""), kind, io.BytesIO(filled(name)))


def test_what_is_no_sound_workbook_is_refused(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another file, an old one, a bomb, entities, one cut short, no headings, too many rows: a word for each."""
    good = filled("penalties", {})
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as made, zipfile.ZipFile(io.BytesIO(good)) as source:
        for part in source.namelist():
            content = source.read(part)
            is_sheet = part == "xl/worksheets/sheet1.xml"
            made.writestr(
                part, content.replace(b"<sheetData>", b"<sheetData>" + b" " * 300_000_000) if is_sheet else content
            )
    entities = io.BytesIO()
    with zipfile.ZipFile(entities, "w") as made, zipfile.ZipFile(io.BytesIO(good)) as source:
        for part in source.namelist():
            content = source.read(part)
            if part == "xl/worksheets/sheet1.xml":
                content = b'<!DOCTYPE worksheet [<!ENTITY a "aaaa">]>' + content
            made.writestr(part, content)
    files = {
        "bomb": bomb.getvalue(),
        "entities": entities.getvalue(),
        "old": b"\xd0\xcf\x11\xe0" + b"\0" * 600,
        "cut": good[: len(good) // 2],
        "text": "完全不相干的文字".encode(),
        "no headings": saved(sheet_of([["甲", "乙"], [1, 2]])),
        "lacking": saved(sheet_of([["处罚机关", "违法事实"], ["某局", "某事"]])),
        "bytes": b"\xff\xfe\x00\x81\x30" * 50,
        "empty": b"",
    }
    for name, content in files.items():
        with pytest.raises(Invalid, match=r"\(api\.md\)"):
            pytest.fail(f"{name} was taken: {brought(ledger, 'penalties', content)}")
    monkeypatch.setattr(reading_books, "MOST_ROWS", 1)
    with pytest.raises(Invalid):
        brought(ledger, "penalties", filled("penalties", {}, {}))
