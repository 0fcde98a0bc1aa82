"""Every kind of event, in every schema version that was ever stored, has an example that decodes for ever."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import msgspec
import pytest

from domain.events import EVENT_TYPES, Event
from domain.store.log.mapper import EventMapper
from tests.upgrades.entries import CORPUS, NAMES, StoredText, stored_in, unpacked

MADE_APART = CORPUS / "made-apart.jsonl"
"""Stored texts of kinds that no small story brings about: a restore, another cluster, a rulebook that delists."""


CAME_LATER = {"note_audience": "internal"}
"""What a member that came later says of events from before it: notes were for the office alone."""


@pytest.fixture(scope="module")
def examples(tmp_path_factory: pytest.TempPathFactory) -> list[StoredText]:
    """Every stored event of the corpus."""
    found = [
        one for name in NAMES for one in stored_in(name, unpacked(name, tmp_path_factory.mktemp("entry") / "entry"))
    ]
    for line in MADE_APART.read_text("utf-8").splitlines():
        one = json.loads(line)
        found.append(StoredText("made apart", one["topic"], one["state"].encode()))
    return found


def members(kind: type[Event]) -> set[str]:
    """The names under which a kind stores what it says."""
    return {field.encode_name for field in msgspec.structs.fields(kind)}


def test_every_stored_event_decodes_and_says_the_same_again(examples: list[StoredText]) -> None:
    """Every value as it was stored; one that came later says nothing (the leaf hash is of the stored bytes)."""
    mapper, encoder = EventMapper(), msgspec.json.Encoder(order="sorted")
    assert len(examples) > 300
    for one in examples:
        event = mapper.decode(one.topic, one.state, one.entry)
        again = json.loads(encoder.encode(event))
        before = json.loads(one.state)
        assert _as_stored(again, before) == before, f"{one.entry} {one.topic}"


def _as_stored(again: Any, before: Any) -> Any:
    """What is said again without members that came later, which have to say nothing."""
    if isinstance(again, dict) and isinstance(before, dict):
        assert {name: value for name, value in again.items() if name not in before and value} in ({}, CAME_LATER)
        return {name: _as_stored(again[name], value) for name, value in before.items()}
    if isinstance(again, list) and isinstance(before, list) and len(again) == len(before):
        return [_as_stored(*pair) for pair in zip(again, before, strict=True)]
    return again


def test_every_kind_has_an_example(examples: list[StoredText]) -> None:
    """A kind that is added is added to the corpus: `python -m tests.upgrades.make_entry` (docs/upgrades.md)."""
    lacking = sorted(set(EVENT_TYPES) - {one.topic for one in examples})
    assert lacking == [], f"no example of {', '.join(lacking)} in {CORPUS.name}: see docs/upgrades.md"
    unknown = sorted({one.topic for one in examples} - set(EVENT_TYPES))
    assert unknown == [], f"{', '.join(unknown)} was stored once and has to decode for ever"


def test_every_schema_version_has_an_example(examples: list[StoredText]) -> None:
    """Of each kind each `v` up to the one that is stored today."""
    stored: dict[str, set[int]] = defaultdict(set)
    for one in examples:
        stored[one.topic].add(json.loads(one.state)["v"])
    lacking = [
        f"{topic} v{version}"
        for topic, kind in EVENT_TYPES.items()
        for version in range(1, version_of(kind) + 1)
        if version not in stored[topic]
    ]
    assert lacking == [], f"no example of {', '.join(lacking)} in {CORPUS.name}: see docs/upgrades.md"


def version_of(kind: type[Event]) -> int:
    """The schema version that a kind stores today."""
    (field,) = (one for one in msgspec.structs.fields(kind) if one.name == "v")
    return int(field.default)


def test_no_example_has_a_member_that_the_code_has_forgotten(examples: list[StoredText]) -> None:
    """What was stored once is read, not left aside."""
    forgotten = {
        f"{one.topic}.{name}"
        for one in examples
        for name in json.loads(one.state).keys() - members(EVENT_TYPES[one.topic]) - {"type"}
    }
    assert forgotten == set()


def test_the_corpus_is_small() -> None:
    """As it is kept for ever."""
    assert {file.name: file.stat().st_size for file in Path(CORPUS).iterdir() if file.stat().st_size > 300_000} == {}
