"""`account create`, `list`, `password`, `disable`, `enable`: who may sign in to the pages."""

from __future__ import annotations

import json
from typing import Any

import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner

from api.app import create_app
from api.cli.main import app
from api.settings import Settings
from domain.values import Role
from tests.cli.conftest import Run


def signs_in(url: str, login: str, password: str) -> bool:
    """Whether a browser gets in."""
    with TestClient(create_app(Settings(database_url=url)), follow_redirects=False) as client:
        response = client.post("/sign-in", data={"login": login, "password": password})
    return bool(response.status_code == 303)


def accounts(run: Run, url: str) -> list[dict[str, Any]]:
    """The list as JSON."""
    items: list[dict[str, Any]] = json.loads(run("account", "list", "--database", url, "--json").stdout)["items"]
    return items


def test_create_prints_the_password_alone_and_it_works(run: Run, new_url: str) -> None:
    """Standard output is the password and nothing else; no list shows it again; the login's case does not matter."""
    done = run("account", "create", "Wang.Fang", "--database", new_url, "--role", "auditor", "--person", "王芳")
    assert done.exit_code == 0, done.stderr
    password = done.stdout.strip()
    assert done.stdout == f"{password}\n"
    assert password not in done.stderr
    (item,) = accounts(run, new_url)
    expected = {"login": "wang.fang", "person": "王芳", "role": "auditor", "uscc": None, "disabled_at": None}
    assert item == expected
    assert "wang.fang" in run("account", "list", "--database", new_url).stdout
    assert signs_in(new_url, "WANG.fang", password)


def test_a_password_can_come_from_standard_input(run: Run, new_url: str) -> None:
    """It is then not printed; a weak one is refused and makes nothing."""
    arguments = ["account", "create", "li", "--database", new_url, "--role", "auditor", "--password-stdin"]
    weak = CliRunner().invoke(app, arguments, input="short\n")
    assert weak.exit_code != 0
    done = CliRunner().invoke(app, arguments, input="three quiet herons\n")
    assert (done.exit_code, done.stdout) == (0, "")
    assert len(accounts(run, new_url)) == 1
    assert signs_in(new_url, "li", "three quiet herons")


def test_reset_disable_and_enable(run: Run, new_url: str) -> None:
    """Each takes effect at once; an unknown login is not found (4), a taken one contradicts (5)."""
    create = ("account", "create", "zhao", "--database", new_url, "--role", "committee")
    first = run(*create).stdout.strip()
    assert run(*create).exit_code == 5
    second = run("account", "password", "zhao", "--database", new_url).stdout.strip()
    assert not signs_in(new_url, "zhao", first)
    assert run("account", "disable", "zhao", "--database", new_url).exit_code == 0
    assert accounts(run, new_url)[0]["disabled_at"] is not None
    assert not signs_in(new_url, "zhao", second)
    assert run("account", "enable", "zhao", "--database", new_url).exit_code == 0
    assert signs_in(new_url, "zhao", second)
    for act in ("password", "disable", "enable"):
        assert run("account", act, "nobody", "--database", new_url).exit_code == 4


@pytest.mark.parametrize("role", [Role.AGENCY, Role.CLIENT])
def test_bound_roles_need_their_enterprise(run: Run, new_url: str, role: Role) -> None:
    """And no other role takes one."""
    assert run("account", "create", "x1", "--database", new_url, "--role", role).exit_code == 2
    free = ("account", "create", "x2", "--database", new_url, "--role", "auditor", "--uscc", "91441300MA4X2Y7K18")
    assert run(*free).exit_code == 2


def test_several_accounts_of_one_person(run: Run, new_url: str) -> None:
    """By the name or id of a person who is known, so that R35 sees one person."""
    said = []
    for login, role in (("sun.a", "association"), ("sun.c", "committee")):
        done = run("account", "create", login, "--database", new_url, "--role", role, "--person", "孙立")
        assert done.exit_code == 0
        said.append(done.stderr.split("孙立 ")[1].split("；")[0])
    assert said[0] == said[1]
    assert {one["person"] for one in accounts(run, new_url)} == {"孙立"}


def test_an_invitation_prints_its_link_alone_and_a_lost_second_factor_needs_a_reason(run: Run, new_url: str) -> None:
    """The link works once; who has no second factor, no reason or no provider is refused, and nothing is changed."""
    at = ("--database", new_url)
    done = run("account", "invite", "Li.Na", *at, "--role", "auditor", "--person", "李娜")
    link = done.stdout.strip()
    assert (done.exit_code, done.stdout, link in done.stderr) == (0, f"{link}\n", False)
    with TestClient(create_app(Settings(database_url=new_url)), follow_redirects=False) as client:
        form = {"new": "four loud bitterns", "again": "four loud bitterns"}
        assert client.post(link, data=form).status_code == 303
        client.cookies.clear()
        assert client.post(link, data=form).status_code == 410
    assert signs_in(new_url, "li.na", "four loud bitterns")
    assert run("account", "invite", "Li.Na", *at, "--role", "auditor").exit_code != 0
    assert run("account", "invite", "wang", *at, "--role", "agency").exit_code != 0
    assert run("account", "invite", "wang", *at, "--role", "auditor", "--language", "fr").exit_code != 0
    for reason in ("", "手机已经丢失"):
        assert run("account", "reset-second-factor", "li.na", *at, "--reason", reason).exit_code != 0
    assert run("account", "link", "li.na", *at, "--subject", "x").exit_code != 0
    assert [one["login"] for one in accounts(run, new_url)] == ["li.na"]
