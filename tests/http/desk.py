"""Somebody signed in to the pages, as a browser without script would be."""

from __future__ import annotations

import re
from functools import cache
from html import unescape
from typing import Any

from sqlalchemy import Engine
from starlette.testclient import TestClient

from domain.store.access.access_audit import COMMAND_LINE
from domain.store.access.accounts import create_account
from domain.store.access.passwords import hash_password
from domain.store.access.tokens import create_person
from domain.store.db.engine import writing
from domain.values import Role, new_id
from tests.http.world import World

PASSWORD = "three quiet herons"


@cache
def _hashed() -> str:
    """Of PASSWORD: made once, as cheaply as passwords are while tests run."""
    return hash_password(PASSWORD)


def account(world: World, role: Role, uscc: str | None = None, name: str | None = None) -> str:
    """A new account with PASSWORD; its login."""
    return account_in(world.service.ledger.engine, role, uscc, name)


def account_in(engine: Engine, role: Role, uscc: str | None = None, name: str | None = None) -> str:
    """The same in a database that is not served yet."""
    login = f"{role}-{new_id()}"
    with writing(engine) as connection:
        person = create_person(connection, name or f"{role} 经办人")
        create_account(connection, login, _hashed(), person, role, uscc, by=COMMAND_LINE, handed_out=False)
    return login


class Desk:
    """A browser of its own in which somebody has signed in."""

    def __init__(self, world: World, role: Role, uscc: str | None = None) -> None:
        self.login = account(world, role, uscc)
        self.client = TestClient(world.client.app, follow_redirects=False)
        response = self.client.post("/sign-in", data={"login": self.login, "password": PASSWORD})
        assert response.status_code == 303, response.text
        self.start = response.headers["location"]
        """Where one lands after signing in."""

    def get(self, path: str, **query: Any) -> Any:
        """A page."""
        return self.client.get(path, params=query)

    def shown(self, path: str, **query: Any) -> str:
        """A page that has to be there."""
        response = self.get(path, **query)
        assert response.status_code == 200, response.text
        return str(response.text)

    def shown_at(self, address: str) -> str:
        """The page at an address with its query, as a link gives it."""
        response = self.client.get(address)
        assert response.status_code == 200, response.text
        return str(response.text)

    def csrf(self) -> str:
        """What this session's forms carry."""
        found = re.search(r'name="csrf" value="([0-9a-f]+)"', self.shown("/account"))
        assert found is not None
        return found[1]

    def send(self, path: str, fields: dict[str, Any], **headers: str) -> Any:
        """A form, with the field that our pages put into each."""
        return self.client.post(path, data={"csrf": self.csrf(), **fields}, headers=headers)

    def followed(self, path: str, fields: dict[str, Any]) -> Any:
        """A form that is taken: 303 to a page with an address of its own, which is shown."""
        response = self.send(path, fields)
        assert response.status_code == 303, response.text
        shown = self.client.get(response.headers["location"])
        assert shown.status_code == 200, shown.text
        return shown


def fields_of(text: str) -> dict[str, str]:
    """The hidden and filled-in inputs of a page's main form, as a browser would send them back."""
    main = text[text.index("<main") :]
    inputs = re.findall(r"<input\b[^>]*>", main)
    pairs = [(re.search(r'\bname="([^"]*)"', one), re.search(r'\bvalue="([^"]*)"', one)) for one in inputs]
    return {unescape(name[1]): unescape(value[1]) for name, value in pairs if name is not None and value is not None}
