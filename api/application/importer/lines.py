"""The lines of a file of commands, read one at a time, whatever the file holds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

from api.application.importer.line_errors import LineError
from api.application.parsing.strict_json import parse_object
from domain.errors import Refusal

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
    body: dict[str, Any]
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


def _command(number: int, content: dict[str, Any]) -> CommandLine:
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
