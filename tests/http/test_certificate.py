"""Certificates over HTTP on both databases: what they prove, for whom, and that nothing in them can be changed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from domain.proof.check import ProofError, parse_key
from domain.values import Role
from projections.proof.certificate import check_certificate
from projections.proof.certificate_file import Certificate, encoded, parse_certificate
from tests.http.world import World


def story(world: World) -> str:
    """An agency with a warning, an annulled complaint and a sheet of 2024."""
    uscc = world.assessed()
    world.upheld(uscc, "2024-05-06", "2024-06-06")
    wrong = world.upheld(uscc, "2024-07-01")[0]
    world.done("AnnulEvent", uscc, event_id=wrong, annulled_on="2024-08-01")
    world.done("RecordLapse", uscc, occurred_on="2024-03-04")
    return uscc


def fetched(world: World, uscc: str, **query: Any) -> Certificate:
    response = world.association.get(f"/v1/agencies/{uscc}/certificate", **query)
    assert response.status_code == 200, response.text
    assert "attachment" in response.headers["content-disposition"]
    return parse_certificate(response.content)


@pytest.mark.parametrize("known", ["now", "instant", "version", "log"])
def test_a_certificate_says_what_the_questions_say_and_proves_it(world: World, known: str) -> None:
    """Standing and sheet are those of the API at the same basis, whichever way known_at is given; all is shown."""
    uscc = story(world)
    trail = world.trail(uscc)
    place = fetched(world, uscc)
    size = int(place.known_at.removeprefix("log:"))
    at = {
        "now": {},
        "instant": {"known_at": trail[-3]["recorded_at"]},
        "version": {"known_at": "version:7"},
        "log": {"known_at": f"log:{size}"},
    }[known]
    certificate = fetched(world, uscc, as_of="2024-12-31", **at)
    asked = at or {"known_at": certificate.known_at}
    path = f"/v1/agencies/{uscc}"
    assert certificate.standing == world.association.get(f"{path}/standing", as_of="2024-12-31", **asked).json()
    assert certificate.sheet == world.association.get(f"{path}/sheets/2024", as_of="2024-12-31", **asked).json()
    shown = check_certificate(certificate, [parse_key(one) for one in certificate.keys])
    assert not any(one.problem for one in shown)
    assert any(f"{len(trail)} events, none left out" in one.text_en for one in shown)
    assert encoded(parse_certificate(encoded(certificate))) == encoded(certificate)


def test_without_a_trusted_key_it_says_so(world: World) -> None:
    """The keys in the file prove nothing about who made it: that is the last line."""
    shown = check_certificate(fetched(world, story(world)))
    assert [one.problem for one in shown] == [False] * (len(shown) - 1) + [True]
    other = "steward-ledger/x+3e1b9c3f+AQ=="
    with pytest.raises(ProofError, match="key"):
        parse_key(other)


def _without(certificate: Certificate, version: int) -> Certificate:
    entries = certificate.agency.entries
    fewer = msgspec.structs.replace(certificate.agency, entries=entries[: version - 1] + entries[version:])
    return msgspec.structs.replace(certificate, agency=fewer)


def _with_state(certificate: Certificate, version: int, old: str, new: str) -> Certificate:
    entries = list(certificate.agency.entries)
    state = entries[version - 1].state or ""
    assert old in state
    entries[version - 1] = msgspec.structs.replace(entries[version - 1], state=state.replace(old, new))
    return msgspec.structs.replace(
        certificate, agency=msgspec.structs.replace(certificate.agency, entries=tuple(entries))
    )


def test_an_event_left_out_changed_or_swapped_is_found(world: World) -> None:
    """Each event's absence, its change by one letter, two in each other's place; the head or the tree says no."""
    uscc = story(world)
    whole = fetched(world, uscc, as_of="2024-12-31")
    for version in range(1, len(whole.agency.entries) + 1):
        with pytest.raises(ProofError, match=r"^head:"):
            check_certificate(_without(whole, version))
        with pytest.raises(ProofError, match=r"^head:"):
            check_certificate(_with_state(whole, version, '"actor"', '"Actor"'))
    entries = whole.agency.entries
    swapped = msgspec.structs.replace(whole.agency, entries=(entries[1], entries[0], *entries[2:]))
    with pytest.raises(ProofError, match=r"^head:"):
        check_certificate(msgspec.structs.replace(whole, agency=swapped))


@pytest.mark.parametrize("part", ["agency", "ledger"])
def test_a_proof_of_another_place_is_found(world: World, part: str) -> None:
    """Place, path, count and hash of every kind are bound to the checkpoint."""
    whole = fetched(world, story(world))
    stream = getattr(whole, part)
    first, head = stream.entries[0], stream.head
    spoilt = [
        msgspec.structs.replace(
            stream, entries=(msgspec.structs.replace(first, index=first.index + 1), *stream.entries[1:])
        ),
        msgspec.structs.replace(stream, entries=(msgspec.structs.replace(first, proof=""), *stream.entries[1:])),
        msgspec.structs.replace(stream, head=msgspec.structs.replace(head, count=head.count - 1)),
        msgspec.structs.replace(stream, head=msgspec.structs.replace(head, index=head.index + 1)),
        msgspec.structs.replace(stream, head=msgspec.structs.replace(head, hash="0" * 64)),
        msgspec.structs.replace(stream, head=msgspec.structs.replace(head, hash="x")),
        msgspec.structs.replace(stream, stream="agency/other"),
    ]
    for one in spoilt:
        with pytest.raises(ProofError):
            check_certificate(msgspec.structs.replace(whole, **{part: one}))


def test_every_value_of_the_answer_is_bound_to_the_events(world: World) -> None:
    """Whichever leaf of standing or sheet is changed, as_of, known_at and year too, the answer made anew differs."""
    whole = fetched(world, story(world), as_of="2024-12-31", known_at="version:9")
    changed = 0
    for part in ("standing", "sheet"):
        for spoilt in _each_changed(getattr(whole, part)):
            with pytest.raises(ProofError):
                check_certificate(msgspec.structs.replace(whole, **{part: spoilt}))
            changed += 1
    assert changed > 100
    for name, value in (("as_of", "2024-05-07"), ("known_at", "version:5"), ("year", 2023), ("checkpoint", "x")):
        content = json.loads(encoded(whole)) | {name: value}
        with pytest.raises(ProofError):
            check_certificate(parse_certificate(json.dumps(content).encode()))


def _each_changed(content: Any) -> Any:
    """The content with one value in it changed, for every value of it."""
    if isinstance(content, dict):
        for name, inner in content.items():
            yield from ({**content, name: other} for other in _each_changed(inner))
    elif isinstance(content, list):
        for place, inner in enumerate(content):
            yield from ([*content[:place], other, *content[place + 1 :]] for other in _each_changed(inner))
    elif isinstance(content, bool) or content is None:
        yield not content
    else:
        yield content + 1 if isinstance(content, int) else content + "x"


def test_an_agency_gets_its_own_without_the_words_of_informants(world: World) -> None:
    """Texts of complaints, reports and survey forms are withheld, their hashes are not; others' is 404.

    What follows from the form alone is attested; conduct and tier, made anew without the complaints, are not (R39).
    """
    uscc = story(world)
    agency = world.person(Role.AGENCY, uscc)
    response = agency.get(f"/v1/agencies/{uscc}/certificate", as_of="2024-12-31")
    certificate = parse_certificate(response.content)
    withheld = [one for one in certificate.agency.entries if one.state is None]
    assert len(withheld) == 4, "three by informants, one form"
    assert any(place.startswith("sheet/quality") for place in certificate.attested)
    assert not any("conduct" in place or "/sanction" in place for place in certificate.attested)
    assert "SurveySubmitted" not in response.text
    assert "ComplaintReceived" not in response.text
    assert any("withheld" in one.text_en for one in check_certificate(certificate))
    assert agency.get(f"/v1/agencies/{world.filed()}/certificate").status_code == 404
    assert world.people[Role.ADMIN].get(f"/v1/agencies/{uscc}/certificate").status_code == 403
    assert world.association.get(f"/v1/agencies/{uscc}/certificate", year="1999").status_code == 422
    assert world.association.get(f"/v1/agencies/{uscc}/certificate", year="2019").status_code == 404


def test_it_can_be_asked_for_as_of_what_is_withheld(world: World) -> None:
    """`version:N` where N is a complaint: the instant is the echoed one, and has to fit its neighbours."""
    uscc = story(world)
    versions = [one["version"] for one in world.trail(uscc) if one["type"] == "ComplaintReceived"]
    agency = world.person(Role.AGENCY, uscc)
    for version in versions:
        response = agency.get(f"/v1/agencies/{uscc}/certificate", known_at=f"version:{version}")
        assert response.status_code == 200, response.text
        certificate = parse_certificate(response.content)
        assert any("withheld" in one.text_en for one in check_certificate(certificate))
        for other in ("2020-01-01T00:00:00.000000Z", "2200-01-01T00:00:00.000000Z"):
            echo = {**certificate.standing, "known_at": other}
            forged = msgspec.structs.replace(certificate, standing=echo)
            with pytest.raises(ProofError):
                check_certificate(forged)


def test_the_command_needs_neither_database_nor_network(world: World, tmp_path: Path) -> None:
    """`steward verify` in a process without sockets says what it checked; a changed file ends with 9 and is named."""
    whole = fetched(world, story(world), as_of="2024-12-31")
    file = tmp_path / "certificate.json"
    file.write_bytes(encoded(whole))
    done = _verify(file, "--key", whole.keys[0])
    assert done.returncode == 0, done.stderr
    assert "PROVEN" in done.stdout
    assert "NOTE" not in done.stdout
    kept = tmp_path / "kept"
    kept.write_text(whole.checkpoint, "utf-8")
    assert "kept elsewhere" in _verify(file, "--checkpoint", str(kept)).stdout
    file.write_bytes(encoded(whole).replace(b'"warned"', b'"none"'))
    done = _verify(file)
    assert done.returncode == 9
    assert "NOT PROVEN (issued)" in done.stderr


def _verify(file: Path, *more: str) -> subprocess.CompletedProcess[str]:
    code = (
        "import socket, sqlite3, sys\n"
        "def no(*a, **k): raise AssertionError('no network, no database')\n"
        "socket.socket.connect = no; sqlite3.connect = no\n"
        "from api.cli.main import app\n"
        "app(sys.argv[1:])"
    )
    return subprocess.run(
        [sys.executable, "-c", code, "verify", str(file), *more], capture_output=True, text=True, check=False
    )
