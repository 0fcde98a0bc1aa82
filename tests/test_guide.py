"""The operator's guide says the same in both languages, and its commands work."""

from __future__ import annotations

import pytest

from drills import guide


@pytest.mark.parametrize(
    ("name", "mark"), [(guide.GUIDE, guide.RUN), (guide.QUESTIONS, guide.RUN), (guide.GUIDE, guide.CLUSTER)]
)
def test_both_languages_have_the_same_commands(name: str, mark: str) -> None:
    """Else one of them was not followed."""
    assert guide.commands(name, "zh", mark) == guide.commands(name, "en", mark) != []


@pytest.mark.slow
@pytest.mark.timeout(1900)
def test_the_guide_can_be_followed_to_the_letter() -> None:
    """In an empty folder, with nothing but what it says."""
    guide.main()
