"""The page of an agency with ten thousand facts, in a browser: bytes, scripts, what moves, and the server's time."""

from __future__ import annotations

import json
import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import Engine

from api.settings import Settings
from api.starting import make_ready
from bench.asking.serving import SMALLEST, served
from bench.generate import History
from bench.measure import Finding, finding
from bench.place import fill, opened
from domain.store.access.access_audit import COMMAND_LINE
from domain.store.access.accounts import create_account
from domain.store.access.passwords import hash_password
from domain.store.access.tokens import create_person
from domain.store.db.engine import writing
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
_SCRIPTS = frozenset({"EvaluateScript", "FunctionCall", "RunMicrotasks"})
_TRACED = ["v8", "v8.execute", "devtools.timeline", "disabled-by-default-devtools.timeline"]
_TASK, _PLAYWRIGHT = "RunTask", "v8.evaluateModule"
_OBSERVE = """
window.seen = {shift: 0};
new PerformanceObserver((list) => {
  for (const one of list.getEntries()) if (!one.hadRecentInput) window.seen.shift += one.value;
}).observe({type: "layout-shift", buffered: true});
"""


class Watched(NamedTuple):
    """What a browser saw of a page that it had never loaded before."""

    transferred: int
    """Bytes of the page with its style, scripts and icon, headers included."""
    script: float
    """Seconds of the page's longest stretch of script, with the layout that it forces: loading, zooming, walking."""
    task: float
    """Seconds of the processor for the longest task of any kind: the first layout of the page, as a rule."""
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
        finding(f"{of}: longest script task", "s", [one.script for one in seen], most=MOST_SECONDS,
                note=f"of {len(seen)} openings the longest {max(one.script for one in seen) * 1000:.0f} ms; "
                f"the longest task of any kind, first layout: {max(one.task for one in seen) * 1000:.0f} ms CPU"),
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
                create_account(
                    connection,
                    LOGIN,
                    hash_password(PASSWORD),
                    person,
                    Role.REGULATOR,
                    by=COMMAND_LINE,
                    handed_out=False,
                )
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
    browser.start_tracing(page=tab, categories=_TRACED)
    answer = tab.goto(f"{address}{path}", wait_until="networkidle")
    if answer is None or answer.status != 200:
        raise RuntimeError(f"{path} was not shown: {answer and answer.status}")
    tab.wait_for_timeout(300)
    shift = tab.evaluate("window.seen.shift")
    transferred = int(sum(sizes))
    _use(tab)
    script, task = _tasks(json.loads(browser.stop_tracing()))
    timing = tab.evaluate("performance.getEntriesByType('navigation')[0].responseStart")
    rows, marks = (tab.locator(one).count() for one in ("#changes tbody tr", ".tl-svg a"))
    return Watched(transferred, script, task, shift, timing / 1000, rows, marks, tab)


def _use(tab: Tab) -> None:
    """What script answers to: zooming and walking in the picture, or a step of the replay."""
    if tab.locator(".tl-frame").count():
        tab.locator(".tl-frame").focus()
    for key in ("-", "+", "ArrowRight", "ArrowRight", "ArrowLeft"):
        tab.keyboard.press(key)
        tab.wait_for_load_state("networkidle")
        tab.wait_for_timeout(100)


def _tasks(trace: dict[str, Any]) -> tuple[float, float]:
    """Seconds of the longest script of ours, and CPU seconds of the longest task in which playwright does nothing."""
    events = trace["traceEvents"]
    main = {
        (one["pid"], one["tid"])
        for one in events
        if one["name"] == "thread_name" and one["args"]["name"] == "CrRendererMain"
    }
    spans = [one for one in events if one["ph"] == "X" and (one["pid"], one["tid"]) in main]
    foreign = [one["ts"] for one in spans if one["name"] == _PLAYWRIGHT]
    scripts = [one["dur"] for one in spans if one["name"] in _SCRIPTS]
    tasks = [
        one.get("tdur", 0)
        for one in spans
        if one["name"] == _TASK and not any(one["ts"] <= at <= one["ts"] + one["dur"] for at in foreign)
    ]
    if not scripts or not tasks:
        raise RuntimeError("the browser's trace has no scripts or tasks in it: it names them otherwise now")
    return max(scripts) / 1e6, max(tasks) / 1e6
