"""The folder of files beside a copy of the database: only what is not there yet is copied, whole or not at all.

An object is named by what lies in it and never changes, so a copy of a copy is the same, and copying goes on after an
interruption. Files on an S3-compatible service are copied by its own means.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from domain.store.db.copies import make_folder, sync_folder


def copy_files(source: Path, target: Path) -> int:
    """Copy what the target has not yet; how many files that were. Raises: OSError."""
    copied = 0
    for path in sorted(source.glob("*/*")):
        made = target / path.parent.name / path.name
        if "#" in path.name or made.exists() or not path.is_file():
            continue
        make_folder(made.parent)
        handle, name = tempfile.mkstemp(dir=target, prefix=".copy-")
        try:
            with path.open("rb") as read, os.fdopen(handle, "wb") as written:
                shutil.copyfileobj(read, written)
                written.flush()
                os.fsync(written.fileno())
            Path(name).replace(made)
        except FileNotFoundError:  # taken away meanwhile: its subject was erased
            Path(name).unlink()
            continue
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
        sync_folder(made.parent)
        copied += 1
    return copied
