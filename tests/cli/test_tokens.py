"""`token create`, `token list`, `token revoke`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from api.app import create_app
from api.settings import Settings
from demo.invented_names import uscc
from tests.cli.conftest import Run

AGENCY = uscc(2)


def _status(url: str, secret: str) -> int:
    with TestClient(create_app(Settings(database_url=url))) as client:
        return client.get("/v1/agencies", headers={"Authorization": f"Bearer {secret}"}).status_code


def test_create_prints_the_token_alone_and_it_works(run: Run, new_url: str) -> None:
    """Standard output is one line, the token, on a database made on the spot; the service accepts it."""
    done = run("token", "create", "--database", new_url, "--role", "auditor", "--person", "张三")
    assert done.exit_code == 0
    assert len(done.stdout.splitlines()) == 1
    assert done.stdout == done.stdout.strip() + "\n"
    assert "张三" in done.stderr
    assert _status(new_url, done.stdout.strip()) == 200


def test_a_revoked_token_works_no_more(run: Run, new_url: str) -> None:
    """By its id from the list; revoking again is refused (5), an unknown one is not found (4)."""
    secret = run("token", "create", "--database", new_url, "--role", "auditor").stdout.strip()
    (item,) = json.loads(run("token", "list", "--database", new_url, "--json").stdout)["items"]
    assert item["role"] == "auditor"
    assert secret not in json.dumps(item)
    assert run("token", "revoke", item["id"], "--database", new_url).exit_code == 0
    assert _status(new_url, secret) == 401
    assert run("token", "revoke", item["id"], "--database", new_url).exit_code == 5
    assert run("token", "revoke", "0123456789abcdef", "--database", new_url).exit_code == 4


def test_one_person_may_have_several_tokens(run: Run, new_url: str) -> None:
    """A name that is known gives the same person, no name a new one; the table lists all of them."""
    for _ in range(2):
        run("token", "create", "--database", new_url, "--role", "association", "--person", "李四")
    run("token", "create", "--database", new_url, "--role", "association")
    items = json.loads(run("token", "list", "--database", new_url, "--json").stdout)["items"]
    assert len({one["person_id"] for one in items}) == 2
    assert run("token", "list", "--database", new_url).stdout.count("李四") == 2


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(("--role", "agency"), id="agency without a USCC"),
        pytest.param(("--role", "client"), id="client without a USCC"),
        pytest.param(("--role", "association", "--uscc", AGENCY), id="association with one"),
        pytest.param(("--role", "agency", "--uscc", "91441399MA000000AB"), id="wrong check digit"),
        pytest.param(("--role", "chairman"), id="no such role"),
        pytest.param(("--role", "auditor", "--expires", "31.12.2030"), id="no date"),
    ],
)
def test_wrong_use_makes_no_token(run: Run, new_url: str, tmp_path: Path, arguments: tuple[str, ...]) -> None:
    """Exit code 2, nothing on standard output, and not even a database."""
    done = run("token", "create", "--database", new_url, *arguments)
    assert (done.exit_code, done.stdout) == (2, "")
    assert list(tmp_path.iterdir()) == []


def test_an_expiry_is_the_last_valid_day_in_shanghai(run: Run, new_url: str) -> None:
    """A token that expires on a day ends with it, at 24:00 in Shanghai; a day that is over is refused (5)."""
    run("token", "create", "--database", new_url, "--role", "agency", "--uscc", AGENCY, "--expires", "2099-12-31")
    (item,) = json.loads(run("token", "list", "--database", new_url, "--json").stdout)["items"]
    assert item["expires_at"] == "2099-12-31T16:00:00.000000Z"
    assert item["uscc"] == AGENCY
    assert run("token", "create", "--database", new_url, "--role", "admin", "--expires", "2020-01-01").exit_code == 5
