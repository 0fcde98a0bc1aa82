"""The hook for a virus scanner: clamd, asked over its socket for every file before it is kept.

`INSTREAM` of clamd(8): the file goes over in portions, each behind its length, and nothing is written down for it. A
scanner that does not answer keeps files out: none is kept unseen.
"""

from __future__ import annotations

import re
import socket
from pathlib import Path

from api.application.problem_types import ScannerDown
from api.setting_values import SCANNER
from domain.errors import Invalid
from domain.store.files.cipher import OpenedFile

SECONDS = 60.0
_PORTION = 64 * 1024
_FOUND = re.compile(rb"stream: (?P<name>[^\0\n]+) FOUND")


def must_be_clean(file: OpenedFile, scanner: str) -> None:
    """Have a file looked at, where there is a scanner. Raises: Invalid for what it finds; ScannerDown."""
    if not scanner:
        return
    try:
        answer = _asked(file, scanner)
    except OSError as error:
        raise _down(type(error).__name__) from error
    found = _FOUND.search(answer)
    if found is not None:
        name = found["name"].decode("utf-8", "replace")
        raise Invalid(
            f"病毒扫描发现：{name}。文件没有保存",
            f"the virus scanner found {name}: the file was not kept",
            remedy="请查杀病毒后重新上传，或改为上传打印件、照片",
            remedy_en="Clean it and upload it again, or upload a print or a photo of it.",
            pointer="/file",
        )
    if not answer.rstrip(b"\0\n").endswith(b"OK"):
        raise _down(answer[:100].decode("utf-8", "replace").strip("\0\n ") or "no answer")


def _asked(file: OpenedFile, scanner: str) -> bytes:
    with _connected(scanner) as clamd:
        clamd.sendall(b"zINSTREAM\0")
        file.seek(0)
        while portion := file.read(_PORTION):
            clamd.sendall(len(portion).to_bytes(4, "big") + portion)
        clamd.sendall(bytes(4))
        answer = bytearray()
        while len(answer) < 4096 and (more := clamd.recv(4096)):
            answer += more
        return bytes(answer)


def _connected(scanner: str) -> socket.socket:
    where = SCANNER.fullmatch(scanner)
    if where is None:
        raise ConnectionError(scanner)
    if where["path"] is None:
        return socket.create_connection((where["host"], int(where["port"])), timeout=SECONDS)
    clamd = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    clamd.settimeout(SECONDS)
    try:
        clamd.connect(str(Path(where["path"])))
    except OSError:
        clamd.close()
        raise
    return clamd


def _down(why: str) -> ScannerDown:
    return ScannerDown(
        "病毒扫描程序没有回答，文件没有保存",
        f"the virus scanner does not answer ({why}): the file was not kept",
        remedy="请稍后重新上传；如持续出现，请管理员检查 STEWARD_EVIDENCE_SCANNER 所指的 clamd",
        remedy_en="Upload it again in a moment; if it stays so, the administrator checks the clamd that "
        "STEWARD_EVIDENCE_SCANNER names.",
    )
