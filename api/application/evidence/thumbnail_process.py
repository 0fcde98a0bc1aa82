"""A picture made small, in a process of its own that can neither take much memory or time nor write a file.

Reads a picture from standard input and writes a JPEG: decoded and encoded anew, so that nothing of the file but its
pixels is left (no EXIF, no place where it was taken). Exit code 3: it is no picture that can be shown. Run as a script,
by `thumbnails.py`; imports nothing of ours.
"""

from __future__ import annotations

import io
import resource
import sys

from PIL import Image, ImageOps

FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF")
MOST_PIXELS = 60_000_000
EDGE = 360
MEMORY_BYTES, CPU_SECONDS = 1_500_000_000, 10
NO_PICTURE = 3


def main() -> int:
    """The exit code."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        sys.stdout.buffer.write(smaller(sys.stdin.buffer.read()))
    except (OSError, ValueError, SyntaxError, MemoryError, ArithmeticError, LookupError, TypeError):
        return NO_PICTURE
    return 0


def smaller(picture: bytes) -> bytes:
    """A picture of at most `EDGE` pixels a side, upright. Raises: what Pillow raises for what is no picture."""
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    with Image.open(io.BytesIO(picture), formats=FORMATS) as opened:
        if opened.width * opened.height > MOST_PIXELS:
            raise ValueError("too many pixels")
        opened.draft("RGB", (EDGE * 2, EDGE * 2))
        turned = ImageOps.exif_transpose(opened)
        turned.thumbnail((EDGE, EDGE))
        on_white = Image.new("RGB", turned.size, "white")
        flat = turned.convert("RGBA")
        on_white.paste(flat, mask=flat)
    made = io.BytesIO()
    on_white.save(made, "JPEG", quality=78)
    return made.getvalue()


if __name__ == "__main__":
    raise SystemExit(main())
