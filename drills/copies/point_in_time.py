"""PostgreSQL restored to a point in time by pgBackRest: what was recorded after it is gone, and nobody can miss that.

A base backup, facts before and after it, the disk lost. The ledger that comes back is older than what was signed: it
takes no writes until somebody accepts that by name. Receipts at hand say what was lost, place by place of the log.
"""

from __future__ import annotations

import json
import tempfile
import time
from pathlib import Path
from typing import Any

from drills.common import Failed, require, step
from drills.facts import Facts, degraded, signed, standing
from drills.servers.pgbackrest import PACKAGES, ArchivedNode, lacking
from drills.servers.replicas import PASSWORD
from drills.service import Running

BY = ("--as", "运维", "--reason", "磁盘损坏，恢复到演练所记的时刻")


def main() -> None:
    """On a server and a repository of its own. Raises: Failed."""
    if missing := lacking():
        raise Failed(f"not installed: {', '.join(missing)} (Debian: apt-get install {PACKAGES})")
    with tempfile.TemporaryDirectory(prefix="steward-drill-") as folder:
        Path(folder).chmod(0o755)  # the server's user goes through it to the repository
        node = ArchivedNode(Path(folder) / "repository")
        try:
            node.make_archived()
            node.ask("CREATE DATABASE steward TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'")
            restored_to_a_moment(node, Path(folder))
        finally:
            node.close()


def restored_to_a_moment(node: ArchivedNode, folder: Path) -> None:
    """Back it up, record, lose it, restore it to a moment, accept what is lost, go on."""
    url, facts = f"postgresql://postgres:{PASSWORD}@127.0.0.1:{node.port}/steward", Facts()
    service = Running(url, folder)
    facts.record(service, 3)
    node.did("backup", "--type=full")
    step("a base backup is made while the service runs")
    facts.record(service, 4)
    held = signed(service)
    time.sleep(1)  # moments of the target are whole transactions: none is near it
    moment = str(node.ask("SELECT clock_timestamp()::text"))
    time.sleep(1)
    facts.record(service, 5)
    kept, lost = facts.acknowledged[:7], facts.acknowledged[7:]
    longer = signed(service)
    receipts = [_receipt(service, folder, code) for code in lost]
    keys = service.steward("keys", "show").stdout.split()
    node.archive_all()
    service.stop()
    node.restore_to(moment)
    step(f"the disk is lost, and the cluster restored to {moment}")
    again = Running(url, folder, token=service.token)
    try:
        require("ledger-differs" in degraded(again), "readyz says that the ledger is older than what was signed")
        answer = facts.try_one(again)
        require(answer.status == 503 and answer.body["type"].endswith("ledger-differs"), "nothing is recorded")
        require(all(standing(again, code) == 200 for code in kept), "what was recorded before is there")
        require(all(standing(again, code) == 404 for code in lost), "what was recorded after is not")
    finally:
        again.stop()
    done = service.steward("restore", "accept", *BY)
    require(done.returncode == 0, f"the loss is accepted by name {done.stderr if done.returncode else ''}")
    again = Running(url, folder, token=service.token)
    try:
        again.wait_until_ready(60)
        facts.record(again, 3)
        signed(again)
        first, last = _may_be_lost(again)
        require((first, last) == (held + 1, longer), f"the log says that {first}..{last} may be lost")
        _receipts_say_so(again, receipts, keys, range(first, last + 1))
        audit = again.steward("audit", "--json")
        require(audit.returncode == 0, f"the audit passes {audit.stdout[-800:] if audit.returncode else ''}")
    finally:
        again.stop()


def _may_be_lost(service: Running) -> tuple[int, int]:
    """From which place of the log to which, as the checkpoint says it to an auditor."""
    made = service.steward("token", "create", "--role", "auditor", "--person", "审计")
    own, service.token = service.token, made.stdout.strip()
    try:
        (one,) = service.ask("GET", "/v1/log/checkpoint", Accept="application/json").body["restores"]
    finally:
        service.token = own
    return one["lost"]["from"], one["lost"]["to"]


def _receipts_say_so(service: Running, receipts: list[Path], keys: list[str], lost: range) -> None:
    """Each receipt proves that its event was recorded, and where; together they are all that was lost."""
    for file in receipts:
        trusted = [part for key in keys if "+" in key for part in ("--key", key)]
        checked = service.steward("verify-receipt", str(file), *trusted)
        require(checked.returncode == 0, f"{file.name} holds {checked.stderr[-300:] if checked.returncode else ''}")
    places = sorted(json.loads(file.read_text("utf-8"))["log_index"] for file in receipts)
    require(places == list(lost), f"receipts at hand are of exactly these places: {places}")


def _receipt(service: Running, folder: Path, code: str) -> Path:
    """The receipt of an agency's only event, kept in a file outside the database. Raises: Failed."""
    events: list[dict[str, Any]] = service.ask("GET", f"/v1/agencies/{code}/events").body["items"]
    (event,) = events
    answer = service.ask("GET", f"/v1/log/receipt?event_id={event['id']}")
    if answer.status != 200:
        raise Failed(f"no receipt: {answer.status} {answer.body}")
    file = folder / f"receipt-{code}.json"
    file.write_text(json.dumps(answer.body, ensure_ascii=False), "utf-8")
    return file


if __name__ == "__main__":
    main()
