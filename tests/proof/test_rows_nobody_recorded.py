"""Rows that nobody recorded, and rows, triggers and columns that are gone or nobody made: each is named."""

from __future__ import annotations

import json
from typing import Any

import pytest

from domain.values import stream_id
from projections.rows.write.tables import COLUMNS
from tests.proof.held import Held
from tests.proof.test_tampering import named


def _phantom(held: Held, like: str) -> str:
    """An agency that nobody recorded: a head of version 0, and the rows of another under its number."""
    uscc = "91441300MAPHANT0MX"
    stream, number = f"agency/{uscc}", stream_id(f"agency/{uscc}").hex
    original_ = stream_id(f"agency/{like}").hex
    held.tamperer.run(
        "INSERT INTO stream_heads (originator_id, stream, version, count, last_recorded_at, hash) "
        f"SELECT '{number}', '{stream}', 0, 0, NULL, hash FROM stream_heads WHERE stream = 'agency/{like}'",
        *(
            f"INSERT INTO {table} ({', '.join(names)}) SELECT '{number}', {', '.join(names[1:])} FROM {table} "
            f"WHERE originator_id = '{original_}'"
            for table, (names, _) in COLUMNS.items()
        ),
    )
    return stream


def test_an_agency_that_nobody_recorded_is_named_and_removed(held: Held, original: tuple[Held, str, bytes]) -> None:
    """By audit (10) and check (7), in each table; a rebuild takes all of it away, and nothing else."""
    _phantom(held, original[1])
    audit = held.command("audit")
    assert audit.returncode == 10
    assert "91441300MAPHANT0MX: a head without an event" in audit.stdout
    check = held.command("check", "--jobs", "1", "--bases", "0")
    assert check.returncode == 7, check.stderr
    named = {line.partition("table=")[2].partition(" ")[0] for line in check.stdout.splitlines()}
    assert {"stream_heads", "agency_status", "sanction_status", "annual_score", "event_keys"} <= named
    rebuilt = held.command("rebuild", "--jobs", "1")
    assert rebuilt.returncode == 0, rebuilt.stderr
    assert held.command("check", "--jobs", "1", "--bases", "0").returncode == 0
    assert held.audit()[:2] == ([], [])


def test_rows_without_a_head_are_no_better(held: Held, original: tuple[Held, str, bytes]) -> None:
    """The same rows under a number that no stream has, and under that of the law: only the read models lie."""
    _phantom(held, original[1])
    held.tamperer.run("DELETE FROM stream_heads WHERE version = 0")
    law, other = stream_id("ledger").hex, stream_id(f"agency/{original[1]}").hex
    held.tamperer.run(f"UPDATE annulled SET originator_id = '{law}' WHERE originator_id = '{other}'")
    audit = held.command("audit")
    assert audit.returncode == 7, audit.stdout
    assert "agency_status" in audit.stdout
    assert "annulled: uscc=ledger" in audit.stdout
    assert held.command("rebuild", "--jobs", "1").returncode == 0
    assert held.audit()[:2] == ([], [])


def test_a_row_that_stands_twice_is_a_difference(held: Held) -> None:
    """A list would show the agency twice, a sum count it twice."""
    held.tamperer.run("INSERT INTO bad_record_count SELECT * FROM bad_record_count LIMIT 1")
    assert {one.table for one in held.audit().others} == {"bad_record_count"}


def test_a_head_whose_version_lies_does_not_hide_its_agency(held: Held, original: tuple[Held, str, bytes]) -> None:
    """Version 0 with events: the audit names the head, and the rows are compared all the same."""
    held.tamperer.run(
        f"UPDATE stream_heads SET version = 0 WHERE stream = 'agency/{original[1]}'", "DELETE FROM sanction_status"
    )
    assert "stream_heads" in named(held.audit())
    assert held.command("check", "--jobs", "1", "--bases", "0").returncode == 7


def test_an_event_that_is_gone_is_named_by_its_place(held: Held) -> None:
    """Not a crash: which entry of the log, and what is missing of which agency; the tree after it is still judged."""
    held.tamperer.run("DELETE FROM events WHERE position = (SELECT position FROM log_index WHERE log_index = 9)")
    done = held.audit()
    assert "this entry of the log is gone" in done.found[0].text_en
    assert any("is missing" in one.text_en for one in done.found)
    assert "tree_nodes" not in named(done), "the hash that was signed stands in the tree"
    command = held.command("audit")
    assert command.returncode == 10, command.stderr


@pytest.mark.parametrize(
    "table", ["persons", "access_changes", "vault_secrets", "survey_links", "sealed_heads", "sealer", "checkpoints"]
)
def test_a_table_that_was_emptied_is_named(held: Held, table: str) -> None:
    """Nothing in it follows from itself: what else is stored says that it was there."""
    with held.tamperer.open() as cursor:
        if not held.tamperer.is_sqlite:
            cursor.execute("SET session_replication_role = replica")
        cursor.execute(f"DELETE FROM {table}")
    assert table in named(held.audit())
    assert held.command("audit").returncode == 10


def test_the_end_of_the_record_of_access_cannot_go_with_what_it_made(held: Held) -> None:
    """The last tokens and the rows that tell of them, taken out together: the checkpoint knows the last row."""
    with held.tamperer.open() as cursor:
        cursor.execute("SELECT max(number) FROM access_changes")
        (last,) = cursor.fetchone()
        cursor.execute("SELECT subject FROM access_changes WHERE act = 'token_created'")
        assert len(cursor.fetchall()) > 1
        cursor.execute("DELETE FROM sessions")
        cursor.execute("DELETE FROM tokens")
        cursor.execute("DELETE FROM accounts")
        cursor.execute("DELETE FROM access_changes")
    done = held.audit(rows=False)
    assert (f"number {last}", "access_changes") in [(one.place, one.table) for one in done.found]


def test_an_answer_kept_for_retries_is_made_again(held: Held) -> None:
    """Each member of it that follows from the events: its day, kind, agency, and the ids above them."""
    place = "?" if held.tamperer.is_sqlite else "%s"
    with held.tamperer.open() as cursor:
        cursor.execute("SELECT key, answer FROM idempotency")
        (key, answer), *_ = cursor.fetchall()
    whole = json.loads(bytes(answer))
    event = whole["events"][0]
    other_day = {**whole, "events": [{**event, "occurred_on": "2025-03-05"}]}
    other_kind = {**whole, "events": [{**event, "type": "HonourAwarded"}]}
    other_ids = {**whole, "ids": {"project": event["id"]}}
    others: list[Any] = [other_day, other_kind, other_ids, {**whole, "agency": "x"}, {**whole, "version": 999}, []]
    for spoilt in others:
        with held.tamperer.open() as cursor:
            changed = json.dumps(spoilt).encode()
            cursor.execute(f"UPDATE idempotency SET answer = {place} WHERE key = {place}", (changed, key))
        assert named(held.audit(rows=False)) == {"idempotency"}, spoilt


def test_triggers_and_columns_that_nobody_made_are_named(held: Held) -> None:
    """One that changes rows behind the service's back; one of ours whose body does nothing any more; a column."""
    with held.tamperer.open() as cursor:
        cursor.execute("ALTER TABLE tokens ADD COLUMN note TEXT")
    lite = held.tamperer.is_sqlite
    ours = "events_no_update" if lite else "events_append_only"
    for statement in _QUIET_TRIGGERS["sqlite" if lite else "postgresql"]:
        held.owner(statement)
    found = {(one.table, one.place) for one in held.audit(rows=False).found}
    assert {("tokens", "column note"), ("tokens", "trigger quiet"), ("events", f"trigger {ours}")} <= found
    if not lite:
        assert {("persons", "rule nobody"), ("accounts", "row security")} <= found
    assert held.command("audit", "--no-rows").returncode == 10


_QUIET_TRIGGERS = {
    "sqlite": (
        "CREATE TRIGGER quiet AFTER INSERT ON tokens BEGIN UPDATE tokens SET note = 'x'; END",
        "DROP TRIGGER events_no_update",
        "CREATE TRIGGER events_no_update BEFORE UPDATE ON events BEGIN SELECT 1; END",
    ),
    "postgresql": (
        "CREATE FUNCTION quiet() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
        "CREATE TRIGGER quiet AFTER INSERT ON tokens EXECUTE FUNCTION quiet()",
        "CREATE OR REPLACE FUNCTION steward_refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
        "'BEGIN RETURN NULL; END'",
        "CREATE RULE nobody AS ON DELETE TO persons DO INSTEAD NOTHING",
        "ALTER TABLE accounts ENABLE ROW LEVEL SECURITY",
    ),
}
