"""A grid on its way: what holds for all rows, the rows with their own values, what is wrong with which cell.

Every step posts all that was typed, so nothing is kept on the server. An input of a row is named `r/3/occurred_on`,
one that holds for all rows as on the form of a single command (`/occurred_on`).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from api.application.batches.agencies_meant import AgencyMeant
from api.application.batches.batch_lines import MOST_ROWS
from api.application.parsing.validation_texts import field_errors
from api.web.forms.form_entry import ID, Entry, sent_entry
from api.web.forms.form_fields import FormField, form_fields
from api.web.forms.form_lists import Option
from api.web.forms.form_preview import Item
from api.web.forms.form_values import body_of, sent_values
from api.web.frame.page_problems import body_errors
from api.web.grid.grid_matters import GRID, chooses, columns_of
from api.web.grid.grid_paste import AGENCY, cell_problem
from domain.values import Bilingual

_ROW = re.compile(r"r/(\d{1,5})/(.+)", re.ASCII)
_POINTER = re.compile(r"/commands/(\d+)(/post|/body)(.*)", re.ASCII)
TOO_MANY: Bilingual = (
    f"一次最多 {MOST_ROWS} 行：请分成几批，或用导入文件",
    f"at most {MOST_ROWS} rows at once: make several batches of it, or import a file",
)


@dataclass
class GridRow:
    """One agency's row."""

    agency: str
    """As it was typed or pasted; a right code once it is known whom it means."""
    id: str = ""
    """The record that the row is about, where the matter asks for one."""
    cells: dict[str, str] = field(default_factory=dict)
    """Its own values, by column."""
    name: str | None = None
    is_known: bool = False
    choices: list[Option] = field(default_factory=list)
    """The records of the agency that the row can be about."""
    problems: dict[str, list[Bilingual]] = field(default_factory=dict)

    def say(self, cell: str, words: Bilingual) -> None:
        """Something is wrong with this cell."""
        said = self.problems.setdefault(cell, [])
        if words not in said:
            said.append(words)


@dataclass
class Grid:
    """What is being recorded of many agencies."""

    entry: Entry
    """What holds for all rows, as the form of the single command has it."""
    rows: list[GridRow] = field(default_factory=list)
    paste: str = ""
    problems: list[Bilingual] = field(default_factory=list)
    """What is wrong on the whole."""

    @property
    def matter(self) -> str:
        """The command, by the name of its form."""
        return self.entry.command

    @property
    def columns(self) -> tuple[FormField, ...]:
        """The fields that rows may have of their own."""
        return columns_of(self.matter)

    @property
    def shared(self) -> list[tuple[str, str]]:
        """Name and text of what holds for all rows."""
        return [(name, text) for name, text in self.entry.inputs if name.startswith("/")]

    @property
    def inputs(self) -> list[tuple[str, str]]:
        """All that was typed, as hidden inputs carry it on."""
        found = [("key", self.entry.key), ("matter", self.matter), *self.shared]
        for place, row in enumerate(self.rows):
            found.append((f"r/{place}/{AGENCY}", row.agency))
            found += [(f"r/{place}/{ID}", row.id)] if row.id else []
            found += [(f"r/{place}/{path}", text) for path, text in row.cells.items() if text]
        return found

    @property
    def is_wrong(self) -> bool:
        """Whether anything has been said to be wrong."""
        return bool(self.problems or self.entry.problems or any(row.problems for row in self.rows))

    def commands(self) -> list[Item]:
        """The rows as a batch takes them: a row's own value first, then what holds for all."""
        return [self._command(row) for row in self.rows]

    @property
    def digest(self) -> str:
        """Tells whether what is recorded is what was previewed."""
        whole = json.dumps(self.commands(), ensure_ascii=False, sort_keys=True)
        return hashlib.sha256(whole.encode("utf-8", "surrogatepass")).hexdigest()

    def _command(self, row: GridRow) -> Item:
        path = self.entry.row.path.format(uscc=row.agency.strip() or "-", id=row.id or "-")
        return {"post": path.replace(" ", ""), "body": self._body(row)}

    def _body(self, row: GridRow) -> Item:
        own = [(f"/{path}", text) for path, text in row.cells.items() if text.strip()]
        fields = form_fields(self.matter)
        return body_of(fields, sent_values(fields, [*own, *self.shared]), row.agency)

    def meant(self, known: dict[str, AgencyMeant]) -> None:
        """Put the agencies in place of what was typed for them, and say where none is meant."""
        for row in self.rows:
            found = known[row.agency]
            row.name, row.is_known = found.name, found.problem is None
            if found.problem is not None:
                row.say(AGENCY, found.problem)
            row.agency = found.uscc or row.agency

    def check(self) -> bool:
        """Whether every row could be sent; if not, each wrong cell says why."""
        if not self.rows:
            self.problems.append(("还没有任何一行：请添加机构", "there is no row yet: add agencies"))
        if len(self.rows) > MOST_ROWS:
            self.problems.append(TOO_MANY)
        for one in form_fields(self.matter):
            value = self.entry.values[one.name]
            said = cell_problem(one.kind, value) if isinstance(value, str) else None
            if said is not None:
                self._say_shared(f"/{one.path}", said)
        kinds = {one.path: one.kind for one in self.columns}
        for row in self.rows:
            wrong = {path: cell_problem(kinds[path], text) for path, text in row.cells.items() if text.strip()}
            for path, said in wrong.items():
                if said is not None:
                    row.say(path, said)
            if chooses(self.matter) and not row.id:
                row.say(ID, ("请选择", "choose one"))
            self._check_body(row)
        return not self.is_wrong

    def _check_body(self, row: GridRow) -> None:
        body = self._body(row)
        for one in field_errors(body_errors(self.entry.row.body, body), body):
            pointer = one["pointer"]
            if not row.problems.get(pointer[1:]) and pointer not in self.entry.problems:
                self._say(row, pointer, (one["detail"], one["detail_en"]))

    def refused(self, rows: Iterable[Item]) -> None:
        """Say at its row, and at its cell where there is one, what each refused row of the batch is refused for."""
        for problem in rows:
            row = self.rows[problem["row"] - 1]
            for one in problem["errors"]:
                found = _POINTER.fullmatch(one["pointer"])
                at = found[3] if found is not None and found[2] == "/body" else ""
                zh = "。".join(filter(None, (one["detail"], problem["remedy"])))
                en = ". ".join(filter(None, (one["detail_en"], problem["remedy_en"])))
                self._say(row, at, (zh, en), alone=True)

    def _say(self, row: GridRow, pointer: str, words: Bilingual, *, alone: bool = False) -> None:
        """At the row's own cell; at what holds for all where the row has no such value; else at the row."""
        path = pointer[1:]
        if path in GRID[self.matter] and (alone or row.cells.get(path, "").strip() or path.startswith("client/")):
            row.say(path, words)
        elif alone or not pointer:
            row.say(AGENCY, words)
        else:
            self._say_shared(pointer, words)

    def _say_shared(self, pointer: str, words: Bilingual) -> None:
        if words not in self.entry.problems.get(pointer, []):
            self.entry.say(pointer, words)


def sent_grid(matter: str, pairs: list[tuple[str, str]]) -> Grid:
    """The grid that was sent. Rows keep their order; what holds nothing at all is left out."""
    rows: dict[int, GridRow] = {}
    columns = GRID[matter]
    for name, text in pairs:
        found = _ROW.fullmatch(name)
        if found is None:
            continue
        row = rows.setdefault(int(found[1]), GridRow(""))
        if found[2] == AGENCY:
            row.agency = text.strip()
        elif found[2] == ID:
            row.id = text.strip()
        elif found[2] in columns:
            row.cells[found[2]] = text
    kept = [rows[place] for place in sorted(rows) if rows[place].agency or any(rows[place].cells.values())]
    return Grid(sent_entry(matter, pairs), kept, dict(pairs).get("paste", ""))
