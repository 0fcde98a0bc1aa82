"""Behind a reverse proxy: people sign in, links lead to where people are, streams flow; and a wrong set-up says so.

`Proxy` does what nginx does by default: it asks the upstream under the upstream's own name. A real one comes last.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from pydantic import ValidationError
from starlette.testclient import TestClient

from api.settings import Settings
from domain.store.access.access_audit import COMMAND_LINE
from domain.store.access.tokens import create_person, create_token
from domain.store.db.engine import open_engine, writing
from domain.store.db.migrate import migrate
from domain.values import Role
from tests.http.desk import PASSWORD, Desk, account, account_in
from tests.http.test_form_pages import hidden
from tests.http.test_limits import limited
from tests.http.test_log import serving
from tests.http.world import World
from tests.postgres_binaries import free_port

PUBLIC = "https://ledger.example"


class Proxy:
    """A browser before a proxy that hides the host: the upstream is asked by its own name, `Origin` is public."""

    def __init__(self, world: World, public: str, **headers: str) -> None:
        self._origin = re.sub(r"(://[^/]+)/.*", r"\1", public)
        self._headers = headers
        self.client = TestClient(world.client.app, "http://127.0.0.1:8000", follow_redirects=False)

    def get(self, path: str) -> Any:
        return self.client.get(path, headers=self._headers)

    def post(self, path: str, **fields: str) -> Any:
        return self.client.post(path, data=fields, headers={"Origin": self._origin, **self._headers})


def test_people_sign_in_where_the_public_address_is_named(database_url: str) -> None:
    """Though the request came in for another host; another site's form is refused as ever; cookies go by TLS only."""
    with limited(database_url, public_url=PUBLIC + "/") as world:
        login = account(world, Role.AUDITOR)
        proxy = Proxy(world, PUBLIC)
        done = proxy.post("/sign-in", login=login, password=PASSWORD)
        assert done.status_code == 303
        assert "Secure" in done.headers["set-cookie"]
        assert Proxy(world, "https://evil.example").post("/sign-in", login=login, password=PASSWORD).status_code == 403
        assert Proxy(world, "http://ledger.example").post("/sign-in", login=login, password=PASSWORD).status_code == 403


def test_the_browsers_own_word_holds_whatever_the_proxy_hides(world: World) -> None:
    """Nothing set: over TLS browsers say `Sec-Fetch-Site`, and that is enough; for another site it is not."""
    login = account(world, Role.AUDITOR)
    same = Proxy(world, PUBLIC, **{"Sec-Fetch-Site": "same-origin"})
    assert same.post("/sign-in", login=login, password=PASSWORD).status_code == 303
    for site in ("cross-site", "same-site"):
        other = Proxy(world, PUBLIC, **{"Sec-Fetch-Site": site})
        assert other.post("/sign-in", login=login, password=PASSWORD).status_code == 403


def test_where_nothing_is_set_it_is_said_what_is_to_be_set_and_logged(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    """The refusal names both hosts, the setting and the proxy's header, in both languages; the log has one line."""
    refused = Proxy(world, PUBLIC).post("/sign-in", login="x", password="y")
    assert refused.status_code == 403
    for said in (f"STEWARD_PUBLIC_URL={PUBLIC}", "proxy_set_header Host", "127.0.0.1:8000", "the administrator sets"):
        assert said in refused.text, said
    out = "".join(capsys.readouterr())
    assert "form_from_elsewhere" in out
    assert PUBLIC in out


def test_a_trusted_proxy_names_the_host(database_url: str) -> None:
    """`X-Forwarded-Host` counts from an address that is trusted and from no other."""
    with limited(database_url, trusted_proxies="192.0.2.1") as world:
        login = account(world, Role.AUDITOR)
        headers = {"Origin": PUBLIC, "X-Forwarded-Host": "ledger.example", "X-Forwarded-Proto": "https"}
        for address, status in (("192.0.2.1", 303), ("192.0.2.2", 403)):
            client = TestClient(world.client.app, follow_redirects=False, client=(address, 1))
            form = {"login": login, "password": PASSWORD}
            assert client.post("/sign-in", data=form, headers=headers).status_code == status
            feed = client.get("/v1/public/blacklist.atom", headers=headers).text
            assert (f'href="{PUBLIC}/v1/public/blacklist.atom"' in feed) == (status == 303)


@pytest.mark.parametrize("keeps_path", [True, False])
def test_below_a_sub_path_all_links_lead_there(database_url: str, keeps_path: bool) -> None:
    """Whether the proxy takes the sub-path off or leaves it: pages, redirections, styles, feeds, documentation."""
    public = f"{PUBLIC}/steward"
    with limited(database_url, public_url=public) as world:
        login = account(world, Role.AUDITOR)
        proxy, before = Proxy(world, public), "/steward" if keeps_path else ""
        home = proxy.get(f"{before}/")
        assert home.status_code == 200
        links = re.findall(r'(?:href|src|action)="(/[^"]*)"', home.text)
        assert links
        assert all(one.startswith("/steward/") for one in links), links
        for one in links[:4]:
            assert proxy.get(one if keeps_path else one.removeprefix("/steward")).status_code == 200, one
        done = proxy.post(f"{before}/sign-in", login=login, password=PASSWORD, next="/account")
        assert (done.status_code, done.headers["location"]) == (303, "/steward/account")
        assert proxy.get(f"{before}/board").status_code in (200, 303)
        assert f"{public}/v1/public/blacklist.atom" in proxy.get(f"{before}/v1/public/blacklist.atom").text
        docs = proxy.get(f"{before}/docs")
        assert docs.status_code == 200
        assert "/steward/openapi.json" in docs.text
        assert proxy.get(f"{before}/healthz").status_code == 200


def receipt_of_an_invitation(world: World) -> str:
    """The page after an officer has invited a client."""
    uscc = world.filed()
    world.done("StartProject", uscc)
    project = next(one["id"] for one in world.trail(uscc) if one["type"] == "ProjectStarted")
    desk = Desk(world, Role.ASSOCIATION)
    fields = {
        "agency": uscc,
        "/project_id": project,
        "/year": "2024",
        "/invited_on": "2024-12-01",
        "/expires_on": "2099-12-31",
    }
    preview = desk.send("/record/invite-survey", fields).text
    return str(desk.followed("/record/invite-survey", {**hidden(preview), "do": "record"}).text)


def test_a_survey_link_begins_with_the_public_address(database_url: str) -> None:
    """Not with the host that the officer typed; where nothing is set, the receipt says so."""
    named = "http://ledger.example"
    for public, shown in ((named, named + "/survey/"), ("", "http://testserver/survey/")):
        with limited(database_url, public_url=public) as world:
            receipt = receipt_of_an_invitation(world)
            assert shown in receipt
            assert ("STEWARD_PUBLIC_URL" in receipt) == (public == "")


@pytest.mark.parametrize(
    "wrong",
    ["ledger.example", "ftp://x", "https://", "https://x/?a=b", "https://u:p@x", "https://x/a b", "https://x/#a"],
)
def test_a_public_address_that_is_none_is_refused(wrong: str) -> None:
    """When the service starts, not when somebody follows a link."""
    with pytest.raises(ValidationError):
        Settings(public_url=wrong)


NGINX = """
daemon off; master_process off; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{}}
http {{
    access_log off; client_body_temp_path {folder}/a; proxy_temp_path {folder}/b; fastcgi_temp_path {folder}/c;
    uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e;
    server {{ listen 127.0.0.1:{port}; location / {{ proxy_pass http://127.0.0.1:{upstream}; }} }}
}}
"""


@contextmanager
def nginx(folder: Path, port: int, upstream: int) -> Iterator[None]:
    """nginx as it comes, with nothing but `proxy_pass`."""
    binary = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if binary is None:
        pytest.skip("nginx is not installed: ./run test installs it where it may (apt-get install nginx-light)")
    folder.mkdir()
    config = folder / "nginx.conf"
    config.write_text(NGINX.format(folder=folder, port=port, upstream=upstream))
    process = subprocess.Popen([binary, "-c", str(config), "-p", str(folder)], stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.terminate()
        process.wait(20)


def test_through_nginx_as_it_comes(tmp_path: Path) -> None:
    """With the public address named, people sign in, and the stream of the log says something before it ends."""
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    migrate(url)
    port, upstream = free_port(), free_port()
    public = f"http://127.0.0.1:{port}"
    with serving(url, tmp_path, upstream, public_url=public), nginx(tmp_path / "nginx", port, upstream):
        engine = open_engine(url)
        login = account_in(engine, Role.AUDITOR)
        with writing(engine) as connection:
            token = create_token(connection, create_person(connection, "跟随者"), Role.AUDITOR, by=COMMAND_LINE)
        engine.dispose()
        with httpx2.Client(base_url=public, timeout=30) as client:
            for _ in range(100):
                try:
                    client.get("/healthz")
                    break
                except httpx2.HTTPError:
                    time.sleep(0.1)
            form = {"login": login, "password": PASSWORD}
            assert client.post("/sign-in", data=form, headers={"Origin": "http://evil.example"}).status_code == 403
            assert client.post("/sign-in", data=form, headers={"Origin": public}).status_code == 303
            assert client.get("/account").status_code == 200
            asked = {"Authorization": f"Bearer {token}", "Accept": "text/event-stream"}
            with client.stream("GET", "/v1/log?after=0", headers=asked) as stream:
                first = next(stream.iter_bytes())
                assert first.startswith(b"retry:") or b"event: recorded" in first
            beyond = client.get("/v1/log?after=999999", headers=asked)
            assert beyond.status_code == 409
            assert "after=" in beyond.json()["remedy"]
