"""What somebody with full access to the database can change unnoticed: nothing that follows from the log."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from starlette.testclient import TestClient

from api.app import create_app
from api.application.background.checkpoint_signer import CheckpointSigner, proven_up
from api.cli.operating.auditing import Audited
from domain.store.db.engine import open_engine
from domain.store.keys.master_key import MasterKeyMissing, use_keys
from domain.store.proof.audit import Auditor
from domain.store.proof.audit_beside import Finding
from projections.proof.certificate import check_certificate
from projections.proof.certificate_file import parse_certificate
from projections.rows.write.projector import open_ledger
from tests.http.world import World
from tests.proof.held import Held
from tests.proof.tampering import columns, flip, flip_back

NOT_DERIVED = frozenset(
    {
        "alembic_version",
        "association_profile",
        "batch_rows",
        "consultations",
        "contact_addresses",
        "deliveries",
        "delivery_targets",
        "form_answers",
        "hint",
        "hint_book",
        "hint_state",
        "import_pieces",
        "master_keys",
        "message_place",
        "message_preferences",
        "messages",
        "person_index",
        "read_model_build",
        "rebuilt",
        "sign_in_failures",
        "workbook_runs",
    }
)
"""Tables that do not follow from the log: docs/proof.md says of each what a change there could do."""
NOT_NOTICED = {
    ("events", "position"): "only names a row; the log's order is in log_index",
    ("events", "transaction_id"): "was needed for sealing; a sealed event's only has to keep the order",
    ("checkpoints", "sealed_at"): "when a checkpoint was made is not part of what is signed",
    ("vault", "created_at"): "when a key was made; nothing follows from it",
    ("vault", "hint"): "finds a person's key again; changed, the same person gets a second key",
    ("sealer", "sealed_at"): "how far answers may be kept by caches",
    ("sealer", "waiting_for"): "the sealer's working note",
    ("sealer", "waiting_since"): "the sealer's working note",
    ("tokens", "last_used_at"): "shown to the administrator",
    ("sessions", "last_used_at"): "when an idle session ends",
    ("sealer", "id"): "a row number",
    ("sealer", "horizon"): "where the next sealing goes on; events below it and unsealed are found",
    ("sealer", "cluster"): "in which cluster the horizon counts: another one is refused at the next start",
    ("sealer", "floor"): "up to where nothing is looked for; events below it without a place are found",
    ("sealer", "waiting_position"): "the sealer's working note",
    ("survey_links", "used_at"): "that the form came in stands in the log",
    ("idempotency", "token_sha256"): "whose retry it is; another's finds nothing",
    ("idempotency", "key"): "as above",
    ("idempotency", "body_sha256"): "as above: the retry is refused",
    ("idempotency", "status"): "always 201",
    ("idempotency", "created_at"): "when it may be cleared away",
    ("evidence_files", "id"): "with its uses it is compared; an upload that no fact names is another one",
    ("evidence_files", "owner"): "who may record an upload within the day; what was recorded stays",
    ("evidence_files", "stored_at"): "when an upload that no fact names is taken away",
    ("evidence_files", "claim"): "an upload that cannot be recorded any more; what was recorded stays",
    ("contact_addresses", "person_id"): "whose e-mail goes there; no fact follows",
}
"""Columns of the others in which a change has no consequence for any answer, and why."""


def test_nothing_is_found_where_nothing_was_done(held: Held) -> None:
    """The whole of it is read, the witness outside too; exit code 0."""
    done = held.audit()
    assert (done.found, done.others) == ([], [])
    assert done.counted["events"] >= 30
    assert done.counted["outside"] > 1
    command = held.command("audit")
    assert command.returncode == 0, command.stderr
    assert "0 differences" in command.stderr


def test_no_entry_is_looked_at_by_itself_where_nothing_was_done(held: Held, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is whole is read in stretches between what was signed; a changed value has its entry looked at."""
    by_itself, row = list[int](), Auditor._row

    def noted(self: Auditor, one: Any, *more: Any) -> Iterator[Finding]:
        by_itself.append(one.log_index)
        return row(self, one, *more)

    monkeypatch.setattr(Auditor, "_row", noted)
    assert held.audit().found == []
    assert by_itself == []
    done = flip(held.tamperer, "events", "actor")
    assert done is not None
    assert held.audit().found != []
    assert by_itself != []
    flip_back(held.tamperer, done)


def test_what_is_not_sealed_yet_is_no_difference(held: Held) -> None:
    """While the service writes: all that is sealed is signed, and two facts more wait for the next sealing."""
    quiet = held.settings.model_copy(update={"seal_seconds": 60.0})
    with TestClient(create_app(quiet)) as client:
        world = World(client)
        uscc = world.filed()
        proven_up(world.service.ledger, world.service.notary)
        sealed = held.audit().counted["events"]
        world.id_of("RecordLapse", uscc)
        world.id_of("ReceiveComplaint", uscc)
        done = held.audit()
        assert done[:2] == ([], [])
        assert done.counted["events"] == sealed, "they are not in the log yet"


def test_a_line_that_is_half_written_is_no_difference(held: Held) -> None:
    """The file outside is written while the audit reads it, or was cut by a crash: its whole lines count."""
    (history,) = held.settings.checkpoints.glob("*.log")
    whole = held.audit(rows=False).counted["outside"]
    with history.open("ab") as file:
        file.write(b'{"size": 9')
    done = held.audit(rows=False)
    assert (done.found, done.counted["outside"]) == ([], whole)
    with history.open("ab") as file:
        file.write(b"\n")
    assert "outside" in named(held.audit(rows=False))


@pytest.mark.slow
def test_a_changed_value_in_any_column_is_found(held: Held) -> None:
    """One value in every column of every table that follows from the log, changed by one bit, day or number."""
    unnoticed, tried = [], 0
    for table, column in columns():
        if table in NOT_DERIVED:
            continue
        done = flip(held.tamperer, table, column)
        if done is None:
            continue
        tried += 1
        try:
            report = held.audit()
        except MasterKeyMissing:
            assert (table, column) in {("vault", "master"), ("vault_secrets", "master")}, "it ends there, by name"
        else:
            if not report.found and not report.others:
                unnoticed.append((table, column))
        flip_back(held.tamperer, done)
    assert tried > 80
    assert set(unnoticed) <= set(NOT_NOTICED), unnoticed
    assert held.audit()[:2] == ([], [])


def named(report: Audited) -> set[str]:
    """The tables that an audit found fault with."""
    return {one.table for one in report.found}


def test_the_last_event_taken_out_is_found(held: Held) -> None:
    """With its place in the log, the nodes over it and the checkpoints that know of it: the file outside remembers."""
    held.tamperer.run(
        "DELETE FROM events WHERE position = (SELECT position FROM log_index ORDER BY log_index DESC LIMIT 1)",
        "DELETE FROM log_index WHERE log_index = (SELECT max(log_index) FROM log_index)",
        "DELETE FROM checkpoints WHERE size > (SELECT max(log_index) FROM log_index)",
        "DELETE FROM tree_nodes WHERE (place + 1) * (1 << level) > (SELECT max(log_index) FROM log_index)",
        "UPDATE sealer SET last_log_index = (SELECT max(log_index) FROM log_index)",
    )
    assert "outside" in named(held.audit(rows=False))
    command = held.command("audit")
    assert command.returncode == 10
    assert "entries were taken out" in command.stdout


def test_an_agencys_stream_taken_out_is_found(held: Held, original: tuple[Held, str, bytes]) -> None:
    """All its events, heads and rows: the log has holes."""
    stream = f"agency/{original[1]}"
    held.tamperer.run(
        f"DELETE FROM log_index WHERE position IN (SELECT position FROM events WHERE stream = '{stream}')",
        f"DELETE FROM events WHERE stream = '{stream}'",
        f"DELETE FROM stream_heads WHERE stream = '{stream}'",
        f"DELETE FROM sealed_heads WHERE stream = '{stream}'",
    )
    assert {"log_index", "checkpoints"} <= named(held.audit(rows=False))


def test_two_events_swapped_in_the_log_are_found(held: Held) -> None:
    """Neither the order nor the tree is what was signed."""
    with held.tamperer.open() as cursor:
        cursor.execute("SELECT log_index, position FROM log_index ORDER BY log_index LIMIT 12")
        (first, a), (second, b) = cursor.fetchall()[-2:]
        cursor.execute(f"UPDATE log_index SET position = -1 WHERE log_index = {first}")
        cursor.execute(f"UPDATE log_index SET position = {a} WHERE log_index = {second}")
        cursor.execute(f"UPDATE log_index SET position = {b} WHERE log_index = {first}")
    assert {"events", "checkpoints"} <= named(held.audit(rows=False))


def test_a_rewritten_event_with_everything_recomputed_is_found(held: Held) -> None:
    """Bytes, leaf hash, heads and the whole tree made anew without the log's key: no signature fits."""
    _rewrite(held)
    found = held.audit(rows=False)
    assert {"checkpoints", "outside"} <= named(found)
    command = held.command("audit", "--no-rows")
    assert command.returncode == 10


def test_the_service_signs_nothing_after_a_rewritten_past(held: Held) -> None:
    """Even with all checkpoints taken out, so that signing would begin anew with the real key: the witness refuses."""
    _rewrite(held)
    held.tamperer.run("DELETE FROM checkpoints", "DELETE FROM tree_nodes", "DELETE FROM sealed_heads")
    engine = open_engine(held.url)
    use_keys(engine, held.settings.keys)
    with pytest.raises(Exception, match="checkpoint kept outside"):
        proven_up(open_ledger(engine), CheckpointSigner(engine, held.settings))
    engine.dispose()
    assert "outside" in named(held.audit(rows=False))


def _rewrite(held: Held) -> None:
    """Change what a fact says and make hash, head and tree follow, as a tamperer without the key can."""
    from domain.proof.check import NO_EVENTS, chained, leaf_hash
    from domain.proof.tree import grown

    place = "?" if held.tamperer.is_sqlite else "%s"
    with held.tamperer.open() as cursor:
        cursor.execute("SELECT position, stream, state FROM events WHERE topic = 'steward.LapseRecorded'")
        position, stream, state = cursor.fetchall()[0]
        changed = bytes(state).replace(b'"item":', b'"item": ', 1)
        assert changed != bytes(state)
        cursor.execute(
            f"UPDATE events SET state = {place}, leaf_hash = {place} WHERE position = {place}",
            (changed, leaf_hash(changed), position),
        )
        cursor.execute(f"SELECT leaf_hash FROM events WHERE stream = {place} ORDER BY originator_version", (stream,))
        head = chained(NO_EVENTS, [bytes(row[0]) for row in cursor.fetchall()])
        for table in ("stream_heads", "sealed_heads"):
            cursor.execute(f"UPDATE {table} SET hash = {place} WHERE stream = {place}", (head, stream))
        cursor.execute("SELECT leaf_hash FROM events JOIN log_index USING (position) ORDER BY log_index")
        nodes = grown(0, [bytes(row[0]) for row in cursor.fetchall()], {})
        for (level, at), hash_ in nodes.items():
            cursor.execute(
                f"UPDATE tree_nodes SET hash = {place} WHERE level = {place} AND place = {place}", (hash_, level, at)
            )


def test_an_older_backup_is_found(original: tuple[Held, str, bytes], held: Held, tmp_path: Path) -> None:
    """The files outside know of entries that the database has lost; the service refuses to go on as well."""
    settings = held.settings
    with TestClient(create_app(settings)) as client:
        world = World(client)
        world.filed()
        proven_up(world.service.ledger, world.service.notary)
    older = original[0]
    back = Held(older.url, tmp_path)
    if held.tamperer.is_sqlite:
        shutil.copy(older.folder / "ledger.db", tmp_path / "ledger.db")
        back = held
    found = back.audit(rows=False).found
    assert [one.table for one in found] == ["outside"] * len(found)
    assert found
    assert "older backup" in found[-1].text_en


def test_an_earlier_certificate_still_proves_what_was(original: tuple[Held, str, bytes], held: Held) -> None:
    """Whatever is done to the database: who holds a certificate can show the answer of then, and who signed it."""
    _rewrite(held)
    assert check_certificate(parse_certificate(original[2]))


def test_rows_that_lie_are_named_and_end_with_their_own_code(held: Held) -> None:
    """A tier changed in the read model alone: exit code 7, and a rebuild mends it."""
    held.tamperer.run("UPDATE sanction_status SET tier = 'none'")
    command = held.command("audit")
    assert command.returncode == 7, command.stderr
    assert "sanction_status" in command.stdout


def _count(held: Held, table: str) -> Any:
    with open_engine(held.url).connect() as connection:
        return connection.scalar(text(f"SELECT count(*) FROM {table}"))


def test_every_table_has_something_to_tamper_with(held: Held) -> None:
    """Else the test over all columns would show nothing."""
    may_be_empty = NOT_DERIVED | {"matter", "published_result", "rebuilt"}
    empty = {table for table, _ in columns() if table not in may_be_empty and _count(held, table) == 0}
    assert empty == set()
