"""`audit` on ledgers whose facts did not come by the service one by one: it finds nothing where nothing is wrong."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.conftest import Run
from tests.cli.import_files import CLIENT, command, filed, filing, write


def test_a_demonstration_has_nothing_to_find(run: Run, new_url: str) -> None:
    """The invitations of its making have no links: nobody was to follow them."""
    made = run("demo", "--agencies", "3", "--facts", "300", "--database", new_url)
    assert made.exit_code == 0, made.stderr
    done = run("audit", "--database", new_url, "--json")
    assert (done.exit_code, json.loads(done.stdout)["items"]) == (0, [])


def test_imported_invitations_have_no_links(run: Run, new_url: str, tmp_path: Path) -> None:
    """They were sent before the ledger was: no link is missing of them."""
    invitation = command(1, "survey-invitations", client=CLIENT, year=2023, invited_on="2023-12-01")
    invitation["body"] |= {"expires_on": "2023-12-20"}
    file = write(tmp_path / "facts.jsonl", [filing(1), filed(1), invitation])
    done = run("import", file, "--as", "经办人", "--database", new_url)
    assert done.exit_code == 0, done.stderr
    done = run("audit", "--database", new_url, "--json")
    assert (done.exit_code, json.loads(done.stdout)["items"]) == (0, [])
