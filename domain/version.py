"""Which version of the code this is: the release, and a hash of the code itself, as releases are rarer than changes.

It stands in certificates, receipts, dossiers, PDFs (`/Producer`), `/healthz` and `steward --version`, so that an answer
can be made again by exactly what made it.
"""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.metadata import version as release
from pathlib import Path

DISTRIBUTION = "steward-ledger"
PACKAGES = ("domain", "projections", "api")
"""What decides what is recorded and answered; they lie side by side."""
DIGITS = 12


@cache
def software() -> str:
    """The version of the code that runs, like `1.0.0+3f9a1c2b7d40`."""
    return f"{release(DISTRIBUTION)}+{_hash_of(Path(__file__).parent.parent)[:DIGITS]}"


def _hash_of(folder: Path) -> str:
    """SHA-256 over names and contents of all Python and TOML files of the packages, in order of their names."""
    whole = hashlib.sha256()
    for file in sorted(
        (file for name in PACKAGES for kind in ("py", "toml") for file in (folder / name).rglob(f"*.{kind}")),
        key=lambda file: file.relative_to(folder).as_posix(),
    ):
        content = file.read_bytes()
        whole.update(f"{file.relative_to(folder).as_posix()} {len(content)}\n".encode() + content)
    return whole.hexdigest()
