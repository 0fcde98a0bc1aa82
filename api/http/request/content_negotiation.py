"""Which of two kinds of answer a request would rather have: `Accept` (RFC 9110, 12.5.1)."""

from __future__ import annotations

import re

from starlette.requests import Request

_QUALITY = re.compile(r"[01](\.\d{0,3})?", re.ASCII)


def prefers(request: Request, wanted: str, usual: str) -> bool:
    """Whether `wanted` is accepted more gladly than `usual`, or as gladly but by name where `usual` is not named.

    What cannot be read counts as not said: nothing is refused for its `Accept`.
    """
    ranges = [_parsed(one) for line in request.headers.getlist("accept") for one in line.split(",")]
    for_wanted = _welcome(ranges, wanted)
    return for_wanted[0] > 0 and for_wanted > _welcome(ranges, usual)


def _parsed(text: str) -> tuple[str, float]:
    kind, *parameters = (part.strip().lower() for part in text.split(";"))
    quality = next((one[2:] for one in parameters if one.startswith("q=")), "1")
    return kind, float(quality) if _QUALITY.fullmatch(quality) else 0.0


def _welcome(ranges: list[tuple[str, float]], kind: str) -> tuple[float, int]:
    """The quality of the range that says most about a kind, and how much it says; nothing when none does."""
    for says, pattern in enumerate(("*/*", f"{kind.partition('/')[0]}/*", kind)[::-1]):
        for named, quality in ranges:
            if named == pattern:
                return quality, -says
    return 0.0, 0
