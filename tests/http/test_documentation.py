"""The OpenAPI document and its pages: complete, true, and without anything from outside."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from api.application.commands import ACTS, COMMANDS
from api.application.privacy.authorisation import EVIDENCE, PERMISSIONS, PUBLIC, WORKBOOK
from tests.http.example_answers import ask, shortened
from tests.http.schema_judge import Judge
from tests.http.schema_judge import answers as described
from tests.http.world import World

OPERATIONS = len(PERMISSIONS)


@pytest.fixture(scope="module")
def document(world: World) -> dict[str, Any]:
    """The document as it is served."""
    found: dict[str, Any] = world.client.get("/openapi.json").json()
    return found


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def test_every_route_is_documented_under_a_name_of_its_own(document: dict[str, Any]) -> None:
    """All routes, each with a unique operation id, a tag and a summary or description."""
    found = list(operations(document))
    assert len(found) == OPERATIONS
    assert len({operation["operationId"] for _, _, operation in found}) == OPERATIONS
    for _, path, operation in found:
        assert operation["tags"], path
        assert operation.get("summary"), path


def test_tokens_are_declared_where_they_are_asked_for(document: dict[str, Any]) -> None:
    """A bearer scheme on everything but the public routes."""
    assert document["components"]["securitySchemes"] == {"token": {"type": "http", "scheme": "bearer"}}
    for method, path, operation in operations(document):
        public = (
            PERMISSIONS[method, path.replace("{article}", "{article:path}").replace("{place}", "{place:path}")]
            is PUBLIC
        )
        assert operation["security"] == ([] if public else [{"token": []}]), path
        assert ("401" in operation["responses"]) == (not public)
        assert bool(operation["x-roles"]) == (not public)


def test_every_answer_has_an_example(document: dict[str, Any]) -> None:
    """Each 200 and 201 carries one, and every declared problem too; each command's body as well."""
    for method, path, operation in operations(document):
        for status, response in operation["responses"].items():
            if status == "304":
                continue
            for media in response["content"].values():
                assert media.get("example") or media.get("examples"), (path, status)
            if int(status) >= 400:
                (media,) = response["content"].values()
                assert media["schema"] == {"$ref": "#/components/schemas/Problem"}
                for example in media["examples"].values():
                    assert example["value"]["status"] == int(status)
        if method == "POST" and path not in (EVIDENCE, WORKBOOK):  # a file
            assert operation["requestBody"]["content"]["application/json"]["example"]


def test_the_examples_have_the_shape_of_real_answers(own_world: World, document: dict[str, Any]) -> None:
    """The same members, of the same types, as the service answers now to the same questions; all that the schema says.

    No answer has a member that its schema does not know.
    """
    asked = ask(own_world)
    judge = Judge(document)
    schemas = {name.rpartition(" ")[0]: media["schema"] for name, media in described(document) if " 20" in name}
    for name, answer in asked.items():
        schema = schemas.get(name.removeprefix("act "), {})
        if not isinstance(answer, str):
            assert judge.faults(schema, answer) == [], name
    answers = shortened(asked)
    examples = {
        operation["operationId"]: first_example(operation["responses"]["200"]["content"])
        for _, _, operation in operations(document)
        if "200" in operation["responses"]
    }
    recorded = {f"act {row.name}": row.path for row in ACTS} | {"batch": "/v1/batches", "evidence": EVIDENCE}
    for name, path in recorded.items():
        content = document["paths"][path]["post"]["responses"]["201"]["content"]
        examples[name] = content["application/json"]["example"]
    assert set(answers) == set(examples)
    for name, answer in answers.items():
        assert shape(examples[name]) == shape(answer), f"{name}: run python -m tests.http.example_answers"


def first_example(content: dict[str, Any]) -> Any:
    """Of the JSON; a feed has its own kind alone."""
    return next(iter([content[one] for one in ("application/json",) if one in content] or content.values()))["example"]


def shape(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: shape(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [shape(inner) for inner in value]
    return type(value).__name__


def test_a_commands_example_answer_is_what_it_gets(document: dict[str, Any]) -> None:
    """The example of each 201 has exactly the members of the schema that are required, besides what is its own."""
    required = set(document["components"]["schemas"]["Recorded"]["required"])
    for row in COMMANDS:
        operation = document["paths"][row.path]["post"]
        example = operation["responses"]["201"]["content"]["application/json"]["example"]
        own = {"also_annulled", "category_new", "categories_in_use", "link", "page"}
        assert required <= set(example) <= required | own


def test_the_errors_declared_are_those_that_occur(document: dict[str, Any]) -> None:
    """Per command those of `always`; 404 with a path id; 409 if it can contradict."""
    always = {"201", "400", "401", "403", "408", "412", "413", "415", "422", "429", "500", "503"}
    for row in COMMANDS:
        declared = set(document["paths"][row.path]["post"]["responses"])
        assert declared - {"404", "409"} == always, row.path
        assert ("404" in declared) == ("{" in row.path)
    questions = {"200", "304", "401", "403", "409", "422", "429", "500", "503"}
    for path in ("/v1/agencies", "/v1/notices", "/v1/rulebooks"):
        assert set(document["paths"][path]["get"]["responses"]) == questions
    assert set(document["paths"]["/v1/agencies/{uscc}/standing"]["get"]["responses"]) == questions | {"404"}
    public = {"200", "304", "422", "429", "500", "503"}
    for path in (
        "/v1/public/agencies",
        "/v1/public/agencies.atom",
        "/v1/public/blacklist",
        "/v1/public/blacklist.atom",
    ):
        assert set(document["paths"][path]["get"]["responses"]) == public
        assert "application/atom+xml" in document["paths"][path]["get"]["responses"]["200"]["content"]
    link = document["paths"]["/v1/survey-links/{secret}"]["get"]["responses"]
    assert {"404", "409", "410"} <= set(link)


def test_bodies_are_typed(document: dict[str, Any]) -> None:
    """The document shows the fields of each command; references lead somewhere."""
    for row in COMMANDS:
        body = document["paths"][row.path]["post"]["requestBody"]
        assert body["required"] is True
        assert body["content"]["application/json"]["schema"] == {"$ref": f"#/components/schemas/{row.body.__name__}"}
    for name in set(re.findall(r"#/components/schemas/(\w+)", str(document))):
        assert name in document["components"]["schemas"]


@pytest.mark.parametrize("page", ["/docs", "/redoc"])
def test_the_pages_load_nothing_from_outside(world: World, page: str) -> None:
    """No address of another host in the page; each script, style and picture is served from here."""
    response = world.client.get(page)
    assert response.status_code == 200
    assert not re.findall(r"https?://", response.text)
    assert not re.findall(r"""(?:src|href)=["']//""", response.text)
    loaded = re.findall(r"""(?:src|href)=["']([^"']+)["']""", response.text)
    assert loaded
    for address in loaded:
        assert world.client.get(address).status_code == 200, address
    assert "https://" not in response.headers["content-security-policy"]
