"""The words of the forms of recording are complete: no field, value or command without them."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, get_args, get_type_hints

from api.web.forms import form_texts
from api.web.forms.form_fields import FORMS, every_field, form_fields
from api.web.forms.form_texts import command_text, questions
from api.web.frame.field_names import EVENTS
from domain.events import EVENT_TYPES, Event, Person, Profile, Sealed, TeamMember
from domain.measures.text.official_text import cited_in_chinese
from projections.fact_kinds import FACT_NAMES


def test_every_field_and_value_has_its_words() -> None:
    """In both languages every command, field and value; and no text belongs to none."""
    used: set[str] = set()
    for name, row in FORMS.items():
        text, fields = command_text(name), form_fields(name)
        assert all(text.title), name
        assert all(text.says), name
        assert cited_in_chinese(text.article)
        assert set(text.order) <= set(row.body.model_fields), name
        assert {one.name for one in fields} == set(row.body.model_fields), name
        assert set(text.next) <= set(FORMS), name
        assert set(text.makes) <= set(EVENTS), name
        assert (text.list is not None) == ("{id}" in row.path) == (text.id is not None), name
        for one in every_field(fields):
            assert all(one.text.label), one
            assert one.text.help is None or all(one.text.help)
            assert (one.kind in ("id", "ids")) == (one.text.list is not None), (name, one.path)
            assert (one.kind in ("rows", "commands")) == (one.text.row is not None), (name, one.path)
            assert all(all(words) for _, words in one.choices)
            used |= {one.path, one.name, f"{name}/{one.path}", *_tails(one.path)}
    with (Path(form_texts.__file__).parent / "form_fields.toml").open("rb") as file:
        assert set(tomllib.load(file)) <= used
    assert len(questions()) == 10
    assert all(set(one) == {"text", "A", "B", "C"} for one in questions())


def _tails(path: str) -> set[str]:
    parts = path.split("/")
    return {"/".join(parts[place:]) for place in range(len(parts))}


def test_one_fact_has_one_name() -> None:
    """Every kind of fact has a name in both languages, the same in answers of the API and on the pages."""
    assert set(FACT_NAMES) == {kind.__name__ for kind in EVENT_TYPES.values()}
    assert all(all(words) for words in FACT_NAMES.values())
    assert EVENTS is FACT_NAMES
    assert not [zh for zh, _ in FACT_NAMES.values() if "申诉" in zh]


def test_what_is_sealed_is_not_kept_by_browsers() -> None:
    """Single lines that events seal are marked personal; only the reason of an honour is public (annex 1, item 12)."""
    sealed = {
        name
        for one in {*Event.__subclasses__(), Profile}
        for name, hint in get_type_hints(one).items()
        if {Sealed, Person, TeamMember} & _parts(hint)
    }
    lines = {one.path: one for name in FORMS for one in every_field(form_fields(name)) if one.kind in ("text", "uscc")}
    assert {path for path, one in lines.items() if not one.is_personal and sealed & set(path.split("/"))} == {"reason"}
    assert lines["complainant"].is_personal


def _parts(hint: Any) -> set[Any]:
    return {hint} | {found for one in get_args(hint) for found in _parts(one)}
