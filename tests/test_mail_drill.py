"""The drill of e-mail in the hands of dying processes is run by the suite at a small size, on both databases."""

from __future__ import annotations

import pytest

from drills import mail

RESULTS, RECIPIENTS, KILLS = 40, 8, 4
LEASE_SECONDS = 15.0
"""What a killed process had claimed is waited for: half as long as in the drill by command."""


@pytest.mark.slow
@pytest.mark.postgres
@pytest.mark.shows("art.20", "R41")
def test_every_message_once_while_processes_are_killed() -> None:
    """Two processes on PostgreSQL; one e-mail in ten is refused; none is lost, a double names the kill behind it."""
    mail.send_a_year(RESULTS, RECIPIENTS, KILLS, lease=LEASE_SECONDS)


@pytest.mark.slow
@pytest.mark.shows("art.20", "R41")
def test_every_message_once_on_the_embedded_database() -> None:
    """The same with SQLite, whose writers wait for each other."""
    mail.send_a_year(RESULTS, RECIPIENTS, KILLS, lease=LEASE_SECONDS, sqlite=True)
