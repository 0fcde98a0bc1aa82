"""The tokens and the password of a demonstration, kept beside its keys: a restart prints the same ones.

Only of a demonstration, in which all is invented; in a file that only its owner can read. What is no longer good (a
token that expired or was revoked, a password that somebody changed) is made anew.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import msgspec

from demo.making import PEOPLE, agency_and_client
from domain.ledger.ledger import Ledger
from domain.store.access.access_audit import COMMAND_LINE
from domain.store.access.accounts import account_of, all_accounts, create_account, set_password
from domain.store.access.admin import end_of, made_password
from domain.store.access.passwords import hash_password, password_fits
from domain.store.access.tokens import create_person, create_token, find_token, person_named
from domain.store.db.engine import Connection, writing
from domain.store.keys.secret_files import read_secret, replace
from domain.values import Role, instant, moment, shanghai_date

FILE = "demonstration.json"
TOKEN_DAYS, FEWEST_DAYS = 30, 7
"""How long a token of the demonstration is valid; one that ends sooner than in a week is replaced at the next start."""


class SignIns(msgspec.Struct):
    """What is kept: a token per role, and the one password of all accounts."""

    tokens: dict[str, str] = {}
    password: str = ""


class Printed(NamedTuple):
    """What a start prints: tokens and accounts by role, with the USCC where bound; and where they are kept."""

    tokens: list[tuple[str, object]]
    accounts: list[tuple[str, object]]
    file: Path


def sign_ins(ledger: Ledger, folder: Path) -> Printed:
    """Tokens and accounts of the demonstration, the same ones as before as far as they are good."""
    file = folder / FILE
    kept = msgspec.json.decode(read_secret(file), type=SignIns) if file.exists() else SignIns()
    bound = agency_and_client(ledger)
    with writing(ledger.engine) as connection:
        people = list(_people(connection, bound))
        tokens = {role: _token(connection, kept.tokens.get(role, ""), role, uscc, one) for role, uscc, one in people}
        password = _accounts(connection, people, kept.password)
    named = {role: f"{role} {uscc}" if uscc else str(role) for role, uscc, _ in people}
    now = SignIns({str(role): secret for role, secret in tokens.items()}, password)
    if now != kept:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        replace(file, msgspec.json.encode(now))
    return Printed(
        [(named[role], secret) for role, secret in tokens.items()], [(named[role], password) for role in tokens], file
    )


def _token(connection: Connection, kept: str, role: Role, uscc: str | None, person: str) -> str:
    """The token that is kept, or a new one."""
    found = find_token(connection, kept) if kept else None
    soon = datetime.now(UTC) + timedelta(days=FEWEST_DAYS)
    same = found is not None and (found.person_id, found.role, found.uscc) == (person, role, uscc)
    if found is not None and same and (found.expires_at is None or moment(found.expires_at) > soon):
        return kept
    until = end_of(shanghai_date(instant(datetime.now(UTC))) + timedelta(days=TOKEN_DAYS))
    return create_token(connection, person, role, uscc, until, by=COMMAND_LINE)


def _accounts(connection: Connection, people: list[tuple[Role, str | None, str]], kept: str) -> str:
    """The password of all accounts: the kept one, as long as it fits each that is there; else a new one for all."""
    known = {one.login: one.id for one in all_accounts(connection)}
    mine = [account_of(connection, str(role)) for role, _, _ in people if str(role) in known]
    good = bool(kept) and all(one is not None and password_fits(one[1], kept) for one in mine)
    password = kept if good else made_password()
    hashed = "" if good and len(mine) == len(people) else hash_password(password)
    for role, uscc, person in people:
        login = str(role)
        if login not in known:
            create_account(connection, login, hashed, person, role, uscc, by=COMMAND_LINE, handed_out=False)
        elif not good:
            set_password(connection, known[login], hashed, by=COMMAND_LINE, handed_out=False)
    return password


def _people(connection: Connection, bound: tuple[str, str] | None) -> Iterator[tuple[Role, str | None, str]]:
    """The people of the demonstration: role, enterprise where bound, person's id."""
    agency, client = bound if bound is not None else (None, None)
    for role in Role:
        uscc = {Role.AGENCY: agency, Role.CLIENT: client}.get(role)
        if role in (Role.AGENCY, Role.CLIENT) and uscc is None:
            continue
        name = PEOPLE.get(role, f"演示·{role}")
        yield role, uscc, person_named(connection, name) or create_person(connection, name)
