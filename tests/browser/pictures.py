"""The pictures of the pages in docs/pictures, taken anew: `.venv/bin/python -m tests.browser.pictures`.

A demonstration district is made in a folder that is thrown away, so every name in a picture is invented. The district
ends yesterday: on another day the pictures show other facts. Each is kept under 120 kB.
"""

from __future__ import annotations

import io
import re
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image
from playwright.sync_api import Browser, sync_playwright
from playwright.sync_api import Page as Tab

from api.cli.database import blank_ledger
from api.web.frame import field_names
from demo.making import make
from demo.plan import Size
from domain.measures.calendar import build_calendar
from domain.measures.rulebook.rulebook import shipped_rulebook
from domain.values import Role, instant, shanghai_date
from tests.browser.conftest import NAMES, served
from tests.http.desk import PASSWORD, account_in

FOLDER = Path(__file__).parents[2] / "docs" / "pictures"
LIMIT_BYTES = 120_000
AGENCIES, FACTS, SEED = 30, 6_000, 2021
ROLES = (Role.ASSOCIATION, Role.COMMITTEE)
CLIENT = {"/client/uscc": "91441399MA5000044T", "/client/name": "惠州市翎钧新材料有限公司"}


class Camera:
    """A browser that looks at the served demonstration and keeps what it sees."""

    def __init__(self, browser: Browser, address: str, logins: dict[Role, str]) -> None:
        self._browser, self.address, self._logins = browser, address, logins

    def tab(self, role: Role | None = None, language: str = "zh", width: int = 1280) -> Tab:
        """A tab of its own, signed in as somebody of the role."""
        tab = self._browser.new_context(viewport={"width": width, "height": 900}).new_page()
        tab.goto(f"{self.address}/sign-in?lang={language}")
        if role is not None:
            tab.fill("#login", self._logins[role])
            tab.fill("#password", PASSWORD)
            tab.click("main button[type=submit]")
            tab.wait_for_url(lambda url: "/sign-in" not in url)
        return tab

    def take(self, tab: Tab, name: str, height: int, above: str = "header.top") -> None:
        """Keep `height` pixels of the page, from the top of what `above` selects. Raises: ValueError when too large."""
        box = tab.locator(above).first.bounding_box()
        size = tab.viewport_size
        assert box is not None
        assert size is not None
        top = box["y"] + tab.evaluate("window.scrollY")
        clip = {"x": 0, "y": max(top - 8, 0), "width": size["width"], "height": height}
        self.keep(name, tab.screenshot(full_page=True, clip=clip))  # type: ignore[arg-type]

    def keep(self, name: str, png: bytes) -> None:
        """Keep a picture under a name. Raises: ValueError when it is too large."""
        seen = Image.open(io.BytesIO(png))
        file = FOLDER / f"{name}.png"
        seen.convert("RGB").quantize(256, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE).save(file, optimize=True)
        if file.stat().st_size > LIMIT_BYTES:
            raise ValueError(f"{file.name} has {file.stat().st_size} bytes")
        print(f"{file.name}: {seen.width} × {seen.height}, {file.stat().st_size} bytes")


def board(camera: Camera) -> None:
    """What waits, and the district in figures."""
    tab = camera.tab(Role.ASSOCIATION)
    tab.goto(f"{camera.address}/board")
    tab.wait_for_load_state("networkidle")
    camera.take(tab, "board", 1000)


def agency(camera: Camera) -> None:
    """The warned agency: what stands, its timeline, and the replay of the day of the warning."""
    tab = camera.tab(Role.ASSOCIATION)
    path = f"{camera.address}/agencies/{warned(camera)}"
    tab.goto(path)
    tab.locator(".tl-spans a", has_text="三年").click()
    tab.wait_for_load_state("networkidle")
    camera.take(tab, "timeline", 900, "#timeline")
    tab.goto(f"{path}/replay?day={since(camera)}")
    camera.take(tab, "replay", 700, "#step")


def sheet(camera: Camera) -> None:
    """The score sheet of annex 1, in English."""
    tab = camera.tab(Role.ASSOCIATION, "en")
    last = shanghai_date(instant(datetime.now(UTC))).year - 1
    tab.goto(f"{camera.address}/agencies/{warned(camera)}/sheets/{last}")
    tab.locator("article.paper details").first.evaluate("one => one.open = true")
    camera.take(tab, "sheet", 1100, ".tabs")


def appeal(camera: Camera) -> None:
    """An appeal before the committee, with what annulling a disputed fact would change."""
    tab = camera.tab(Role.COMMITTEE)
    tab.goto(f"{camera.address}/todo/appeals")
    tab.locator('a[href^="/appeals/"]').first.click()
    tab.locator("input[name=annul]").first.check()
    tab.click("#decision button[value=try]")
    tab.wait_for_selector("#what-if .outcome")
    camera.take(tab, "appeal", 1120, "#as-published")


def preview(camera: Camera) -> None:
    """What a third upheld complaint within a year would do, before it is recorded."""
    tab, code = camera.tab(Role.ASSOCIATION), warned(camera)
    tab.goto(f"{camera.address}/record/receive-complaint?uscc={code}")
    tab.locator("#entry input[type=radio]").first.check()
    tab.click("#entry .act button[value=preview]")
    tab.click("main button[value=record]")
    tab.goto(f"{camera.address}/record/decide-complaint?uscc={code}")
    tab.select_option("select[name=id]", index=1)
    tab.check('input[name="/outcome"][value="upheld"]')
    tab.select_option('select[name="/verified_grounds"]', index=1)
    tab.fill('textarea[name="/findings"]', "现场核查：应当发现的隐患未指出，投诉属实。")
    tab.click("#entry .act button[value=preview]")
    camera.take(tab, "preview", 1120, "h1")


def survey(camera: Camera) -> None:
    """The satisfaction survey on a telephone, by its one-time link."""
    tab = camera.tab(Role.ASSOCIATION)
    tab.goto(f"{camera.address}/record/invite-survey?uscc={warned(camera)}")
    for name, text in CLIENT.items():
        tab.fill(f'input[name="{name}"]', text)
    today = shanghai_date(instant(datetime.now(UTC)))
    tab.fill('input[name="/expires_on"]', (today + timedelta(days=14)).isoformat())
    tab.click("#entry .act button[value=preview]")
    tab.click("main button[value=record]")
    found = re.search(r"/survey/[\w.~-]+", tab.content())
    assert found is not None
    phone = camera.tab(width=360)
    phone.goto(f"{camera.address}{found[0]}")
    for question in phone.locator(".question").all()[:2]:
        question.locator("input[type=radio]").first.check()
    phone.locator(".question").first.evaluate("one => window.scrollTo(0, one.offsetTop - 8)")
    camera.keep("survey", phone.screenshot())


def results(camera: Camera) -> None:
    """The published results of the latest year, as everybody sees them."""
    tab = camera.tab()
    tab.goto(f"{camera.address}/results")
    tab.locator('main a[href^="/results/"]').first.click()
    camera.take(tab, "results", 900)


def warned(camera: Camera) -> str:
    """An agency that has been warned, by the list of agencies; one of another tier where nobody is warned that day."""
    tab = camera.tab(Role.ASSOCIATION)
    for tier in ("warned", "blacklisted", "recorded"):
        tab.goto(f"{camera.address}/agencies?tier={tier}")
        found = re.search(r'<th scope="row" role="rowheader"><a href="/agencies/(\w{18})', tab.content())
        if found is not None:
            return found[1]
    raise LookupError("no agency of the demonstration stands in any tier: take another seed")


def since(camera: Camera) -> str:
    """The day on which its warning began."""
    tab = camera.tab(Role.ASSOCIATION)
    tab.goto(f"{camera.address}/agencies/{warned(camera)}")
    found = re.search(r"\d{4}-\d\d-\d\d", tab.locator(".stands li").first.inner_text())
    assert found is not None
    return found[0]


PICTURES: tuple[Callable[[Camera], None], ...] = (board, agency, sheet, appeal, results, preview, survey)
"""In this order: what comes last records something."""


def district(url: str) -> dict[Role, str]:
    """Make the demonstration at this address; a login per role."""
    until = shanghai_date(instant(datetime.now(UTC))) - timedelta(days=1)
    with blank_ledger(url) as ledger:
        make(ledger, shipped_rulebook(), build_calendar(), Size(AGENCIES, FACTS, SEED, until))
        return {role: account_in(ledger.engine, role, name=f"演示·{field_names.ROLES[role][0]}") for role in ROLES}


def main() -> None:
    """Take them all."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    found = next(filter(None, map(shutil.which, NAMES)))
    with TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/ledger.db"
        logins = district(url)
        with served(url) as address, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
            camera = Camera(browser, address, logins)
            for picture in PICTURES:
                picture(camera)
            browser.close()


if __name__ == "__main__":
    main()
