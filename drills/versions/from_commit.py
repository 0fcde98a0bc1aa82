"""A rolling upgrade from a real earlier commit to this tree, under load: `./run drill rolling_upgrade --from COMMIT`.

The commit's files are taken out of the history and run with the libraries of today. One that asks who may go on
serving (1.0.0) serves beside this version until its rows are taken over, and says so; one from before goes on recording
and its own `readyz` says by name that the database is a later one's, so that it is taken out. Either way nothing
acknowledged is lost or there twice, an audit finds nothing, and the earlier one does not start again where it must not.
"""

from __future__ import annotations

import subprocess
import tempfile
import time
from pathlib import Path

from domain.store.db.state import known_revisions
from drills.common import Failed, require, step
from drills.facts import degraded
from drills.failover import Load
from drills.rolling_upgrade import MORE_SECONDS, NO_LIMIT, READY_SECONDS, InTurn, drain, end, run_in
from drills.servers.two_logins import ROOT
from drills.service import PERSON, Running
from tests.postgres_server import PostgresServer
from tests.upgrades.make_entry import tree_of

DIFFERENT = 7
"""Exit code of a check that found other rows than the events make."""
TAKEN_OVER = {"rows-of-another"}
BESIDE_SECONDS = 3.0
"""For how long an earlier version that does not know better records beside the later one."""


def reaches(commit: str) -> bool:
    """Whether the history here has the commit: a shallow one may not."""
    asked = ["git", "cat-file", "-e", f"{commit}^{{commit}}"]
    return subprocess.run(asked, cwd=ROOT, capture_output=True, check=False).returncode == 0


def from_commit(commit: str) -> None:
    """Upgrade from this commit, on a server of its own. Raises: Failed."""
    if not reaches(commit):
        raise Failed(f"the history here does not reach {commit} (a shallow clone?)")
    with PostgresServer() as server, tempfile.TemporaryDirectory(prefix="steward-drill-") as name:
        folder = Path(name)
        program = tree_of(commit, folder / "earlier")
        revision = _newest_of(program)
        step(f"from {commit[:12]} (tables of {revision}) to this tree (tables of {known_revisions()[0]}):")
        _upgraded(server.create_database("steward"), folder, program, revision)


def _upgraded(url: str, folder: Path, program: Path, revision: str) -> None:
    old = Running(url, folder, token="-", root=str(program), **NO_LIMIT)  # noqa: S106  # one is made below
    try:
        old.wait_until_ready(READY_SECONDS)
        made = run_in(url, folder, program, "token", "create", "--role", "association", "--person", PERSON)
        old.token = made.stdout.strip()
        both = InTurn(old)
        load = Load(both)
        load.wait_for_more(20, MORE_SECONDS)
        before = len(load.acknowledged)
        new = Running(url, folder, token=old.token, **NO_LIMIT)
        try:
            new.wait_until_ready(READY_SECONDS)
            step(f"ok: {len(load.acknowledged) - before} facts recorded by the earlier version while the later started")
            serves_on = _told(old, revision)
            if serves_on:
                both.instances = [old, new]
                load.wait_for_more(20, MORE_SECONDS)
                require(min(both.recorded[old.port], both.recorded[new.port]) > 3, "both have recorded")
            else:
                time.sleep(BESIDE_SECONDS)
            drain(old, both, new)
            load.wait_for_more(5, MORE_SECONDS)
            end(load, new)
            _is_whole(new)
            if not serves_on:
                _does_not_start(url, folder, program)
        finally:
            new.stop()
    finally:
        old.stop()


def _told(old: Running, revision: str) -> bool:
    """Whether the earlier version may serve on; else its own readyz says why not, by name. Raises: Failed."""
    answer = old.ask("GET", "/readyz")
    if answer.status == 200:
        require(revision >= "0038", "the earlier version is ready beside the later one: it asks who may serve")
        return True
    newest = known_revisions()[0]
    by_name = newest in str(answer.body) or bool(degraded(old) & TAKEN_OVER)
    require(by_name, f"readyz of the earlier version names the later one: {answer.body.get('detail_en', answer.body)}")
    return False


def _is_whole(new: Running) -> None:
    """The audit finds nothing in the log; what the earlier version added to the rows is named, and made anew."""
    done = new.steward("audit", "--no-rows")
    require(done.returncode == 0, f"an audit of the log finds nothing {done.stdout[-500:] if done.returncode else ''}")
    checked = new.steward("check")
    require(checked.returncode in (0, DIFFERENT), f"the check names what differs {checked.stderr.strip()[-160:]}")
    if checked.returncode:
        rebuilt = new.steward("rebuild")
        require(rebuilt.returncode == 0, "a rebuild makes the rows anew")
        require(new.steward("check").returncode == 0, "and then the check finds nothing")


def _does_not_start(url: str, folder: Path, program: Path) -> None:
    done = run_in(url, folder, program, "serve", "--port", "0")
    require(done.returncode != 0, f"the earlier version does not start again: {done.stderr.strip()[-160:]}")


def _newest_of(program: Path) -> str:
    versions = (program / "domain/store/db/migrations/versions").glob("[0-9]*.py")
    return max(one.name[:4] for one in versions)
