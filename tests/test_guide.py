"""The operator's guide says the same in both languages, and its commands work."""

from __future__ import annotations

import pytest

from drills import guide


@pytest.mark.parametrize("name", [guide.GUIDE, guide.QUESTIONS])
def test_both_languages_have_the_same_commands(name: str) -> None:
    """Else one of them was not followed."""
    assert guide.commands(name, "zh") == guide.commands(name, "en") != []


@pytest.mark.slow
@pytest.mark.timeout(1900)
def test_the_guide_can_be_followed_to_the_letter() -> None:
    """In an empty folder, with nothing but what it says."""
    guide.main()
