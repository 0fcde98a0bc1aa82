"""Who looked at what about whom, who changed who may do what, and the accounts and tokens that there are."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import date
from functools import partial
from typing import Any, TypeVar

from msgspec import UNSET, UnsetType

from api.application.answers.access import (
    AccessChangeShown,
    AccessToken,
    AccountShown,
    ConsultationShown,
    ConsultedAgency,
)
from api.application.answers.pages import Listing
from api.application.questions.agency.people_questions import sought_hash, whom
from api.application.questions.inquiry import Answer, Inquiry, question
from api.application.questions.pagination import page
from domain.store.access import access_audit, access_log
from domain.store.access.access_audit import AccessChange, AccessFilter
from domain.store.access.access_log import SUBJECT, Consultation, LogFilter
from domain.store.access.admin import AccountFilter, AccountRow, TokenRow, account_rows, token_rows
from domain.store.access.invitations import InvitationState
from domain.store.access.tokens import person_names
from domain.store.db.engine import Connection
from domain.values import FOREVER, Role

R = TypeVar("R")
_Rows = Callable[[Connection, int, int | None], Sequence[R]]
"""Rows of a list, from an offset on, at most so many; None: all."""


@question("/v1/consultations")
def consultations_listed(
    inquiry: Inquiry,
    uscc: str | None = None,
    person: str | None = None,
    first: date | None = None,
    last: date | None = None,
    name: str | None = None,
    sort: str | None = None,
    order: str | None = None,
    limit: int = 50,
    cursor: str | None = None,
) -> Answer:
    """Who read what about which agency, the latest first or by a column. `name`: who looked for this person."""
    by, descending = _by_time(sort, order)
    wanted = page(cursor, limit, question=("consultations", uscc, person, first, last, name, by, descending))
    inquiry.service.readings.flush()
    with inquiry.service.ledger.reading() as reader:
        connection = reader.connection
        up_to = access_log.newest(connection) if wanted.known_at is None else int(wanted.known_at.removeprefix("log:"))
        hashed = None if name is None else sought_hash(reader.vault, name)
        sought = LogFilter(uscc, person, first, last, hashed)
        asked = {"up_to": up_to, "offset": wanted.offset, "limit": wanted.limit + 1}
        rows = access_log.found(connection, sought, **asked, by=by, descending=descending)
        inquiry.count(wanted.is_part(rows), lambda: access_log.counted(connection, sought, up_to))
        part, next_cursor = wanted.part([one for _, one in rows], None, f"log:{up_to}")
        names = person_names(connection, {one.person_id for one in part})
        people = whom(reader, {subject for one in part if (subject := _subject(one))})
    if uscc is not None:
        inquiry.about = uscc
    return Answer(Listing(items=tuple(_item(one, names, people) for one in part), next_cursor=next_cursor))


def _by_time(sort: str | None, order: str | None) -> tuple[str, bool]:
    """The column that a record is sorted by, and whether it goes back: by time it does where nothing else is said."""
    by = sort or "at"
    return by, order == "desc" or (order is None and by == "at")


def _subject(one: Consultation) -> str | None:
    """The subject whom a search for a person found, where the row is of one."""
    return None if one.asked is None or not one.asked.startswith(SUBJECT) else one.asked.removeprefix(SUBJECT)


def _item(one: Consultation, names: dict[str, str], people: Mapping[str, str | dict[str, bool]]) -> ConsultationShown:
    return ConsultationShown(
        at=one.at,
        person=one.person_id,
        person_name=names.get(one.person_id),
        role=Role(one.role),
        via=one.via,
        agency=ConsultedAgency(uscc=one.uscc) if one.uscc else None,
        route=one.route,
        as_of=one.as_of,
        known_at=one.known_at,
        asked=one.asked,
        whom=people.get(_subject(one) or ""),
    )


@question("/v1/access-changes")
def access_changes_listed(
    inquiry: Inquiry,
    person: str | None = None,
    first: date | None = None,
    last: date | None = None,
    sort: str | None = None,
    order: str | None = None,
    limit: int = 50,
    cursor: str | None = None,
) -> Answer:
    """Who changed whose access, the latest first or by a column.

    `person` finds changes by and of a person. `by` is null for the command line, `subject` the id of the account or
    token.
    """
    by, descending = _by_time(sort, order)
    wanted = page(cursor, limit, question=("access_changes", person, first, last, by, descending))
    with inquiry.service.ledger.reading() as reader:
        connection = reader.connection
        up_to = (
            access_audit.newest(connection) if wanted.known_at is None else int(wanted.known_at.removeprefix("log:"))
        )
        sought = AccessFilter(person, first, last)
        asked = {"up_to": up_to, "offset": wanted.offset, "limit": wanted.limit + 1}
        rows = access_audit.found(connection, sought, **asked, by=by, descending=descending)
        inquiry.count(wanted.is_part(rows), lambda: access_audit.counted(connection, sought, up_to))
        part, next_cursor = wanted.part(rows, None, f"log:{up_to}")
        ids = {one.person_id for one in part} | {one.by_person for one in part if one.by_person is not None}
        names = person_names(connection, ids)
    return Answer(Listing(items=tuple(_change(one, names) for one in part), next_cursor=next_cursor))


def _change(one: AccessChange, names: dict[str, str]) -> AccessChangeShown:
    return AccessChangeShown(
        number=one.number,
        at=one.at,
        by=one.by_person,
        by_name=names.get(one.by_person or ""),
        via=one.via,
        act=one.act,
        person=one.person_id,
        person_name=names.get(one.person_id),
        role=Role(one.role),
        uscc=one.uscc,
        subject=one.subject,
        reason=one.reason,
    )


@question("/v1/accounts")
def accounts_listed(
    inquiry: Inquiry,
    q: str | None = None,
    role: Role | None = None,
    uscc: str | None = None,
    state: str | None = None,
    sort: str | None = None,
    order: str = "asc",
    limit: int = 50,
    cursor: str | None = None,
) -> Answer:
    """The accounts by a column, disabled ones too: those whose login or name has the words of `q`. Raises: Invalid."""
    sought = AccountFilter(q, role, uscc, state, sort, order == "desc")
    rows = partial(account_rows, sought=sought)
    return _listed(inquiry, "accounts", rows, account_shown, limit, cursor, sought)


@question("/v1/tokens")
def tokens_listed(inquiry: Inquiry, limit: int = 50, cursor: str | None = None) -> Answer:
    """The tokens' ids, holders and terms, never the tokens. Raises: Invalid."""
    return _listed(inquiry, "tokens", token_rows, token_shown, limit, cursor)


def account_shown(row: AccountRow, password: str | UnsetType = UNSET, link: str | UnsetType = UNSET) -> AccountShown:
    """An account; with the password or the link where it was made just now."""
    state = None if row.invitation is None else InvitationState(row.invitation)
    told = {name: value for name, value in asdict(row).items() if name != "subject"}
    return AccountShown(**{**told, "invitation": state}, password=password, link=link)


def token_shown(row: TokenRow, token: str | UnsetType = UNSET) -> AccessToken:
    """A token by its id; with its secret where it was made just now."""
    return AccessToken(**{**asdict(row), "role": Role(row.role)}, token=token)


def _listed(
    inquiry: Inquiry,
    name: str,
    rows: _Rows[R],
    shown: Callable[[R], Any],
    limit: int,
    cursor: str | None,
    sought: tuple[Any, ...] = (),
) -> Answer:
    """A page of accounts or tokens."""
    wanted = page(cursor, limit, question=(name, *sought))
    with inquiry.service.ledger.reading() as reader:
        found = rows(reader.connection, wanted.offset, limit + 1)
        inquiry.count(wanted.is_part(found), lambda: len(rows(reader.connection, 0, None)))
    items, next_cursor = wanted.part([shown(one) for one in found], None, FOREVER)
    return Answer(Listing(items=tuple(items), next_cursor=next_cursor))
