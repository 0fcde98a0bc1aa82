"""Feeds as Atom (RFC 4287): XML by the standard library's writer, valid whatever a name holds."""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element, SubElement, tostring

from projections.public.feeds import Feed, FeedEntry

ATOM = "application/atom+xml"
JSON = "application/json"
NAMESPACE = "http://www.w3.org/2005/Atom"
_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that no XML 1.0 document may hold, however they are written (XML 1.0, 2.2)."""


def atom(feed: Feed, base: str) -> bytes:
    """The document. `base`: scheme and host under which it is asked for, of which its links are made."""
    root = Element("feed", {"xmlns": NAMESPACE, _LANGUAGE: "zh-CN"})
    _head(root, feed.id, feed.title, feed.updated)
    _with_text(SubElement(root, "author"), "name", feed.author)
    SubElement(root, "link", {"rel": "self", "type": ATOM, "href": base + feed.path})
    SubElement(root, "link", {"rel": "alternate", "type": JSON, "href": base + feed.list_path})
    for entry in feed.entries:
        _entry(SubElement(root, "entry"), entry)
    document: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return document


def _entry(element: Element, entry: FeedEntry) -> None:
    _head(element, entry.id, entry.title, entry.updated)
    if entry.category is not None:
        SubElement(element, "category", {"term": _valid(entry.category)})
    said = "\n".join(f"{label}：{value}" for label, value in entry.lines)
    _with_text(element, "content", said, type="text")


def _head(element: Element, id_: str, title: str, updated: str) -> None:
    _with_text(element, "id", id_)
    _with_text(element, "title", title, type="text")
    _with_text(element, "updated", updated)


def _with_text(parent: Element, name: str, text: str, **attributes: str) -> None:
    SubElement(parent, name, attributes).text = _valid(text)


def _valid(text: str) -> str:
    """With a replacement character where XML has none to offer."""
    return _NOT_IN_XML.sub("\ufffd", text)
