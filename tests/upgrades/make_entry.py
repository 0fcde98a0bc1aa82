"""`python -m tests.upgrades.make_entry COMMIT NAME`: what the version of a commit makes, as an entry of the corpus.

The commit's tree is taken out of the history and run with the libraries of today; `HEAD` is this version. What was
committed is never made anew: a release adds an entry of its own. The keys in it were made for it and open nothing else.
"""

from __future__ import annotations

import subprocess
import sys
import tarfile
import tempfile
from io import BytesIO
from pathlib import Path

from tests.upgrades.entries import CORPUS, ROOT

STORY = Path(__file__).with_name("story.py")
KEPT = ("ENTRY.json", "ledger.db", "archive.zip", "paper-code.txt", "keys", "checkpoints", "certificates", "receipts")
MOST_BYTES = 300_000


def tree_of(commit: str, folder: Path) -> Path:
    """The files of a commit, in a folder. Raises: CalledProcessError where the history does not reach so far."""
    archive = subprocess.run(["git", "archive", commit], cwd=ROOT, capture_output=True, check=True).stdout
    with tarfile.open(fileobj=BytesIO(archive)) as files:
        files.extractall(folder, filter="data")
    return folder


def main(commit: str, name: str) -> None:
    """Make the entry; what that version does not know is printed. Raises: FileExistsError for one that is there."""
    with tempfile.TemporaryDirectory() as program, tempfile.TemporaryDirectory() as work:
        tree = tree_of(commit, Path(program))
        subprocess.run([sys.executable, str(STORY), work], cwd=tree, check=True)
        with tarfile.open(CORPUS / f"{name}.tar.xz", "x:xz", preset=9) as archive:
            for one in (Path(work) / kept for kept in KEPT):
                if one.exists():
                    archive.add(one, one.name, filter=_anybody)
        print((Path(work) / "ENTRY.json").read_text("utf-8"))
    size = (CORPUS / f"{name}.tar.xz").stat().st_size
    print(f"{name}: {size} bytes" + (" - more than a repository wants" if size > MOST_BYTES else ""))


def _anybody(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.uid = entry.gid = entry.mtime = 0
    entry.uname = entry.gname = ""
    return entry


if __name__ == "__main__":
    main(*sys.argv[1:])
