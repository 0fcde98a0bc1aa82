"""The stored form of a rulebook (what RulebookAdopted holds and the TOML file says) and the check of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from domain.measures.rulebook.kinds import Kind, RulebookInvalid, read_value
from domain.measures.rulebook.values_of_rules import KINDS, LATER, check_together
from domain.measures.text.implements import implements
from domain.measures.text.paragraphs import FIRST_READING_REFS, READING_REFS, is_reference

_ID = re.compile(r"[a-z0-9][a-z0-9.-]{0,62}(?:\+override)?", re.ASCII)
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_LATIN = re.compile(r"[A-Za-z]")

_DEEPEST = 12  # the names of values have a dot of their own; a what-if body must not exhaust the stack

_TOP = {"id", "title", "title_en", "effective_from", "value", "reading", "defect"}
_VALUE = {"name", "value", "unit", "article", "reading", "note", "note_en", "in_force"}
_READING = {"ref", "articles", "note", "note_en", "confirmed_by", "confirmed_on"}
_DEFECT = {"articles", "readings", "note", "note_en"}


@implements("art.28", "R4")
@dataclass(frozen=True, slots=True)
class Interpretation:
    """How the association reads a place where the Measures are silent (art.28); unconfirmed until it says so."""

    ref: str
    articles: tuple[str, ...]
    note: str
    note_en: str
    confirmed_by: str
    """Who confirmed it for the association; empty until then."""
    confirmed_on: date | None

    @property
    def confirmed(self) -> bool:
        """Whether the association has confirmed this reading; pages show an unconfirmed one as such."""
        return self.confirmed_on is not None

    @classmethod
    def from_content(cls, row: Mapping[str, Any]) -> Interpretation:
        """A reading from a row that `check_content` has passed."""
        day = date.fromisoformat(row["confirmed_on"]) if row["confirmed_on"] else None
        return cls(row["ref"], tuple(row["articles"]), row["note"], row["note_en"], row["confirmed_by"], day)


@dataclass(frozen=True, slots=True)
class Defect:
    """A known defect of the Measures' text, and the readings that deal with it."""

    articles: tuple[str, ...]
    readings: tuple[str, ...]
    note: str
    note_en: str

    @classmethod
    def from_content(cls, row: Mapping[str, Any]) -> Defect:
        """A defect from a row that `check_content` has passed."""
        return cls(tuple(row["articles"]), tuple(row["readings"]), row["note"], row["note_en"])


def json_able(loaded: Any) -> Any:
    """What TOML gives, with dates as text, as JSON can hold it."""
    if isinstance(loaded, dict):
        return {key: json_able(value) for key, value in loaded.items()}
    if isinstance(loaded, list):
        return [json_able(value) for value in loaded]
    return loaded.isoformat() if isinstance(loaded, date) and not isinstance(loaded, datetime) else loaded


def check_content(content: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The values as code uses them, by chapter and field; `RulebookInvalid` for the first thing that is wrong."""
    _refuse_what_json_cannot_keep(content, "")
    _fields("content", content, _TOP, set())
    if not (isinstance(content["id"], str) and _ID.fullmatch(content["id"])):
        raise _invalid("id", "应为小写字母、数字、点和连字符。", "must be small letters, digits, dots and hyphens.")
    _both_languages("title", content, "title")
    effective_from = _day("effective_from", content["effective_from"])
    for kind in ("value", "reading", "defect"):
        if not isinstance(content[kind], list) or not all(isinstance(row, dict) for row in content[kind]):
            raise _invalid(kind, "应为表的列表。", "must be a list of tables.")
    values = _check_values(content["value"], effective_from)
    _check_readings(content["reading"])
    for number, row in enumerate(content["defect"], 1):
        name = f"defect {number}"
        _fields(name, row, _DEFECT, set())
        _both_languages(name, row, "note")
        _references(name, row["articles"])
        if not isinstance(row["readings"], list) or any(ref not in READING_REFS for ref in row["readings"]):
            raise _invalid(name, "引用了不存在的理解。", "names a reading that does not exist.")
    chapters: dict[str, dict[str, Any]] = {}
    for name, value in values.items():
        chapter, _, field = name.partition(".")
        chapters.setdefault(chapter, {})[field] = value
    return chapters


def _check_values(rows: list[dict[str, Any]], effective_from: date) -> dict[str, Any]:
    """Every value that the code knows, once, with its article, reading, notes and date; read as code uses it."""
    values: dict[str, Any] = {}
    for row in rows:
        name = str(row.get("name", "?"))[:80]
        if name not in KINDS or name in values:
            raise _invalid(name, "没有这个数值，或给了两次。", "there is no such value, or it is given twice.")
        kind = KINDS[name]
        _fields(name, row, _VALUE, {"options"} if kind.options else set())
        _both_languages(name, row, "note")
        if not isinstance(row["unit"], str) or not row["unit"]:
            raise _invalid(name, "没有单位。", "has no unit.")
        _references(name, [row["article"]])
        if row["reading"] not in READING_REFS:
            raise _invalid(name, "没有写明所依据的理解。", "does not name the reading chosen (R1 and so on).")
        if _day(f"{name} in_force", row["in_force"]) > effective_from:
            raise _invalid(name, "in_force 晚于规则库生效日。", "in_force lies after the rulebook's effective_from.")
        _check_options(name, kind, row)
        values[name] = read_value(name, kind, row["value"])
    for name, otherwise in LATER.items():
        values.setdefault(name, read_value(name, KINDS[name], otherwise))
    if missing := [name for name in KINDS if name not in values]:
        raise _invalid(missing[0], "缺少这个数值。", "this value is missing.")
    check_together(values)
    return values


def _check_options(name: str, kind: Kind, row: Mapping[str, Any]) -> None:
    """The options listed are among those that the code knows, and the value is among the options listed."""
    if not kind.options:
        return
    options = row["options"]
    if not isinstance(options, list) or not options or any(option not in kind.options for option in options):
        raise _invalid(
            f"{name} options", f"应为 {'、'.join(kind.options)} 中的选项。", f"must be among {', '.join(kind.options)}."
        )
    read_value(name, kind, row["value"])
    chosen = row["value"] if isinstance(row["value"], list) else [row["value"]]
    for choice in chosen:
        word = choice if choice in kind.options else "number"  # only a cap has values that are no words
        if word not in options:
            raise _invalid(name, f"{choice!r} 不在 options 中。", f"{choice!r} is not among its options.")


def _check_readings(rows: list[dict[str, Any]]) -> None:
    """Every reading that code can cite, once, with articles, notes, and both halves of a confirmation or none."""
    seen: set[str] = set()
    for row in rows:
        name = str(row.get("ref", "?"))[:80]
        if name not in READING_REFS or name in seen:
            raise _invalid(name, "没有这项理解，或给了两次。", "there is no such reading, or it is given twice.")
        seen.add(name)
        _fields(name, row, _READING, set())
        _references(name, row["articles"])
        _both_languages(name, row, "note")
        by, on = row["confirmed_by"], row["confirmed_on"]
        if not isinstance(by, str) or bool(by) != bool(on):
            raise _invalid(
                name,
                "confirmed_by 与 confirmed_on 应同时填写或同时为空。",
                "confirmed_by and confirmed_on are filled in together or not at all.",
            )
        if on:
            _day(f"{name} confirmed_on", on)
    if missing := [ref for ref in FIRST_READING_REFS if ref not in seen]:
        raise _invalid(missing[0], "缺少这项理解。", "this reading is missing.")


def _invalid(name: str, problem: str, problem_en: str) -> RulebookInvalid:
    return RulebookInvalid(
        name, problem, problem_en, "请对照 dayawan-2021.toml 改正。", "Correct it by the example of dayawan-2021.toml."
    )


def _refuse_what_json_cannot_keep(content: object, path: str) -> None:
    """Floats first of all (R26), then nulls, times and anything else that has no canonical JSON of ours."""
    name = path.removeprefix(".").replace(".value", "", 1) or "content"
    if path.count(".") + path.count("[") > _DEEPEST:
        raise _invalid(name[:80], "嵌套过深。", "is nested too deeply.")
    if isinstance(content, float):
        raise RulebookInvalid(
            name,
            f"{content!r} 是浮点数。",
            f"{content!r} is a binary floating-point number.",
            f'请写作整数或带引号的小数，如 "{content!r}"。',
            f'Write an integer or quoted decimal, such as "{content!r}".',
        )
    if isinstance(content, dict):
        for key, value in content.items():
            _refuse_what_json_cannot_keep(value, f"{path}.{key}")
            if not isinstance(key, str):
                raise _invalid(f"{name}.{key}", "键应为文字。", "a key must be text.")
    elif isinstance(content, list):
        for number, value in enumerate(content, 1):
            label = value.get("name", value.get("ref")) if isinstance(value, dict) else None
            _refuse_what_json_cannot_keep(value, f".{label}" if isinstance(label, str) else f"{path}[{number}]")
    elif not isinstance(content, str | int):
        raise _invalid(name, f"不接受 {type(content).__name__}。", f"{type(content).__name__} is not accepted.")


def _fields(name: str, row: Mapping[str, Any], required: set[str], also: set[str]) -> None:
    if missing := sorted((required | also) - set(row)):
        raise _invalid(name, f"缺少 {missing[0]}。", f"lacks {missing[0]}.")
    if unknown := sorted(set(row) - required - also):
        raise _invalid(name, f"有未知的 {unknown[0]!r}。", f"has an unknown {unknown[0]!r}.")


def _both_languages(name: str, row: Mapping[str, Any], field: str) -> None:
    for key, script in ((field, _CHINESE), (f"{field}_en", _LATIN)):
        if not isinstance(row[key], str) or not script.search(row[key]):
            raise _invalid(name, f"{key} 应有文字，中英文各一。", f"{key} must say it, in Chinese and in English.")


def _references(name: str, articles: object) -> None:
    if not isinstance(articles, list) or not articles:
        raise _invalid(name, "没有写明条文。", "names no article.")
    for article in articles:
        if not isinstance(article, str) or not is_reference(article) or article in READING_REFS:
            raise _invalid(name, f"办法中没有 {article!r}。", f"the Measures have no {article!r}.")


def _day(name: str, text: object) -> date:
    try:
        day = date.fromisoformat(str(text))
    except ValueError:
        day = None
    if day is None or day.isoformat() != text:
        raise _invalid(name, f"{text!r} 不是日期。", f"{text!r} is not a date.")
    return day
