"""A service with a hostile district behind a real port, and Debian's chromium to look at it."""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser, sync_playwright
from playwright.sync_api import Page as Tab
from starlette.testclient import TestClient

from api.app import create_app
from api.settings import Settings
from tests.browser.district import District, make_district
from tests.http.test_pages import HOSTILE
from tests.http.world import World, body_of, new_uscc, today
from tests.postgres_binaries import free_port

NAMES = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a service where every public page has something to show, names that try to break it among it."""
    url = f"sqlite:///{tmp_path_factory.mktemp('browser') / 'ledger.db'}"
    with TestClient(create_app(Settings(database_url=url))) as client:
        _fill(World(client))
    with served(url) as address:
        yield address


@pytest.fixture(scope="session")
def built_district(tmp_path_factory: pytest.TempPathFactory) -> tuple[District, Path]:
    """The district, recorded once, and the folder of its database and keys: to be copied, never to be served."""
    folder = tmp_path_factory.mktemp("district")
    with TestClient(create_app(settings_in(folder))) as client:
        return make_district(World(client)), folder


@pytest.fixture(scope="module")
def district(built_district: tuple[District, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[District]:
    """A served district with an account per role and an agency whose history has something of everything."""
    made, built = built_district
    folder = tmp_path_factory.mktemp("district")
    shutil.copytree(built, folder, dirs_exist_ok=True)
    with served(settings_in(folder)) as address:
        yield replace(made, address=address)


def settings_in(folder: Path) -> Settings:
    """A ledger, its keys and its checkpoints in one folder: a copy of the folder is a whole ledger of its own."""
    return Settings(database_url=f"sqlite:///{folder / 'ledger.db'}", data_dir=folder, key_dir=folder / "keys")


@contextmanager
def served(database: str | Settings) -> Iterator[str]:
    """A service on a port of its own; its address."""
    port = free_port()
    settings = Settings(database_url=database) if isinstance(database, str) else database
    config = uvicorn.Config(create_app(settings), host="127.0.0.1", port=port, log_config=None)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until = time.monotonic() + 60
    while not server.started and time.monotonic() < until:
        time.sleep(0.05)
    assert server.started
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(30)


def _fill(world: World) -> None:
    for name in (HOSTILE, "A" * 300, "惠州市大亚湾海安安全技术服务有限公司"):
        uscc = new_uscc()
        world.must(world.association.post("/v1/agencies", {**body_of("FileAgency"), "uscc": uscc, "name": name}))
        world.done("DecideFiling", uscc)
        world.assessed(uscc)
        world.upheld(uscc, *[today()] * 3)
    world.assessed()
    for _ in range(26):
        world.filed()
    world.publish()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """The installed browser. `./run test` installs one where it may; without one these tests are skipped.

    Ended with its module: playwright keeps an event loop running, in which other tests of the process could not
    start one of their own.
    """
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        pytest.skip("no chromium here, and ./run test could not install one: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=found, args=["--no-sandbox", "--disable-gpu", "--disable-software-rasterizer"]
        )
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where a picture of every page is left to be looked at: `STEWARD_PICTURES`. Without it none is taken."""
    wanted = os.environ.get("STEWARD_PICTURES")
    with pytest.MonkeyPatch.context() as patch:
        if wanted is None:
            patch.setattr(Tab, "screenshot", lambda *_, **__: b"")
        folder = tmp_path_factory.mktemp("pictures") if wanted is None else Path(wanted)
        folder.mkdir(parents=True, exist_ok=True)
        yield folder
