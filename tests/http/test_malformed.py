"""What cannot be read or does not exist: one problem body for everything, and nothing of it recorded or repeated."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.testclient import TestClient

from api.app import create_app
from api.application.parsing.strict_json import MOST_LEVELS, parse_object
from api.application.problem_types import PROBLEM_TYPES, Malformed, problem_type_of
from api.settings import Settings
from domain.errors import Refusal
from tests.http.world import World, body_of, new_uscc

JSON = {"Content-Type": "application/json"}
DEEP = '{"a":' * MOST_LEVELS + "1" + "}" * MOST_LEVELS


def raw(world: World, content: bytes | str, headers: dict[str, str] = JSON, path: str = "/v1/agencies") -> Any:
    return world.client.post(path, content=content, headers={**world.association.headers, **headers})


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "请求体是空的"),
        (b"  ", "请求体是空的"),
        (b"{", "第 1 行第 2 个字符：不是合格的 JSON"),
        (b'{"a": 1,}', "不是合格的 JSON"),
        (b"[]", "须为一个 JSON 对象"),
        (b'"text"', "须为一个 JSON 对象"),
        (b"null", "须为一个 JSON 对象"),
        (b'{"uscc": "1", "uscc": "2"}', "重复的键"),
        (b'{"fields": {"a": 1, "a": 1}}', "重复的键"),
        (b'{"a": NaN}', "没有 NaN"),
        (b'{"a": -Infinity}', "没有 NaN"),
        (b'{"a": 1e999}', "超出范围"),
        (b'{"a": ' + b"9" * 31 + b"}", "30 位"),
        (b'{"a": 1.' + b"1" * 40 + b"}", "30 位"),
        (b'{"a": "\xff"}', "第 8 个字节不是 UTF-8"),
        ('{"a": "文"}'.encode("gbk"), "不是 UTF-8"),
        (b"\xef\xbb\xbf", "请求体是空的"),
        (b"\xef\xbb\xbf\xef\xbb\xbf{}", "不是合格的 JSON"),
        ('{"a": 1}'.encode("utf-16"), "不是 UTF-8"),
        (b'{"a": "\\ud800"}', "代理字符"),
        (b'{"\\udfff": 1}', "代理字符"),
        (b'{"a":' + DEEP.encode() + b"}", f"{MOST_LEVELS} 层"),
        (b"[" * 200_000 + b"]" * 200_000, f"{MOST_LEVELS} 层"),
    ],
)
def test_a_body_that_is_no_proper_json_is_400(world: World, content: bytes, says: str) -> None:
    """Empty, broken, doubled, not UTF-8, not an object, too deep or out of range: 400 that says what and where."""
    response = raw(world, content)
    assert response.status_code == 400, response.text
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["type"] == "/problems/malformed-request"
    assert says in response.json()["detail"]


def test_what_is_proper_json_is_taken() -> None:
    """At the limits: the deepest nesting, the longest number, any script, escapes of whole characters."""
    assert parse_object(DEEP.encode())
    assert parse_object(b'{"a": ' + b"9" * 30 + b"}") == {"a": 10**30 - 1}
    assert parse_object('{"a": "\\ud83d\\ude00 𠮷"}'.encode()) == {"a": "😀 𠮷"}
    with pytest.raises(Malformed):
        parse_object(b'{"a":' + DEEP.encode() + b"}")


@pytest.mark.parametrize(
    "kind",
    [None, "text/plain", "application/x-www-form-urlencoded", "application/json; charset=gbk", "application/", ""],
)
def test_a_body_that_is_not_declared_as_json_is_415(world: World, kind: str | None) -> None:
    """Another type, another encoding, or none declared."""
    response = raw(world, b"{}", {} if kind is None else {"Content-Type": kind})
    assert response.status_code == 415
    assert response.json()["type"] == "/problems/unsupported-media-type"


@pytest.mark.parametrize("kind", ["application/json", "Application/JSON; charset=UTF-8", "application/problem+json"])
def test_json_by_any_of_its_names_is_taken(world: World, kind: str) -> None:
    """Case, charset and a +json suffix make no difference: the body is read, and its fields are judged."""
    assert raw(world, b"{}", {"Content-Type": kind}).status_code == 422


@pytest.mark.parametrize("value", [82.5, "82.555", -1, 101, True, "1e2", None, "８２"])
def test_a_number_that_counts_is_no_binary_float(world: World, value: Any) -> None:
    """82.50 as a JSON number would already have lost what was written; also too many digits, signs and other forms."""
    uscc = world.filed()
    body = {**body_of("ScoreEffect"), "value": value}
    response = world.regulator.post(f"/v1/agencies/{uscc}/effect-scores", body)
    assert response.status_code == 422
    assert response.json()["errors"][0]["pointer"] == "/value"


@pytest.mark.parametrize(("name", "value"), [("item", 1.0), ("item", True), ("item", "1"), ("due_on", 20240101)])
def test_other_json_types_are_not_converted(world: World, name: str, value: Any) -> None:
    """1.0, true and "1" are not the item 1, and a number is no date."""
    body = {**body_of("RequestSubmission"), name: value}
    response = world.association.post(f"/v1/agencies/{world.filed()}/submission-requests", body)
    assert response.status_code == 422, response.text
    assert response.json()["errors"][0]["pointer"] == f"/{name}"


def test_pointers_go_into_nested_fields_and_nothing_is_repeated(world: World) -> None:
    """RFC 6901 pointers through lists and unions; what was sent appears nowhere in the answer."""
    body = {
        **body_of("FileAgency"),
        "uscc": new_uscc(),
        "personnel": [{"name": "王小明"}, {"name": 7, "certificate_no": "机密号码" * 100}],
        "qualifications": [{"name": "甲级", "scope": {"机密": 1}}],
        "category": "机密" * 200,
    }
    response = world.association.post("/v1/agencies", body)
    assert response.status_code == 422
    pointers = {one["pointer"] for one in response.json()["errors"]}
    assert pointers == {"/personnel/1/name", "/personnel/1/certificate_no", "/qualifications/0/scope", "/category"}
    assert "机密" not in response.text
    assert all(one["detail"] != one["detail_en"] for one in response.json()["errors"])


def test_a_rule_over_several_fields_names_the_one_to_mend(world: World) -> None:
    """A due date before its start, and a return without reasons."""
    uscc = world.submitted()
    body = {**body_of("RequestSubmission"), "due_on": "2024-06-30"}
    due = world.association.post(f"/v1/agencies/{uscc}/submission-requests", body).json()
    assert [one["pointer"] for one in due["errors"]] == ["/due_on"]
    decision = {"outcome": "returned", "decided_on": "2024-01-10"}
    returned = world.association.post(f"/v1/agencies/{uscc}/filing-decision", decision).json()
    assert returned["errors"] == [
        {"pointer": "/reasons", "detail": "退回备案须写明理由（R6）", "detail_en": "a return needs its reasons (R6)"}
    ]


def test_the_body_limit_is_counted_while_it_arrives(world: World) -> None:
    """At the limit a body is read; one byte more is 413, declared or not."""
    limit = world.service.settings.body_limit

    def padded(size: int) -> bytes:
        return b'{"a":"' + b"x" * (size - 8) + b'"}'

    assert len(padded(limit)) == limit
    assert raw(world, padded(limit)).status_code == 422
    assert raw(world, padded(limit + 1)).status_code == 413

    def pieces() -> Any:
        yield padded(limit)
        yield b" "

    undeclared = raw(world, pieces())
    assert undeclared.status_code == 413
    assert undeclared.json()["detail"] == f"请求体超过 {limit} 字节"


def test_the_body_limit_is_a_setting(database_url: str) -> None:
    """A smaller limit refuses what the default would take."""
    settings = Settings(database_url=database_url, body_limit=2048)
    with TestClient(create_app(settings)) as client:
        assert raw(World(client), b'{"a":"' + b"x" * 2048 + b'"}').status_code == 413


@pytest.mark.parametrize("path", ["/v1", "/v1/agencies/", "/v2/agencies", "/v1/nothing", "/static-offline-docs/none"])
def test_an_unknown_path_is_a_404_problem(world: World, path: str) -> None:
    """Also with a slash too many: nothing is redirected."""
    response = world.association.get(path)
    assert response.status_code == 404
    assert response.json()["type"] == "/problems/not-found"


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "/v1/agencies", "GET, HEAD, POST"),
        ("GET", "/v1/agencies/x/lapses", "POST"),
        ("POST", "/v1/rulebooks", "GET, HEAD"),
        ("OPTIONS", "/healthz", "GET, HEAD"),
        ("PATCH", "/v1/survey-links/x", "GET, HEAD, POST"),
    ],
)
def test_a_method_that_is_not_offered_is_405(world: World, method: str, path: str, allowed: str) -> None:
    """`Allow` lists what all routes of the path offer together."""
    response = world.client.request(method, path)
    assert response.status_code == 405
    assert response.headers["allow"] == allowed
    assert response.json()["type"] == "/problems/method-not-allowed"


def test_head_answers_like_get_without_a_body(world: World) -> None:
    """RFC 9110, 9.3.2: the same status and headers."""
    response = world.client.head("/healthz")
    assert (response.status_code, response.content) == (200, b"")
    assert response.headers["etag"] == world.client.get("/healthz").headers["etag"]


def test_a_failure_of_ours_tells_nothing(
    database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """500 with a reference that stands in the log beside the cause; the cause is not in the answer."""
    with TestClient(create_app(Settings(database_url=database_url))) as client:
        world = World(client)

        def fails(*_: Any) -> None:
            raise ZeroDivisionError("/secret/path of the database")

        for way in ("api.http.fast_standing.standing_answer", "projections.rows.read.row_queries.RowQueries.standing"):
            monkeypatch.setattr(way, fails)  # whichever of the two ways answers: the quick one leaves what takes long
        response = world.association.get(f"/v1/agencies/{world.filed()}/standing")
    assert response.status_code == 500
    problem = response.json()
    assert problem["type"] == "/problems/internal"
    assert problem["reference"] == response.headers["x-request-id"]
    assert "secret" not in response.text
    assert "ZeroDivisionError" not in response.text
    printed = capsys.readouterr()
    assert problem["reference"] in printed.out + printed.err
    assert "ZeroDivisionError" in printed.out + printed.err


def test_the_log_keeps_no_tokens_bodies_or_queries(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """A request's line has the route, not the path; neither token nor name nor search words are in it."""
    world.association.get("/v1/agencies", q="张三丰")
    world.association.post("/v1/agencies", {**body_of("FileAgency"), "uscc": new_uscc(), "technical_lead": "李四光"})
    world.client.get("/v1/survey-links/the-secret-of-a-link")
    printed = "".join(capsys.readouterr())
    assert "/v1/survey-links/{secret}" in printed
    for private in ("张三丰", "李四光", "the-secret-of-a-link", str(world.association.token)):
        assert private not in printed


def test_every_answer_has_the_security_headers(world: World) -> None:
    """No sniffing, no framing, no referrer; on answers, problems and the documentation alike."""
    for path in ("/healthz", "/v1/agencies", "/docs", "/nothing"):
        headers = world.client.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["referrer-policy"] == "same-origin"
        assert "server" not in headers


def test_every_kind_of_problem_has_its_page(world: World) -> None:
    """What `type` names can be read without a token, in both languages; an unknown kind is 404."""
    for name, kind in PROBLEM_TYPES.items():
        page = world.stranger.get(f"/problems/{name}")
        assert page.status_code == 200
        assert page.json()["status"] == kind.status
        assert page.json()["description"] != page.json()["description_en"]
    assert world.stranger.get("/problems/none").status_code == 404


def test_every_refusal_is_a_kind_of_problem() -> None:
    """No class of refusal is without a kind; one that nobody has thought of stops the answer instead of guessing."""
    waiting = list(Refusal.__subclasses__())
    while waiting:
        kind = waiting.pop()
        assert problem_type_of(kind.__new__(kind)).status >= 400
        waiting += kind.__subclasses__()
    with pytest.raises(LookupError):
        problem_type_of(Refusal("", ""))
