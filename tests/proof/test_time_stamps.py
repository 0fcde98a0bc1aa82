"""A certificate's time stamp (RFC 3161): shown as proven where it is, and as not verified where nobody can say."""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from api.application.background import outside_witnesses
from api.cli.main import app
from domain.proof.check import ProofError
from projections.proof.certificate import check_certificate
from projections.proof.certificate_file import parse_certificate
from projections.proof.certificate_outside import stamped_at
from tests.databases import Databases
from tests.proof.test_outside_witnesses import grow, needs_openssl, watched
from tests.proof.witness_servers import OwnAuthority, served

pytestmark = needs_openssl
NOTE = "some note\n"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> OwnAuthority:
    """One authority for all."""
    return OwnAuthority(tmp_path_factory.mktemp("tsa") / "own")


@pytest.fixture(scope="module")
def answer(authority: OwnAuthority) -> bytes:
    """Its stamp of the note."""
    with served(authority.answer) as address:
        return base64.b64decode(outside_witnesses.stamped(address, authority.roots, NOTE).token)


@pytest.fixture(scope="module")
def certified(
    authority: OwnAuthority, databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[bytes]:
    """A certificate that carries a stamp."""
    folder = tmp_path_factory.mktemp("certified")
    with served(authority.answer) as address:
        stamps = {"timestamp_url": address, "timestamp_roots": authority.roots}
        with watched(databases.empty("sqlite", folder), folder, [], **stamps) as world:
            grow(world)
            world.service.witnesses.ask_all()
            yield world.association.get(f"/v1/agencies/{world.filed()}/certificate").content


def run(*arguments: object) -> Result:
    """`steward` with these arguments."""
    return CliRunner().invoke(app, [str(one) for one in arguments], prog_name="steward")


def time_in(answer: bytes) -> bytes:
    """The time that a stamp says, as it stands in it."""
    return f"{stamped_at(answer, NOTE.encode(), None):%Y%m%d%H%M%SZ}".encode()


def test_a_stamp_says_when_its_content_was_there(authority: OwnAuthority, answer: bytes) -> None:
    """Under its root; signed anew by the same key it is as good, so what the others below change is what is refused."""
    now = datetime.now(UTC)
    for one in (answer, authority.signed_anew(answer)):
        found = stamped_at(one, NOTE.encode(), authority.roots.read_bytes())
        assert 0 <= (now - found).total_seconds() < 600


@pytest.mark.parametrize("usage", ["code", "both", "enciphering"])
def test_a_certificate_for_another_use_stamps_no_time(authority: OwnAuthority, answer: bytes, usage: str) -> None:
    """RFC 3161, 2.3: stamping time, critically and alone, by a key that may sign."""
    with pytest.raises(ProofError, match="does not verify"):
        stamped_at(authority.signed_anew(answer, usage), NOTE.encode(), authority.roots.read_bytes())


@pytest.mark.parametrize("year", [b"2035", b"2001"])
def test_a_stamp_from_outside_the_certificates_days_is_none(
    authority: OwnAuthority, answer: bytes, year: bytes
) -> None:
    """The certificate has expired by the time that the stamp says, or did not exist yet."""
    said = time_in(answer)
    late = authority.signed_anew(answer, change=(said, year + said[4:]))
    with pytest.raises(ProofError, match="does not verify"):
        stamped_at(late, NOTE.encode(), authority.roots.read_bytes())


def test_a_forged_stamp_is_none(authority: OwnAuthority, answer: bytes, tmp_path: Path) -> None:
    """A changed time under the old signature; another authority's; of another note; rubbish; no root at all."""
    said, roots = time_in(answer), authority.roots.read_bytes()
    earlier = answer.replace(said, said[:2] + b"25" + said[4:])
    assert earlier != answer
    for one, content, trusted in (
        (earlier, NOTE, roots),
        (answer, NOTE, OwnAuthority(tmp_path / "other").roots.read_bytes()),
        (answer, "another note\n", roots),
        (answer, "another note\n", None),
        (b"rubbish", NOTE, None),
        (answer[:-20], NOTE, roots),
        (answer, NOTE, b""),
    ):
        with pytest.raises(ProofError):
            stamped_at(one, content.encode(), trusted)


def test_any_byte_changed_leaves_the_time_or_proves_nothing(authority: OwnAuthority, answer: bytes) -> None:
    """Whatever is changed: what still verifies says the same time, and nothing breaks."""
    roots, said = authority.roots.read_bytes(), stamped_at(answer, NOTE.encode(), None)
    refused = 0
    for at in range(0, len(answer), 3):
        changed = answer[:at] + bytes([answer[at] ^ 0x15]) + answer[at + 1 :]
        try:
            assert stamped_at(changed, NOTE.encode(), roots) == said, at
        except ProofError:
            refused += 1
    assert refused > len(answer) // 4


def test_verify_checks_the_stamp_against_the_roots_that_are_named(
    authority: OwnAuthority, certified: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By option or setting; without any it is said that nothing of the stamp was verified."""
    file, rubbish = tmp_path / "certificate.json", tmp_path / "rubbish.pem"
    file.write_bytes(certified)
    rubbish.write_text("no certificate")
    monkeypatch.delenv("STEWARD_TIMESTAMP_ROOTS", raising=False)
    (at,) = [one.at for one in parse_certificate(certified).outside]
    bare = run("verify", file)
    assert (bare.exit_code, f"says {at}: NOT VERIFIED, as no root is trusted" in bare.stdout) == (0, True)
    named = run("verify", file, "--timestamp-roots", authority.roots)
    assert (named.exit_code, f"were there at {at}" in named.stdout) == (0, True)
    monkeypatch.setenv("STEWARD_TIMESTAMP_ROOTS", str(authority.roots))
    assert f"were there at {at}" in run("verify", file).stdout
    other = OwnAuthority(tmp_path / "other")
    refused = run("verify", file, "--timestamp-roots", other.roots)
    assert (refused.exit_code, "NOT PROVEN (timestamp)" in refused.output) == (9, True)
    assert run("verify", file, "--timestamp-roots", rubbish).exit_code == 2
    assert run("verify", file, "--timestamp-roots", tmp_path / "none.pem").exit_code == 2


def test_a_certificate_cannot_say_another_time_than_its_stamp(
    authority: OwnAuthority, certified: bytes, answer: bytes
) -> None:
    """With roots or without; nor carry the stamp of another checkpoint, or half of one."""
    read = json.loads(certified)
    for changed in (
        {"at": "2020-01-01T00:00:00.000000Z"},
        {"token": base64.b64encode(answer).decode()},
        {"token": "?"},
    ):
        forged = json.dumps(read | {"outside": [read["outside"][0] | changed]}).encode()
        for roots in (None, authority.roots.read_bytes()):
            with pytest.raises(ProofError) as refused:
                check_certificate(parse_certificate(forged), (), roots)
            assert refused.value.what == "timestamp"


def test_without_what_reads_stamps_nothing_of_one_is_proven(
    authority: OwnAuthority, certified: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The extra is not installed: said, with what installs it; the rest of the certificate is proven."""
    monkeypatch.setitem(sys.modules, "rfc3161_client", None)
    shown = check_certificate(parse_certificate(certified), (), authority.roots.read_bytes())
    (stamp,) = [one for one in shown if "RFC 3161" in one.text_en]
    assert stamp.problem
    assert "NOT VERIFIED" in stamp.text_en
    assert "steward-ledger[timestamps]" in stamp.text_en
