"""What FastAPI is told of routes that answer with a file: sheets, papers, dossiers."""

from __future__ import annotations

from collections.abc import Iterable

from starlette.responses import Response

from api.application.exports.exporting import MEDIA_TYPES
from api.http.documentation.examples import JsonObject
from api.http.documentation.openapi import public_docs, question_docs

_BYTES: JsonObject = {"type": "string", "format": "binary"}
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
ZIP_EXAMPLE = "PK: index.html, papers/1-explanation.pdf, MANIFEST.json, README.txt, appeal.json, ..."


def dossier_docs() -> JsonObject:
    """What FastAPI is told of a dossier, which is a ZIP."""
    return _file_docs("appeal_dossier", "卷宗 / the dossier", "application/zip", ZIP_EXAMPLE)


PDF_EXAMPLE = "%PDF-1.7 ..."


def pdf_docs() -> JsonObject:
    """What FastAPI is told of a printed sheet."""
    return _file_docs("sheet_pdf", "打分表 / the sheet", "application/pdf", PDF_EXAMPLE)


DOCX_EXAMPLE = "PK: word/document.xml, ..."


def paper_docs(name: str, *, editable: bool = True) -> JsonObject:
    """What FastAPI is told of a paper: a PDF, or where it is a letter, a document to edit as well."""
    docs = _file_docs(name, "文书 / the paper", "application/pdf", PDF_EXAMPLE)
    if editable:
        docs["responses"][200]["content"][DOCX] = {"schema": _BYTES, "example": DOCX_EXAMPLE}
    return docs


def public_paper_docs(name: str, problems: Iterable[str]) -> JsonObject:
    """What FastAPI is told of a paper that needs no token."""
    content: JsonObject = {"application/pdf": {"schema": _BYTES, "example": PDF_EXAMPLE}}
    return public_docs(name, problems, content) | {"response_class": Response}


def sheets_paper_docs() -> JsonObject:
    """What FastAPI is told of all sheets of a year: a PDF, or a table."""
    docs = paper_docs("sheets_paper", editable=False)
    content = docs["responses"][200]["content"]
    content[MEDIA_TYPES["xlsx"]] = {"schema": _BYTES, "example": "PK: xl/workbook.xml, ..."}
    content[MEDIA_TYPES["csv"]] = {"schema": {"type": "string"}, "example": "\ufeff序号,机构名称,统一社会信用代码\r\n"}
    return docs


def _file_docs(name: str, description: str, kind: str, example: str) -> JsonObject:
    content = {kind: {"schema": _BYTES, "example": example}}
    docs = question_docs(name, not_found=True, content=content)
    docs["responses"][200] = {"description": description, "content": content}
    del docs["responses"][304]
    return docs | {"response_class": Response}
