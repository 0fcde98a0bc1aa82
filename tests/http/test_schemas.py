"""Every JSON answer of the document has a named schema, and each example exactly the members of its schema."""

from __future__ import annotations

import pytest

from tests.http.schema_judge import Document, Judge, answers, operations
from tests.http.world import World


@pytest.fixture(scope="module")
def document(world: World) -> Document:
    """The document as it is served."""
    found: Document = world.client.get("/openapi.json").json()
    return found


def test_every_json_answer_has_a_named_schema(document: Document) -> None:
    """A reference into the components, whose schema has members and says in both languages what it is."""
    found = dict(answers(document))
    unnamed = [name for name, media in found.items() if "$ref" not in media["schema"]]
    assert unnamed == []
    for name, schema in document["components"]["schemas"].items():
        assert name.isidentifier(), name
        assert schema.get("properties") or schema.get("enum"), name


def test_every_example_has_exactly_the_members_of_its_schema(document: Document) -> None:
    """Of answers and of errors."""
    judge = Judge(document)
    for name, media in answers(document):
        given = [media["example"]] if "example" in media else [one["value"] for one in media["examples"].values()]
        for example in given:
            assert judge.faults(media["schema"], example) == [], name


def test_tags_are_declared_in_both_languages(document: Document) -> None:
    """Each operation stands under one declared tag: an English name, and what the Measures call it."""
    declared = {tag["name"]: tag["description"] for tag in document["tags"]}
    used = {tag for operation in operations(document) for tag in operation["tags"]}
    assert used == set(declared)
    for name, description in declared.items():
        assert name.isascii()
        assert not description.isascii()


def test_it_says_where_it_is_served(document: Document) -> None:
    """Without a public address: where the document itself came from."""
    assert [server["url"] for server in document["servers"]] == ["/"]


def test_an_optional_text_may_be_empty(document: Document) -> None:
    """The document does not forbid what is taken as none (api.md, Conventions); a needed text has at least a letter."""
    schemas = document["components"]["schemas"]
    members = [one for schema in schemas.values() for one in schema.get("properties", {}).values()]
    optional = [branches for one in members if {"type": "null"} in (branches := one.get("anyOf", []))]
    assert optional
    assert not [branch for branches in optional for branch in branches if "minLength" in branch]
    assert schemas["AnnulEvent"]["properties"]["reason"]["minLength"] == 1
