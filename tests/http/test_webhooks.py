"""Webhooks and group robots (R41) against a real HTTP server: signed, bounded, and to allowed addresses alone."""

from __future__ import annotations

import base64
import hmac
import json
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update
from starlette.testclient import TestClient

from api.app import create_app
from api.application.background.degraded import Degraded
from api.application.delivering import hooks
from api.application.delivering.courier import Courier
from api.application.delivering.guarded_http import NotAllowed, is_allowed, networks_of, require_address
from api.application.delivering.hooks import signature
from api.application.delivering.target_acts import MOST_SECRETS
from api.settings import Settings
from domain.events import Sealed
from domain.store.db.engine import writing
from domain.store.db.tables.message_tables import deliveries, delivery_targets
from domain.store.keys.vault import Vault
from domain.store.messages import target_rows
from domain.store.messages.delivery_rows import StoredDelivery
from domain.store.messages.target_rows import TargetAddress
from domain.values import Role
from tests.http.test_messages import PERSONAL, Somebody, told
from tests.http.world import World

PUBLISHED = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


class Receiver:
    """A program that takes webhooks on this machine: `answer` gives status, headers and body."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, dict[str, str], bytes]] = []
        self.answer: tuple[int, dict[str, str], bytes] = (204, {}, b"")
        self.waits = threading.Event()
        self.waits.set()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:  # the library's name
                body = self.rfile.read(int(self.headers["content-length"]))
                receiver.taken.append((self.path, {k.lower(): v for k, v in self.headers.items()}, body))
                receiver.waits.wait(5)
                status, headers, content = receiver.answer
                self.send_response(status)
                for name, value in {**headers, "content-length": str(len(content))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: Any) -> None:
                """Nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]

    def __enter__(self) -> Receiver:
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.waits.set()
        self.server.shutdown()
        self.server.server_close()


class Hooking:
    """A service with a target, delivered by hand."""

    def __init__(self, world: World, receiver: Receiver, settings: Settings) -> None:
        self.world, self.receiver = world, receiver
        self.admin = world.people[Role.ADMIN]
        self.settings = settings
        self.courier = Courier(world.service.ledger, settings, Degraded(), away=0)

    def target(self, role: str = "association", **more: Any) -> dict[str, Any]:
        """A target at the receiver."""
        url = f"http://127.0.0.1:{self.receiver.port}/hooks"
        body = {"name": "区平台", "channel": "webhook", "url": url, "role": role, **more}
        return self.world.must(self.admin.post("/v1/delivery-targets", body))

    def act(self, id_: str, act: str, **more: Any) -> dict[str, Any]:
        return self.world.must(self.admin.post(f"/v1/delivery-targets/{id_}/state", {"act": act, **more}))

    def delivered(self) -> None:
        told(self.world)
        while self.courier.deliver():
            pass

    def later(self) -> None:
        with writing(self.world.service.ledger.engine) as connection:
            due = update(deliveries).where(deliveries.c.state == "waiting")
            connection.execute(due.values(next_at=deliveries.c.made_at))

    def rows(self) -> list[Any]:
        with self.world.service.ledger.reading() as reader:
            return list(reader.connection.execute(select(deliveries).order_by(deliveries.c.made_at)))


@pytest.fixture
def hooking(migrated_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hooking]:
    """On a database of its own."""
    monkeypatch.setattr(Courier, "start", lambda _: None)
    with Receiver() as receiver:
        settings = Settings(
            database_url=migrated_url,
            data_dir=tmp_path,
            webhook_networks="127.0.0.0/8",
            webhook_seconds=1,
            wecom=True,
            wecom_endpoint=f"http://127.0.0.1:{receiver.port}/cgi-bin/webhook/send",
        )
        with TestClient(create_app(settings)) as client:
            yield Hooking(World(client), receiver, settings)


def test_the_signature_is_that_of_standard_webhooks() -> None:
    """The vector that the specification publishes; and HMAC-SHA256 as a receiver works it out by itself."""
    secret, id_, at, body = (
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        1614265330,
        b'{"test": 2432232314}',
    )
    assert signature(secret, id_, at, body) == PUBLISHED
    key = base64.b64decode(secret.removeprefix("whsec_"))
    expected = hmac.new(key, f"{id_}.{at}.".encode() + body, "sha256")
    assert base64.b64encode(expected.digest()).decode() == PUBLISHED.removeprefix("v1,")


@pytest.mark.shows("art.17", "R39", "R41")
def test_a_target_is_told_what_its_role_is_told_signed_and_once(hooking: Hooking) -> None:
    """Nothing from before it was made; no words of a record; annulled, it is told so; switched off, nothing."""
    world, receiver = hooking.world, hooking.receiver
    uscc = world.filed()
    hooking.delivered()
    made = hooking.target()
    complaint = world.id_of("ReceiveComplaint", uscc)
    for _ in range(3):
        hooking.delivered()
    ((path, headers, body),) = receiver.taken
    said = json.loads(body)
    assert (path, said["type"], said["data"]["agency"]) == ("/hooks", "complaint_received", uscc)
    stamp = int(headers["webhook-timestamp"])
    assert headers["webhook-signature"] == signature(made["secret"], headers["webhook-id"], stamp, body)
    assert not any(word in body.decode() for word in PERSONAL)
    world.done("AnnulEvent", uscc, event_id=said["data"]["cause"])
    hooking.delivered()
    assert [json.loads(one[2])["type"] for one in receiver.taken] == ["complaint_received", "corrected"]
    assert complaint
    listed = hooking.admin.get("/v1/delivery-targets").json()["items"]
    assert made["secret"] not in str(listed)
    assert "secret" not in listed[0]
    hooking.act(made["id"], "disabled")
    world.id_of("ReceiveComplaint", uscc)
    hooking.delivered()
    assert len(receiver.taken) == 2
    assert world.association.get("/v1/delivery-targets").status_code == 403
    acts = [one["act"] for one in hooking.admin.get("/v1/access-changes", limit=500).json()["items"]]
    assert {"target_created", "target_disabled"} <= set(acts)


@pytest.mark.shows("R41")
def test_a_target_that_fails_is_tried_again_and_at_last_switched_off(
    hooking: Hooking, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error, a redirect, silence, an endless answer: each is a failed try. The administrators are told."""
    monkeypatch.setattr(target_rows, "MOST_FAILURES", 4)
    world, receiver = hooking.world, hooking.receiver
    admin = Somebody(world, Role.ADMIN)
    made = hooking.target()
    hooking.act(made["id"], "test")
    elsewhere = f"http://127.0.0.1:{receiver.port}/elsewhere"
    for number, answer in enumerate(
        ((500, {}, b"broken"), (302, {"location": elsewhere}, b""), (503, {}, b"x" * 200_000)), start=1
    ):
        receiver.answer = answer
        hooking.delivered()
        (row,) = hooking.rows()
        assert (row.state, row.attempts) == ("waiting", number), row.failure
        hooking.later()
    assert {path for path, *_ in receiver.taken} == {"/hooks"}
    receiver.waits.clear()
    hooking.delivered()
    receiver.waits.set()
    (target,) = hooking.admin.get("/v1/delivery-targets").json()["items"]
    assert target["disabled_at"] is not None
    assert [one["kind"] for one in admin.messages()] == ["target_disabled"]
    hooking.later()
    hooking.delivered()
    (row,) = hooking.rows()
    assert row.state == "dead"
    receiver.answer = (200, {}, b"")
    hooking.act(made["id"], "enabled")
    world.must(hooking.admin.post("/v1/deliveries/state", {"state": "waiting"}))
    hooking.delivered()
    (row,) = hooking.rows()
    assert row.state == "sent"
    ids = {headers["webhook-id"] for _, headers, _ in receiver.taken}
    assert len(ids) == 1, "the same id, by which a receiver tells it was there before"


@pytest.mark.shows("R41")
def test_a_target_that_does_not_answer_holds_up_no_other_and_is_asked_once_in_a_while(hooking: Hooking) -> None:
    """Of many that wait for it one is tried; the others wait untried, and what is for another target goes out."""
    world, receiver = hooking.world, hooking.receiver
    hooking.courier = Courier(world.service.ledger, hooking.settings, Degraded())
    with Receiver() as other:
        silent = hooking.target()
        url = f"http://127.0.0.1:{other.port}/hooks"
        well = hooking.target(name="市平台", url=url)
        for _ in range(60):
            world.filed()
        receiver.waits.clear()
        hooking.delivered()
        for _ in range(3):
            world.filed()
        hooking.delivered()
        assert len(receiver.taken) == 1
        assert len(other.taken) == 63
        hooking.act(silent["id"], "test")
        hooking.delivered()
        assert len(receiver.taken) == 2, "an administrator tries it out"
        receiver.waits.set()
    rows = hooking.rows()
    assert {row.state for row in rows if row.recipient == well["id"]} == {"sent"}
    assert sorted(row.attempts for row in rows if row.recipient == silent["id"]) == [0] * 62 + [1, 1]
    (target, _) = hooking.admin.get("/v1/delivery-targets").json()["items"]
    assert target["disabled_at"] is None


@pytest.mark.shows("R41")
def test_a_process_that_died_over_a_delivery_has_not_failed_to_deliver_it(
    hooking: Hooking, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However often: the first answer that is an error is the first failed try, and puts off by as much."""
    made = hooking.target()
    hooking.act(made["id"], "test")

    def dies(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Courier, "_hooked", dies)
        for _ in range(12):
            with pytest.raises(KeyboardInterrupt):
                hooking.courier.deliver()
            hooking.later()
    hooking.receiver.answer = (500, {}, b"broken")
    hooking.delivered()
    (row,) = hooking.rows()
    assert (row.state, row.attempts) == ("waiting", 1), row.failure


@pytest.mark.shows("R41")
def test_one_that_wants_nothing_any_more_is_switched_off_at_once(hooking: Hooking) -> None:
    """410 Gone, as Standard Webhooks says."""
    made = hooking.target()
    hooking.receiver.answer = (410, {}, b"gone")
    hooking.act(made["id"], "test")
    hooking.delivered()
    (target,) = hooking.admin.get("/v1/delivery-targets").json()["items"]
    assert target["disabled_at"] is not None


@pytest.mark.parametrize(
    "url",
    [
        "http://example.cn/hook",
        "https://10.0.0.1/",
        "https://[::1]/",
        "https://169.254.169.254/latest",
        "https://[::ffff:10.0.0.1]/",
        "https://[64:ff9b::a00:1]/",
        "https://user:pw@example.cn/",
        "ftp://example.cn/",
        "https:///x",
        "https://example.cn:99999/",
        "https://exa mple.cn/",
        "https://例子.cn/",
        "https://0.0.0.0/",
        "https://example.cn/#x",
        "https://224.0.0.1/",
        "https://example.cn:0/",
        "x" * 3000,
    ],
)
def test_an_address_that_may_not_be_reached_is_refused_when_it_is_typed(url: str) -> None:
    """Private, local, multicast, embedded, without TLS, with a password, malformed."""
    with pytest.raises(NotAllowed):
        require_address(url, ())


def test_a_name_is_judged_by_where_it_leads_now(hooking: Hooking, monkeypatch: pytest.MonkeyPatch) -> None:
    """A public name that resolves to an inner address, beside a public one or later (rebinding): nothing is sent."""
    made = hooking.target(url="https://hooks.example.cn/in")
    inner = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, 443)) for ip in ("93.184.216.34", "10.1.2.3")]
    asked: list[str] = []

    def resolve(host: Any, *_: Any, **__: Any) -> Any:
        asked.append(str(host))
        return inner

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    hooking.act(made["id"], "test")
    while hooking.courier.deliver():
        pass
    assert asked
    (row,) = hooking.rows()
    assert (row.state, "10.1.2.3" in row.failure) == ("waiting", True)
    assert is_allowed(ip_address("10.1.2.3"), networks_of("10.0.0.0/8"))
    assert not is_allowed(ip_address("10.1.2.3"), networks_of("192.168.0.0/16"))
    assert is_allowed(ip_address("93.184.216.34"), ())


@pytest.mark.shows("R41")
def test_a_group_robot_of_wecom_gets_a_text(hooking: Hooking) -> None:
    """Its key is never shown; busy it is tried again; a wrong key is given up."""
    key, receiver = "693a91f6-7xxx-4bc4-97a0-0ec2sifa5aaa", hooking.receiver
    made = hooking.world.must(
        hooking.admin.post(
            "/v1/delivery-targets", {"name": "群", "channel": "wecom", "url": key, "role": "association"}
        )
    )
    assert key not in str(made)
    receiver.answer = (200, {}, b'{"errcode": 45009, "errmsg": "api freq out of limit"}')
    hooking.act(made["id"], "test")
    hooking.delivered()
    (row,) = hooking.rows()
    assert (row.state, row.failure) == ("waiting", "45009: api freq out of limit")
    receiver.answer = (200, {}, b'{"errcode": 0, "errmsg": "ok"}')
    hooking.later()
    hooking.delivered()
    (row,) = hooking.rows()
    assert row.state == "sent"
    assert receiver.taken[-1][0] == f"/cgi-bin/webhook/send?key={key}"
    assert json.loads(receiver.taken[-1][2])["msgtype"] == "text"
    receiver.answer = (200, {}, b'{"errcode": 93000, "errmsg": "invalid webhook url"}')
    hooking.act(made["id"], "test")
    hooking.delivered()
    assert "dead" in {one.state for one in hooking.rows()}
    wrong = {"name": "群", "channel": "wecom", "url": "https://evil.example/", "role": "association"}
    assert hooking.admin.post("/v1/delivery-targets", wrong).status_code == 422
    with hooking.world.service.ledger.reading() as reader:
        assert key not in str(reader.connection.execute(select(delivery_targets)).all())


@pytest.mark.shows("R41")
def test_a_target_is_told_of_the_kinds_it_chose_and_always_that_they_count_no_more(hooking: Hooking) -> None:
    """Others are not sent; a kind of another role is refused by name; none chosen: every one again."""
    world, receiver = hooking.world, hooking.receiver
    uscc = world.filed()
    made = hooking.target(kinds=["appeal_filed"])
    assert made["kinds"] == ["appeal_filed"]
    world.id_of("ReceiveComplaint", uscc)
    hooking.delivered()
    assert receiver.taken == []
    assert hooking.act(made["id"], "kinds", kinds=["complaint_received"])["kinds"] == ["complaint_received"]
    second = world.id_of("ReceiveComplaint", uscc)
    hooking.delivered()
    world.done("AnnulEvent", uscc, event_id=second)
    hooking.delivered()
    assert [json.loads(one[2])["type"] for one in receiver.taken] == ["complaint_received", "corrected"]
    refused = hooking.admin.post(f"/v1/delivery-targets/{made['id']}/state", {"act": "kinds", "kinds": ["bad_record"]})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/kinds")
    assert "complaint_received" in refused.text
    empty = hooking.admin.post(f"/v1/delivery-targets/{made['id']}/state", {"act": "kinds", "kinds": []})
    assert empty.status_code == 422
    assert hooking.act(made["id"], "kinds")["kinds"] is None
    acts = [one["act"] for one in hooking.admin.get("/v1/access-changes", limit=500).json()["items"]]
    assert acts.count("target_kinds") == 2


@pytest.mark.shows("R41")
def test_a_new_secret_signs_beside_the_old_one_for_a_while(hooking: Hooking, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both verify for three days, then the new one alone; a secret that leaked ends at once; a robot has none."""
    receiver = hooking.receiver
    made = hooking.target()

    def signed_by(*secrets: str) -> bool:
        hooking.act(made["id"], "test")
        hooking.delivered()
        _, headers, body = receiver.taken[-1]
        stamp = int(headers["webhook-timestamp"])
        known = [signature(one, headers["webhook-id"], stamp, body) for one in secrets]
        return headers["webhook-signature"].split(" ") == known

    assert signed_by(made["secret"])
    renewed = hooking.act(made["id"], "secret")
    assert renewed["secret"] != made["secret"]
    assert renewed["both_until"] > renewed["created_at"]
    assert signed_by(renewed["secret"], made["secret"])
    with monkeypatch.context() as patch:
        patch.setattr(hooks, "instant", lambda _: renewed["both_until"])
        assert signed_by(renewed["secret"]), "the overlap is over"
    third = hooking.act(made["id"], "secret", at_once=True)
    assert "both_until" not in third
    assert signed_by(third["secret"])
    listed = str(hooking.admin.get("/v1/delivery-targets").json())
    assert not any(one["secret"] in listed for one in (made, renewed, third))
    key = "693a91f6-7xxx-4bc4-97a0-0ec2sifa5aaa"
    body = {"name": "群", "channel": "wecom", "url": key, "role": "association"}
    robot = hooking.world.must(hooking.admin.post("/v1/delivery-targets", body))
    refused = hooking.admin.post(f"/v1/delivery-targets/{robot['id']}/state", {"act": "secret"})
    assert (refused.status_code, "删除旧的" in refused.text) == (409, True)


@pytest.mark.shows("R41")
def test_a_secret_that_was_replaced_twice_in_a_row_signs_until_its_own_end(hooking: Hooking) -> None:
    """Who has not changed over after the first renewal is not cut off by the second; four sign at most."""
    made, receiver = hooking.target(), hooking.receiver
    secrets = [made["secret"]]

    def signatures() -> list[str]:
        hooking.act(made["id"], "test")
        hooking.delivered()
        _, headers, body = receiver.taken[-1]
        stamp = int(headers["webhook-timestamp"])
        assert headers["webhook-signature"].split(" ") == [
            signature(one, headers["webhook-id"], stamp, body) for one in secrets
        ]
        return headers["webhook-signature"].split(" ")

    for number in range(1, MOST_SECRETS):
        secrets.insert(0, hooking.act(made["id"], "secret")["secret"])
        assert len(signatures()) == number + 1
    refused = hooking.admin.post(f"/v1/delivery-targets/{made['id']}/state", {"act": "secret"})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (409, "/at_once")
    secrets[:] = [hooking.act(made["id"], "secret", at_once=True)["secret"]]
    assert len(signatures()) == 1
    first, second, third = "2026-01-01T00:00:00.000000Z", "2026-01-02T00:00:00.000000Z", "2026-01-03T00:00:00.000000Z"
    address = TargetAddress("https://x", "c", "b", third, (("a", second),))
    assert [address.secrets_at(at) for at in (first, second, third)] == [("c", "b", "a"), ("c", "b"), ("c",)]
    assert TargetAddress.read(address.written()) == address
    old = '{"url": "https://x", "secret": "b", "before": "a", "before_until": "2026-01-02T00:00:00.000000Z"}'
    assert TargetAddress.read(old) == TargetAddress("https://x", "b", "a", second), "as it was written before"
    as_read_before = {"url": "https://x", "secret": "", "before": "", "before_until": ""}
    assert json.loads(TargetAddress("https://x", "").written()) == as_read_before, "of a robot, by an earlier version"


@pytest.mark.shows("R41")
def test_of_a_deleted_target_what_has_not_arrived_is_closed_by_name(
    hooking: Hooking, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What waits, was given up, or is under way at that moment; its address can never be read again; its name stays."""
    world, receiver = hooking.world, hooking.receiver
    uscc = world.filed()
    made, other = hooking.target(), hooking.target(name="另一个")
    receiver.answer = (500, {}, b"broken")
    first = world.id_of("ReceiveComplaint", uscc)
    hooking.delivered()
    with writing(world.service.ledger.engine) as connection:
        connection.execute(update(deliveries).where(deliveries.c.cause == first).values(state="dead"))
    world.id_of("ReceiveComplaint", uscc)
    told(world)
    receiver.answer, deleting = (204, {}, b""), threading.Event()

    def meanwhile(claim: str, delivery: StoredDelivery, *outcome: Any) -> None:
        if delivery.recipient == made["id"] and not deleting.is_set():
            deleting.set()
            hooking.act(made["id"], "deleted")
        settle(claim, delivery, *outcome)

    settle = hooking.courier._settle
    monkeypatch.setattr(hooking.courier, "_settle", meanwhile)
    hooking.later()
    hooking.delivered()
    rows = {one.cause: one for one in hooking.rows() if one.recipient == made["id"]}
    assert {one.state for one in rows.values()} == {"closed"}
    assert all("区平台" in one.failure for one in rows.values())
    assert {one.state for one in hooking.rows() if one.recipient == other["id"] and one.cause != first} == {"sent"}
    assert [one["id"] for one in hooking.admin.get("/v1/delivery-targets").json()["items"]] == [other["id"]]
    again = hooking.admin.post(f"/v1/delivery-targets/{made['id']}/state", {"act": "enabled"})
    assert again.status_code == 404
    shown = hooking.admin.get("/v1/deliveries", state="closed").json()["items"]
    assert {one["recipient_name"] for one in shown} == {"区平台"}
    ids = [one["id"] for one in shown]
    world.must(hooking.admin.post("/v1/deliveries/state", {"state": "waiting", "ids": ids}))
    before = len(receiver.taken)
    hooking.delivered()
    assert len(receiver.taken) == before
    with world.service.ledger.reading() as reader:
        (row,) = reader.connection.execute(select(delivery_targets).where(delivery_targets.c.id == made["id"]))
        assert Vault(reader.connection).open(Sealed(subject=row.subject, sealed=row.sealed)) is None
