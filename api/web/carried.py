"""What a form had sent when its session was over, carried through signing in so that nothing is typed twice.

The browser keeps it, in a hidden field. Nothing of it is stored here, and nothing is done with it until the person who
has signed in sends it on, to one of our own pages, under that page's own rights and checks.
"""

from __future__ import annotations

import msgspec
from starlette.datastructures import FormData

from api.web.visitors import FIELD

Fields = list[tuple[str, str]]


def pack(form: FormData) -> str:
    """The form's fields in their order, without the old session's own; as text for one hidden field."""
    fields = [(name, value) for name, value in form.multi_items() if isinstance(value, str) and name != FIELD]
    return msgspec.json.encode(fields).decode()


def unpack(carried: str) -> Fields:
    """The fields again; none where it is not what `pack` writes."""
    try:
        fields = msgspec.json.decode(carried, type=Fields)
    except (msgspec.DecodeError, UnicodeEncodeError):
        return []
    return [(name, value) for name, value in fields if name != FIELD]
