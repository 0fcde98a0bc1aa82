"""Evidence as files: uploaded, recorded with a fact, read by whom the table of readers allows (art.16, art.17, R39)."""

from __future__ import annotations

import hashlib
import io
import json
import os
import tracemalloc
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import select, update
from starlette.testclient import TestClient

from api.application.evidence.clearing import clear, sweep
from api.application.evidence.receiving import MOST_BYTES, Incoming
from api.application.privacy.authorisation import Caller
from api.cli.operating.auditing import audited
from domain.store.db.engine import reading, writing
from domain.store.db.schema import evidence_files, evidence_uses
from domain.store.files.cipher import AHEAD, PIECE_BYTES, OpenedFile, SealedWriter, new_file_key, sealed_bytes
from domain.store.files.copied_files import copy_files
from domain.store.proof.audit_files import FilesAudit
from domain.values import Role
from tests.http import files
from tests.http.files import paper, sent, uploaded
from tests.http.world import APPEALED, Person, World, body_of, today

SHA = hashlib.sha256


def folder_of(world: World) -> Path:
    """Where the service keeps files."""
    folder = world.service.files.folder
    assert folder is not None
    return folder


def objects_of(world: World) -> set[str]:
    """What lies there."""
    return {one.address for one in world.service.files.all()}


def recorded(world: World, uscc: str, who: Person, **paper_of: Any) -> Any:
    """A lapse with this paper."""
    return who.post(f"/v1/agencies/{uscc}/lapses", {**body_of("RecordLapse"), "evidence": [paper_of]})


def refused_at(answer: Any, pointer: str) -> None:
    """The answer is 422 and points there."""
    assert answer.status_code == 422, answer.text
    assert [one["pointer"] for one in answer.json()["errors"]] == [pointer], answer.text


def test_a_photo_goes_from_upload_to_the_record_and_back(world: World) -> None:
    """Recorded with hash, size and type as the service found them; read back to the byte; encrypted where it lies."""
    uscc, content = world.filed(), files.photo()
    kept = uploaded(world.association, content)
    assert kept["media_type"] == "image/jpeg"
    assert kept["thumbnail"] is True
    done = recorded(world, uscc, world.association, **paper(kept))
    assert done.status_code == 201, done.text
    event = world.association.get(f"/v1/agencies/{uscc}/events/{done.json()['events'][0]['id']}").json()["event"]
    assert event["evidence"] == [
        {"title": "现场照片", "uri": None, **{k: kept[k] for k in ("sha256", "size", "media_type")}}
    ]
    for who in (world.association, world.regulator, world.person(Role.AGENCY, uscc)):
        answer = who.get(f"/v1/evidence/{kept['sha256']}")
        assert answer.status_code == 200, answer.text
        assert answer.content == content
        assert answer.headers["content-disposition"].startswith("attachment;")
        assert answer.headers["content-security-policy"].startswith("sandbox; default-src 'none'")
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-type"] == "image/jpeg"
    lying = b"".join(path.read_bytes() for path in folder_of(world).rglob("*") if path.is_file())
    assert content[:64] not in lying
    assert all(
        SHA(path.read_bytes()).hexdigest() == path.name for path in folder_of(world).rglob("*") if path.is_file()
    )


def test_the_thumbnail_is_upright_small_and_says_nothing_of_where(world: World) -> None:
    """Decoded and encoded anew: the camera's data, the place among them, are not in it."""
    content = files.photo("tomato")
    assert b"Exif" in content
    kept = uploaded(world.association, content)
    answer = world.association.get(f"/v1/evidence/{kept['sha256']}/thumbnail")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "image/jpeg"
    small = Image.open(io.BytesIO(answer.content))
    assert small.size == (120, 360)  # lay on its side
    assert not small.getexif()
    assert b"Exif" not in answer.content
    without = uploaded(world.association, files.pdf())
    assert world.association.get(f"/v1/evidence/{without['sha256']}/thumbnail").status_code == 404


def test_only_who_uploaded_a_file_records_it(world: World) -> None:
    """Whoever knows the hash alone can neither attach nor read the file, nor learn that it is there."""
    uscc = world.filed()
    kept = uploaded(world.association, files.photo("navy"))
    agency = world.person(Role.AGENCY, uscc)
    claim = {**body_of("FileObjection"), "event_id": world.id_of("RecordLapse", uscc), "filed_on": today()}
    path = f"/v1/agencies/{uscc}/objections"
    refused_at(agency.post(path, {**claim, "evidence": [paper(kept)]}), "/evidence/0/sha256")
    refused_at(recorded(world, uscc, world.colleague, **paper(kept)), "/evidence/0/sha256")
    unknown = {**kept, "sha256": "0" * 64}
    answers = [agency.get(f"/v1/evidence/{one['sha256']}") for one in (kept, unknown)]
    assert [one.status_code for one in answers] == [404, 404]
    assert answers[0].json() == answers[1].json()
    bare = world.must(agency.post(path, {**claim, "evidence": [{"title": "函", "sha256": kept["sha256"]}]}))
    told = agency.get(f"/v1/agencies/{uscc}/events/{bare['events'][0]['id']}").json()["event"]["evidence"]
    assert told == [{"title": "函", "uri": None, "sha256": kept["sha256"]}]  # a paper that lies elsewhere, as ever


def test_the_same_file_of_two_accounts_is_two_files(world: World) -> None:
    """Nobody learns by uploading that somebody else has the file; each has an object and a key of its own."""
    content, before = os.urandom(3000).hex().encode(), objects_of(world)
    first, second = sent(world.association, content), sent(world.regulator, content)
    assert first.json() == second.json()
    assert "idempotent-replayed" not in second.headers
    assert len(objects_of(world) - before) == 2
    again = sent(world.association, content)
    assert again.json() == first.json()
    assert again.headers["idempotent-replayed"] == "true"
    assert len(objects_of(world) - before) == 2


def test_a_bare_hash_of_ones_own_upload_is_filled_in(world: World) -> None:
    """As grids, batches and imports name files: by sha256 alone."""
    uscc, kept = world.filed(), uploaded(world.association, files.photo("gold"))
    done = recorded(world, uscc, world.association, title="照片", sha256=kept["sha256"])
    event = world.trail(uscc)[-1]
    assert done.status_code == 201
    assert event["evidence"][0]["size"] == kept["size"]
    assert event["evidence"][0]["media_type"] == "image/jpeg"


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"size": 5}, "/evidence/0/size"),
        ({"media_type": "text/html"}, "/evidence/0/media_type"),
        ({"sha256": "f" * 64}, "/evidence/0/sha256"),
        ({"uri": "https://example.cn/1"}, "/evidence/0"),
        ({"sha256": None}, "/evidence/0"),
    ],
)
def test_what_is_not_the_uploaded_file_is_refused(world: World, change: dict[str, Any], pointer: str) -> None:
    """A clear 422 at the field, and nothing is recorded."""
    uscc, kept = world.filed(), uploaded(world.association, files.photo("gray"))
    version = world.trail(uscc)[-1]["version"]
    refused_at(recorded(world, uscc, world.association, **{**paper(kept), **change}), pointer)
    assert world.trail(uscc)[-1]["version"] == version


KEPT = {
    "png": (files.picture("PNG"), "image/png"),
    "gif": (files.picture("GIF"), "image/gif"),
    "webp": (files.picture("WEBP"), "image/webp"),
    "bmp": (files.picture("BMP"), "image/bmp"),
    "tiff": (files.picture("TIFF"), "image/tiff"),
    "heic": (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "image/heic"),
    "pdf": (files.pdf(), "application/pdf"),
    "word": (files.docx(), "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    "excel": (
        files.zipped("[Content_Types].xml", "xl/workbook.xml"),
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ),
    "old word": (files.old_office("WordDocument"), "application/msword"),
    "old excel": (files.old_office("Workbook"), "application/vnd.ms-excel"),
    "mp3": (b"ID3\x04\0\0\0\0\0\0" + b"\xff\xfb\x90\x00" * 20, "audio/mpeg"),
    "m4a": (b"\0\0\0\x18ftypM4A \0\0\0\0M4A mp42", "audio/mp4"),
    "wav": (b"RIFF\x24\0\0\0WAVEfmt ", "audio/wav"),
    "amr": (b"#!AMR\n\x3c", "audio/amr"),
    "mp4": (b"\0\0\0\x18ftypisom\0\0\2\0isomiso2", "video/mp4"),
    "mov": (b"\0\0\0\x14ftypqt  \0\0\0\0qt  ", "video/quicktime"),
    "text": ("情况说明：2024年5月5日未到会\r\n".encode(), "text/plain"),
    "gb18030": ("情况说明：未到会".encode("gb18030"), "text/plain"),
}


@pytest.mark.parametrize("name", KEPT)
def test_kinds_that_are_kept_are_told_by_their_bytes(world: World, name: str) -> None:
    """Whatever name and type the browser sends along."""
    content, kind = KEPT[name]
    answer = sent(world.association, content, "x.exe", "text/html")
    assert answer.status_code == 201, answer.text
    assert answer.json()["media_type"] == kind


REFUSED = {
    "empty": b"",
    "html": b"<!DOCTYPE html><script>alert(1)</script>",
    "html behind blanks": b"\xef\xbb\xbf \n <html><body onload=alert(1)>",
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
    "svg as xml": b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>',
    "html inside text": b"hello\n<script>alert(1)</script>",
    "program": b"MZ" + bytes(200),
    "archive": files.zipped("a.txt"),
    "archive of very many": files.zipped("[Content_Types].xml", "word/document.xml", *map(str, range(5001))),
    "other compound file": files.old_office("Something"),
    "noise": bytes(range(256)) * 20,
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_of_no_kind_is_refused_and_nothing_is_left(world: World, name: str) -> None:
    """Told by its bytes, although it says that it is a photo."""
    before = objects_of(world)
    refused_at(sent(world.association, REFUSED[name]), "/file")
    assert objects_of(world) == before


HARMLESS = {
    "gif and script": b"GIF89a/*" + bytes(40) + b"*/=1;alert(1)//<script>alert(1)</script>",
    "pdf and archive": files.pdf() + files.zipped("a.js"),
    "picture and html": files.picture("PNG") + b"<html><script>alert(1)</script>",
    "bomb in a document": files.zipped("[Content_Types].xml", "word/document.xml", content=bytes(20_000_000)),
    "ten thousand pages": files.pdf(10_000),
    "picture of 900 million pixels": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + (30_000).to_bytes(4, "big") * 2 + bytes(20),
}


@pytest.mark.parametrize("name", HARMLESS)
def test_what_is_two_things_at_once_or_a_bomb_is_kept_and_harmless(world: World, name: str) -> None:
    """It is what its first bytes say, never unpacked nor drawn; a browser gets it to save, in a sandbox."""
    content = HARMLESS[name]
    kept = uploaded(world.association, content)
    answer = world.association.get(f"/v1/evidence/{kept['sha256']}")
    assert answer.content == content
    assert answer.headers["content-disposition"].startswith("attachment;")
    assert "sandbox" in answer.headers["content-security-policy"]
    assert answer.headers["content-type"] in ("image/gif", "application/pdf", "image/png", paper(kept)["media_type"])
    assert not answer.headers["content-type"].startswith("text/html")
    if name.startswith("picture of"):
        assert kept["thumbnail"] is False


def test_fifty_megabytes_are_taken_and_one_byte_more_is_not(own_world: World) -> None:
    """Memory does not grow with the file: what is held at a time is portions."""
    world = own_world
    most, before = b"%PDF-1.7\n" + bytes(MOST_BYTES - 9), objects_of(world)
    too_much = sent(world.association, most + b"x")
    assert too_much.status_code == 413
    assert too_much.json()["type"] == "/problems/too-large"

    def portions() -> Iterator[bytes]:
        for at in range(0, len(most), 1 << 20):
            yield most[at : at + (1 << 20)]
        yield b"x"

    headers = {**world.association.headers, "content-type": "application/octet-stream"}
    assert world.client.post("/v1/evidence", content=portions(), headers=headers).status_code == 413  # unannounced
    assert objects_of(world) == before
    kept = sent(world.association, most)
    assert kept.status_code == 201
    assert kept.json()["size"] == MOST_BYTES


def test_a_file_is_never_whole_in_memory(own_world: World) -> None:
    """Taking in, keeping and handing out 50 MB of noise takes a few megabytes."""
    world, portion = own_world, os.urandom(1 << 20)
    with world.service.ledger.reading() as reader:
        assert reader.connection is not None
    caller_id = world.association.person_id
    caller = Caller(caller_id, Role.ASSOCIATION, None, b"")
    tracemalloc.start()
    with Incoming(world.service.files) as incoming:
        incoming.write(b"%PDF-1.7\n")
        for _ in range(49):
            incoming.write(portion)
        incoming.keep(world.service, caller)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8 << 20, peak


def test_a_dropped_connection_leaves_nothing(own_world: World) -> None:
    """Half a file arrives and the sender is gone: no object, no claim, and the file can be sent again."""
    world = own_world

    messages = iter([{"type": "http.request", "body": b"%PDF-1.7\n" + bytes(300_000), "more_body": True}])

    async def receive() -> dict[str, Any]:
        return next(messages, {"type": "http.disconnect"})

    async def send(_: Any) -> None:
        return

    token = world.association.headers["Authorization"].encode()
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/v1/evidence",
        "raw_path": b"/v1/evidence",
        "query_string": b"",
        "headers": [(b"authorization", token), (b"content-type", b"application/octet-stream")],
        "client": ("::1", 1),
        "server": ("localhost", 80),
        "scheme": "http",
        "http_version": "1.1",
        "root_path": "",
    }
    world.client.portal.call(world.client.app, scope, receive, send)  # type: ignore[union-attr]
    half = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n%PDF-1.7\n'
    headers = {**world.association.headers, "content-type": "multipart/form-data; boundary=b"}
    assert world.client.post("/v1/evidence", content=half, headers=headers).status_code == 400
    assert not objects_of(world)
    with world.service.ledger.reading() as reader:
        assert reader.connection.execute(select(evidence_files)).all() == []
    assert sent(world.association, files.pdf()).status_code == 201


@pytest.mark.parametrize(
    "body", [b"", b"--b--\r\n", b"nonsense", b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--b--\r\n']
)
def test_a_form_without_one_file_is_malformed(world: World, body: bytes) -> None:
    """And says so."""
    headers = {**world.association.headers, "content-type": "multipart/form-data; boundary=b"}
    assert world.client.post("/v1/evidence", content=body, headers=headers).status_code == 400


def test_every_flipped_byte_is_seen_and_none_is_given_as_sound(own_world: World) -> None:
    """Any byte of the object: reading stops, or the answer is a refusal; never other bytes than were stored."""
    world = own_world
    content = os.urandom(200)
    kept = uploaded(world.association, b"%PDF-1.7\n" + content)
    (path,) = (one for one in folder_of(world).rglob("*") if one.is_file())
    sound = path.read_bytes()
    for place in range(19, len(sound)):  # the line in front is compared by the audit alone
        path.write_bytes(sound[:place] + bytes([sound[place] ^ 1]) + sound[place + 1 :])
        answer = world.association.get(f"/v1/evidence/{kept['sha256']}")
        assert answer.status_code == 503, place
        assert answer.json()["type"] == "/problems/evidence-store"
    path.write_bytes(sound[:-1])
    assert world.association.get(f"/v1/evidence/{kept['sha256']}").status_code == 503
    path.unlink()
    assert world.association.get(f"/v1/evidence/{kept['sha256']}").status_code == 503
    path.write_bytes(sound)
    assert world.association.get(f"/v1/evidence/{kept['sha256']}").status_code == 200


def test_pieces_moved_cut_off_or_put_in_do_not_open() -> None:
    """The cipher binds each piece to its place and to the end; any place is read by itself."""
    key, size = new_file_key(), PIECE_BYTES * (AHEAD + 2) + 17
    plain, sealed = os.urandom(size), bytearray()
    writer = SealedWriter(sealed.extend, key, "content")
    for at in range(0, size, 10_001):
        writer.write(plain[at : at + 10_001])
    writer.finish()
    assert len(sealed) == sealed_bytes(size)

    def opened(lying: bytes, size: int = size) -> OpenedFile:
        return OpenedFile(lambda start, length: lying[start : start + length], key, "content", size, 0)

    file = opened(bytes(sealed))
    assert file.read() == plain
    assert file.seek(-100, os.SEEK_END) == size - 100
    assert file.read(50) == plain[-100:-50]
    step = PIECE_BYTES + 16
    for said in (size + 1, size - 1):
        with pytest.raises(Exception, match="file"):
            opened(bytes(sealed), said).read()
    swapped = bytes(sealed[step : 2 * step] + sealed[:step] + sealed[2 * step :])
    shorter = bytes(sealed[: -(17 + 16)])
    for lying, said in (
        (swapped, size),
        (shorter, PIECE_BYTES * (AHEAD + 2)),
        (bytes(sealed[step:]), size - PIECE_BYTES),
    ):
        with pytest.raises(Exception, match="piece"):
            opened(lying, said).read()
    with pytest.raises(Exception, match="piece"):
        OpenedFile(lambda start, length: bytes(sealed[start : start + length]), key, "thumbnail", size, 0).read()


def test_after_a_day_an_upload_belongs_to_nobody(own_world: World) -> None:
    """It can be neither recorded nor read any more; what was recorded in time stays."""
    world = own_world
    uscc = world.filed()
    kept, late = uploaded(world.association, files.photo("red")), uploaded(world.association, files.photo("blue"))
    world.must(recorded(world, uscc, world.association, **paper(kept)))
    with writing(world.service.ledger.engine) as connection:
        connection.execute(update(evidence_files).values(stored_at="2024-01-01T00:00:00.000000Z"))
    refused_at(recorded(world, uscc, world.association, **paper(late)), "/evidence/0/sha256")
    assert world.association.get(f"/v1/evidence/{late['sha256']}").status_code == 404
    assert world.association.get(f"/v1/evidence/{kept['sha256']}").status_code == 200
    world.must(recorded(world, uscc, world.association, **paper(kept)))  # the same again, by who recorded it
    with world.service.ledger.reading() as reader:
        assert len(reader.connection.execute(select(evidence_uses)).all()) == 2


def test_a_store_that_is_full_or_gone_says_so_by_name(own_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """507 and 503; nothing is left, and sending it again works when there is room."""
    world, content = own_world, files.pdf()

    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("domain.store.files.objects.obstore.put", full)
    answer = sent(world.association, content)
    assert (answer.status_code, answer.json()["type"]) == (507, "/problems/evidence-store-full")

    def away(*_: Any, **__: Any) -> None:
        raise PermissionError("no")

    monkeypatch.setattr("domain.store.files.objects.obstore.put", away)
    answer = sent(world.association, content)
    assert (answer.status_code, answer.json()["type"]) == (503, "/problems/evidence-store")
    monkeypatch.undo()
    assert not objects_of(world)
    assert sent(world.association, content).status_code == 201


def test_a_disk_that_is_full_while_a_file_arrives(own_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file without a name takes no more: 507, nothing left."""
    world = own_world

    def full() -> None:
        raise OSError(28, "No space left on device")

    class FullFile(io.RawIOBase):
        def __init__(self, **_: Any) -> None:
            self.written = 0

        def write(self, data: Any) -> int:
            self.written += len(data)
            if self.written > 100_000:
                full()
            return len(data)

        def close(self) -> None:
            return

    monkeypatch.setattr("api.application.evidence.receiving._without_name", FullFile)
    answer = sent(world.association, b"%PDF-1.7\n" + bytes(900_000))
    assert (answer.status_code, answer.json()["type"]) == (507, "/problems/evidence-store-full")
    assert not objects_of(world)


def test_who_is_erased_takes_their_files_with_them_and_nobody_elses(own_world: World) -> None:
    """The key is destroyed: 410 and 已删除, hash and record stand, the object goes; the same photo elsewhere stays."""
    world, content = own_world, files.photo("orchid")
    uscc, other = world.filed(), world.filed()
    kept = uploaded(world.association, content)
    evidence = [paper(kept, "投诉照片")]
    complaint = world.id_of("ReceiveComplaint", uscc, evidence=evidence)
    elsewhere = world.id_of("RecordLapse", other, evidence=evidence)
    path = f"/v1/evidence/{kept['sha256']}"
    for agency, status in ((uscc, 404), (other, 200)):
        assert world.person(Role.AGENCY, agency).get(path).status_code == status
    subjects = world.association.get(f"/v1/agencies/{uscc}/subjects").json()["items"]
    (who,) = (one for one in subjects if any(place["pointer"] == "/fact/complainant" for place in one["places"]))
    assert "/evidence/0" in [place["pointer"] for place in who["places"]]
    erased = {"erased_on": today(), "ground": "本人申请"}
    world.must(world.association.post(f"/v1/subjects/{who['subject']}/erasure", erased))
    world.service.housekeeper.recorded(erased=True)
    assert world.association.get(path).content == content  # by the other fact, whose subject stands
    event = world.association.get(f"/v1/agencies/{uscc}/events/{complaint}").json()["event"]
    assert event["evidence"] == [{**evidence[0], "uri": None}]
    subjects = world.association.get(f"/v1/agencies/{other}/subjects").json()["items"]
    (file,) = (one for one in subjects if any(place["pointer"] == "/evidence/0" for place in one["places"]))
    assert file["places"][0]["text"] == "文件：投诉照片"
    world.must(world.association.post(f"/v1/subjects/{file['subject']}/erasure", erased))
    answer = world.association.get(path)
    assert (answer.status_code, answer.json()["type"]) == (410, "/problems/gone")
    assert world.person(Role.AGENCY, uscc).get(path).status_code == 404
    assert clear(world.service.ledger.engine, world.service.files) is False
    assert not objects_of(world)
    assert world.trail(other)[-1]["id"] == elsewhere
    (found, others) = audited(world.service.ledger, world.service.settings)[:2]
    assert (found, others) == ([], [])


def test_what_nobody_recorded_is_gone_after_a_day(own_world: World) -> None:
    """By the housekeeper: rows and objects; what a fact names stays, and what lies there unknown goes by its age."""
    world = own_world
    uscc, engine, store = world.filed(), world.service.ledger.engine, world.service.files
    kept, late = uploaded(world.association, files.photo("red")), uploaded(world.association, files.photo("blue"))
    world.must(recorded(world, uscc, world.association, **paper(kept)))
    clear(engine, store)
    assert len(objects_of(world)) == 2
    with writing(engine) as connection:
        old = update(evidence_files).values(stored_at="2024-01-01T00:00:00.000000Z")
        connection.execute(old)
    clear(engine, store)
    with world.service.ledger.reading() as reader:
        (row,) = reader.connection.execute(select(evidence_files)).all()
    assert (row.sha256, row.claim, row.gone_at) == (kept["sha256"], None, None)
    assert objects_of(world) == {row.address}
    assert sent(world.association, files.photo("blue")).json()["sha256"] == late["sha256"]
    loose = [folder_of(world) / "ab" / ("ab" * 32), folder_of(world) / "cd" / ("cd" * 32)]
    for path in loose:
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"left by a crash")
    os.utime(loose[0], (0, 0))
    assert sweep(engine, store) == 1
    assert [path.exists() for path in loose] == [False, True]


def test_the_audit_reads_every_file_again(own_world: World) -> None:
    """Any byte changed, a file cut short, exchanged or gone: named, and nothing else is."""
    world = own_world
    uscc = world.filed()
    kept = [uploaded(world.association, files.picture("PNG")), uploaded(world.association, files.photo("tan", 60))]
    world.must(recorded(world, uscc, world.association, **paper(kept[0])))
    world.must(recorded(world, uscc, world.association, **paper(kept[1])))

    def audit() -> list[str]:
        done = audited(world.service.ledger, world.service.settings, rows=False)
        assert done.counted["files"] == 2
        assert {one.table for one in done.found} <= {"evidence_files"}
        return [one.place for one in done.found]

    assert audit() == []
    paths = sorted(path for path in folder_of(world).rglob("*") if path.is_file())
    sound = [path.read_bytes() for path in paths]
    for number, path in enumerate(paths):
        places = range(0, len(sound[number]), 7) if number else range(len(sound[number]))
        with reading(world.service.ledger.engine) as connection:
            for place in places:
                changed = bytearray(sound[number])
                changed[place] ^= 0x20
                path.write_bytes(changed)
                findings = list(FilesAudit(connection, world.service.files).files())
                assert [path.name in one.place for one in findings] == [True], place
        path.write_bytes(sound[number])
    paths[0].write_bytes(sound[1])
    paths[1].unlink()
    assert len(audit()) == 2
    paths[0].write_bytes(sound[0][:-1])
    paths[1].write_bytes(sound[1])
    assert len(audit()) == 1
    paths[0].write_bytes(sound[0])
    assert audit() == []


def test_a_batch_and_its_preview_want_the_file_to_be_there(world: World) -> None:
    """By sha256 alone, or in full: the preview says already what recording would refuse."""
    uscc, kept = world.filed(), uploaded(world.association, files.photo("coral"))
    body = {"item": 5, "occurred_on": today(), "evidence": [{"title": "照片", "sha256": kept["sha256"]}]}
    wrong = {**body, "item": 7, "evidence": [{**paper(kept), "sha256": "e" * 64}]}
    rows = [{"post": f"/v1/agencies/{uscc}/lapses", "body": one} for one in (body, wrong)]
    preview = world.association.post("/v1/batches/preview", {"commands": rows}).json()
    assert [one["refused"] is None for one in preview["rows"]] == [True, False]
    assert preview["rows"][1]["refused"]["errors"][0]["pointer"] == "/commands/1/body/evidence/0/sha256"
    assert world.association.post("/v1/batches", {"commands": rows}).status_code == 422
    world.must(world.association.post("/v1/batches", {"commands": rows[:1]}))
    assert world.trail(uscc)[-1]["evidence"][0]["size"] == kept["size"]


def test_a_dossier_holds_the_files_of_its_facts_for_who_reads_them(own_world: World) -> None:
    """The disputed complaint's photo for the committee; for the agency its list has no such file."""
    world, content = own_world, files.photo("olive")
    uscc = world.assessed(year=APPEALED)
    kept = uploaded(world.association, content)
    complaint = world.id_of(
        "ReceiveComplaint", uscc, received_on=f"{APPEALED}-05-01", evidence=[paper(kept, "投诉照片")]
    )
    lapse = world.id_of("RecordLapse", uscc, occurred_on=f"{APPEALED}-06-02", evidence=[paper(kept, "会场")])
    world.publish(APPEALED)
    filed = world.done("FileAppeal", uscc, year=APPEALED, filed_on=today(), disputed_event_ids=[complaint, lapse])
    path = f"/v1/appeals/{filed['ids']['appeal']}/dossier"
    for who, count in ((world.association, 2), (world.person(Role.AGENCY, uscc), 1)):
        answer = who.get(path)
        assert answer.status_code == 200, answer.text
        with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
            names = [one for one in archive.namelist() if one.startswith("evidence/") and not one.endswith(".json")]
            assert len(names) == count, names
            assert all(archive.read(one) == content for one in names)
            listed = json.loads(archive.read("evidence/list.json"))
        assert sorted(str(one["file"]) for one in listed) == sorted(names)


def test_figures_count_files_and_what_waits(own_world: World) -> None:
    """Bytes, files and what no fact names yet, for who watches the disk."""
    world = own_world
    uscc, kept = world.filed(), uploaded(world.association, files.pdf())
    uploaded(world.association, files.pdf(2))
    world.must(recorded(world, uscc, world.association, **paper(kept)))
    text = TestClient(world.client.app, client=("127.0.0.1", 1)).get("/metrics").text
    assert "steward_evidence_files 2.0" in text
    assert "steward_evidence_unrecorded_files 1.0" in text
    assert f"steward_evidence_bytes {float(len(files.pdf()) + len(files.pdf(2)))}" in text


def test_copies_carry_the_files(own_world: World, tmp_path: Path) -> None:
    """Only what is not there yet; a file of a copy that was changed stays what it is, and the audit names it."""
    store, copy = folder_of(own_world), tmp_path / "copy.evidence"
    uploaded(own_world.association, files.pdf())
    assert copy_files(store, copy) == 1
    uploaded(own_world.association, files.pdf(2))
    assert copy_files(store, copy) == 1
    assert copy_files(store, copy) == 0
    assert {path.name for path in copy.glob("*/*")} == objects_of(own_world)
    for path in store.glob("*/*"):
        path.unlink()
    assert copy_files(copy, store) == 2
    done = audited(own_world.service.ledger, own_world.service.settings, rows=False)
    assert (done.found, done.counted["files"]) == ([], 2)
