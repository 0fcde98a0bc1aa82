"""The moving window of requests, and whom a request is counted for."""

from __future__ import annotations

import random
from typing import Any

import pytest

from api.application.problem_types import TooManyRequests
from api.http.limits import rates
from api.http.limits.rates import FAILED_COSTS, WINDOW_SECONDS, Rates, Window, address_of, secret_in


def test_no_minute_holds_more_than_the_most() -> None:
    """Whatever the rhythm: of what was let in, no 60 seconds hold more; and what may be let in is."""
    chance, window, taken = random.Random(5), Window(20), []
    now = 1000.0
    for _ in range(3000):
        now += chance.expovariate(1.0)
        if window.wait("a", now) == 0:
            taken.append(now)
        else:
            assert sum(one > now - WINDOW_SECONDS - 1 for one in taken) >= 20, "nobody is sent away without need"
    for end in taken:
        assert sum(end - WINDOW_SECONDS + 1 < one <= end for one in taken) <= 20
    assert len(taken) > 500


def test_after_the_seconds_named_it_is_let_in() -> None:
    """`Retry-After` is true: a moment before it is still refused, then it is taken."""
    window = Window(3)
    assert [window.wait("a", at) for at in (100.2, 110.9, 110.95)] == [0, 0, 0]
    wait = window.wait("a", 120.5)
    assert window.wait("a", 120.5 + wait - 1) > 0
    assert window.wait("a", 120.5 + wait) == 0


def test_each_key_has_its_own_and_none_is_kept_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """One key's haste is not another's; of more keys than may be kept, the one unseen for longest is forgotten."""
    monkeypatch.setattr(rates, "MOST_KEYS", 3)
    window = Window(1)
    assert [window.wait(key, 1.0) for key in "abc"] == [0, 0, 0]
    assert window.wait("a", 2.0) > 0
    assert window.wait("d", 2.0) == 0
    assert window.wait("b", 2.0) == 0, "forgotten for d"
    assert window.wait("a", 2.0) > 0
    assert len(window._seen) == 3


def test_no_limit() -> None:
    """0 lets everything in and remembers nobody."""
    window = Window(0)
    assert {window.wait("a", 1.0) for _ in range(1000)} == {0}
    assert not window._seen


def scope(host: str = "192.0.2.1", path: str = "/v1/agencies", **headers: str) -> dict[str, Any]:
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    return {"path": path, "client": (host, 1), "headers": raw}


@pytest.mark.parametrize(
    ("host", "counted"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("testclient", "testclient"),
    ],
)
def test_an_address_is_counted_as_far_as_it_belongs_to_one(host: str, counted: str) -> None:
    """IPv4 as it is, also in IPv6's clothes; of IPv6 the network that one subscriber has."""
    assert address_of(scope(host)) == counted
    assert address_of({"client": None}) == "-"


def test_the_sender_is_the_token_or_the_session() -> None:
    """The Authorization header, else our cookie among others; a cookie that cannot be read names nobody."""
    assert secret_in(scope(authorization="Bearer x", cookie="steward_session=y")) == b"Bearer x"
    assert secret_in(scope(cookie="lang=zh; steward_session=y")) == b"y"
    assert secret_in(scope(cookie="lang=zh")) is None
    assert secret_in(scope(cookie='a b c"=;;;')) is None
    assert secret_in(scope()) is None


def let_in(rates_: Rates, *scopes: dict[str, Any]) -> list[bool]:
    done = []
    for one in scopes:
        try:
            rates_.let_in(one)
            done.append(True)
        except TooManyRequests:
            done.append(False)
    return done


def test_a_token_is_counted_wherever_it_comes_from() -> None:
    """Per token over all addresses, per address over all tokens."""
    rates_ = Rates(per_address=4, per_token=2)
    hosts = [scope(f"192.0.2.{number}", authorization="Bearer x") for number in range(3)]
    assert let_in(rates_, *hosts) == [True, True, False]
    same = [scope("192.0.2.9", authorization=f"Bearer {number}") for number in range(5)]
    assert let_in(rates_, *same) == [True] * 4 + [False]


def test_tokens_that_are_none_count_more() -> None:
    """Guessing is over after a tenth of the requests."""
    rates_ = Rates(per_address=100, per_token=0)
    tried = 0
    while let_in(rates_, scope()) == [True]:
        rates_.failed(scope())
        tried += 1
    assert tried == 100 // FAILED_COSTS


def test_probes_are_not_counted() -> None:
    """Whoever watches over the service is never told to wait."""
    rates_ = Rates(per_address=1, per_token=1)
    assert let_in(rates_, *[scope(path="/healthz")] * 5, *[scope(path="/readyz")] * 5) == [True] * 10
