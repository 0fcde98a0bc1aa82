"""How a page is made: language, words for dates, templates with everything escaped, headers."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import Response

from api.answers import ASK_AGAIN, PageBytes
from api.web.table import ASSETS, PAGES, POLICY, page_named

Language = Literal["zh", "en"]
COOKIE = "lang"
COOKIE_SECONDS = 365 * 24 * 3600
HTML = "text/html; charset=utf-8"
_HERE = Path(__file__).parent
_WEEKDAYS = ("一", "二", "三", "四", "五", "六", "日")

_templates = Environment(
    loader=FileSystemLoader(_HERE / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


@cache
def asset(name: str) -> tuple[bytes, str]:
    """A file of ours and the address under which it may be kept for ever. Raises: OSError for one that is not there."""
    content = (_HERE / "static" / name).read_bytes()
    return content, f"{ASSETS}{name}?v={hashlib.sha256(content).hexdigest()[:12]}"


def language_of(request: Request) -> Language:
    """`?lang=`, else the cookie, else Chinese. What is neither language counts as not said."""
    said = (request.query_params.get("lang"), request.cookies.get(COOKIE))
    return "en" if next((one for one in said if one in ("zh", "en")), "zh") == "en" else "zh"


def day_in_words(day: date, language: Language) -> str:
    """A date with its weekday: 2025年3月17日（星期一）, Monday 17 March 2025."""
    if language == "en":
        return f"{day:%A} {day.day} {day:%B} {day.year}"
    return f"{day.year}年{day.month}月{day.day}日（星期{_WEEKDAYS[day.weekday()]}）"


def page(request: Request, template: str, *, name: str, status: int = 200, **content: Any) -> Response:
    """The page of a name in the table; `content` is what its template shows beside the frame."""
    language = language_of(request)
    body = _templates.get_template(template).render(_frame(request, language), here=page_named(name), **content)
    headers = {"Content-Security-Policy": POLICY, "Cache-Control": ASK_AGAIN, "Vary": "Cookie"}
    response = PageBytes(body.encode(), headers, HTML).response(request) if status == 200 else None
    if response is None:
        response = Response(body.encode("utf-8"), status, {**headers, "Cache-Control": "no-store"}, HTML)
    if request.query_params.get("lang") == language:
        response.set_cookie(COOKIE, language, COOKIE_SECONDS, httponly=True, samesite="lax")
    return response


def _frame(request: Request, language: Language) -> dict[str, Any]:
    """What every page shows: navigation, the switch that keeps page and query, whether all of it is invented."""
    other: Language = "zh" if language == "en" else "en"

    def t(chinese: str, english: str) -> str:
        return english if language == "en" else chinese

    query = [(key, value) for key, value in request.query_params.multi_items() if key != "lang"]
    by_date: Callable[[date], str] = lambda day: day_in_words(day, language)  # noqa: E731
    return {
        "t": t,
        "words": by_date,
        "language": language,
        "html_lang": t("zh-CN", "en"),
        "other": other,
        "switch": f"{request.url.path}?{urlencode([*query, ('lang', other)])}",
        "navigation": [one for one in PAGES if one.in_navigation],
        "style": asset("portal.css")[1],
        "icon": asset("icon.svg")[1],
        "demonstration": request.app.state.demonstration,
    }
