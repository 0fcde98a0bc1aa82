"""No paragraph of the Measures is forgotten: it has code with a test, or a stated reason for having none."""

from __future__ import annotations

from domain.measures.text.implements import paragraphs_with_needless_reason
from domain.measures.text.paragraphs import is_reference
from tests.traceability import PAGE, page, shown_by, uncoded, unshown


def test_every_paragraph_and_reading_has_code_or_a_reason_for_having_none() -> None:
    """Nothing of the Measures and of R1-R38 is left without code unless it is said why."""
    assert uncoded() == []
    assert paragraphs_with_needless_reason() == []


def test_every_coded_paragraph_and_reading_is_shown_by_a_case_or_a_test() -> None:
    """Code for a paragraph that nothing shows is not done."""
    assert unshown() == []


def test_cases_and_tests_cite_what_exists() -> None:
    """A misspelt reference in a case or a mark would be a proof of nothing."""
    assert [one for one in shown_by() if not is_reference(one)] == []


def test_the_page_is_up_to_date() -> None:
    """docs/traceability.md says what the code says; write it anew with `python -m tests.traceability`."""
    assert PAGE.read_text(encoding="utf-8") == page()
