"""Pages ask and record by the functions that routes call: nothing in the process speaks HTTP to itself."""

from __future__ import annotations

import ast
import inspect
from pathlib import Path
from typing import Any

import pytest
from fastapi.routing import APIRoute

from api.application.questions.inquiry import named_questions
from api.http.documentation.examples import CLIENT_USCC
from api.http.guard import QUERY_PARAMETERS
from domain.values import Role
from tests.http.desk import Desk, fields_of
from tests.http.world import World

WEB = Path(__file__).resolve().parents[2] / "api" / "web"
CLIENTS = ("httpx", "requests", "urllib3", "http.client", "urllib.request", "starlette.testclient")
"""What a page could speak HTTP with."""
SCOPE_KEYS = frozenset({"raw_path", "query_string", "http_version"})
"""Who writes these down makes a request of its own for the application."""


def speaks_http(tree: ast.AST) -> set[str]:
    """The clients that a module imports, and the parts of an ASGI request that it makes."""
    found: set[str] = set()
    for node in ast.walk(tree):
        names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        names += [one.name for one in node.names] if isinstance(node, ast.Import) else []
        found |= {name for name in names if name.startswith((*CLIENTS, "api.routes"))}
        if isinstance(node, ast.Dict):
            found |= {str(key.value) for key in node.keys if isinstance(key, ast.Constant)} & SCOPE_KEYS
    return found


def test_no_page_speaks_http_to_the_service_it_is_part_of() -> None:
    """No module of the pages imports a client or a route, or makes a request for the application's router."""
    spoken = {path.name: found for path in WEB.rglob("*.py") if (found := speaks_http(ast.parse(path.read_text())))}
    assert not spoken
    assert speaks_http(ast.parse('import httpx\nscope = {"raw_path": b"/"}')) == {"httpx", "raw_path"}


@pytest.fixture
def routed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The paths of all routes that are gone through, also from inside."""
    gone: list[str] = []
    handle = APIRoute.handle

    async def noted(self: APIRoute, *given: Any) -> None:
        if self.path != "/account":  # where `Desk` reads its form's field
            gone.append(self.path)
        await handle(self, *given)

    monkeypatch.setattr(APIRoute, "handle", noted)
    return gone


def test_a_sheet_a_board_and_an_overview_go_through_no_other_route(world: World, routed: list[str]) -> None:
    """Whatever a page shows, the request for it is the only one."""
    uscc, desk = world.assessed(), Desk(world, Role.ASSOCIATION)
    for path in (f"/agencies/{uscc}/sheets/2024", "/board", f"/agencies/{uscc}", "/todo/hints", "/rankings/2024"):
        routed.clear()
        assert desk.get(path).status_code == 200
        assert len(routed) == 1, routed


def test_a_preview_and_its_recording_go_through_no_other_route(world: World, routed: list[str]) -> None:
    """A form is previewed and recorded in the visitor's name, and the access log and rights are as at the route."""
    uscc, desk = world.assessed(), Desk(world, Role.ASSOCIATION)
    given = {"agency": uscc, "/item": "1", "/occurred_on": "2024-06-03"}
    routed.clear()
    preview = desk.send("/record/record-lapse", {**given, "do": "preview"})
    assert preview.status_code == 200
    assert routed == ["/record/{command}"]
    routed.clear()
    done = desk.send("/record/record-lapse", {**fields_of(preview.text), "do": "record"})
    assert done.status_code == 303
    assert routed == ["/record/{command}"]
    routed.clear()
    desk.shown_at(done.headers["location"])
    assert routed == ["/agencies/{uscc}/events/{event}/receipt"]
    assert world.association.get(f"/v1/agencies/{uscc}/events?type=LapseRecorded").json()["count"] == 1


def test_a_page_reads_the_parameters_of_a_question_as_its_route_does() -> None:
    """Each question takes what its route takes, by the same names, and has a row in the table of rights."""
    asked = named_questions()
    assert len(asked) > 30
    for question, name in asked.items():
        assert name.rights is not None
        taken = set(inspect.signature(question).parameters)
        assert {field.name for field in QUERY_PARAMETERS[name]} <= taken, question


@pytest.mark.parametrize("path", ["/agencies/{uscc}", "/agencies/{uscc}/sheets/2024", "/agencies/{uscc}/trail"])
def test_an_agency_is_refused_another_agencys_page_as_by_the_api(world: World, path: str) -> None:
    """404 with the same words, so that a page does not tell who exists either; and the API's reading is the page's."""
    other, own = world.assessed(), world.assessed()
    desk = Desk(world, Role.AGENCY, own)
    page = desk.get(path.format(uscc=other))
    assert page.status_code == 404
    nobody = desk.get(path.format(uscc=CLIENT_USCC))
    assert nobody.status_code == 404


def test_a_wrong_basis_is_refused_by_name_on_a_page(world: World) -> None:
    """What the address says is read as strictly as by the API, and the field is named."""
    uscc, desk = world.assessed(), Desk(world, Role.REGULATOR)
    page = desk.get(f"/agencies/{uscc}", as_of="2024-02-30")
    assert page.status_code == 422
    assert "2024-02-30" in page.text
    assert world.regulator.get(f"/v1/agencies/{uscc}/standing?as_of=2024-02-30").status_code == 422
