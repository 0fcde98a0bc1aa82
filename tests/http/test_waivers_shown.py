"""A waived part with its reason, and 暂计 instead of a grade, wherever a result or a score is shown (R25, R44)."""

from __future__ import annotations

import io
import re
from typing import Any

import pypdfium2 as pdfium
import pytest

from domain.store.access.association import name_association
from domain.store.db.engine import writing
from domain.values import Role
from tests.http.desk import Desk
from tests.http.world import World, body_of, new_uscc, today

YEAR, REASON, NAME = 2024, "当年无数据", "大亚湾区安全生产技术服务协会"
GRADE_WORDS = ("优秀", "合格", "不合格")


def pdf_text(data: bytes) -> str:
    """The text of all sheets of a PDF, without breaks."""
    with pdfium.PdfDocument(io.BytesIO(data)) as document:
        return re.sub(r"\s", "", "".join(one.get_textpage().get_text_bounded() for one in document))


def named(world: World, name: str) -> str:
    """An agency on file under a name of its own."""
    uscc = new_uscc()
    world.must(world.association.post("/v1/agencies", {**body_of("FileAgency"), "uscc": uscc, "name": name}))
    world.done("DecideFiling", uscc)
    return uscc


@pytest.fixture(scope="module")
def waived(module_world: World) -> str:
    """An agency whose survey of YEAR was waived at the publication."""
    uscc = named(module_world, "惠州市豁免安全技术有限公司")
    module_world.done("StartProject", uscc, started_on=f"{YEAR}-02-01", due_on=f"{YEAR}-12-20")
    module_world.done("ScoreEffect", uscc, scored_on=f"{YEAR}-12-28")
    module_world.assessed()
    module_world.publish(YEAR)
    service = module_world.service
    with writing(service.ledger.engine) as connection:
        name_association(connection, NAME, None, "system")
    service.housekeeper.read_association()
    return uscc


@pytest.fixture(scope="module")
def lacking(module_world: World, waived: str) -> str:
    """An agency in business this year, of which nobody has scored anything yet."""
    uscc, year = named(module_world, "惠州市暂计安全技术有限公司"), today()[:4]
    module_world.done("StartProject", uscc, started_on=f"{year}-01-02", due_on=f"{year}-12-20")
    return uscc


@pytest.mark.shows("R25", "R44")
def test_a_waiver_stands_with_its_reason_wherever_the_result_does(module_world: World, waived: str) -> None:
    """Public lists and pages, on paper too; inside pages of every role that reads them; the interface and the feed."""
    world, committee = module_world, Desk(module_world, Role.COMMITTEE)
    public = [f"/results/{YEAR}", f"/results/{YEAR}?print=all", f"/firms/{waived}"]
    texts = {path: world.client.get(path).text for path in public}
    inside = [f"/agencies/{waived}", f"/years/{YEAR}", f"/years/{YEAR}?print=all"]
    inside += [f"/agencies/{waived}/sheets/{YEAR}", f"/agencies/{waived}/sheets/{YEAR}?of=published"]
    texts |= {path: committee.shown_at(path) for path in inside}
    for path, text in texts.items():
        assert REASON in text, path
        assert "按满分计" in text, path
    for path in (f"/v1/public/results/{YEAR}", f"/v1/assessments/{YEAR}", f"/v1/agencies/{waived}/results/{YEAR}"):
        assert REASON in world.association.get(path).text, path
    assert REASON in world.client.get(f"/v1/public/results/{YEAR}.atom").text
    own = Desk(world, Role.AGENCY, waived)
    assert REASON in own.shown(f"/agencies/{waived}")


@pytest.mark.shows("R25", "R44", "art.20")
def test_a_sheet_on_paper_names_its_association_and_the_waiver(module_world: World, waived: str, lacking: str) -> None:
    """As published and as of a day; the same bytes while the name is the same, another name after it was changed."""
    world, path = module_world, f"/v1/agencies/{waived}/sheets/{YEAR}/pdf"
    for query in ({"of": "published"}, {"as_of": f"{YEAR + 1}-12-01"}):
        paper = world.association.get(path, **query)
        assert f"经委员会豁免（R44）：服务质量（满意度调查），按满分计；理由：{REASON}。" in pdf_text(paper.content)
        assert NAME in pdf_text(paper.content)
    first = world.association.get(path, of="published").content
    assert world.association.get(path, of="published").content == first
    assert "豁免" not in pdf_text(
        world.association.get(f"/v1/agencies/{lacking}/sheets/{today()[:4]}/pdf").content
    ).replace("豁免并说明理由", "")


@pytest.mark.shows("R44")
def test_a_score_that_lacks_a_part_wears_no_grade(module_world: World, lacking: str) -> None:
    """Lists, rankings and the year before others than the committee, on screen and printed; the sheet ticks no box."""
    world, year = module_world, today()[:4]
    role = Desk(world, Role.REGULATOR)
    for path in ("/agencies", f"/rankings/{year}", f"/years/{year}"):
        for address in (path, f"{path}?print=all"):
            row = next(one for one in re.findall(r"<tr.*?</tr>", role.shown_at(address), re.S) if lacking in one)
            said = re.sub(r"<[^>]+>", " ", row)
            assert "暂计" in said, address
            assert not any(word in said.replace("惠州市暂计", "") for word in GRADE_WORDS), address
    for path in (f"/agencies/{lacking}", f"/agencies/{lacking}/sheets/{year}", f"/agencies/{lacking}/replay"):
        text = role.shown(path)
        assert "暂计" in text, path
        assert "☑" not in text
        assert not re.search(r"badge-(excellent|qualified|unqualified)\"><span[^>]*>[◆●▲]", text), path
    assert "☑" not in pdf_text(world.association.get(f"/v1/agencies/{lacking}/sheets/{year}/pdf").content)
    standing = world.association.get(f"/v1/agencies/{lacking}/standing").json()
    assert standing["assessment"]["provisional"] is True
    assert world.association.get(f"/v1/agencies/{lacking}/sheets/{year}").json()["provisional"] is True
    (row,) = [one for one in items(world, f"/v1/rankings/{year}") if one["agency"]["uscc"] == lacking]
    assert (row["missing"], row["provisional"]) == (["quality", "effect"], True)
    compared = role.shown(f"/agencies/{lacking}/compare", as_of=f"{year}-01-01", as_of_2=today())
    told = re.sub(r"<[^>]+>", " ", compared[compared.index("versus") :].partition("</main>")[0])
    assert "暂计" in told
    assert not any(f" {word} " in told for word in GRADE_WORDS)


@pytest.mark.shows("R25", "R30", "R44")
def test_a_published_year_is_ranked_with_the_grade_of_what_was_waived(module_world: World, waived: str) -> None:
    """Provisional before the publication; since then the ranking has its grade and says that a part was waived."""
    world = module_world
    (row,) = [one for one in items(world, f"/v1/rankings/{YEAR}") if one["agency"]["uscc"] == waived]
    assert (row["provisional"], row["missing"]) == (False, ["quality"])
    for address in (f"/rankings/{YEAR}", f"/rankings/{YEAR}?print=all"):
        shown = Desk(world, Role.REGULATOR).shown_at(address)
        said = next(one for one in re.findall(r"<tr.*?</tr>", shown, re.S) if waived in one)
        assert "暂计" not in said, address
        assert "已豁免" in said, address


def items(world: World, path: str) -> list[dict[str, Any]]:
    """The first page of a list, which is all of it here."""
    found: list[dict[str, Any]] = world.association.get(path, limit=500).json()["items"]
    return found
