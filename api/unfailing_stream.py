"""Where the log goes: a line that cannot be written is lost, and nothing else.

Standard error often leads to a file. On a full disk writing it fails, and a thread that only wanted to say so must not
die of it: sequencing and signing would stand still for ever after.
"""

from __future__ import annotations

import io
from typing import TextIO


class UnfailingStream(io.TextIOBase):
    """A stream before another one, whose errors end here; `lost` counts the writes that failed."""

    def __init__(self, stream: TextIO) -> None:
        self._stream, self.lost = stream, 0

    def write(self, text: str) -> int:
        """Write what can be written."""
        try:
            return self._stream.write(text)
        except (OSError, ValueError):  # closed, too
            self.lost += 1
            return len(text)

    def flush(self) -> None:
        """Have it written, as far as it can be."""
        try:
            self._stream.flush()
        except (OSError, ValueError):
            self.lost += 1
