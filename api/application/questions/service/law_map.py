"""From a paragraph of the Measures to where it is met: its rows, the routes of the API, the pages.

A command's route follows from the paragraphs that its class cites (`@implements`); what is asked by GET and what is
shown on a page is declared here, once. A part (`art.17(2)`) has what is declared for it and for its article; a reading
without any has those of the paragraphs that rest on it. A test fails where a paragraph has none and no reason is said.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import domain.measures.text
from api.application.commands import ACTS, COMMANDS, WritingRoute
from domain.measures.text.implements import Implementation, code_for
from domain.measures.text.paragraphs import paragraphs

_SCORE = ("art.20", "art.21", "art.22", "art.23", "art.24", "art.25", *(f"annex1.item{item}" for item in range(1, 13)))
_SHEET = ("art.12", "art.16(8)", *_SCORE, "annex1.note2", "annex1.note3", "annex1.note4")

_WORKBOOKS = ("art.8", "art.12", "art.15", "art.17", "art.22", "art.23", "art.24", "art.25", "annex1.item4")

_FIRM = ("art.9", "art.11", "art.17(3)", "art.19", "art.25", "art.27", "R31", "R42", "R44")

ROUTES: dict[str, tuple[str, ...]] = {
    "GET /v1/agencies": ("art.2", "art.8", "art.19"),
    "GET /v1/bad-records/{year}": ("art.16", "R12", "R13"),
    "GET /v1/survey-summaries/{year}": ("art.13", "art.16(8)", "art.23", "annex2", "R22"),
    "GET /v1/standings": ("art.8", "art.16", "art.17", "art.18", "art.19", "art.25"),
    "GET /v1/agencies/{uscc}/standing": ("art.8", "art.11", "art.16", "art.17", "art.18", "art.19", "art.25"),
    "GET /v1/agencies/{uscc}/file": ("art.7", "art.8", "art.12", "art.15", "art.26", "R7", "R9", "R23"),
    "GET /v1/agencies/{uscc}/timeline": ("art.16", "art.17", "art.20"),
    "GET /v1/agencies/{uscc}/sheets/{year}": _SHEET,
    "GET /v1/agencies/{uscc}/sheets/{year}/pdf": _SHEET,
    "GET /v1/agencies/{uscc}/results/{year}": ("art.19", "art.20"),
    "GET /v1/agencies/{uscc}/comparison": ("art.20", "R5"),
    "POST /v1/agencies/{uscc}/what-if": ("art.20", "R5"),
    "GET /v1/agencies/{uscc}/events": ("art.8", "art.10", "art.12", "art.15", "art.16", "art.26", "annex3", "R38a"),
    "GET /v1/agencies/{uscc}/hints": ("art.7", "art.12", "art.15(1)", "art.16", "R37"),
    "GET /v1/hints": ("art.7", "art.12", "art.15(1)", "art.16", "R37"),
    "GET /v1/hints/groups": ("art.7", "art.12", "art.15(1)", "art.16", "R37"),
    "GET /v1/reports": ("art.16", "R11"),
    "GET /v1/objections": ("R38",),
    "GET /v1/notices": ("art.11", "art.16", "art.17(2)", "art.17(3)", "art.18", "art.19", "R18"),
    "GET /v1/submissions": ("art.21", "art.26", "annex1.item1", "annex1.item3", "annex1.item6", "annex1.item7", "R8"),
    "GET /v1/search": ("art.8", "art.13", "R7"),
    "GET /v1/messages": ("art.17", "art.20", "R41"),
    "POST /v1/messages/read": ("R41",),
    "GET /v1/mail-settings": ("R41",),
    "POST /v1/mail-settings/address": ("R41",),
    "POST /v1/mail-settings/verification": ("R41",),
    "POST /v1/mail-settings/preferences": ("R41",),
    "GET /v1/deliveries": ("R41",),
    "POST /v1/deliveries/state": ("R41",),
    "GET /v1/delivery-targets": ("R41",),
    "POST /v1/delivery-targets": ("R41",),
    "POST /v1/delivery-targets/{id}/state": ("R41",),
    "GET /v1/people": ("art.7", "art.16(9)", "R37", "R39"),
    "GET /v1/rankings/{year}": ("art.19", "R30"),
    "GET /v1/assessments": ("art.19", "art.20"),
    "GET /v1/assessments/{year}": ("art.16(8)", "art.19", "art.20"),
    "GET /v1/appeals": ("art.20",),
    "GET /v1/appeals/{id}": ("art.20",),
    "GET /v1/appeals/{id}/dossier": ("art.20",),
    "POST /v1/appeals/{id}/what-if": ("art.20",),
    "GET /v1/appeals/{appeal}/explanation": ("art.20",),
    "GET /v1/appeals/{appeal}/decision-letter": ("art.20",),
    "GET /v1/agencies/{uscc}/notices/{notice}/letter": (
        *("art.11", "art.16", "art.17(2)", "art.17(3)", "art.18", "art.19", "R18"),
    ),
    "GET /v1/batches/{batch}/invitation-sheet": ("art.13", "art.23", "R22"),
    "GET /v1/assessments/{year}/results-paper": ("art.19", "art.20"),
    "GET /v1/assessments/{year}/sheets-paper": _SHEET,
    "GET /v1/impacts": ("art.20", "R36"),
    "GET /v1/impacts/{id}": ("art.20", "R36"),
    "GET /v1/public/agencies": ("art.9", "art.11"),
    "GET /v1/public/agencies/{uscc}": _FIRM,
    "GET /v1/public/search": ("art.9", "art.17(3)", "art.19"),
    "GET /v1/public/blacklist": ("art.17(3)",),
    "GET /v1/public/results/{year}": ("art.19", "art.20"),
    "GET /v1/survey-links/{secret}": ("art.13", "art.23", "annex2"),
    "POST /v1/survey-links/{secret}": ("art.13", "art.23", "annex2"),
    "GET /v1/notice-links/{secret}": ("art.17", "art.20", "R41"),
    "GET /v1/notice-links/{secret}/letter": ("art.17", "R18", "R39", "R41"),
    "POST /v1/notice-links/{secret}": ("art.17", "art.20", "R41"),
    "GET /v1/statistics": ("art.19",),
    "GET /v1/measures/{article:path}": ("art.28",),
    "GET /v1/readings": ("art.28",),
    "POST /v1/workbooks/{kind}": _WORKBOOKS,
    "GET /v1/workbooks/{kind}/template": _WORKBOOKS,
    "GET /v1/workbooks/{kind}/facts": _WORKBOOKS,
    "GET /v1/workbook-runs/{run}": (*_WORKBOOKS, "R46"),
    "GET /v1/rulebooks": ("art.28",),
    "GET /v1/rulebooks/{id}": ("art.28",),
}
"""Questions, and the survey form by its link, with the paragraphs that they answer."""
NO_ROWS = {
    "art.10": "an inspection stands on the trail and changes no score",
    "art.28": "a rulebook is adopted, and a reading confirmed, by an event of the ledger; rows are made under it",
    "annex3": "the text of the pledge; that it was signed is art.26",
}
"""Paragraphs of which no row tells anything, and why."""
PAGES: dict[str, tuple[str, ...]] = {
    "/firms/{uscc}": _FIRM,
    "/search": ("art.9", "art.17(3)", "art.19"),
    "/account/mail": ("R41",),
    "/admin/deliveries": ("R41",),
    "/admin/targets": ("R41",),
    "/messages": ("art.17", "art.20", "R41"),
    "/people": ("art.7", "art.16(9)", "R37", "R39"),
    "/register": ("art.2", "art.9", "art.11"),
    "/blacklist": ("art.17(3)",),
    "/results": ("art.19", "art.20"),
    "/results/{year}": ("art.19", "art.20", "art.25"),
    "/rules": ("art.28",),
    "/readings": ("art.28",),
    "/rules/text": ("art.28",),
    "/rules/scores": _SHEET,
    "/appeal": ("art.20",),
    "/survey/{secret}": ("art.13", "art.23", "annex2"),
    "/acknowledge/{secret}": ("art.17", "art.20", "R41"),
    "/agencies": ("art.2", "art.8"),
    "/agencies/{uscc}": ("art.8", "art.11", "art.16", "art.17", "art.18", "art.19", "art.25"),
    "/agencies/{uscc}/file": ("art.7", "art.8", "art.12", "art.15", "art.26", "R7", "R9", "R23"),
    "/agencies/{uscc}/sheets/{year}": _SHEET,
    "/agencies/{uscc}/trail": ("art.8", "art.10", "art.12", "art.15", "art.16", "art.26", "R38a"),
    "/rankings/{year}": ("art.19",),
    "/grid": ("art.10", "art.16", "art.17", "art.21", "art.22", "art.23", "art.26"),
    "/workbooks": _WORKBOOKS,
    "/workbooks/{job}": (*_WORKBOOKS, "R46"),
    "/matters": ("art.7", "art.9", "art.12", "art.15", "art.16", "art.17", "art.20", "art.21", "art.23", "R40"),
    "/todo/hints": ("art.7", "art.12", "art.15(1)", "art.16"),
    "/todo/{list}": ("art.7", "art.11", "art.15(1)", "art.16", "art.17", "art.18", "art.19", "art.20", "art.21"),
    "/appeals/{appeal}": ("art.20",),
    "/years/{year}": ("art.16(8)", "art.19", "art.20"),
    "/impacts/{impact}": ("art.20",),
    "/board": ("art.19",),
    "/agencies/{uscc}/events/{event}": ("art.10", "art.12", "art.16"),
    "/agencies/{uscc}/events/{event}/receipt": ("art.16", "art.17", "art.17(2)", "art.17(3)"),
    "/agencies/{uscc}/compare": ("art.20",),
    "/pledge": ("art.26", "annex3"),
    "/admin/calendar": ("R2",),
}
"""Pages by path, with the paragraphs that they show. The form of a command is found by the command."""


def rows_of(reference: str) -> list[Implementation]:
    """What writes and reads the rows of a paragraph or reading."""
    return [one for one in code_for(reference) if one.source.startswith("projections/rows/")]


@lru_cache(maxsize=256)
def rows_for(reference: str) -> tuple[Implementation, ...]:
    """The rows of a reference, else those of what it belongs to."""
    return tuple(rows_of(reference) or {row: None for wider in _wider(reference) for row in rows_of(wider)})


@lru_cache(maxsize=256)
def routes_for(reference: str) -> tuple[str, ...]:
    """The routes of a reference (`POST /v1/agencies/{uscc}/changes`), its own first, then those of its article."""
    return _with_wider(reference, _routes)


@lru_cache(maxsize=256)
def pages_for(reference: str) -> tuple[str, ...]:
    """The pages of a reference by path, its own first, then those of its article."""
    return _with_wider(reference, _pages)


@lru_cache(maxsize=256)
def shown_by(reference: str) -> tuple[str, ...]:
    """Every worked case and test of a reference, then those of the readings that a paragraph is read with."""
    readings = next((one.readings for one in paragraphs() if one.ref == reference), ())
    return tuple(dict.fromkeys(name for ref in (reference, *readings) for name in _shown_by().get(ref, ())))


@lru_cache(maxsize=1)
def _shown_by() -> dict[str, list[str]]:
    found: dict[str, list[str]] = tomllib.loads(_SHOWN_BY.read_text(encoding="utf-8"))
    return found


_SHOWN_BY = Path(domain.measures.text.__path__[0]) / "shown_by.toml"
"""Written by `python -m tests.traceability`."""


def _with_wider(reference: str, places: Callable[[str], tuple[str, ...]]) -> tuple[str, ...]:
    """A reading that has places of its own is met there; a part of an article is met where the article is, too."""
    own = places(reference)
    if own and reference.startswith("R"):
        return own
    return tuple(dict.fromkeys([*own, *(one for wider in _wider(reference) for one in places(wider))]))


def _wider(reference: str) -> list[str]:
    """`art.16` of `art.16(8)`, `R8` of `R8a`; of a reading the paragraphs that rest on it."""
    if reference.startswith("R"):
        plain = reference.rstrip("abcdefgh")
        resting = [one.ref for one in paragraphs() if reference in one.readings]
        return resting or ([] if plain == reference else [plain, *_wider(plain)])
    article = re.sub(r"\(.*\)", "", reference)
    return [] if article == reference else [article]


def _commands(reference: str) -> list[WritingRoute]:
    """The commands whose class cites the reference, in itself or in a method."""
    cited = {(one.module, one.qualname.partition(".")[0]) for one in code_for(reference)}
    return [row for row in (*COMMANDS, *ACTS) if (row.body.__module__, row.body.__name__) in cited]


def _routes(reference: str) -> tuple[str, ...]:
    asked = [route for route, references in ROUTES.items() if reference in references]
    return (*(f"POST {row.path}" for row in _commands(reference)), *asked)


def _pages(reference: str) -> tuple[str, ...]:
    shown = [path for path, references in PAGES.items() if reference in references]
    forms = [f"/record/{row.name.replace('_', '-')}" for row in _commands(reference) if row in COMMANDS]
    return (*forms, *shown)
