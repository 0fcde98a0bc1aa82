"""PostgreSQL with pgBackRest beside it: base backups, an archive of its log of changes, restores to a point in time.

The configuration is that of `deploy/pgbackrest`. Both programs are Debian's: its pgBackRest knows the versions of
PostgreSQL up to Debian's own, which may be older than the tests' server.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path
from string import Template

from drills.common import Failed
from drills.servers.replicas import PASSWORD, Node
from tests.postgres_binaries import child_of, unprivileged_user

CONFIG = Path(__file__).parents[2] / "deploy" / "pgbackrest" / "pgbackrest.conf"
NEWEST_KNOWN = 15
"""The newest PostgreSQL that Debian 12's pgBackRest (2.45) backs up."""
PACKAGES = "pgbackrest postgresql-15"
RECOVERY_SECONDS = 120.0


def programs() -> Path | None:
    """The folder of a PostgreSQL that the installed pgBackRest knows; None where there is none."""
    found = [path for path in Path("/usr/lib/postgresql").glob("*/bin") if path.parent.name.isdigit()]
    known = [path for path in found if int(path.parent.name) <= NEWEST_KNOWN and (path / "initdb").is_file()]
    return max(known, key=lambda path: int(path.parent.name), default=None)


def lacking() -> list[str]:
    """What is not installed here of what this needs."""
    return [
        *([] if shutil.which("pgbackrest") else ["pgbackrest"]),
        *([] if programs() else [f"PostgreSQL {NEWEST_KNOWN} or older in /usr/lib/postgresql"]),
    ]


class ArchivedNode(Node):
    """A server that archives its log of changes, and its repository on what stands for another disk."""

    def __init__(self, repository: Path) -> None:
        super().__init__(programs())
        self._config = self.folder / "pgbackrest.conf"
        self._own = unprivileged_user()
        self._repository = repository
        repository.mkdir()
        if self._own is not None:
            os.chown(repository, self._own.pw_uid, self._own.pw_gid)
        self.settings |= {
            "unix_socket_directories": str(self.folder),
            "archive_mode": "on",
            "archive_command": f"pgbackrest --config={self._config} --stanza=steward archive-push %p",
        }
        given = {"repository": repository, "folder": self.folder, "socket": self.folder, "port": self.port}
        text = Template(CONFIG.read_text("utf-8")).substitute(given | {"data": self.folder / "data"})
        self._config.write_text(text, "utf-8")
        self._config.chmod(0o644)

    def make_archived(self) -> None:
        """A new cluster, started, whose log of changes is archived."""
        self.make_primary()
        self.did("stanza-create")
        self.did("check")

    def did(self, *arguments: str) -> str:
        """A command of pgBackRest as the server's user; what it printed. Raises: Failed."""
        place = child_of(self._own, self.folder)
        passwords = self.folder / "pgpass"
        passwords.write_text(f"*:*:*:*:{PASSWORD}\n", "ascii")
        passwords.chmod(0o600)
        if self._own is not None:
            os.chown(passwords, self._own.pw_uid, self._own.pw_gid)
        place["env"] = {**place["env"], "PGPASSFILE": str(passwords)}
        command = ["pgbackrest", f"--config={self._config}", "--stanza=steward", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=RECOVERY_SECONDS, **place)
        said, wrong = str(done.stdout), str(done.stderr)
        if done.returncode:
            raise Failed(f"pgbackrest {' '.join(arguments)}: {said[-1500:]} {wrong[-1500:]}")
        return said

    def archive_all(self) -> None:
        """Everything recorded so far leaves the machine. Raises: Failed."""
        self.ask("SELECT pg_switch_wal()")
        self.did("check")

    def restore_to(self, moment: str) -> None:
        """Lose the disk, and make it anew as it was at this moment; started, and taking writes again."""
        self.stop()
        shutil.rmtree(self.folder / "data")
        self.did("restore", "--type=time", f"--target={moment}", "--target-action=promote")
        self.start()
        until = time.monotonic() + RECOVERY_SECONDS
        while self.ask("SELECT pg_is_in_recovery()"):
            if time.monotonic() > until:
                raise Failed(
                    f"the restored server does not end recovering: {(self.folder / 'log').read_text()[-2000:]}"
                )
            time.sleep(0.1)
