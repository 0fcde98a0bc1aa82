"""What texts of the ledger say to people: numbers as they are shown, names instead of keys, days that are included."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from api.web.forms.form_texts import choice_texts
from projections.replay.sheet import Sheet
from tests.plain_answers import explained, sheet_answer, sheet_differences
from tests.specification import District, uscc
from tests.test_measures import PATH, A, filed, uphold


def lines_of(world: District, year: int, day: date) -> list[dict[str, Any]]:
    """The lines of a sheet."""
    found: list[dict[str, Any]] = explained(Sheet(world.basis(A, day), year))["lines"]
    return found


@pytest.mark.shows("art.16(8)", "R26")
@pytest.mark.parametrize(
    ("forms", "said", "said_en"),
    [
        (
            ("BBBBBBBBBB", "BBBBBBBBBC", "BBBBBBBBBC"),
            "均分为 67.33（202/3），低于 70 分（不含本数）",
            "is 67.33 (202/3), under",
        ),
        (("BBBBBBBBCC",), "均分为 62.00，低于 70 分（不含本数）", "is 62.00, under 70"),
    ],
)
def test_a_low_mean_is_told_as_it_is_shown(forms: tuple[str, ...], said: str, said_en: str) -> None:
    """Two decimals, and the exact value where rounding lost something: 69.998 would read as 70.00."""
    world = filed()
    for number, answers in enumerate(forms):
        body = {"client": {"uscc": uscc(510 + number), "name": f"企业{number}"}, "year": 2024, "answers": list(answers)}
        running = {"client": body["client"], "started_on": "2024-02-01", "due_on": "2030-01-05"}
        world.send(f"{PATH}/projects", running)  # whose form counts (R22)
        world.send(f"{PATH}/surveys", {**body, "submitted_on": "2024-12-01"})
    world.send(f"{PATH}/survey-closings", {"year": 2024, "closed_on": "2024-12-20"})
    (line,) = [one for one in lines_of(world, 2024, date(2024, 12, 31)) if one["item"] == 8]
    assert said in line["text"]
    assert said_en in line["text_en"]


def test_the_last_day_of_a_duty_is_said_to_be_included() -> None:
    """Received on the day itself is in time (R8, R9): nobody may read that it had to come before that day."""
    world = filed()
    body = {"item": 1, "title": "登记表", "requested_on": "2024-01-02", "due_on": "2024-02-01"}
    world.send(f"{PATH}/submission-requests", body)
    (line,) = lines_of(world, 2024, date(2024, 2, 2))
    assert line["text"].endswith("《登记表》截止 2024-02-01（含当日），逾期未收到")
    assert "by 2024-02-01 (inclusive)" in line["text_en"]


@pytest.mark.shows("art.25")
def test_what_makes_a_year_unqualified_is_called_by_its_name() -> None:
    """In a difference of two sheets: 列入黑名单 and 行政处罚, and their English; no key, no other language."""
    world = filed()
    body = {"authority": "大亚湾区应急管理局", "authority_kind": "emergency_management", "decided_on": "2024-05-06"}
    world.send(f"{PATH}/penalties", {**body})
    for day in ("2024-06-01", "2024-06-02", "2024-06-03"):
        uphold(world, day)
    then = world.basis(A, date(2024, 12, 31))
    before, after = (sheet_answer(replace(then, as_of=day), 2024) for day in (date(2024, 1, 31), then.as_of))
    found = {one["field"]: one for one in sheet_differences(before, after)}
    assert "直接认定由 — 变为 列入黑名单、行政处罚" in found["grade"]["why"]
    assert "override from — to blacklisted, penalty" in found["grade"]["why_en"]
    assert "penalty" not in found["grade"]["why"]
    assert "变为" not in found["grade"]["why_en"]


def test_the_form_says_the_behaviour_in_the_words_of_the_article() -> None:
    """Art.16(8) excludes seventy itself."""
    assert choice_texts("enter-bad-record", "behaviour")["16.8"][0] == "（八）满意度得分 70 分以下（不含本数）"
