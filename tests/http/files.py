"""Small files of every kind, made here, and how they are uploaded."""

from __future__ import annotations

import hashlib
import io
import zipfile
from typing import Any

from PIL import Image
from PIL.Image import Exif

from tests.http.world import Person

JPEG, PNG, PDF = "image/jpeg", "image/png", "application/pdf"
GPS = 0x8825


def photo(color: str = "steelblue", edge: int = 900) -> bytes:
    """A photo as a phone makes it: lying on its side, with the place where it was taken."""
    exif = Exif()
    exif[0x0112] = 6
    exif[GPS] = {1: "N", 2: (23.0, 5.0, 1.0), 3: "E", 4: (114.0, 25.0, 1.0)}
    made = io.BytesIO()
    picture = Image.new("RGB", (edge, edge // 3), color)
    picture.putpixel((0, 0), (255, 0, 0))
    picture.save(made, "JPEG", exif=exif)
    return made.getvalue()


def picture(kind: str) -> bytes:
    """A picture of a kind that Pillow writes."""
    made = io.BytesIO()
    Image.new("RGB", (40, 30), "olive").save(made, kind)
    return made.getvalue()


def pdf(pages: int = 1) -> bytes:
    """A document of so many empty pages."""
    kids = b" ".join(b"%d 0 R" % (number + 3) for number in range(pages))
    objects = [b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Count %d/Kids[%b]>>" % (pages, kids)]
    objects += [b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 100 100]>>"] * pages
    body = b"".join(b"%d 0 obj%b endobj\n" % (number + 1, one) for number, one in enumerate(objects))
    return b"%PDF-1.7\n" + body + b"trailer<</Root 1 0 R>>\n%%EOF\n"


def zipped(*names: str, content: bytes = b"x") -> bytes:
    """An archive of files that all hold the same."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, content)
    return made.getvalue()


def docx() -> bytes:
    """What begins like a Word document."""
    return zipped("[Content_Types].xml", "word/document.xml")


def old_office(name: str) -> bytes:
    """A compound file with one entry of this name (MS-CFB)."""
    head = bytearray(512)
    head[:8], head[30:32], head[48:52] = bytes.fromhex("d0cf11e0a1b11ae1"), (9).to_bytes(2, "little"), bytes(4)
    entry = name.encode("utf-16-le").ljust(64, b"\0") + (len(name) * 2 + 2).to_bytes(2, "little")
    return bytes(head) + entry.ljust(512, b"\0")


def sent(who: Person, content: bytes, name: str = "photo.jpg", kind: str = JPEG) -> Any:
    """Upload a file as a form does."""
    return who.client.post("/v1/evidence", files={"file": (name, content, kind)}, headers=who.headers)


def uploaded(who: Person, content: bytes) -> dict[str, Any]:
    """Upload a file; what it was answered, which has to be right."""
    answer = sent(who, content)
    assert answer.status_code == 201, answer.text
    body: dict[str, Any] = answer.json()
    assert (body["sha256"], body["size"]) == (hashlib.sha256(content).hexdigest(), len(content))
    return body


def paper(kept: dict[str, Any], title: str = "现场照片") -> dict[str, Any]:
    """The uploaded file as a command names it."""
    return {"title": title, **{name: kept[name] for name in ("sha256", "size", "media_type")}}
