"""Names of earlier lines of an import file in paths and bodies."""

from __future__ import annotations

from typing import Any

from api.application.importer.line_errors import LineError
from api.application.importer.lines import CommandLine
from api.application.importer.spool import Spool, event_id
from api.application.parsing.placeholders import resolved


class References:
    """Resolves names to the ids of the facts that the named lines record."""

    def __init__(self, spool: Spool, file_sha256: bytes) -> None:
        self._spool, self._sha256 = spool, file_sha256

    def resolve(self, line: CommandLine) -> tuple[str, dict[str, Any]]:
        """Path and body with ids in place of names. Raises: LineError for an unknown name or a refused line."""
        return resolved(line.post, line.body, lambda name, pointer: self._id_of(name, line.number, pointer))

    def _id_of(self, name: str, line: int, pointer: str) -> str:
        found = self._spool.named(name)
        if found is None:
            raise LineError(
                line,
                pointer,
                "api.md",
                "引用了前面各行没有定义的名称",
                "refers to a name that no earlier line bears",
                "请在被引用的行写 ref，且放在前面；以 $ 开头的普通文本写作 $$",
                "Give the line referred to a ref and put it first; text that begins with a dollar is written $$.",
            )
        named, was_refused = found
        if was_refused:
            raise LineError(
                line,
                pointer,
                "api.md",
                f"所引用的第 {named} 行被拒绝",
                f"refers to line {named}, which is refused",
                f"先改正第 {named} 行",
                f"Correct line {named} first.",
                because=named,
            )
        return event_id(self._sha256, named)
