"""A new ledger is set up: its first administrator by a link, then what the association is called, with its logo.

Whoever has the link from the server's console becomes the administrator, once. All else is the administrator's.
"""

from __future__ import annotations

import io
from datetime import UTC, datetime
from typing import Annotated, ClassVar

import structlog
from PIL import Image, UnidentifiedImageError
from pydantic import StringConstraints

from api.application.access_acts import Password
from api.application.background.readiness import Service
from api.application.privacy.authorisation import Caller
from api.application.problem_types import Gone
from domain.commands.fields import Body, Label
from domain.errors import Invalid, NotFound
from domain.ledger.ledger import Ledger
from domain.store.access.access_audit import By
from domain.store.access.accounts import Account, begin_session, create_account
from domain.store.access.association import association_of, logo_of, name_association
from domain.store.access.passwords import hash_password
from domain.store.access.setup_links import LINK_HOURS, judged_link, lock_setup
from domain.store.access.sign_in_failures import normal_login
from domain.store.access.tokens import create_person
from domain.store.db.engine import Connection, writing
from domain.values import Role

log = structlog.get_logger("steward")
MOST_LOGO_BYTES, MOST_PIXELS, LOGO_SIDE = 512 * 1024, 4_000, 256
"""Of a file that is sent; of its longer side in pixels; of the side to which it is made smaller."""
_PICTURES = ("PNG", "JPEG")


class FirstAdministrator(Body):
    """Who sets the service up. The password is their own: nobody has handed it out."""

    VERBATIM: ClassVar[frozenset[str]] = frozenset({"password"})

    login: Annotated[str, StringConstraints(strict=True, max_length=200)]
    person: Label
    password: Password


class AssociationNamed(Body):
    """What the association is called on pages."""

    name: Label


def make_first_administrator(service: Service, secret: str, body: FirstAdministrator) -> str:
    """The first administrator, by a set-up link; the secret of a session that has begun.

    Of two who use links at the same moment one is made. Raises: Invalid, NotFound, Gone; then nothing was recorded.
    """
    require_link(service.ledger, secret)  # before the password costs time
    hashed = hash_password(body.password, body.login, body.person)
    with writing(service.ledger.engine) as connection:
        lock_setup(connection)
        require_good_link(connection, secret)
        person_id = create_person(connection, body.person)
        by = By(person_id, "page")
        created = create_account(connection, body.login, hashed, person_id, Role.ADMIN, by=by, handed_out=False)
        owner = Account(created, normal_login(body.login), person_id, body.person, Role.ADMIN, None)
        session = begin_session(connection, owner, "setup")
    log.info("access", act="first administrator", by=person_id, account=created)
    return session


def require_link(ledger: Ledger, secret: str) -> None:
    """Refuse a set-up link that cannot be used. Raises: NotFound, Gone."""
    with ledger.reading() as reader:
        require_good_link(reader.connection, secret)


def require_good_link(connection: Connection, secret: str) -> None:
    """Refuse, within a transaction, a link that cannot be used in it. Raises: NotFound, Gone."""
    judged = judged_link(connection, secret, datetime.now(UTC))
    if judged == "over":
        raise Gone(
            "本系统已有管理员，设置链接不再有效",
            "there is an administrator already: set-up links are void",
            remedy="请用管理员的账户登录；密码遗失时，在服务器上运行 steward account password",
            remedy_en="Sign in with the administrator's account. A lost password: run steward account password on the "
            "server.",
        )
    if judged == "late":
        raise Gone(
            f"设置链接已过期：只在 {LINK_HOURS} 小时内有效",
            f"this set-up link is too old: it holds for {LINK_HOURS} hours",
            remedy="请在服务器上运行 steward setup-link，打开新的链接",
            remedy_en="Run steward setup-link on the server, and open the new link.",
        )
    if judged == "unknown":
        raise NotFound(
            "这不是本系统的设置链接，或没有复制完整",
            "this is no set-up link of this service, or it was not copied whole",
            remedy="请核对地址；在服务器上运行 steward setup-link 可得到新的链接",
            remedy_en="Check the address. steward setup-link on the server prints a new one.",
        )


def say_association(
    service: Service, caller: Caller, body: AssociationNamed, sent: bytes | None, *, without_logo: bool
) -> None:
    """Name the association, with another logo, the one that is there, or none. Raises: Invalid; then nothing is."""
    logo = None if sent is None else small_picture(sent)
    with writing(service.ledger.engine) as connection:
        if logo is None and not without_logo and association_of(connection) is not None:
            logo = logo_of(connection)
        name_association(connection, body.name, logo, caller.person_id)


def small_picture(sent: bytes) -> bytes:
    """A PNG or JPEG picture, read whole and written anew as a small PNG: nothing else that a file held is kept.

    Raises: Invalid for what is no such picture, or too large.
    """
    if len(sent) > MOST_LOGO_BYTES:
        raise _no_logo(f"标志超过 {MOST_LOGO_BYTES // 1024} KB", f"the logo is over {MOST_LOGO_BYTES // 1024} KB")
    try:
        with Image.open(io.BytesIO(sent), formats=_PICTURES) as picture:
            if max(picture.size) > MOST_PIXELS:
                raise _no_logo(
                    f"标志超过 {MOST_PIXELS}×{MOST_PIXELS} 像素", f"the logo is over {MOST_PIXELS}×{MOST_PIXELS} pixels"
                )
            small = picture.convert("RGBA")
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        raise _no_logo("标志须为完整的 PNG 或 JPEG 图片", "the logo has to be a whole PNG or JPEG picture") from None
    small.thumbnail((LOGO_SIDE, LOGO_SIDE))
    written = io.BytesIO()
    small.save(written, "PNG", optimize=True)
    return written.getvalue()


def _no_logo(text: str, text_en: str) -> Invalid:
    return Invalid(
        text,
        text_en,
        remedy="请另存为 PNG 或 JPEG（不接受 SVG、GIF、WebP），再选择一次文件；名称已保留",
        remedy_en="Save it as PNG or JPEG (no SVG, GIF or WebP) and choose the file again; the name is kept.",
        pointer="/logo",
    )
