"""The stored form of a rulebook (what RulebookAdopted holds and the TOML file says): a schema that pydantic checks.

`read_content` names the first thing that is wrong, in both languages.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any

from annotated_types import Predicate
from pydantic import BeforeValidator, ConfigDict, Field, StringConstraints, TypeAdapter, ValidationError, ValidationInfo
from pydantic.dataclasses import dataclass
from pydantic_core import ErrorDetails, PydanticCustomError

from domain.errors import Invalid
from domain.measures.rulebook.values_of_rules import KINDS, LATER, Chapters, contradiction
from domain.measures.text.implements import implements
from domain.measures.text.paragraphs import FIRST_READING_REFS, READING_REFS, is_reference

_DEEPEST = 12  # the names of values have a dot of their own; a what-if body must not exhaust the stack
_CLOSED = ConfigDict(extra="forbid")
_UNKNOWN = "unexpected_keyword_argument"
"""The type of pydantic's error for a member that the schema does not have."""
_AT_FIELD = "at_field"
"""The type of an error whose refusal names the field beside its row."""

_TEXTS = {
    "id": ("应为小写字母、数字、点和连字符。", "must be small letters, digits, dots and hyphens."),
    "name": ("没有这个数值，或给了两次。", "there is no such value, or it is given twice."),
    "ref": ("没有这项理解，或给了两次。", "there is no such reading, or it is given twice."),
    "unit": ("没有单位。", "has no unit."),
    "articles": ("没有写明条文。", "names no article."),
    "reading": ("没有写明所依据的理解。", "does not name the reading chosen (R1 and so on)."),
    "readings": ("引用了不存在的理解。", "names a reading that does not exist."),
    "confirmed_by": (
        "confirmed_by 与 confirmed_on 应同时填写或同时为空。",
        "confirmed_by and confirmed_on are filled in together or not at all.",
    ),
}
"""What is wrong with a field where pydantic's own check refuses it."""


class RulebookInvalid(Invalid):
    """A rulebook that cannot be used: `name` is the value, reading or field, then what is wrong and the remedy."""

    def __init__(
        self,
        name: str,
        problem: str,
        problem_en: str,
        remedy: str = "请对照 dayawan-2021.toml 改正。",
        remedy_en: str = "Correct it by the example of dayawan-2021.toml.",
    ) -> None:
        super().__init__(f"规则库 {name}：{problem}", f"Rulebook, {name}: {problem_en}", ("R4",), remedy, remedy_en)
        self.name = name

    def __str__(self) -> str:
        return f"{self.text}{self.remedy} / {self.text_en} {self.remedy_en}"


def _lacks(field: str) -> tuple[str, str]:
    return f"缺少 {field}。", f"lacks {field}."


def _unknown(field: str) -> tuple[str, str]:
    return f"有未知的 {field!r}。", f"has an unknown {field!r}."


def _wrong(problem: str, problem_en: str, kind: str = "wrong") -> PydanticCustomError:
    return PydanticCustomError(kind, "{problem_en}", {"problem": problem, "problem_en": problem_en})


def _read_day(raw: object) -> date:
    try:
        day = date.fromisoformat(str(raw))
    except ValueError:
        day = None
    if day is None or day.isoformat() != raw:
        raise _wrong(f"{raw!r} 不是日期。", f"{raw!r} is not a date.", _AT_FIELD)
    return day


def _read_reference(raw: object) -> str:
    if not isinstance(raw, str) or not is_reference(raw) or raw in READING_REFS:
        raise _wrong(f"办法中没有 {raw!r}。", f"the Measures have no {raw!r}.")
    return raw


def _read_confirmed_on(raw: object, fields: ValidationInfo) -> date | None:
    if bool(fields.data.get("confirmed_by")) != bool(raw):
        raise _wrong(*_TEXTS["confirmed_by"])
    return _read_day(raw) if raw else None


def _read_options(raw: object, fields: ValidationInfo) -> tuple[str, ...] | None:
    """A choice lists its options, which are among those that the code knows; what is no choice lists none."""
    known = KINDS[fields.data["name"]].options if "name" in fields.data else ()
    if raw is None and not known:
        return None
    if raw is None or not known:
        raise _wrong(*(_lacks("options") if raw is None else _unknown("options")))
    if not isinstance(raw, list) or not raw or any(option not in known for option in raw):
        raise _wrong(f"应为 {'、'.join(known)} 中的选项。", f"must be among {', '.join(known)}.", _AT_FIELD)
    return tuple(raw)


_Day = Annotated[date, BeforeValidator(_read_day)]
_Reference = Annotated[str, BeforeValidator(_read_reference)]
_References = Annotated[tuple[_Reference, ...], Field(min_length=1)]
_Reading = Annotated[str, Predicate(READING_REFS.__contains__)]
_Chinese = Annotated[str, StringConstraints(pattern="[\u4e00-\u9fff]")]
_English = Annotated[str, StringConstraints(pattern="[A-Za-z]")]


@implements("art.28", "R4")
@dataclass(frozen=True, slots=True, config=_CLOSED)
class Interpretation:
    """How the association reads a place where the Measures are silent (art.28); unconfirmed until it says so."""

    ref: _Reading
    articles: _References
    note: _Chinese
    note_en: _English
    confirmed_by: str
    """Who confirmed it for the association; empty until then."""
    confirmed_on: Annotated[date | None, BeforeValidator(_read_confirmed_on)]

    @property
    def confirmed(self) -> bool:
        """Whether the association has confirmed this reading; pages show an unconfirmed one as such."""
        return self.confirmed_on is not None


@dataclass(frozen=True, slots=True, config=_CLOSED)
class Defect:
    """A known defect of the Measures' text, and the readings that deal with it."""

    articles: _References
    readings: tuple[_Reading, ...]
    note: _Chinese
    note_en: _English


@dataclass(frozen=True, slots=True, config=_CLOSED)
class ValueRow:
    """A value with its unit, article, reading, notes and date; `values_of_rules` says what the value may be."""

    name: Annotated[str, Predicate(KINDS.__contains__)]
    value: Any
    unit: Annotated[str, Field(min_length=1)]
    article: _Reference
    reading: _Reading
    note: _Chinese
    note_en: _English
    in_force: _Day
    options: Annotated[tuple[str, ...] | None, BeforeValidator(_read_options), Field(validate_default=True)] = None


@dataclass(frozen=True, slots=True, config=_CLOSED)
class Content:
    """A whole rulebook as it is stored."""

    id: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9.-]{0,62}(?:\+override)?$")]
    title: _Chinese
    title_en: _English
    effective_from: _Day
    value: list[ValueRow]
    reading: list[Interpretation]
    defect: list[Defect]


def json_able(loaded: Any) -> Any:
    """What TOML gives, with dates as text, as JSON can hold it."""
    if isinstance(loaded, dict):
        return {key: json_able(value) for key, value in loaded.items()}
    if isinstance(loaded, list):
        return [json_able(value) for value in loaded]
    return loaded.isoformat() if isinstance(loaded, date) and not isinstance(loaded, datetime) else loaded


_CONTENT = TypeAdapter(Content)
_CHAPTERS = TypeAdapter(Chapters)


def read_content(content: Mapping[str, Any]) -> tuple[Content, Chapters]:
    """A rulebook's content, and its values as code uses them; `RulebookInvalid` for the first thing that is wrong."""
    _refuse_what_json_cannot_keep(content, "")
    try:
        found = _CONTENT.validate_python(content)
    except ValidationError as error:
        raise _refusal(content, error.errors(include_url=False)[0]) from None
    _require_each_once("name", [row.name for row in found.value])
    chapters = _read_values(found)
    refs = [reading.ref for reading in found.reading]
    _require_each_once("ref", refs)
    if missing := [ref for ref in FIRST_READING_REFS if ref not in refs]:
        raise RulebookInvalid(missing[0], "缺少这项理解。", "this reading is missing.")
    return found, chapters


def _read_values(content: Content) -> Chapters:
    given = {**LATER, **{row.name: row.value for row in content.value}}
    chapters: dict[str, dict[str, object]] = {name.partition(".")[0]: {} for name in KINDS}
    for name, raw in given.items():
        chapter, _, field = name.partition(".")
        chapters[chapter][field] = raw
    try:
        found = _CHAPTERS.validate_python(chapters)
    except ValidationError as error:
        name = ".".join(map(str, error.errors()[0]["loc"][:2]))
        raise _not_accepted(name, given) from None
    for row in content.value:
        if row.in_force > content.effective_from:
            raise RulebookInvalid(
                row.name, "in_force 晚于规则库生效日。", "in_force lies after the rulebook's effective_from."
            )
        for choice in row.value if isinstance(row.value, list) else [row.value]:
            word = choice if choice in KINDS[row.name].options else "number"  # only a cap has values that are no words
            if row.options and word not in row.options:
                raise RulebookInvalid(
                    row.name, f"{choice!r} 不在 options 中。", f"{choice!r} is not among its options."
                )
    if wrong := contradiction(found):
        raise RulebookInvalid(*wrong, "请一并调整相关数值。", "Adjust the values that belong together.")
    return found


def _require_each_once(field: str, names: list[str]) -> None:
    if twice := [name for place, name in enumerate(names) if name in names[:place]]:
        raise RulebookInvalid(twice[0], *_TEXTS[field])


def _refusal(content: Mapping[str, Any], error: ErrorDetails) -> RulebookInvalid:
    """What pydantic found, named by value, reading or defect, or by the field at the top."""
    kind, *inside = error["loc"]
    field = str(inside[1] if len(inside) > 1 else kind)
    if len(inside) > 1 and kind == "defect":
        name = f"defect {int(inside[0]) + 1}"
    elif len(inside) > 1:
        name = str(content[str(kind)][inside[0]].get("name" if kind == "value" else "ref", "?"))[:80]
    else:
        name = "content" if error["type"] in ("missing", _UNKNOWN) else field.removesuffix("_en")
    context = error.get("ctx", {})
    if error["type"] == _UNKNOWN:
        said = _unknown(field)
    elif error["type"] == "missing" and field not in ("name", "ref"):
        said = _lacks(field)
    elif "problem" in context:
        said = context["problem"], context["problem_en"]
    elif len(inside) < 2 and kind in ("value", "reading", "defect"):
        said = "应为表的列表。", "must be a list of tables."
    else:
        said = _TEXTS.get(field) or (
            f"{field} 应有文字，中英文各一。",
            f"{field} must say it, in Chinese and in English.",
        )
    if inside and error["type"] == _AT_FIELD:
        name = f"{name} {field}"
    return RulebookInvalid(name, *said)


def _not_accepted(name: str, given: Mapping[str, Any]) -> RulebookInvalid:
    if name not in given:
        return RulebookInvalid(name, "缺少这个数值。", "this value is missing.")
    shown, kind = repr(given[name]), KINDS[name]
    shown = shown if len(shown) <= 80 else shown[:77] + "..."
    return RulebookInvalid(
        name, f"不接受 {shown}。", f"{shown} is not accepted.", f"请填写{kind.wanted}。", f"Give {kind.wanted_en}."
    )


def _refuse_what_json_cannot_keep(content: object, path: str) -> None:
    """Floats first of all (R26), then nulls, times and anything else that has no canonical JSON of ours."""
    name = path.removeprefix(".").replace(".value", "", 1) or "content"
    if path.count(".") + path.count("[") > _DEEPEST:
        raise RulebookInvalid(name[:80], "嵌套过深。", "is nested too deeply.")
    if isinstance(content, float):
        raise RulebookInvalid(
            name, f"{content!r} 是浮点数。", f"{content!r} is a binary floating-point number.",
            f'请写作整数或带引号的小数，如 "{content!r}"。',
            f'Write an integer or quoted decimal, such as "{content!r}".',
        )  # fmt: skip
    if isinstance(content, dict):
        for key, value in content.items():
            _refuse_what_json_cannot_keep(value, f"{path}.{key}")
            if not isinstance(key, str):
                raise RulebookInvalid(f"{name}.{key}", "键应为文字。", "a key must be text.")
    elif isinstance(content, list):
        for number, value in enumerate(content, 1):
            label = value.get("name", value.get("ref")) if isinstance(value, dict) else None
            _refuse_what_json_cannot_keep(value, f".{label}" if isinstance(label, str) else f"{path}[{number}]")
    elif not isinstance(content, str | int):
        raise RulebookInvalid(name, f"不接受 {type(content).__name__}。", f"{type(content).__name__} is not accepted.")
