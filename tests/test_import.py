"""Import of commands: the whole file is checked on the trail as it would be, then recorded, once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from api.application.commands import find_command
from api.application.importer import import_pieces
from api.application.importer import lines as import_lines
from api.application.importer.lines import ImportStopped, LineError
from api.application.importer.run import ImportOutcome, run_import
from api.settings import Settings
from api.starting import make_ready
from domain.commands.projects import RecordLapse
from domain.errors import Invalid, NotFound
from domain.events import Event, SurveySubmitted
from domain.ledger.ledger import Ledger
from domain.store.access.tokens import create_person, person_named
from domain.store.db.engine import open_engine, writing
from domain.store.db.schema import events
from domain.store.keys.vault import Vault
from domain.values import Role
from projections.rows.write.projector import open_ledger
from tests.cli.import_files import CLIENT, agency_of, command, filed, filing, write, years_of_facts
from tests.databases import BOTH, Databases


@pytest.fixture(params=BOTH)
def ledger(request: pytest.FixtureRequest, databases: Databases, tmp_path: Path) -> Iterator[Ledger]:
    """An opened ledger on either database."""
    url = databases.migrated(request.param, tmp_path)
    engine = open_engine(url)
    make_ready(engine, Settings(database_url=url))
    yield open_ledger(engine)
    engine.dispose()


@pytest.fixture
def sqlite_ledger(tmp_path: Path) -> Iterator[Ledger]:
    """An opened ledger on SQLite, where the database makes no difference."""
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    engine = open_engine(url)
    make_ready(engine, Settings(database_url=url))
    yield open_ledger(engine)
    engine.dispose()


def _import(ledger: Ledger, file: Path, **more: Any) -> tuple[ImportOutcome, list[LineError]]:
    errors: list[LineError] = []
    return run_import(ledger, file, "赵六", on_error=errors.append, **more), errors


def _of(ledger: Ledger, number: int) -> tuple[Event, ...]:
    with ledger.reading() as reader:
        return reader.agency_events(agency_of(number))


def _stored(ledger: Ledger) -> int:
    with ledger.reading() as reader:
        return int(reader.connection.scalar(select(func.count()).select_from(events)) or 0)


def test_a_valid_file_is_recorded_with_names_resolved(ledger: Ledger, tmp_path: Path) -> None:
    """Facts say `import` and who answers; `$name` is that line's fact, `$$` a dollar; roles are not checked."""
    lines = [*years_of_facts(12, 2), command(0, "penalties", authority_kind="other", decided_on="2023-07-01")]
    outcome, errors = _import(ledger, write(tmp_path / "f.jsonl", lines))
    assert (outcome.status, outcome.lines, outcome.recorded, errors) == ("recorded", 13, 13, [])
    recorded = [*_of(ledger, 0), *_of(ledger, 1)]
    assert len(recorded) == 13
    assert {event.via for event in recorded} == {"import"}
    with ledger.reading() as reader:
        assert {event.actor for event in recorded} == {person_named(reader.connection, "赵六")}
        survey = next(event for event in recorded if isinstance(event, SurveySubmitted))
        assert survey.comments is not None
        assert Vault(reader.connection).open(survey.comments) == "$不错"
    assert survey.project_id in {event.id for event in recorded}


def test_a_file_imported_again_changes_nothing(ledger: Ledger, tmp_path: Path) -> None:
    """The second time says so; blank lines at the end do not matter for knowing that all of it is there."""
    file = write(tmp_path / "f.jsonl", years_of_facts(20, 2))
    file.write_text(file.read_text("utf-8") + "\n\n", "utf-8")
    _import(ledger, file)
    before = _stored(ledger)
    outcome, _ = _import(ledger, file)
    assert (outcome.status, outcome.recorded) == ("already_recorded", 0)
    assert _stored(ledger) == before


def test_one_error_at_the_end_keeps_all_of_it_out(ledger: Ledger, tmp_path: Path) -> None:
    """Three hundred good lines and a bad one: nothing is recorded, the ledger is as before, no person is made."""
    before = _stored(ledger)
    lines = [*years_of_facts(300, 4), command(0, "projects/$p0/cancellation", cancelled_on="2023-05-21")]
    outcome, errors = _import(ledger, write(tmp_path / "f.jsonl", lines))
    assert outcome.status == "refused"
    assert [(one.line, one.pointer, one.rule) for one in errors] == [(301, "/post", "R9")]
    assert "已完成" in errors[0].detail
    assert errors[0].remedy
    assert _stored(ledger) == before
    with ledger.reading() as reader:
        assert person_named(reader.connection, "赵六") is None


def test_what_stands_in_the_ledger_counts_for_the_check(ledger: Ledger, tmp_path: Path) -> None:
    """A file is checked against the recorded trail and its own earlier lines together."""
    _import(ledger, write(tmp_path / "a.jsonl", [filing(0), filed(0)]))
    second = [filing(0), command(0, "pledge", signed_on="2023-02-01"), filing(1), filing(1)]
    outcome, errors = _import(ledger, write(tmp_path / "b.jsonl", second))
    assert outcome.status == "refused"
    assert [(one.line, one.rule) for one in errors] == [(1, "art.8, R6"), (4, "art.8, R6")]


def test_a_dry_run_records_nothing(ledger: Ledger, tmp_path: Path) -> None:
    """`--dry-run` says that the file is valid and leaves the ledger alone; the import itself still works afterwards."""
    file = write(tmp_path / "f.jsonl", years_of_facts(12, 2))
    before = _stored(ledger)
    assert _import(ledger, file, dry_run=True)[0].status == "valid"
    assert _stored(ledger) == before
    assert _import(ledger, file)[0].recorded == 12


LAPSE: dict[str, Any] = {"item": 4, "occurred_on": "2023-03-01"}
GOOD = json.dumps(command(0, "lapses", "a", **LAPSE)).encode()
UGLY = [
    pytest.param(b"nope", "", "JSON", id="no JSON"),
    pytest.param(b"[1, 2]", "", "JSON", id="no object"),
    pytest.param(b'{"post": 1, "body": {}}', "/post", "post", id="post is no text"),
    pytest.param(b'{"post": "/v1/agencies"}', "/body", "body", id="no body"),
    pytest.param(b'{"post": "/v1/agencies", "body": {}, "x": 1}', "/x", "post、body、ref", id="unknown member"),
    pytest.param(b'{"post": "/v1/agencies", "body": {}, "ref": "a b"}', "/ref", "ref", id="ref with a blank"),
    pytest.param(b'{"post": "/v1/agencies", "post": "/v1/agencies", "body": {}}', "", "重复", id="doubled key"),
    pytest.param(b"\xff\xfe{}", "", "UTF-8", id="invalid UTF-8"),
    pytest.param(b'{"post": "\\ud800", "body": {}}', "", "代理", id="lone surrogate"),
    pytest.param(b'{"post": "/v1/agencies", "body": {"a": NaN}}', "", "NaN", id="NaN"),
    pytest.param(b"[" * 100_000, "", "", id="nested without end"),
    pytest.param(b'{"post": "' + b"x" * import_lines.LINE_LIMIT_BYTES + b'"}', "", "超过", id="over a mebibyte"),
    pytest.param(b'{"post": "/v1/nothing", "body": {}}', "/post", "没有这个命令", id="unknown command"),
    pytest.param(
        b'{"post": "/v1/agencies/123/pledge", "body": {"signed_on": "2023-01-01"}}', "/post", "GB", id="no USCC"
    ),
]


@pytest.mark.parametrize(("raw", "pointer", "said"), UGLY)
def test_an_ugly_line_is_one_clear_error(
    sqlite_ledger: Ledger, tmp_path: Path, raw: bytes, pointer: str, said: str
) -> None:
    """Whatever a line holds, it is named with its number and field, and the lines around it are still checked."""
    before = "\n".join(json.dumps(one, ensure_ascii=False) for one in (filing(0), filed(0))).encode()
    file = tmp_path / "ugly.jsonl"
    file.write_bytes(b"\xef\xbb\xbf" + before + b"\r\n\r\n" + raw + b"\n" + GOOD + b"\n" + b"{}")
    outcome, errors = _import(sqlite_ledger, file)
    assert (outcome.lines, outcome.refused) == (5, 2)
    assert [one.line for one in errors] == [4, 6, 6][: len(errors)]
    assert errors[0].pointer == pointer
    assert said in errors[0].detail


def test_byte_order_mark_crlf_and_blank_lines_are_no_errors(sqlite_ledger: Ledger, tmp_path: Path) -> None:
    """What Windows editors leave in a file is taken as it is, with or without an end of line at the end."""
    file = tmp_path / "windows.jsonl"
    text = "\r\n\r\n".join(json.dumps(one) for one in (filing(0), filed(0)))
    file.write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert _import(sqlite_ledger, file)[0].recorded == 2
    assert _import(sqlite_ledger, file)[0].status == "already_recorded"


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        pytest.param({"item": 8, "occurred_on": "2023-03-01"}, "/body/item", id="not a choice"),
        pytest.param({"item": 4, "occurred_on": "2099-01-01"}, "/body/occurred_on", id="future date"),
        pytest.param({"item": 4, "occurred_on": "2023-02-30"}, "/body/occurred_on", id="no such day"),
        pytest.param({"item": 4}, "/body/occurred_on", id="missing"),
        pytest.param({**LAPSE, "conserns": "x"}, "/body/conserns", id="misspelt"),
        pytest.param({**LAPSE, "concerns": "x"}, "/body/concerns", id="unknown id"),
        pytest.param({**LAPSE, "concerns": "$later"}, "/body/concerns", id="name of a later line"),
        pytest.param({**LAPSE, "evidence": [{"title": "$nobody"}]}, "/body/evidence/0/title", id="unknown name inside"),
    ],
)
def test_a_wrong_field_is_named(sqlite_ledger: Ledger, tmp_path: Path, body: dict[str, Any], pointer: str) -> None:
    """Each error has the pointer into the line, and a remedy in both languages."""
    last = command(0, "lapses", "later", **LAPSE)
    outcome, errors = _import(
        sqlite_ledger, write(tmp_path / "f.jsonl", [filing(0), filed(0), command(0, "lapses", **body), last])
    )
    assert (outcome.status, outcome.refused) == ("refused", 1)
    assert [(one.line, one.pointer) for one in errors] == [(3, pointer)]
    assert errors[0].remedy
    assert errors[0].remedy_en


def test_a_binary_float_is_refused(sqlite_ledger: Ledger, tmp_path: Path) -> None:
    """A number that counts is written as an integer or as text: 82.5 is not what a double holds (R26)."""
    score: dict[str, Any] = {"client": CLIENT, "year": 2023, "scored_on": "2023-12-20"}
    values = [filing(0), *(command(0, "effect-scores", **score, value=value) for value in (82.5, 82, "82.5", True))]
    _, errors = _import(sqlite_ledger, write(tmp_path / "f.jsonl", values))
    assert [(one.line, one.pointer) for one in errors] == [(2, "/body/value"), (5, "/body/value")]
    assert "浮点数" in errors[0].detail


def test_lines_that_fail_only_through_others_say_so(sqlite_ledger: Ledger, tmp_path: Path) -> None:
    """A refused project and a refused filing are named as the cause by the lines that need them."""
    project = command(0, "projects", "p", client=CLIENT, started_on="2023-02-01", due_on="2023-01-01")
    lines = [filing(0), filed(0), project, command(0, "projects/$p/plan", filed_on="2023-02-02")]
    lines += [{**filing(1), "body": {**filing(1)["body"], "category": ""}}, filed(1)]
    _, errors = _import(sqlite_ledger, write(tmp_path / "f.jsonl", lines))
    assert [(one.line, one.because) for one in errors] == [(3, None), (4, 3), (5, None), (6, 5)]


def test_a_name_is_given_once(sqlite_ledger: Ledger, tmp_path: Path) -> None:
    """The second line with the same ref is refused, the first keeps the name."""
    lines = [filing(0), filed(0), command(0, "lapses", "a", **LAPSE), command(0, "lapses", "a", **LAPSE)]
    lines += [command(0, "annulments", event_id="$a", reason="有误", annulled_on="2023-04-01")]
    _, errors = _import(sqlite_ledger, write(tmp_path / "f.jsonl", lines))
    assert [(one.line, one.pointer) for one in errors] == [(4, "/ref")]


def test_a_trail_that_changes_meanwhile_stops_at_its_line(
    sqlite_ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pieces before the refused line stay, and that is said; the same command does not record them again."""
    monkeypatch.setattr(import_pieces, "PIECE_LINES", 2)
    start = [filing(0), filed(0), command(0, "lapses", **LAPSE)]
    _import(sqlite_ledger, write(tmp_path / "a.jsonl", start))
    lapse = _of(sqlite_ledger, 0)[-1]
    lines = [
        filing(1),
        filed(1),
        filing(2),
        filed(2),
        command(0, "lapses", item=4, occurred_on="2023-03-02", concerns=lapse.id),
    ]
    file = write(tmp_path / "b.jsonl", lines)

    def meddle(stage: str, done: int, total: int) -> None:
        if (stage, done) == ("check", total):
            with sqlite_ledger.writing() as unit:
                body = {"event_id": lapse.id, "reason": "有误", "annulled_on": "2023-04-01"}
                found = find_command(f"/v1/agencies/{agency_of(0)}/annulments")
                assert found is not None
                command_ = found[0].body.model_validate(body)
                unit.record(agency_of(0), command_, actor="x", role=Role.ASSOCIATION, via="api")

    with pytest.raises(ImportStopped) as stopped:
        _import(sqlite_ledger, file, progress=meddle)
    assert (stopped.value.error.line, stopped.value.recorded_up_to) == (5, 4)
    assert "第 4 行及以前的已记录" in stopped.value.text
    assert len(_of(sqlite_ledger, 2)) == 2
    assert not any(isinstance(one, RecordLapse) for one in _of(sqlite_ledger, 0))
    again, errors = _import(sqlite_ledger, file)
    assert (again.status, again.recorded_before, [one.line for one in errors]) == ("refused", 4, [5])


def test_who_answers_must_be_one_person(sqlite_ledger: Ledger, tmp_path: Path) -> None:
    """A name that two people bear is refused, an unknown id is not found, a known id is taken."""
    with writing(sqlite_ledger.engine) as connection:
        first, _ = create_person(connection, "赵六"), create_person(connection, "赵六")
    file = write(tmp_path / "f.jsonl", [filing(0)])
    with pytest.raises(Invalid):
        _import(sqlite_ledger, file)
    with pytest.raises(NotFound):
        run_import(sqlite_ledger, file, "0193aef1-1f0b-7a44-8d11-c5be2f7e9036", on_error=lambda error: None)
    run_import(sqlite_ledger, file, first, on_error=lambda error: None)
    assert _of(sqlite_ledger, 0)[0].actor == first
