"""Every link that a page offers to somebody leads somewhere: for strangers and for each role."""

from __future__ import annotations

import httpx2
import pytest

from api.web.frame.page_table import page_named
from domain.values import Role
from tests.browser.crawl import crawl
from tests.browser.district import District
from tests.http.desk import PASSWORD

READS_APPEALS = page_named("appeal-desk").roles or frozenset()


@pytest.mark.parametrize("role", [None, *Role])
def test_every_link_leads_somewhere(district: District, role: Role | None) -> None:
    """No offered link is refused (400 and above), leads to another host, or to a place that its page lacks."""
    with httpx2.Client(base_url=district.address, follow_redirects=True, timeout=60, trust_env=False) as client:
        starts = [f"{district.address}/"]
        if role is not None:
            answer = client.post("/sign-in", data={"login": district.logins[role], "password": PASSWORD})
            assert answer.status_code == 200, answer.text
            starts += [str(answer.url), f"{district.address}/account"]
            starts += [f"{district.address}/appeals/{district.appeal}"] if role in READS_APPEALS else []
        assert list(crawl(client, starts)) == []
