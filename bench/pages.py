"""The page of an agency with ten thousand facts, in a browser: bytes, scripts, what moves, and the server's time."""

from __future__ import annotations

import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import Engine

from api.app import make_ready
from api.settings import Settings
from bench.generate import History
from bench.measure import Finding, finding
from bench.place import fill, opened
from bench.serving import SMALLEST, served
from domain.store.accounts import create_account, hash_password
from domain.store.engine import writing
from domain.store.people import create_person
from domain.values import Role

if TYPE_CHECKING:
    from playwright.sync_api import Browser
    from playwright.sync_api import Page as Tab

FACTS = 10_000
MOST_BYTES, MOST_SECONDS = 100_000, 0.05
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
LOGIN, PASSWORD = "bench-pages", "three quiet herons"  # of a database that is thrown away
PAGES = (
    ("overview, a year", "?as_of=2026-06-30"),
    ("overview, ten years", "?from=2016-07-02&to=2026-06-30"),
    ("replay, a day", "/replay?day=2024-05-07"),
)
_OBSERVE = """
window.seen = {longest: 0, shift: 0};
new PerformanceObserver((list) => {
  for (const one of list.getEntries()) window.seen.longest = Math.max(window.seen.longest, one.duration);
}).observe({type: "longtask", buffered: true});
new PerformanceObserver((list) => {
  for (const one of list.getEntries()) if (!one.hadRecentInput) window.seen.shift += one.value;
}).observe({type: "layout-shift", buffered: true});
"""


class Watched(NamedTuple):
    """What a browser saw of a page that it had never loaded before."""

    transferred: int
    """Bytes of the page with its style, scripts and icon, headers included."""
    longest: float
    """Seconds of the longest task; tasks up to 50 ms are not reported by the browser and count as 0."""
    shift: float
    """Cumulative layout shift."""
    seconds: float
    """Until the page's first byte."""
    rows: int
    marks: int
    tab: Tab


def measure(repetitions: int) -> list[Finding]:
    """The lines of the report; none where there is no browser."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        return []
    from playwright.sync_api import sync_playwright  # only where a browser is

    lines = []
    with _large() as (url, engine), served(url, engine) as running, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        address = f"http://127.0.0.1:{running.port}"
        for name, tail in PAGES:
            seen = [_once(browser, address, f"/agencies/{History(1).uscc}{tail}") for _ in range(repetitions)]
            lines += _lines(name, seen, [_smallest(browser, address) for _ in range(repetitions)])
        browser.close()
    return lines


def _lines(name: str, seen: list[Watched], smallest: list[float]) -> list[Finding]:
    of = f"{FACTS:,} facts, {name}"
    shift = max(one.shift for one in seen)
    return [
        finding(f"{of}: transferred", "B", [float(one.transferred) for one in seen], most=MOST_BYTES,
                note=f"with style and scripts; layout shift {shift:g}"),
        finding(f"{of}: longest task", "s", [one.longest for one in seen], most=MOST_SECONDS,
                note="0: none over 50 ms, which is the least a browser reports"),
        finding(f"{of}: first byte", "s", [one.seconds for one in seen], [statistics.median(smallest)] * len(seen),
                note=f"floor: {SMALLEST} in the same browser"),
    ]  # fmt: skip


@contextmanager
def _large() -> Iterator[tuple[str, Engine]]:
    """An SQLite ledger with the long history and an account."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'ledger.db'}"
        with opened(url) as made:
            make_ready(made.engine, Settings(database_url=url))
            fill(made.ledger, History(1).facts(FACTS))
            with writing(made.engine) as connection:
                person = create_person(connection, "bench")
                create_account(connection, LOGIN, hash_password(PASSWORD), person, Role.REGULATOR, None)
            yield url, made.engine


def _once(browser: Browser, address: str, path: str) -> Watched:
    seen = watched(browser, address, (LOGIN, PASSWORD), path)
    seen.tab.context.close()
    return seen


def _smallest(browser: Browser, address: str) -> float:
    tab = browser.new_page()
    began = time.perf_counter()
    tab.goto(f"{address}{SMALLEST}")
    took = time.perf_counter() - began
    tab.close()
    return took


def watched(browser: Browser, address: str, who: tuple[str, str], path: str) -> Watched:
    """Sign in, then open the page with an empty cache and look until it rests."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    login, password = who
    context.request.post(f"{address}/sign-in", form={"login": login, "password": password})
    tab = context.new_page()
    tab.add_init_script(_OBSERVE)
    session = context.new_cdp_session(tab)
    session.send("Network.enable")
    sizes: list[float] = []
    session.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    answer = tab.goto(f"{address}{path}", wait_until="networkidle")
    if answer is None or answer.status != 200:
        raise RuntimeError(f"{path} was not shown: {answer and answer.status}")
    tab.wait_for_timeout(300)
    seen = tab.evaluate("window.seen")
    timing = tab.evaluate("performance.getEntriesByType('navigation')[0].responseStart")
    rows, marks = (tab.locator(one).count() for one in ("#changes tbody tr", ".tl-svg a"))
    return Watched(int(sum(sizes)), seen["longest"] / 1000, seen["shift"], timing / 1000, rows, marks, tab)
