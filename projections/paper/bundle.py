"""A ZIP whose bytes depend on its files alone, with the SHA-256 of each in MANIFEST.json."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Mapping
from pathlib import PurePosixPath

import msgspec

MANIFEST = "MANIFEST.json"
_FIRST_DOS_INSTANT = (1980, 1, 1, 0, 0, 0)
_UNIX = 3
_READABLE = 0o100644 << 16


def bundle(files: Mapping[str, bytes]) -> bytes:
    """These files by their paths, in the order of the paths, as one ZIP; equal files give equal bytes.

    MANIFEST.json stands first: `{"files": [{"path", "bytes", "sha256"}]}`, ordered by path. No clock is in it: every
    entry bears the first date that a ZIP knows. Files are stored, not compressed: zlib's builds pack differently.
    Raises: ValueError for a path that leaves the archive, is not plain, or is the manifest's own.
    """
    for path in files:
        _refuse_bad_path(path)
    ordered = sorted(files.items())
    rows = [{"path": path, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()} for path, data in ordered]
    manifest = msgspec.json.format(msgspec.json.encode({"files": rows}), indent=2) + b"\n"
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for path, data in [(MANIFEST, manifest), *ordered]:
            entry = zipfile.ZipInfo(path, _FIRST_DOS_INSTANT)
            entry.create_system, entry.external_attr = _UNIX, _READABLE  # else both tell the operating system
            archive.writestr(entry, data)
    return out.getvalue()


def _refuse_bad_path(path: str) -> None:
    pure = PurePosixPath(path)
    plain = path and str(pure) == path and "\\" not in path and not pure.is_absolute() and ".." not in pure.parts
    if not plain or path == MANIFEST:
        raise ValueError(f"{path!r} cannot be a path in the archive: give a relative one other than {MANIFEST}")
