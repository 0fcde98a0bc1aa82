"""What a form had sent when its session was over or another one, kept so that nothing is typed twice.

Of a session that is over the browser keeps it, in a hidden field. Nothing of it is stored here, and nothing is done
with it until the person who has signed in sends it on, to a page of ours, under that page's own rights and checks.
Of a session that was replaced the page itself shows it again.
"""

from __future__ import annotations

import msgspec
from starlette.datastructures import FormData

from api.web.frame.visitors import FIELD

Fields = list[tuple[str, str]]
STAY = "stay"
"""What the button's field of a form says to be shown the form again, with all that was typed; nothing is recorded."""
NOT_SENT = (
    "登录已结束，还没有提交。您填的内容都在：登录后再点一次“继续提交”即可。",
    "Your session is over and nothing has been sent yet. What you filled in is kept: sign in and send it again.",
)
STAYING = {
    "/record/{command}": "do",
    "/appeals/{appeal}": "act",
    "/years/{year}": "act",
    "/impacts/{impact}": "act",
    "/survey/{secret}": "act",
    "/pledge": "act",
    "/agencies/{uscc}/subjects": "act",
    "/admin/accounts": "act",
    "/admin/tokens": "act",
}
"""The pages that know this, with the name of that field."""


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


def staying(form: FormData, button: str) -> FormData:
    """A form as if it had been sent by the button that only shows it again."""
    kept = [(name, value) for name, value in form.multi_items() if name not in (button, FIELD)]
    return FormData([*kept, (button, STAY)])
