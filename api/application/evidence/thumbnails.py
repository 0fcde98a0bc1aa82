"""Pictures in small: made once, when a picture comes in, and kept encrypted beside it."""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from contextlib import suppress
from pathlib import Path

from domain.store.files.cipher import OpenedFile

PICTURES = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp", "image/bmp", "image/tiff"})
"""Of which there is one; Pillow does not read HEIC."""
MEDIA_TYPE = "image/jpeg"
SECONDS = 20.0
MOST_BYTES = 200_000
_PORTION = 256 * 1024
_SCRIPT = Path(__file__).with_name("thumbnail_process.py")


def thumbnail_of(file: OpenedFile, media_type: str) -> bytes | None:
    """The picture in small as JPEG; None for what is no picture, or none that can be shown within bounds.

    A picture that is made to take down whoever shows it takes down a process that is there for it alone. For a thread
    without an event loop.
    """
    if media_type not in PICTURES:
        return None
    try:
        return asyncio.run(asyncio.wait_for(_made(file), SECONDS))
    except TimeoutError:
        return None


async def _made(file: OpenedFile) -> bytes | None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-I", str(_SCRIPT), stdin=PIPE, stdout=PIPE, stderr=DEVNULL, env={}
    )
    try:
        small = await _fed(process, file)
        return small if await process.wait() == 0 and 0 < len(small) <= MOST_BYTES else None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def _fed(process: Process, file: OpenedFile) -> bytes:
    """Hand a process the file, a portion at a time; what it answers."""
    into, out = process.stdin, process.stdout
    if into is None or out is None:
        return b""
    file.seek(0)
    with suppress(ConnectionError):  # it has ended already: its exit code says why
        while portion := file.read(_PORTION):
            into.write(portion)
            await into.drain()
    into.close()
    return await out.read(MOST_BYTES + 1)
