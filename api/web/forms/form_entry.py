"""One form on its way: which command at which agency, what was typed, what is wrong with it."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from pydantic import ValidationError

from api.application.commands import CommandRoute
from api.application.parsing.refused_bodies import ProblemBody
from api.application.parsing.validation_texts import field_errors
from api.web.forms.form_fields import FORMS, FormField, every_field, form_fields
from api.web.forms.form_particulars import COMMAND, cleared, particulars_of, parts, untouched
from api.web.forms.form_texts import CommandText, command_text
from api.web.forms.form_values import Values, any_filled, body_of, inputs_of, pointers_of, sent_values, values_of
from domain.errors import NotFound
from domain.values import Bilingual, Role, instant, new_id, shanghai_date

ID = "id"
"""The input of the id in the command's path; bodies' inputs begin with a slash."""
BEGUN = "begun"
"""The input of the agency's version at which a form was filled in with what is on file."""
WHAT, ASKED = "what", "asked"
"""The inputs that say which particulars changed (art.12): ticked just now; asked for by the form that was sent."""
_OWN = ("csrf", "key", "agency", ID, BEGUN, "version", "seen", "do")


@dataclass
class Entry:
    """What is being recorded."""

    command: str
    uscc: str
    """Of the agency; empty for a filing, which names it in its body."""
    id: str
    values: Values
    key: str = field(default_factory=new_id)
    """The Idempotency-Key: a form sent twice records once."""
    problems: dict[str, list[Bilingual]] = field(default_factory=dict)
    """What is wrong, by the pointer of the field; under "" what concerns no one field."""
    problem: ProblemBody | None = None
    """The refusal as the API gave it: article, reading and remedy."""
    begun_at: str = ""
    """The agency's version at which the form was filled in with what is on file; empty where it was not."""
    begun: Values | None = None
    """What it was filled in with: only what differs from it is recorded, also what was emptied."""
    what: tuple[str, ...] = ()
    """The particulars that changed, as was said first: only these are asked for; none said, all are (art.12)."""
    fresh: tuple[str, ...] = ()
    """Those of them that were ticked just now: they begin with what is on file."""

    @property
    def row(self) -> CommandRoute:
        """The command's row in the table."""
        return FORMS[self.command]

    @property
    def text(self) -> CommandText:
        """What people read of it."""
        return command_text(self.command)

    @property
    def fields(self) -> tuple[FormField, ...]:
        """The form's fields."""
        return form_fields(self.command)

    @property
    def body(self) -> dict[str, Any]:
        """What the API gets: in the preview and in the recording the same."""
        body = body_of(self.fields, self.values, self.uscc)
        if self.begun is None:
            return body
        given, still = self.values["fields"], self.untouched
        emptied = {
            one.name: cleared(one) for one in parts() if one.name not in still and not any_filled(given[one.name])
        }
        kept = {name: value for name, value in body["fields"].items() if name not in still}
        return {**body, "fields": {**kept, **emptied}}

    @property
    def untouched(self) -> set[str]:
        """The particulars that are as the form began: they are not recorded."""
        return set() if self.begun is None else untouched(self.begun, self.values["fields"])

    @property
    def told(self) -> Values:
        """What was typed, without what the form began with."""
        if not self.untouched:
            return self.values
        given = {name: "" if name in self.untouched else value for name, value in self.values["fields"].items()}
        return {**self.values, "fields": given}

    @property
    def in_path(self) -> dict[str, str]:
        """What its path names."""
        given = {"uscc": self.uscc, "id": self.id or "-"}
        return {name: value for name, value in given.items() if f"{{{name}}}" in self.row.path}

    @property
    def path(self) -> str:
        """Where it is posted."""
        return self.row.path.format(uscc=self.uscc, id=self.id or "-")

    @property
    def digest(self) -> str:
        """Tells whether what is recorded is what was previewed."""
        whole = json.dumps([self.path, self.body], ensure_ascii=False, sort_keys=True)
        return hashlib.sha256(whole.encode("utf-8", "surrogatepass")).hexdigest()

    @property
    def inputs(self) -> list[tuple[str, str]]:
        """All that was typed, as hidden inputs carry it on."""
        own = [("key", self.key), ("agency", self.uscc), (ID, self.id)]
        if self.begun_at:
            own.append((BEGUN, self.begun_at))
        own += [(ASKED, one) for one in self.what]
        return [*own, *inputs_of(self.fields, self.values)]

    def asks(self, pointer: str) -> bool:
        """Whether the field at a pointer is asked for: of a change's particulars those that changed."""
        return not self.what or not pointer.startswith("/fields/") or pointer.split("/")[2] in self.what

    def keep_what_did_not_change(self) -> None:
        """Particulars that are not asked for stay as the form began; those ticked just now begin so."""
        for name, value in (self.begun or {}).items():
            if not self.asks(f"/fields/{name}") or name in self.fresh:
                self.values["fields"][name] = value

    def day(self) -> str:
        """The day of the fact."""
        return str(self.body.get(self.row.body.FACT_DATE, ""))

    def replacing_days(self) -> list[str]:
        """The days of the facts that take the place of an annulled one."""
        rows = self.values.get("replace", ())
        bodies = zip(rows, self.body.get("replace", ()), strict=False)
        return [str(one["body"].get(FORMS[row["command"]].body.FACT_DATE, "")) for row, one in bodies if row["command"]]

    def check(self) -> bool:
        """Whether the body is one of the command's; if not, `problems` says what is wrong, as the API would."""
        body = self.body
        if self.text.list is not None and not self.id:
            self.say(ID, ("请选择", "choose one"))
        try:
            self.row.body.model_validate(body)
        except ValidationError as error:
            found = [{**one, "loc": ("body", *one["loc"])} for one in error.errors(include_url=False)]
            self.refused(field_errors(found, body))
        return not self.problems

    def refused(self, errors: Iterable[dict[str, str]]) -> None:
        """Put each error of a problem where its field is drawn: at it, else at what it is part of."""
        drawn = {*pointers_of(self.fields, self.values), ID}
        for one in errors:
            pointer = re.sub("/post$", "/id", one["pointer"])
            while pointer and pointer not in drawn:
                pointer = pointer.rpartition("/")[0]
            self.say(pointer, (one["detail"], one["detail_en"]))

    def label(self, pointer: str) -> Bilingual | None:
        """What the field at a pointer is called; None for what is no field."""
        if pointer == ID:
            return self.text.id
        path = "/".join(part for part in pointer[1:].split("/") if not part.isdecimal())
        command = self.command
        inside = re.match(r"/replace/(\d+)/body/", pointer)
        if inside is not None:
            command, path = self.values["replace"][int(inside[1])]["command"], path.removeprefix("replace/body/")
        return next((one.text.label for one in every_field(form_fields(command)) if one.path == path), None)

    def say(self, pointer: str, words: Bilingual) -> None:
        """Something is wrong there."""
        self.problems.setdefault(pointer, []).append(words)


def new_entry(command: str, uscc: str, query: dict[str, str], today: str, role: Role, name: str | None) -> Entry:
    """An empty form: dates of today, the year of today, what the address gives; an enterprise's own code."""
    fields = form_fields(command)
    tree: dict[str, object] = {one.name: [_default(one, today)] for one in fields if _default(one, today)}
    given = {name.replace(".", "/"): text for name, text in query.items() if name not in ("uscc", ID)}
    if command == "file-agency" and (query.get("uscc") or uscc):
        given["uscc"] = uscc or query["uscc"]
    if role is Role.CLIENT and name is not None:
        given = {"client/uscc": name, "client_uscc": name, **given}
    known = {one.path for one in every_field(fields)}
    for path, text in given.items():
        if path in known:
            _put(tree, path.split("/"), text)
    return Entry(command, "" if command == "file-agency" else uscc, query.get(ID, ""), values_of(fields, tree))


def _put(tree: dict[str, object], parts: list[str], text: str) -> None:
    for part in parts[:-1]:
        below = tree.setdefault(part, {})
        if not isinstance(below, dict):
            raise TypeError(f"{part} is a field and a group at once: see form_fields.py")
        tree = below
    tree[parts[-1]] = [text]


def _default(one: FormField, today: str) -> str:
    if one.text.default is not None:
        return one.text.default
    if one.kind == "day" and one.required:
        return today
    return today[:4] if one.kind == "integer" and one.name == "year" else ""


def sent_entry(command: str, pairs: list[tuple[str, Any]]) -> Entry:
    """The form that was sent."""
    own = {name: text for name, text in pairs if name in _OWN and isinstance(text, str)}
    key = own.get("key") or new_id()
    values = sent_values(form_fields(command), pairs)
    said = {kind: [text for name, text in pairs if name == kind and command == COMMAND] for kind in (WHAT, ASKED)}
    what, asked = particulars_of([*said[WHAT], *said[ASKED]]), said[ASKED]
    fresh = tuple(one for one in what if one not in asked)
    id_, begun_at = own.get(ID, "").strip(), own.get(BEGUN, "")
    return Entry(command, own.get("agency", ""), id_, values, key, begun_at=begun_at, what=what, fresh=fresh)


def command_of(command: str) -> str:
    """The command that an address names. Raises: NotFound."""
    if command not in FORMS:
        raise NotFound(
            "没有这种记录",
            "there is no such thing to record",
            remedy="请从“登记”页面选择",
            remedy_en="Choose from the page “Record”.",
        )
    return command


def is_day(text: str) -> bool:
    """Whether a browser's date field can show the text: what it cannot, it would hide."""
    try:
        return not text or date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def today() -> str:
    """The day in Shanghai, as forms begin with."""
    return shanghai_date(instant(datetime.now(UTC))).isoformat()
