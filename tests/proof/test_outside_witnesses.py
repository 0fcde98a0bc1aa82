"""The log before others: tiles, cosignatures of two witnesses, a time stamp; and what a certificate carries."""

from __future__ import annotations

import base64
import json
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

import httpx2
import pytest
from starlette.testclient import TestClient

from api.app import create_app
from api.application.background.checkpoint_signer import proven_up
from api.application.background.outside_witnesses import NAME
from api.settings import Settings
from domain.proof.check import ProofError, parse_checkpoint, parse_key, parse_note, verify_checkpoint
from domain.proof.cosignatures import cosigners, parse_witness_key
from domain.proof.tree import root_of
from domain.values import Role
from projections.proof.certificate import check_certificate
from projections.proof.certificate_file import parse_certificate
from tests.databases import BOTH, Databases
from tests.http.world import World
from tests.proof.witness_servers import OwnAuthority, OwnWitness, served

needs_openssl = pytest.mark.skipif(
    shutil.which("openssl") is None, reason="openssl is not installed: apt-get install openssl"
)


@contextmanager
def watched(url: str, folder: Path, witnesses: list[OwnWitness], **more: object) -> Iterator[World]:
    """A service that asks these witnesses, and knows them; its own thread is left to sleep, the tests ask."""
    with contextmanager(_served_all)(witnesses) as addresses:
        text = "; ".join(f"{address} {one.key}" for address, one in zip(addresses, witnesses, strict=True))
        settings = Settings(
            database_url=url,
            data_dir=folder,
            key_dir=folder / "keys",
            witnesses=text,
            witness_seconds=3600,
            metrics="anyone",
            **more,  # type: ignore[arg-type]  # checked by pydantic
        )
        with TestClient(create_app(settings)) as client:
            world = World(client)
            world.filed()
            proven_up(world.service.ledger, world.service.notary)
            for one in witnesses:
                one.logs = world.service.notary.keys.known()
            yield world


def _served_all(witnesses: list[OwnWitness]) -> Iterator[list[str]]:
    if not witnesses:
        yield []
        return
    with served(witnesses[0].answer) as first, contextmanager(_served_all)(witnesses[1:]) as rest:
        yield [first, *rest]


def grow(world: World) -> int:
    """Another agency, signed; the size of the log."""
    world.filed()
    signed = proven_up(world.service.ledger, world.service.notary)
    assert signed is not None
    return signed.size


def public_checkpoint(world: World) -> str:
    """What everybody is told, without a token."""
    answer = world.client.get("/v1/public/log/checkpoint", headers={"Authorization": ""})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    return str(answer.text)


@pytest.mark.parametrize("kind", BOTH)
def test_two_witnesses_cosign_as_the_log_grows(kind: str, databases: Databases, tmp_path: Path) -> None:
    """Each from where it is, by a proof; shown to everybody, to readers of the log, and in a certificate."""
    witnesses = [OwnWitness(f"witness.example/{name}", tmp_path / name) for name in ("w1", "w2")]
    with watched(databases.empty(kind, tmp_path), tmp_path, witnesses) as world:
        keys, asking = [one.key for one in witnesses], world.service.witnesses
        assert cosigners(public_checkpoint(world).encode(), keys) == []
        asking.ask_all()
        for _ in range(3):
            size = grow(world)
            asking.ask_all()
            note = public_checkpoint(world)
            assert verify_checkpoint(note.encode(), world.service.notary.keys.known()).size == size
            assert {one.key for one in cosigners(note.encode(), keys)} == set(keys)
        assert [one.answers for one in witnesses] == [[200] * 4] * 2
        asking.ask_all()  # nothing has come: nobody is asked
        assert [len(one.answers) for one in witnesses] == [4, 4]
        asking.sizes = dict.fromkeys(asking.sizes, 0)  # as after a restart: each says how far it is
        size = grow(world)
        asking.ask_all()
        assert [one.answers[4:] for one in witnesses] == [[409, 200]] * 2
        auditor = world.people[Role.AUDITOR]
        shown = auditor.get("/v1/log/checkpoint").json()["cosigned"]
        assert (shown["size"], {one["key"] for one in shown["cosignatures"]}) == (size, set(map(str, keys)))
        grow(world)
        content = world.association.get(f"/v1/agencies/{world.filed()}/certificate").content
        certificate = parse_certificate(content)
        (outside,) = certificate.outside
        assert outside.keys == tuple(map(str, keys))
        said = [one.text_en for one in check_certificate(certificate, world.service.notary.keys.known())]
        assert any("cosigned by witnesses" in one for one in said)
        forged = json.loads(content)
        forged["outside"][0]["proof"] = forged["outside"][0]["proof"][:-4]
        with pytest.raises(ProofError):
            check_certificate(parse_certificate(json.dumps(forged).encode()))
        figures = world.client.get("/metrics").text
        assert f'steward_witness_signed_events{{witness="witness.example/w1"}} {float(size)}' in figures


def test_a_witness_that_saw_another_history_is_an_alarm(databases: Databases, tmp_path: Path) -> None:
    """Longer, or of the same length with another root: named by readyz, which stays 200, and counted."""
    witness = OwnWitness("witness.example/w1", tmp_path / "w1")
    with watched(databases.empty("sqlite", tmp_path), tmp_path, [witness]) as world:
        asking, size = world.service.witnesses, grow(world)
        for seen in (f"{size + 5} {'A' * 43}=", f"{size} {'A' * 43}="):
            (tmp_path / "w1").write_text(seen)
            asking.sizes = dict.fromkeys(asking.sizes, 0)
            asking.ask_all()
            ready = world.client.get("/readyz")
            assert ready.status_code == 200
            (reason,) = [one for one in ready.json()["degraded"] if one["name"] == NAME]
            assert "another history" in reason["detail_en"]
        assert 'steward_witness_failures{witness="witness.example/w1"} 2.0' in world.client.get("/metrics").text
        (tmp_path / "w1").unlink()
        asking.ask_all()
        assert NAME not in [one["name"] for one in world.client.get("/readyz").json().get("degraded", [])]


def test_a_witness_that_is_away_or_refuses_holds_up_nobody(databases: Databases, tmp_path: Path) -> None:
    """The other one's cosignature is kept; the first is asked again."""
    witnesses = [OwnWitness(f"witness.example/{name}", tmp_path / name) for name in ("w1", "w2")]
    with watched(databases.empty("sqlite", tmp_path), tmp_path, witnesses) as world:
        asking = world.service.witnesses
        witnesses[0].logs = []
        size = grow(world)
        asking.ask_all()
        assert asking.sizes == {"witness.example/w1": 0, "witness.example/w2": size}
        assert [one.key for one in cosigners(public_checkpoint(world).encode(), [one.key for one in witnesses])] == [
            witnesses[1].key
        ]
        witnesses[0].logs = world.service.notary.keys.known()
        asking.ask_all()
        assert asking.sizes["witness.example/w1"] == size


@pytest.mark.parametrize("kind", BOTH)
def test_the_page_says_who_has_vouched_for_the_log(kind: str, databases: Databases, tmp_path: Path) -> None:
    """Each witness by name, when, and whether its signature is right; one that is wrong spoils neither the other nor
    a certificate. Witnesses set since, of whom none has cosigned yet, are said as such.
    """
    witnesses = [OwnWitness(f"witness.example/{name}", tmp_path / name) for name in ("w1", "w2")]
    with watched(databases.empty(kind, tmp_path), tmp_path, witnesses) as world:
        shown = words_of_page(world, "en")
        assert shown.count("has not cosigned yet") == 2
        witnesses[1].logs = []
        size = grow(world)
        world.service.witnesses.ask_all()
        shown = words_of_page(world, "en")
        assert f"✓ Witness witness.example/w1: cosigned the first {size} entries at" in shown
        assert str(witnesses[0].key) in shown
        assert "! Witness witness.example/w2: has not cosigned yet" in shown
        assert "✓ 见证人 witness.example/w1：20" in words_of_page(world, "zh")
        witnesses[1].logs = witnesses[0].logs
        size = grow(world)
        world.service.witnesses.ask_all()
        (file,) = (tmp_path / "checkpoints").glob("*.cosigned.txt")
        whole = file.read_text("utf-8")
        line = next(one for one in whole.splitlines() if one.startswith("— witness.example/w2 "))
        wrong = base64.b64decode(line.rpartition(" ")[2])
        spoilt = base64.b64encode(wrong[:-1] + bytes([wrong[-1] ^ 1])).decode()
        file.write_text(whole.replace(line, f"— witness.example/w2 {spoilt}"), "utf-8")
        shown = words_of_page(world, "en")
        assert "! Witness witness.example/w2: its cosignature does NOT verify" in shown
        assert f"✓ Witness witness.example/w1: cosigned the first {size} entries" in shown
        content = world.association.get(f"/v1/agencies/{world.filed()}/certificate").content
        assert parse_certificate(content).outside[0].keys == (str(witnesses[0].key),)
        file.write_text(whole.partition("\n\n")[0] + "\n\n" + f"— witness.example/w2 {spoilt}\n", "utf-8")
        assert "cosigned" not in world.people[Role.AUDITOR].get("/v1/log/checkpoint").json()
        assert world.association.get(f"/v1/agencies/{world.filed()}/certificate").status_code == 200


def words_of_page(world: World, language: str) -> str:
    """The words of the page that everybody may open."""
    answer = world.client.get("/verify", params={"lang": language}, headers={"Authorization": ""})
    assert answer.status_code == 200
    return " ".join(re.sub(r"<[^>]*>", "", answer.text).split())


@needs_openssl
def test_an_authority_stamps_the_time(databases: Databases, tmp_path: Path) -> None:
    """Verified against the root that is set, kept, shown, in a certificate; another root refuses it; openssl agrees."""
    authority = OwnAuthority(tmp_path / "tsa")
    with served(authority.answer) as address:
        stamps = {"timestamp_url": address, "timestamp_roots": authority.roots}
        with watched(databases.empty("sqlite", tmp_path), tmp_path, [], **stamps) as world:
            size = grow(world)
            world.service.witnesses.ask_all()
            shown = world.people[Role.AUDITOR].get("/v1/log/checkpoint").json()["timestamped"]
            assert shown["size"] == size
            assert authority.verifies(shown["note"].encode(), base64.b64decode(shown["token"]))
            assert not authority.verifies(b"another note", base64.b64decode(shown["token"]))
            grow(world)
            world.service.witnesses.ask_all()  # not so soon again
            assert world.people[Role.AUDITOR].get("/v1/log/checkpoint").json()["timestamped"] == shown
            certificate = parse_certificate(world.association.get(f"/v1/agencies/{world.filed()}/certificate").content)
            assert [one.token for one in certificate.outside] == [shown["token"]]
            assert any("RFC 3161" in one.text_en for one in check_certificate(certificate))
            assert f"✓ the first {size} entries were there at" in words_of_page(world, "en")
            authority.roots.unlink()
            assert "NOT VERIFIED" in words_of_page(world, "en")
        other = OwnAuthority(tmp_path / "other")
        folder = tmp_path / "second"
        folder.mkdir()
        stamps["timestamp_roots"] = other.roots
        with watched(databases.empty("sqlite", folder), folder, [], **stamps) as world:
            grow(world)
            world.service.witnesses.ask_all()
            assert "timestamped" not in world.people[Role.AUDITOR].get("/v1/log/checkpoint").json()
            assert "does not verify" in world.client.get("/readyz").text


@pytest.mark.parametrize("kind", BOTH)
def test_the_tree_is_served_as_tiles(kind: str, databases: Databases, tmp_path: Path) -> None:
    """From tiles alone anybody makes the root that is signed; what is not there, or written otherwise, is 404."""
    with watched(databases.empty(kind, tmp_path), tmp_path, []) as world:
        uscc = world.filed()
        post = f"/v1/agencies/{uscc}/lapses"
        day = date(2024, 1, 11)
        rows = [{"post": post, "body": {"item": 5, "occurred_on": f"{day + timedelta(one)}"}} for one in range(280)]
        for first in range(0, len(rows), 100):
            answer = world.association.post("/v1/batches", {"commands": rows[first : first + 100]})
            assert answer.status_code in (200, 201), answer.text[:500]
        proven_up(world.service.ledger, world.service.notary)
        checkpoint = parse_checkpoint(parse_note(public_checkpoint(world).encode()).text)
        size, leaves = checkpoint.size, list[bytes]()
        assert size > 256
        for place in ("0/000", f"0/001.p/{size - 256}"):
            answer = tile(world, place)
            assert answer.status_code == 200, place
            assert answer.headers["content-type"] == "application/octet-stream"
            assert "immutable" in answer.headers["cache-control"]
            leaves += [answer.content[at : at + 32] for at in range(0, len(answer.content), 32)]
        assert root_of(leaves) == checkpoint.root
        assert tile(world, "1/000.p/1").content == root_of(leaves[:256])
        assert tile(world, "0/000.p/7").content == b"".join(leaves[:7])
        beyond = (f"0/001.p/{size - 255}", "0/001", "1/000", "1/000.p/2", "9/000.p/1", "63/000.p/1", "0/x001/000.p/1")
        for wrong in (
            *beyond,
            "0/0",
            "00/000",
            "0/000.p/0",
            "0/000.p/256",
            "0/000.p/007",
            "-1/000",
            "entries/000",
            "x",
        ):
            assert tile(world, wrong).status_code == 404, wrong


def tile(world: World, place: str) -> httpx2.Response:
    """A tile, asked for without a token."""
    found: httpx2.Response = world.client.get(f"/v1/public/log/tile/{place}", headers={"Authorization": ""})
    return found


@pytest.mark.parametrize(
    "wrong", ["https://w.example", "ftp://w.example key", "https://w.example w.example+00000000+AAAA"]
)
def test_a_witness_that_cannot_be_read_is_refused_at_the_start(wrong: str) -> None:
    """The setting is named, and what it has to be."""
    with pytest.raises(ValueError, match="witnesses"):
        Settings(witnesses=wrong)


def test_keys_of_witnesses_are_told_from_those_of_logs(tmp_path: Path) -> None:
    """The kind of key stands in it: neither passes for the other."""
    own = OwnWitness("witness.example/w1", tmp_path / "w1").key
    assert parse_witness_key(str(own)) == own
    with pytest.raises(ProofError):
        parse_key(str(own))
