"""What is wrong with a line: field, rule, remedy, in both languages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from api.application.parsing.validation_texts import field_errors
from domain.errors import Invalid, Refusal


class LineError(Exception):
    """One thing that is wrong with one line. `because` names the refused line that this one refers to."""

    def __init__(
        self,
        line: int,
        pointer: str,
        rule: str,
        detail: str,
        detail_en: str,
        remedy: str,
        remedy_en: str,
        because: int | None = None,
    ) -> None:
        super().__init__(f"line {line} {pointer}: {detail_en}")
        self.line, self.pointer, self.rule, self.because = line, pointer, rule, because
        self.detail, self.detail_en, self.remedy, self.remedy_en = detail, detail_en, remedy, remedy_en

    def as_json(self) -> dict[str, Any]:
        """As `--json` prints it."""
        return {
            "line": self.line,
            "field": self.pointer,
            "rule": self.rule,
            "detail": self.detail,
            "detail_en": self.detail_en,
            "remedy": self.remedy,
            "remedy_en": self.remedy_en,
            "because_of_line": self.because,
        }


def refused(line: int, refusal: Refusal) -> LineError:
    """A refusal by the domain. Its pointer is one into the body."""
    pointer = "/post" if refusal.pointer is None else f"/body{refusal.pointer}"
    rule = ", ".join(refusal.cites) or "api.md"
    return LineError(line, pointer, rule, refusal.text, refusal.text_en, refusal.remedy, refusal.remedy_en)


def wrong_fields(line: int, errors: Sequence[Mapping[str, Any]], body: Any) -> list[LineError]:
    """What pydantic found in the body."""
    located = [{**error, "loc": ("body", *error["loc"])} for error in errors]
    return [
        LineError(
            line,
            "/body" + one["pointer"],
            "api.md",
            one["detail"],
            one["detail_en"],
            "请按接口文档改正这一项",
            "Correct it as the API documentation says.",
        )
        for one in field_errors(located, body)
    ]


class ImportStopped(Invalid):
    """A line was refused while recording: the trail has changed since the check. Earlier pieces stay."""

    def __init__(self, error: LineError, recorded_up_to: int) -> None:
        self.error, self.recorded_up_to = error, recorded_up_to
        super().__init__(
            f"第 {error.line} 行在记录时被拒绝：{error.detail}。检查之后账本有了新的记录；"
            f"第 {recorded_up_to} 行及以前的已记录并保留，其后的未记录",
            f"line {error.line} was refused while recording: {error.detail_en}; the ledger has changed "
            f"since the check. Lines up to {recorded_up_to} are recorded and stay, later ones are not",
            cites=(error.rule,),
            remedy=f"{error.remedy}；改正账本后再次运行同一命令，从中断处继续",
            remedy_en=f"{error.remedy_en} Then run the same command again: it goes on where it stopped.",
        )
