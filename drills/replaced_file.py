"""The SQLite file is deleted, replaced and damaged under the running service, and missing when it starts again.

Not one fact is acknowledged that is not in the file which has its name; readiness says what is the matter; no new
ledger is opened beside the keys of the one that is missing.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from drills.common import Failed, require, step
from drills.facts import Facts, degraded, signed, standing
from drills.service import Running

TRIES = 10
DAMAGE = b"\xa5" * 4096


def main() -> None:
    """Each of the four, on a ledger of its own."""
    for drill in (deleted, replaced, log_deleted, damaged):
        with tempfile.TemporaryDirectory(prefix="steward-drill-") as folder:
            step(f"{drill.__name__}:")
            drill(Path(folder) / "ledger.db", Path(folder))


def deleted(file: Path, folder: Path) -> None:
    """Deleted: refused at once; put back under its name: it goes on; missing at a start: no new ledger."""
    service, facts = _begun(file, folder)
    try:
        aside = folder / "aside.db"
        file.rename(aside)
        _nothing_more(service, facts, "file-replaced")
        aside.rename(file)
        facts.record(service, 2)
        require(degraded(service) == set(), "put back under its name, the service is ready and records")
        file.unlink()
        _nothing_more(service, facts, "file-replaced")
    finally:
        service.stop()
    for end in ("-wal", "-shm"):
        Path(f"{file}{end}").unlink(missing_ok=True)
    done = service.steward("serve", "--port", "0")
    require(done.returncode == 3 and "KeysOfAnother" in done.stderr, "no new ledger is opened beside its keys")
    require(not file.exists(), "and no empty file is left in its place")


def replaced(file: Path, folder: Path) -> None:
    """Replaced by a copy of itself: what would be written would be in the file that has lost its name."""
    service, facts = _begun(file, folder)
    copy = folder / "copy.db"
    _did(service, "backup", str(copy))
    require(copy.stat().st_mode & 0o077 == 0, "a copy made while serving is its owner's only")
    facts.record(service, 2)
    try:
        copy.replace(file)
        _nothing_more(service, facts, "file-replaced")
        require(standing(service, facts.acknowledged[-1]) == 200, "questions are answered from the opened file")
    finally:
        service.kill()


def log_deleted(file: Path, folder: Path) -> None:
    """The log of changes is deleted: what is in it would be lost with the next stop."""
    service, facts = _begun(file, folder)
    try:
        Path(f"{file}-wal").unlink()
        _nothing_more(service, facts, "file-replaced")
    finally:
        service.kill()


def damaged(file: Path, folder: Path) -> None:
    """Damaged: not served. Restored from a copy that is as new as its checkpoints: all is there."""
    service, facts = _begun(file, folder)
    copy = folder / "copy.db"
    _did(service, "backup", str(copy))
    service.stop()
    content = bytearray(file.read_bytes())
    for start in range(4096 * 3, len(content) - 4096, 4096 * 5):
        content[start : start + 4096] = DAMAGE
    file.write_bytes(bytes(content))
    done = service.steward("serve", "--port", "0")
    require(done.returncode == 3 and "DatabaseDamaged" in done.stderr, "a damaged file is not served")
    _did(service, "restore", str(copy))
    again = Running(service.environment["STEWARD_DATABASE_URL"], folder, token=service.token)
    try:
        again.wait_until_ready(60)
        require(all(standing(again, code) == 200 for code in facts.acknowledged), "the copy holds all of it")
        facts.record(again, 2)
    finally:
        again.stop()
    require(any(file.parent.glob("ledger.db.replaced-*")), "the damaged file was kept")


def _begun(file: Path, folder: Path) -> tuple[Running, Facts]:
    service, facts = Running(f"sqlite:///{file}", folder), Facts()
    facts.record(service, 5)
    signed(service)
    return service, facts


def _nothing_more(service: Running, facts: Facts, name: str) -> None:
    """Nothing is acknowledged; the problem and readiness name the reason."""
    for _ in range(TRIES):
        answer = facts.try_one(service)
        if answer.status != 503 or not answer.body["type"].endswith(name):
            raise Failed(f"503 {name} should be answered: {answer.status} {answer.body}")
    step(f"ok: {TRIES} of {TRIES} writes were refused: {name}")
    require(name in degraded(service), f"readyz names {name}")


def _did(service: Running, *arguments: str) -> None:
    done = service.steward(*arguments)
    if done.returncode:
        raise Failed(f"steward {' '.join(arguments)}: {done.returncode} {done.stderr}")


if __name__ == "__main__":
    main()
