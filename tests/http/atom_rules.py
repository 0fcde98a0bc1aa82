"""What RFC 4287 demands of a feed, checked on the parsed document."""

from __future__ import annotations

import re
import uuid
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element, fromstring

ATOM = "{http://www.w3.org/2005/Atom}"
_ONCE_IN_A_FEED = ("id", "title", "updated")
_ONCE_IN_AN_ENTRY = ("id", "title", "updated", "content")
_AT_MOST_ONCE = ("generator", "icon", "logo", "rights", "subtitle", "published", "source", "summary")
_DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
_KNOWN = frozenset({"id", "title", "updated", "author", "link", "entry", "category", "content", "name"})


def feed_in(document: bytes) -> Element:
    """The feed, found to be valid. Raises: ParseError for what is no XML, AssertionError for what is no feed."""
    assert document.startswith(b"<?xml version='1.0' encoding='utf-8'?>")
    feed = fromstring(document)  # noqa: S314  # our own document
    assert feed.tag == f"{ATOM}feed"
    assert all(one.tag.removeprefix(ATOM) in _KNOWN for one in feed.iter() if one is not feed)
    _once(feed, _ONCE_IN_A_FEED)  # 4.1.1
    (name,) = feed.findall(f"{ATOM}author/{ATOM}name")  # an author, as entries have none of their own
    assert name.text
    _check_links(feed)
    entries = feed.findall(f"{ATOM}entry")
    for entry in entries:
        _once(entry, _ONCE_IN_AN_ENTRY)  # 4.1.2
        for category in entry.findall(f"{ATOM}category"):
            assert category.get("term")  # 4.2.2.1
        for part in ("title", "content"):
            found = entry.find(f"{ATOM}{part}")
            assert found is not None
            assert found.get("type") == "text"  # 3.1.1.1: no child elements
            assert len(found) == 0
    ids = [text(one, "id") for one in (feed, *entries)]
    assert len(set(ids)) == len(ids)
    return feed


def _once(element: Element, names: tuple[str, ...]) -> None:
    for name in names:
        assert len(element.findall(f"{ATOM}{name}")) == 1, name
    for name in _AT_MOST_ONCE:
        assert len(element.findall(f"{ATOM}{name}")) <= 1, name
    assert text(element, "title").strip()
    assert _DATE.fullmatch(text(element, "updated"))  # 3.3: RFC 3339, T and Z in upper case
    id_ = text(element, "id")
    assert id_.startswith("urn:uuid:")  # 4.2.6: an absolute IRI
    assert uuid.UUID(id_.removeprefix("urn:uuid:")).urn == id_


def _check_links(feed: Element) -> None:
    """Absolute addresses (4.2.7.1), one that leads to the feed itself, no two of one relation and type (4.1.1)."""
    links = feed.findall(f"{ATOM}link")
    kinds = [(one.get("rel"), one.get("type")) for one in links]
    assert len(set(kinds)) == len(kinds)
    assert ("self", "application/atom+xml") in kinds
    for one in links:
        address = urlsplit(one.get("href") or "")
        assert address.scheme in ("http", "https")
        assert address.netloc


def link(feed: Element, relation: str) -> str:
    """The address of the feed's link of this relation."""
    (found,) = [one for one in feed.findall(f"{ATOM}link") if one.get("rel") == relation]
    return found.get("href") or ""


def text(element: Element, name: str) -> str:
    """What a child element says."""
    return element.findtext(f"{ATOM}{name}") or ""


def entries(feed: Element) -> list[Element]:
    """The entries in order."""
    return feed.findall(f"{ATOM}entry")
