"""Parts of a file of evidence (RFC 9110, 14), and the files of an agency on its page of the file (档案)."""

from __future__ import annotations

import os

import pytest

from domain.values import Role
from tests.http.desk import Desk
from tests.http.files import docx, paper, photo, uploaded
from tests.http.test_evidence_files import objects_of
from tests.http.world import World

CONTENT = b"%PDF-1.7\n" + os.urandom(400_000) + b"\n%%EOF"


@pytest.mark.parametrize(
    ("wanted", "first", "last"),
    [
        ("bytes=0-0", 0, 0),
        ("bytes=65530-65545", 65530, 65545),  # over the edge of a piece
        ("bytes=400000-", 400_000, len(CONTENT) - 1),
        ("bytes=-5", len(CONTENT) - 5, len(CONTENT) - 1),
        ("bytes=-999999999", 0, len(CONTENT) - 1),
        (f"bytes=10-{10**15}", 10, len(CONTENT) - 1),
        ("BYTES = 7 - 9", 7, 9),
    ],
)
def test_a_part_is_handed_out(world: World, wanted: str, first: int, last: int) -> None:
    """206 with the bytes and their place; signed in to the pages as well."""
    kept = uploaded(world.association, CONTENT)
    at = f"/v1/evidence/{kept['sha256']}"
    answer = world.association.get(at, {"Range": wanted, "If-Range": f'"{kept["sha256"]}"'})
    assert answer.status_code == 206, answer.text
    assert answer.content == CONTENT[first : last + 1]
    assert answer.headers["content-range"] == f"bytes {first}-{last}/{len(CONTENT)}"
    assert answer.headers["content-length"] == str(last - first + 1)
    assert answer.headers["content-disposition"].startswith("attachment;")
    assert "sandbox" in answer.headers["content-security-policy"]


@pytest.mark.parametrize(
    "headers",
    [
        {"Range": "bytes=0-3,7-9"},
        {"Range": "bytes=9-3"},
        {"Range": "bytes=-"},
        {"Range": "lines=1-2"},
        {"Range": "bytes=x-1"},
        {"Range": "bytes=0-3", "If-Range": '"another"'},
        {"Range": "bytes=0-3", "If-Range": "Wed, 21 Oct 2015 07:28:00 GMT"},
        {},
    ],
)
def test_what_is_no_one_part_gives_the_whole(world: World, headers: dict[str, str]) -> None:
    """Several parts, nonsense, another file: 200 and all of it, which says that parts can be had."""
    kept = uploaded(world.association, CONTENT)
    answer = world.association.get(f"/v1/evidence/{kept['sha256']}", headers)
    assert (answer.status_code, answer.content == CONTENT) == (200, True)
    assert answer.headers["accept-ranges"] == "bytes"
    assert answer.headers["etag"] == f'"{kept["sha256"]}"'


@pytest.mark.parametrize("wanted", [f"bytes={len(CONTENT)}-", f"bytes={10**17}-{10**17}", "bytes=-0"])
def test_a_part_after_the_end_is_refused(world: World, wanted: str) -> None:
    """416, with the length in words and header."""
    kept = uploaded(world.association, CONTENT)
    answer = world.association.get(f"/v1/evidence/{kept['sha256']}", {"Range": wanted})
    assert answer.status_code == 416
    assert answer.headers["content-range"] == f"bytes */{len(CONTENT)}"
    assert answer.json()["type"] == "/problems/range-not-satisfiable"


def test_a_damaged_piece_is_refused_where_reading_begins(own_world: World) -> None:
    """The piece that is asked for is looked at before anything is answered, not the first one alone."""
    world, before = own_world, objects_of(own_world)
    large = CONTENT + bytes(3 << 20)
    kept = uploaded(world.association, large)
    (address,) = objects_of(world) - before
    folder = world.service.files.folder
    assert folder is not None
    (file,) = [one for one in folder.rglob("*") if one.name == address]
    content = bytearray(file.read_bytes())
    content[-100] ^= 1
    file.chmod(0o600)
    file.write_bytes(content)
    at = f"/v1/evidence/{kept['sha256']}"
    assert world.association.get(at, {"Range": "bytes=0-9"}).content == CONTENT[:10]
    assert world.association.get(at, {"Range": "bytes=-9"}).status_code == 503


@pytest.mark.shows("art.16", "R39")
def test_the_file_of_an_agency_lists_its_evidence_for_who_may_read_it(world: World) -> None:
    """The last first, with kind and size, as known then; of a complaint the agency is shown none."""
    uscc = world.filed()
    scan, seen = uploaded(world.association, docx()), uploaded(world.association, photo("peru"))
    world.done("RecordLapse", uscc, occurred_on="2024-03-04", evidence=[paper(scan, "通知")])
    complaint = world.done("ReceiveComplaint", uscc, evidence=[paper(seen, "举报照片")])["events"][0]["id"]
    found = world.association.get(f"/v1/agencies/{uscc}/file").json()["evidence"]
    assert [(one["title"], one["event"] == complaint) for one in found] == [("举报照片", True), ("通知", False)]
    assert {"type", "occurred_on", "counts", "sha256", "size", "media_type"} <= set(found[0])
    earlier = world.association.get(f"/v1/agencies/{uscc}/file", as_of="2024-03-04").json()["evidence"]
    assert [one["title"] for one in earlier] == ["通知"]
    own = world.person(Role.AGENCY, uscc).get(f"/v1/agencies/{uscc}/file").json()["evidence"]
    assert [one["title"] for one in own] == ["通知"]
    text = Desk(world, Role.ASSOCIATION).shown(f"/agencies/{uscc}/file")
    assert f'href="/evidence/{seen["sha256"]}"' in text
    assert f'src="/evidence/{seen["sha256"]}/thumbnail"' in text
    assert "举报照片" not in Desk(world, Role.AGENCY, uscc).shown(f"/agencies/{uscc}/file")


@pytest.mark.shows("R39")
def test_a_file_of_another_agency_is_answered_as_one_that_is_not_there(world: World) -> None:
    """Whole, in part, in small, over HTTP and on pages: the same words as for a hash that nobody has."""
    uscc, other = world.filed(), world.filed()
    kept = uploaded(world.association, photo("teal"))
    world.done("RecordLapse", uscc, evidence=[paper(kept)])
    stranger, nobody = world.person(Role.AGENCY, other), "0" * 64
    for path, headers in (("", {}), ("", {"Range": "bytes=0-9"}), ("/thumbnail", {})):
        refused, unknown = (
            stranger.get(f"/v1/evidence/{sha256}{path}", headers) for sha256 in (kept["sha256"], nobody)
        )
        assert (refused.status_code, refused.json()) == (404, unknown.json())
        assert "etag" not in refused.headers
    desk = Desk(world, Role.AGENCY, other)
    assert desk.get(f"/evidence/{kept['sha256']}").status_code == 404
    assert desk.get(f"/agencies/{uscc}/file").status_code in (403, 404)
