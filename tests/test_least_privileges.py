"""The drill of a whole year under the logins of `deploy/` is run by the suite, so that no statement outgrows them."""

from __future__ import annotations

import os

import pytest

from drills import least_privileges


@pytest.mark.slow
@pytest.mark.postgres
@pytest.mark.shows("art.19", "art.20", "R34")
def test_a_whole_year_under_the_two_logins(monkeypatch: pytest.MonkeyPatch) -> None:
    """Filed, recorded, published, appealed, decided, revised, closed and rebuilt, with the command line: no statement
    needs more than steward_owner has for migrating and steward_app for all the rest.
    """
    for name in [one for one in os.environ if one.startswith("STEWARD_")]:
        monkeypatch.delenv(name)  # its keys lie in a folder of its own, for the service and the command line alike
    least_privileges.main()
