"""All sheets of a year as one file: made behind the page, its progress shown, cancelled, fetched later."""

from __future__ import annotations

import io
import re
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pikepdf
import pytest

from api.application.questions.papers import sheets_making
from domain.values import Role
from tests.http.desk import Desk
from tests.http.files import pdf
from tests.http.world import World

YEAR = 2024
PAGE = f"/years/{YEAR}"


def shown(desk: Desk) -> Any:
    """The page on which the files of the visitor are."""
    return desk.get(PAGE, paper="sheets")


def until(desk: Desk, words: str) -> Any:
    """The page once it says this."""
    response = shown(desk)
    for _ in range(300):
        if words in response.text:
            return response
        time.sleep(0.1)
        response = shown(desk)
    raise AssertionError(response.text)


def runs_in(text: str) -> list[str]:
    """The ids of the files that can be fetched."""
    return re.findall(r"paper=sheets&amp;file=([0-9a-f-]+)", text)


@pytest.mark.shows("art.19", "annex1.note2")
def test_the_file_is_made_behind_the_page_and_fetched_later(own_world: World) -> None:
    """The bytes that the interface gives from the same place of the log; fetched by nobody else."""
    world = own_world
    for _ in range(3):
        world.assessed(year=YEAR)
    world.publish(YEAR)
    desk = Desk(world, Role.ASSOCIATION)
    assert f'href="{PAGE}?paper=sheets"' in desk.shown(PAGE)
    assert "开始制作" in shown(desk).text
    assert desk.send(PAGE, {"act": "make-sheets"}).status_code == 303
    made = until(desk, "下载 PDF")
    assert "refresh" not in made.headers
    assert "3 份" in made.text
    (run,) = runs_in(made.text)
    answer = desk.get(PAGE, paper="sheets", file=run)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-disposition"].startswith("attachment;")
    with pikepdf.open(io.BytesIO(answer.content)) as found, found.open_outline() as outline:
        assert len(outline.root) == 3
    place = re.search(r"日志 (\d+)", made.text)
    assert place is not None
    direct = world.association.get(f"/v1/assessments/{YEAR}/sheets-paper", known_at=f"log:{place[1]}")
    assert direct.content == answer.content
    other = Desk(world, Role.COMMITTEE)
    assert runs_in(shown(other).text) == []
    assert other.get(PAGE, paper="sheets", file=run).status_code == 404
    assert Desk(world, Role.AGENCY, world.filed()).get(PAGE, paper="sheets").status_code == 403


@pytest.fixture
def slowly(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], None]]:
    """Sheets are laid out one by one as the test lets them; what it gives lets one more be done."""
    gate = threading.Semaphore(0)

    def together(*given: Any) -> bytes:
        done = given[-1]
        for number in range(1, 301):
            gate.acquire(timeout=20)
            done(number, 300)
        return pdf()

    monkeypatch.setattr(sheets_making, "sheets_together", together)
    yield gate.release
    gate.release(1000)


def test_progress_is_shown_and_it_can_be_cancelled(own_world: World, slowly: Callable[[], None]) -> None:
    """Asked for twice it is one; cancelled it ends at the next sheet, and can be begun anew."""
    desk = Desk(own_world, Role.ASSOCIATION)
    for _ in range(2):
        assert desk.send(PAGE, {"act": "make-sheets"}).status_code == 303
    for _ in range(7):
        slowly()
    response = until(desk, "已排 7／300 份")
    assert response.headers["refresh"] == "1"
    assert '<progress max="300" value="7"' in response.text
    (run,) = re.findall(r'name="run" value="([0-9a-f-]+)"', response.text)
    assert Desk(own_world, Role.COMMITTEE).send(PAGE, {"act": "cancel-sheets", "run": run}).status_code == 404
    assert desk.send(PAGE, {"act": "cancel-sheets", "run": run}).status_code == 303
    slowly()
    text = until(desk, "已取消").text
    assert "重新制作" in text
    assert runs_in(text) == []
    assert desk.get(PAGE, paper="sheets", file=run).status_code == 404


def test_what_cannot_be_made_says_why(own_world: World) -> None:
    """A year without a sheet: the refusal of the question in words, and no file."""
    desk = Desk(own_world, Role.ASSOCIATION)
    assert desk.send(PAGE, {"act": "make-sheets"}).status_code == 303
    assert "没有做成" in until(desk, "没有机构的打分表").text
