"""Proofs over HTTP, checked with what an auditor has, and by another implementation; who may have them."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pymerkle
import pytest

from api.application.background.checkpoint_signer import proven_up
from domain.proof import check
from domain.proof.check import Checkpoint, ProofError, VerifierKey
from domain.proof.receipts import check_receipt
from domain.values import Role
from tests.http.test_log import ROOT, everything, got, seal_all
from tests.http.world import Person, World, new_uscc, today


def signed(world: World, person: Person, **query: Any) -> tuple[Checkpoint, dict[str, Any]]:
    """The checkpoint as a person gets it, its signature verified with the keys that come with it."""
    answer = got(person.get("/v1/log/checkpoint", **query))
    keys = [check.parse_key(one) for one in answer["keys"]]
    checkpoint = check.verify_checkpoint(answer["note"].encode(), keys)
    assert (checkpoint.origin, checkpoint.size) == (answer["origin"], answer["size"])
    assert checkpoint.root.hex() == answer["root"]
    assert checkpoint.heads == (answer["heads"]["count"], bytes.fromhex(answer["heads"]["root"]))
    return checkpoint, answer


def proof_of(answer: dict[str, Any]) -> list[bytes]:
    """The proof in an answer."""
    return [bytes.fromhex(one) for one in answer["proof"]]


def trusted(world: World) -> VerifierKey:
    """The key that an outsider has written down."""
    (key,) = world.service.notary.keys.known()
    return key


def test_every_event_of_the_log_is_proven(own_world: World) -> None:
    """Leaf by leaf from the log as it is served, by our check and by pymerkle; the root is pymerkle's too."""
    for _ in range(3):
        own_world.filed()
    proven_up(own_world.service.ledger, own_world.service.notary)
    auditor = own_world.people[Role.AUDITOR]
    checkpoint, _ = signed(own_world, auditor)
    other = pymerkle.InmemoryTree(algorithm="sha256")
    log = everything(own_world, 500)
    assert len(log) == checkpoint.size
    for one in log:
        other.append_entry(one["state"].encode())
    assert other.get_root() == checkpoint.root
    for one in log:
        answer = got(auditor.get("/v1/log/inclusion", event_id=one["id"]))
        leaf = check.leaf_hash(one["state"].encode())
        assert (answer["log_index"], answer["leaf_hash"]) == (one["log_index"], leaf.hex())
        check.verify_inclusion(leaf, answer["leaf_index"], answer["size"], proof_of(answer), checkpoint.root)
        theirs = other.prove_inclusion(one["log_index"], checkpoint.size)
        assert theirs.path[1:] == proof_of(answer)
        assert check.verify_checkpoint(answer["checkpoint"].encode(), [trusted(own_world)]) == checkpoint
    for first in range(checkpoint.size + 1):
        answer = got(auditor.get("/v1/log/consistency", from_=first, to=checkpoint.size))
        roots = bytes.fromhex(answer["from_root"]), bytes.fromhex(answer["to_root"])
        check.verify_consistency(first, checkpoint.size, *roots, proof_of(answer))
        assert roots == (other.get_root(first) if first else check.EMPTY_ROOT, checkpoint.root)


def test_what_was_recorded_just_now_is_proven_at_once(world: World) -> None:
    """Nobody has to wait for the next sealing: asking for the proof seals and signs."""
    uscc = world.filed()
    before, _ = signed(world, world.association)
    event = world.id_of("RecordLapse", uscc)
    answer = got(world.association.get("/v1/log/inclusion", event_id=event))
    assert answer["size"] >= answer["log_index"] > 0
    after, _ = signed(world, world.association)
    joined = got(world.association.get("/v1/log/consistency", from_=before.size, to=after.size))
    check.verify_consistency(before.size, after.size, before.root, after.root, proof_of(joined))


def test_earlier_checkpoints_and_sizes(own_world: World) -> None:
    """A checkpoint that was made stays to be had, as JSON and as text; proofs are for any size up to the latest."""
    first, text = signed(own_world, own_world.association)
    uscc = own_world.filed()
    seal_all(own_world)
    event = own_world.trail(uscc)[0]["id"]
    proven_up(own_world.service.ledger, own_world.service.notary)
    latest, _ = signed(own_world, own_world.association)
    assert latest.size > first.size
    assert signed(own_world, own_world.association, size=first.size) == (first, text)
    plain = own_world.association.get("/v1/log/checkpoint", {"Accept": "text/plain"}, size=first.size)
    assert plain.headers["content-type"] == "text/plain; charset=utf-8"
    assert plain.text == text["note"]
    place = got(own_world.association.get("/v1/log/inclusion", event_id=event))["log_index"]
    answer = got(own_world.association.get("/v1/log/inclusion", event_id=event, size=place))
    root = bytes.fromhex(answer["root"])
    check.verify_inclusion(bytes.fromhex(answer["leaf_hash"]), place - 1, place, proof_of(answer), root)


def test_sizes_that_are_not_proven_are_refused(world: World) -> None:
    """Beyond the latest checkpoint, before the event, out of order, no number: 422 that says what to do."""
    event = world.trail(world.filed())[0]["id"]
    place = got(world.association.get("/v1/log/inclusion", event_id=event))["log_index"]
    refused: list[tuple[str, dict[str, Any], str]] = [
        ("/v1/log/checkpoint", {"size": 10**9}, "?size"),
        ("/v1/log/checkpoint", {"size": 0}, "?size"),
        ("/v1/log/inclusion", {"event_id": event, "size": 10**9}, "?size"),
        ("/v1/log/inclusion", {"event_id": event, "size": place - 1}, "?size"),
        ("/v1/log/consistency", {"from_": 10**9}, "?from"),
        ("/v1/log/consistency", {"from_": 1, "to": 10**9}, "?to"),
        ("/v1/log/consistency", {"from_": 2, "to": 1}, "?from"),
    ]
    for path, query, pointer in refused:
        answer = world.association.get(path, **query)
        assert answer.status_code == 422, (path, query)
        assert answer.json()["errors"][0]["pointer"] == pointer
        assert answer.json()["remedy"]
    for text in ("-1", "x", "1.5", "9" * 19, ""):
        assert world.association.get("/v1/log/checkpoint", size=text).status_code == 422


def test_the_head_of_an_agency_is_proven_complete(world: World) -> None:
    """All events of its trail, chained by their leaf hashes, are what the checkpoint's tree of heads commits to."""
    uscc = world.filed()
    world.done("RecordLapse", uscc)
    proven_up(world.service.ledger, world.service.notary)
    own = world.person(Role.AGENCY, uscc)
    answer = got(own.get(f"/v1/agencies/{uscc}/head"))
    leaves = [one["leaf_hash"] for one in everything(world, 500) if one["agency"] == uscc]
    chain = check.chained(check.NO_EVENTS, map(bytes.fromhex, leaves))
    assert (answer["count"], answer["hash"], answer["stream"]) == (len(leaves), chain.hex(), f"agency/{uscc}")
    assert answer["count"] == len(own.get(f"/v1/agencies/{uscc}/events").json()["items"])
    checkpoint = check.verify_checkpoint(answer["checkpoint"]["note"].encode(), [trusted(world)])
    count, root = checkpoint.heads
    leaf = check.head_leaf(answer["stream"], answer["count"], chain)
    check.verify_inclusion(leaf, answer["index"], count, proof_of(answer), root)
    fewer = check.head_leaf(answer["stream"], answer["count"] - 1, check.chained(check.NO_EVENTS, [chain]))
    with pytest.raises(ProofError):
        check.verify_inclusion(fewer, answer["index"], count, proof_of(answer), root)
    assert got(world.association.get(f"/v1/agencies/{world.filed()}/head"))["count"] > 0  # signed for the asking


def test_an_event_is_proven_to_whom_it_concerns(world: World) -> None:
    """An agency gets proof of its own events, a client of what it recorded; others' are 404 like unknown ids."""
    uscc, other = world.filed(), world.filed()
    lapse = world.id_of("RecordLapse", uscc)
    body = {"received_on": today(), "complainant": "李女士", "grounds": "other"}
    complaint = World.must(world.client_person.post(f"/v1/agencies/{uscc}/complaints", body))["ids"]["complaint"]
    own, stranger = world.person(Role.AGENCY, uscc), world.person(Role.AGENCY, other)
    client = world.client_person
    for path in ("/v1/log/inclusion", "/v1/log/receipt"):
        assert [own.get(path, event_id=one).status_code for one in (lapse, complaint)] == [200, 200]
        assert [stranger.get(path, event_id=one).status_code for one in (lapse, complaint)] == [404, 404]
        assert [client.get(path, event_id=one).status_code for one in (lapse, complaint)] == [404, 200]
        hidden, unknown = stranger.get(path, event_id=lapse), stranger.get(path, event_id="no-such-event")
        assert hidden.text.replace(lapse, "no-such-event") == unknown.text
    assert stranger.get(f"/v1/agencies/{uscc}/head").status_code == 404
    assert world.association.get(f"/v1/agencies/{new_uscc()}/head").status_code == 404


def test_a_receipt_is_checked_without_the_service(world: World) -> None:
    """The file as it was downloaded, and a key: nothing else is needed, and nothing in it can be changed."""
    uscc = world.filed()
    lapse = world.id_of("RecordLapse", uscc)
    answer = world.person(Role.AGENCY, uscc).get("/v1/log/receipt", event_id=lapse)
    assert f'filename="receipt-{lapse}.json"' in answer.headers["content-disposition"]
    lines = check_receipt(answer.content, trusted(world))
    assert any(lapse in line for line in lines)
    assert "LapseRecorded" in lines[-1]
    given = answer.json()
    assert hashlib.sha256(b"\0" + given["state"].encode()).hexdigest() == given["leaf_hash"]
    stranger = VerifierKey(trusted(world).name, bytes(32))
    other = world.association.get("/v1/log/receipt", event_id=world.id_of("RecordLapse", uscc)).json()
    changes: list[dict[str, Any]] = [
        {"event_id": other["event_id"]},
        {"log_index": given["log_index"] + 1},
        {"leaf_hash": other["leaf_hash"]},
        {"recorded_at": other["recorded_at"]},
        {"size": given["size"] - 1},
        {"proof": given["proof"][1:]},
        {"receipt": given["checkpoint"]},
        {"checkpoint": given["receipt"]},
        {"receipt": other["receipt"]},
        {"state": other["state"]},
        {"state": given["state"] + " "},
        {"format": "steward-receipt/2"},
        {"proof": ["x"]},
        {"log_index": str(given["log_index"])},
        {"leaf_hash": "x"},
        {"checkpoint": None},
    ]
    if other["checkpoint"] != given["checkpoint"]:
        changes.append({"checkpoint": other["checkpoint"]})
    for change in changes:
        with pytest.raises(ProofError):
            check_receipt(json.dumps({**given, **change}).encode(), trusted(world))
    for content in (b"", b"{}", b"[]", b"\xff"):
        with pytest.raises(ProofError):
            check_receipt(content, trusted(world))
    with pytest.raises(ProofError, match="no trusted key"):
        check_receipt(answer.content, stranger)


def test_a_receipt_does_not_betray_who_complained(world: World) -> None:
    """The agency's receipt of a complaint has its hash only; readers and who recorded it get the stored text."""
    uscc = world.filed()
    body = {"received_on": today(), "complainant": "李女士", "grounds": "other"}
    event = World.must(world.client_person.post(f"/v1/agencies/{uscc}/complaints", body))["ids"]["complaint"]
    withheld = world.person(Role.AGENCY, uscc).get("/v1/log/receipt", event_id=event)
    assert withheld.json()["state"] is None
    assert world.client_person.person_id not in withheld.text
    assert "withheld" in check_receipt(withheld.content, trusted(world))[-1]
    for person in (world.client_person, world.people[Role.AUDITOR]):
        assert json.loads(person.get("/v1/log/receipt", event_id=event).json()["state"])["id"] == event


@pytest.fixture
def own_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys that no other service signs with."""
    monkeypatch.setenv("STEWARD_KEY_DIR", str(tmp_path / "keys"))


@pytest.mark.usefixtures("own_keys")
def test_receipts_go_on_after_a_rotation(own_world: World) -> None:
    """Whoever trusts the key of the last checkpoint can check a receipt, also between rotation and next checkpoint."""
    uscc = own_world.filed()
    event = own_world.id_of("RecordLapse", uscc)
    latest = proven_up(own_world.service.ledger, own_world.service.notary)
    old = trusted(own_world)
    new = own_world.service.notary.keys.rotate(latest)
    path = "/v1/log/receipt"
    check_receipt(own_world.association.get(path, event_id=event).content, old)
    own_world.id_of("RecordLapse", uscc)
    proven_up(own_world.service.ledger, own_world.service.notary)
    vouched = own_world.association.get(path, event_id=event).content
    check_receipt(vouched, old)
    check_receipt(vouched, new)
    assert signed(own_world, own_world.association)[1]["keys"] == [str(old), str(new)]


def test_the_steps_of_the_documentation_work(own_world: World, tmp_path: Path) -> None:
    """What docs/proof.md shows, with check.py copied away: it proves the log, and fails for one that was changed."""
    own_world.filed()
    proven_up(own_world.service.ledger, own_world.service.notary)
    note = own_world.association.get("/v1/log/checkpoint", {"Accept": "text/plain"})
    (tmp_path / "checkpoint.txt").write_bytes(note.content)
    steps = re.search(r"```python\n(.*?)```", (ROOT / "docs" / "proof.md").read_text("utf-8"), re.DOTALL)
    assert steps is not None
    (tmp_path / "steps.py").write_text(steps[1], "utf-8")
    shutil.copy(check.__file__, tmp_path / "check.py")
    log = everything(own_world, 500)
    key = str(trusted(own_world))
    for text, works in (
        (json.dumps(log), True),
        (json.dumps(log).replace("FilingSubmitted", "FilingSubmitteb"), False),
    ):
        (tmp_path / "log.json").write_text(text, "utf-8")
        run = subprocess.run(
            [sys.executable, "steps.py", key], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert (run.returncode == 0) == works, run.stderr
        assert ("the log is what was signed" in run.stdout) == works
