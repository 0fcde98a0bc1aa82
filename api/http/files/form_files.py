"""Files that come in with a form: kept as they arrive, and put into the form as papers that were uploaded.

A file input is named `file:` and the pointer of the papers that it adds to. What is kept stands in the form's fields
from then on (title, SHA-256, size, type): the preview, a refusal and the way back carry it, and it is sent once.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from api.application.evidence.receiving import Incoming, Received
from api.application.privacy.authorisation import EVIDENCE, Caller, rights_of
from api.application.problem_types import TooLarge
from api.application.questions.inquiry import require_right
from api.http.files.uploading import FileSink, PartBegins, PartData, parts_of
from domain.errors import Invalid, Refusal
from domain.values import Bilingual

FILE = "file:"
MOST_FILES = 20
"""That one form may bring."""
AFTER = 100_000
"""The first number of a paper that was brought along: after all that the form has already."""
_UNSEEN = re.compile(r"[\x00-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]+")


class FormOf(NamedTuple):
    """Who sends a form, and the field and its text by which it is known to be of their session."""

    caller: Caller
    field: str
    token: str


class FileProblem(NamedTuple):
    """A file that was not kept: at which papers, its name, and why."""

    pointer: str
    name: str
    refusal: Refusal


@dataclass
class FilledForm:
    """A form with its files kept."""

    fields: list[tuple[str, str]] = field(default_factory=list)
    problems: list[FileProblem] = field(default_factory=list)


def title_of(filename: str) -> str:
    """The title that a file begins with: its name without folder and ending."""
    name = _UNSEEN.sub("", re.split(r"[/\\]", filename)[-1]).strip()
    stem = name.rpartition(".")[0] or name
    return stem[:120].strip() or "文件"


def file_fields(pointer: str, place: int, title: str, received: Received) -> list[tuple[str, str]]:
    """The inputs by which a form carries an uploaded file."""
    kept = received.answer
    at = f"{pointer}/{place}"
    return [
        (f"{at}/title", title),
        (f"{at}/sha256", kept.sha256),
        (f"{at}/size", str(kept.size)),
        (f"{at}/media_type", kept.media_type),
    ]


async def form_with_files(request: Request, who: FormOf | None, limit_bytes: int, most_fields: int) -> FilledForm:
    """Read a form that may bring files; those of a stranger are passed over. Raises: TooLarge, Malformed."""
    sent, text_bytes, files = FilledForm(), 0, 0
    name, text, filename = "", bytearray(), ""
    taking: _Taking | None = None
    async for event in parts_of(request):
        if isinstance(event, PartBegins):
            name, text, filename = event.name, bytearray(), event.filename or ""
            taking = None
            if filename and name.startswith(FILE + "/") and who is not None:
                files += 1
                taking = await _Taking.of(request, who, sent, files)
            elif event.filename is not None:
                name = ""  # an input in which nothing was chosen
        elif isinstance(event, PartData):
            if taking is not None:
                await taking.write(event.data)
            elif name:
                text += event.data
                text_bytes += len(event.data)
                if text_bytes > limit_bytes or len(sent.fields) > most_fields:
                    raise _too_long(limit_bytes)
        elif taking is not None:
            await taking.keep(sent, name.removeprefix(FILE), filename, AFTER + files)
        elif name:
            sent.fields.append((name, text.decode("utf-8", "replace")))
    return sent


class _Taking:
    """One file of a form on its way in. What is refused is passed over, and said at the end of it."""

    def __init__(self, request: Request, who: FormOf, incoming: Incoming | None, refusal: Refusal | None) -> None:
        self._request, self._who, self._incoming, self._refusal = request, who, incoming, refusal
        self._sink = None if incoming is None else FileSink(incoming)

    @classmethod
    async def of(cls, request: Request, who: FormOf, sent: FilledForm, number: int) -> _Taking:
        """A file begins. Files of a form that is not of this session, or too many, are passed over."""
        try:
            if dict(sent.fields).get(who.field) != who.token:
                raise Invalid("文件没有保存：表单来自另一次登录", "not kept: the form is of another session")
            if number > MOST_FILES:
                raise _too_many()
            require_right(rights_of("POST", EVIDENCE), who.caller, None)
            incoming = await run_in_threadpool(Incoming, request.app.state.service.files)
        except Refusal as refusal:
            return cls(request, who, None, refusal)
        return cls(request, who, incoming, None)

    async def write(self, data: bytes) -> None:
        """More of it."""
        if self._sink is None or self._refusal is not None:
            return
        try:
            await self._sink.write(data)
        except Refusal as refusal:
            self._give_up(refusal)

    async def keep(self, sent: FilledForm, pointer: str, filename: str, place: int) -> None:
        """All of it has arrived: into the form with it, or the reason why not."""
        if self._sink is not None and self._refusal is None:
            try:
                received = await self._sink.keep(self._request.app.state.service, self._who.caller)
                sent.fields += file_fields(pointer, place, title_of(filename), received)
            except Refusal as refusal:
                self._give_up(refusal)
        if self._refusal is not None:
            sent.problems.append(FileProblem(pointer, title_of(filename), self._refusal))
        self.close()

    def close(self) -> None:
        """Nothing is left of what was not kept."""
        if self._incoming is not None:
            self._incoming.close()

    def _give_up(self, refusal: Refusal) -> None:
        self._refusal = refusal
        self.close()


def say_problems(request: Request, say: Callable[[str, Bilingual], object]) -> bool:
    """Say of the files that were not kept why, at the papers that they were chosen for; whether there were any."""
    problems: list[FileProblem] = getattr(request.state, "file_problems", [])
    for one in problems:
        why = one.refusal
        zh, en = f"{one.name}：{why.text}。{why.remedy}", f"{one.name}: {why.text_en}. {why.remedy_en}"
        say(one.pointer, (zh, en))
    return bool(problems)


def _too_many() -> Invalid:
    return Invalid(
        f"一份表单最多附 {MOST_FILES} 个文件",
        f"a form brings {MOST_FILES} files at most",
        remedy="请分几次选择",
        remedy_en="Choose them in several goes.",
    )


def _too_long(limit_bytes: int) -> TooLarge:
    return TooLarge(
        f"表单超过 {limit_bytes} 字节",
        f"the form is over {limit_bytes} bytes",
        remedy="请缩短文字后再提交",
        remedy_en="Shorten the texts and send it again.",
    )
