"""No paragraph of the Measures is forgotten: it has code with a test, or a stated reason for having none."""

from __future__ import annotations

import re

from api.application.privacy.authorisation import PERMISSIONS
from api.application.questions.service.law_map import NO_ROWS, PAGES, ROUTES, pages_for, routes_for, rows_for, shown_by
from api.web.frame import page_table
from domain.measures.text.implements import paragraphs_with_needless_reason
from domain.measures.text.paragraphs import READING_REFS, is_reference, paragraphs
from tests.traceability import DECIDED_IN, PAGE, TESTS, marked, page, uncoded, unshown, written_for_the_service

_LOG = ("log", "log/checkpoint", "log/consistency", "log/inclusion", "log/receipt", "agencies/{uscc}/head")
_ACCESS = ("accounts", "tokens", "consultations", "access-changes")
FOR_NO_PARAGRAPH = {
    *(f"GET /v1/{path}" for path in (*_LOG, *_ACCESS)),  # proof of the log; who may and who did
    *(f"POST /v1/{path}" for path in ("accounts", "accounts/{id}/password", "accounts/{id}/access")),
    *(f"POST /v1/{path}" for path in ("invitations", "invitations/batch", "accounts/{id}/invitation")),
    *(f"POST /v1/accounts/{{id}}/{path}" for path in ("second-factor", "subject")),
    *(f"POST /v1/{path}" for path in ("tokens", "tokens/{id}/revocation")),
    *(f"GET /v1/public/log/{path}" for path in ("checkpoint", "tile/{place:path}")),  # proof of the log
    *(f"GET /{path}" for path in ("healthz", "readyz", "metrics", "problems/{name}")),
    *(f"GET /v1/public/{path}.atom" for path in ("agencies", "blacklist", "results/{year}")),  # the lists once more
    *(f"GET /v1/agencies/{{uscc}}/{path}" for path in ("course", "stops", "certificate", "events/{id}")),  # any fact
    *(
        f"GET /v1/{path}"
        for path in ("agencies/{uscc}/subjects", "assessments/{year}/events", "matters", "matters/counts", "worklists")
    ),
    *(f"POST /v1/{path}" for path in ("agencies/{uscc}/annulments", "agencies/{uscc}/corrections")),  # any fact
    *("POST /v1/batches", "POST /v1/batches/preview", "GET /v1/batches/{batch}"),  # any facts, many at once
    *("POST /v1/evidence", "GET /v1/evidence/{sha256}", "GET /v1/evidence/{sha256}/thumbnail"),  # any fact
    *("GET /v1/workbook-runs", "GET /v1/workbook-runs/{run}/marked", "POST /v1/workbook-runs/{run}/recording"),  # any
    "POST /v1/subjects/{id}/erasure",  # another law's (personal information)
}
PAGES_FOR_NO_PARAGRAPH = {
    *("/", "/help", "/setup", "/sign-in", "/account", "/admin", "/admin/accounts", "/admin/tokens"),
    *("/account/second-factor", "/admin/accounts/{account}", "/invitation/{secret}", "/invitations"),
    *("/consultations", "/access-changes", "/agencies/{uscc}/subjects"),
    *("/record", "/record/{command}"),  # the forms are found by their commands
    "/agencies/{uscc}/replay",
    "/batches/{batch}",  # any facts
    "/verify",  # any paper
}


def test_every_paragraph_and_reading_has_code_or_a_reason_for_having_none() -> None:
    """Nothing of the Measures and of R1-R38 is left without code unless it is said why."""
    assert uncoded() == []
    assert paragraphs_with_needless_reason() == []


def test_every_coded_paragraph_and_reading_is_shown_by_a_case_or_a_test() -> None:
    """Code for a paragraph that nothing shows is not done."""
    assert unshown() == []


def test_cases_and_tests_cite_what_exists() -> None:
    """A misspelt reference in a case or a mark would be a proof of nothing."""
    assert [one for one in marked() if not is_reference(one)] == []


def test_the_page_is_up_to_date() -> None:
    """The page and what the service answers from say what the code says: `python -m tests.traceability`."""
    assert TESTS.read_text(encoding="utf-8") == written_for_the_service()
    assert PAGE.read_text(encoding="utf-8") == page()


def test_every_coded_paragraph_has_rows_a_route_and_a_page() -> None:
    """Who has the paragraph finds where it is kept, asked for and shown; what has no rows says why."""
    coded = [one.ref for one in paragraphs() if not one.no_code]
    assert {ref for ref in coded if not rows_for(ref)} == set(NO_ROWS)
    assert [ref for ref in coded if not routes_for(ref)] == []
    assert [ref for ref in coded if not pages_for(ref)] == []


def test_the_map_names_routes_pages_and_paragraphs_that_exist() -> None:
    """A route or page that is renamed is renamed in the map."""
    assert set(ROUTES) - {f"{method} {path}" for method, path in PERMISSIONS} == set()
    assert set(PAGES) - {one.path for one in page_table.PAGES} == set()
    assert {ref for refs in (*ROUTES.values(), *PAGES.values()) for ref in refs if not is_reference(ref)} == set()


def test_who_looks_a_paragraph_up_meets_its_rule_first() -> None:
    """The chapter of the Measures stands before the command, both before other rooms, and what only follows apart."""
    seen = 0
    for section in page().split("\n### ")[1:]:
        told = re.search(r"^- rule: (.*)$", section, re.MULTILINE)
        sources = re.findall(r"\[((?:domain|projections|api)/[\w/.]+)\]", told[1] if told else "")
        decided = [source for source in sources if source.startswith("domain/")]
        assert decided in ([], sources), section.partition("\n")[0]
        rooms = [next(n for n, room in enumerate(DECIDED_IN) if source.startswith(room)) for source in decided]
        assert rooms == sorted(rooms), section.partition("\n")[0]
        seen += bool(decided)
    assert seen > 100


def test_every_route_and_page_serves_a_paragraph_or_says_what_else() -> None:
    """A new route or page is brought into the map, or it is one of those that no paragraph asks for."""
    refs = [*(one.ref for one in paragraphs()), *READING_REFS]
    served = {route for ref in refs for route in routes_for(ref)}
    assert {f"{method} {path}" for method, path in PERMISSIONS} - served == FOR_NO_PARAGRAPH
    assert {one.path for one in page_table.PAGES} - set(PAGES) == PAGES_FOR_NO_PARAGRAPH


def test_an_appeal_is_found_from_its_article() -> None:
    """Art.20 names the tests that file, admit, decide and withdraw appeals, and where that is posted."""
    names = " ".join(shown_by("art.20"))
    for file in ("test_decisions_of_appeals", "test_week_of_appeal", "test_contested_routes", "test_dossier"):
        assert f"tests/http/{file}.py" in names
    assert "POST /v1/appeals/{id}/decision" in routes_for("art.20")
    assert "/appeals/{appeal}" in pages_for("art.20")
