"""Names of earlier lines (`"$name"`) in paths and bodies, and the escape `"$$"` for text that begins with a dollar."""

from __future__ import annotations

from typing import Any

from api.importer.errors import LineError
from api.importer.lines import CommandLine
from api.importer.spool import Spool, event_id


class References:
    """Resolves names to the ids of the facts that the named lines record."""

    def __init__(self, spool: Spool, file_sha256: bytes) -> None:
        self._spool, self._sha256 = spool, file_sha256

    def resolve(self, line: CommandLine) -> tuple[str, dict[str, Any]]:
        """Path and body with ids in place of names. Raises: LineError for an unknown name or a refused line."""
        parts = line.post.split("/")
        path = "/".join(self._text(part, line.number, "/post") if part.startswith("$") else part for part in parts)
        body = {key: self._value(value, line.number, f"/body/{_escaped(key)}") for key, value in line.body.items()}
        return path, body

    def _value(self, value: Any, line: int, pointer: str) -> Any:
        if isinstance(value, str):
            return self._text(value, line, pointer)
        if isinstance(value, list):
            return [self._value(one, line, f"{pointer}/{place}") for place, one in enumerate(value)]
        if isinstance(value, dict):
            return {key: self._value(one, line, f"{pointer}/{_escaped(key)}") for key, one in value.items()}
        return value

    def _text(self, text: str, line: int, pointer: str) -> str:
        if not text.startswith("$"):
            return text
        if text.startswith("$$"):
            return text[1:]
        found = self._spool.named(text[1:])
        if found is None:
            raise LineError(
                line, pointer, "api.md", "引用了前面各行没有定义的名称", "refers to a name that no earlier line bears",
                "请在被引用的行写 ref，且放在前面；以 $ 开头的普通文本写作 $$",
                "Give the line referred to a ref and put it first; text that begins with a dollar is written $$.",
            )  # fmt: skip
        named, was_refused = found
        if was_refused:
            raise LineError(
                line, pointer, "api.md", f"所引用的第 {named} 行被拒绝", f"refers to line {named}, which is refused",
                f"先改正第 {named} 行", f"Correct line {named} first.", because=named,
            )  # fmt: skip
        return event_id(self._sha256, named)


def _escaped(key: str) -> str:
    return key[:100].replace("~", "~0").replace("/", "~1")
