"""Where each paragraph of the Measures and each reading is coded: `@implements("art.17(2)", "R16")` beside the code.

The registry answers GET /v1/measures/{article} and lets a test find paragraphs that have neither code nor a reason
for having none. References are checked when a module is imported, so that a misspelt one stops the start.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

from domain.measures.text.paragraphs import Paragraph, UnknownReference, canonical_reference, is_reference, paragraphs

_ROOT = Path(__file__).resolve().parents[3]

Code = Callable[..., object]
CodeT = TypeVar("CodeT", bound=Code)

# By reference, then by (module, qualified name): a module that is imported again replaces its entries.
_registry: dict[str, dict[tuple[str, str], Code]] = {}


@dataclass(frozen=True, slots=True)
class Implementation:
    """One function or class that carries out a paragraph: where it stands and what its docstring's first line says."""

    module: str
    qualname: str
    source: str
    """Path of the source file, relative to the root of the repository, with forward slashes."""
    line: int
    """Number of its first line, counted from 1; decorators belong to it."""
    summary: str


def implements(*references: str) -> Callable[[CodeT], CodeT]:
    """Register a function or class as code of these paragraphs or readings; the code itself stays as it is.

    References are canonical (`art.17(2)`, `annex1.item8`, `R16`): they are searched for as text in the sources.
    `UnknownReference` for any other, `ValueError` without one. Put it beneath `@property` and `@classmethod`.
    """
    if not references:
        raise ValueError("implements() needs at least one reference, for example @implements('art.17(2)')")
    for reference in references:
        if not is_reference(reference):
            raise UnknownReference(reference)

    def register(code: CodeT) -> CodeT:
        if not (inspect.isfunction(code) or inspect.isclass(code)):
            raise TypeError(f"@implements{references} marks functions and classes; put it beneath the other decorators")
        for reference in references:
            _registry.setdefault(reference, {})[code.__module__, code.__qualname__] = code
        return code

    return register


def code_for(reference: str) -> list[Implementation]:
    """The code of one paragraph or reading, by file and line; only what is imported is known.

    Sub-items are separate: `art.17` does not answer for `art.17(2)`. `UnknownReference` (404) for none such.
    """
    found = [_locate(code) for code in _registry.get(canonical_reference(reference), {}).values()]
    return sorted(found, key=lambda item: (item.source, item.line))


def paragraphs_without_code() -> list[Paragraph]:
    """The paragraphs with neither code in the imported modules nor a reason for having none; a release has none."""
    return [paragraph for paragraph in paragraphs() if paragraph.no_code is None and not _registry.get(paragraph.ref)]


def paragraphs_with_needless_reason() -> list[Paragraph]:
    """The paragraphs that give a reason for having no code and yet have some: one of the two is wrong."""
    return [paragraph for paragraph in paragraphs() if paragraph.no_code is not None and _registry.get(paragraph.ref)]


@lru_cache(maxsize=4096)
def _locate(code: Code) -> Implementation:
    plain = inspect.unwrap(code)
    file = Path(inspect.getfile(plain)).resolve()
    source = file.relative_to(_ROOT).as_posix() if file.is_relative_to(_ROOT) else file.name
    line = plain.__code__.co_firstlineno if inspect.isfunction(plain) else inspect.getsourcelines(plain)[1]
    doc = (inspect.getdoc(code) or "").partition("\n")[0]
    return Implementation(code.__module__, code.__qualname__, source, line, doc)
