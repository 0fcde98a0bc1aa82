"""Follow every link that pages offer, as a browser without script would."""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Iterator
from html.parser import HTMLParser
from urllib.parse import parse_qsl, urljoin, urlsplit

import httpx2

PER_SHAPE = 2
"""Links that differ in ids, days and numbers only lead to the same page: so many of them are enough."""
_VARYING = re.compile(r"(?<=/)(?:[0-9a-f]{8}-[0-9a-f-]{27}|[0-9A-HJ-NPQRTUWXY]{18}|\d+)(?=/|$)")


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.ids: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.ids.update(filter(None, (given.get("id"), given.get("name") if tag == "a" else None)))
        if tag in ("a", "area", "link") and given.get("href"):
            self.found.append(str(given["href"]))
        if tag in ("img", "script") and given.get("src"):
            self.found.append(str(given["src"]))


def shape(address: str) -> str:
    """What kind of link it is: its path with ids left out, and the names in its query; of a switch to a language, its
    path and the language: what else it carries on is followed from the page that offers it."""
    parts = urlsplit(address)
    query = dict(parse_qsl(parts.query))
    names = f"lang={query['lang']}" if "lang" in query else ",".join(sorted(query))
    return f"{_VARYING.sub('*', parts.path)}?{names}"


def crawl(client: httpx2.Client, starts: list[str]) -> Iterator[tuple[str, str]]:
    """All that is wrong with the links offered from `starts` on: what is wrong, and the page that offers the link.

    A link is followed once, links of one shape `PER_SHAPE` times; links to other hosts are wrong.
    """
    seen: set[str] = set()
    shapes: Counter[str] = Counter()
    waiting = deque((one, "") for one in starts)
    while waiting:
        address, source = waiting.popleft()
        bare, _, fragment = address.partition("#")
        kind = shape(bare)
        if bare in seen or shapes[kind] >= PER_SHAPE:
            continue
        seen.add(bare)
        shapes[kind] += 1
        response = client.get(bare)
        if response.status_code >= 400:
            yield f"{response.status_code} {bare}", source
            continue
        if "text/html" not in response.headers.get("content-type", ""):
            continue
        page = _Links()
        page.feed(response.text)
        if fragment and fragment not in page.ids:
            yield f"no #{fragment} in {bare}", source
        here = str(response.url)
        for link in page.found:
            whole = urljoin(here, link)
            if link.startswith("#") and link[1:] and link[1:] not in page.ids:
                yield f"no {link} in this page", here
            elif urlsplit(whole).netloc != urlsplit(here).netloc:
                yield f"leads elsewhere: {whole}", here
            else:
                waiting.append((whole, here))
