"""What people read on the forms of recording, from the three `form_*.toml` beside this module.

What a form says beside a field, before anything is typed: who will read it (R39). From the table of readers.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from domain.disclosure.who_reads import OFFICERS, READERS, Disclosure, TextKind, kind_of
from domain.measures.text.implements import implements
from domain.values import Bilingual, Role

_HERE = Path(__file__).parent
Table = Mapping[str, str | list[str] | list[list[str]]]
"""Texts as a file has them: a list is a text in both languages, or several."""


class CommandText(NamedTuple):
    """What a command is called, what it records, and what goes with it."""

    title: Bilingual
    says: Bilingual
    article: str
    makes: tuple[str, ...]
    """The kinds of events that it records."""
    next: tuple[str, ...] = ()
    """Commands that usually follow."""
    order: tuple[str, ...] = ()
    list: str | None = None
    """Where the id in its path is chosen from."""
    id: Bilingual | None = None
    grid: tuple[str, ...] = ()
    """Of what can be recorded of many agencies at once: the fields that may differ from row to row."""
    client: Bilingual | None = None
    """What it is called where an enterprise does it itself (art.17); what it says then is `client_says`."""
    client_says: Bilingual | None = None

    def told(self, role: Role | None) -> CommandText:
        """As it is told in a role."""
        if role is not Role.CLIENT or self.client is None:
            return self
        return self._replace(title=self.client, says=self.client_says or self.says)


class FieldText(NamedTuple):
    """What a field is called and how it is asked for."""

    label: Bilingual
    help: Bilingual | None = None
    row: Bilingual | None = None
    """What one of several is called."""
    list: str | None = None
    when: str | None = None
    """`field=value` of the same form under which it is asked for."""
    default: str | None = None
    known: str | None = None
    """What the ledger knows that may be typed here: offered, never the only answer (`known/known_values.py`)."""


@cache
def command_text(name: str) -> CommandText:
    """The texts of a command. Raises: KeyError for one that has none, which a test forbids."""
    return CommandText(**{key: _tuple(value) for key, value in _read("commands")[name].items()})


@cache
def field_text(command: str, path: str) -> FieldText:
    """The texts of a field at `a/b` of a command's body: what is said for the command first, then by its name.

    Raises: KeyError for one that has none, which a test forbids.
    """
    given = _nearest(_read("fields"), command, path)
    return FieldText(**{key: _tuple(value) for key, value in given.items()})


@cache
def choice_texts(command: str, path: str) -> dict[str, Bilingual]:
    """The official wording of each value of a field. Raises: KeyError."""
    return {value: _tuple(words) for value, words in _nearest(_read("choices"), command, path).items()}


@cache
def questions() -> tuple[dict[str, Bilingual], ...]:
    """The ten questions of annex 2: `text`, and the answers A, B and C."""
    return tuple({key: _tuple(words) for key, words in one.items()} for one in _read("choices")["answers"])


def _nearest(table: Mapping[str, Table], command: str, path: str) -> Table:
    parts = path.split("/")
    names = [f"{command}/{path}", *("/".join(parts[place:]) for place in range(len(parts)))]
    found: Table = next((table[name] for name in names if name in table), {})
    if not found:
        raise KeyError(f"{command}: no text for {path}")
    return found


@cache
def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((_HERE / f"form_{name}.toml").read_text(encoding="utf-8"))


def _tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


_TYPED = frozenset({"prose", "text", "uscc", "lines", "rows", "group"})
"""Kinds of fields into which words are typed; what belongs together is told once."""
_IN_PROFILE = frozenset({"FilingSubmitted"})
"""Facts that keep what is filed under one member."""
_SUPERVISING: Bilingual = (
    "协会、委员会、监管部门和审计人员",
    "the association, the committee, the regulator and auditors",
)
NOTE: Bilingual = (
    "谁会看到：协会、委员会、监管部门和审计人员；仅在下面选“共享”时，所涉机构也会看到。",
    "Read by the association, the committee, the regulator and auditors; by the agency only if shared below.",
)
NOTE_OF_COMPLAINT: Bilingual = (
    f"谁会看到：{_SUPERVISING[0]}；所涉机构看不到，选“共享”也一样。",
    f"Read by {_SUPERVISING[1]}; never by the agency concerned, shared or not.",
)
DISCLOSURES: dict[Disclosure, Bilingual] = {
    "anonymous": (
        "被评机构只会看到填写的月份和总分；收到三份以上时看到各题答案的合计。不会看到填表单位、日期、逐题答案和意见。",
        "The rated agency sees month and total only and, from three forms on, the answers to each question added up. "
        "It does not see who filled the form in, the day, single answers or remarks.",
    ),
    "totals": (
        "被评机构只会看到填写的月份和总分，看不到填表单位、日期、答案和意见。",
        "The rated agency sees month and total only: not who filled the form in, the day, answers or remarks.",
    ),
    "named": (
        "被评机构会看到填表单位、日期、各题答案和意见。",
        "The rated agency sees who filled the form in, the day, all answers and the remarks.",
    ),
}
"""What the survey, its receipt and the officers' form say, by `survey.disclosure`."""


@cache
@implements("R39")
def who_reads(command: str, path: str, kind: str) -> Bilingual | None:
    """Who will read what is typed at `path` of a command's form; None where nothing of one's own is typed.

    What is in no row of the table is a particular that the trail shows to the agency too.
    """
    name = path.partition("/")[0]
    if "/" in path or kind not in _TYPED or name == "replace":
        return None
    event = command_text(command).makes[0]
    if event == "SurveySubmitted":
        return DISCLOSED_BY_RULE
    if name == "note":
        return NOTE_OF_COMPLAINT if kind_of(event, "note", "shared") is TextKind.COMPLAINT else NOTE
    found = kind_of(event, "profile" if event in _IN_PROFILE and name not in ("evidence",) else name)
    return _said(OFFICERS | {Role.AGENCY} if found is None else READERS[found])


def _said(readers: frozenset[Role]) -> Bilingual:
    if Role.AGENCY in readers:
        return f"谁会看到：{_SUPERVISING[0]}，以及该机构。", f"Read by {_SUPERVISING[1]}, and by the agency."
    return f"谁会看到：{_SUPERVISING[0]}；所涉机构看不到。", f"Read by {_SUPERVISING[1]}; not by the agency concerned."


DISCLOSED_BY_RULE: Bilingual = (
    f"谁会看到：{_SUPERVISING[0]}；被评机构能看到多少，由规则中的 survey.disclosure 决定（默认匿名）。",
    f"Read by {_SUPERVISING[1]}; how much of it the rated agency sees, survey.disclosure of the rulebook says "
    "(by default anonymous).",
)
