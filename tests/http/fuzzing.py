"""Requests made up from the service's own OpenAPI document: what its schemas allow, what they forbid, and what lives.

Schemathesis makes values from the schemas. Alone they would end at 404, because no agency is called `0`: so ids, codes
and years that are there, and examples with one or two things changed, take their turns with what was made up.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from random import Random
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

import schemathesis
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.core.result import Ok

from domain.values import Role
from tests.http.example_answers import ask
from tests.http.world import APPEALED, BOUND, World, new_uscc, today

ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}")
CODE = re.compile(r"91[0-9A-Z]{16}")
DAYS = ("0001-01-01", "1969-12-31", "2021-11-01", "2023-02-29", "2024-02-29", "2024-05-06", "2024-12-31", "9999-12-31")
YEARS = ("2023", "2024", str(APPEALED), "2021", "0", "-1", "9999", "10000", "٢٠٢٤", "2024.0", " 2024", "1e3", "")
TEXTS = ("", " ", "\x00", "﻿", "‮", "é", "e\u0301", "𠮷" * 5, "x" * 5000, "%2e%2e/", "' OR 1=1 --", "${7*7}", "$name")
NUMBERS = (0, -1, 1, 2024, 10**15, 2**63, 10**29, 0.1, -0.0, 1e300)
INSTANTS = (
    "2024-07-01T00:00:00Z",
    "2024-07-01T08:00:00+08:00",
    "9999-12-31T23:59:59.999999Z",
    "0001-01-01T00:00:00Z",
    "version:1",
    "version:0",
    "version:99999999999999999999",
    "log:3",
    "log:-1",
    "log:9999999999999999999",
    "version:",
    "2024-07-01",
    "2099-01-01T00:00:00Z",
    "0000-00-00T00:00:00Z",
)
KEYS = ("k", "a b", "é", "", "x" * 256, "1")
VERSIONS = ('"1"', '"0"', '"7"', '"1"', "*", '"99999999999999999999"', 'W/"1"', "1", "é")
"""Of If-Match."""
KINDS = ("application/json", "application/json; charset=utf-16", "text/plain", "application/xml", "multipart/form-data")
BYTES = (b"", b"{", b"[]", b"null", b'{"a":1,"a":2}', b"\xff\xfe{}", b"[" * 40, b'{"x":NaN}', b'{"x":"\\ud800"}', b"{}")


class Request(NamedTuple):
    """One request: as it is sent."""

    method: str
    url: str
    headers: list[tuple[bytes, bytes]]
    content: bytes | None


class Attempt(NamedTuple):
    """A request, and the case of schemathesis by which its answer is judged."""

    case: Case[Any]
    request: Request


class Known(NamedTuple):
    """What there is in the service, to be named by requests."""

    ids: tuple[str, ...]
    """Of all kinds of things."""
    events: Mapping[str, tuple[str, ...]]
    """Those of each agency's trail, by its code."""
    tokens: Mapping[str, str]


def known_to(world: World) -> Known:
    """A small history of two agencies with a published, appealed and closed year; a token of every role."""
    answers = json.dumps(ask(world))
    for uscc in (world.filed(), world.assessed(year=APPEALED)):
        world.done("RecordLapse", uscc)
    listed = world.association.get("/v1/agencies", limit=500).json()["items"]
    events = {code: tuple(one["id"] for one in world.trail(code)) for code in (row["agency"]["uscc"] for row in listed)}
    ids = tuple(dict.fromkeys(ID.findall(answers)))
    people = {role: world.people[role] for role in Role if role not in BOUND}
    people |= {Role.AGENCY: world.person(Role.AGENCY, next(iter(events))), Role.CLIENT: world.client_person}
    tokens = {str(role): str(person.token) for role, person in people.items()}
    return Known(ids, events, tokens)


class Fuzzer:
    """Makes requests to the operations of one document."""

    def __init__(self, document: dict[str, Any], known: Known) -> None:
        self.schema = schemathesis.openapi.from_dict(document)
        self.schema.config.update(base_url="http://testserver")
        self.operations = {(found.method.upper(), found.path): found for found in self._all()}
        self.known = known

    def _all(self) -> Iterator[Any]:
        for result in self.schema.get_all_operations():
            assert isinstance(result, Ok), "the document is sound"
            yield result.ok()

    def attempts(self, method: str, path: str) -> st.SearchStrategy[Attempt]:
        """Requests to one operation."""
        return _attempts(self.known, self.operations[method, path])


class _Turn:
    """The choices for one request, which is mostly about one agency."""

    def __init__(self, known: Known, chance: Random) -> None:
        self.known, self.chance = known, chance
        self.code = chance.choice(tuple(known.events))

    def often(self, share: float) -> bool:
        """True in this share of the cases."""
        return self.chance.random() < share

    def value(self, name: str) -> Any:
        """What a parameter or field of this name might be meant to hold."""
        if "uscc" in name:
            return self.code if self.often(0.9) else new_uscc()
        if name == "year":
            return self.chance.choice(YEARS)
        if "known_at" in name:
            return self.chance.choice(INSTANTS)
        if name.endswith("_on") or name in ("as_of", "as_of_2", "from", "to", "due_before"):
            return self.chance.choice((*DAYS, today()))
        if name in ("id", "concerns") or name.endswith(("_id", "_ids")):
            return self.chance.choice(self.known.events[self.code] if self.often(0.6) else self.known.ids)
        return self.chance.choice(self.chance.choice((TEXTS, NUMBERS)))


@st.composite
def _attempts(draw: Any, known: Known, operation: Any) -> Attempt:
    turn = _Turn(known, Random(draw(st.integers(0, 2**64 - 1))))
    mode = draw(st.sampled_from((GenerationMode.POSITIVE, GenerationMode.POSITIVE, GenerationMode.NEGATIVE)))
    case: Case[Any] = draw(operation.as_strategy(generation_mode=mode))
    path = re.sub(r"{(\w+)}", lambda found: _in_path(turn, case, found[1]), operation.path)
    query = urlencode(_query(turn, case), encoding="utf-8", errors="surrogatepass", doseq=True)
    headers, content = [*_headers(turn, operation), *_authorization(turn, operation)], None
    if operation.body:
        content, kind = _body(turn, case, operation)
        headers.append((b"content-type", kind))
    url = f"{path}?{query}" if query else path
    return Attempt(case, Request(operation.method.upper(), url, headers, content))


def _in_path(turn: _Turn, case: Case[Any], name: str) -> str:
    value = (case.path_parameters or {}).get(name, "x")
    if turn.often(0.92):
        value = turn.value(name)
    text = str(value) or "x"
    return quote("x" if text in (".", "..") else text, safe="", encoding="utf-8", errors="surrogatepass")


def _query(turn: _Turn, case: Case[Any]) -> list[tuple[str, Any]]:
    """Half of the time what fits the schema, or does not; else some of the parameters, as they might be meant."""
    if turn.often(0.5):
        return [(str(name), value) for name, value in (case.query or {}).items() if value is not None]
    names = [one.name for one in case.operation.query if turn.often(0.6)]
    return [(name, turn.value(name)) for name in names]


def _headers(turn: _Turn, operation: Any) -> list[tuple[bytes, bytes]]:
    """Those that are declared, now and then."""
    names = [one.name for one in operation.headers if turn.often(0.3)]
    values = {name: turn.chance.choice(VERSIONS if name == "If-Match" else KEYS) for name in names}
    return [(name.encode(), value.encode("latin-1")) for name, value in values.items()]


def _authorization(turn: _Turn, operation: Any) -> list[tuple[bytes, bytes]]:
    """Mostly somebody who may; also everybody else, nobody, and what is no token."""
    may = [role for role in operation.definition.raw["x-roles"] if role in turn.known.tokens]
    among = turn.chance.random()
    if among < 0.05:
        return []
    if among < 0.1:
        return [(b"authorization", turn.chance.choice((b"Bearer", b"Bearer stw_\xe9", b"Basic YTpi", b"\x7f")))]
    roles = may if may and among > 0.2 else sorted(turn.known.tokens)
    return [(b"authorization", f"Bearer {turn.known.tokens[turn.chance.choice(roles)]}".encode())]


def _body(turn: _Turn, case: Case[Any], operation: Any) -> tuple[bytes, bytes]:
    kind = KINDS[0] if turn.often(0.96) else turn.chance.choice(KINDS)
    among, made = turn.chance.random(), case.body
    if among < 0.06:
        return turn.chance.choice((*BYTES, turn.chance.randbytes(20))), kind.encode()
    if among > 0.35 or not isinstance(made, (dict, list)):
        content = operation.definition.raw["requestBody"]["content"]
        example = content.get("application/json", {"example": {}})["example"]  # what is a file is sent anything
        made = changed(turn, example)
    return json.dumps(made, ensure_ascii=turn.often(0.5)).encode("utf-8", "surrogatepass"), kind.encode()


def changed(turn: _Turn, example: Any) -> Any:
    """The example with up to three of its values replaced, taken out or repeated; codes and ids made to fit first."""
    made = _fitting(turn, deepcopy(example))
    for _ in range(turn.chance.choice((0, 0, 1, 1, 2, 3))):
        places = list(_places(made))
        if not places:
            break
        holder, key = turn.chance.choice(places)
        match turn.chance.choice(("meant", "meant", "any", "out", "twice", "more")):
            case "meant":
                holder[key] = turn.value(str(key))
            case "any":
                holder[key] = turn.chance.choice((None, True, [], {}, [[]], "", *NUMBERS, *TEXTS))
            case "out":
                del holder[key]
            case "twice" if isinstance(holder[key], list):
                holder[key] = (holder[key] * 60)[: turn.chance.choice((2, 10, 60))]
            case _ if isinstance(holder, dict):
                holder[turn.chance.choice(("note", "evidence", "x", "", "__class__"))] = turn.value("note")
    return made


def _fitting(turn: _Turn, made: Any) -> Any:
    """Names of what is there in place of those in the example, mostly."""
    for holder, key in list(_places(made)):
        old = holder[key]
        if not isinstance(old, str) or turn.often(0.1):
            continue
        if CODE.fullmatch(old):
            holder[key] = turn.value("uscc")
        elif ID.fullmatch(old):
            holder[key] = turn.value("id")
        elif key == "post":
            holder[key] = CODE.sub(turn.code, old)
    return made


def _places(made: Any) -> Iterator[tuple[Any, Any]]:
    """Every member and item, by what holds it."""
    items: Any = made.items() if isinstance(made, dict) else enumerate(made) if isinstance(made, list) else ()
    for key, value in list(items):
        yield made, key
        yield from _places(value)
