"""No page shows a word of the interface: every page of the table, for each role that may open it, and for strangers."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx2
import pytest

from api.application.commands import COMMANDS
from api.web.district.worklist_pages import KINDS
from api.web.forms.form_fields import form_name
from api.web.frame.page_table import PAGES, PageEntry
from domain.values import Role
from tests.browser.district import YEAR, District
from tests.browser.words import words_of_the_interface
from tests.http.desk import PASSWORD

WHOLE = (
    "/register",
    "/blacklist",
    "/results/{year}",
    "/agencies",
    "/rankings/{year}",
    "/matters",
    "/todo/{list}",
    "/years/{year}",
    "/agencies/{uscc}/trail",
    "/admin/accounts",
    "/admin/tokens",
    "/consultations",
    "/access-changes",
)
"""Lists that print whole."""


def addresses(district: District, page: PageEntry, role: Role | None) -> Iterator[str]:
    """The addresses of a page; none where the district has nothing to show: a secret link, an act of somebody's own."""
    given = {"year": YEAR, "uscc": district.agency, "event": district.event, "appeal": district.appeal}
    given |= {"impact": district.impact, "account": district.account}
    if set(re.findall(r"\{(\w+)\}", page.path)) - {*given, "command", "list"}:
        return
    commands = [form_name(row) for row in COMMANDS if role in row.roles and form_name(row)]
    for name in commands if "{command}" in page.path else KINDS if "{list}" in page.path else ("",):
        path = page.path.format(**given, command=name, list=name)
        yield path
        if page.path in WHOLE:
            yield f"{path}?print=all"


@pytest.mark.parametrize("role", [None, *Role])
def test_no_page_shows_a_word_of_the_interface(district: District, role: Role | None) -> None:
    """In Chinese; the public pages and those of the association in English too. What is not theirs is refused."""
    wrong, read = [], 0
    with httpx2.Client(base_url=district.address, follow_redirects=True, timeout=60, trust_env=False) as client:
        if role is not None:
            client.post("/sign-in", data={"login": district.logins[role], "password": PASSWORD})
        pages = [one for one in PAGES if role in (one.roles or (role,)) and (one.roles is not None or role is None)]
        for page in pages:
            for address in addresses(district, page, role):
                for language in ("zh", "en") if role in (None, Role.ASSOCIATION) else ("zh",):
                    answer = client.get(f"{address}{'&' if '?' in address else '?'}lang={language}")
                    read += answer.status_code == 200
                    wrong += [(one, address, language) for one in words_of_the_interface(answer.text)]
    assert not wrong, "\n".join(map(str, dict.fromkeys(wrong)))
    assert read > len(pages) / 2


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("<p>等级 by_decision</p>", ["by_decision"]),
        ("<p>结果 blacklisted</p>", ["blacklisted"]),
        ("<p>2025-03-17T02:05:09.000001Z</p>", ["2025-03-17T02:05:09.000001Z"]),
        ("<p>None 项，LapseRecorded</p>", ["None", "LapseRecorded"]),
        ('<input placeholder="filed"><td><bdi>unqualified</bdi></td>', ["unqualified", "filed"]),
        ("<p>2025年3月17日 <code>by_decision</code> <bdi>HSE services</bdi> <a lang='en'>English</a></p>", []),
    ],
)
def test_a_word_of_the_interface_is_seen(text: str, found: list[str]) -> None:
    """What the walk looks for in a Chinese page; codes, names and another language have elements of their own."""
    assert list(words_of_the_interface(f'<html lang="zh-CN"><body>{text}</body></html>')) == found
    assert list(words_of_the_interface('<html lang="en"><body><p>合格</p><p>合格的 name</p></body></html>')) == ["合格"]
