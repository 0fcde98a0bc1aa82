"""A QR code on a page: as rectangles for a PDF, as a picture for a document. Runs of dark modules are one rectangle."""

from __future__ import annotations

import io
from collections.abc import Iterator
from itertools import groupby

import segno

from projections.paper.layout import Block

_MASK = 3
"""Of the eight masks, all of which read alike: trying each out for the best took a third of a sheet's time."""
QUIET = 4
"""Modules that stay white around it (ISO/IEC 18004)."""


def qr_blocks(text: str, x: float, y: float, side: float) -> Iterator[Block]:
    """The code within a square of `side` points, its quiet zone included."""
    matrix = segno.make_qr(text, error="l", mask=_MASK).matrix
    unit = side / (len(matrix) + 2 * QUIET)
    for row, modules in enumerate(matrix):
        column = 0
        for dark, run in groupby(modules):
            count = len(list(run))
            if dark:
                yield Block(x + (column + QUIET) * unit, y + (row + QUIET) * unit, count * unit, unit)
            column += count


def qr_png(text: str) -> bytes:
    """The code as a small PNG; the same text gives the same bytes."""
    out = io.BytesIO()
    segno.make_qr(text, error="l", mask=_MASK).save(out, kind="png", scale=4, border=QUIET, compresslevel=0)
    return out.getvalue()
