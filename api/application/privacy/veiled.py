"""Survey forms as the rated agency may see them (R39, `survey.disclosure`): the one place where answers are veiled.

The veil takes from an answer what would tell the rated agency who filled in which form, and when.
What goes out to an agency passes `Veil.redacted`, text `Veil.text`; what comes in names a form by its handle, which
`Veil.meant` turns into the form. A handle says nothing: an event's own id tells when it was recorded.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, cast

from api.application.privacy.authorisation import Caller
from domain.disclosure.who_reads import TOGETHER, Disclosure, TextKind, kind_of, may_read, strictest
from domain.events import Event, SurveyInvited, SurveySubmitted
from domain.ledger.reader import Reader
from domain.measures.annex2_survey import answers_total
from domain.store.access.row_macs import key_of
from domain.values import FOREVER, Role
from projections.answers.trail_items import EntryRow

UNNAMED = "form-unknown"
"""In place of a form's own id where an agency sends it: it is none of the ids that this agency can know."""
UNTOLD = "（不公开）"
"""In place of a client in a text."""
WITHHELD = {"withheld": True}
"""In place of what this caller may not read."""
_NAMED = re.compile(r"form-[0-9a-f]{24}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_TOTALS = re.compile(r"(?<=满意度调查表（)\d+(?:\+\d+)+(?=）)")
_LEFT_OUT = (
    "该调查表未计入：已撤销、被后一份取代、截止后提交，或不是本年度被服务对象所填（R22）",
    "the form does not count: annulled, replaced, sent after the closing, or not of a client served in the year (R22)",
)


_TOLD_BY_MONTH = frozenset({"lane", "annuls"})
"""What only marks of a course and steps of a replay have. Their day is the first of the month already, of every form
(`Trail.day_of`): shortened for forms of that very day, it would tell the day of these, and be no day any more."""


@dataclass(frozen=True)
class Hidden:
    """A form, or an invitation to one, of which the agency is told little."""

    event: SurveySubmitted | SurveyInvited
    handle: str
    disclosure: Disclosure
    total: int | None

    @property
    def month(self) -> str:
        """Year and month, which is all that is told of its day."""
        return f"{self.event.occurred_on:%Y-%m}"


class Veil:
    """What one agency is not told of the forms about it, at this moment."""

    def __init__(self, reader: Reader, uscc: str) -> None:
        key = key_of(reader.connection)
        self._law = reader.law(FOREVER)
        self.by_id: dict[str, Hidden] = {}
        for event in reader.agency_events(uscc):
            if isinstance(event, (SurveySubmitted, SurveyInvited)):
                disclosure = _promised(reader, event)
                if not may_read(Role.AGENCY, TextKind.SURVEY_WHO, disclosure):
                    self.by_id[event.id] = self._hidden(key, event, disclosure)
        self.by_handle = {one.handle: one for one in self.by_id.values()}
        self._numbers = dict(self._numbered())

    def _hidden(self, key: bytes, event: SurveySubmitted | SurveyInvited, disclosure: Disclosure) -> Hidden:
        handle = "form-" + hmac.new(key, f"survey form {event.id}".encode(), sha256).hexdigest()[:24]
        total = None
        if isinstance(event, SurveySubmitted) and self._law is not None:
            total = answers_total(event.answers, self._law.rulebooks.for_sheet(event.year, event.occurred_on))
        return Hidden(event, handle, disclosure, total)

    def _numbered(self) -> Iterator[tuple[str, tuple[int, int]]]:
        """Each form's number among those of its year and how many there are, in the order of handles: by chance."""
        forms = [one for one in self.by_id.values() if isinstance(one.event, SurveySubmitted)]
        for year in {one.event.year for one in forms}:
            of_year = sorted(one.handle for one in forms if one.event.year == year)
            yield from ((handle, (place, len(of_year))) for place, handle in enumerate(of_year, 1))

    @property
    def ids(self) -> frozenset[str]:
        """The events that are hidden."""
        return frozenset(self.by_id)

    # ---- what comes in ----

    def meant(self, value: Any) -> Any:
        """What an agency sends, with forms in place of their handles. Their own ids name nothing."""
        return _mapped(value, lambda text: _NAMED.sub(self._meant, text) if _NAMED.search(text) else text)

    def _meant(self, found: re.Match[str]) -> str:
        hidden = self.by_handle.get(found[0])
        if hidden is not None:
            return hidden.event.id
        return UNNAMED if found[0] in self.by_id else found[0]

    # ---- what goes out ----

    def text(self, text: str) -> str:
        """A text without the ids, days and clients of hidden forms."""
        if "满意度调查表" in text:
            text = _TOTALS.sub(lambda found: "+".join(sorted(found[0].split("+"), key=int)), text)
        for id_ in dict.fromkeys(found[0] for found in _NAMED.finditer(text)):
            hidden = self.by_id.get(id_)
            if hidden is not None:
                text = self._without(text, hidden).replace(id_, hidden.handle)
        return text

    def _without(self, text: str, hidden: Hidden) -> str:
        client = hidden.event.client
        text = text.replace(hidden.event.occurred_on.isoformat(), hidden.month)
        return text.replace(client.name, UNTOLD).replace(client.uscc, UNTOLD)

    def redacted(self, content: Any) -> Any:
        """An answer as this agency may read it: JSON values in, JSON values out."""
        return self._told(content) if self.by_id else content

    def _told(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, (list, tuple)):
            return self._several(list(value))
        if not isinstance(value, dict):
            return value
        if value.get("id") in self.by_id and "fact" in value:
            return self.row(cast(EntryRow, value))
        about, named = self._about(value), value.get("event") or value.get("id")
        if isinstance(named, str) and named in self.by_id and not _TOLD_BY_MONTH.intersection(value):
            day, month = self.by_id[named].event.occurred_on.isoformat(), self.by_id[named].month
            value = {name: month if one == day else one for name, one in value.items()}
        told = {name: self._told(one) for name, one in value.items()}
        if about and isinstance(value.get("events"), (list, tuple)):
            told = self._line(told, about)
        if isinstance(value.get("lines"), list) and isinstance(value.get("categories"), list):
            told["forms"] = self._summary(value)
        return told

    def _several(self, values: list[Any]) -> list[Any]:
        """A list with what is about hidden forms at its end, in the order of handles: its place would tell its time."""
        apart: dict[bool, list[tuple[str, Any]]] = {False: [], True: []}
        for one in values:
            key = self._key(one)
            apart[key is not None].append((key or "", self._told(one)))
        return [told for _, told in (*apart[False], *sorted(apart[True], key=lambda pair: pair[0]))]

    def _key(self, value: Any) -> str | None:
        """The handle of a hidden form that an element of a list is about and about nothing else."""
        if isinstance(value, str):
            return self.by_id[value].handle if value in self.by_id else None
        if not isinstance(value, dict):
            return None
        named = value.get("event") or (value.get("id") if "type" in value else None)
        if named is None and "reason" in value and isinstance(value.get("events"), (list, tuple)):
            named = next(iter(value["events"]), None)
        return self.by_id[named].handle if isinstance(named, str) and named in self.by_id else None

    def _about(self, value: dict[str, object]) -> list[Hidden]:
        events = value.get("events")
        found = events if isinstance(events, (list, tuple)) else ()
        return [self.by_id[one] for one in found if isinstance(one, str) and one in self.by_id]

    def _line(self, told: dict[str, Any], about: list[Hidden]) -> dict[str, object]:
        """A line, what was considered, or a difference, that rests on hidden forms."""
        if isinstance(told.get("occurred_on"), str) and len(told["occurred_on"]) == 10:
            told["occurred_on"] = told["occurred_on"][:7]
        for name, text in told.items():
            if isinstance(text, str) and name not in ("occurred_on", "field"):
                for hidden in about:
                    text = self._without(text, hidden)
                told[name] = text
        if "reason" in told and "reason_en" in told:  # whose project, replaced by which form: that would name it
            told["reason"], told["reason_en"] = _LEFT_OUT
        return told

    def row(self, row: EntryRow) -> EntryRow:
        """A form in the trail: that it is there, its month, its total; whose it is and the rest are not told."""
        hidden = self.by_id[row["id"]]
        fact = {
            name: None if value is None and name == "invitation_id" else WITHHELD for name, value in row["fact"].items()
        }
        place, of = self._numbers.get(hidden.handle, (None, None))
        told: Any = {
            **{name: self._told(value) for name, value in row.items() if name not in _ROW},
            "id": hidden.handle, "version": None, "occurred_on": hidden.month, "recorded_at": None,
            "actor": WITHHELD, "via": None, "note": None, "evidence": [], "recorded_days_later": 0, "flags": [],
            "fact": {**fact, "year": hidden.event.year}, "withheld": True, "disclosure": hidden.disclosure,
            "form": {"number": place, "of": of, "month": hidden.month, "total": hidden.total},
        }  # fmt: skip
        found: EntryRow = told
        return found

    def _summary(self, sheet: dict[str, Any]) -> dict[str, object]:
        """The forms that a sheet counts: month and total of each, and the answers of several together."""
        lines = [line for line in sheet["lines"] if line.get("category") == "quality"]
        counted = [hidden for line in lines for hidden in self._about(line)]
        items = [
            {
                "id": one.handle,
                "number": self._numbers[one.handle][0],
                "of": self._numbers[one.handle][1],
                "month": one.month,
                "total": one.total,
            }
            for one in sorted(counted, key=lambda one: one.handle)
            if one.handle in self._numbers
        ]
        told = strictest(*(one.disclosure for one in counted)) if counted else "anonymous"
        return {
            "disclosure": told,
            "items": items,
            "answers": _together(counted) if may_read(Role.AGENCY, TextKind.SURVEY_ANSWERS, told) else None,
        }


_ROW = frozenset({
    "id", "version", "occurred_on", "recorded_at", "actor", "actor_name", "via", "note", "evidence", "fact",
    "leaf_hash", "recorded_days_later", "flags",
})  # fmt: skip


def _together(counted: Iterable[Hidden]) -> dict[str, object] | None:
    """How often each answer was given, over the first three, six, nine ... forms, so that no two differ by one form."""
    forms = sorted(
        (one.event for one in counted if isinstance(one.event, SurveySubmitted)), key=lambda one: one.version
    )
    forms = forms[: len(forms) // TOGETHER * TOGETHER]
    if not forms:
        return None
    questions = [
        {"question": number, **{letter: given.count(letter) for letter in "ABC"}}
        for number, given in enumerate(zip(*(form.answers for form in forms), strict=True), 1)
    ]
    return {"forms": len(forms), "questions": questions}


def _promised(reader: Reader, event: Event) -> Disclosure:
    """What the client was told when the form was asked for or sent, or what holds now if that tells less."""
    laws = [law for law in (reader.law(event.recorded_at), reader.law(FOREVER)) if law is not None]
    return strictest(*(law.rulebooks.on(event.occurred_on).survey.disclosure for law in laws))


def _mapped(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {name: _mapped(one, change) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_mapped(one, change) for one in value]
    return value


def veil_of(reader: Reader, caller: Caller) -> Veil | None:
    """The veil of a caller who is an agency; None for everybody else."""
    return Veil(reader, caller.uscc) if caller.role is Role.AGENCY and caller.uscc is not None else None


def bytes_withheld(caller: Caller, topic: str, state: bytes, veil: Veil | None) -> bool:
    """Whether the stored bytes of an event tell its agency what the table of readers does not: they are not given out.

    What informants recorded; hidden forms, and facts that name them by an id that tells their time (a published sheet,
    an annulment); decisions on complaints that have papers.
    """
    if caller.role is not Role.AGENCY:
        return False
    event = topic.removeprefix("steward.")
    if not may_read(Role.AGENCY, kind_of(event, "actor"), "named"):
        return True
    if not may_read(Role.AGENCY, kind_of(event, "evidence"), "named") and b'"evidence":[]' not in state:
        return True
    return veil is not None and any(found[0] in veil.by_id for found in _NAMED.finditer(state.decode()))


def may_name(text: str) -> bool:
    """Whether a text could name a form, by its handle or by its id."""
    return _NAMED.search(text) is not None
