"""How a page is made: language, words for dates, templates with everything escaped, headers."""

from __future__ import annotations

import gzip
import hashlib
import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from starlette.requests import Request
from starlette.responses import Response

from api.application.evidence.file_kinds import KINDS
from api.application.evidence.thumbnails import PICTURES
from api.application.privacy.authorisation import rights_of
from api.http.oidc import is_offered
from api.http.public_address import prefix_of, with_prefix
from api.http.responses import ASK_AGAIN, PageBytes
from api.web.frame import difference_words, field_names, rule_words
from api.web.frame.basis_picker import asked, keeping, local_of
from api.web.frame.glossary import terms
from api.web.frame.menu import menu_of
from api.web.frame.page_table import ASSETS, POLICY, page_named
from api.web.frame.visitors import Visitor
from domain.measures.text.official_text import cited_in_chinese
from domain.values import SHANGHAI, instant, moment, shanghai_date
from projections.compare.causes import by_cause
from projections.compare.field_words import service_said

Language = Literal["zh", "en"]
COOKIE = "lang"
COOKIE_SECONDS = 365 * 24 * 3600
HTML = "text/html; charset=utf-8"
_ROOMS = sorted(room for room in Path(__file__).parents[1].iterdir() if (room / "__init__.py").is_file())
"""The rooms of the pages. Each has its templates and styles beside its modules; a name stands in one of them only."""
_FILES = {file.name: file for room in _ROOMS for file in (room / "static").glob("*")}
OWN_FILES = frozenset(_FILES)
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", re.ASCII)
"""An instant within a text of the API: for people it is a clock in Beijing."""
_ID = re.compile(r" ?[（(][0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}[）)]", re.ASCII)
"""The id of an event in brackets, which says nothing to people: the event is linked to beside it."""
_WEEKDAYS = ("一", "二", "三", "四", "五", "六", "日")

_templates = Environment(
    loader=FileSystemLoader([room / "templates" for room in _ROOMS]),
    autoescape=True,
    undefined=StrictUndefined,
    auto_reload=False,  # what a running service shows does not change under it
    trim_blocks=True,
    lstrip_blocks=True,
)


def template_of(name: str) -> Template:
    """A template of the pages, for what is not sent as one page. Raises: TemplateNotFound."""
    return _templates.get_template(name)


@cache
def asset(name: str) -> tuple[bytes, str]:
    """A file of ours and the address under which it may be kept for ever. Raises: KeyError for any other."""
    content = _FILES[name].read_bytes()
    return content, f"{ASSETS}{name}?v={hashlib.sha256(content).hexdigest()[:12]}"


@cache
def packed(name: str) -> bytes:
    """A static file compressed: it holds nothing secret, unlike a page. Raises: KeyError for one that is not there."""
    return gzip.compress(asset(name)[0], mtime=0)


def language_of(request: Request) -> Language:
    """`?lang=`, else the cookie, else Chinese. What is neither language counts as not said."""
    said = (request.query_params.get("lang"), request.cookies.get(COOKIE))
    return "en" if next((one for one in said if one in ("zh", "en")), "zh") == "en" else "zh"


def day_in_words(day: date, language: Language) -> str:
    """A date with its weekday: 2025年3月17日（星期一）, Monday 17 March 2025."""
    if language == "en":
        return f"{day:%A} {day.day} {day:%B} {day.year}"
    return f"{day.year}年{day.month}月{day.day}日（星期{_WEEKDAYS[day.weekday()]}）"


def page(
    request: Request, template: str, *, name: str, status: int = 200, storable: bool = True, **content: Any
) -> Response:
    """The page of a name in the table; `content` is what its template shows beside the frame.

    Pages of somebody signed in, and those that are not `storable`, are kept by nobody; public ones are asked for
    again and compared.
    """
    language = language_of(request)
    body = template_of(template).render(frame(request, language), here=page_named(name), **content)
    content_ = with_prefix(prefix_of(request.app.state.service.settings.public_url), body.encode())
    headers = {"Content-Security-Policy": POLICY, "Cache-Control": ASK_AGAIN, "Vary": "Cookie"}
    public = storable and status == 200 and getattr(request.state, "visitor", None) is None and request.method == "GET"
    response = PageBytes(content_, headers, HTML).response(request) if public else None
    if response is None:
        response = Response(content_, status, {**headers, "Cache-Control": "no-store"}, HTML)
    if request.query_params.get("lang") == language:
        response.set_cookie(COOKIE, language, COOKIE_SECONDS, httponly=True, samesite="lax")
    return response


def frame(request: Request, language: Language) -> dict[str, object]:
    """What every page shows or can use: language, navigation, the visitor, the basis, helpers for links and dates."""
    other: Language = "zh" if language == "en" else "en"
    visitor: Visitor | None = getattr(request.state, "visitor", None)
    role, uscc = (None, None) if visitor is None else (visitor.role, visitor.account.uscc)

    def t(chinese: str, english: str) -> str:
        return english if language == "en" else chinese

    def named(table: dict[str, tuple[str, ...]], key: str | None) -> str:
        return "—" if key is None else t(*table[key][:2])

    def link(path: str, **query: Any) -> str:
        return keeping(request, path, **query)

    def may(method: str, path: str) -> bool:
        """Whether the visitor's role may use a route of the API, as `authorisation.py` writes it."""
        return role is not None and role in rights_of(method, path)

    explained: set[str] = set()

    def first_use(key: str) -> bool:
        """Whether this page has not explained the word yet; from now on it has."""
        new = key not in explained
        explained.add(key)
        return new

    query = [(key, value) for key, value in request.query_params.multi_items() if key != "lang"]
    by_date: Callable[[date | str], str] = lambda day: day if isinstance(day, str) else day_in_words(day, language)  # noqa: E731
    by_clock: Callable[[str | None], str] = lambda at: "—" if at is None else clock_in_words(at, language)  # noqa: E731
    return {
        "t": t,
        "words": by_date,
        "clock": by_clock,
        "local": local_of,
        "noted": lambda one: rule_words.note_said(t(_of(one, "note"), _of(one, "note_en")), language == "zh"),
        "rule_value": rule_words.value_said,
        "why": lambda one: t(one["why"], field_names.named_in_english(one["why_en"])),
        "readable": lambda text: _INSTANT.sub(lambda found: by_clock(found[0]), _ID.sub("", text)),
        "day": _day_or_month,
        "named": named,
        "names": field_names,
        "differences": difference_words,
        "by_cause": by_cause,
        "service_said": service_said,
        "link": link,
        "may": may,
        "cite": lambda references: t(cited_by_pages(references), references),
        "opens": lambda name: role is None or role in (page_named(name).roles or (role,)),
        "glossary": terms(),
        "first_use": first_use,
        "language": language,
        "html_lang": t("zh-CN", "en"),
        "other": other,
        "switch": f"{request.url.path}?{urlencode([*query, ('lang', other)])}",
        "address": request.url.path + (f"?{request.url.query}" if request.url.query else ""),
        "asked": asked(request),
        "today": today(),
        "visitor": visitor,
        "held": getattr(request.state, "held", None),
        "unread": getattr(request.state, "unread", 0),
        "navigation": menu_of(role, uscc, today().year, getattr(request.state, "waiting", None)),
        "on_board": role in (page_named("board").roles or ()),
        "asset": lambda name: asset(name)[1],
        "file_kind": lambda kind: KINDS[kind].name if kind in KINDS else (kind, kind),
        "pictures": PICTURES,
        "provider": is_offered(request.app.state.service.settings),
        "demonstration": request.app.state.demonstration,
        "association_shown": request.app.state.service.housekeeper.association,
    }


def _of(one: Any, name: str) -> str:
    """A member of an answer, which is a struct here and plain data there."""
    return str(one[name] if isinstance(one, dict) else getattr(one, name))


def cited_by_pages(references: str) -> str:
    """References ("art.17(3), annex1") as a Chinese page cites them. Raises: ValueError for another text."""
    return "、".join(map(cited_in_chinese, references.split(", ")))


def today() -> date:
    """Today in Shanghai."""
    return shanghai_date(instant(datetime.now(UTC)))


def _day_or_month(text: str | date) -> date | str:
    """A day; a month stays a text: of survey forms the rated agency is told no more (R39)."""
    if isinstance(text, date):
        return text
    return text if len(text) == len("2024-06") else date.fromisoformat(text)


def clock_in_words(at: str, language: Language) -> str:
    """An instant by the clock in Beijing, to the second: 2025年3月17日 14:05:09, 17 March 2025 14:05:09."""
    there = moment(at).astimezone(SHANGHAI)
    if language == "en":
        return f"{there.day} {there:%B %Y %H:%M:%S}"
    return f"{there.year}年{there.month}月{there.day}日 {there:%H:%M:%S}"
