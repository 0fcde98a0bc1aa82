"""What a page says of itself: what axe finds wrong, and nothing else (a third of its work), and what it weighs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import axe_playwright_python
from playwright.sync_api import Page as Tab

_SCRIPT = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text("utf-8")
_RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
}


_LOADED = """() => [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]
    .map(one => [new URL(one.name).pathname, one.decodedBodySize])"""


def bytes_loaded(tab: Tab, without: str = "//") -> int:
    """How many bytes the page and its files have, those of the browser's memory too; not those under `without`.

    Asked of the page: a response's body cannot be read after the browser has gone on, or for one that leads elsewhere.
    """
    sizes: list[tuple[str, int]] = tab.evaluate(_LOADED)
    return sum(size for path, size in sizes if not path.startswith(without))


def violations(tab: Tab) -> list[str]:
    """What is not accessible in a page as it stands: the rule, where, and what would mend it."""
    tab.evaluate(_SCRIPT)
    found: list[dict[str, Any]] = tab.evaluate(
        "rules => axe.run(document, rules).then(done => done.violations)", _RULES
    )
    return [
        f"{rule['id']}: {rule['help']}: {node['target']}: {node.get('failureSummary', '')}"
        for rule in found
        for node in rule["nodes"]
    ]
