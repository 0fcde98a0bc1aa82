"""The lines of a file of commands, read one at a time, whatever the file holds.

What is wrong with a line: field, rule, remedy, in both languages.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

from api.application.parsing.strict_json import parse_object
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

    def as_json(self) -> dict[str, object]:
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


LINE_LIMIT_BYTES = 1024 * 1024
"""The most bytes of one line, without its end: the same as the body of a request by default."""
_BOM = b"\xef\xbb\xbf"
_CHUNK = 64 * 1024
_REF = re.compile(r"[^\s/$\x00-\x1f\x7f]{1,64}")


@dataclass(frozen=True)
class RawLine:
    """A line that is not blank: its number from 1, its bytes without the end, and how far into the file it ends."""

    number: int
    raw: bytes | None
    """None for a line over the limit."""
    end: int


@dataclass(frozen=True)
class CommandLine:
    """A command as the line writes it, nothing looked up yet."""

    number: int
    post: str
    body: dict[str, object]
    ref: str | None


def raw_lines(file: BinaryIO) -> Iterator[RawLine]:
    """The lines that are not blank, from the start. No more than one line is held, and no more of it than the limit."""
    file.seek(0)
    number = 0
    while raw := file.readline(LINE_LIMIT_BYTES + len(_BOM) + 2):
        number += 1
        if number == 1:
            raw = raw.removeprefix(_BOM)
        text = raw.rstrip(b"\r\n")
        if len(text) > LINE_LIMIT_BYTES:
            if not raw.endswith(b"\n"):
                _skip_line(file)
            yield RawLine(number, None, file.tell())
        elif text.strip():
            yield RawLine(number, text, file.tell())


def _skip_line(file: BinaryIO) -> None:
    while chunk := file.readline(_CHUNK):
        if chunk.endswith(b"\n"):
            return


def parse_line(line: RawLine) -> CommandLine:
    """The command of a line. Raises: LineError."""
    if line.raw is None:
        raise LineError(
            line.number,
            "",
            "api.md",
            f"这一行超过 {LINE_LIMIT_BYTES} 字节",
            f"the line is over {LINE_LIMIT_BYTES} bytes",
            "每行只写一条命令；证据只写链接和哈希值",
            "Write one command a line; evidence is a link and a hash.",
        )
    try:
        content = parse_object(line.raw)
    except Refusal as refusal:
        text = refusal.text.replace("请求体", "这一行").removeprefix("第 1 行")
        text_en = refusal.text_en.replace("the body", "the line").removeprefix("line 1, ")
        raise LineError(line.number, "", "api.md", text, text_en, "请改正这一行", "Correct this line.") from None
    return _command(line.number, content)


def _command(number: int, content: dict[str, object]) -> CommandLine:
    for name in content:
        if name not in ("post", "body", "ref"):
            text, text_en = "没有这一项：每行只有 post、body、ref", "no such member: post, body and ref only"
            raise _shape(number, f"/{name[:100]}", text, text_en)
    post, body, ref = content.get("post"), content.get("body"), content.get("ref")
    if not isinstance(post, str):
        raise _shape(number, "/post", "缺少命令路径 post（文本）", "the command's path, post, is missing or no text")
    if not isinstance(body, dict):
        raise _shape(number, "/body", "缺少命令内容 body（对象）", "the command's body is missing or no object")
    if ref is not None and (not isinstance(ref, str) or not _REF.fullmatch(ref)):
        raise _shape(
            number,
            "/ref",
            "ref 为 1 至 64 个字符的文本，不含空白、/ 和 $",
            "ref is text of 1 to 64 characters without blanks, / and $",
        )
    return CommandLine(number, post, body, ref)


def _shape(number: int, pointer: str, text: str, text_en: str) -> LineError:
    return LineError(
        number,
        pointer,
        "api.md",
        text,
        text_en,
        '每行写作 {"post": "/v1/…", "body": {…}, "ref": "可选名"}',
        'Write {"post": "/v1/…", "body": {…}, "ref": "optional name"}.',
    )
