"""Axe in a page: what it finds wrong, and nothing else, which is a third of the work of its whole report."""

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
