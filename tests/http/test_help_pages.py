"""The words that pages explain: every key that a template uses is explained, with sources that exist; the help page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from starlette.requests import Request

from api.web.frame import render
from api.web.frame.glossary import groups, terms
from domain.measures.text.paragraphs import READING_REFS, paragraphs
from tests.http.test_pages import shown
from tests.http.world import World

WEB = Path(render.__file__).parents[1]


def test_every_word_that_a_template_explains_is_in_the_glossary() -> None:
    """`ui.term("key", …)` names a term; each term's sources are paragraphs or readings that exist."""
    used = {
        key
        for file in WEB.glob("*/templates/*.html")
        for key in re.findall(r"""ui\.term\(\s*["'](\w+)["']""", file.read_text(encoding="utf-8"))
    }
    assert used <= set(terms())
    known = {*READING_REFS, *(one.ref for one in paragraphs())}
    for one in terms().values():
        cited = {ref for ref in one.cites if not any(whole.startswith(f"{ref}(") for whole in known)}
        assert cited <= known, one.key
        assert all((one.zh, one.en, one.text, one.text_en)), one.key


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_help_page_explains_every_term(world: World, language: str) -> None:
    """Each stands under its key, so that pages can lead to it, in the language of the page."""
    text = shown(world, "/help", lang=language)
    for group in groups():
        for one in group.terms:
            assert f'<div id="{one.key}"><dt>{one.en if language == "en" else one.zh}<' in text
    assert len(re.findall(r' id="', text)) == len(set(re.findall(r' id="([^"]+)"', text)))


def test_a_word_is_explained_once_on_a_page(world: World) -> None:
    """The first use opens its explanation, without script; later ones are plain words, so no id stands twice."""
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/",
        "query_string": b"",
        "headers": [],
        "app": world.client.app,
        "server": ("testserver", 80),
        "scheme": "http",
    }
    text = render._templates.from_string(
        '{% import "parts.html" as ui with context %}{{ ui.term("tier", "一") }} {{ ui.term("tier", "<二>") }}'
    ).render(render.frame(Request(scope), "zh"))
    assert text.count('id="term-tier"') == text.count('popovertarget="term-tier"') == 1
    assert text.endswith("&lt;二&gt;")
    assert terms()["tier"].text in text
