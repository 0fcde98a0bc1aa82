"""A certificate outlives the version that made it: its values are compared, words are a remark, readings are named."""

from __future__ import annotations

import json
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from domain.proof.check import ProofError, VerifierKey, parse_key
from domain.proof.receipts import SigningKey, signed_note
from domain.version import software
from projections.answers.scalars import plain
from projections.proof import readings_changed
from projections.proof.certificate import check_certificate
from projections.proof.certificate_file import FORMAT, Certificate, encoded, parse_certificate
from projections.proof.certificate_verdict import PROSE, ReadOtherwise, unlike
from projections.proof.readings_changed import CHANGED, EDITION, ChangedReading, explained
from projections.replay import standing

FOLDER = Path(__file__).with_name("certificates")
READ_OTHERWISE: dict[str, set[str]] = {"format-1/form-of-a-stranger-1.json": {"R22", "R23"}}
"""Certificates of the first format whose answer is another by now, and the readings that may be named for it."""


def _corpus() -> Iterator[tuple[str, bytes]]:
    for file in sorted(FOLDER.glob("*.tar.xz")):
        with tarfile.open(file) as archive:
            for entry in archive:
                content = archive.extractfile(entry)
                assert content is not None
                yield f"{file.name.partition('.')[0]}/{entry.name}", content.read()


CORPUS = dict(_corpus())
ONE = "format-1/warned-1.json"


@pytest.mark.parametrize("name", CORPUS)
def test_what_was_certified_once_is_proven_for_ever(name: str) -> None:
    """By every version after; only where a reading has changed since, that is said by its name and is no forgery."""
    certificate = parse_certificate(CORPUS[name])
    keys = [parse_key(one) for one in certificate.keys]
    assert _named(certificate, keys) <= READ_OTHERWISE.get(name, set())


def _named(certificate: Certificate, keys: list[VerifierKey]) -> set[str]:
    """The readings that keep a certificate from being proven; none for one that is."""
    try:
        check_certificate(certificate, keys)
    except ReadOtherwise as other:
        return {one.text_en.partition(":")[0] for one in other.remarks if one.text_en.startswith("R")}
    return set()


def test_the_corpus_has_several_kinds() -> None:
    """Of agencies, tiers and bases: else it would show little."""
    all_ = [parse_certificate(one) for one in CORPUS.values()]
    assert len(all_) >= 24
    assert {one.standing["sanction"]["tier"] for one in all_} == {"none", "recorded", "warned", "blacklisted"}
    assert {one.standing["assessment"]["grade"] for one in all_} == {None, "excellent", "qualified", "unqualified"}
    assert any(one.known_at.startswith("version:") for one in all_)
    assert any(entry.state is None for one in all_ for entry in one.agency.entries)


def _reworded(content: Any) -> Any:
    """An answer with every text in it worded otherwise."""
    if isinstance(content, list):
        return [_reworded(one) for one in content]
    if not isinstance(content, dict):
        return content
    return {
        name: f"{one}（旧）" if name in PROSE and isinstance(one, str) else _reworded(one)
        for name, one in content.items()
    }


def _answered(certificate: Certificate, **answers: Any) -> Certificate:
    return msgspec.structs.replace(certificate, **answers)


@pytest.mark.parametrize("name", CORPUS)
def test_other_words_are_a_remark(name: str) -> None:
    """Labels, reasons, formulas: the first format cannot say who changed them, and tells to go by the values."""
    whole = parse_certificate(CORPUS[name])
    worded = _answered(whole, standing=_reworded(whole.standing), sheet=_reworded(whole.sheet))
    if READ_OTHERWISE.get(name):
        return
    shown = check_certificate(worded, [parse_key(one) for one in whole.keys])
    assert "not worded as by this version" in shown[-1].text_en
    assert shown[-1].problem


def test_a_version_with_other_words_proves_it_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same from the other side: this software words everything anew, as a later one may."""
    for one in ("standing", "sheet_answer"):
        made = getattr(standing, one)
        monkeypatch.setattr(
            f"projections.proof.certificate.{one}", lambda *given, made=made: _reworded(plain(made(*given)))
        )
    shown = check_certificate(parse_certificate(CORPUS[ONE]))
    assert any("not worded as by this version" in one.text_en for one in shown)


def test_a_member_that_a_later_version_adds_is_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the certificate holds is compared, and nothing else."""

    def more(*given: Any) -> dict[str, Any]:
        answer = plain(standing.standing(*given))
        return {**answer, "provisional": True, "assessment": {**answer["assessment"], "waivers": []}}

    monkeypatch.setattr("projections.proof.certificate.standing", more)
    assert check_certificate(parse_certificate(CORPUS[ONE]))


def _each_value(content: Any, place: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Place, the content with one value in it changed, for every value of it."""
    if isinstance(content, (dict, list)):
        items = content.items() if isinstance(content, dict) else enumerate(content)
        for name, inner in items:
            for where, _, other in _each_value(inner, f"{place}/{name}"):
                changed: Any = dict(content) if isinstance(content, dict) else list(content)
                changed[name] = other
                yield where, content, changed
    elif content is None or isinstance(content, bool):
        yield place, content, not content
    else:
        yield place, content, content + 1 if isinstance(content, int) else content + "x"


def test_every_value_of_the_first_format_is_bound_to_the_events() -> None:
    """Without a signature on the answer: a changed value is never proven; a changed word is shown as a remark."""
    whole = parse_certificate(CORPUS[ONE])
    values = words = 0
    for part in ("standing", "sheet"):
        for place, _, other in _each_value(getattr(whole, part)):
            spoilt = _answered(whole, **{part: other})
            if PROSE & set(place.split("/")):
                assert any(f"{part}{place}" in one.text_en for one in check_certificate(spoilt))
                words += 1
            else:
                with pytest.raises(ProofError):
                    check_certificate(spoilt)
                values += 1
    assert values > 100
    assert words > 20


def test_a_line_more_or_less_is_found() -> None:
    """In lists, unlike in objects, a later version adds nothing."""
    whole = parse_certificate(CORPUS[ONE])
    assert whole.sheet is not None
    for lines in (whole.sheet["lines"][1:], [*whole.sheet["lines"], whole.sheet["lines"][0]]):
        with pytest.raises(ProofError, match="sheet/lines"):
            check_certificate(_answered(whole, sheet={**whole.sheet, "lines": lines}))


# ---- a reading that changed ----


TAG = ChangedReading(
    EDITION + 1, "R99", ("art.17(1)",), "标签另有理解", "a tag is read otherwise", ("standing/sanction/*",)
)


@pytest.fixture
def read_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    """A later version that has another reading of the tags, and says so."""
    monkeypatch.setattr(readings_changed, "CHANGED", (TAG,))

    def otherwise(*given: Any) -> dict[str, Any]:
        answer = plain(standing.standing(*given))
        return {**answer, "sanction": {**answer["sanction"], "tier": "recorded"}}

    monkeypatch.setattr("projections.proof.certificate.standing", otherwise)


@pytest.mark.usefixtures("read_otherwise")
def test_a_changed_reading_is_named_and_no_forgery() -> None:
    """The proofs hold, and the answer was another version's: both are said; it is not called changed."""
    with pytest.raises(ReadOtherwise) as raised:
        check_certificate(parse_certificate(CORPUS[ONE]))
    other = raised.value
    assert other.text_en == f"made by version steward-certificate/1; version {software()} reads R99 otherwise"
    assert any("none left out" in one.text_en for one in other.shown)
    assert "R99: a tag is read otherwise" in [one.text_en for one in other.remarks]
    assert "standing/sanction/tier: 'warned' / 'recorded'" in other.remarks[1].text_en
    assert "not signed" in other.remarks[-1].text_en, "nobody vouches for an answer of the first format"


@pytest.mark.usefixtures("read_otherwise")
def test_a_difference_elsewhere_is_not_explained_by_it() -> None:
    """Another value in the same file that no changed reading touches: not proven."""
    whole = parse_certificate(CORPUS[ONE])
    with pytest.raises(ProofError, match="projected") as raised:
        check_certificate(_answered(whole, standing={**whole.standing, "projected": True}))
    assert not isinstance(raised.value, ReadOtherwise)


def test_readings_explain_only_what_came_after_a_certificate() -> None:
    """One made under a reading cannot differ because of it; and what follows from nothing is not explained."""
    first = CHANGED[0]
    assert first.reading == "R16"
    assert explained(["standing/sanction/tier"], first.edition - 1)
    assert explained(["standing/sanction/tier"], EDITION) is None
    assert explained(["standing/agency/name"], 1) is None
    assert explained(["sheet/total"], 1) is None, "a total follows from a category that differs too"
    assert [one.edition for one in CHANGED] == sorted(one.edition for one in CHANGED)


# ---- what the log signs ----


def _signed_as(whole: Certificate, version: str, key: SigningKey, **answers: Any) -> Certificate:
    """The same evidence, as another version with the log's key would have issued it; the checkpoint signed anew."""
    text = whole.checkpoint.partition("\n\n")[0] + "\n"
    made = msgspec.structs.replace(
        whole,
        format=FORMAT,
        software=version,
        readings=EDITION,
        checkpoint=signed_note(text, [key]),
        keys=(str(key.verifier),),
        **answers,
    )
    return msgspec.structs.replace(made, issued=signed_note(made.answered_text(key.name), [key]))


@pytest.fixture
def key() -> SigningKey:
    """A key under the name of the log of the corpus."""
    return SigningKey(parse_certificate(CORPUS[ONE]).checkpoint.partition("\n")[0], bytes(32))


def test_the_log_signs_what_it_answered(key: SigningKey) -> None:
    """Then words of another version are no open question; a word, a value, a version changed after it is found."""
    whole = parse_certificate(CORPUS[ONE])
    old = _signed_as(whole, "0.0.9+aaaaaaaaaaaa", key, standing=_reworded(whole.standing))
    shown = check_certificate(old, [key.verifier])
    assert not any(one.problem for one in shown)
    assert "worded otherwise" in shown[-1].text_en
    assert any("software 0.0.9+aaaaaaaaaaaa" in one.text_en for one in shown)
    for changes in (
        {"software": software()},
        {"readings": 1},
        {"year": 2023},
        {"standing": whole.standing},
        {"issued": ""},
        {"issued": old.checkpoint},
        {"known_at": "version:3"},
        {"sheet": None},
    ):
        with pytest.raises(ProofError, match=r"^issued"):
            check_certificate(msgspec.structs.replace(old, **changes), [key.verifier])
    assert parse_certificate(encoded(old)) == old


def test_a_signed_answer_that_nothing_explains_is_told_from_a_changed_file(key: SigningKey) -> None:
    """The log said so, and this version says otherwise without a reading: not proven, and to be reported."""
    whole = parse_certificate(CORPUS[ONE])
    old = _signed_as(whole, "0.0.9+aaaaaaaaaaaa", key, standing={**whole.standing, "projected": True})
    with pytest.raises(ProofError, match=r"signed so by the log \(software 0.0.9\+aaaaaaaaaaaa\)"):
        check_certificate(old, [key.verifier])


def test_the_first_format_takes_nothing_of_the_second() -> None:
    """So that a signature cannot be made to look as if it had been there."""
    content = json.loads(CORPUS[ONE]) | {"software": "0.0.9"}
    with pytest.raises(ProofError, match="this format has no version"):
        parse_certificate(json.dumps(content).encode())


# ---- the command ----


def _verify(file: Path, before: str = "") -> subprocess.CompletedProcess[str]:
    code = f"import sys\n{before}\nfrom api.cli.main import app\napp(sys.argv[1:])"
    return subprocess.run(
        [sys.executable, "-c", code, "verify", str(file)], capture_output=True, text=True, check=False
    )


def test_the_command_ends_with_0_for_words_and_11_for_a_reading(tmp_path: Path) -> None:
    """And says which version reads what otherwise; 9 stays for what is not shown."""
    whole, file = parse_certificate(CORPUS[ONE]), tmp_path / "certificate.json"
    file.write_bytes(encoded(_answered(whole, sheet=_reworded(whole.sheet))))
    done = _verify(file)
    assert done.returncode == 0, done.stderr
    assert "PROVEN" in done.stdout
    assert "not worded as by this version" in done.stdout
    sanction = {**whole.standing["sanction"], "tier": "recorded"}
    file.write_bytes(encoded(_answered(whole, standing={**whole.standing, "sanction": sanction})))
    done = _verify(file)
    assert done.returncode == 11, done.stderr
    assert "READ OTHERWISE: made by version steward-certificate/1" in done.stderr
    assert "PROVEN" not in done.stdout
    file.write_bytes(encoded(_answered(whole, standing={**whole.standing, "projected": True})))
    assert _verify(file).returncode == 9


def test_prose_and_values_are_told_apart() -> None:
    """Of two answers: a word, a value, a value that is gone; a new member is none."""
    said = {"text": "甲", "points": "1.00", "rounding": None, "gone": 1}
    anew = {"text": "乙", "points": "2.00", "rounding": {"text": "丙"}, "new": 1}
    found = {one.place: one.is_prose for one in unlike(said, anew)}
    assert found == {"/text": True, "/points": False, "/rounding": True, "/gone": False}
