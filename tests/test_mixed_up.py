"""Parts that do not belong together, and a disk that fills up while a year is published: by name, on both databases."""

from __future__ import annotations

import os

import pytest

from drills.mixed_up import full_publication, wrong_parts

pytestmark = [pytest.mark.slow, pytest.mark.postgres, pytest.mark.timeout(900)]


def test_an_earlier_program_and_anothers_keys_are_refused_by_name() -> None:
    """No command opens the ledger; with what belongs to it all is there, and is recorded on."""
    wrong_parts.main()


@pytest.mark.shows("art.19")
@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to mount a small disk")
def test_a_year_is_published_whole_or_not_at_all_when_the_disk_is_full() -> None:
    """503 by name, nothing of the year; the same request again publishes it once, and an audit finds nothing."""
    full_publication.main()
