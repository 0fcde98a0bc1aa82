"""Makes one of everything and prints the SHA-256 of each: run in other processes by test_same_bytes.py."""

from __future__ import annotations

import hashlib
import json

from domain.measures.rulebook.rulebook import shipped_rulebook
from projections.paper.citing import cited, unconfirmed_note
from projections.paper.cover import bundle
from projections.paper.sheet_pdf import sheet_pdf
from projections.pictures.timeline_picture import timeline_svg
from tests.dossier.answers import sheet, timeline


def made() -> dict[str, bytes]:
    """The parts of a dossier and their archive, by name."""
    answer = sheet()
    answer["agency"]["name"] = "𠮷㙓" + chr(0x2A6D6) + answer["agency"]["name"]
    found = cited([shipped_rulebook()], answer)
    files = {
        "sheet.pdf": sheet_pdf(answer, {"kind": "今日的打分表", "notes": [unconfirmed_note(found)]}),
        "timeline.svg": timeline_svg(timeline()).encode(),
        "cited.json": json.dumps(found, ensure_ascii=False).encode(),
    }
    return {**files, "dossier.zip": bundle(files)}


if __name__ == "__main__":
    print(json.dumps({name: hashlib.sha256(data).hexdigest() for name, data in made().items()}))
