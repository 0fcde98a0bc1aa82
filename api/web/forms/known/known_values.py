"""What may be typed into a field and the ledger knows already: clients, staff, scope, qualifications, categories.

Offered beside the field, without script too; anything else can be typed, as the Measures allow a new one. What follows
from a choice (a client's name, a person's certificate) is filled in where it was left empty.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from api.application.categories import categories_to_choose
from api.web.forms.form_beginning import particulars
from api.web.forms.form_entry import Entry, is_day, today
from api.web.forms.form_fields import FormField, every_field, form_fields
from api.web.forms.form_lists import Fact, trail
from api.web.forms.form_particulars import on_file
from api.web.forms.form_values import Values
from domain.values import Role

MOST = 300
"""So many are offered; what is beyond can be typed."""


class KnownValue(NamedTuple):
    """One value, and what it stands for; empty where it says enough."""

    value: str
    label: str = ""


class AgencyKnown(NamedTuple):
    """What is known of an agency on the day of a form: its filed particulars, and its projects by then."""

    filed: Values
    projects: list[Fact]

    @property
    def clients(self) -> dict[str, str]:
        """Name by code of the enterprises that it has served, the latest name of each, the latest client first."""
        found: dict[str, str] = {}
        for one in reversed(self.projects):
            found.setdefault(one["fact"]["client"]["uscc"], one["fact"]["client"]["name"])
        return found

    @property
    def staff(self) -> list[dict[str, str]]:
        """Who is on its filed staff."""
        return [one for one in self.filed.get("personnel", ()) if one["name"]]


_LISTS: dict[str, Callable[[AgencyKnown], Iterable[KnownValue]]] = {
    "clients": lambda known: (KnownValue(code, name) for code, name in known.clients.items()),
    "client names": lambda known: (KnownValue(name, code) for code, name in known.clients.items()),
    "staff": lambda known: (KnownValue(one["name"], one["qualification"]) for one in known.staff),
    "qualifications": lambda known: (KnownValue(one["qualification"]) for one in known.staff if one["qualification"]),
    "scope": lambda known: (KnownValue(one.strip()) for one in known.filed.get("scope", "").split("\n") if one.strip()),
}
_CATEGORIES = "categories"


def _fields(entry: Entry) -> Iterator[FormField]:
    """The fields of the form and of the commands inside it."""
    for command in (entry.command, *(row["command"] for row in entry.values.get("replace", ()) if row["command"])):
        yield from every_field(form_fields(command))


async def known_values(request: Request, entry: Entry) -> dict[str, list[KnownValue]]:
    """The values to offer, by the name of their list (`known` of a field), each once."""
    wanted = {one.text.known for one in _fields(entry)} - {None}
    found: dict[str, list[KnownValue]] = {}
    if _CATEGORIES in wanted:
        service = request.app.state.service
        offered = await run_in_threadpool(categories_to_choose, service.ledger)
        found[_CATEGORIES] = [KnownValue(one) for one in offered][:MOST]
    if wanted - {_CATEGORIES} and entry.uscc:
        known = await agency_known(request, entry.uscc, _day_of(entry))
        found |= {name: list(dict.fromkeys(tell(known)))[:MOST] for name, tell in _LISTS.items() if name in wanted}
    return {name: values for name, values in found.items() if values}


async def agency_known(request: Request, uscc: str, day: str) -> AgencyKnown:
    """What is known of an agency on a day, as far as the visitor may read it; a client knows its own projects."""
    started = [one for one in await trail(request, uscc, "ProjectStarted") if one["counts"]]
    projects = sorted(started, key=lambda one: (one["occurred_on"], one["version"]))
    if request.state.visitor.role is Role.CLIENT:
        return AgencyKnown({}, projects)
    return AgencyKnown(on_file(await particulars(request, uscc), day), projects)


def _day_of(entry: Entry) -> str:
    """The day of the fact, where one was typed; else today."""
    day = entry.values.get(entry.row.body.FACT_DATE, "")
    return day if isinstance(day, str) and day and is_day(day) else today()


async def fill_in(request: Request, entry: Entry) -> None:
    """What follows from what was chosen, where it was left empty: a client's name or code, a person's certificate."""
    groups = [(one, row) for one in entry.fields for row in _rows(one, entry.values[one.name]) if _is_open(row)]
    if not entry.uscc or not groups:
        return
    known = await agency_known(request, entry.uscc, _day_of(entry))
    for one, row in groups:
        if one.name == "client":
            _fill_client(row, known.clients)
        else:
            _fill_person(row, known.staff)


_TEAM = ("quality_lead", "technicians")


def _rows(one: FormField, given: object) -> list[dict[str, str]]:
    """The groups of a field that name a client or a member of a team."""
    if one.name == "client" and isinstance(given, dict):
        return [given]
    if one.name not in _TEAM:
        return []
    return given if isinstance(given, list) else [given] if isinstance(given, dict) else []


def _is_open(row: dict[str, str]) -> bool:
    """Whether something was said and something left empty."""
    return any(row.values()) and not all(row.values())


def _fill_client(row: dict[str, str], clients: dict[str, str]) -> None:
    codes = [code for code, name in clients.items() if name == row["name"].strip()]
    if not row["name"].strip() and row["uscc"] in clients:
        row["name"] = clients[row["uscc"]]
    elif not row["uscc"] and len(codes) == 1:
        row["uscc"] = codes[0]


def _fill_person(row: dict[str, str], staff: list[dict[str, str]]) -> None:
    """Only where one alone bears the name, and nothing that was typed says that it is another person."""
    named = [one for one in staff if one["name"] == row["name"].strip()]
    if len(named) != 1:
        return
    own = {name: named[0][name] for name in ("qualification", "certificate_no")}
    if all(not row[name] or row[name] == value for name, value in own.items()):
        row |= own
