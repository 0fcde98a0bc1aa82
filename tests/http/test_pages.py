"""The public portal on both databases: every page in both languages, escaping, headers, errors, pages of lists."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from starlette.testclient import TestClient

from api.app import create_app
from api.settings import Settings
from api.web.frame.page_guard import PageRoute
from api.web.frame.page_table import ASSETS, PAGES, POLICY, PUBLIC_PAGES, is_page
from api.web.portal import portal_pages
from domain.measures.text.official_text import official_text
from domain.measures.text.paragraphs import READING_REFS, paragraphs
from tests.http.dated import DatedWorld
from tests.http.test_public_feeds import demonstration
from tests.http.world import APPEALED, World, body_of, new_uscc

HOSTILE = "<script>alert(1)</script>\u202eevil\u2066 🦺&\"'" + "长" * 240
EACH = pytest.mark.parametrize("path", [page.path for page in PUBLIC_PAGES])


OWN_SCRIPT = re.compile(r'<script type="module" src="/assets/[a-z-]+\.js\?v=[0-9a-f]{12}"></script>')
"""The only script that a page may have."""
PUBLIC_FORMS = {"/sign-in", "/verify", "/survey/{secret}", "/acknowledge/{secret}", "/invitation/{secret}"}


def concrete(path: str, world: World) -> str:
    """A page's path with something to show."""
    if path == "/acknowledge/{secret}":
        uscc = world.filed()
        return str(world.done("GiveNoticeLink", uscc, world.warned(uscc))["page"])
    if "{secret}" in path:
        return str(world.done("InviteSurvey", world.filed())["page"])
    if "{uscc}" in path:
        return path.replace("{uscc}", world.filed())
    return path.replace("{year}", str(APPEALED))


def shown(world: World, path: str, **query: str) -> str:
    """The page as a stranger without cookies gets it."""
    world.client.cookies.clear()
    response = world.stranger.get(path, **query)
    assert response.status_code == 200, response.text
    world.client.cookies.clear()
    return str(response.text)


NO_PAGES = {f"{ASSETS}{{name}}", "/sign-out", "/basis", "/association/logo", "/setup/{secret}"}
NO_PAGES |= {"/sign-in/oidc", "/sign-in/oidc/back", "/sign-in/oidc/leaving"}
NO_PAGES |= {"/evidence", "/evidence/{sha256}", "/evidence/{sha256}/thumbnail"}
"""Files, forms, and the page of the one-time set-up link."""


def test_every_page_route_is_in_the_table_and_none_in_the_openapi_document(world: World) -> None:
    """The table of pages and the page routes name the same paths, beside our own files; the API document has none."""
    app = create_app(Settings(database_url="sqlite:///unused.db"))
    routes = {one.path for one in app.routes if isinstance(one, PageRoute)}
    assert routes == {page.path for page in PAGES} | NO_PAGES
    public = {page.path for page in PUBLIC_PAGES} - PUBLIC_FORMS
    assert all(one.methods == {"GET"} for one in app.routes if isinstance(one, PageRoute) and one.path in public)
    assert not routes & set(world.client.get("/openapi.json").json()["paths"])


@EACH
@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_page_is_whole_in_each_language(world: World, path: str, language: str) -> None:
    """No token; the language declared; one heading, main and title; strict headers; no script; under 100 kB."""
    world.appealable()
    world.client.cookies.clear()
    response = world.stranger.get(concrete(path, world), lang=language)
    world.client.cookies.clear()
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert response.headers["content-security-policy"] == POLICY
    text = response.text
    assert f'<html lang="{"zh-CN" if language == "zh" else "en"}">' in text
    for once in ("<h1>", "<main", "<title>", 'class="skip"', 'nav class="main"'):
        assert text.count(once) == 1, once
    assert not re.search(r"<script|<style|\sstyle=|\son[a-z]+=|https?://", OWN_SCRIPT.sub("", text))
    assert len(response.content) + len(world.stranger.get("/assets/portal.css").content) < 100_000


def test_the_switch_keeps_the_page_and_its_query_and_is_remembered(world: World) -> None:
    """`?lang=en` leads to the same question in the other language; the cookie holds until the switch is used again."""
    text = shown(world, "/register", q="安 恒")
    assert 'href="/register?q=%E5%AE%89+%E6%81%92&amp;lang=en"' in text
    world.stranger.get("/", lang="en")
    assert '<html lang="en">' in world.stranger.get("/rules").text
    assert '<html lang="en">' in world.stranger.get("/rules", lang="xx").text
    world.stranger.get("/", lang="zh")
    assert '<html lang="zh-CN">' in world.stranger.get("/rules").text


def test_names_are_escaped_and_isolated(world: World) -> None:
    """A name with a script, quotes and emoji shows as it is written, without its direction marks; it can be found."""
    uscc = new_uscc()
    body = {**body_of("FileAgency"), "uscc": uscc, "name": HOSTILE, "category": "<b>类</b>"}
    world.must(world.association.post("/v1/agencies", body))
    world.done("DecideFiling", uscc)
    text = shown(world, "/register", q=uscc)
    assert "<script" not in text
    assert "<bdi>&lt;script&gt;alert(1)&lt;/script&gt;evil 🦺" in text
    assert "<option>&lt;b&gt;类&lt;/b&gt;</option>" in text
    text = shown(world, "/register", q='"><script>')
    assert 'value="&#34;&gt;&lt;script&gt;"' in text


def test_a_form_sent_empty_asks_for_everything_and_a_misspelt_filter_is_refused(world: World) -> None:
    """`?q=&category=` is the whole list; `?categroy=` and text too long are 422, as a page in both languages."""
    world.filed()
    assert "<tbody" in shown(world, "/register", q="", category="")
    for query in ({"categroy": "x"}, {"q": "长" * 301}, {"cursor": "broken"}):
        response = world.stranger.get("/register", **query)
        assert response.status_code == 422
        assert response.headers["content-type"].startswith("text/html")
        assert '<p lang="zh-CN">' in response.text
        assert '<p lang="en">' in response.text


@pytest.mark.parametrize(
    "path", ["/results/1999", "/results/2033", "/results/2024/x", "/rules/nothing", "/register/x/"]
)
def test_what_is_not_there_is_a_page_in_both_languages(world: World, path: str) -> None:
    """404 below a page's path is HTML with the strict headers; elsewhere it stays a problem document."""
    response = world.stranger.get(path)
    assert response.status_code == 404
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert response.headers["content-security-policy"] == POLICY
    assert response.headers["cache-control"] == "no-store"
    assert '<p lang="en">' in response.text
    assert world.stranger.get("/v1/nothing").headers["content-type"] == "application/problem+json"


def test_pages_are_only_read(world: World) -> None:
    """POST is 405 with what is allowed; HEAD answers without a body."""
    response = world.client.post("/register")
    assert (response.status_code, response.headers["allow"]) == (405, "GET, HEAD")
    assert "text/html" in response.headers["content-type"]
    assert world.client.head("/rules").text == ""


def test_a_failure_of_ours_is_a_page_with_a_reference(own_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """500 under a page's path: HTML, a number to name, nothing of the cause."""

    def broken(*_: Any) -> None:
        raise RuntimeError("secret cause")

    monkeypatch.setattr(portal_pages, "worked_example", broken)
    response = own_world.stranger.get("/rules/scores")
    assert response.status_code == 500
    assert response.headers["content-type"].startswith("text/html")
    assert "secret cause" not in response.text
    assert response.headers["x-request-id"] in response.text


@pytest.mark.shows("art.9")
def test_the_register_goes_on_to_the_next_page(own_world: World) -> None:
    """With one agency more than a page holds, the pager leads to it and back, keeping the filter."""
    codes = {own_world.filed() for _ in range(portal_pages.ROWS + 1)}
    first = shown(own_world, "/register", q="惠州")
    (following,) = re.findall(r'rel="next" href="([^"]+)"', first)
    second = own_world.client.get(following.replace("&amp;", "&")).text
    pages = [set(re.findall(r'class="code">(\w+)<', text)) for text in (first, second)]
    assert [len(one) for one in pages] == [portal_pages.ROWS, 1]
    assert pages[0] | pages[1] == codes
    assert 'rel="next"' not in second
    assert 'href="/register?q=%E6%83%A0%E5%B7%9E"' in second


@pytest.mark.shows("art.17(3)")
def test_the_blacklist_page_names_the_term(world: World) -> None:
    """Three counted complaints today: on the page with its first and last day; the tier is written, not only shown."""
    uscc = world.filed()
    assert uscc not in shown(world, "/blacklist")
    day = world.client.get("/v1/public/blacklist").json()["as_of"]
    world.upheld(uscc, *[day] * 3)
    text = shown(world, "/blacklist", lang="en")
    assert uscc in text
    assert "blacklisted</span>" in text
    assert f'class="date" data-label="Since">{day}' in text


@pytest.mark.shows("art.19", "art.20", "R3")
def test_a_published_year_shows_rank_grade_total_and_deadline(dated_world: DatedWorld) -> None:
    """Published on Monday 2025-03-10: listed with total, and appeals until Monday the 17th, said in words."""
    uscc = dated_world.assessed()
    assert "还没有公布过考评结果" in shown(dated_world, "/results")
    dated_world.publish()
    assert "2025年3月17日（星期一） 24:00 届满" in shown(dated_world, "/results")
    text = shown(dated_world, "/results/2024", lang="en")
    row = dated_world.client.get("/v1/public/results/2024").json()["items"][0]
    assert uscc in text
    assert f">{row['total']}<" in text
    assert "Monday 17 March 2025" in text
    assert "/v1/public/results/2024.atom" in text


@pytest.mark.shows("art.28")
def test_the_rules_show_every_reading_and_that_none_is_confirmed(world: World) -> None:
    """Each marked as not yet confirmed, with every value of the rulebook and every known defect."""
    text = shown(world, "/rules", lang="en")
    assert re.findall(r'<li id="(R\w+)">', text) == list(READING_REFS)
    assert text.count('<span aria-hidden="true">○</span> not yet confirmed') == len(READING_REFS)
    book = world.association.get("/v1/rulebooks/dayawan-2021").json()
    assert all(f"<code>{row['name']}</code>" in text for row in book["values"])
    assert text.count("<li>", text.index('id="defects"')) == len(book["defects"])


@pytest.mark.shows("art.28")
def test_the_text_of_the_measures_stands_beside_our_words(world: World) -> None:
    """Every paragraph, letter for letter, with what our words leave out: of whom art.13 asks."""
    text = shown(world, "/rules/text", lang="zh")
    assert re.findall(r'<li id="((?:art|annex)[^"]+)">', text) == [one.ref for one in paragraphs()]
    assert all(official_text(one.ref).split("\n")[0] in unescape(text) for one in paragraphs())
    assert "全部或部分服务对象" in text
    assert '<a href="/rules#R22">R22</a>' in text


def test_the_worked_example_is_computed(world: World) -> None:
    """The parts on the page are what the scoring code gives for the history: 10-1-2, (91+78)/2/2, (95+88)/2/2.5, +3."""
    text = shown(world, "/rules/scores", lang="en")
    for figure in ("7.00", "42.25", "36.60", "3.00", "88.85"):
        assert f'class="number">{figure}<' in text, figure


@pytest.mark.shows("R2")
def test_the_appeal_page_moves_a_deadline_over_a_holiday(world: World) -> None:
    """A week that ends in the National Day holiday of 2024 ends on 8 October, by the calendar that was adopted."""
    text = shown(world, "/appeal", lang="en")
    assert "Friday 4 October 2024" in text
    assert "Tuesday 8 October 2024" in text


def test_a_demonstration_says_so_on_every_page(database_url: str) -> None:
    """On each page and on an error page, in words, in both languages."""
    demonstration(database_url).engine.dispose()  # no year is published: one of the pages is an error page
    with TestClient(create_app(Settings(database_url=database_url))) as client:
        for path in [page.path.replace("{year}", "2024") for page in PUBLIC_PAGES]:
            assert "演示数据" in client.get(path, params={"lang": "zh"}).text
            assert "Demonstration data" in client.get(path, params={"lang": "en"}).text


def test_which_paths_are_pages() -> None:
    """The home page by itself, and everything below the first part of a page's path; nothing of the API."""
    assert all(map(is_page, ["/", "/results/2024/x", "/register", "/rules"]))
    assert not any(map(is_page, ["//", "/v1/public/agencies", "/registers", "/docs", "/healthz"]))


def test_our_own_files_are_kept_for_ever_and_others_are_not_there(world: World) -> None:
    """The page names the style sheet by its content; nothing else of the folder can be fetched."""
    (address,) = re.findall(r'rel="stylesheet" href="([^"]+)"', shown(world, "/"))
    response = world.client.get(address)
    assert response.headers["content-type"] == "text/css; charset=utf-8"
    assert "immutable" in response.headers["cache-control"]
    assert world.client.get("/assets/..%2Frender.py").status_code == 404
    assert world.client.get("/assets/__init__.py").status_code == 404
